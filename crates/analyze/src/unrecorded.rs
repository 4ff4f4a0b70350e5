//! What explains files that no package records.

/// Files that programs of a system write or change, and that no package records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Unrecorded {
    /// A pattern over paths in the image: `*` stays within a component, `**` crosses them.
    pub pattern: &'static str,
    /// What must be there.
    pub trace: Trace,
    /// Who writes it, in a few words.
    pub reason: &'static str,
}

/// What must be at a path for an explanation to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trace {
    /// Anything that no package owns.
    Unowned,
    /// A symbolic link, owned by nobody, that leads to what a package owns.
    LinkToOwned,
    /// A symbolic link, owned by nobody, that leads to one of these, which a package owns.
    LinkTo(&'static [&'static str]),
    /// A device or a symbolic link, owned by nobody.
    Special,
    /// A file that a package owns and that was changed.
    Changed,
    /// Nothing, where a package records something.
    Gone,
}
