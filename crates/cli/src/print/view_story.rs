//! What became of the versions of paths.

use cutaway_files::Span;
use cutaway_layerfs::End;

/// Says what became of a version.
pub(crate) fn fate(span: &Span) -> String {
    let layer = span.version.placed_by;
    match span.ended {
        None => format!("layer {layer}"),
        Some((by, End::Replaced)) => format!("layer {layer}, replaced by layer {by}"),
        Some((by, End::Hidden)) => format!("layer {layer}, hidden by layer {by}"),
    }
}
