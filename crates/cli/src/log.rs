//! The log on standard error, which `-v` turns on.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::args::{Common, When};
use crate::secrecy::Veiled;
use crate::variables::variable;

/// Starts the log: decisions at `-v`, requests at `-vv`, everything of ours at `-vvv`.
///
/// Only our own crates speak: those below could print what must not be printed. What is secret is hidden
/// in what ours say, since they quote servers.
pub(crate) fn start(common: &Common) {
    let level = match common.verbose {
        0 if common.quiet => return,
        0 => return layers(),
        1 => "info",
        2 => "debug",
        _ => "trace",
    };
    // All our crates begin so.
    let filter = EnvFilter::builder().parse_lossy(format!("cutaway={level}"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| Veiled(std::io::stderr()))
        .with_ansi(colors(common, std::io::stderr().is_terminal()))
        .with_target(false)
        .init();
}

/// Lets nothing be said but that runtimes read a layer in different ways, or not at all, and what is
/// wrong with the cache.
fn layers() {
    let filter = EnvFilter::builder().parse_lossy("cutaway::layers=warn,cutaway_cache=warn");
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_target(false).without_time();
    log.with_writer(|| Veiled(std::io::stderr())).with_ansi(false).init();
}

/// Returns whether to colour what goes to a stream: where nothing else is said, on a terminal that can,
/// unless `NO_COLOR` or `CLICOLOR=0` stand against it.
pub(crate) fn colors(common: &Common, terminal: bool) -> bool {
    match common.color {
        When::Always => true,
        When::Never => false,
        When::Auto => {
            let unwanted = variable("NO_COLOR").is_some_and(|value| !value.is_empty())
                || variable("CLICOLOR").is_some_and(|value| value == "0");
            terminal && !unwanted && !is_dumb()
        }
    }
}

/// Returns whether the terminal says that it knows nothing but text.
pub(crate) fn is_dumb() -> bool {
    variable("TERM").is_some_and(|value| value == "dumb")
}
