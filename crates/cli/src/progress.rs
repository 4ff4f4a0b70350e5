//! A bar for each layer on standard error, where that is a terminal.

use std::collections::HashMap;
use std::io::{self, IsTerminal as _};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use cutaway::Image;
use cutaway_model::BlobStream;
use cutaway_read::{Observer, Silent};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tokio::io::{AsyncBufRead, AsyncRead, ReadBuf};

use crate::args::Common;

/// What shows how far a run is; gone from the screen when it is dropped, so that output can follow.
#[derive(Debug)]
pub(crate) struct Progress {
    bars: Option<Arc<Bars>>,
}

impl Progress {
    /// Returns bars where somebody sees them, on a terminal, and neither asked to be quiet nor to log;
    /// elsewhere nothing.
    pub(crate) fn new(common: &Common) -> Self {
        let seen = io::stderr().is_terminal() && !common.quiet && common.verbose == 0;
        Self { bars: seen.then(|| Arc::new(Bars::default())) }
    }

    /// Returns who is to be told how far layers are read.
    pub(crate) fn observer(&self) -> Arc<dyn Observer> {
        match &self.bars {
            Some(bars) => bars.clone(),
            None => Arc::new(Silent),
        }
    }

    /// Shows how far an image is read: a bar for each layer, or one for an archive that passes.
    pub(crate) fn over(&self, image: Image) -> Image {
        let Some(bars) = &self.bars else { return image };
        let of_archive = Arc::clone(bars);
        image.observed(bars.clone()).watched(move |stream| {
            let bar = of_archive.add("archive".to_owned(), None);
            Box::new(Watched { stream, bar })
        })
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bars) = &self.bars {
            // A terminal that is gone needs no clearing.
            let _ = bars.all.clear();
        }
    }
}

/// The bars of the layers that are being read.
#[derive(Debug, Default)]
struct Bars {
    all: MultiProgress,
    layers: Mutex<HashMap<usize, ProgressBar>>,
}

impl Bars {
    fn add(&self, name: String, size: Option<u64>) -> ProgressBar {
        let (bar, template) = match size {
            Some(size) => (
                ProgressBar::new(size),
                "{prefix:>9}  {bar:30} {binary_bytes:>11} of {binary_total_bytes:<11} {msg}",
            ),
            None => {
                (ProgressBar::new_spinner(), "{prefix:>9}  {spinner:30} {binary_bytes:>11} {msg}")
            }
        };
        let bar = self.all.add(bar.with_prefix(name));
        // A template that does not parse leaves the default.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━━─"));
        }
        bar.tick();
        bar.enable_steady_tick(Duration::from_millis(120));
        bar
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
        let bar = self.add(format!("layer {index}"), size);
        let mut layers = self.layers.lock().unwrap_or_else(PoisonError::into_inner);
        // One that is read again begins anew.
        if let Some(before) = layers.insert(index, bar) {
            before.finish_and_clear();
        }
    }

    fn layer_read(&self, index: usize, stored: u64, unpacked: u64) {
        self.bar(index, |bar| {
            bar.set_position(stored);
            bar.set_message(format!("{} unpacked", cutaway_report::size_text(unpacked)));
        });
    }

    fn layer_done(&self, index: usize) {
        self.bar(index, ProgressBar::finish_and_clear);
    }
}

/// A stream whose bytes move a bar as they are taken.
struct Watched {
    stream: BlobStream,
    bar: ProgressBar,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        let count = buf.filled().len().saturating_sub(before);
        self.bar.inc(u64::try_from(count).unwrap_or_default());
        polled
    }
}

impl AsyncBufRead for Watched {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        Pin::new(&mut self.get_mut().stream).poll_fill_buf(cx)
    }

    fn consume(mut self: Pin<&mut Self>, count: usize) {
        self.bar.inc(u64::try_from(count).unwrap_or_default());
        Pin::new(&mut self.stream).consume(count);
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
