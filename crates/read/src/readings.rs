//! Layers that runtimes read in different ways, or refuse.

use cutaway_layerfs::Warning;

/// Says in the log, to `cutaway::layers`, that a layer is read in different ways by runtimes, or not at all.
pub fn warn_of_readings(layer: usize, warnings: &[Warning]) {
    let codes = [Warning::AMBIGUOUS, Warning::REFUSED];
    for warning in warnings.iter().filter(|warning| codes.contains(&&*warning.code)) {
        let (code, message) = (&warning.code, &warning.message);
        let path = warning.path.clone().unwrap_or_default();
        tracing::warn!(target: "cutaway::layers", "layer {layer}: {code}: /{path}: {message}");
    }
}
