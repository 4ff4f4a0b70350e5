//! `cutaway export`: the file system of an image as one tar.

use cutaway_export::{Limits, Passing, flatten_observed, flatten_passing};
use cutaway_model::Error as ModelError;

use crate::args::Common;
use crate::args::client::Export;
use crate::failure::{Exit, Failure};
use crate::image::{self, Opened};
use crate::limits;
use crate::locate::Place;
use crate::output::Target;
use crate::progress::Progress;

pub(crate) async fn run(args: &Export, common: &Common) -> Result<Exit, Failure> {
    let all = limits::limits(&common.limit)?;
    let limits = Limits::new(all.model, all.layerfs);
    if Place::of(&args.image)? == Place::Stdin {
        let message =
            "what is on standard input passes once, and export reads it twice: name a file";
        return Err(Failure::usage(message));
    }
    let opened = image::open(&args.image, common, &all).await?;
    let (target, out) = Target::open(args.file.as_deref()).await?;
    let name = target.name();
    let progress = Progress::new(common);
    let written = match opened {
        Opened::Image(image, _) => {
            flatten_observed(&image, &limits, &progress.observer(), out, &name).await?
        }
        Opened::Stream(first) => {
            let passing = Passing {
                place: first.place,
                form: first.form,
                selector: first.selector,
                platform: image::platform(common),
            };
            let first = std::sync::Mutex::new(Some(first.stream));
            let open = async || {
                let first = first.lock().ok().and_then(|mut first| first.take());
                match first {
                    Some(stream) => Ok(progress.watch(stream)),
                    None => match image::open(&args.image, common, &all).await {
                        Ok(Opened::Stream(again)) => Ok(progress.watch(again.stream)),
                        Ok(Opened::Image(..)) => Err(changed(&passing.place)),
                        Err(failure) => Err(ModelError::Transport(failure.message.into())),
                    },
                }
            };
            flatten_passing(open, &passing, &limits, out, &name).await?
        }
    };
    target.finish()?;
    tracing::info!(names = written.names, bytes = written.bytes, "exported");
    Ok(Exit::Done)
}

fn changed(place: &str) -> ModelError {
    ModelError::malformed(place, "changed while it was read")
}
