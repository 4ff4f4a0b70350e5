//! What the lookup at a cloud asks of this machine: the files and programs that a user's own settings name.

use std::path::Path;

use cutaway_cloud::{File, Machine};
use cutaway_ref::auth::{Programs as _, Secret};

use crate::credentials::contents;
use crate::credentials::program::ThesePrograms;
use crate::limits::Lookup;

/// This machine, within the limits of a lookup.
#[derive(Debug)]
pub(super) struct ThisMachine(pub(super) Lookup);

impl Machine for ThisMachine {
    fn read(&self, path: &str) -> Result<Secret, String> {
        read(Path::new(path), &self.0)
    }

    fn run(&self, words: &[String]) -> Result<Secret, String> {
        let (first, arguments) = words.split_first().ok_or("it names no program")?;
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let ended = ThesePrograms(&self.0).run(first, &arguments, "");
        let ended = ended.map_err(|error| error.to_string())?;
        if !ended.success {
            return Err("the program failed".to_owned());
        }
        text(ended.output)
    }
}

/// Returns a file with its contents, or with the reason why there are none.
pub(super) fn file(path: &Path, limits: &Lookup) -> File {
    File { name: path.display().to_string(), contents: read(path, limits) }
}

/// Returns whether the firmware says that this machine is a cloud's.
pub(super) fn is_made_by(maker: &str) -> bool {
    ["sys_vendor", "bios_vendor"].into_iter().any(|name| {
        let said = std::fs::read_to_string(Path::new("/sys/class/dmi/id").join(name));
        said.is_ok_and(|said| said.trim() == maker)
    })
}

fn read(path: &Path, limits: &Lookup) -> Result<Secret, String> {
    text(contents::read(path, limits)?)
}

fn text(bytes: Vec<u8>) -> Result<Secret, String> {
    String::from_utf8(bytes).map(Secret::new).map_err(|_| "it is no text".to_owned())
}
