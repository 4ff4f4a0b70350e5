//! Names that are meant for another program, or for another command: what is said of them.

use std::path::Path;

use cutaway_ref::Reference;
use cutaway_tar::Escaped;

use crate::error::Error;
use crate::place::is_layout;
use crate::registry::reference;

/// The sources of images that are no registry.
const SOURCES: &[&str] =
    &["oci", "oci-archive", "docker-archive", "docker", "podman", "containerd"];

/// How other programs begin the name of an image, and how that is spelled here. Longer ones come first;
/// what says of references that they have no scheme is their grammar.
const OTHERS: &[(&str, &str)] = &[
    ("podman://", "podman:"),
    ("containerd://", "containerd:"),
    ("docker-daemon:", "docker:"),
    ("containers-storage:", "podman:"),
    ("oci-layout://", "oci:"),
    ("oci-layout:", "oci:"),
    ("ocidir://", "oci:"),
    ("oci-dir:", "oci:"),
    ("docker-archive://", "docker-archive:"),
    ("oci-archive://", "oci-archive:"),
    ("file://", ""),
];

/// Says how the name of an image is spelled here that another program would take.
pub(crate) fn of_other_program(argument: &str) -> Option<String> {
    let (theirs, rest, ours) = OTHERS.iter().find_map(|(theirs, ours)| {
        let rest = argument.strip_prefix(theirs)?;
        // A host with a port looks alike.
        let port = rest.find('/').and_then(|end| rest.get(..end));
        (!port
            .is_some_and(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())))
        .then_some((theirs, rest, ours))
    })?;
    Some(format!("\"{theirs}\" is spelled \"{ours}\" here: {ours}{}", Escaped::name(rest)))
}

/// Says what lies on this machine by the name of an image that no image here has.
pub(crate) fn of_other_file(path: &Path) -> Option<String> {
    let what = match std::fs::metadata(path).ok()?.is_dir() {
        true => "a directory that holds no OCI layout",
        false => "a file that is no archive of an image",
    };
    let name = Escaped::name(path.as_os_str().as_encoded_bytes());
    Some(format!("{name} is {what}; the image of that name in a registry is registry:{name}"))
}

/// Reads the name of a repository, perhaps behind `registry:`, for a command that asks a registry.
///
/// # Errors
///
/// Returns what was probably meant where something on this machine is named, or the rule that the name breaks.
pub fn repository(argument: &str) -> Result<Reference, Error> {
    reference(in_registry(argument)?)
}

/// Reads the name of a registry, perhaps behind `registry:`, as a reference into it: its credentials are
/// those of everything in it.
///
/// # Errors
///
/// Those of [`repository`], and that the name is that of a repository.
pub fn whole_registry(argument: &str) -> Result<Reference, Error> {
    let name = Escaped::name(argument);
    let host = in_registry(argument)?.trim_end_matches('/');
    if host.is_empty() || host.contains('/') {
        return Err(Error::Usage(format!("\"{name}\" is no registry")));
    }
    let found = reference(&format!("{host}/library/catalog"))?;
    // What looks like no host is a repository of the default registry.
    if found.repository() != "library/catalog" {
        let rule = "it has neither a dot nor a port";
        return Err(Error::Usage(format!("\"{name}\" is no registry: {rule}")));
    }
    Ok(found)
}

/// Returns whether a name is that of a registry, and no repository in it is named.
pub fn is_whole_registry(argument: &str) -> bool {
    let bare = argument.strip_prefix("registry:").unwrap_or(argument);
    !bare.trim_end_matches('/').contains('/')
}

fn in_registry(argument: &str) -> Result<&str, Error> {
    if let Some(spelling) = of_other_program(argument) {
        return Err(Error::Usage(spelling));
    }
    if let Some(rest) = argument.strip_prefix("registry:") {
        return Ok(rest);
    }
    let name = Escaped::name(argument);
    let (source, rest) = argument.split_once(':').unwrap_or_default();
    if SOURCES.contains(&source) && !rest.starts_with("//") {
        let rule = "this command asks a registry, and takes REPOSITORY or registry:REPOSITORY";
        return Err(Error::Usage(format!(
            "{name} names no registry, as \"{source}:\" says: {rule}"
        )));
    }
    let path = Path::new(argument);
    if is_layout(path) {
        let rule = "this command asks a registry";
        return Err(Error::Usage(format!("{name} is an OCI layout here, oci:{name}: {rule}")));
    }
    if path.exists() {
        let what = if path.is_dir() { "directory" } else { "file" };
        let rule = format!("in a registry that name is registry:{name}");
        return Err(Error::Usage(format!("{name} is a {what} here: {rule}")));
    }
    Ok(argument)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_programs() {
        for (argument, spelled) in [
            ("docker-daemon:alpine", Some("docker:alpine")),
            ("oci-dir:layout", Some("oci:layout")),
            ("ocidir://layout:1", Some("oci:layout:1")),
            ("containers-storage:alpine", Some("podman:alpine")),
            ("file:///tmp/a.tar", Some("/tmp/a.tar")),
            ("docker-daemon:5000/alpine", None),
            ("docker:alpine", None),
            ("docker://alpine", None),
            ("alpine", None),
        ] {
            let said = of_other_program(argument);
            let end = said.as_deref().and_then(|said| said.rsplit_once(" here: "));
            assert_eq!(end.map(|(_, spelled)| spelled), spelled, "{argument}");
        }
    }

    #[test]
    fn registries() {
        for (argument, fine) in [
            ("ghcr.io", true),
            ("registry:localhost:5000/", true),
            ("alpine", false),
            ("ghcr.io/a", false),
            ("oci:layout", false),
            ("docker://ghcr.io", false),
            ("/", false),
        ] {
            assert_eq!(whole_registry(argument).is_ok(), fine, "{argument}");
        }
    }

    #[test]
    fn what_is_no_repository_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let bare = folder.path().to_str().unwrap();
        let layout = folder.path().join("layout");
        std::fs::create_dir(&layout).unwrap();
        std::fs::write(layout.join("oci-layout"), "").unwrap();
        let layout = layout.to_str().unwrap();
        for (argument, said) in [
            ("oci:layout", "names no registry, as \"oci:\" says"),
            ("docker:alpine", "names no registry, as \"docker:\" says"),
            (bare, "is a directory here: in a registry"),
            (layout, &*format!("oci:{layout}")),
            ("docker-daemon:alpine", "is spelled \"docker:\" here"),
        ] {
            let error = repository(argument).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
        assert!(repository("registry:alpine").is_ok());
    }
}
