//! The `WWW-Authenticate` header: challenges and their parameters (RFC 9110, section 11.6.1).
//!
//! Parsing never fails: what is malformed is passed over, and what is well-formed around it is
//! kept. Nothing here decides whether a challenge is answered.

/// One challenge: a scheme and its parameters, their names in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme in lower case, such as `bearer`.
    pub scheme: String,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// Returns the value of the first parameter `name`, which is given in lower case.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Parses the value of one header, which may hold several challenges.
pub fn parse(header: &str) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return challenges;
        }
        let (word, behind) = token(rest);
        if word.is_empty() {
            rest = skip(rest);
            continue;
        }
        let trimmed = behind.trim_start_matches([' ', '\t']);
        match (trimmed.strip_prefix('='), challenges.last_mut()) {
            // `name=value` belongs to the challenge that came before.
            (Some(value), Some(challenge)) if !value.starts_with('=') => {
                let (value, behind) = parameter_value(value.trim_start_matches([' ', '\t']));
                challenge.parameters.push((word.to_ascii_lowercase(), value));
                rest = behind;
            }
            // A parameter of nothing.
            (Some(value), _) => {
                rest = parameter_value(value.trim_start_matches(['=', ' ', '\t'])).1;
            }
            (None, _) => {
                challenges
                    .push(Challenge { scheme: word.to_ascii_lowercase(), parameters: Vec::new() });
                rest = skip_token68(trimmed);
            }
        }
    }
}

/// Splits off a token of RFC 9110, which may be empty.
fn token(text: &str) -> (&str, &str) {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let end = text.bytes().position(|byte| !word(byte)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Reads a quoted string or a token, and returns what follows it. An open quote reads to the end.
fn parameter_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        // Unquoted addresses are common though not allowed, so everything up to the comma counts.
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        let (value, rest) = text.split_at_checked(end).unwrap_or((text, ""));
        return (value.to_owned(), rest);
    };
    let mut value = String::new();
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => value.extend(characters.next()),
            _ => value.push(character),
        }
    }
    (value, characters.as_str())
}

/// Passes over the blob that some schemes have in the place of parameters.
fn skip_token68(text: &str) -> &str {
    let blob = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    let end = text.bytes().position(|byte| !blob(byte)).unwrap_or(text.len());
    let (_, behind) = text.split_at_checked(end).unwrap_or((text, ""));
    let bare = behind.trim_start_matches('=');
    let ends = |text: &str| {
        text.trim_start_matches([' ', '\t']).is_empty() || text.trim_start().starts_with(',')
    };
    // With an `=` and a value behind it, it is a parameter and not a blob; so is a word before a blank.
    if end > 0 && ends(bare) { bare } else { text }
}

/// Passes over one character, or over one quoted string.
fn skip(text: &str) -> &str {
    if text.starts_with('"') {
        return parameter_value(text).1;
    }
    let mut characters = text.chars();
    characters.next();
    characters.as_str()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(header: &str) -> Vec<String> {
        parse(header)
            .into_iter()
            .map(|challenge| {
                let parameters: Vec<String> = challenge
                    .parameters
                    .iter()
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                format!("{} {}", challenge.scheme, parameters.join("|")).trim_end().to_owned()
            })
            .collect()
    }

    #[test]
    fn headers() {
        for (header, wanted) in [
            (
                "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\",scope=\"repository:a/b:pull,push\"",
                vec![
                    "bearer realm=https://auth.docker.io/token|service=registry.docker.io|scope=repository:a/b:pull,push",
                ],
            ),
            ("Basic realm=\"Registry Realm\"", vec!["basic realm=Registry Realm"]),
            ("basic", vec!["basic"]),
            ("Negotiate, Basic realm=x", vec!["negotiate", "basic realm=x"]),
            ("Negotiate YWJj=, Bearer realm=\"r\"", vec!["negotiate", "bearer realm=r"]),
            (
                "Digest qop=\"auth,auth-int\", nonce=\"a\", BEARER Realm = \"r\" , service=s",
                vec!["digest qop=auth,auth-int|nonce=a", "bearer realm=r|service=s"],
            ),
            (
                "Basic realm=https://x.io/v2/,service=ecr.amazonaws.com",
                vec!["basic realm=https://x.io/v2/|service=ecr.amazonaws.com"],
            ),
            (r#"Bearer realm="a\"b\\c""#, vec!["bearer realm=a\"b\\c"]),
            ("Bearer realm=\"open", vec!["bearer realm=open"]),
            ("Bearer realm=\"\\", vec!["bearer realm="]),
            ("=, ==, \"x\", Bearer realm=r", vec!["bearer realm=r"]),
            ("realm=x", vec![]),
            ("", vec![]),
            (",,, ,", vec![]),
            (
                "Bearer realm=\"r\", error=\"invalid_token\"",
                vec!["bearer realm=r|error=invalid_token"],
            ),
            ("Bärer realm=x", vec!["b", "rer realm=x"]),
        ] {
            assert_eq!(shown(header), wanted, "{header}");
        }
    }

    #[test]
    fn long_headers_take_linear_time() {
        for piece in ["Basic ", "a=", "\"", ",", "=\"", "Bearer realm=\"x\",", "ä"] {
            let header = piece.repeat(32 << 10);
            let _ = parse(&header);
        }
    }

    proptest! {
        #[test]
        fn parsing_is_total(header in "[ -~\\t]{0,200}", any in any::<String>()) {
            let _ = parse(&any);
            for challenge in parse(&header) {
                prop_assert!(!challenge.scheme.is_empty());
                prop_assert!(challenge.scheme.len() <= header.len());
            }
        }

        #[test]
        fn what_is_written_is_read(
            scheme in "[A-Za-z]{1,10}",
            realm in "[ -~]{0,40}",
            service in "[a-z0-9.:/_-]{1,20}",
        ) {
            let escaped = realm.replace('\\', "\\\\").replace('"', "\\\"");
            let header = format!("Negotiate abc==, {scheme} realm=\"{escaped}\",service={service}, Basic");
            let challenges = parse(&header);
            prop_assert_eq!(challenges.len(), 3);
            prop_assert_eq!(&challenges[1].scheme, &scheme.to_ascii_lowercase());
            prop_assert_eq!(challenges[1].parameter("realm"), Some(realm.as_str()));
            prop_assert_eq!(challenges[1].parameter("service"), Some(service.as_str()));
        }
    }
}
