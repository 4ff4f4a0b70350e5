//! Many images with one client: what several of them share is read once, and one that fails stops nothing.

mod lines;
mod listed;

use std::fmt;
use std::future::ready;
use std::pin::Pin;

use cutaway_analyze::Analyzers;
use cutaway_fleet::{Shard, ShardBy, in_order};
use cutaway_report::Report;
use futures_util::{Stream, StreamExt as _};

use crate::client::Client;
use crate::error::Error;
use crate::image::{Image, ScanOptions};
use crate::place::Place;

pub use lines::Lines;
pub use listed::Listed;

/// How many images are read at once.
const AT_ONCE: usize = 8;

/// How many may be done, or on their way, before the next one in order is.
const AHEAD: usize = 64;

/// How several images are scanned.
#[derive(Debug, Clone)]
pub struct FleetOptions {
    /// The analyzers.
    pub analyzers: Analyzers,
    /// How each is scanned.
    pub scan: ScanOptions,
    /// The part of them that is worked on, where it is not all.
    pub shard: Option<Shard>,
    /// By what they are spread over parts.
    pub shard_by: ShardBy,
}

/// What came of one image.
#[derive(Debug)]
pub struct Answer {
    /// The image, as it was named.
    pub name: String,
    /// The digest of its manifest, where it has one that is known.
    pub digest: Option<String>,
    /// Its report, or why there is none.
    pub report: Result<Report, Error>,
}

/// The answers of several images, in the order in which they were named.
pub struct Fleet(Pin<Box<dyn Stream<Item = Option<Answer>> + Send>>);

impl Client {
    /// Scans several images, some of them at once. A layer that several of them have is read once, in the
    /// end by way of the cache, or of memory where there is none.
    ///
    /// Needs a tokio runtime. Dropping it ends the reading.
    pub fn fleet(&self, names: Vec<String>, options: FleetOptions) -> Fleet {
        let client = self.for_many();
        let work = move |name: String| {
            let (client, options) = (client.clone(), options.clone());
            async move { Box::pin(answer(&client, name, &options)).await }
        };
        // Without an answer, an image is of another part.
        let answers = in_order(names, AT_ONCE, AHEAD, work).filter_map(|it| {
            ready(match it {
                Some(answer) => answer.map(Some),
                None => Some(None),
            })
        });
        Fleet(Box::pin(answers))
    }
}

impl Fleet {
    /// Returns the next answer; none behind the last.
    ///
    /// # Errors
    ///
    /// Returns that the work on an image was ended by an error of this program.
    pub async fn next(&mut self) -> Option<Result<Answer, Error>> {
        let broken =
            || Error::Unreachable("the work on an image has ended without an answer".into());
        self.0.next().await.map(|answer| answer.ok_or_else(broken))
    }
}

impl fmt::Debug for Fleet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fleet")
    }
}

/// Scans one image; none where it is of another part. One that cannot be opened is of every part, since nobody
/// knows whose it is.
async fn answer(client: &Client, name: String, options: &FleetOptions) -> Option<Answer> {
    let (digest, report) = match Place::of(&name) {
        Ok(Place::Sbom(path)) => {
            if options.shard.is_some_and(|shard| !shard.holds(&name)) {
                return None;
            }
            (None, client.read_bill(&path, &name))
        }
        _ => match client.open(&name).await {
            Ok(image) => {
                if options.shard.is_some_and(|shard| !shard.holds(&key(&image, options.shard_by))) {
                    return None;
                }
                let digest = image.opened().and_then(|it| it.digest()).map(ToString::to_string);
                let report = image.scan_with(&options.analyzers, &options.scan).await;
                (digest, report)
            }
            Err(error) => (None, Err(error)),
        },
    };
    Some(Answer { name, digest, report })
}

/// Returns by what an image is spread over parts: what names its manifest or its first layer.
fn key(image: &Image, by: ShardBy) -> String {
    let Some(opened) = image.opened() else { return image.name().to_owned() };
    match (by, opened.layers().first()) {
        (ShardBy::Base, Some(base)) => base.diff_id().to_string(),
        _ => opened.digest().unwrap_or(opened.id()).to_string(),
    }
}
