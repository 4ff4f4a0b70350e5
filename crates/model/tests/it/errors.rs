//! Whose fault an error is, and the laws of its text.

use std::io;

use cutaway_model::{Class, DiffId, Error};
use cutaway_ref::Digest;

use crate::support::assert_error;

/// One error of every kind, with `text` wherever text goes.
fn every(text: &str) -> [(Error, Class); 13] {
    let digest = Digest::sha256(b"x");
    let what = || text.to_owned();
    let diff_id = || DiffId(Digest::sha256(b"x"));
    [
        (Error::Transport(text.into()), Class::Transport),
        (Error::NotFound { what: what(), place: what() }, Class::Transport),
        (Error::Ambiguous(what()), Class::Usage),
        (Error::Missing { what: what() }, Class::Malformed),
        (
            Error::Entry { entry: what(), source: Box::new(Error::Missing { what: what() }) },
            Class::Malformed,
        ),
        (
            Error::Entry {
                entry: what(),
                source: Box::new(Error::NotFound { what: what(), place: what() }),
            },
            Class::Transport,
        ),
        (Error::File { path: what(), source: io::Error::other(what()) }, Class::Transport),
        (Error::malformed(text, text), Class::Malformed),
        (Error::Size { what: what(), expected: 1, found: what() }, Class::Malformed),
        (Error::Digest { what: what(), found: digest }, Class::Malformed),
        (Error::DiffId { what: what(), expected: diff_id(), found: diff_id() }, Class::Malformed),
        (Error::Limit { what: what(), limit: "layers", max: u64::MAX }, Class::Malformed),
        (Error::from_io(io::Error::other(what()), text), Class::Malformed),
    ]
}

#[test]
fn every_text_is_one_short_line() {
    for text in [
        "layer 0 of 2 sha256:abc",
        "a\nb\r\u{1b}[2J\u{0}\u{7f}\u{9b}",
        "\u{202e}\u{2028}\u{feff}",
        &"\n".repeat(5000),
        &"ü".repeat(5000),
        &"\u{1f600}".repeat(5000),
        "",
    ] {
        for (error, class) in every(text) {
            assert!(!error.to_string().contains(['\u{202e}', '\u{2028}', '\u{feff}']));
            assert_error(Err::<(), _>(error), class, &[]);
        }
    }
}

#[test]
fn an_error_comes_back_out_of_a_reader() {
    for (error, class) in every("it") {
        let text = error.to_string();
        let back = Error::from_io(io::Error::from(error), "other");
        assert_eq!((back.to_string(), back.class()), (text, class));
    }
    let foreign = Error::from_io(io::Error::other("broken pipe"), "layer 3");
    assert_eq!(foreign.to_string(), "layer 3: broken pipe");
}
