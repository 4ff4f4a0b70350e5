//! JUnit's XML: `junit`. A suite for each database of packages, a case for each flaw of each package.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::{Format, Report, VulnerabilityReport};

/// `junit`.
#[derive(Debug, Clone, Copy)]
pub struct Junit;

impl Format for Junit {
    fn name(&self) -> &str {
        "junit"
    }

    fn write(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        let found = report.vulnerabilities.as_deref().unwrap_or_default();
        let mut suites: BTreeMap<&str, Vec<&VulnerabilityReport>> = BTreeMap::new();
        for package in report.installed() {
            suites.entry(&package.database).or_default();
        }
        for finding in found {
            suites.entry(&finding.package.database).or_default().push(finding);
        }
        let image = attribute(&report.image.name);
        writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        let skipped = found.iter().filter(|it| !it.is_open()).count();
        let failed = found.len().saturating_sub(skipped);
        writeln!(
            out,
            "<testsuites name=\"{image}\" tests=\"{}\" failures=\"{failed}\" skipped=\"{skipped}\">",
            found.len()
        )?;
        for (database, found) in suites {
            suite(database, &found, out)?;
        }
        writeln!(out, "</testsuites>")
    }
}

fn suite(database: &str, found: &[&VulnerabilityReport], out: &mut dyn Write) -> io::Result<()> {
    let skipped = found.iter().filter(|it| !it.is_open()).count();
    let failed = found.len().saturating_sub(skipped);
    writeln!(
        out,
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failed}\" errors=\"0\" skipped=\"{skipped}\">",
        attribute(database),
        found.len()
    )?;
    for finding in found {
        let package = &finding.package;
        let class = attribute(&format!("{} {}", package.name, package.version));
        writeln!(out, "    <testcase classname=\"{class}\" name=\"{}\">", attribute(&finding.id))?;
        let fix = match &finding.fixed_version {
            Some(version) => format!("fixed in {version}"),
            None => finding.state.name().to_owned(),
        };
        let message = attribute(&format!("{}: {fix}", finding.severity.name()));
        match &finding.suppressed {
            _ if finding.is_open() => writeln!(
                out,
                "      <failure type=\"{}\" message=\"{message}\">{}</failure>",
                finding.severity.name(),
                attribute(&finding.why())
            )?,
            Some(suppressed) => {
                writeln!(out, "      <skipped message=\"{}\"/>", attribute(&suppressed.reason))?;
            }
            None => {
                writeln!(out, "      <skipped message=\"{}\"/>", attribute(finding.state.name()))?;
            }
        }
        writeln!(out, "    </testcase>")?;
    }
    writeln!(out, "  </testsuite>")
}

/// Escapes what XML would read otherwise; what it cannot hold at all is a replacement character.
fn attribute(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => plain.push_str("&amp;"),
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            '"' => plain.push_str("&quot;"),
            '\'' => plain.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => plain.push('\u{fffd}'),
            it if it.is_control() => plain.push('\u{fffd}'),
            it => plain.push(it),
        }
    }
    plain
}
