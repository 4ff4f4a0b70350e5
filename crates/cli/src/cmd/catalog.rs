//! `cutaway catalog`: the repositories of a registry.

use cutaway::Moved;
use serde::Serialize;

use crate::args::Common;
use crate::args::client::Catalog;
use crate::failure::{Exit, Failure};
use crate::print::escape;
use crate::{client, output};

pub(crate) async fn run(args: &Catalog, common: &Common) -> Result<Exit, Failure> {
    let reference = cutaway::whole_registry(&args.registry)?;
    let (registry, there) = client::of(common)?.registry(&reference).await?;
    let moved = Moved::registry(&reference, &there);
    let names = registry.catalog().await?;
    let names = names.iter().filter_map(|name| moved.asked(name));
    let repositories = names.map(|name| match args.full_ref {
        true => format!("{}/{name}", reference.registry()),
        false => name.to_string(),
    });
    let answer = Answer {
        schema: "cutaway.catalog/1",
        registry: reference.registry(),
        repositories: repositories.collect(),
    };
    output::answer(args.format, &answer, |answer| {
        answer.repositories.iter().map(|name| format!("{}\n", escape(name))).collect()
    })?;
    Ok(Exit::Done)
}

/// The form `cutaway.catalog/1`.
#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    registry: &'a str,
    repositories: Vec<String>,
}
