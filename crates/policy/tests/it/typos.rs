//! A letter too many or too few in a key, a word, a unit, a date or a reference is refused.

use cutaway_policy::Policy;
use proptest::prelude::*;

use crate::grammar::WHOLE;
use crate::support::today;

/// What a typo hits, each as it stands in the policy; free text is not among it.
const HIT: &[&str] = &[
    "schema",
    "cutaway.policy/1",
    "mode:",
    "enforce",
    "match",
    "images:",
    "namespaces",
    "platforms",
    "no_match",
    ": deny",
    "unknown:",
    "scratch",
    "grace_running",
    "30d",
    "rules:",
    "id: pinned",
    "image.registry",
    "allow:",
    "image.pinned",
    "true",
    "base:",
    "max_age",
    "90d",
    "known:",
    "required",
    "distro:",
    "supported",
    "grace:",
    "allow_extended",
    "lts",
    "packages:",
    "deny:",
    "kind",
    "deb,",
    "source",
    "below",
    "name:",
    "at:",
    "files",
    "mode_any",
    "[setuid,",
    "except",
    "secrets:",
    "max:",
    "include_hidden_layers",
    "config.user",
    "not_root",
    "image:",
    "max_compressed",
    "500MiB",
    "max_layers",
    "40",
    "licences:",
    "warn",
    "vulnerabilities",
    "max_severity",
    "medium",
    "fixable_only",
    "critical",
    "2d",
    "kev",
    "vex",
    "signed-by",
    "release}",
    "signatures",
    "any_of",
    "key:",
    "keyless",
    "issuer:",
    "subject",
    "attestations",
    "require:",
    "predicate",
    "signed_by",
    "config.labels",
    "severity:",
    "cel:",
    "keys",
    "cosign",
    "exceptions",
    "rule:",
    "vulns,",
    "ids",
    "until",
    "2026-12-31",
    "reason",
    "ticket",
    "approved_by",
];

#[test]
fn no_typo_is_read() {
    let mut tried = 0_usize;
    for hit in HIT {
        let at = WHOLE.find(hit).unwrap_or_else(|| panic!("{hit}"));
        let letter = hit.find(|c: char| c.is_ascii_alphanumeric()).unwrap();
        let place = at + letter;
        let (before, behind) = WHOLE.split_at(place);
        let added = (true, format!("{before}q{behind}"));
        for (is_added, typo) in [added, (false, format!("{before}{}", behind.get(1..).unwrap()))] {
            // A name may lose a letter and be another name: what refers to it is hit instead.
            if *hit == "id: pinned" && typo.contains("id: qpinned") {
                continue;
            }
            tried += 1;
            let read = Policy::read(&typo, today());
            // A number that loses a digit is another number.
            let digits = ["30d", "90d", "500MiB", "40"].contains(hit) && !is_added;
            assert!(read.is_err() || digits, "{hit}: {typo}");
        }
    }
    assert!(tried > 150, "{tried}");
}

proptest! {
    #[test]
    fn no_bytes_panic(text in "\\PC{0,200}|[-a-z:{}\\[\\], \n\"'&*!|>#%@`\t0-9.]{0,200}") {
        let _ = Policy::read(&text, today());
    }

    /// A policy with any part of it missing, doubled or moved is read or refused, and nothing else.
    #[test]
    fn no_damage_panics(from in 0..WHOLE.len(), len in 0..80_usize, to in 0..WHOLE.len()) {
        let end = from.saturating_add(len).min(WHOLE.len());
        let (before, part) = (WHOLE.get(..from).unwrap(), WHOLE.get(from..end).unwrap());
        let rest = format!("{before}{}", WHOLE.get(end..).unwrap());
        let (head, tail) = rest.split_at(to.min(rest.len()));
        for text in [rest.clone(), format!("{head}{part}{tail}")] {
            let _ = Policy::read(&text, today());
        }
    }
}
