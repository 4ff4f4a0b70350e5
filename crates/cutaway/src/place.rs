//! Which kind of place an image argument names.

use std::path::{Path, PathBuf};

use cutaway_model::Compression;
use cutaway_model::source::{Form, Selector};

use crate::error::Error;
use crate::spelling;

/// A kind of daemon that saves images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Docker.
    Docker,
    /// Podman, as a service.
    Podman,
}

/// Where an image lies, before anything of it is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A reference to a registry.
    Registry(String),
    /// A directory with an OCI layout.
    Layout(PathBuf, Selector),
    /// An archive; its form, where it was named.
    Archive(PathBuf, Selector, Option<Form>),
    /// An archive on standard input.
    Stdin,
    /// An image that a daemon has, by its name there.
    Daemon(Engine, String),
    /// An image in containerd, by its name there.
    Containerd(String),
    /// A bill of materials in a file, or on standard input: packages, and no files.
    Sbom(PathBuf),
}

impl Place {
    /// Reads the name of an image as a command line takes it: a reference, a path, `-` for standard
    /// input, or a source and a name (`registry:`, `oci:`, `oci-archive:`, `docker-archive:`, `docker:`,
    /// `podman:`, `containerd:`, `sbom:`). Only looks at the disk to find where a path ends and a name begins.
    ///
    /// # Errors
    ///
    /// Returns an error where a path is named that does not exist, or what follows it selects no image.
    pub fn of(argument: &str) -> Result<Self, Error> {
        if argument == "-" {
            return Ok(Self::Stdin);
        }
        if let Some(spelling) = spelling::of_other_program(argument) {
            return Err(Error::Usage(spelling));
        }
        if let Some((kind, rest)) = argument.split_once(':') {
            match kind {
                // What other programs call a transport; the reference says so when it is parsed.
                _ if rest.starts_with("//") => {}
                "docker" => return Ok(Self::Daemon(Engine::Docker, rest.to_owned())),
                "podman" => return Ok(Self::Daemon(Engine::Podman, rest.to_owned())),
                "containerd" => return Ok(Self::Containerd(rest.to_owned())),
                "sbom" => return Ok(Self::Sbom(rest.into())),
                "registry" => return Ok(Self::Registry(rest.to_owned())),
                "oci" => {
                    let (path, selector) = path_and_selector(rest)?;
                    return Ok(Self::Layout(path, selector));
                }
                "oci-archive" => {
                    let (path, selector) = path_and_selector(rest)?;
                    return Ok(Self::Archive(path, selector, Some(Form::Oci)));
                }
                "docker-archive" => {
                    let (path, selector) = path_and_selector(rest)?;
                    return Ok(Self::Archive(path, selector, Some(Form::Docker)));
                }
                _ => {}
            }
        }
        let is_path = ["/", "./", "../"].iter().any(|start| argument.starts_with(start));
        if is_path {
            let (path, selector) = path_and_selector(argument)?;
            return Ok(if path.is_dir() {
                Self::Layout(path, selector)
            } else {
                Self::Archive(path, selector, None)
            });
        }
        if let Some((path, rest)) = longest_existing(argument) {
            if is_layout(path) {
                return Ok(Self::Layout(path.to_owned(), Selector::parse(rest)?));
            }
            if path.is_file() && (looks_like_archive(path) || is_called_archive(path)) {
                return Ok(Self::Archive(path.to_owned(), Selector::parse(rest)?, None));
            }
            if let Some(other) = spelling::of_other_file(path).filter(|_| rest.is_empty()) {
                return Err(Error::Usage(other));
            }
        }
        Ok(Self::Registry(argument.to_owned()))
    }
}

/// Returns whether a directory looks like an OCI layout.
pub(crate) fn is_layout(path: &Path) -> bool {
    path.is_dir() && (path.join("index.json").exists() || path.join("oci-layout").exists())
}

/// Returns the path of the file that standard input is, where it is one and nothing of it was read: it can
/// be read as often as any other. `None` for a pipe.
pub fn redirected() -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    const STDIN: &str = "/proc/self/fd/0";
    let opened = std::fs::metadata(STDIN).ok().filter(std::fs::Metadata::is_file)?;
    let state = std::fs::read_to_string("/proc/self/fdinfo/0").ok()?;
    let position = state.lines().find_map(|line| line.strip_prefix("pos:"))?;
    let path = std::fs::read_link(STDIN).ok()?;
    // The name may have gone to another file since.
    let named = std::fs::symlink_metadata(&path).ok()?;
    let is_it = (named.dev(), named.ino()) == (opened.dev(), opened.ino());
    path.to_str().filter(|_| is_it && position.trim() == "0").map(str::to_owned)
}

fn path_and_selector(text: &str) -> Result<(PathBuf, Selector), Error> {
    match longest_existing(text) {
        Some((path, rest)) => Ok((path.to_owned(), Selector::parse(rest)?)),
        None => Err(Error::Unreachable(format!("there is no file or directory {text}"))),
    }
}

/// Returns the longest prefix of `text` that exists as a path, ending at a `:`, a `@` or the end, and what follows it.
fn longest_existing(text: &str) -> Option<(&Path, &str)> {
    let ends = text.match_indices([':', '@']).map(|(position, _)| position).chain([text.len()]);
    let mut ends: Vec<usize> = ends.filter(|&end| end > 0).collect();
    ends.reverse();
    ends.into_iter()
        .filter_map(|end| text.split_at_checked(end))
        .map(|(path, rest)| (Path::new(path), rest))
        .find(|(path, _)| path.symlink_metadata().is_ok())
}

/// Returns whether a file's name says that it should be an archive, so that it is no reference.
fn is_called_archive(path: &Path) -> bool {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().to_ascii_lowercase())
        .unwrap_or_default();
    name.ends_with(".tgz") || name.ends_with(".tar") || name.contains(".tar.")
}

fn looks_like_archive(path: &Path) -> bool {
    use std::io::Read as _;
    let mut head = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(512).read_to_end(&mut head));
    read.is_ok()
        && (Compression::sniff(&head) != Compression::Plain
            || head.get(257..262) == Some(b"ustar")
            || (head.len() == 512
                && head
                    .get(148..155)
                    .is_some_and(|sum| sum.iter().all(|b| b" 01234567\0".contains(b)))))
}
