//! `cutaway tags`: the tags of a repository, or of all repositories below a name.

use std::collections::BTreeSet;

use cutaway_fetch::{Listing, Registry};
use cutaway_model::Error as ModelError;
use cutaway_ref::Reference;

use crate::args::Common;
use crate::args::client::Tags;
use crate::cmd::catalog::of_registry;
use crate::failure::{Exit, Failure};
use crate::print::escape;
use crate::{client, output};
use cutaway::Moved;

pub(crate) async fn run(args: &Tags, common: &Common) -> Result<Exit, Failure> {
    let mut text = String::new();
    let mut print = |line: &str| {
        text.push_str(&escape(line));
        text.push('\n');
    };
    let shown = |tag: &&String| !(args.omit_digest_tags && tag.starts_with("sha256-"));
    if args.recursive {
        for (name, listing) in recursive(&args.repository, common).await? {
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

/// Lists a registry, or a repository and all below it, sorted by the names by which they are asked for.
async fn recursive(text: &str, common: &Common) -> Result<Vec<(String, Listing)>, Failure> {
    let text = strip(text).trim_end_matches('/');
    let whole = !text.contains('/');
    let top = if whole { of_registry(text)? } else { cutaway::reference(text)? };
    let (registry, there) = client::of(common)?.registry(&top).await?;
    let moved = match whole {
        true => Moved::registry(&top, &there),
        false => Moved::repository(&top, &there),
    };
    let mut listings = Vec::new();
    let most = client::limits(common)?.transport.limits.list_repositories;
    if !whole {
        walk(&registry, &there, moved.there(), most, &mut listings).await?;
        // Only registries that list what lies below say anything of children or manifests.
        if listings.len() > 1 || listings.iter().any(|(_, listing)| !listing.manifests.is_empty()) {
            return Ok(named(&top, &moved, listings));
        }
        listings.clear();
    }
    for name in registry.catalog().await? {
        if moved.asked(&name).is_some() {
            bound(listings.len(), most)?;
            let listing = listing(&registry, &there, &name).await?;
            listings.push((name, listing));
        }
    }
    Ok(named(&top, &moved, listings))
}

fn named(
    top: &Reference,
    moved: &Moved,
    listings: Vec<(String, Listing)>,
) -> Vec<(String, Listing)> {
    let mut named: Vec<_> = listings
        .into_iter()
        .filter_map(|(name, listing)| {
            Some((format!("{}/{}", top.registry(), moved.asked(&name)?), listing))
        })
        .collect();
    named.sort_by(|(one, _), (other, _)| one.cmp(other));
    named
}

/// Lists a repository and those that it names as its children, however deep.
async fn walk(
    registry: &Registry,
    there: &Reference,
    name: &str,
    most: u32,
    listings: &mut Vec<(String, Listing)>,
) -> Result<(), Failure> {
    let mut seen = BTreeSet::new();
    let mut ahead = vec![name.to_owned()];
    while let Some(name) = ahead.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        bound(listings.len(), most)?;
        let listing = listing(registry, there, &name).await?;
        ahead.extend(listing.children.iter().map(|child| format!("{name}/{child}")));
        listings.push((name, listing));
    }
    Ok(())
}

/// Refuses one more repository than may be listed: names can be made up faster than they are read.
fn bound(listed: usize, most: u32) -> Result<(), Failure> {
    if u32::try_from(listed).is_ok_and(|listed| listed < most) {
        return Ok(());
    }
    let message = format!(
        "the registry has more repositories than the limit list_repositories, which is {most}"
    );
    Err(Failure::new(Exit::Fetch, message))
}

/// Lists one repository; one that is nothing but a name above others is empty, and so is what the
/// registry calls by a name that no repository has.
async fn listing(registry: &Registry, there: &Reference, name: &str) -> Result<Listing, Failure> {
    let Ok(reference) = format!("{}/{name}", there.registry()).parse::<Reference>() else {
        tracing::warn!(name = ?name, "the registry lists a name that is none");
        return Ok(Listing::default());
    };
    match registry.repository(&reference).listing().await {
        Err(ModelError::NotFound { .. }) => Ok(Listing::default()),
        listing => Ok(listing?),
    }
}
