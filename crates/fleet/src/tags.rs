//! Which tags of a repository are meant.

use std::cmp::Ordering;
use std::str::FromStr;

use crate::Pattern;

/// Tags of a repository: those of a pattern, or the latest ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tags {
    /// Those that match.
    Pattern(Pattern),
    /// So many of those that begin with a number, with or without a `v`: the highest, numbers in them read
    /// as numbers. What a registry was told last, it does not say.
    Latest(usize),
}

/// Why a text names no tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the latest tags are written latest:N, such as latest:3")]
pub struct TagsError;

impl FromStr for Tags {
    type Err = TagsError;

    fn from_str(text: &str) -> Result<Self, TagsError> {
        match text.strip_prefix("latest:") {
            Some(count) => Ok(Self::Latest(count.parse().map_err(|_| TagsError)?)),
            None => Ok(Self::Pattern(Pattern::new(text))),
        }
    }
}

impl Tags {
    /// Chooses among tags: those of a pattern as they stand, the latest from the highest on.
    pub fn choose(&self, tags: &[String]) -> Vec<String> {
        match self {
            Self::Pattern(pattern) => {
                tags.iter().filter(|tag| pattern.matches(tag)).cloned().collect()
            }
            Self::Latest(count) => {
                let mut numbered: Vec<&String> =
                    tags.iter().filter(|tag| is_numbered(tag)).collect();
                numbered.sort_by(|a, b| compare(without_v(b), without_v(a)).then_with(|| a.cmp(b)));
                numbered.into_iter().take(*count).cloned().collect()
            }
        }
    }
}

fn without_v(tag: &str) -> &str {
    tag.strip_prefix('v').unwrap_or(tag)
}

fn is_numbered(tag: &str) -> bool {
    without_v(tag).starts_with(|sign: char| sign.is_ascii_digit())
}

/// Compares texts run by run: numbers as numbers, a number before any word; a word behind a number makes it
/// lower than none, as pre-releases are.
fn compare(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (one, rest_of_a) = run(a);
        let (other, rest_of_b) = run(b);
        let order = match (one, other) {
            ("", "") => return Ordering::Equal,
            ("", other) => {
                return if other.starts_with('.') { Ordering::Less } else { Ordering::Greater };
            }
            (one, "") => {
                return if one.starts_with('.') { Ordering::Greater } else { Ordering::Less };
            }
            (one, other) if is_number(one) && is_number(other) => {
                let (one, other) = (one.trim_start_matches('0'), other.trim_start_matches('0'));
                one.len().cmp(&other.len()).then_with(|| one.cmp(other))
            }
            // 1.2 is after 1-rc.
            (one, other) => {
                (one.starts_with('.')).cmp(&other.starts_with('.')).then_with(|| one.cmp(other))
            }
        };
        if order != Ordering::Equal {
            return order;
        }
        (a, b) = (rest_of_a, rest_of_b);
    }
}

fn is_number(run: &str) -> bool {
    run.starts_with(|sign: char| sign.is_ascii_digit())
}

/// Takes digits, or what is none.
fn run(text: &str) -> (&str, &str) {
    let digits = is_number(text);
    let end = text.find(|sign: char| sign.is_ascii_digit() != digits).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_that_are_meant() {
        let tags =
            ["latest", "1.9", "1.10", "v1.10.1", "1.10.1-rc1", "2", "2-alpine", "sha-1", "10.0"];
        let tags: Vec<String> = tags.map(str::to_owned).to_vec();
        for (text, expected) in [
            ("latest:3", &["10.0", "2", "2-alpine"][..]),
            ("latest:6", &["10.0", "2", "2-alpine", "v1.10.1", "1.10.1-rc1", "1.10"]),
            ("latest:0", &[]),
            ("1.*", &["1.9", "1.10", "1.10.1-rc1"]),
            ("latest", &["latest"]),
        ] {
            let chosen = text.parse::<Tags>().unwrap().choose(&tags);
            assert_eq!(chosen, expected, "{text}");
        }
        assert_eq!("latest:x".parse::<Tags>(), Err(TagsError));
    }
}
