//! Records in a list of a JSON document, each read for itself: one that cannot be read takes no other with it.

use std::collections::BTreeMap;

use cutaway_analyze::{File, Findings, Package};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::line::without_mark;
use crate::reporter::{Reporter, quote};

/// Reads the records of the list of this name. Says with `code` what cannot be read; nothing where there is no
/// such list.
pub(crate) fn list<T: for<'a> Deserialize<'a>>(
    content: &[u8],
    name: &str,
    code: &'static str,
    reporter: &mut Reporter<'_>,
) -> Option<Vec<T>> {
    let text = String::from_utf8_lossy(without_mark(content));
    let members = read::<BTreeMap<String, &RawValue>>(&text, code, reporter)?;
    let items = read::<Vec<&RawValue>>(members.get(name)?.get(), code, reporter)?;
    let records = items.into_iter().enumerate().filter_map(|(number, item)| {
        let record = serde_json::from_str(item.get());
        let told = record.inspect_err(|error| {
            reporter.error(code, format_args!("record {number} cannot be read: {error}"));
        });
        told.ok()
    });
    Some(records.collect())
}

/// What is told of a list of packages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Codes {
    pub(crate) unreadable: &'static str,
    pub(crate) incomplete: &'static str,
    pub(crate) repeated: &'static str,
}

/// Reads the packages of the list of this name. `package` makes one of a record, or says what the record
/// has not and how it is called.
pub(crate) fn packages<T: for<'a> Deserialize<'a>>(
    file: &File<'_>,
    name: &str,
    codes: Codes,
    package: impl Fn(T) -> Result<Package, (&'static str, String)>,
    findings: &mut Findings,
) {
    let mut reporter = Reporter::new(findings);
    let listed = match file.start() {
        [] => None,
        content => list::<T>(content, name, codes.unreadable, &mut reporter),
    };
    let listed = listed.unwrap_or_default();
    if listed.is_empty() && !reporter.findings().incomplete() {
        reporter.empty();
    }
    for record in listed {
        match package(record) {
            Ok(package) => reporter.package(package),
            Err((missing, name)) => reporter.error(
                codes.incomplete,
                format_args!("the package {} has no {missing}", quote(name.as_bytes())),
            ),
        }
    }
    reporter.repeated(codes.repeated);
    reporter.finish();
}

/// Reads an object whose members are named after what they are about.
pub(crate) fn members<T: for<'a> Deserialize<'a>>(
    content: &[u8],
    code: &'static str,
    reporter: &mut Reporter<'_>,
) -> Vec<(String, T)> {
    let text = String::from_utf8_lossy(without_mark(content));
    let members = read::<BTreeMap<String, &RawValue>>(&text, code, reporter).unwrap_or_default();
    let records = members.into_iter().filter_map(|(name, item)| {
        let record = serde_json::from_str(item.get());
        let told = record.inspect_err(|error| {
            let name = quote(name.as_bytes());
            reporter.error(code, format_args!("the record {name} cannot be read: {error}"));
        });
        Some((name, told.ok()?))
    });
    records.collect()
}

/// Reads a document, and says what is wrong with it.
pub(crate) fn read<'a, T: Deserialize<'a>>(
    text: &'a str,
    code: &'static str,
    reporter: &mut Reporter<'_>,
) -> Option<T> {
    let read = serde_json::from_str(text);
    read.inspect_err(|error| reporter.error(code, format_args!("not read as JSON: {error}"))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_for_itself() {
        for (text, records, errors) in [
            ("\u{feff}{\"a\":[1,2],\"b\":{}}", Some(vec![1, 2]), 0),
            (r#"{"a":[1,"x",{"y":[]},2]}"#, Some(vec![1, 2]), 2),
            (r#"{"a":[]}"#, Some(vec![]), 0),
            (r#"{"b":[1]}"#, None, 0),
            (r#"{"a":1}"#, None, 1),
            (r#"{"a":[1"#, None, 1),
            ("[]", None, 1),
            ("", None, 1),
        ] {
            let mut findings = Findings::default();
            let mut reporter = Reporter::new(&mut findings);
            let found = list::<u8>(text.as_bytes(), "a", "code", &mut reporter);
            assert_eq!((found, findings.diagnostics().len()), (records, errors), "{text}");
        }
        let mut findings = Findings::default();
        let mut reporter = Reporter::new(&mut findings);
        let found = members::<u8>(br#"{"a":1,"b":[],"c":3}"#, "code", &mut reporter);
        assert_eq!(found, [("a".to_owned(), 1), ("c".to_owned(), 3)]);
        assert!(findings.diagnostics()[0].message.contains("\"b\""));
    }
}
