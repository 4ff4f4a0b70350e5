//! Programs that have a key: the setting `credential_process` (AWS SDKs, "Process credential provider"). Pure.
//!
//! The command is taken apart here and no shell sees it, so that what a setting says is one program with
//! its arguments.

use serde::Deserialize;

use super::AccessKey;
use crate::Error;

/// Takes a command apart: words between blanks, `"…"` with backslashes, `'…'` without.
pub(super) fn words(command: &str) -> Result<Vec<String>, Error> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut letters = command.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => {
                let escaped = letters.next().ok_or_else(|| unusable("it ends in a backslash"))?;
                word.get_or_insert_default().push(escaped);
            }
            (None, _) if letter.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    if quote.is_some() {
        return Err(unusable("a quote in it is not closed"));
    }
    words.extend(word);
    if words.first().is_none_or(String::is_empty) {
        return Err(unusable("it names no program"));
    }
    Ok(words)
}

/// Reads what a program wrote.
pub(super) fn key(answer: &str, program: &str) -> Result<AccessKey, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Answer {
        version: u32,
        access_key_id: String,
        secret_access_key: String,
        session_token: Option<String>,
    }
    // The parser's error is left out: it may quote the answer.
    let answer: Option<Answer> = serde_json::from_str(answer).ok();
    match answer {
        Some(answer) if answer.version == 1 => Ok(AccessKey::new(
            answer.access_key_id,
            answer.secret_access_key,
            answer.session_token.filter(|token| !token.is_empty()),
        )),
        _ => Err(Error::Unusable {
            what: program.to_owned(),
            rule: "its answer is not version 1 of what a credential_process writes".to_owned(),
        }),
    }
}

fn unusable(rule: &str) -> Error {
    Error::Unusable { what: "credential_process".to_owned(), rule: rule.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands() {
        for (command, wanted) in [
            ("/opt/p", Some(&["/opt/p"][..])),
            ("  /opt/p  --a  b ", Some(&["/opt/p", "--a", "b"])),
            (r#""/opt/my p" "a \" b" '' 'c \d'"#, Some(&["/opt/my p", "a \" b", "", "c \\d"])),
            (r"/opt/my\ p a'b'c", Some(&["/opt/my p", "abc"])),
            ("p $(x) ; y | z > w", Some(&["p", "$(x)", ";", "y", "|", "z", ">", "w"])),
            ("", None),
            ("  ", None),
            ("'' x", None),
            ("p \"x", None),
            ("p 'x", None),
            ("p \\", None),
        ] {
            let found = words(command).ok();
            let wanted = wanted.map(|words| words.iter().map(ToString::to_string).collect());
            assert_eq!(found, wanted, "{command}");
        }
    }

    #[test]
    fn answers() {
        let read = |answer: &str| key(answer, "/opt/p");
        let whole = r#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"S","SessionToken":"T","Expiration":"x"}"#;
        assert_eq!(read(whole).unwrap(), AccessKey::new("A", "S", Some("T".to_owned())));
        let short = r#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"S","SessionToken":""}"#;
        assert_eq!(read(short).unwrap(), AccessKey::new("A", "S", None));
        for bad in [
            "",
            "canary",
            r#"{"Version":2,"AccessKeyId":"A","SecretAccessKey":"canary"}"#,
            r#"{"AccessKeyId":"A","SecretAccessKey":"canary"}"#,
            r#"{"Version":1,"SecretAccessKey":"canary"}"#,
        ] {
            let error = read(bad).unwrap_err().to_string();
            assert!(error.contains("/opt/p") && !error.contains("canary"), "{error}");
        }
    }
}
