//! `cutaway ref parse`: a reference, taken apart.

use cutaway_ref::{Defaults, Digest, Reference, is_loopback_host};
use serde::Serialize;

use crate::args::RefParse;
use crate::failure::{Exit, Failure};
use crate::{output, print};

/// The form `cutaway.ref-parse/1`.
#[derive(Serialize)]
struct Parsed<'a> {
    schema: &'static str,
    registry: &'a str,
    repository: &'a str,
    tag: Option<&'a str>,
    digest: Option<&'a Digest>,
    name: String,
    scheme: &'static str,
    kind: &'static str,
}

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
    let parsed = Parsed {
        schema: "cutaway.ref-parse/1",
        registry: reference.registry(),
        repository: reference.repository(),
        tag: reference.tag(),
        digest: reference.digest(),
        name: reference.to_string(),
        // Loopback hosts are tried over HTTPS first all the same.
        scheme: if is_loopback_host(reference.registry()) { "http" } else { "https" },
        kind: if reference.digest().is_some() { "digest" } else { "tag" },
    };
    output::write(&print::json(&parsed)?, None)?;
    Ok(Exit::Done)
}
