//! `netrc`, as data: a login and a password for a host, in the format of ftp(1) as curl reads it.
//!
//! A machine stands for a registry at the port of HTTPS; one at another port is named with it,
//! `machine registry.example:5000`. The `default` entry would tell every registry that is ever
//! named the same password, so it is passed over. Errors never quote what is there.

use crate::auth::{Credential, Secret};
use crate::normalize::registry_name;

/// The entries of one file.
#[derive(Debug, Clone, Default)]
pub struct Netrc {
    machines: Vec<Machine>,
    has_default: bool,
}

#[derive(Debug, Clone)]
struct Machine {
    registry: String,
    login: Option<String>,
    password: Option<Secret>,
}

/// A file that is no netrc.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseNetrcError {
    /// It is not UTF-8.
    #[error("it is no text")]
    NoText,
    /// A word stands where none may.
    #[error("it breaks the format of netrc in line {line}")]
    Format {
        /// The line, from 1.
        line: usize,
    },
}

impl Netrc {
    /// Parses the contents of a file.
    ///
    /// # Errors
    ///
    /// Returns where the file breaks the format; nothing of it is used then.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseNetrcError> {
        let text = std::str::from_utf8(bytes).map_err(|_| ParseNetrcError::NoText)?;
        let mut netrc = Self::default();
        let mut current: Option<Machine> = None;
        let mut in_macro = false;
        for (number, line) in text.lines().enumerate() {
            let broken = ParseNetrcError::Format { line: number.saturating_add(1) };
            // A macro goes on to the next empty line.
            if in_macro {
                in_macro = !line.trim().is_empty();
                continue;
            }
            let mut words = Words(line);
            while let Some(word) = words.next().transpose().map_err(|Unclosed| broken)? {
                let mut value = || words.next().transpose().ok().flatten().ok_or(broken);
                match word.as_str() {
                    "machine" => {
                        netrc.machines.extend(current.take());
                        let registry = registry_name(&value()?);
                        current = Some(Machine { registry, login: None, password: None });
                    }
                    "default" => {
                        netrc.machines.extend(current.take());
                        netrc.has_default = true;
                    }
                    "login" => {
                        let login = value()?;
                        if let Some(machine) = &mut current {
                            machine.login = Some(login);
                        }
                    }
                    "password" => {
                        let password = Secret::new(value()?);
                        if let Some(machine) = &mut current {
                            machine.password = Some(password);
                        }
                    }
                    "account" => drop(value()?),
                    "macdef" => {
                        in_macro = true;
                        break;
                    }
                    _ => return Err(broken),
                }
            }
        }
        netrc.machines.extend(current);
        Ok(netrc)
    }

    /// Returns the credential for `registry`, the first that has both login and password, and the machine's name.
    ///
    /// # Errors
    ///
    /// Returns why there is none, as text that holds no secret.
    pub fn find(&self, registry: &str) -> Result<(Credential, &str), &'static str> {
        let registry = registry_name(registry);
        let mut found = self.machines.iter().filter(|machine| machine.registry == registry);
        let whole = found.clone().find_map(|machine| {
            let (username, password) = (machine.login.clone()?, machine.password.clone()?);
            Some((Credential::Basic { username, password }, machine.registry.as_str()))
        });
        match whole {
            Some(found) => Ok(found),
            None if found.next().is_some() => {
                Err("its machine has only one of login and password, or neither")
            }
            None if self.has_default => {
                Err("it has no machine of this name, and its default is not for registries")
            }
            None => Err("it has no machine of this name"),
        }
    }
}

/// A quote that no other one closes.
#[derive(Debug)]
struct Unclosed;

/// The words of a line: separated by blanks, or in double quotes with backslashes; `#` begins a comment.
struct Words<'a>(&'a str);

impl Iterator for Words<'_> {
    type Item = Result<String, Unclosed>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.0.trim_start();
        if rest.is_empty() || rest.starts_with('#') {
            self.0 = "";
            return None;
        }
        let Some(quoted) = rest.strip_prefix('"') else {
            let (word, behind) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            self.0 = behind;
            return Some(Ok(word.to_owned()));
        };
        let mut word = String::new();
        let mut characters = quoted.chars();
        loop {
            match characters.next() {
                Some('"') => break,
                Some('\\') => match characters.next() {
                    Some('n') => word.push('\n'),
                    Some('t') => word.push('\t'),
                    Some('r') => word.push('\r'),
                    Some(other) => word.push(other),
                    None => return Some(Err(Unclosed)),
                },
                Some(other) => word.push(other),
                None => return Some(Err(Unclosed)),
            }
        }
        self.0 = characters.as_str();
        Some(Ok(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files() {
        let file = b"# a comment\nmachine a.io login u1 password p#1\n\
            machine b.io:5000\n\tlogin u2\n\taccount x\n\tpassword \"p \\\"2\\\\\"\n\
            macdef init\nmachine evil.io login x password y\n\n\
            machine c.io login u3\nmachine index.docker.io login u4 password p4\n\
            machine A.io login u5 password p5 machine d.io login u6 password p6\n\
            default login anonymous password canary";
        let netrc = Netrc::parse(file).unwrap();
        for (registry, wanted) in [
            ("a.io", Some(("u1", "p#1"))),
            ("b.io:5000", Some(("u2", "p \"2\\"))),
            ("b.io", None),
            ("a.io:5000", None),
            ("evil.io", None),
            ("c.io", None),
            ("docker.io", Some(("u4", "p4"))),
            ("d.io", Some(("u6", "p6"))),
            ("other.io", None),
        ] {
            let found = netrc.find(registry).ok().map(|(credential, _)| credential);
            let wanted = wanted.map(|(user, password)| Credential::basic(user, password));
            assert_eq!(found, wanted, "{registry}");
        }
        assert!(netrc.find("c.io").unwrap_err().contains("only one of"));
        assert!(netrc.find("other.io").unwrap_err().contains("default"));
        assert!(!format!("{netrc:?}").contains("canary") && !format!("{netrc:?}").contains("p#1"));
    }

    #[test]
    fn what_breaks_the_format_names_its_line() {
        for (file, line) in [
            ("machine a.io login u password p\nhunter2", 2),
            ("machine", 1),
            ("machine a.io\nlogin", 2),
            ("machine a.io password \"open", 1),
            ("machine a.io password \"open\\", 1),
        ] {
            let error = Netrc::parse(file.as_bytes()).unwrap_err();
            assert_eq!(error, ParseNetrcError::Format { line }, "{file}");
            assert!(!error.to_string().contains("hunter2"));
        }
        assert_eq!(Netrc::parse(b"\xff").unwrap_err(), ParseNetrcError::NoText);
        assert!(Netrc::parse(b"").unwrap().find("a.io").is_err());
    }

    proptest::proptest! {
        #[test]
        fn parsing_is_total(text in "(machine|default|login|password|account|macdef|\"|\\\\|#| |\n|a\\.io|x){0,40}") {
            if let Ok(netrc) = Netrc::parse(text.as_bytes()) {
                drop(netrc.find("a.io"));
            }
        }
    }
}
