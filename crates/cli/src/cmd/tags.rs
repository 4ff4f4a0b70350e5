//! `cutaway tags`: the tags of a repository, or of all repositories below a name.

use cutaway_ref::Reference;
use serde::Serialize;

use crate::args::Common;
use crate::args::client::Tags;
use crate::failure::{Exit, Failure};
use crate::print::escape;
use crate::{client, output};

pub(crate) async fn run(args: &Tags, common: &Common) -> Result<Exit, Failure> {
    let shown = |tag: &String| !(args.omit_digest_tags && tag.starts_with("sha256-"));
    let mut repositories = Vec::new();
    if args.recursive {
        let whole = cutaway::is_whole_registry(&args.repository);
        let top = match whole {
            true => cutaway::whole_registry(&args.repository)?,
            false => cutaway::repository(args.repository.trim_end_matches('/'))?,
        };
        for (name, mut listing) in client::of(common)?.repositories(&top, whole).await? {
            listing.tags.retain(shown);
            let untagged = listing.manifests.iter().filter(|(_, listed)| listed.tags.is_empty());
            let untagged = untagged.map(|(digest, _)| digest.to_string()).collect();
            repositories.push(Repository { name, tags: listing.tags, untagged });
        }
    } else {
        let reference = cutaway::repository(&args.repository)?;
        let (registry, there) = client::of(common)?.registry(&reference).await?;
        let mut tags = registry.repository(&there).tags().await?;
        tags.retain(shown);
        repositories.push(Repository { name: full(&reference), tags, untagged: Vec::new() });
    }
    let answer = Answer { schema: "cutaway.tags/1", repositories };
    output::answer(args.format, &answer, |answer| {
        text(&answer.repositories, args.recursive || args.full_ref)
    })?;
    Ok(Exit::Done)
}

/// The form `cutaway.tags/1`.
#[derive(Serialize)]
struct Answer {
    schema: &'static str,
    repositories: Vec<Repository>,
}

#[derive(Serialize)]
struct Repository {
    /// With its registry.
    name: String,
    tags: Vec<String>,
    /// The images that no tag names, where the registry lists them.
    untagged: Vec<String>,
}

/// Returns a line a tag and an untagged image: whole references, or tags alone.
fn text(repositories: &[Repository], whole: bool) -> String {
    let mut text = String::new();
    for Repository { name, tags, untagged } in repositories {
        let tags = tags.iter().map(|tag| match whole {
            true => format!("{name}:{tag}"),
            false => tag.clone(),
        });
        let untagged = untagged.iter().map(|digest| format!("{name}@{digest}"));
        for line in tags.chain(untagged) {
            text.push_str(&escape(&line));
            text.push('\n');
        }
    }
    text
}

fn full(reference: &Reference) -> String {
    format!("{}/{}", reference.registry(), reference.repository())
}
