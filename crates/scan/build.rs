//! Makes a value that stands for the sources which decide what a layer says, so that no build takes what another
//! one kept for its own. A package from a registry has its version alone for it.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};

/// The crates whose sources decide it.
const CRATES: [&str; 9] =
    ["tar", "layerfs", "toc", "model", "read", "analyze", "analyzers-os", "analyzers-lang", "scan"];

fn main() -> io::Result<()> {
    let mut files = BTreeSet::new();
    for name in CRATES {
        let folder = Path::new("..").join(name).join("src");
        if folder.is_dir() {
            println!("cargo::rerun-if-changed={}", folder.display());
            collect(&folder, &mut files)?;
        }
    }
    let mut hasher = DefaultHasher::new();
    for file in files {
        hasher.write(file.as_os_str().as_encoded_bytes());
        hasher.write(&std::fs::read(&file)?);
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=CUTAWAY_FACTS_SOURCES={:016x}", hasher.finish());
    Ok(())
}

fn collect(folder: &Path, files: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                files.insert(path);
            }
        }
    }
    Ok(())
}
