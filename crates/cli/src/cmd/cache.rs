//! `cutaway cache`: what is kept between runs.

use std::path::Path;

use serde::Serialize;

use crate::args::cache::{Cache, Info, Prune};
use crate::args::{Common, TextFormat};
use crate::failure::{Exit, Failure};
use crate::{client, output, print};

/// The forms `cutaway.cache-info/1`, `cutaway.cache-prune/1` and `cutaway.cache-verify/1`.
#[derive(Serialize)]
struct Answer<'a, T> {
    schema: &'static str,
    directory: &'a Path,
    #[serde(flatten)]
    found: T,
}

pub(crate) async fn run(args: &Cache, common: &Common) -> Result<Exit, Failure> {
    let client = client::of(common)?;
    let cache = client.cache()?;
    let directory = cache.folder();
    match args {
        Cache::Info(Info { format }) => {
            let found = cache.info()?;
            let text =
                format!("{} entries, {} of {} bytes", found.entries, found.bytes, found.max_bytes);
            say(*format, Answer { schema: "cutaway.cache-info/1", directory, found }, &text)?;
        }
        Cache::Prune(Prune { keep, format }) => {
            let found = cache.prune(keep.unwrap_or(client.limits().cache_bytes))?;
            let gone =
                format!("{} entries with {} bytes removed", found.removed, found.removed_bytes);
            let text = format!("{gone}, {} with {} left", found.entries, found.bytes);
            say(*format, Answer { schema: "cutaway.cache-prune/1", directory, found }, &text)?;
        }
        Cache::Verify(Info { format }) => {
            let found = cache.verify().await?;
            let damaged = found.damaged.len();
            let text = format!("{} entries whole, {damaged} damaged", found.whole);
            say(*format, Answer { schema: "cutaway.cache-verify/1", directory, found }, &text)?;
            if damaged > 0 {
                let message = format!("{damaged} entries of the cache are damaged: none is used");
                return Err(Failure::new(Exit::Invalid, message));
            }
        }
    }
    Ok(Exit::Done)
}

fn say<T: Serialize>(format: TextFormat, answer: Answer<'_, T>, text: &str) -> Result<(), Failure> {
    let directory = print::escape(&answer.directory.to_string_lossy()).to_string();
    output::answer(format, &answer, |_| format!("{directory}: {text}\n"))
}
