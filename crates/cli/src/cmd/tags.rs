//! `cutaway tags`: the tags of a repository, or of all repositories below a name.

use cutaway_ref::Reference;

use crate::args::Common;
use crate::args::client::Tags;
use crate::cmd::catalog::of_registry;
use crate::failure::{Exit, Failure};
use crate::print::escape;
use crate::{client, output};

pub(crate) async fn run(args: &Tags, common: &Common) -> Result<Exit, Failure> {
    let mut text = String::new();
    let mut print = |line: &str| {
        text.push_str(&escape(line));
        text.push('\n');
    };
    let shown = |tag: &&String| !(args.omit_digest_tags && tag.starts_with("sha256-"));
    if args.recursive {
        let text = strip(&args.repository).trim_end_matches('/');
        let whole = !text.contains('/');
        let top = if whole { of_registry(text)? } else { cutaway::reference(text)? };
        for (name, listing) in client::of(common)?.repositories(&top, whole).await? {
            for tag in listing.tags.iter().filter(shown) {
                print(&format!("{name}:{tag}"));
            }
            let untagged = listing.manifests.iter().filter(|(_, listed)| listed.tags.is_empty());
            for (digest, _) in untagged {
                print(&format!("{name}@{digest}"));
            }
        }
    } else {
        let reference = cutaway::reference(strip(&args.repository))?;
        let (registry, there) = client::of(common)?.registry(&reference).await?;
        let repository = registry.repository(&there);
        for tag in repository.tags().await?.iter().filter(shown) {
            match args.full_ref {
                true => print(&format!("{}:{tag}", full(&reference))),
                false => print(tag),
            }
        }
    }
    output::write(text.as_bytes(), None)?;
    Ok(Exit::Done)
}

fn strip(text: &str) -> &str {
    text.strip_prefix("registry:").unwrap_or(text)
}

fn full(reference: &Reference) -> String {
    format!("{}/{}", reference.registry(), reference.repository())
}
