//! Reading an archive that passes by, such as one on standard input.
//!
//! Which members are layers is known for sure only when the documents have passed, and they may come
//! last. So every member that looks like a layer is read as one while it passes, and matched to the
//! image afterwards. Members of equal bytes are kept once, only so many that differ, and of all together
//! no more entries than one image may have.

use std::collections::HashMap;
use std::sync::Arc;

use cutaway_model::source::{self, Files, Form, Members, Passed};
use cutaway_model::{
    Claim, Decoded, DiffId, Error as ModelError, Image, Layer, Limits as ModelLimits, MediaType,
    Stored, StoredCheck,
};
use cutaway_ref::Digest;
use cutaway_tar::len64;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncBufRead, BufReader};
use tracing::Instrument as _;

use crate::head::{Head, look};
use crate::lane::{CHUNK, LaneReader, lane};
use crate::stream::Stream;
use crate::task::{Task, on_task};
use crate::{Archive, Error, LayerKey, LayerReader, Options, Reading};

/// A layer, and the member that held it.
type Held<T> = (String, Arc<Reading<T>>);

/// A member that is being read as a layer.
type Running<T> = Task<(Occurrence, Result<Reading<T>, Error>)>;

/// A member by its name, and how many were read as layers before it.
type Occurrence = (String, u64);

/// What came of a member that was read as a layer.
type Outcome<T> = Result<Arc<Reading<T>>, Error>;

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
        reader: F,
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

    /// Returns whether all layers of an image were read as such.
    pub(crate) fn has_layers(&self, image: &Image) -> bool {
        let is_read = |layer: &Layer| {
            let outcome = self.members.members.get(self.passed.target(&member_of(layer)));
            // Of a type that says nothing, the error is that of the layer.
            let is_meant = layer.media_type().is_some_and(MediaType::says_nothing);
            outcome.is_some_and(|outcome| is_meant || outcome.is_ok())
        };
        image.layers().iter().all(is_read)
    }

    /// Returns what a blob that passed was, and was not kept for; none where it is kept, or was read as a layer.
    ///
    /// # Errors
    ///
    /// Returns how it is not what the image says of it.
    pub(crate) fn other(&mut self, layer: &Layer) -> Result<Option<Stored>, ModelError> {
        let Some(stored) = self.others.remove(&member_of(layer)).transpose()? else {
            return Ok(None);
        };
        if let Some(expected) = layer.size().filter(|size| *size != stored.size) {
            let (what, found) = (layer.what(), stored.size.to_string());
            return Err(ModelError::Size { what, expected, found });
        }
        Ok(Some(stored))
    }

    /// Returns what was read of the layers of an image among the documents, oldest first, each of which
    /// was what the image says of it, with the member that held it.
    pub(crate) fn layers(&mut self, image: &Image) -> Result<Vec<Held<T>>, Error> {
        let mut layers = Vec::with_capacity(image.layers().len());
        for layer in image.layers() {
            let name = member_of(layer);
            let target = self.passed.target(&name).to_owned();
            let Some(outcome) = self.members.outcome(&target) else {
                return Err(absent(&self.passed, layer, &name));
            };
            let reading = outcome.map_err(|error| error.about(layer))?;
            layer.check(&reading.measured.stored, &reading.measured.unpacked)?;
            layers.push((target, reading));
        }
        Ok(layers)
    }
}

/// Members that were read as layers, by name; those of equal bytes once.
struct Read<T> {
    place: String,
    /// The last member of each name: one replaces those before it, whichever of them is read first.
    last: HashMap<String, u64>,
    begun: u64,
    members: HashMap<String, Outcome<T>>,
    same: HashMap<(Digest, DiffId), Arc<Reading<T>>>,
    failed: u64,
    max: u64,
    /// The entries of all that is kept.
    entries: u64,
    max_entries: u64,
}

impl<T> Read<T> {
    fn new(place: &str, limits: &crate::Limits) -> Self {
        Self {
            place: place.to_owned(),
            last: HashMap::new(),
            begun: 0,
            members: HashMap::new(),
            same: HashMap::new(),
            failed: 0,
            max: limits.archive_layers,
            entries: 0,
            max_entries: limits.layerfs.tar.entries,
        }
    }

    /// Forgets what came of members of a name: another one follows.
    fn replace(&mut self, name: &str) {
        self.members.remove(name);
        self.last.remove(name);
    }

    /// Begins with a member.
    fn begin(&mut self, name: String) -> Occurrence {
        self.begun = self.begun.saturating_add(1);
        self.last.insert(name.clone(), self.begun);
        (name, self.begun)
    }

    /// Keeps what came of a member, unless another one has replaced it.
    fn keep(
        &mut self,
        (name, number): Occurrence,
        read: Result<Reading<T>, Error>,
    ) -> Result<(), ModelError> {
        let outcome = match read {
            Ok(reading) => {
                let Stored { digest, .. } = &reading.measured.stored;
                let key = (digest.clone(), reading.measured.unpacked.diff_id.clone());
                let kept = self.same.entry(key).or_insert_with(|| {
                    let fresh = u64::from(reading.listing.len());
                    self.entries = self.entries.saturating_add(fresh);
                    Arc::new(reading)
                });
                Ok(Arc::clone(kept))
            }
            // What is over depends on all that is held, whichever member it was.
            Err(Error::Model(error @ ModelError::Limit { limit: "held_bytes", .. })) => {
                return Err(error);
            }
            Err(error) => {
                self.failed = self.failed.saturating_add(1);
                Err(error)
            }
        };
        let distinct = len64(self.same.len());
        let distinct = distinct.saturating_add(self.failed);
        for (found, limit, max) in
            [(distinct, "archive_layers", self.max), (self.entries, "entries", self.max_entries)]
        {
            if found > max {
                let what = format!("members of {} that may be layers", self.place);
                return Err(ModelError::Limit { what, limit, max });
            }
        }
        if self.last.get(&name) == Some(&number) {
            self.members.insert(name, outcome);
        }
        Ok(())
    }

    /// Returns what came of a member, which an image may list more than once.
    fn outcome(&mut self, name: &str) -> Option<Outcome<T>> {
        match self.members.get(name)? {
            Ok(reading) => Some(Ok(Arc::clone(reading))),
            // The first failure ends the reading, so nobody asks again.
            Err(_) => self.members.remove(name),
        }
    }

    /// Returns the first failure in the order of the names, so that the same archive fails in the same way.
    fn none_failed(&mut self) -> Result<(), Error> {
        let failed = self.members.iter().filter(|(_, outcome)| outcome.is_err());
        let first = failed.map(|(name, _)| name).min().cloned();
        let outcome = first.and_then(|name| self.members.remove(&name));
        outcome.map_or(Ok(()), |outcome| outcome.map(drop))
    }

    /// Returns the members that were read to their end, in any order.
    fn sound(&self) -> impl Iterator<Item = (&String, &Arc<Reading<T>>)> {
        self.members.iter().filter_map(|(name, outcome)| Some((name, outcome.as_ref().ok()?)))
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
) -> Result<Reading<R::Out>, Error> {
    let stream = Stream::of_member(name, bytes, options).await?;
    let what = stream.what().to_owned();
    let walked = stream.walk(options, &mut reader).await?;
    let whole = walked.ok_or_else(|| Error::unfinished(what))?;
    Ok(Reading::new(whole, reader.finish().await))
}

/// Returns the name of the member that holds a layer.
fn member_of(layer: &Layer) -> String {
    match (layer.member(), layer.digest()) {
        (Some(name), _) => name.to_owned(),
        (None, Some(digest)) => format!("blobs/{}/{}", digest.algorithm_name(), digest.encoded()),
        (None, None) => String::new(),
    }
}

/// Returns what is wrong with a layer whose member was not read as one.
fn absent(passed: &Passed, layer: &Layer, name: &str) -> Error {
    match passed.open(name) {
        Ok(Some(_)) => {
            ModelError::malformed(layer.what(), "is neither a tar nor a compressed one").into()
        }
        _ => ModelError::Missing { what: layer.what() }.into(),
    }
}
