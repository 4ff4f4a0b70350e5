//! Reading an archive that passes by, such as one on standard input.
//!
//! Which members are layers is known for sure only when the documents have passed, and they may come
//! last. So every member that looks like a layer is read as one while it passes, and matched to the
//! image afterwards. Members of equal bytes are kept once, only so many that differ, and of all together
//! no more entries than one image may have.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use cutaway_model::source::{self, Files, Form, Members, Passed};
use cutaway_model::{
    Claim, Class, Decoded, Descriptor, Error as ModelError, Image, Layer, Limits as ModelLimits,
    Stored, StoredCheck, verify_blob,
};
use cutaway_ref::Digest;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncBufRead, BufReader};
use tracing::Instrument as _;

use crate::head::{Head, look};
use crate::lane::{CHUNK, LaneReader, lane};
use crate::members::{Occurrence, Read, Refused};
use crate::odd::passed_over;
use crate::stream::Stream;
use crate::task::{Task, on_task};
use crate::{Archive, Error, LayerKey, LayerReader, Options, Reading};

/// A layer, and the member that held it.
type Held<T> = (String, Arc<Reading<T>>);

/// A member that is being read as a layer.
type Running<T> = Task<(Occurrence, Result<Reading<T>, Refused>)>;

/// An archive that has passed: its documents, and what came of every member that looked like a layer.
pub(crate) struct Passing<T> {
    passed: Arc<Passed>,
    form: Form,
    members: Read<T>,
    others: Others,
}

/// What came of blobs that were neither kept nor read as layers: they were compared with their names.
type Others = HashMap<String, Result<Stored, ModelError>>;

impl<T: Send + Sync + 'static> Passing<T> {
    /// Lets an archive pass to its end, and opens no image in it.
    pub(crate) async fn by<R, F>(
        archive: &Archive,
        reader: &F,
        options: &Options,
    ) -> Result<Self, Error>
    where
        R: LayerReader<Out = T> + 'static,
        F: Fn(&LayerKey) -> R,
    {
        let (place, limits) = (archive.place.as_str(), &options.limits.model);
        let stream = options.observer.archive_opened(archive.opener.open().await?);
        let stream = Decoded::open(stream, place, limits).await?;
        let stream = Members::new(BufReader::with_capacity(CHUNK, stream), place, limits);
        let mut passed = Passed::with_limits(place, limits);
        let (mut members, others) =
            read_members(stream, &mut passed, place, options, reader).await?;
        let form = match archive.form {
            Some(form) => form,
            None => Form::of(&passed)?,
        };
        if source::needs_diff_ids(&passed)? {
            members.none_failed()?;
            for (name, reading) in members.sound() {
                passed.measured(name.clone(), reading.measured.unpacked.diff_id.clone());
            }
        }
        Ok(Self { passed: Arc::new(passed), form, members, others })
    }

    /// Returns the form that was named, or that the documents show.
    pub(crate) fn form(&self) -> Form {
        self.form
    }

    /// Returns the documents; the bytes of other members cannot be had any more.
    pub(crate) fn files(&self) -> Arc<dyn Files> {
        self.passed.clone()
    }

    /// Opens the image that is meant.
    pub(crate) async fn image(
        &self,
        archive: &Archive,
        limits: &ModelLimits,
    ) -> Result<Image, ModelError> {
        let (selector, platform) = (&archive.selector, &archive.platform);
        source::open(self.files(), self.form, selector, platform, limits).await
    }

    /// Checks that an image has a file system, as [`Image::check_files`] does; of layers whose types say nothing,
    /// such as `application/octet-stream`, the bytes tell, which have passed.
    pub(crate) fn check_files(&self, image: &Image) -> Result<(), ModelError> {
        let is_read = |layer: &Layer| {
            let name = member_of(layer);
            let name = self.passed.target(&name);
            self.members.members.contains_key(name) && !self.others.contains_key(name)
        };
        match image.check_files() {
            Err(error) if !image.unnamed_layers().any(is_read) => Err(error),
            _ => Ok(()),
        }
    }

    /// Returns what a blob was that passed, whatever it holds, and compares it with its descriptor.
    ///
    /// # Errors
    ///
    /// Returns how it is not what its descriptor says, and [`ModelError::Missing`] where it is not there.
    pub(crate) async fn blob(&mut self, blob: &Descriptor) -> Result<Stored, Error> {
        let name = name_of(&blob.digest);
        let target = self.passed.target(&name).to_owned();
        let stored = match (self.others.get(&target), self.members.members.get(&target)) {
            (Some(Ok(stored)), _) => stored.clone(),
            (Some(Err(_)), _) => match self.others.remove(&target) {
                Some(Err(error)) => return Err(error.into()),
                _ => return Err(ModelError::Missing { what: blob.digest.to_string() }.into()),
            },
            (None, Some(Ok(reading))) => reading.measured.stored.clone(),
            (None, Some(Err(_))) | (None, None) => match self.members.outcome(&target) {
                Some(Err(error)) => return Err(error),
                // It is small, and was kept as a document.
                _ => verify_blob(source::blobs(self.files()).as_ref(), blob).await?,
            },
        };
        if stored.size != blob.size {
            let (what, found) = (format!("blob {}", blob.digest), stored.size.to_string());
            return Err(ModelError::Size { what, expected: blob.size, found }.into());
        }
        Ok(stored)
    }

    /// Returns what was read of the layers of an image among the documents, oldest first, each of which
    /// was what the image says of it, with the member that held it.
    pub(crate) async fn layers<R, F>(
        &mut self,
        image: &Image,
        reader: &F,
        options: &Options,
    ) -> Result<Vec<Held<T>>, Error>
    where
        R: LayerReader<Out = T>,
        F: Fn(&LayerKey) -> R,
    {
        let mut layers = Vec::with_capacity(image.layers().len());
        for layer in image.layers() {
            layers.push(self.layer(layer, reader, options).await?);
        }
        Ok(layers)
    }

    /// Returns what was read of one layer. One that is called something else than files and is no tar was
    /// compared with its digest, and is passed over.
    pub(crate) async fn layer<R, F>(
        &mut self,
        layer: &Layer,
        reader: &F,
        options: &Options,
    ) -> Result<Held<T>, Error>
    where
        R: LayerReader<Out = T>,
        F: Fn(&LayerKey) -> R,
    {
        let name = member_of(layer);
        let target = self.passed.target(&name).to_owned();
        if let Some((_, blob)) = layer.blob()
            && layer.is_called_otherwise()
            && (self.others.contains_key(&target) || !self.members.members.contains_key(&target))
            && self.passed.open(&name)?.is_some()
        {
            let (stored, mut own) = (self.blob(blob).await?, reader(&LayerKey::from(layer)));
            let whole = passed_over(layer, stored, &mut own, options.limits.layerfs)?;
            return Ok((target, Arc::new(Reading::new(whole, own.finish().await))));
        }
        let Some(outcome) = self.members.outcome(&target) else {
            return Err(absent(&self.passed, layer, &name));
        };
        let reading = outcome.map_err(|error| error.about(layer))?;
        layer.check(&reading.measured.stored, &reading.measured.unpacked)?;
        Ok((target, reading))
    }
}

/// Reads the archive to its end: documents are kept, what looks like a layer is read as one.
async fn read_members<A, R, F>(
    mut members: Members<A>,
    passed: &mut Passed,
    place: &str,
    options: &Options,
    reader: F,
) -> Result<(Read<R::Out>, Others), Error>
where
    A: AsyncBufRead + Unpin,
    R: LayerReader + 'static,
    R::Out: Send + Sync + 'static,
    F: Fn(&LayerKey) -> R,
{
    let limits = &options.limits.model;
    let document_bytes = limits.config_bytes.max(limits.manifest_bytes);
    let (mut read, mut others) = (Read::new(place, &options.limits), Others::new());
    let mut running: FuturesUnordered<Running<R::Out>> = FuturesUnordered::new();
    while let Some(member) = members.next().await? {
        read.replace(&member.name);
        if let Some(target) = member.link {
            passed.link(member.name, target);
            continue;
        }
        let mut head = Vec::new();
        members.read(&mut head, CHUNK).await?;
        match look(&head) {
            Head::Document if member.size <= document_bytes => {
                members.read(&mut head, usize::MAX).await?;
                passed.document(member.name, head)?;
                continue;
            }
            found => {
                passed.other(member.name.clone(), member.size);
                if found != Head::Layer {
                    let claim = Claim::of_member(&member.name);
                    if claim.digest.is_some() {
                        let stored = hash(&mut members, head, claim).await?;
                        others.insert(member.name, stored);
                    }
                    continue;
                }
            }
        }
        while running.len() >= options.limits.layers_in_flight.max(1) {
            if let Some((member, reading)) = running.next().await {
                read.keep(member, reading)?;
            }
        }
        let (mut filler, drainer) = lane();
        let span = tracing::info_span!("layer", member = %member.name);
        let key = LayerKey { member: Some(member.name.clone()), ..LayerKey::default() };
        let (reader, options, own) = (reader(&key), options.clone(), read.begin(member.name));
        let task = async move {
            let reading = of_member(&own.0, LaneReader::from(drainer), reader, &options).await;
            (own, reading)
        };
        running.push(on_task(task.instrument(span)));
        while filler.send(head).await {
            let Some(buffer) = filler.buffer().await else { break };
            head = buffer;
            members.read(&mut head, CHUNK).await?;
            if head.is_empty() {
                break;
            }
        }
    }
    while let Some((member, reading)) = running.next().await {
        read.keep(member, reading)?;
    }
    for name in &read.no_tars {
        if let (Some(digest), Some((_, size))) = (Claim::of_member(name).digest, passed.open(name)?)
        {
            others.insert(name.clone(), Ok(Stored { digest, size }));
        }
    }
    Ok((read, others))
}

/// Reads the rest of a member, which begins with `chunk`, and compares all of it with what its name says.
async fn hash<A: AsyncBufRead + Unpin>(
    members: &mut Members<A>,
    mut chunk: Vec<u8>,
    claim: Claim,
) -> Result<Result<Stored, ModelError>, ModelError> {
    let what = claim.digest.as_ref().map(|digest| format!("blob {digest}")).unwrap_or_default();
    let mut check = StoredCheck::new(what, claim)?;
    while !chunk.is_empty() {
        if let Err(error) = check.update(&chunk) {
            return Ok(Err(error));
        }
        chunk.clear();
        members.read(&mut chunk, CHUNK).await?;
    }
    Ok(check.verdict())
}

async fn of_member<R: LayerReader>(
    name: &str,
    bytes: LaneReader,
    mut reader: R,
    options: &Options,
) -> Result<Reading<R::Out>, Refused> {
    let stream = Stream::of_member(name, bytes, options).await;
    let stream = stream.map_err(|error| (error.into(), false))?;
    let (what, is_tar) = (stream.what().to_owned(), stream.is_tar());
    let walked = stream.walk(options, &mut reader).await.map_err(|error| {
        // Whatever ends the walk, the stored bytes are compared to their end.
        let is_compared =
            Claim::of_member(name).digest.is_some() && error.class() == Class::Malformed;
        let is_wrong = matches!(&error, Error::Model(error) if error.is_about_bytes());
        let is_no_tar = is_compared && !is_wrong && !is_tar.load(Ordering::Relaxed);
        (error, is_no_tar)
    })?;
    let whole = walked.ok_or_else(|| (Error::unfinished(what), false))?;
    Ok(Reading::new(whole, reader.finish().await))
}

/// Returns the name of the member that holds a layer.
fn member_of(layer: &Layer) -> String {
    match (layer.member(), layer.digest()) {
        (Some(name), _) => name.to_owned(),
        (None, Some(digest)) => name_of(digest),
        (None, None) => String::new(),
    }
}

/// Returns the name of the member that holds a blob of a layout.
fn name_of(digest: &Digest) -> String {
    format!("blobs/{}/{}", digest.algorithm_name(), digest.encoded())
}

/// Returns what is wrong with a layer whose member was not read as one.
fn absent(passed: &Passed, layer: &Layer, name: &str) -> Error {
    match passed.open(name) {
        Ok(Some(_)) => {
            ModelError::malformed(layer.what(), "is neither a tar nor a compressed one").into()
        }
        _ => layer.missing().into(),
    }
}
