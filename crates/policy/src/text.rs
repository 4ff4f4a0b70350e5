//! A verdict for people.

use std::fmt::Write as _;

use cutaway_report::text::{Column, Style, Table, escape};

use crate::judgement::{Evidence, Outcome};
use crate::verdict::{Decision, Verdict};

/// Returns a verdict as text: the decision and its image, a row for every rule, and the evidence of
/// those that are broken.
pub fn text(verdict: &Verdict, style: Style) -> String {
    let mut text = String::new();
    let word = match (verdict.verdict, verdict.allowed) {
        (Decision::Pass, _) => style.green("pass"),
        (Decision::Block, true) => style.yellow("block, only watched"),
        (Decision::Block, false) => style.red("block"),
        (Decision::Undecided, _) => style.yellow("undecided"),
    };
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{word}: {}", escape(&verdict.image.name));
    if let Some(digest) = &verdict.image.digest {
        let _ = writeln!(text, "{}", style.dim(&format!("{digest} {}", verdict.image.platform)));
    }
    if !verdict.complete {
        text.push_str("the analysis is incomplete\n");
    }
    if let Some(until) = &verdict.valid_until {
        let _ = writeln!(text, "holds until {until}");
    }
    text.push('\n');
    let mut table =
        Table::new(&[Column::Left("RULE"), Column::Left("OUTCOME"), Column::Flexible("WHY")]);
    for rule in &verdict.rules {
        let outcome = match (rule.outcome, rule.severity) {
            (Outcome::Pass, _) => "pass",
            (Outcome::Fail, "block") => "FAIL",
            (Outcome::Fail, severity) => severity,
            (Outcome::Unknown, _) => "unknown",
            (Outcome::Excepted, _) => "excepted",
            (Outcome::NotApplicable, _) => "-",
        };
        table.row([rule.id.clone(), outcome.to_owned(), rule.message.clone()]);
    }
    table.render(style, &mut text);
    for rule in verdict.rules.iter().filter(|rule| rule.outcome == Outcome::Fail) {
        let _ = writeln!(text, "\n{}", style.bold(&escape(&rule.id)));
        rule.evidence.iter().for_each(|evidence| line(evidence, &mut text));
        let more = rule.evidence_total.saturating_sub(rule.evidence.len());
        if more > 0 {
            let _ = writeln!(text, "  and {more} more");
        }
        if let Some(fix) = &rule.fix {
            let _ = writeln!(text, "  to mend it: {}", escape(fix));
        }
    }
    for exception in &verdict.exceptions.expired {
        let reason = escape(&exception.reason);
        let _ = writeln!(
            text,
            "\nan exception from {} ended with {}: {reason}",
            exception.rule, exception.until
        );
    }
    text
}

fn line(evidence: &Evidence, text: &mut String) {
    let what = [&evidence.package, &evidence.value, &evidence.path];
    let what: Vec<String> = what.into_iter().flatten().map(|it| escape(it)).collect();
    let layer = evidence.layer.map_or_else(String::new, |layer| format!(" (layer {layer})"));
    let _ = writeln!(text, "  {}{layer}", what.join(" "));
}
