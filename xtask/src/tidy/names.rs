//! Names of public functions: one function for one job, whatever its input is.

use crate::tidy::modules::Modules;

/// Endings of the twins of a function: for another input, or with an observer.
const TWINS: &[&str] = &["_stream", "_passing", "_observed"];

/// Returns one line for every public function that is a twin by its name.
pub(crate) fn check(modules: &Modules) -> Vec<String> {
    let mut complaints = Vec::new();
    for names in modules.names() {
        for function in &names.public_functions {
            if let Some(ending) = TWINS.iter().find(|ending| function.ends_with(**ending)) {
                complaints.push(format!(
                    "{}: the public function {function} ends in {ending}: one function takes every input",
                    names.file
                ));
            }
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::modules;
    use crate::tidy::sources::Source;

    #[test]
    fn twins_are_found_where_they_are_public() {
        for (text, fine) in [
            ("pub fn scan() {}", true),
            ("pub async fn scan_stream() {}", false),
            ("pub(crate) fn scan_stream() {}", true),
            ("fn scan_passing() {}", true),
            ("struct View; impl View { pub fn read_passing() {} }", false),
            ("pub trait Read { fn read_observed(&self); }", false),
            ("trait Read { fn read_observed(&self); }", true),
            ("pub fn streamed() {}", true),
        ] {
            let source = Source { path: "crates/a/src/b.rs".into(), text: text.into() };
            let crates = modules::all(&[source]).unwrap();
            assert_eq!(check(&crates["crates/a"]).is_empty(), fine, "{text}");
        }
    }
}
