//! How containerd calls a verifier: three pairs of words in Go's style, and a descriptor.

use std::ffi::OsString;
use std::path::Path;

use cutaway::names::Digest;
use serde::Deserialize;

/// The one form in which the descriptor comes.
const MEDIA_TYPE: &str = "application/vnd.oci.descriptor.v1+json";
/// What the name of the program ends with.
const NAME: &str = "image-verifier";

/// What containerd is about to pull.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The name of the image, as it was asked for.
    pub name: String,
    /// What it stands for: mostly an index.
    pub digest: Digest,
}

#[derive(Deserialize)]
struct Descriptor {
    digest: Digest,
}

/// Whether a program that has this name is called as a verifier.
pub fn is_called_verifier(words: &[OsString]) -> bool {
    let name = words.first().map(Path::new).and_then(Path::file_name);
    name.and_then(|name| name.to_str()).is_some_and(|name| name.ends_with(NAME))
}

impl Call {
    /// Reads the words of the command line, the program's name in front, and the descriptor. Both have to
    /// name one digest.
    ///
    /// # Errors
    ///
    /// Returns what is missing, not known or not right.
    pub fn read(words: &[OsString], descriptor: &[u8]) -> Result<Self, String> {
        let (mut name, mut digest, mut media_type) = (None, None, None);
        let mut words = words.iter().skip(1);
        while let Some(word) = words.next() {
            let word = word.to_str().ok_or("an argument is not UTF-8")?;
            let flag = word.strip_prefix("--").or_else(|| word.strip_prefix('-'));
            let flag = flag.ok_or_else(|| format!("\"{word}\" is no argument of a verifier"))?;
            let (flag, value) = match flag.split_once('=') {
                Some((flag, value)) => (flag, value.to_owned()),
                None => {
                    let value = words.next().and_then(|it| it.to_str());
                    (flag, value.ok_or_else(|| format!("{word} has no value"))?.to_owned())
                }
            };
            let slot = match flag {
                "name" => &mut name,
                "digest" => &mut digest,
                "stdin-media-type" => &mut media_type,
                _ => return Err(format!("{word} is no argument of a verifier")),
            };
            if slot.replace(value).is_some() {
                return Err(format!("{word} stands twice"));
            }
        }
        let name = name.filter(|it| !it.is_empty()).ok_or("-name is missing")?;
        let digest = digest.ok_or("-digest is missing")?;
        let digest: Digest = digest.parse().map_err(|error| format!("-digest: {error}"))?;
        match media_type.as_deref() {
            Some(MEDIA_TYPE) => {}
            Some(other) => return Err(format!("-stdin-media-type {other} is not known")),
            None => return Err("-stdin-media-type is missing".to_owned()),
        }
        let stated: Descriptor = serde_json::from_slice(descriptor)
            .map_err(|error| format!("standard input has no descriptor: {error}"))?;
        match stated.digest == digest {
            true => Ok(Self { name, digest }),
            false => Err(format!("-digest is {digest}, and the descriptor has {}", stated.digest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str], descriptor: &str) -> Result<Call, String> {
        let words: Vec<OsString> = ["x"].iter().chain(words).map(OsString::from).collect();
        Call::read(&words, descriptor.as_bytes())
    }

    #[test]
    fn words_are_read_as_go_writes_them() {
        let digest = Digest::sha256(b"x");
        let descriptor =
            format!("{{\"mediaType\": \"a\", \"digest\": \"{digest}\", \"size\": 1}}\n");
        let text = digest.to_string();
        let good = ["-name", "a:1", "-digest", &text, "-stdin-media-type", MEDIA_TYPE];
        let call = Call { name: "a:1".to_owned(), digest: digest.clone() };
        assert_eq!(read(&good, &descriptor), Ok(call.clone()));
        let (equal, both) = (format!("-digest={text}"), format!("--stdin-media-type={MEDIA_TYPE}"));
        assert_eq!(read(&["--name=a:1", &equal, &both], &descriptor), Ok(call));
        let other = Digest::sha256(b"y").to_string();
        for (at, to, why) in [
            (0, "-nam", "-nam is no argument"),
            (0, "name", "\"name\" is no argument"),
            (1, "", "-name is missing"),
            (3, "sha256:1", "-digest: "),
            (3, other.as_str(), "and the descriptor has"),
            (4, "-digest", "-digest stands twice"),
            (5, "application/json", "-stdin-media-type application/json is not known"),
        ] {
            let mut words = good;
            words[at] = to;
            let error = read(&words, &descriptor).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        assert!(read(&good[..5], &descriptor).unwrap_err().contains("has no value"));
        assert!(
            read(&good[..4], &descriptor).unwrap_err().contains("-stdin-media-type is missing")
        );
        for stdin in ["", "{}", "[]", "x"] {
            assert!(read(&good, stdin).unwrap_err().contains("no descriptor"), "{stdin}");
        }
    }

    #[test]
    fn the_name_of_the_program_says_what_it_is() {
        for (name, is) in [
            ("/opt/containerd/image-verifier/bin/cutaway-image-verifier", true),
            ("image-verifier", true),
            ("/opt/image-verifier/cutaway", false),
            ("cutaway", false),
        ] {
            assert_eq!(is_called_verifier(&[OsString::from(name)]), is, "{name}");
        }
        assert!(!is_called_verifier(&[]));
    }
}
