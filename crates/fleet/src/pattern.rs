//! Patterns of names: `*` within a component, `**` across them, everything else as it stands.

/// A pattern of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// Reads a pattern; every text is one.
    pub fn new(pattern: impl Into<String>) -> Self {
        Self(pattern.into())
    }

    /// Returns whether a name is meant. Takes time of the length of the pattern times that of the name.
    pub fn matches(&self, name: &str) -> bool {
        // Where in the name it may stand after what was read of the pattern.
        let name = name.as_bytes();
        let mut places = vec![false; name.len().saturating_add(1)];
        if let Some(first) = places.first_mut() {
            *first = true;
        }
        let mut rest = self.0.as_bytes();
        while let Some((sign, after)) = rest.split_first() {
            rest = after;
            if *sign != b'*' {
                let moved = places.iter().zip(name).map(|(here, byte)| *here && byte == sign);
                places = std::iter::once(false).chain(moved).collect();
                continue;
            }
            let crosses = rest.first() == Some(&b'*');
            if crosses {
                rest = rest.get(1..).unwrap_or_default();
            }
            let mut before = false;
            for (number, place) in places.iter_mut().enumerate() {
                let passed = number.checked_sub(1).and_then(|at| name.get(at));
                before = *place || (before && (crosses || passed != Some(&b'/')));
                *place = before;
            }
        }
        places.last() == Some(&true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_meant() {
        for (pattern, name, expected) in [
            ("team/app", "team/app", true),
            ("team/app", "team/app2", false),
            ("team/*", "team/app", true),
            ("team/*", "team/app/x", false),
            ("team/**", "team/app/x", true),
            ("**", "", true),
            ("*", "a/b", false),
            ("**/x", "a/b/x", true),
            ("v*.1*", "v10.12", true),
            ("v*.1*", "v10.2", false),
            ("", "", true),
            ("", "a", false),
            ("a*a", "a", false),
        ] {
            assert_eq!(Pattern::new(pattern).matches(name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn many_stars_take_no_long_time() {
        let pattern = Pattern::new("*a".repeat(2000));
        assert!(!pattern.matches(&"a".repeat(1999)));
    }
}
