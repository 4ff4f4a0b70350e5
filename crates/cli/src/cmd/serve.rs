//! `cutaway serve`, `verifier doctor`, and containerd's image verifier: this program by another name.

use std::ffi::OsString;
use std::path::Path;

use crate::args::Common;
use crate::failure::{Exit, Failure};
use crate::{client, output, run, variables};

pub(crate) fn run(config: &Path, common: &Common) -> Result<Exit, Failure> {
    let serving = cutaway_serve::serve(config, client::of(common)?);
    run::runtime()?.block_on(serving).map_err(|error| Failure::usage(error.to_string()))?;
    Ok(Exit::Done)
}

pub(crate) fn doctor(containerd: &Path, settings: &Path) -> Result<Exit, Failure> {
    let findings = cutaway_serve::doctor(containerd, settings);
    let lines: String = findings.iter().map(|finding| format!("{finding}\n")).collect();
    output::write(lines.as_bytes(), None)?;
    Ok(if findings.is_empty() { Exit::Done } else { Exit::Invalid })
}

pub(crate) fn verify(words: &[OsString]) -> Result<Exit, Failure> {
    let settings = variables::variable("CUTAWAY_VERIFIER_CONFIG");
    let said = cutaway_serve::answer_containerd(words, settings.as_ref().map(Path::new));
    output::write(format!("{}\n", said.line).as_bytes(), None)?;
    Ok(if said.allowed { Exit::Done } else { Exit::Invalid })
}
