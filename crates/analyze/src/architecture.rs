//! Architectures as package managers name them, and between which of them a package may change and stay the same one.

/// Returns the names that package managers have for an architecture, which is named as platforms name it.
pub fn native_architectures(architecture: &str) -> Vec<&str> {
    let others: &[&str] = match architecture {
        "amd64" => &["x86_64"],
        "386" => &["i386", "i686", "i586", "x86"],
        "arm64" => &["aarch64"],
        "arm" => &["armhf", "armel", "armv7", "armv7hl", "armv6"],
        "ppc64le" => &["ppc64el"],
        "mips64le" => &["mips64el"],
        "loong64" => &["loongarch64"],
        _ => &[],
    };
    others.iter().copied().chain([architecture]).collect()
}

/// Returns whether a package that ends in one architecture and begins in another goes on: one of them is that of
/// the system, of which `native` has the names, and the other none (`all`, `noarch`, `any`).
pub fn goes_on_as(old: Option<&str>, new: Option<&str>, native: &[&str]) -> bool {
    (is_none(old) && is_native(new, native)) || (is_native(old, native) && is_none(new))
}

/// Returns whether a package of this architecture may go on in another one.
pub fn may_go_on(arch: Option<&str>, native: &[&str]) -> bool {
    is_none(arch) || is_native(arch, native)
}

fn is_native(arch: Option<&str>, native: &[&str]) -> bool {
    arch.is_some_and(|arch| native.contains(&arch))
}

fn is_none(arch: Option<&str>) -> bool {
    matches!(arch, Some("all" | "noarch" | "any"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_changes_are_one_package() {
        let native = native_architectures("amd64");
        for (old, new, expected) in [
            (Some("all"), Some("amd64"), true),
            (Some("amd64"), Some("all"), true),
            (Some("noarch"), Some("x86_64"), true),
            (Some("any"), Some("x86_64"), true),
            (Some("all"), Some("i386"), false),
            (Some("amd64"), Some("i386"), false),
            (Some("all"), None, false),
            (None, Some("amd64"), false),
        ] {
            assert_eq!(goes_on_as(old, new, &native), expected, "{old:?} {new:?}");
        }
    }
}
