//! `cutaway ref parse`: a reference, taken apart.

use cutaway::ReferenceParts;
use cutaway_ref::{Defaults, Reference};

use crate::args::RefParse;
use crate::failure::{Exit, Failure};
use crate::{output, print};

pub(crate) fn run(args: &RefParse) -> Result<Exit, Failure> {
    let mut defaults = Defaults { strict: args.strict, ..Defaults::default() };
    if let Some(registry) = &args.default_registry {
        defaults.registry.clone_from(registry);
    }
    if let Some(tag) = &args.default_tag {
        defaults.tag.clone_from(tag);
    }
    let reference = Reference::parse(&args.reference, &defaults)
        .map_err(|error| Failure::usage(error.to_string()))?;
    output::document(&print::json(&ReferenceParts::from(&reference))?)?;
    Ok(Exit::Done)
}
