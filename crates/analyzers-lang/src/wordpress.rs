//! WordPress, its plugins and themes: what the files say by which WordPress itself knows them.
//!
//! The core is `wp-includes/version.php`; a plugin any `wp-content/plugins/SLUG/*.php` with a header
//! `Plugin Name:` in its first 8 KiB; a theme `wp-content/themes/SLUG/style.css` with `Theme Name:`.

use cutaway_analyze::{
    Analyzer, AnalyzerId, Candidate, File, Findings, Interest, Outcome, Plan, Want,
};

use crate::literal::assigned;
use crate::place::Parts;
use crate::record::{INCOMPLETE, record, set_licenses, warn};

/// The type of the package URLs.
pub(crate) const KIND: &str = "generic";
/// How much of a file WordPress reads for its header.
const HEAD: u64 = 8 << 10;

/// The reader of what WordPress is made of.
#[derive(Debug)]
pub(crate) struct WordPress;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Core,
    Plugin,
    Theme,
}

impl Analyzer for WordPress {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("wordpress", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().ending(".php").named("style.css")
    }

    fn wants(&self, file: &Candidate<'_>) -> Want {
        match part(&Parts::new(file.path)) {
            Some(_) => Want::Sniff { head: 1 },
            None => Want::No,
        }
    }

    fn plan(&self, _file: &Candidate<'_>, _head: &[u8]) -> Plan {
        Plan::Windows { ranges: std::iter::once(0..HEAD).collect(), tail: 0 }
    }

    fn analyze(&self, file: &File<'_>, found: &mut Findings) -> Outcome {
        let parts = Parts::new(file.path());
        let end = usize::try_from(HEAD).unwrap_or(usize::MAX);
        let start = file.start();
        let text = String::from_utf8_lossy(start.get(..end).unwrap_or(start));
        match part(&parts) {
            Some(Part::Core) => core(&text, &parts, found),
            Some(part) => add_on(&text, part, &parts, found),
            None => {}
        }
        Outcome::Done
    }
}

fn part(parts: &Parts<'_>) -> Option<Part> {
    let [content, kind, slug, file] = [3, 2, 1, 0].map(|it| parts.back(it));
    match (content, kind) {
        _ if slug == b"wp-includes" && file == b"version.php" => Some(Part::Core),
        (b"wp-content", b"plugins") if file.ends_with(b".php") => Some(Part::Plugin),
        (b"wp-content", b"themes") if file == b"style.css" => Some(Part::Theme),
        _ => None,
    }
}

fn core(text: &str, parts: &Parts<'_>, found: &mut Findings) {
    let Some(version) = assigned(&without_comments(text), "$wp_version") else {
        return warn(found, INCOMPLETE, "a version.php of WordPress states no $wp_version");
    };
    if let Some(mut package) = record(found, KIND, "wordpress", &version) {
        package.place = Some(parts.above(2));
        found.package(package);
    }
}

/// Returns a program without what stands between `/*` and `*/`; a comment to the end of a line may stay.
fn without_comments(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("/*") {
        kept.push_str(before);
        rest = behind.split_once("*/").map_or("", |(_, behind)| behind);
    }
    kept.push_str(rest);
    kept
}

fn add_on(text: &str, part: Part, parts: &Parts<'_>, found: &mut Findings) {
    let (title, namespace) = match part {
        Part::Theme => ("Theme Name", "wordpress-theme"),
        Part::Core | Part::Plugin => ("Plugin Name", "wordpress-plugin"),
    };
    if field(text, title).is_none() {
        return;
    }
    let version = field(text, "Version").unwrap_or_default();
    if let Some(mut package) = record(found, KIND, &parts.text(1), version) {
        set_licenses(&mut package, field(text, "License"));
        package.namespace = Some(namespace.to_owned());
        package.place = Some(parts.above(1));
        found.package(package);
    }
}

/// Returns the value of a field in a comment, as WordPress finds it.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let line = line.trim_start_matches([' ', '\t', '/', '*', '#', '@']);
        let line = line.strip_prefix("<?php").unwrap_or(line).trim_start();
        let value = line.get(..name.len()).filter(|it| it.eq_ignore_ascii_case(name));
        let value = value.and_then(|_| line.get(name.len()..)?.strip_prefix(':'))?;
        let value = value.split("*/").next().unwrap_or(value).trim();
        let value = value.split("?>").next().unwrap_or(value).trim();
        (!value.is_empty()).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{rows, wants};

    #[test]
    fn parts_of_wordpress() {
        let core = "var/www/wp-includes/version.php";
        let plugin = "var/www/wp-content/plugins/akismet/akismet.php";
        let theme = "w/wp-content/themes/t/style.css";
        assert!([core, plugin, theme].iter().all(|it| wants(&WordPress, it)));
        assert!(!wants(&WordPress, "w/wp-content/plugins/a/b/c.php"));
        let of = |path: &str, content: &str| rows(&WordPress, path, content.as_bytes());
        assert_eq!(
            of(
                core,
                "<?php\n// $wp_version = '1';\n/*\n$wp_version = '2';\n*/\n$wp_version = '6.2';\n"
            ),
            ["wordpress 6.2 var/www"]
        );
        assert_eq!(of(core, "<?php\n"), ["Warning language-record-incomplete"]);
        let header = "<?php\n/*\nPlugin Name: Akismet\n * Version: 5.3 */\n";
        assert_eq!(of(plugin, header), ["akismet 5.3 var/www/wp-content/plugins/akismet"]);
        assert!(of(plugin, "<?php // nothing").is_empty());
        let late = format!("{}Plugin Name: a\nVersion: 1\n", "\n".repeat(9000));
        assert!(of(plugin, &late).is_empty());
        assert_eq!(of(theme, "/* Theme Name: T\nVersion: 1 */"), ["t 1 w/wp-content/themes/t"]);
    }
}
