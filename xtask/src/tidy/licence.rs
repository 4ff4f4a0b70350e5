//! Licence expressions (SPDX specification, annex D): may we, given the licences we accept?

/// Tells whether an expression can be met with the licences in `accepted` alone.
///
/// A slash between two licences is the old way to write `OR`. What is not an expression is not met.
pub(crate) fn met(expression: &str, accepted: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut words = words.as_slice();
    any(&mut words, accepted) == Some(true) && words.is_empty()
}

/// `all OR all …`
fn any(words: &mut &[&str], accepted: &[String]) -> Option<bool> {
    let mut met = all(words, accepted)?;
    while let ["OR", rest @ ..] = *words {
        *words = rest;
        met |= all(words, accepted)?;
    }
    Some(met)
}

/// `one AND one …`
fn all(words: &mut &[&str], accepted: &[String]) -> Option<bool> {
    let mut met = one(words, accepted)?;
    while let ["AND", rest @ ..] = *words {
        *words = rest;
        met &= one(words, accepted)?;
    }
    Some(met)
}

/// A licence, a licence with an exception, or an expression in parentheses.
fn one(words: &mut &[&str], accepted: &[String]) -> Option<bool> {
    match *words {
        ["(", rest @ ..] => {
            *words = rest;
            let met = any(words, accepted)?;
            let [")", rest @ ..] = *words else { return None };
            *words = rest;
            Some(met)
        }
        [name, "WITH", exception, rest @ ..] => {
            *words = rest;
            Some(accepted.contains(&format!("{name} WITH {exception}")))
        }
        [name, rest @ ..] if !matches!(*name, "AND" | "OR" | "WITH" | ")") => {
            *words = rest;
            Some(accepted.iter().any(|accepted| accepted == name))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        let accepted = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned);
        for (expression, fine) in [
            ("MIT", true),
            ("GPL-3.0-only", false),
            ("MIT OR GPL-3.0-only", true),
            ("GPL-3.0-only/MIT", true),
            ("MIT AND GPL-3.0-only", false),
            ("GPL-3.0-only OR MIT AND Apache-2.0", true),
            ("(MIT OR GPL-3.0-only) AND Apache-2.0", true),
            ("(MIT OR Apache-2.0) AND GPL-3.0-only", false),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("MIT WITH LLVM-exception", false),
            ("", false),
            ("MIT OR", false),
            ("(MIT", false),
            ("MIT)", false),
            ("MIT MIT", false),
        ] {
            assert_eq!(met(expression, &accepted), fine, "{expression}");
        }
    }
}
