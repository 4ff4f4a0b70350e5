//! The files and packages in which two images differ.

mod text;

use cutaway_analyze::{Analyzers, Interest, NamePattern, Place, Role};
use cutaway_files::{Comparison, Difference, Present, Side, Which};
use cutaway_layerfs::EntryPath;
use cutaway_report::{FileEntry, PackageDifferences, Report};
use serde::Serialize;

pub use self::text::DifferenceReport;

/// A file in which two images differ, as programs read it.
#[derive(Debug, Serialize)]
pub struct FileChange {
    /// The path; bytes that are not UTF-8 are replaced.
    pub path: String,
    /// How: `added`, `removed`, `changed`; or `written-by-a`, `written-by-b`, `hidden-by-a`, `hidden-by-b`
    /// where the other image has what the shared base has, which was not read; `emptied-by-a` and
    /// `emptied-by-b` for a directory in which whatever the base has is hidden.
    pub change: &'static str,
    /// Whether the content differs, of files on both sides.
    pub content: bool,
    /// What the first image has.
    pub a: Option<FileEntry>,
    /// What the second image has.
    pub b: Option<FileEntry>,
}

impl FileChange {
    fn of(difference: &Difference) -> Self {
        let entry = |side: &Side| match side {
            Side::Present(Present { meta, layer }) => {
                Some(FileEntry::new(&difference.path, meta, *layer))
            }
            Side::Base | Side::Absent => None,
        };
        let change = match (&difference.a, &difference.b) {
            (Side::Present(_), Side::Present(_)) => "changed",
            (Side::Absent, _) if difference.b != Side::Base => "added",
            (_, Side::Absent) if difference.a != Side::Base => "removed",
            (Side::Base, Side::Present(_)) => "written-by-b",
            (Side::Present(_), _) => "written-by-a",
            (Side::Base, _) => "hidden-by-b",
            (Side::Absent, _) => "hidden-by-a",
        };
        Self {
            path: difference.path.to_string_lossy().into_owned(),
            change,
            content: difference.content,
            a: entry(&difference.a),
            b: entry(&difference.b),
        }
    }

    fn emptied(directory: &EntryPath, by: Which) -> Self {
        let change = match by {
            Which::A => "emptied-by-a",
            Which::B => "emptied-by-b",
        };
        let path = directory.to_string_lossy().into_owned();
        Self { path, change, content: false, a: None, b: None }
    }
}

/// Returns the files in which two images differ, those of directories that one of them empties first.
pub fn file_changes<'c>(comparison: &'c Comparison<'_>) -> impl Iterator<Item = FileChange> + 'c {
    let emptied = comparison.opaque().into_iter();
    let emptied = emptied.map(|(directory, by)| FileChange::emptied(&directory, by));
    emptied.chain(comparison.differences().map(|difference| FileChange::of(&difference)))
}

/// Compares the packages of two reports, each of which may be of the layers above a base that was not
/// read, made with the same `analyzers`. Where a database is as the base has it in one image and not in the other, packages are not
/// compared, and that is said.
pub fn package_differences(
    a: &Report,
    b: &Report,
    analyzers: &Analyzers,
    comparison: &Comparison<'_>,
) -> PackageDifferences {
    let Some(path) = undecided(analyzers, comparison) else {
        return PackageDifferences::between(a, b);
    };
    PackageDifferences::not_compared(format!(
        "only one of the images changes the package database {path}; the other has it as the shared base has it, which was not read: --read-base reads it"
    ))
}

/// Returns a package database of which it depends on the base whether both images have the same.
fn undecided(analyzers: &Analyzers, comparison: &Comparison<'_>) -> Option<EntryPath> {
    let interests: Vec<&Interest> =
        analyzers.of_role(Role::Database).map(|(_, member)| member.interest()).collect();
    let places: Vec<&Place> = interests.iter().flat_map(|interest| interest.places()).collect();
    let names = || interests.iter().flat_map(|interest| interest.names());
    // In a directory that is hidden, or in one above or below it.
    let may_hold = |hidden: &EntryPath| {
        names().any(|pattern| match pattern {
            NamePattern::Below { directory, .. } => {
                let (hidden, above) = (hidden.as_bytes(), directory.as_bytes());
                let (short, long) =
                    if hidden.len() < above.len() { (hidden, above) } else { (above, hidden) };
                let rest = long.strip_prefix(short);
                rest.is_some_and(|rest| {
                    short.is_empty() || matches!(rest.first(), None | Some(b'/'))
                })
            }
            NamePattern::Is(_) | NamePattern::Ends(_) => true,
        })
    };
    let at_place = places.iter().find_map(|place| {
        let path = EntryPath::clean(place.path().as_bytes()).ok()?;
        let open = match place {
            Place::File(_) => comparison.needs_base(&path),
            Place::Directory { .. } | Place::InEach { .. } => {
                comparison.needs_base(&path) || comparison.emptied(&path).is_some()
            }
        };
        open.then_some(path)
    });
    at_place.or_else(|| {
        // Of a directory of databases, each file is one. Of a directory of directories with one each, a
        // directory that is hidden takes its own along.
        let below = |path: &EntryPath| {
            places.iter().any(|place| match place {
                Place::File(_) => false,
                Place::Directory { .. } => place.holds(path.as_bytes()),
                Place::InEach { path: above, .. } => {
                    place.holds(path.as_bytes()) || path.directory().as_bytes() == above.as_bytes()
                }
            })
        };
        let emptied = comparison.opaque().into_iter().map(|(directory, _)| directory);
        // One that is known by its name may have lain in any directory that is hidden.
        let emptied = emptied.filter(|directory| may_hold(directory) || below(directory));
        let named = |path: &EntryPath| interests.iter().any(|it| it.holds(path.as_bytes()));
        let paths = comparison.differences().map(|difference| difference.path);
        let paths = paths.filter(|path| below(path) || named(path));
        let paths = paths.filter(|path| comparison.needs_base(path));
        emptied.chain(paths).next()
    })
}
