//! `cutaway catalog`: the repositories of a registry.

use cutaway_ref::Reference;

use crate::args::Common;
use crate::args::client::Catalog;
use crate::failure::{Exit, Failure};
use crate::print::escape;
use crate::{client, output};
use cutaway::Moved;
use cutaway_tar::Escaped;

pub(crate) async fn run(args: &Catalog, common: &Common) -> Result<Exit, Failure> {
    let reference = of_registry(&args.registry)?;
    let (registry, there) = client::of(common)?.registry(&reference).await?;
    let moved = Moved::registry(&reference, &there);
    let mut text = String::new();
    for name in registry.catalog().await?.iter().filter_map(|name| moved.asked(name)) {
        if args.full_ref {
            text.push_str(reference.registry());
            text.push('/');
        }
        text.push_str(&escape(&name));
        text.push('\n');
    }
    output::write(text.as_bytes(), None)?;
    Ok(Exit::Done)
}

/// Returns a reference into the registry: its credentials are those of everything in it.
pub(crate) fn of_registry(text: &str) -> Result<Reference, Failure> {
    let host = text.strip_prefix("registry:").unwrap_or(text).trim_end_matches('/');
    if host.is_empty() || host.contains('/') {
        return Err(Failure::usage(format!("\"{}\" is no registry", Escaped::new(text))));
    }
    let reference = cutaway::reference(&format!("{host}/library/catalog"))?;
    // What looks like no host is a repository of the default registry.
    if reference.repository() != "library/catalog" {
        return Err(Failure::usage(format!(
            "\"{}\" is no registry: it has neither a dot nor a port",
            Escaped::new(text)
        )));
    }
    Ok(reference)
}
