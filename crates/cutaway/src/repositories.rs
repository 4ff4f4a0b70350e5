//! The repositories of a registry, or those below a name, with what each of them lists.

use std::collections::BTreeSet;

use cutaway_fetch::{Listing, Registry};
use cutaway_model::Error as ModelError;
use cutaway_ref::Reference;

use crate::client::Client;
use crate::error::Error;
use crate::moved::Moved;

impl Client {
    /// Lists a registry, or a repository and all below it, sorted by the names by which they are asked for.
    ///
    /// Needs a tokio runtime. Dropping the future ends its requests.
    ///
    /// # Errors
    ///
    /// Returns why the registry does not answer, or that it has more repositories than the limit
    /// `list_repositories`.
    pub async fn repositories(
        &self,
        top: &Reference,
        whole: bool,
    ) -> Result<Vec<(String, Listing)>, Error> {
        let (registry, there) = self.registry(top).await?;
        let moved = match whole {
            true => Moved::registry(top, &there),
            false => Moved::repository(top, &there),
        };
        let mut listings = Vec::new();
        let most = self.limits().transport.limits.list_repositories;
        if !whole {
            walk(&registry, &there, moved.there(), most, &mut listings).await?;
            // Only registries that list what lies below say anything of children or manifests.
            if listings.len() > 1
                || listings.iter().any(|(_, listing)| !listing.manifests.is_empty())
            {
                return Ok(named(top, &moved, listings));
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
        Ok(named(top, &moved, listings))
    }
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
) -> Result<(), Error> {
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
fn bound(listed: usize, most: u32) -> Result<(), Error> {
    if u32::try_from(listed).is_ok_and(|listed| listed < most) {
        return Ok(());
    }
    let message = format!(
        "the registry has more repositories than the limit list_repositories, which is {most}"
    );
    Err(Error::Unreachable(message))
}

/// Lists one repository; one that is nothing but a name above others is empty, and so is what the
/// registry calls by a name that no repository has.
async fn listing(registry: &Registry, there: &Reference, name: &str) -> Result<Listing, Error> {
    let Ok(reference) = format!("{}/{name}", there.registry()).parse::<Reference>() else {
        tracing::warn!(name = ?name, "the registry lists a name that is none");
        return Ok(Listing::default());
    };
    match registry.repository(&reference).listing().await {
        Err(ModelError::NotFound { .. }) => Ok(Listing::default()),
        listing => Ok(listing?),
    }
}
