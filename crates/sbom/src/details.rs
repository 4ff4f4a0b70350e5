//! What records say of packages beside what they are, as names and values of a bill, and back.
//!
//! A list is a text with a line for each item; one that is long is several.

use std::borrow::Cow;

use cutaway_analyze::{Details, InstallReason, Texts};
use cutaway_report::PackageReport;

use crate::facts::Fact;
use crate::part::{OURS, Part};

/// What the names begin with.
const PREFIX: &str = "package:";

/// The length from which on a list goes on in the next value, in bytes: readers have limits.
const LONG: usize = 32 << 10;

/// Returns what is known of a package beside what it is.
pub(crate) fn facts(package: &PackageReport) -> Vec<Fact<'_>> {
    let mut facts: Vec<Fact<'_>> = Vec::new();
    let mut put = |name: &str, value| facts.push((format!("{PREFIX}{name}").into(), value));
    if let Some(reason) = package.install_reason {
        put("installReason", Cow::Borrowed(reason.name()));
    }
    let Some(details) = &package.details else { return facts };
    for (name, text) in details.texts() {
        if let Some(text) = text {
            put(name, Cow::Borrowed(&**text));
        }
    }
    for (name, flag) in [("root", details.root), ("guessed", details.guessed), ("dev", details.dev)]
    {
        if flag {
            put(name, Cow::Borrowed("true"));
        }
    }
    for (name, list) in details.lists() {
        for (position, value) in values(list).into_iter().enumerate() {
            put(&format!("{name}:{position}"), Cow::Owned(value));
        }
    }
    let Details { installed_size, built_at, installed_at, .. } = &**details;
    let numbers =
        [("installedSize", installed_size), ("builtAt", built_at), ("installedAt", installed_at)];
    for (name, number) in numbers {
        if let Some(number) = number {
            put(name, Cow::Owned(number.to_string()));
        }
    }
    facts
}

/// Returns what [`facts`] said.
pub(crate) fn recall(part: &Part) -> (Option<InstallReason>, Details) {
    let mut details = Details::default();
    for (name, slot) in details.texts_mut() {
        *slot = part.own(&format!("{PREFIX}{name}")).map(Into::into);
    }
    let number = |name: &str| part.own(&format!("{PREFIX}{name}"))?.parse().ok();
    details.installed_size = number("installedSize");
    details.built_at = number("builtAt");
    details.installed_at = number("installedAt");
    for (name, slot) in details.lists_mut() {
        *slot = list(part, name);
    }
    let flag = |name: &str| part.own(&format!("{PREFIX}{name}")) == Some("true");
    (details.root, details.guessed, details.dev) = (flag("root"), flag("guessed"), flag("dev"));
    let reasons = [InstallReason::Explicit, InstallReason::Dependency];
    let stated = part.own("package:installReason");
    (reasons.into_iter().find(|reason| stated == Some(reason.name())), details)
}

/// Returns a list as values of which none is much longer than it may be.
fn values(list: &Texts) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    for item in list.iter() {
        let item = item.replace('\\', "\\\\").replace('\n', "\\n");
        match values.last_mut().filter(|last| last.len() < LONG) {
            Some(last) => {
                last.push('\n');
                last.push_str(&item);
            }
            None => values.push(item),
        }
    }
    values
}

fn list(part: &Part, name: &str) -> Texts {
    let mut values: Vec<(usize, &str)> = Vec::new();
    for (known, value) in &part.facts {
        let own = known.strip_prefix(OURS).and_then(|it| it.strip_prefix(PREFIX));
        let position = own.and_then(|it| it.strip_prefix(name)?.strip_prefix(':')?.parse().ok());
        values.extend(position.map(|position| (position, value.as_str())));
    }
    values.sort_unstable();
    values.iter().flat_map(|(_, value)| value.split('\n')).map(item).collect()
}

fn item(line: &str) -> Cow<'_, str> {
    if !line.contains('\\') {
        return line.into();
    }
    let mut text = String::with_capacity(line.len());
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => text.extend(letters.next().map(|it| if it == 'n' { '\n' } else { it })),
            _ => text.push(letter),
        }
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Any list comes back, however long it is.
        #[test]
        fn lists_come_back(texts in prop::collection::vec(any::<String>(), 0..6), times in 1_usize..1500) {
            let list: Texts = texts.iter().cycle().take(texts.len().saturating_mul(times)).collect();
            let facts = values(&list).into_iter().enumerate();
            let facts = facts.map(|(at, it)| (format!("{OURS}package:depends:{at}"), it)).collect();
            let part = Part { facts, ..Part::default() };
            prop_assert_eq!(super::list(&part, "depends"), list);
        }
    }
}
