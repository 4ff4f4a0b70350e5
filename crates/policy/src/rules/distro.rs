//! `distro`: which distributions an image may have, and whether they are still looked after.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::choice::Choice;
use crate::error::Error;
use crate::facts::{Facts, later};
use crate::fields::{Fields, list, only_true, word};
use crate::judgement::{Evidence, Judgement};
use crate::words::duration;
use crate::yaml::Node;

#[derive(Debug)]
pub(crate) struct Distro {
    supported: bool,
    grace: u64,
    /// Whether support that somebody pays for or volunteers give counts.
    allow_extended: bool,
    choice: Choice,
}

impl Distro {
    pub(crate) fn read(node: &Node) -> Result<Self, Error> {
        let mut fields = Fields::of(node, "distro")?;
        let supported = fields.read("supported", only_true)?.is_some();
        let choice = Choice::read(&mut fields)?;
        let grace = fields.read("grace", duration)?.unwrap_or_default();
        let extended = [("lts", ()), ("elts", ()), ("esm", ())];
        let extended = |node| list(node, |node| word(node, &extended));
        let allow_extended = fields.read("allow_extended", extended)?.is_some();
        if !supported && choice.is_none() {
            return Err(fields.one_is_wanted("supported, allow, deny"));
        }
        fields.end()?;
        Ok(Self { supported, grace, allow_extended, choice })
    }

    pub(crate) fn judge(&self, facts: &Facts<'_>) -> Judgement {
        let Some(distro) = &facts.report.distro else {
            return Judgement::unknown("the distribution is not known");
        };
        let version = distro.version_id.as_deref();
        let full = version.map(|version| format!("{}:{version}", distro.id));
        let named = full.unwrap_or_else(|| distro.id.clone());
        let evidence = || Evidence {
            path: Some(distro.path.clone()),
            layer: Some(distro.layer),
            ..Evidence::of_value(&named)
        };
        if !self.choice.permits(&[&distro.id, &named]) {
            return Judgement::fail(format!("{named} is not allowed"), vec![evidence()]);
        }
        if !self.supported {
            return Judgement::pass(format!("{named} is allowed"));
        }
        let Some(end) = &distro.eol else {
            return Judgement::unknown(format!("until when {named} is supported is not known"));
        };
        let Some(last) = end.parse().ok().and_then(day_after) else {
            return Judgement::unknown(format!(
                "{named} is supported until \"{end}\", which is no date"
            ));
        };
        let flips = later(last, self.grace).unwrap_or(last);
        match (facts.now < flips, self.allow_extended) {
            (true, _) => {
                Judgement::pass(format!("{named} is supported until {end}")).until(Some(flips))
            }
            (false, true) => Judgement::unknown(format!(
                "{named} was supported until {end}; until when others support it is not known"
            )),
            (false, false) => {
                Judgement::fail(format!("{named} was supported until {end}"), vec![evidence()])
                    .mended_by("build on a release that is supported")
            }
        }
    }
}

/// Returns the start of the day after a date, in UTC.
pub(crate) fn day_after(date: Date) -> Option<Timestamp> {
    let midnight = date.tomorrow().ok()?.at(0, 0, 0, 0);
    TimeZone::UTC.to_timestamp(midnight).ok()
}
