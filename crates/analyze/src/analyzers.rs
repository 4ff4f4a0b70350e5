//! Analyzers that work together: each with its role, and one table of all their interests.

use std::collections::HashSet;
use std::sync::Arc;

use cutaway_tar::Escaped;

use crate::{
    Analyzer, AnalyzerId, Companion, Database, Fingerprint, Interest, Matcher, Matches,
    NamePattern, Place, Selection, Unrecorded,
};

/// A set of analyzers, in order of preference. Clones share it.
///
/// ```
/// # use cutaway_analyze::{Analyzer, AnalyzerId, Analyzers, File, Findings, Interest, Outcome};
/// #[derive(Debug)]
/// struct Motd;
/// impl Analyzer for Motd {
///     fn id(&self) -> AnalyzerId {
///         AnalyzerId::new("motd", 1)
///     }
///     fn interest(&self) -> Interest {
///         Interest::default().files(["etc/motd"])
///     }
///     fn analyze(&self, file: &File<'_>, found: &mut Findings) -> Outcome {
///         found.warning("greets", format!("{} bytes", file.size()));
///         Outcome::Done
///     }
/// }
/// let analyzers = Analyzers::builder().artifact(Motd).build()?;
/// assert_eq!(analyzers.matching(b"etc/motd").analyzers, [0]);
/// # Ok::<(), cutaway_analyze::AnalyzersError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Analyzers {
    members: Arc<[Member]>,
    matcher: Arc<Matcher>,
}

/// One analyzer of a set.
#[derive(Debug, Clone)]
pub struct Member {
    id: AnalyzerId,
    role: Role,
    interest: Interest,
    reader: Reader,
}

#[derive(Debug, Clone)]
enum Reader {
    Plain(Arc<dyn Analyzer>),
    Database(Arc<dyn Database>),
}

/// What the findings of an analyzer are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Release files: of several that name a distribution, the first in the order of the analyzers
    /// and of their places is believed.
    Release,
    /// Databases of package managers: what they list is installed, and where they change, packages do.
    Database,
    /// Files that say something by themselves: the artefact of a language, the licence of a package.
    /// Links to them add nothing, and no layer is read again for one.
    Artifact,
    /// What packages record of the files of an image. Matters at the top alone, and only where files
    /// are compared with what their packages record.
    Records,
    /// The same, for telling whose the files of artefacts are; no file is compared for it. A set has
    /// readers of one of the two roles.
    Owners,
}

impl Role {
    /// Returns whether it is about what packages record of files.
    pub fn is_of_files(self) -> bool {
        matches!(self, Self::Records | Self::Owners)
    }
}

/// Why analyzers cannot be put together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnalyzersError {
    /// Two have the same name.
    #[error("two analyzers are called \"{0}\"")]
    Twice(String),
    /// One could never be asked.
    #[error("the analyzer \"{0}\" has an interest in no file")]
    NoInterest(String),
    /// The interest of one cannot be served.
    #[error("the analyzer \"{name}\": {what}: {rule}")]
    Unservable {
        /// The analyzer.
        name: String,
        /// The part of its interest, escaped.
        what: String,
        /// The rule that it breaks.
        rule: &'static str,
    },
}

/// Puts a set of analyzers together, in the order in which they are added.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Builder(Vec<Member>);

impl Analyzers {
    /// Returns a builder of a set.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Returns a builder that has the members of this set, for adding more behind them.
    pub fn extend(&self) -> Builder {
        Builder(self.members.to_vec())
    }

    /// Returns the analyzers, in order of preference.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Returns an analyzer by its position.
    pub fn get(&self, position: usize) -> Option<&Member> {
        self.members.get(position)
    }

    /// Returns those of a role, each with its position.
    pub fn of_role(&self, role: Role) -> impl Iterator<Item = (usize, &Member)> {
        self.members.iter().enumerate().filter(move |(_, member)| member.role == role)
    }

    /// Returns whether one reads what packages record of files.
    pub fn read_records(&self) -> bool {
        self.of_role(Role::Records).next().is_some()
    }

    /// Returns whether a path is one where a package database lies: where it changes, packages may.
    pub fn is_database(&self, path: &[u8]) -> bool {
        self.of_role(Role::Database).any(|(_, member)| member.interest().holds(path))
    }

    /// Returns the table of all interests.
    pub fn matcher(&self) -> &Matcher {
        &self.matcher
    }

    /// Returns who has an interest in a path. [`Matcher::find`] does the same without allocating.
    pub fn matching(&self, path: &[u8]) -> Matches {
        let mut matches = Matches::default();
        self.matcher.find(path, &mut matches);
        matches
    }

    /// Returns a value that is another one whenever the same image could give another report.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.members.iter().map(|it| format!("{:?} {}", it.role, it.id)))
    }
}

impl Member {
    /// Returns the name and the version.
    pub fn id(&self) -> &AnalyzerId {
        &self.id
    }

    /// Returns what its findings are for.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Returns the analyzer itself.
    pub fn analyzer(&self) -> &dyn Analyzer {
        match &self.reader {
            Reader::Plain(analyzer) => &**analyzer,
            Reader::Database(database) => &**database,
        }
    }

    /// Returns which files it may want.
    pub fn interest(&self) -> &Interest {
        &self.interest
    }

    /// Returns what it means when it finds databases at several places.
    pub fn selection(&self) -> Selection {
        self.database().map_or(Selection::Union, Database::selection)
    }

    /// Returns the files that belong to each of its databases.
    pub fn companions(&self) -> &[Companion] {
        self.database().map(Database::companions).unwrap_or_default()
    }

    /// Returns what programs write that no package records.
    pub fn unrecorded(&self) -> &'static [Unrecorded] {
        self.database().map(Database::unrecorded).unwrap_or_default()
    }

    /// Returns whether a layer is read a second time for a file that turns out to be of this kind.
    pub fn is_worth_a_second_read(&self) -> bool {
        self.role != Role::Artifact
    }

    fn database(&self) -> Option<&dyn Database> {
        match &self.reader {
            Reader::Plain(_) => None,
            Reader::Database(database) => Some(&**database),
        }
    }

    fn check(&self) -> Result<(), AnalyzersError> {
        let name = || self.id.name().to_owned();
        let unservable = |what: &str, rule| {
            Err(AnalyzersError::Unservable {
                name: name(),
                what: Escaped::new(what).to_string(),
                rule,
            })
        };
        let interest = self.interest();
        if interest.is_empty() && self.unrecorded().is_empty() {
            return Err(AnalyzersError::NoInterest(name()));
        }
        let is_name = |text: &str| !text.is_empty() && !text.contains(['/', '\0']);
        for place in interest.places() {
            let path = place.path();
            let is_clean = path.split('/').all(|part| is_name(part) && part != "." && part != "..");
            if !is_clean {
                return unservable(path, "a place is a path without a slash at its ends");
            }
            if let Place::InEach { file, .. } = place
                && !is_name(file)
            {
                return unservable(file, "the name of a file is one component of a path");
            }
        }
        for pattern in interest.names() {
            match pattern {
                NamePattern::Is(whole) | NamePattern::Below { name: whole, .. }
                    if !is_name(whole) =>
                {
                    return unservable(whole, "the name of a file is one component of a path");
                }
                NamePattern::Below { directory, .. } if !directory.split('/').all(is_name) => {
                    return unservable(
                        directory,
                        "a directory is a path without a slash at its ends",
                    );
                }
                NamePattern::Ends(ending) if ending.len() < 2 || !is_name(ending) => {
                    return unservable(ending, "an ending is two bytes long at least, of a name");
                }
                NamePattern::Is(_) | NamePattern::Ends(_) | NamePattern::Below { .. } => {}
            }
        }
        for companion in self.companions() {
            if !is_name(companion.text()) {
                return unservable(
                    companion.text(),
                    "what a companion is called is part of a name",
                );
            }
        }
        Ok(())
    }
}

impl Builder {
    /// Adds a reader of release files.
    pub fn release(self, analyzer: impl Analyzer + 'static) -> Self {
        self.plain(Role::Release, analyzer)
    }

    /// Adds a reader of files that say something by themselves.
    pub fn artifact(self, analyzer: impl Analyzer + 'static) -> Self {
        self.plain(Role::Artifact, analyzer)
    }

    /// Adds a reader of package databases.
    pub fn database(self, database: impl Database + 'static) -> Self {
        self.keeper(Role::Database, database)
    }

    /// Adds a reader of what packages record of files.
    pub fn records(self, records: impl Database + 'static) -> Self {
        self.keeper(Role::Records, records)
    }

    /// Adds a reader of what packages record of files, for telling whose the files of artefacts are.
    pub fn owners(self, records: impl Database + 'static) -> Self {
        self.keeper(Role::Owners, records)
    }

    /// Makes the set.
    ///
    /// # Errors
    ///
    /// Returns an error where two have one name, and for one that could not be served: with no
    /// interest, a place that is no path in an image, an ending of less than two bytes.
    pub fn build(self) -> Result<Analyzers, AnalyzersError> {
        let Self(members) = self;
        let mut names = HashSet::new();
        for member in &members {
            member.check()?;
            if !names.insert(member.id.name()) {
                return Err(AnalyzersError::Twice(member.id.name().to_owned()));
            }
        }
        let interests = members.iter().map(|member| (member.interest(), member.companions()));
        let matcher = Arc::new(Matcher::new(interests));
        Ok(Analyzers { members: members.into(), matcher })
    }

    fn plain(mut self, role: Role, analyzer: impl Analyzer + 'static) -> Self {
        let (id, interest) = (analyzer.id(), analyzer.interest());
        self.0.push(Member { id, role, interest, reader: Reader::Plain(Arc::new(analyzer)) });
        self
    }

    fn keeper(mut self, role: Role, database: impl Database + 'static) -> Self {
        let (id, interest) = (database.id(), database.interest());
        self.0.push(Member { id, role, interest, reader: Reader::Database(Arc::new(database)) });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{File, Findings, Outcome};

    #[derive(Debug)]
    struct Of(&'static str, Interest);

    impl Analyzer for Of {
        fn id(&self) -> AnalyzerId {
            AnalyzerId::new(self.0, 1)
        }

        fn interest(&self) -> Interest {
            self.1.clone()
        }

        fn analyze(&self, _: &File<'_>, _: &mut Findings) -> Outcome {
            Outcome::Done
        }
    }

    #[test]
    fn what_cannot_be_served_is_refused() {
        let good = || Interest::default().ending(".jar");
        for (interest, error) in [
            (good(), ""),
            (Interest::default().any_file(), ""),
            (Interest::default(), "the analyzer \"a\" has an interest in no file"),
            (good().ending("r"), "an ending is two bytes long at least"),
            (good().named("a/b"), "the name of a file is one component"),
            (good().named(""), "the name of a file is one component"),
            (good().at(Place::file("/etc/x")), "a place is a path without a slash"),
            (good().at(Place::file("etc/../x")), "a place is a path without a slash"),
            (good().at(Place::in_each("opt", "a/b")), "the name of a file is one component"),
            (good().at(Place::directory("", &[])), "a place is a path without a slash"),
        ] {
            let built = Analyzers::builder().artifact(Of("a", interest.clone())).build();
            let told = built.map_or_else(|error| error.to_string(), |_| String::new());
            assert!(told.contains(error) && told.is_empty() == error.is_empty(), "{told}");
        }
        let twice = Analyzers::builder().artifact(Of("a", good())).release(Of("a", good()));
        assert_eq!(twice.build().unwrap_err(), AnalyzersError::Twice("a".into()));
    }

    #[test]
    fn the_fingerprint_tells_roles_and_versions_apart() {
        let interest = || Interest::default().ending(".jar");
        let print = |builder: Builder| builder.build().unwrap().fingerprint();
        let artifact = print(Analyzers::builder().artifact(Of("a", interest())));
        assert_ne!(artifact, print(Analyzers::builder().release(Of("a", interest()))));
        assert_ne!(artifact, print(Analyzers::builder().artifact(Of("b", interest()))));
        assert_eq!(artifact, print(Analyzers::builder().artifact(Of("a", interest()))));
    }
}
