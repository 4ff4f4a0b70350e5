//! Pulls from what passes once: standard input, compressed archives, daemons.

use std::path::Path;
use std::sync::Arc;

use cutaway_export::{
    Layout, Limits as ExportLimits, Passing as Meant, Source, Tee, pull as write,
};
use cutaway_model::source::{Archive, Form};
use cutaway_model::{BlobSink, ImageName};
use cutaway_scan::{Limits, SourceKind, verify_stream};
use tokio::io::BufReader;

use crate::args::Common;
use crate::args::client::PullFormat;
use crate::failure::{Exit, Failure};
use crate::image::{self, Opened, Passing};
use crate::output::Target;
use crate::root;
use cutaway::Place;

/// Opens an image that has to pass: because it can be read but once, or because a layout is made of an
/// archive without manifests.
pub(super) async fn open(
    argument: &str,
    format: PullFormat,
    common: &Common,
    limits: &Limits,
) -> Result<Option<Passing>, Failure> {
    match Place::of(argument)? {
        Place::Stdin | Place::Daemon(..) => {}
        Place::Archive(path, ..) if image::is_compressed(&path)? => {}
        Place::Archive(path, selector, form) if format == PullFormat::Oci => {
            let form = match form {
                Some(form) => form,
                None => Form::of(&Archive::open(&path, &limits.model)?)?,
            };
            if form == Form::Oci {
                return Ok(None);
            }
            let place = path.display().to_string().escape_debug().to_string();
            let file = tokio::fs::File::open(&path).await;
            let file =
                file.map_err(|error| Failure::new(Exit::Fetch, format!("{place}: {error}")))?;
            let stream = Box::new(BufReader::with_capacity(256 << 10, file));
            let name = argument.to_owned();
            let form = Some(form);
            return Ok(Some(Passing { stream, place, form, selector, name, source: None }));
        }
        _ => return Ok(None),
    }
    Ok(match image::open(argument, common, limits).await? {
        Opened::Stream(passing) => Some(passing),
        Opened::Image(..) => None,
    })
}

/// Writes the image: into a layout, or as the archive that it is.
pub(super) async fn pull(
    passing: Passing,
    format: PullFormat,
    path: &Path,
    common: &Common,
    limits: &Limits,
    export: &ExportLimits,
) -> Result<(), Failure> {
    let platform = image::platform(common);
    let Passing { stream, place, form, selector, source, name } = passing;
    if format == PullFormat::Oci {
        let passing = Meant { place, form, selector, platform };
        let layout = Arc::new(Layout::open(path)?);
        let sink: Arc<dyn BlobSink> = layout.clone();
        let source = Source::Archive { stream, passing, name: name_of(&name, source) };
        let pulled = write(source, &sink, export).await?;
        layout.close();
        tracing::info!(layers = pulled.fetched, kept = pulled.kept, bytes = pulled.bytes, "pulled");
        return Ok(());
    }
    let (target, out) = Target::open(Some(path)).await?;
    let options = root::options(common, limits);
    let (tee, failure) = Tee::new(stream, out);
    let verified = verify_stream(Box::new(tee), &place, form, &selector, &options).await;
    let verified = failure.instead_of(verified, &target.name())?;
    let (_, form, _) = verified.map_err(|error| image::failure_of(error, source))?;
    // Docker with manifests saves both forms in one.
    let fits = match format {
        PullFormat::Tarball => form == Form::Docker || source == Some(SourceKind::Docker),
        PullFormat::OciArchive | PullFormat::Oci => form == Form::Oci,
    };
    if !fits {
        let message = format!(
            "{place} has another form, which is known when it has passed: pull it with --format oci, \
             and the layout into the form that is wanted"
        );
        return Err(Failure::usage(message));
    }
    target.finish()
}

/// Returns the name of an image at a daemon; what else passes has none that is known.
fn name_of(argument: &str, source: Option<SourceKind>) -> ImageName {
    let name = source.and(argument.split_once(':')).map(|(_, name)| name);
    let reference = name.and_then(|name| cutaway::reference(name).ok());
    reference.as_ref().map(super::named).unwrap_or_default()
}
