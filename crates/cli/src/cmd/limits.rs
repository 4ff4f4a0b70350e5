//! `cutaway limits`: every limit, its value and what it bounds.

use std::fmt::Write as _;

use cutaway::NamedLimit;

use crate::args::Common;
use crate::failure::{Exit, Failure};
use crate::{client, output};

pub(crate) fn run(common: &Common) -> Result<Exit, Failure> {
    let mut text = String::new();
    for NamedLimit { name, value, what, .. } in client::limits(common)?.table() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name:<23}{value:>12}  {what}");
    }
    output::write(text.as_bytes(), None)?;
    Ok(Exit::Done)
}
