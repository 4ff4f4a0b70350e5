//! A bar for each layer on standard error, where that is a terminal.

use std::collections::HashMap;
use std::io::IsTerminal as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cutaway_scan::Observer;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::args::Common;

/// The bars of the layers that are being read.
#[derive(Debug)]
pub(crate) struct Bars {
    all: MultiProgress,
    layers: Mutex<HashMap<usize, ProgressBar>>,
}

impl Bars {
    /// Returns bars where somebody sees them: on a terminal, and neither asked to be quiet nor to log.
    pub(crate) fn on_terminal(common: &Common) -> Option<Arc<Self>> {
        let seen = std::io::stderr().is_terminal() && !common.quiet && common.verbose == 0;
        seen.then(|| Arc::new(Self { all: MultiProgress::new(), layers: Mutex::default() }))
    }

    /// Takes all bars off the screen.
    pub(crate) fn clear(&self) {
        // A terminal that is gone needs no clearing.
        let _ = self.all.clear();
    }

    fn bar(&self, index: usize, act: impl FnOnce(&ProgressBar)) {
        let layers = self.layers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = layers.get(&index) {
            act(bar);
        }
    }
}

impl Observer for Bars {
    fn layer_opened(&self, index: usize, size: Option<u64>) {
        let (bar, template) = match size {
            Some(size) => (
                ProgressBar::new(size),
                "{prefix:>9}  {bar:30} {binary_bytes:>11} of {binary_total_bytes:<11} {msg}",
            ),
            None => {
                (ProgressBar::new_spinner(), "{prefix:>9}  {spinner:30} {binary_bytes:>11} {msg}")
            }
        };
        let bar = self.all.add(bar.with_prefix(format!("layer {index}")));
        // A template that does not parse leaves the default.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━━─"));
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        self.layers.lock().unwrap_or_else(PoisonError::into_inner).insert(index, bar);
    }

    fn layer_read(&self, index: usize, stored: u64, unpacked: u64) {
        self.bar(index, |bar| {
            bar.set_position(stored);
            bar.set_message(format!("{} unpacked", crate::units::bytes(unpacked)));
        });
    }

    fn layer_done(&self, index: usize) {
        self.bar(index, |bar| bar.finish_and_clear());
    }
}
