//! Applications of Erlang/OTP: `NAME-VSN/ebin/NAME.app`, a term.
//!
//! ```text
//! %% comment
//! {application, rabbit,
//!   [{description, "RabbitMQ"}, {vsn, "3.12.10"}]}.
//! ```

use cutaway_analyze::{AnalyzerId, File, Findings, Interest};

use crate::place::{Parts, name_and_version};
use crate::placed::Placed;
use crate::record::{UNREADABLE, record, warn};

/// The type of the package URLs.
pub(crate) const KIND: &str = "otp";

/// The reader of applications.
#[derive(Debug)]
pub(crate) struct Erlang;

impl Placed for Erlang {
    const MAX: u64 = 4 << 20;

    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("erlang", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().ending(".app")
    }

    fn lies_right(&self, parts: &Parts<'_>) -> bool {
        parts.back(1) == b"ebin"
    }

    fn read(&self, file: &File<'_>, parts: &Parts<'_>, found: &mut Findings) {
        let text = String::from_utf8_lossy(file.start());
        let Some((name, version)) = application(&text) else {
            warn(found, UNREADABLE, "it is no term {application, NAME, […]}");
            return;
        };
        let directory = parts.text(2);
        let of_directory = name_and_version(&directory).map(|(_, version)| version.to_owned());
        let version = version.or(of_directory).unwrap_or_default();
        if let Some(mut package) = record(found, KIND, &name, &version) {
            package.place = Some(parts.above(3));
            found.package(package);
        }
    }
}

/// A piece of a term.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// An atom, quoted or not, or a number.
    Word(String),
    Text(String),
    Sign(char),
}

/// Returns the name of an application, and its version where it is a text.
fn application(text: &str) -> Option<(String, Option<String>)> {
    let mut tokens = tokens(text);
    let start = [tokens.next()?, tokens.next()?, tokens.next()?];
    if start != [Token::Sign('{'), Token::Word("application".into()), Token::Sign(',')] {
        return None;
    }
    let Token::Word(name) = tokens.next()? else { return None };
    // The value behind `{vsn,` in the list itself, and not deeper.
    let (mut depth, mut last) = (0_usize, [None, None, None]);
    for token in tokens {
        match &token {
            Token::Sign('{' | '[' | '(') => depth = depth.saturating_add(1),
            Token::Sign('}' | ']' | ')') => depth = depth.saturating_sub(1),
            Token::Text(version) if depth == 2 && is_version(&last) => {
                return Some((name, Some(version.clone())));
            }
            _ => {}
        }
        last.rotate_left(1);
        last[2] = Some(token);
    }
    Some((name, None))
}

fn is_version(last: &[Option<Token>; 3]) -> bool {
    let expected = [Token::Sign('{'), Token::Word("vsn".into()), Token::Sign(',')];
    last.iter().zip(&expected).all(|(one, other)| one.as_ref() == Some(other))
}

fn tokens(text: &str) -> impl Iterator<Item = Token> {
    let mut rest = text.chars().peekable();
    std::iter::from_fn(move || {
        loop {
            let first = rest.next()?;
            return Some(match first {
                '%' => {
                    let _ = rest.by_ref().find(|it| *it == '\n');
                    continue;
                }
                mark @ ('"' | '\'') => {
                    let mut inner = String::new();
                    loop {
                        match rest.next()? {
                            '\\' => inner.extend(rest.next()),
                            end if end == mark => break,
                            other => inner.push(other),
                        }
                    }
                    if mark == '"' { Token::Text(inner) } else { Token::Word(inner) }
                }
                blank if blank.is_whitespace() => continue,
                letter if is_letter(letter) => {
                    let mut word = String::from(letter);
                    while let Some(next) = rest.next_if(|it| is_letter(*it)) {
                        word.push(next);
                    }
                    Token::Word(word)
                }
                sign => Token::Sign(sign),
            });
        }
    })
}

fn is_letter(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '@')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::placed::InPlace;
    use crate::testing::{rows, wants};

    #[test]
    fn applications() {
        let path = "opt/lib/kernel-8.5/ebin/kernel.app";
        assert!(wants(&InPlace(Erlang), path) && !wants(&InPlace(Erlang), "opt/x.app"));
        let of = |content: &str| rows(&InPlace(Erlang), path, content.as_bytes());
        for (content, expected) in [
            ("%% {application\n{application, kernel, [{vsn, \"8.5.3\"}]}.", "kernel 8.5.3 opt/lib"),
            ("{application,'my-app',[{env,[{vsn,\"1\"}]},{vsn,\n\"2\"}]}.", "my-app 2 opt/lib"),
            ("{application, kernel, [{vsn, vsn()}]}.", "kernel 8.5 opt/lib"),
            ("{app, kernel, []}.", "Warning language-file-unreadable"),
            ("", "Warning language-file-unreadable"),
            ("{application, \"kernel\", []}.", "Warning language-file-unreadable"),
        ] {
            assert_eq!(of(content), [expected], "{content}");
        }
    }
}
