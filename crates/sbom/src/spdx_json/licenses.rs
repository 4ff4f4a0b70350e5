//! Licences as SPDX has them: an expression, in which what is no expression is referred to.
//!
//! Several licences of one package are one reference: that all of them apply together, or one of them at
//! choice, is said by no database.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use crate::bill::Row;
use crate::license::{self, Kind};
use crate::uuid;

/// What is said where nothing is known.
pub(super) const NOASSERTION: &str = "NOASSERTION";

/// Licences that are referred to, by their ids.
pub(super) type Extraction<'b> = Vec<Extracted<'b>>;

/// A licence that is referred to.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Extracted<'b> {
    license_id: String,
    name: Cow<'b, str>,
    extracted_text: Cow<'b, str>,
}

/// Returns the expression for the licences of a package.
pub(super) fn declared(licenses: &[String]) -> Cow<'_, str> {
    let mut known = licenses.iter().filter(|text| !text.trim().is_empty());
    match (known.next(), known.next()) {
        (None, _) => NOASSERTION.into(),
        (Some(only), None) if license::kind(only) != Kind::Name => only.into(),
        (Some(_), _) => reference(&text(licenses)).into(),
    }
}

/// Returns all that the packages of a document refer to, sorted, each once.
pub(super) fn extracted<'b>(rows: &[Row<'b>]) -> Extraction<'b> {
    let mut all: BTreeMap<String, Cow<'b, str>> = BTreeMap::new();
    for row in rows {
        let licenses = row.package.licenses.as_slice();
        let declared = declared(licenses);
        if declared == NOASSERTION {
            continue;
        }
        match license::kind(&declared) {
            Kind::Expression(references) => {
                let own =
                    references.len() == 1 && references.first().is_some_and(|it| *it == declared);
                for id in references {
                    let text = if own { text(licenses) } else { Cow::Owned(id.clone()) };
                    all.entry(id).or_insert(text);
                }
            }
            Kind::Id | Kind::Name => {}
        }
    }
    let entries = all.into_iter().map(|(license_id, text)| Extracted {
        license_id,
        name: text.replace('\n', ", ").into(),
        extracted_text: text,
    });
    entries.collect()
}

/// Returns licences as one text, one a line.
fn text(licenses: &[String]) -> Cow<'_, str> {
    match licenses {
        [only] => only.into(),
        _ => licenses.join("\n").into(),
    }
}

/// Returns the reference to a text that is no expression.
fn reference(text: &str) -> String {
    const LONGEST: usize = 40;
    let mut name = String::new();
    for letter in text.chars() {
        let fits = letter.is_ascii_alphanumeric() || letter == '.';
        match (fits, name.ends_with('-')) {
            _ if name.len() >= LONGEST => break,
            (true, _) => name.push(letter),
            (false, false) => name.push('-'),
            (false, true) => {}
        }
    }
    format!("LicenseRef-{}-{}", name.trim_matches('-'), uuid::short(text, 8)).replace("--", "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        let of = |texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(ToString::to_string).collect();
            declared(&texts).into_owned()
        };
        for (texts, expected) in [
            (&[][..], "NOASSERTION"),
            (&[""], "NOASSERTION"),
            (&["MIT"], "MIT"),
            (&["MIT AND Zlib"], "MIT AND Zlib"),
            (&["GPL-2+ and LGPL-2.1+"], "LicenseRef-GPL-2-and-LGPL-2.1-9eb3caa9"),
            (&["MIT", "Zlib"], "LicenseRef-MIT-Zlib-3f8a9d97"),
            (&["…"], "LicenseRef-0e4a9bcb"),
        ] {
            let of = of(texts);
            assert_eq!(
                of.rsplit_once('-').map(|it| it.0),
                expected.rsplit_once('-').map(|it| it.0)
            );
            assert!(license::kind(&of) != Kind::Name || of == NOASSERTION, "{of}");
        }
    }
}
