//! Packages of languages as they lie in images, read from bytes.
//!
//! An *artefact* is what an installation left behind: the metadata of a Python distribution, the
//! `package.json` of a Node package, the build information in a Go binary. Each module knows one kind of
//! artefact: where it lies and how its bytes are to be read. Nothing here does I/O, runs or evaluates
//! anything, or sees an image; all bytes are taken to be hostile, and what cannot be read becomes a
//! diagnostic.
//!
//! ```
//! use cutaway_analyze::{Analyzers, File, Findings, Outcome};
//! use cutaway_layerfs::EntryPath;
//!
//! let analyzers = cutaway_analyzers_lang::add_to(Analyzers::builder()).build()?;
//! let path = EntryPath::clean(b"app/node_modules/ms/package.json").expect("a clean path");
//! let content = br#"{"name": "ms", "version": "2.1.3"}"#;
//! let mut found = Findings::default();
//! for position in analyzers.matching(path.as_bytes()).analyzers {
//!     let analyzer = analyzers.members()[position].analyzer();
//!     assert_eq!(analyzer.analyze(&File::new(&path, content), &mut found), Outcome::Done);
//! }
//! assert_eq!(found.packages()[0].version, "2.1.3");
//! # Ok::<(), cutaway_analyze::AnalyzersError>(())
//! ```

mod banner;
mod binary;
mod conda;
mod cyclonedx;
mod dotnet;
mod egg;
mod elf;
mod erlang;
mod go;
mod go_version;
mod header;
mod java;
mod java_name;
mod json;
mod julia;
mod jvm;
mod literal;
mod lua;
mod macho;
mod manifest;
mod native_image;
mod node;
mod note;
mod object;
mod passing;
mod pe;
mod perl;
mod php;
mod place;
mod placed;
mod python;
mod r;
mod record;
mod ruby;
mod rust;
#[cfg(test)]
mod testing;
mod windows;
mod wordpress;
mod yarn;
mod zip;

use cutaway_analyze::Builder;

use crate::placed::InPlace;

/// Adds the readers of artefacts of languages to a set of analyzers.
pub fn add_to(builder: Builder) -> Builder {
    builder
        .artifact(python::Python)
        .artifact(node::Node)
        .artifact(ruby::Ruby)
        .artifact(InPlace(php::Php))
        .artifact(dotnet::DotNet)
        .artifact(InPlace(conda::Conda))
        .artifact(r::R)
        .artifact(InPlace(perl::Perl))
        .artifact(lua::Lua)
        .artifact(InPlace(erlang::Erlang))
        .artifact(InPlace(julia::Julia))
        .artifact(wordpress::WordPress)
        .artifact(jvm::Jvm)
        .artifact(java::Java)
        .artifact(egg::Egg)
        .artifact(InPlace(yarn::Yarn))
        .artifact(binary::Binary)
}
