//! What a bill of materials names that its maker put into a file: CycloneDX as JSON.
//!
//! ```text
//! {"metadata": {"component": {…}}, "components": [{"group": "a.b", "name": "c",
//!   "version": "1", "purl": "pkg:maven/a.b/c@1", "components": […]}]}
//! ```

use cutaway_analyze::{Ecosystem, Findings};
use serde_json::value::RawValue;

use crate::json::{self, items, pick, string};
use crate::record::{add_details, record};

/// How deep components lie in each other, and how many of one bill are taken.
const DEPTH: usize = 8;
const COMPONENTS: usize = 50_000;

/// Adds the component that a bill is about and those that it names, as packages in a place.
pub(crate) fn packages(
    content: &[u8],
    place: &str,
    found: &mut Findings,
) -> Result<(), json::Error> {
    let text = json::text(content);
    let [metadata, components] = pick(&text, ["metadata", "components"])?;
    let mut bill = Bill { place, found, left: COMPONENTS };
    if let Some(metadata) = metadata
        && let [Some(main)] = pick(metadata.get(), ["component"])?
    {
        bill.component(main, true, DEPTH)?;
    }
    components.map_or(Ok(()), |components| bill.components(components, DEPTH))
}

/// A bill that is being read.
struct Bill<'a> {
    place: &'a str,
    found: &'a mut Findings,
    left: usize,
}

/// What a component is, by its package URL or else by its own fields.
#[derive(Debug, PartialEq, Eq)]
struct Coordinates {
    kind: String,
    namespace: Option<String>,
    name: String,
    version: String,
}

impl Bill<'_> {
    fn components(&mut self, list: &RawValue, depth: usize) -> Result<(), json::Error> {
        let mut broken = Ok(());
        items(list.get(), |item| {
            if broken.is_ok() {
                broken = self.component(item, false, depth);
            }
        })?;
        broken
    }

    fn component(
        &mut self,
        component: &RawValue,
        is_main: bool,
        depth: usize,
    ) -> Result<(), json::Error> {
        let keys = ["type", "group", "name", "version", "purl", "components"];
        let [kind, group, name, version, purl, inner] = pick(component.get(), keys)?;
        self.left = self.left.saturating_sub(1);
        let Some(depth) = depth.checked_sub(1).filter(|_| self.left > 0) else { return Ok(()) };
        let own = Coordinates {
            kind: "maven".to_owned(),
            namespace: string(group).filter(|it| !it.is_empty()),
            name: string(name).unwrap_or_default(),
            version: string(version).unwrap_or_default(),
        };
        let coordinates = string(purl).and_then(|purl| of_purl(&purl)).unwrap_or(own);
        // Files and systems are no packages, and what has no version here is told by nothing else.
        let is_package = !matches!(string(kind).as_deref(), Some("file" | "operating-system"));
        if is_package && !coordinates.version.is_empty() {
            self.add(coordinates, is_main);
        }
        inner.map_or(Ok(()), |inner| self.components(inner, depth))
    }

    fn add(&mut self, coordinates: Coordinates, is_main: bool) {
        let Coordinates { kind, namespace, name, version } = coordinates;
        let full = match (kind.as_str(), &namespace) {
            ("maven", Some(group)) => format!("{group}:{name}"),
            // An artifact without a group stands for its own.
            ("maven", None) => format!("{name}:{name}"),
            (_, Some(namespace)) => format!("{namespace}/{name}"),
            (_, None) => name,
        };
        let Some(mut package) = record(self.found, "maven", &full, &version) else { return };
        package.ecosystem = Ecosystem::owned(kind);
        package.place = Some(self.place.to_owned());
        add_details(&mut package, |it| it.root = is_main);
        self.found.package(package);
    }
}

/// Takes a package URL apart; none where it has no type, name or version.
fn of_purl(purl: &str) -> Option<Coordinates> {
    let rest = purl.strip_prefix("pkg:")?.trim_start_matches('/');
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    let (kind, rest) = rest.split_once('/')?;
    let (path, version) = rest.rsplit_once('@').filter(|(path, _)| !path.is_empty())?;
    let (namespace, name) = match path.trim_matches('/').rsplit_once('/') {
        Some((namespace, name)) => (Some(decoded(namespace)?), name),
        None => (None, path),
    };
    let is_kind = !kind.is_empty()
        && kind.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'.' | b'-'));
    let coordinates = Coordinates {
        kind: kind.to_ascii_lowercase(),
        namespace,
        name: decoded(name)?,
        version: decoded(version)?,
    };
    (is_kind && !coordinates.name.is_empty()).then_some(coordinates)
}

/// Returns a text with `%` and two digits replaced by the byte that they stand for; none of what is broken.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut digit = || char::from(rest.next()?).to_digit(16);
        bytes.push(match byte {
            b'%' => u8::try_from((digit()? << 4) | digit()?).ok()?,
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(content: &str) -> Vec<String> {
        let mut found = Findings::default();
        let read = packages(content.as_bytes(), "p", &mut found);
        let rows = found.packages().iter().map(|it| {
            let root = it.details.as_ref().is_some_and(|it| it.root);
            format!("{} {} {} {root}", it.ecosystem, it.name, it.version)
        });
        rows.chain(read.err().map(|_| "broken".to_owned())).collect()
    }

    #[test]
    fn bills() {
        for (content, expected) in [
            ("{}", &[][..]),
            ("{", &["broken"]),
            (
                r#"{"metadata":{"component":{"group":"a.b","name":"c","version":"1"}}}"#,
                &["maven a.b:c 1 true"],
            ),
            (r#"{"components":[{"name":"c","version":"1"}]}"#, &["maven c:c 1 false"]),
            (r#"{"components":[{"name":"c"},{"type":"file","name":"d","version":"1"}]}"#, &[]),
            (
                r#"{"components":[{"name":"x","version":"0","purl":"pkg:maven/a.b/c@1%2B2?type=jar"}]}"#,
                &["maven a.b:c 1+2 false"],
            ),
            (
                r#"{"components":[{"name":"x","version":"0","purl":"pkg:npm/%40a/c@1"}]}"#,
                &["npm @a/c 1 false"],
            ),
            (
                r#"{"components":[{"group":"g","name":"x","version":"0","purl":"pkg:maven"}]}"#,
                &["maven g:x 0 false"],
            ),
            (
                r#"{"components":[{"name":"x","version":"0","components":[{"name":"y","version":"1"}]}]}"#,
                &["maven x:x 0 false", "maven y:y 1 false"],
            ),
        ] {
            assert_eq!(rows(content), expected, "{content}");
        }
        let open = r#"{"components":[{"name":"x","version":"0","inner":1},"#.repeat(20);
        let deep = format!("{open}{{}}{}", "]}".repeat(20));
        assert_eq!(rows(&deep).len(), DEPTH);
    }
}
