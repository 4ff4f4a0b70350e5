//! Laws that every order keeps, whatever it is given.

use std::cmp::Ordering;

use cutaway_version::Family;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;

/// Text of what versions are made of, and of what they are not.
fn text() -> impl Strategy<Value = String> {
    let pieces = vec![
        "0",
        "1",
        "2",
        "9",
        "10",
        "01",
        "00",
        "1.0",
        "99999999999999999999999",
        ".",
        ".",
        "-",
        "~",
        "^",
        "+",
        ":",
        "_",
        "!",
        "a",
        "b",
        "rc",
        "alpha",
        "beta",
        "pre",
        "post",
        "dev",
        "p",
        "r",
        "-r1",
        "_p1",
        "v",
        "go",
        "x",
        "*",
        "final",
        "snapshot",
        "SNAPSHOT",
        "sp",
        "ga",
        "foo",
        "Z",
        "#",
        " ",
        "é",
    ];
    prop_oneof![
        9 => prop::collection::vec(select(pieces), 0..8).prop_map(|it| it.concat()),
        1 => any::<String>(),
    ]
}

fn family() -> impl Strategy<Value = Family> {
    select(Family::ALL.to_vec())
}

/// Returns whether the tool's own order is none for this text: to libalpm one without a `pkgrel`, or with
/// separators at an end; to Maven what is more than numbers and one qualifier, or names the release.
fn is_loose(family: Family, text: &str) -> bool {
    match family {
        Family::Alpm => {
            let mut parts = text.rsplitn(2, '-');
            let is_whole = |part: &str| part.ends_with(|last: char| last.is_ascii_alphanumeric());
            !parts.next().is_some_and(is_whole) || !parts.next().is_some_and(is_whole)
        }
        Family::Maven => {
            let (numbers, qualifier) = text.split_once('-').unwrap_or((text, "x"));
            let word = qualifier.trim_end_matches(|last: char| last.is_ascii_digit());
            !numbers.split('.').all(|it| it.parse::<u32>().is_ok())
                || !word.bytes().all(|byte| byte.is_ascii_alphabetic())
                || ["", "ga", "final", "release"].contains(&word)
        }
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn a_version_equals_itself_and_the_rest_is_an_error(family in family(), text in text()) {
        match family.check(&text) {
            Ok(()) => prop_assert_eq!(family.compare(&text, &text), Ok(Ordering::Equal)),
            Err(error) => {
                prop_assert_eq!(family.compare(&text, &text), Err(error.clone()));
                let shown = error.to_string();
                prop_assert!(shown.len() < 400 && !shown.contains(char::is_control), "{shown:?}");
            }
        }
    }

    #[test]
    fn the_order_is_antisymmetric(family in family(), a in text(), b in text()) {
        let forth = family.compare(&a, &b);
        if let (Ok(forth), Ok(back)) = (forth, family.compare(&b, &a)) {
            prop_assert_eq!(forth, back.reverse());
        }
    }
}

/// Every order is transitive, and equal versions are equal to all others.
#[test]
fn the_order_is_transitive() {
    for &family in Family::ALL {
        let fits = move |text: &String| family.check(text).is_ok() && !is_loose(family, text);
        let head = select(vec!["", "1", "1", "1.0", "0", "1:", "v1", "1.0-", "1.0.0", "1.0.0-"]);
        let text = (head, text()).prop_map(|(head, tail)| format!("{head}{tail}"));
        let many = prop::collection::vec(text, 30).prop_map(move |mut many| {
            many.retain(fits);
            many
        });
        let mut runner = TestRunner::new(ProptestConfig {
            cases: 200,
            failure_persistence: None,
            ..ProptestConfig::default()
        });
        let law = runner.run(&many, |versions| {
            for (a, b, c) in triples(&versions) {
                let order = |a: &str, b: &str| family.compare(a, b).unwrap();
                if order(a, b).is_le() && order(b, c).is_le() {
                    let is_equal = order(a, b).is_eq() && order(b, c).is_eq();
                    let wanted = if is_equal { Ordering::Equal } else { Ordering::Less };
                    prop_assert_eq!(order(a, c), wanted, "{} {:?} {:?} {:?}", family, a, b, c);
                }
            }
            Ok(())
        });
        if let Err(error) = law {
            panic!("{family}: {error}");
        }
    }
}

fn triples(versions: &[String]) -> impl Iterator<Item = (&str, &str, &str)> {
    versions.iter().flat_map(move |a| {
        versions.iter().flat_map(move |b| versions.iter().map(move |c| (&**a, &**b, &**c)))
    })
}

/// A megabyte of one piece is compared in one pass, and without depth.
#[test]
fn long_versions_take_no_longer_than_their_length() {
    for &family in Family::ALL {
        for piece in
            ["1", "0", "1.", "0.", "1-", "0-", "a", "a1", "-", ".", "~", "^", "_p1", "0-a", "é"]
        {
            for (head, tail) in [("", ""), ("1", "a"), ("1.0", "1"), ("1-a", "0")] {
                let long = format!("{head}{}{tail}", piece.repeat(1_000_000 / piece.len()));
                let other = format!("{long}2");
                if let Ok(ordering) = family.compare(&long, &other) {
                    assert_eq!(family.compare(&other, &long), Ok(ordering.reverse()), "{family}");
                }
            }
        }
    }
}
