//! All interests in one table, so that an entry costs a few look-ups, however many analyzers there are.
//!
//! Places and whole names are found by the last component of a path, endings by its last four bytes,
//! and directories by the whole directory, which is only hashed when its length is that of one.

use std::collections::HashMap;

use crate::interest::{is_in, split};
use crate::{Companion, Interest, NamePattern, Place};

/// The interests of many analyzers.
#[derive(Debug, Clone, Default)]
pub struct Matcher {
    /// By the last component of a path.
    names: HashMap<Box<[u8]>, Vec<Rule<NameRule>>>,
    /// By the path of a directory.
    directories: HashMap<Box<[u8]>, Vec<Rule<DirectoryRule>>>,
    /// The lengths of the keys of `directories`; sorted.
    directory_lengths: Vec<usize>,
    /// By the last bytes of a path: four, or two for shorter endings.
    endings: HashMap<Box<[u8]>, Vec<Rule<Ending>>>,
    /// Who has an interest in every file.
    any: Vec<usize>,
}

/// A rule, and whose it is.
#[derive(Debug, Clone)]
struct Rule<T> {
    /// The position of the analyzer.
    analyzer: usize,
    /// Whether it finds companions of the analyzer's files.
    companion: bool,
    rule: T,
}

/// What a name must end in.
type Ending = Box<[u8]>;

/// What must be true of a path whose last component fits.
#[derive(Debug, Clone)]
enum NameRule {
    /// It lies in this directory.
    In(Box<[u8]>),
    /// It lies in a directory in this directory.
    InEach(Box<[u8]>),
    /// It lies somewhere below this directory.
    Below(Box<[u8]>),
    /// Nothing more.
    Anywhere,
}

/// What must be true of a name in a directory.
#[derive(Debug, Clone)]
struct DirectoryRule {
    place: Place,
    /// What stands behind the name of a companion.
    suffix: Box<[u8]>,
}

/// Who has an interest in one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matches {
    /// The positions of the analyzers, in order.
    pub analyzers: Vec<usize>,
    /// Whether the file is a companion of one that an analyzer wants.
    pub companion: bool,
    /// How many rules were looked at.
    looked_at: usize,
}

/// How many bytes of a path endings are looked up by.
const SHORT: usize = 2;
const LONG: usize = 4;

impl Matcher {
    /// Makes the table of interests, each with its companions.
    pub fn new<'a>(interests: impl IntoIterator<Item = (&'a Interest, &'a [Companion])>) -> Self {
        let mut matcher = Self::default();
        for (analyzer, (interest, companions)) in interests.into_iter().enumerate() {
            matcher.add(analyzer, interest, "", false);
            for companion in companions {
                match companion {
                    Companion::Suffix(suffix) => matcher.add(analyzer, interest, suffix, true),
                    Companion::Beside(name) => matcher.add_beside(analyzer, interest, name),
                }
            }
        }
        matcher.directory_lengths = matcher.directories.keys().map(|it| it.len()).collect();
        matcher.directory_lengths.sort_unstable();
        matcher.directory_lengths.dedup();
        matcher
    }

    /// Says who has an interest in the file at `path`. What was in `matches` before is gone; its room
    /// is used again, so that a path of interest to nobody costs no allocation.
    pub fn find(&self, path: &[u8], matches: &mut Matches) {
        let Matches { analyzers, companion, looked_at } = matches;
        analyzers.clear();
        analyzers.extend_from_slice(&self.any);
        (*companion, *looked_at) = (false, self.any.len());
        let mut take = |analyzer: usize, is_companion: bool| {
            if is_companion {
                *companion = true;
            } else {
                analyzers.push(analyzer);
            }
        };
        let (directory, name) = split(path);
        for Rule { analyzer, companion, rule } in self.names.get(name).into_iter().flatten() {
            *looked_at = looked_at.saturating_add(1);
            let fits = match rule {
                NameRule::Anywhere => true,
                NameRule::In(place) => **place == *directory,
                NameRule::InEach(place) => {
                    let (above, package) = split(directory);
                    **place == *above && !package.is_empty()
                }
                NameRule::Below(place) => is_in(directory, place),
            };
            if fits {
                take(*analyzer, *companion);
            }
        }
        if self.directory_lengths.binary_search(&directory.len()).is_ok() {
            let rules = self.directories.get(directory).into_iter().flatten();
            for Rule { analyzer, companion, rule } in rules {
                *looked_at = looked_at.saturating_add(1);
                if name.strip_suffix(&*rule.suffix).is_some_and(|stem| rule.place.takes(stem)) {
                    take(*analyzer, *companion);
                }
            }
        }
        for len in [SHORT, LONG] {
            let last = name.len().checked_sub(len).and_then(|start| name.get(start..));
            let rules = last.and_then(|last| self.endings.get(last));
            for Rule { analyzer, companion, rule } in rules.into_iter().flatten() {
                *looked_at = looked_at.saturating_add(1);
                if name.len() > rule.len() && name.ends_with(rule) {
                    take(*analyzer, *companion);
                }
            }
        }
        if analyzers.len() > 1 {
            analyzers.sort_unstable();
            analyzers.dedup();
        }
    }

    fn add(&mut self, analyzer: usize, interest: &Interest, suffix: &str, companion: bool) {
        let suffix = suffix.as_bytes();
        let with_suffix = |name: &[u8]| -> Box<[u8]> { [name, suffix].concat().into() };
        let mut name = |name: &[u8], rule| {
            let rule = Rule { analyzer, companion, rule };
            self.names.entry(with_suffix(name)).or_default().push(rule);
        };
        for place in interest.places() {
            match place {
                Place::File(path) => {
                    let (directory, last) = split(path.as_bytes());
                    name(last, NameRule::In(directory.into()));
                }
                Place::InEach { path, file } => {
                    name(file.as_bytes(), NameRule::InEach(path.as_bytes().into()));
                }
                Place::Directory { path, .. } => {
                    let rule = DirectoryRule { place: place.clone(), suffix: suffix.into() };
                    let rules = self.directories.entry(path.as_bytes().into()).or_default();
                    rules.push(Rule { analyzer, companion, rule });
                }
            }
        }
        for pattern in interest.names() {
            match pattern {
                NamePattern::Below { directory, name: whole } => {
                    name(whole.as_bytes(), NameRule::Below(directory.as_bytes().into()));
                }
                NamePattern::Is(whole) => name(whole.as_bytes(), NameRule::Anywhere),
                NamePattern::Ends(ending) => {
                    let rule = with_suffix(ending.as_bytes());
                    // An ending is at least two bytes long, see `Analyzers`.
                    let len = if rule.len() < LONG { SHORT } else { LONG };
                    let start = rule.len().saturating_sub(len);
                    let last: Box<[u8]> = rule.get(start..).unwrap_or_default().into();
                    self.endings.entry(last).or_default().push(Rule { analyzer, companion, rule });
                }
            }
        }
        if interest.is_any() && !companion {
            self.any.push(analyzer);
        }
    }

    /// Adds the companion of this name in every directory in which files of an interest may lie.
    fn add_beside(&mut self, analyzer: usize, interest: &Interest, name: &str) {
        let of_places = interest.places().iter().map(|place| match place {
            Place::File(path) => NameRule::In(split(path.as_bytes()).0.into()),
            Place::InEach { path, .. } => NameRule::InEach(path.as_bytes().into()),
            Place::Directory { path, .. } => NameRule::In(path.as_bytes().into()),
        });
        let of_names = interest.names().iter().map(|pattern| match pattern {
            NamePattern::Below { directory, .. } => NameRule::Below(directory.as_bytes().into()),
            NamePattern::Is(_) | NamePattern::Ends(_) => NameRule::Anywhere,
        });
        let rules = of_places.chain(of_names);
        let rules = rules.map(|rule| Rule { analyzer, companion: true, rule });
        self.names.entry(name.as_bytes().into()).or_default().extend(rules);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn os() -> Vec<Interest> {
        let none = Interest::default;
        vec![
            none().files(["etc/os-release", "usr/lib/os-release"]),
            none().files(["lib/apk/db/installed"]),
            none()
                .files(["var/lib/dpkg/status"])
                .at(Place::directory("var/lib/dpkg/status.d", &[".x"])),
            none().at(Place::in_each("usr/share/doc", "copyright")),
            none().files(["var/lib/rpm/rpmdb.sqlite"]),
            none().named_below("var/lib/rpm", "a"),
        ]
    }

    /// As many analyzers more, each with names and endings of its own.
    fn languages(count: usize) -> Vec<Interest> {
        let one = |n: usize| {
            Interest::default().named(format!("lock{n}.json")).ending(format!(".l{n:02}"))
        };
        (0..count).map(one).collect()
    }

    fn matcher(interests: &[Interest]) -> Matcher {
        const WAL: &[Companion] = &[Companion::new("-wal")];
        Matcher::new(interests.iter().map(|interest| (interest, WAL)))
    }

    fn paths() -> Vec<String> {
        let usual = (0..2000).flat_map(|n| {
            [
                format!("usr/share/doc/package{n}/changelog.gz"),
                format!("usr/lib/python3/dist-packages/m{n}/__init__.py"),
                format!("usr/lib/x86_64-linux-gnu/lib{n}.so.{n}"),
                format!("var/lib/dpkg/info/p{n}.list"),
            ]
        });
        usual.chain(["etc/os-release".into(), "var/lib/dpkg/status.d/a".into()]).collect()
    }

    /// The work of an entry does not grow with the number of analyzers.
    #[test]
    fn sixty_analyzers_cost_an_entry_no_more_than_thirteen() {
        let work = |matcher: &Matcher| {
            let mut matches = Matches::default();
            let looked_at = paths().into_iter().map(|path| {
                matcher.find(path.as_bytes(), &mut matches);
                matches.looked_at
            });
            looked_at.sum::<usize>()
        };
        let few = work(&matcher(&[os(), languages(8)].concat()));
        let many = work(&matcher(&[os(), languages(55)].concat()));
        assert_eq!(few, many);
        assert!((1..10).contains(&many), "{many}: only a path of interest costs a rule");
    }

    #[test]
    fn companions_lie_beside() {
        const SLOT: &[Companion] = &[Companion::beside("SLOT")];
        let interest = Interest::default()
            .files(["etc/a"])
            .at(Place::in_each("var/db", "desc"))
            .named_below("var/db/pkg", "CONTENTS");
        let matcher = Matcher::new([(&interest, SLOT)]);
        for (path, expected) in [
            ("etc/SLOT", true),
            ("etc/b/SLOT", false),
            ("var/db/x/SLOT", true),
            ("var/db/pkg/a/b/SLOT", true),
            ("var/db/pkgs/a/SLOT", false),
            ("SLOT", false),
        ] {
            let mut matches = Matches::default();
            matcher.find(path.as_bytes(), &mut matches);
            assert_eq!((matches.analyzers.len(), matches.companion), (0, expected), "{path}");
        }
        assert_eq!(SLOT[0].path_of(b"var/db/pkg/a/b/CONTENTS"), b"var/db/pkg/a/b/SLOT");
        assert_eq!(SLOT[0].path_of(b"CONTENTS"), b"SLOT");
    }

    proptest! {
        /// The table says what the interests say one by one.
        #[test]
        fn is_what_the_interests_say(
            path in "(usr/share/doc|var/lib/dpkg/status.d|var/lib/rpm|var/lib/rpmx|etc|a)(/p|/q)?/(copyright|os-release|a|a\\.x|lock1\\.json|\\.l02|a\\.l02|rpmdb\\.sqlite)(-wal)?"
        ) {
            let interests = [os(), languages(4)].concat();
            let mut matches = Matches::default();
            matcher(&interests).find(path.as_bytes(), &mut matches);
            let holds = |path: &[u8]| -> Vec<usize> {
                let all = interests.iter().enumerate();
                all.filter(|(_, it)| it.holds(path)).map(|(position, _)| position).collect()
            };
            prop_assert_eq!(&matches.analyzers, &holds(path.as_bytes()));
            let stem = path.strip_suffix("-wal");
            prop_assert_eq!(
                matches.companion,
                stem.is_some_and(|stem| !holds(stem.as_bytes()).is_empty())
            );
        }
    }
}
