//! What a crate needs so that others can find it, read about it and depend on it.

use crate::tidy::metadata::Package;

/// Returns one line for everything that a package of ours lacks; xtask alone is not published.
pub(crate) fn check(packages: &[Package]) -> Vec<String> {
    let mut complaints = Vec::new();
    for package in packages.iter().filter(|package| package.name != "xtask") {
        let shown = &package.shown;
        for (fine, what) in [
            (package.published, "a way to be published: `publish = false` stands in its manifest"),
            (shown.description, "a description"),
            (shown.keywords, "keywords"),
            (shown.categories, "categories"),
            (shown.readme, "a README.md that its manifest names"),
            (shown.rust_version, "a minimum Rust version"),
            (shown.example || !shown.library, "an example"),
        ] {
            if !fine {
                complaints.push(format!("{}: lacks {what}", package.name));
            }
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::metadata::Shown;

    #[test]
    fn finds_what_is_missing() {
        let all = Shown {
            description: true,
            keywords: true,
            categories: true,
            readme: true,
            rust_version: true,
            library: true,
            example: true,
        };
        for (name, published, shown, missing) in [
            ("a", true, all, 0),
            ("a", false, all, 1),
            ("a", true, Shown { readme: false, ..all }, 1),
            ("a", true, Shown { example: false, ..all }, 1),
            ("a", true, Shown { example: false, library: false, ..all }, 0),
            ("a", true, Shown::default(), 5),
            ("xtask", false, Shown::default(), 0),
        ] {
            let package = Package { name: name.into(), published, shown, ..Package::default() };
            assert_eq!(check(&[package]).len(), missing, "{name} {published} {shown:?}");
        }
    }
}
