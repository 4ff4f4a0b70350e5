//! The stories of packages as the report has them.

use std::collections::BTreeSet;

use cutaway_analyze::{Identity, PackageStory, Turn, stories};
use cutaway_model::Layer;
use cutaway_report::{EventReport, StoryReport};

use crate::inventory::Inventory;

/// Tells what each of `layers` did to each package but those in `untold`; the lowest of them has the
/// number `first`.
pub(crate) fn report(
    inventory: &Inventory<'_>,
    native: &[&str],
    layers: &[Layer],
    first: usize,
    untold: &BTreeSet<Identity<'_>>,
) -> Vec<StoryReport> {
    let event = |turn: &Turn<'_>| EventReport {
        layer: turn.layer.saturating_add(first),
        event: turn.event.into(),
        version: turn.version.to_owned(),
        from: turn.from.map(str::to_owned),
        database: inventory.path_of(turn.database),
        created_by: layers
            .get(turn.layer)
            .and_then(|layer| layer.history())
            .map(|step| step.created_by.clone()),
    };
    let story = |story: PackageStory<'_>| StoryReport {
        kind: story.ecosystem.clone(),
        namespace: story.namespace.map(str::to_owned),
        name: story.name.to_owned(),
        arch: story.arch.map(str::to_owned),
        place: story.place.map(str::to_owned),
        events: story.turns.iter().map(event).collect(),
    };
    let told = stories(&inventory.changes, native).into_iter();
    told.filter(|story| !untold.contains(&story.identity())).map(story).collect()
}
