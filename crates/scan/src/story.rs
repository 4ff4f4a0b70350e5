//! The stories of packages as the report has them.

use cutaway_analyze::{PackageStory, State, Turn, stories};
use cutaway_layerfs::EntryPath;
use cutaway_model::Layer;

use cutaway_report::{EventReport, StoryReport};

/// Tells what each of `layers` did to each package; `paths` are the databases by number.
pub(crate) fn report(
    states: &[State<'_>],
    paths: &[&EntryPath],
    layers: &[Layer],
) -> Vec<StoryReport> {
    let event = |turn: &Turn<'_>| EventReport {
        layer: turn.layer,
        event: turn.event.into(),
        version: turn.version.to_owned(),
        from: turn.from.map(str::to_owned),
        database: paths
            .get(turn.database)
            .map(|path| path.to_string_lossy().into_owned())
            .unwrap_or_default(),
        created_by: layers
            .get(turn.layer)
            .and_then(|layer| layer.history())
            .map(|step| step.created_by.clone()),
    };
    let story = |story: PackageStory<'_>| StoryReport {
        kind: story.kind,
        name: story.name.to_owned(),
        arch: story.arch.map(str::to_owned),
        events: story.turns.iter().map(event).collect(),
    };
    stories(states).into_iter().map(story).collect()
}
