//! Records on their way into the findings, and what is said where there is none.

use std::fmt;

use cutaway_analyze::{Details, Ecosystem, Findings, Package};
use cutaway_tar::Escaped;

/// The longest name or version that is taken, in bytes.
const TEXT_MAX: usize = 4 << 10;
/// How long a message may be, in bytes.
const MESSAGE_MAX: usize = 300;
/// The most licences that are taken of one record, and the longest; what is longer is text.
const LICENSES_MAX: usize = 20;
const LICENSE_MAX: usize = 200;

/// A record without a name or a version.
pub(crate) const INCOMPLETE: &str = "language-record-incomplete";
/// A file that has the name of something that it is not.
pub(crate) const UNREADABLE: &str = "language-file-unreadable";

/// Returns a record with a name and a version; says so and returns none where one of them is missing.
pub(crate) fn record(
    found: &mut Findings,
    kind: &'static str,
    name: &str,
    version: &str,
) -> Option<Package> {
    let (name, version) = (name.trim(), version.trim());
    let is_text = |text: &str| {
        !text.is_empty() && text.len() <= TEXT_MAX && !text.chars().any(char::is_control)
    };
    if is_text(name) && is_text(version) {
        return Some(Package::new(Ecosystem::of(kind), name, version));
    }
    let (what, of) = if is_text(name) { ("version", name) } else { ("name", version) };
    let of: String = of.chars().take(64).collect();
    warn(found, INCOMPLETE, format_args!("a record of type {kind} has no usable {what}: \"{of}\""));
    None
}

/// Notes something odd: of a file that only its name marks, or that was read all the same.
pub(crate) fn warn(found: &mut Findings, code: &'static str, message: impl fmt::Display) {
    found.warning(code, line(message));
}

/// Notes something that its content marks and that could not be read.
pub(crate) fn error(found: &mut Findings, code: &'static str, message: impl fmt::Display) {
    found.error(code, line(message));
}

/// Adds what else is known of a package.
pub(crate) fn add_details(package: &mut Package, set: impl FnOnce(&mut Details)) {
    let mut details = package.details.take().map(|it| (*it).clone()).unwrap_or_default();
    set(&mut details);
    package.set_details(details);
}

/// Takes licences as they are declared.
pub(crate) fn set_licenses<'a>(package: &mut Package, licenses: impl IntoIterator<Item = &'a str>) {
    let texts = licenses.into_iter().map(str::trim);
    let usable = texts.filter(|it| !it.is_empty() && it.len() <= LICENSE_MAX);
    let usable = usable.filter(|it| !it.chars().any(char::is_control));
    package.licenses = usable.take(LICENSES_MAX).map(str::to_owned).collect();
}

/// Returns one line of bounded length.
fn line(message: impl fmt::Display) -> String {
    let message = message.to_string();
    Escaped::new(&message).at_most(MESSAGE_MAX.saturating_sub('…'.len_utf8())).to_string()
}
