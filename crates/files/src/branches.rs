//! Paths as the lines of a drawn tree.

use cutaway_layerfs::EntryPath;

use crate::story::Deed;

/// A path in a drawing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// The lines in front of its name.
    pub lines: String,
    /// The path.
    pub path: EntryPath,
    /// What was done to it; nothing to a directory that is only on the way.
    pub deed: Option<Deed>,
}

/// Draws what was done to paths as a tree, the directories on the way included. The deeds are in the order
/// of a tree.
pub fn branches(deeds: Vec<(EntryPath, Deed)>) -> impl Iterator<Item = Branch> {
    let all = with_directories(deeds);
    let more = siblings(&all);
    let mut above = Vec::new();
    all.into_iter().zip(more).map(move |((path, deed), more)| {
        let lines = branch(&mut above, &path, more);
        Branch { lines, path, deed }
    })
}

/// Adds the directories on the way that the layer did nothing to. The deeds are in the order of a tree.
fn with_directories(deeds: Vec<(EntryPath, Deed)>) -> Vec<(EntryPath, Option<Deed>)> {
    let mut lines: Vec<(EntryPath, Option<Deed>)> = Vec::with_capacity(deeds.len());
    let mut above: Vec<EntryPath> = Vec::new();
    for (path, deed) in deeds {
        above.retain(|directory| directory.is_above(&path));
        let names: Vec<&[u8]> = path.components().collect();
        for count in above.len().saturating_add(1)..names.len() {
            let directory = EntryPath::root().join(names.get(..count).unwrap_or_default());
            lines.push((directory.clone(), None));
            above.push(directory);
        }
        above.push(path.clone());
        lines.push((path, Some(deed)));
    }
    lines
}

/// Returns of each path whether a sibling is still to come. All are in the order of a tree.
fn siblings(lines: &[(EntryPath, Option<Deed>)]) -> Vec<bool> {
    // By level, found from the end.
    let mut more: Vec<bool> = Vec::new();
    let mut siblings: Vec<bool> = lines
        .iter()
        .rev()
        .map(|(path, _)| {
            let level = path.components().count();
            more.truncate(level);
            more.resize(level, false);
            more.last_mut().is_some_and(|own| std::mem::replace(own, true))
        })
        .collect();
    siblings.reverse();
    siblings
}

/// Returns the lines in front of a path; `above` says of each directory on its way whether a sibling of
/// that is still to come.
fn branch(above: &mut Vec<bool>, path: &EntryPath, more: bool) -> String {
    above.truncate(path.components().count().saturating_sub(1));
    let mut branch: String = above.iter().map(|more| if *more { "│   " } else { "    " }).collect();
    branch.push_str(if more { "├── " } else { "└── " });
    above.push(more);
    branch
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_branches() {
        let path = |path: &str| EntryPath::clean(path.as_bytes()).unwrap();
        let deeds = ["a/b/c", "a/d", "e", "f/g"].map(|text| (path(text), Deed::Added));
        let drawn: Vec<String> = branches(deeds.to_vec())
            .map(|branch| branch.lines + &String::from_utf8_lossy(branch.path.name()))
            .collect();
        assert_eq!(
            drawn,
            ["├── a", "│   ├── b", "│   │   └── c", "│   └── d", "├── e", "└── f", "    └── g",]
        );
    }
}
