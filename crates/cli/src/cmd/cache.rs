//! `cutaway cache`: what is kept between runs.

use crate::args::Common;
use crate::args::cache::{Cache, Prune};
use crate::failure::{Exit, Failure};
use crate::{client, output};

pub(crate) async fn run(args: &Cache, common: &Common) -> Result<Exit, Failure> {
    let cache = client::of(common)?.cache()?;
    match args {
        Cache::Info(form) => output::answer(form.format, &cache.info()?, |it| it.text.clone())?,
        Cache::Prune(Prune { keep, form }) => {
            output::answer(form.format, &cache.prune(*keep)?, |it| it.text.clone())?;
        }
        Cache::Verify(form) => {
            let answer = cache.verify().await?;
            output::answer(form.format, &answer, |it| it.text.clone())?;
            if let damaged @ 1.. = answer.found.damaged.len() {
                let message = format!("{damaged} entries of the cache are damaged: none is used");
                return Err(Failure::new(Exit::Malformed, message));
            }
        }
    }
    Ok(Exit::Done)
}
