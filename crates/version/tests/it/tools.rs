//! Random versions, compared by us and by the tool itself: dpkg, rpm, Python's `packaging`, apk.

use std::cmp::Ordering;
use std::io::Write as _;
use std::process::{Command, Stdio};

use cutaway_version::Family;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

/// How many pairs a tool is asked for.
const PAIRS: usize = 3000;

/// Returns pairs of texts made of these pieces, the second of which is often the first with a change.
fn pairs(pieces: &'static [&'static str]) -> Vec<(String, String)> {
    let text = || prop::collection::vec(select(pieces), 1..7).prop_map(|it| it.concat());
    let near = (text(), select(pieces)).prop_map(|(a, tail)| (a.clone(), a + tail));
    let pair = prop_oneof![(text(), text()), near];
    let mut runner = TestRunner::deterministic();
    (0..PAIRS).map(|_| pair.new_tree(&mut runner).unwrap().current()).collect()
}

/// Runs a program that reads pairs, one a line with a tab between, and prints `<`, `=`, `>` or `!` for
/// each; `None`, with a note, where it does not exist or does not work.
fn ask(program: &str, arguments: &[&str], pairs: &[(String, String)]) -> Option<Vec<char>> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else {
        eprintln!("skipped: no {program}");
        return None;
    };
    let lines: String = pairs.iter().map(|(a, b)| format!("{a}\t{b}\n")).collect();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join().unwrap();
    let answers: Vec<char> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|it| it.chars().next())
        .collect();
    if !output.status.success() || answers.len() != pairs.len() {
        eprintln!(
            "skipped: {program} does not answer: {}, {} answers",
            output.status,
            answers.len()
        );
        return None;
    }
    Some(answers)
}

fn judge(family: Family, pairs: &[(String, String)], answers: Option<Vec<char>>) {
    let Some(answers) = answers else {
        eprintln!("skipped: the tool of {family} does not answer");
        return;
    };
    let ours = |(a, b): &(String, String)| match family.compare(a, b) {
        Ok(Ordering::Less) => '<',
        Ok(Ordering::Equal) => '=',
        Ok(Ordering::Greater) => '>',
        Err(_) => '!',
    };
    let wrong = pairs.iter().zip(&answers).filter(|(pair, answer)| ours(pair) != **answer);
    let wrong: Vec<String> = wrong.map(|((a, b), it)| format!("{a:?} {it} {b:?}")).collect();
    let readable = answers.iter().filter(|it| **it != '!').count();
    assert!(readable > pairs.len() / 20, "{family}: {readable} readable");
    assert!(
        wrong.is_empty(),
        "{family}: {} wrong: {:#?}",
        wrong.len(),
        &wrong[..wrong.len().min(30)]
    );
}

#[test]
fn dpkg_agrees() {
    let pairs =
        pairs(&["0", "1", "9", "10", "01", "1.0", ".", "-", "~", "+", ":", "a", "rc", "Z", "1:"]);
    let script = r#"while IFS="$(printf '\t')" read -r a b; do
        if dpkg --compare-versions "$a" lt "$b"; then echo '<'
        elif dpkg --compare-versions "$a" eq "$b"; then echo '='
        elif dpkg --compare-versions "$a" gt "$b"; then echo '>'
        else echo '!'; fi; done"#;
    let installed = Command::new("dpkg").arg("--version").output().is_ok();
    // Three processes for each pair; a hyphen at the beginning makes an option of it.
    let is_word = |(a, b): &(String, String)| !a.starts_with('-') && !b.starts_with('-');
    let few: Vec<_> = pairs.into_iter().filter(is_word).take(PAIRS / 5).collect();
    let answers = installed.then(|| ask("sh", &["-c", script], &few)).flatten();
    judge(Family::Dpkg, &few, answers);
}

#[test]
fn rpm_agrees() {
    let pairs = pairs(&[
        "0", "1", "9", "10", "01", "1.0", ".", "-", "~", "^", "+", ":", "a", "rc", "Z", "1:",
    ]);
    let quoted = |text: &str| format!("\"{text}\"");
    let mut answers = Vec::new();
    for some in pairs.chunks(250) {
        let asked: String =
            some.iter().map(|(a, b)| format!("{{{},{}}},", quoted(a), quoted(b))).collect();
        let script = format!(
            "%{{lua: for _, it in ipairs({{{asked}}}) do print(rpm.vercmp(it[1], it[2]) .. \"\\n\") end}}"
        );
        let Ok(output) = Command::new("rpm").args(["--eval", &script]).output() else {
            eprintln!("skipped: no rpm");
            return;
        };
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        answers.extend(text.split_whitespace().map(|it| match it {
            "-1" => '<',
            "0" => '=',
            _ => '>',
        }));
    }
    assert_eq!(answers.len(), pairs.len());
    judge(Family::Rpm, &pairs, Some(answers));
}

#[test]
fn packaging_agrees() {
    let pairs = pairs(&[
        "0", "1", "9", "10", "01", "1.0", ".", "-", "_", "+", "!", "a", "b", "rc", "c", "pre",
        "post", "rev", "r", "dev", "alpha", "Beta", "v", "1.0", "1", "2!", "x", " ",
    ]);
    let script = "
import sys
from packaging.version import Version, InvalidVersion
for line in sys.stdin:
    a, b = line.rstrip('\\n').split('\\t')
    try:
        a, b = Version(a), Version(b)
        print('<' if a < b else '>' if a > b else '=')
    except InvalidVersion:
        print('!')
";
    judge(Family::Pep440, &pairs, ask("/usr/bin/python3", &["-c", script], &pairs));
}

#[test]
fn apk_agrees() {
    let pairs = pairs(&[
        "0", "1", "9", "10", "01", "1.0", ".1", "a", "_rc", "_p", "_alpha", "~ab", "-r1", "-r", ".",
    ]);
    let script = r#"while IFS="$(printf '\t')" read -r a b; do
        if apk version --check "$a" "$b" >/dev/null 2>&1; then apk version -t "$a" "$b"; else echo '!'; fi; done"#;
    if Command::new("apk").arg("--version").output().is_err() {
        eprintln!("skipped: no apk");
        return;
    }
    let few = &pairs[..PAIRS / 5];
    judge(Family::Apk, few, ask("sh", &["-c", script], few));
}
