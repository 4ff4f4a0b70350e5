//! How far a run is, on standard error where that is a terminal: how long it takes, and a bar for each layer.
//!
//! Nothing is shown of a run that is over soon. What is written to the terminal ends it.

use std::collections::HashMap;
use std::io::{self, IsTerminal as _};
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use cutaway_model::BlobStream;
use cutaway_read::Observer;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::io::{AsyncBufRead, AsyncRead, ReadBuf};

use crate::args::Common;
use crate::log;

/// How long a run may take before it has to show that it runs.
const PATIENCE: Duration = Duration::from_millis(200);

/// The bars of this run.
static BARS: OnceLock<Arc<Bars>> = OnceLock::new();

/// Has the run shown where somebody sees it, on a terminal that can, and neither asked to be quiet nor to log.
pub(crate) fn begin(common: &Common) {
    let seen = io::stderr().is_terminal() && !log::is_dumb();
    if seen && !common.quiet && common.verbose == 0 {
        BARS.get_or_init(Arc::default);
    }
}

/// Shows that a run goes on that takes its time. Never ends: it is dropped with the run.
pub(crate) async fn show() -> std::convert::Infallible {
    if let Some(bars) = BARS.get() {
        tokio::time::sleep(PATIENCE).await;
        bars.add("running", None, "{prefix:>9}  {spinner:30} {elapsed:>11}");
    }
    std::future::pending().await
}

/// Returns who is to be told how far layers are read.
pub(crate) fn observer() -> Option<Arc<dyn Observer>> {
    let bars: Arc<dyn Observer> = Arc::<Bars>::clone(BARS.get()?);
    Some(bars)
}

/// Clears the screen for what comes now.
pub(crate) fn end() {
    if let Some(bars) = BARS.get() {
        // A terminal that is gone needs no clearing.
        let _ = bars.all.clear();
        bars.all.set_draw_target(ProgressDrawTarget::hidden());
    }
}

/// Clears the screen for what goes to standard output, where that is the same terminal.
pub(crate) fn end_on_terminal() {
    if io::stdout().is_terminal() {
        end();
    }
}

/// Standard output for what comes while bars may be shown.
#[derive(Debug)]
pub(crate) struct Stdout;

impl io::Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        end_on_terminal();
        io::stdout().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush()
    }
}

/// The bars of the layers that are being read.
#[derive(Debug, Default)]
struct Bars {
    all: MultiProgress,
    layers: Mutex<HashMap<usize, ProgressBar>>,
}

impl Bars {
    fn add(&self, name: &str, size: Option<u64>, template: &str) -> ProgressBar {
        let bar = size.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        let bar = self.all.add(bar.with_prefix(name.to_owned()));
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

/// How bytes are shown whose end is not known.
const WITHOUT_END: &str = "{prefix:>9}  {spinner:30} {binary_bytes:>11} {msg}";

impl Observer for Bars {
    fn archive_opened(&self, stream: BlobStream) -> BlobStream {
        Box::new(Watched { stream, bar: self.add("archive", None, WITHOUT_END) })
    }

    fn layer_opened(&self, index: usize, size: Option<u64>) {
        let template = match size {
            Some(_) => "{prefix:>9}  {bar:30} {binary_bytes:>11} of {binary_total_bytes:<11} {msg}",
            None => WITHOUT_END,
        };
        let bar = self.add(&format!("layer {index}"), size, template);
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
