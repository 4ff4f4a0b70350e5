//! Ranges: cases by hand, and laws against a model that knows numbers alone.

use cutaway_version::Family;
use cutaway_vulns::{Event, EventKind, Range, Reason, judge};
use proptest::prelude::*;

use EventKind::{Fixed, Introduced, LastAffected, Limit};

fn range(family: Family, semver: bool, events: &[(EventKind, &str)]) -> Range {
    let event =
        |(kind, version): &(EventKind, &str)| Event { kind: *kind, version: (*version).to_owned() };
    Range::new(family, semver, events.iter().map(event).collect()).unwrap()
}

#[test]
fn cases() {
    for (family, events, version, expected) in [
        (Family::Dpkg, &[(Introduced, "0"), (Fixed, "1.2-1")][..], "1.2-1~deb12", true),
        (Family::Dpkg, &[(Introduced, "0"), (Fixed, "1.2-1")], "1.2-1", false),
        (Family::Dpkg, &[(Introduced, "0"), (Fixed, "1:1.2-1")], "9.9-1", true),
        (Family::Dpkg, &[(Introduced, "0")], "999", true),
        (Family::Dpkg, &[(Introduced, "0"), (Fixed, "0")], "1", false),
        (Family::Dpkg, &[(Fixed, "3"), (Introduced, "0"), (Introduced, "5")], "4", false),
        (Family::Dpkg, &[(Fixed, "3"), (Introduced, "0"), (Introduced, "5")], "5", true),
        (Family::Dpkg, &[(Introduced, "1"), (LastAffected, "2")], "2", true),
        (Family::Dpkg, &[(Introduced, "1"), (LastAffected, "2")], "2+b1", false),
        (Family::Dpkg, &[(Introduced, "0"), (Limit, "2")], "2", false),
        (Family::Dpkg, &[(Introduced, "0"), (Limit, "2")], "1", true),
        (Family::Dpkg, &[(Introduced, "0"), (Limit, "2"), (Limit, "*")], "3", true),
        (Family::Dpkg, &[], "1", false),
        (Family::Apk, &[(Introduced, "8.13.0"), (Fixed, "8.22.0-r0")], "8.13.0-r1", true),
        (Family::Rpm, &[(Introduced, "0"), (Fixed, "1:1.1.1k-14.el8_6")], "1.1.1k-99.el8_6", true),
        (Family::Rpm, &[(Introduced, "0"), (Fixed, "0:2-1")], "2-1", false),
        (Family::Semver, &[(Introduced, "1.20.0-0"), (Fixed, "1.20.6")], "1.20.0-rc.1", true),
    ] {
        let told = range(family, false, events).interval(family, version).unwrap();
        assert_eq!(told.is_some(), expected, "{family:?} {events:?} {version}");
    }
}

#[test]
fn listed_versions_are_the_same_by_text_or_by_order() {
    let listed = ["1.0".to_owned(), "not a version".to_owned()];
    for (version, expected) in [
        ("1.0", Ok(Some("1.0"))),
        ("1.0.0", Ok(Some("1.0"))),
        ("1.0.1", Ok(None)),
        ("not a version", Ok(Some("not a version"))),
        ("nor this", Err(())),
    ] {
        let told = judge(Family::Pep440, &[], &listed, version);
        let told = told.map_err(drop).map(|reason| match reason {
            Some(Reason::Listed(listed)) => Some(listed),
            None => None,
            other => panic!("{other:?}"),
        });
        assert_eq!(told, expected.map(|it| it.map(str::to_owned)), "{version}");
    }
}

#[test]
fn an_interval_names_what_mends_it() {
    let many = range(
        Family::Semver,
        true,
        &[(Introduced, "0"), (Fixed, "1.2.0"), (Introduced, "2.0.0"), (Fixed, "2.1.0")],
    );
    let told = many.interval(Family::Semver, "2.0.5").unwrap().unwrap();
    assert_eq!((told.introduced.as_str(), told.fixed.as_deref()), ("2.0.0", Some("2.1.0")));
    let told = many.interval(Family::Semver, "1.0.0").unwrap().unwrap();
    assert_eq!((told.introduced.as_str(), told.fixed.as_deref()), ("0", Some("1.2.0")));
}

/// The evaluation of the schema, of numbers: `None` is the beginning of all.
fn model(events: &[(EventKind, Option<u8>)], version: u8) -> bool {
    let limits: Vec<_> = events.iter().filter(|(kind, _)| *kind == Limit).collect();
    if !limits.is_empty() && !limits.iter().any(|(_, at)| at.is_some_and(|at| version < at)) {
        return false;
    }
    let mut sorted: Vec<_> = events.iter().filter(|(kind, _)| *kind != Limit).collect();
    sorted.sort_by_key(|(kind, at)| (*at, *kind));
    let mut vulnerable = false;
    for (kind, at) in sorted {
        match kind {
            Introduced if at.is_none_or(|at| at <= version) => vulnerable = true,
            Fixed if at.is_none_or(|at| at <= version) => vulnerable = false,
            LastAffected if at.is_none_or(|at| at < version) => vulnerable = false,
            _ => {}
        }
    }
    vulnerable
}

fn events() -> impl Strategy<Value = Vec<(EventKind, Option<u8>)>> {
    let kind = prop::sample::select(vec![Introduced, Fixed, LastAffected, Limit]);
    prop::collection::vec((kind, prop::option::weighted(0.9, 1..20_u8)), 0..8)
}

proptest! {
    #[test]
    fn ranges_are_as_the_model_has_them(events in events(), version in 1..20_u8) {
        let text = |at: Option<u8>| at.map_or("0".to_owned(), |at| format!("{at}.0.0"));
        let given = events.iter().map(|(kind, at)| Event { kind: *kind, version: text(*at) });
        let range = Range::new(Family::Semver, true, given.collect()).unwrap();
        let told = range.interval(Family::Semver, &format!("{version}.0.0")).unwrap();
        prop_assert_eq!(told.is_some(), model(&events, version));
    }

    #[test]
    fn the_order_of_events_says_nothing(events in events(), seed in any::<u64>(), version in 1..20_u8) {
        let mut turned = events.clone();
        if !turned.is_empty() {
            let by = usize::try_from(seed).unwrap_or(1) % turned.len();
            turned.rotate_left(by);
            turned.reverse();
        }
        let verdict = |events: &[(EventKind, Option<u8>)]| {
            let event = |(kind, at): &(EventKind, Option<u8>)| Event {
                kind: *kind,
                version: at.map_or("0".to_owned(), |at| at.to_string()),
            };
            let range = Range::new(Family::Dpkg, false, events.iter().map(event).collect()).unwrap();
            range.interval(Family::Dpkg, &version.to_string()).unwrap()
        };
        prop_assert_eq!(verdict(&events), verdict(&turned));
    }

    #[test]
    fn what_is_fixed_from_the_beginning_is_never_affected(version in "[0-9]{1,3}(\\.[0-9]{1,3}){0,3}") {
        let range = range(Family::Dpkg, false, &[(Introduced, "0"), (Fixed, "0")]);
        prop_assert_eq!(range.interval(Family::Dpkg, &version).unwrap(), None);
        prop_assert!(range.denies());
    }

    #[test]
    fn any_text_is_judged_or_refused(version in any::<String>(), other in any::<String>()) {
        for family in Family::ALL {
            let event = |kind, version: &str| Event { kind, version: version.to_owned() };
            let events = vec![event(Introduced, "0"), event(Fixed, &other)];
            if let Ok(range) = Range::new(*family, false, events) {
                let _ = range.interval(*family, &version);
            }
        }
    }
}

/// Maven's order goes round in a circle, and the sort of the standard library may panic on that.
#[test]
fn orders_that_go_round_do_not_panic() {
    let circle = ["1.foo.1", "1-alpha", "1", "1.foo.2", "1-foo", "1.0.foo"];
    let versions = circle.iter().cycle().take(600);
    let events = versions.enumerate().map(|(number, version)| Event {
        kind: if number % 2 == 0 { Introduced } else { Fixed },
        version: (*version).to_owned(),
    });
    let range = Range::new(Family::Maven, false, events.collect()).unwrap();
    assert_eq!(range.events().len(), 600);
}
