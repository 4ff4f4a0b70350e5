//! What the lookup at a cloud asks of this machine: the files and programs that a user's own settings name.

use std::path::Path;
use std::process::Command;

use cutaway_cloud::{File, Machine};
use cutaway_ref::auth::Secret;

use crate::limits::Lookup;
use crate::{credential_program, credentials};

/// This machine, within the limits of a lookup.
#[derive(Debug)]
pub(crate) struct ThisMachine(pub(crate) Lookup);

impl Machine for ThisMachine {
    fn read(&self, path: &str) -> Result<Secret, String> {
        contents(Path::new(path), &self.0)
    }

    fn run(&self, words: &[String]) -> Result<Secret, String> {
        let (program, arguments) = words.split_first().ok_or("it names no program")?;
        let mut command = Command::new(program);
        command.args(arguments);
        let (status, said) =
            credential_program::run(command, "", &self.0).map_err(|error| error.to_string())?;
        if !status.success() {
            return Err("the program failed".to_owned());
        }
        text(said)
    }
}

/// Returns a file with its contents, or with the reason why there are none.
pub(crate) fn file(path: &Path, limits: &Lookup) -> File {
    File { name: path.display().to_string(), contents: contents(path, limits) }
}

fn contents(path: &Path, limits: &Lookup) -> Result<Secret, String> {
    text(credentials::contents(path, limits)?)
}

fn text(bytes: Vec<u8>) -> Result<Secret, String> {
    String::from_utf8(bytes).map(Secret::new).map_err(|_| "it is no text".to_owned())
}
