//! Licences as databases spell them, and what of them is an expression of SPDX (specification 2.3,
//! annex D).
//!
//! The list of identifiers is that of CycloneDX's schema, not the newest one: an identifier outside of it
//! makes a document invalid. What is no expression keeps its name; nothing is guessed.

use std::collections::HashSet;
use std::sync::LazyLock;

use spdx::{AdditionItem, Expression, LicenseItem, ParseMode};

/// What a licence's text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An identifier of the list.
    Id,
    /// A valid expression of more than an identifier; what it refers to by `LicenseRef-`.
    Expression(Vec<String>),
    /// Something else.
    Name,
}

/// The longest text that is looked at as an expression, in bytes.
const MAX_EXPRESSION: usize = 4096;

static IDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let lines = include_str!("../data/spdx-ids.txt").lines();
    lines.filter(|line| !line.starts_with('#') && !line.is_empty()).collect()
});

/// Returns what a text is.
pub(crate) fn kind(text: &str) -> Kind {
    if text.len() > MAX_EXPRESSION {
        return Kind::Name;
    }
    // The list has exceptions, too, which are no licences.
    if IDS.contains(text) && spdx::license_id(text).is_some() {
        return Kind::Id;
    }
    expression(text).map_or(Kind::Name, Kind::Expression)
}

/// Returns what an expression refers to; nothing where the text is no valid expression.
fn expression(text: &str) -> Option<Vec<String>> {
    const MODE: ParseMode =
        ParseMode { allow_deprecated: true, allow_postfix_plus_on_gpl: true, ..ParseMode::STRICT };
    let words = text.split(|letter: char| letter.is_whitespace() || "()".contains(letter));
    let small = |word: &str| {
        ["AND", "OR", "WITH"].iter().any(|it| it.eq_ignore_ascii_case(word) && *it != word)
    };
    if text.trim() != text || text.contains(char::is_control) || words.into_iter().any(small) {
        return None;
    }
    let parsed = Expression::parse_mode(text, MODE).ok()?;
    let mut references = Vec::new();
    for needed in parsed.requirements() {
        match &needed.req.license {
            LicenseItem::Spdx { id, .. } => IDS.contains(id.name).then_some(())?,
            LicenseItem::Other(other) if other.doc_ref.is_some() => return None,
            LicenseItem::Other(other) => references.push(format!("LicenseRef-{}", other.lic_ref)),
        }
        match &needed.req.addition {
            Some(AdditionItem::Other(_)) => return None,
            Some(AdditionItem::Spdx(id)) => IDS.contains(id.name).then_some(())?,
            None => {}
        }
    }
    Some(references)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        let expression = |references: &[&str]| {
            Kind::Expression(references.iter().map(ToString::to_string).collect())
        };
        for (text, expected) in [
            ("MIT", Kind::Id),
            ("GPL-2.0", Kind::Id),
            ("GPL-2.0+", Kind::Id),
            ("GPL-2.0-or-later", Kind::Id),
            ("mit", Kind::Name),
            ("unknown", Kind::Name),
            ("", Kind::Name),
            ("GPL-3+", Kind::Name),
            ("Swift-exception", Kind::Name),
            ("MIT AND Zlib", expression(&[])),
            ("(MIT OR Apache-2.0) AND BSD-3-Clause", expression(&[])),
            ("GPL-2.0-or-later WITH GCC-exception-3.1", expression(&[])),
            ("GPL-2.0-or-later WITH no-such-exception", Kind::Name),
            ("Apache-2.0+", expression(&[])),
            (
                "LicenseRef-Fedora-Public-Domain AND MIT",
                expression(&["LicenseRef-Fedora-Public-Domain"]),
            ),
            ("DocumentRef-a:LicenseRef-b", Kind::Name),
            ("MIT and BSD", Kind::Name),
            ("MIT and Zlib", Kind::Name),
            ("MIT,", Kind::Name),
            (" MIT", Kind::Name),
            ("MIT AND", Kind::Name),
            ("GPL-2 AND MIT", Kind::Name),
        ] {
            assert_eq!(kind(text), expected, "{text:?}");
        }
        assert_eq!(kind(&"(".repeat(MAX_EXPRESSION + 1)), Kind::Name);
        assert_eq!(kind(&"(".repeat(MAX_EXPRESSION)), Kind::Name);
    }

    #[test]
    fn the_list_is_whole() {
        assert_eq!(IDS.len(), 811);
    }
}
