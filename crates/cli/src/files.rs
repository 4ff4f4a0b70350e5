//! Opening the files of an image: all of them, or one.

use cutaway_files::{Absent, Error, Finding, Given, Outcome, Search, Thing, View, Why};
use cutaway_files::{search, search_passing};
use cutaway_layerfs::{EntryPath, NodeId};
use cutaway_model::Image;
use cutaway_scan::{Limits, SourceKind};

use crate::args::Common;
use crate::failure::{Exit, Failure};
use crate::image::{self, Opened, Passing};
use crate::progress::Progress;
use crate::{client, units};

/// How many stored bytes of a registry's layer have to be ahead for its end to be spared: fewer are
/// read faster than the next connection is opened. What lies on disk is always read and verified.
const SPARE: u64 = 1 << 20;

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) path: &'a str,
    pub(crate) follow: bool,
    pub(crate) content: bool,
    pub(crate) verify: bool,
}

/// Returns the limits of the file view among those of a run.
pub(crate) fn limits_of(limits: &Limits) -> cutaway_files::Limits {
    let mut of_files =
        cutaway_files::Limits::new(limits.model, limits.layerfs, limits.layers_in_flight);
    of_files.content_bytes = limits.content_bytes;
    of_files.hold_bytes = limits.hold_bytes;
    of_files
}

/// Reads all layers of the image that `argument` names.
pub(crate) async fn view(argument: &str, common: &Common) -> Result<(Image, View), Failure> {
    let run = client::limits(common)?.scan;
    let limits = limits_of(&run);
    let progress = Progress::new(common);
    Ok(match image::open(argument, common, &run).await? {
        Opened::Image(image, _) => {
            let observer = progress.observer();
            let view = View::read_observed(&image, 0, None, &limits, &observer).await?;
            (*image, view)
        }
        Opened::Stream(Passing { stream, place, form, selector, .. }) => {
            let platform = image::platform(common);
            let (place, selector, platform) = (&place, &selector, &platform);
            let (limits_of_model, in_flight) = (&limits.model, limits.layers_in_flight);
            let given = Given {
                stream: progress.watch(stream),
                place,
                form,
                selector,
                platform,
                limits: limits_of_model,
                in_flight,
            };
            let (image, _, view) = View::read_passing(given, None, &limits).await?;
            (image, view)
        }
    })
}

/// Looks for one path in the image that `argument` names; the bytes of a file go to `out`.
pub(crate) async fn find(
    argument: &str,
    wanted: Wanted<'_>,
    common: &Common,
    out: &mut (impl std::io::Write + Send),
) -> Result<(Image, Finding), Failure> {
    let run = client::limits(common)?.scan;
    let limits = limits_of(&run);
    let Wanted { path, follow, content, verify } = wanted;
    let mut wanted = Search { path: path.as_bytes(), follow, content, verify, spare: u64::MAX };
    let found = match image::open(argument, common, &run).await? {
        Opened::Image(image, subject) => {
            if subject.source == SourceKind::Registry {
                wanted.spare = SPARE;
            }
            let found = search(&image, &wanted, &limits, out).await?;
            (*image, found)
        }
        Opened::Stream(passing) => {
            match search_stream(passing, &wanted, None, common, &limits, out).await {
                Err(Error::Passed { entry, .. }) if argument != "-" => {
                    let Opened::Stream(again) = image::open(argument, common, &run).await? else {
                        return Err(Failure::new(
                            Exit::Fetch,
                            "the archive was replaced meanwhile",
                        ));
                    };
                    search_stream(again, &wanted, Some(&entry), common, &limits, out).await?
                }
                found => found?,
            }
        }
    };
    told(&found.1, found.0.layers().len());
    Ok(found)
}

async fn search_stream(
    passing: Passing,
    wanted: &Search<'_>,
    entry: Option<&EntryPath>,
    common: &Common,
    limits: &cutaway_files::Limits,
    out: &mut (impl std::io::Write + Send),
) -> Result<(Image, Finding), Error> {
    let Passing { stream, place, form, selector, .. } = passing;
    let (platform, in_flight) = (image::platform(common), limits.layers_in_flight);
    let (place, selector, platform) = (&place, &selector, &platform);
    let given = Given { stream, place, form, selector, platform, limits: &limits.model, in_flight };
    let (image, _, found) = search_passing(given, wanted, entry, limits, out).await?;
    Ok((image, found))
}

/// Says how much was read and spared, with `-v`.
fn told(finding: &Finding, layers: usize) {
    let read = finding.read.values().map(|read| read.stored).fold(0, u64::saturating_add);
    let spared = finding
        .read
        .values()
        .map(|read| read.of.unwrap_or(read.stored).saturating_sub(read.stored))
        .fold(0, u64::saturating_add);
    let unopened = layers.saturating_sub(finding.read.len());
    tracing::info!(
        layers_read = finding.read.len(),
        layers_spared = unopened,
        bytes_read = read,
        bytes_spared_in_them = spared,
        verified = finding.verified,
        "{} of the layers that were opened and {unopened} whole layers spared; {}",
        units::bytes(spared),
        if finding.verified {
            "every layer that was read is verified"
        } else {
            "not verified: the layer of the answer was not read to its end"
        }
    );
}

/// Returns what was found, or fails with who deleted it.
pub(crate) fn thing(finding: Finding, image: &Image, path: &str) -> Result<Thing, Failure> {
    match finding.outcome {
        Outcome::Found(thing) => Ok(thing),
        Outcome::Absent(absent) => Err(absence(&absent, image, path)),
    }
}

/// Returns what is at a path of a view, links followed, or fails with who deleted it.
pub(crate) fn node(view: &View, image: &Image, path: Option<&str>) -> Result<NodeId, Failure> {
    let path = path.unwrap_or_default();
    view.lookup(path.as_bytes(), true)?.map_err(|absent| absence(&absent, image, path))
}

/// Says that nothing is at a path, and why.
pub(crate) fn absence(absent: &Absent, image: &Image, path: &str) -> Failure {
    let at = EntryPath::clean(path.as_bytes()).unwrap_or_default();
    let led =
        if at == absent.path { String::new() } else { format!(" (it leads to {})", absent.path) };
    let why = match absent.why {
        Why::Nowhere => "no layer has it".to_owned(),
        Why::NoDirectory => "what should be a directory on the way is none".to_owned(),
        Why::Deleted { layer } => {
            let step = image.layers().get(layer).and_then(|layer| layer.history());
            let step = step.map(|step| step.created_by.as_str()).filter(|step| !step.is_empty());
            let step = step.map_or_else(String::new, |step| format!(" ({step})"));
            format!("layer {layer} deleted it{step}")
        }
    };
    Failure::new(Exit::Invalid, format!("{path} is not in the image{led}: {why}"))
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Write(error) => Self::of_write(&error, "standard output"),
            error => Self::new(error.class().into(), error.to_string()),
        }
    }
}
