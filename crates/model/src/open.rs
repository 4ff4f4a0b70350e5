//! From a descriptor to an image: fetch, verify, choose the platform, pair.

use std::collections::BTreeSet;
use std::sync::Arc;

use cutaway_ref::Platform;
use tokio::io::AsyncReadExt as _;

use crate::carried::check;
use crate::document::SCHEMA_1;
use crate::verify::{Claim, Stored, Verified, algorithm_of};
use crate::{
    BlobStream, Blobs, Config, Descriptor, Document, Error, Image, Index, Limits, Manifest,
    MediaType, Remark, Stated,
};

/// Opens the image that `root` points to, or the child of its index that fits `platform` best.
///
/// Reads one manifest for `root`, none where `raw` brings its bytes, one more for each index on the
/// way, and the config; no layer. An image that is no child of an index is opened whatever its platform.
/// Where no child names the platform, children that name none are opened, at most `platform_guesses`
/// of them, and the first whose config fits is taken.
///
/// # Errors
///
/// Returns [`Error::NotFound`] where an index has no child for the platform, and everything that
/// reading, verifying and pairing fail with.
pub async fn open(
    blobs: Arc<dyn Blobs>,
    root: Descriptor,
    raw: Option<Vec<u8>>,
    platform: &Platform,
    limits: &Limits,
) -> Result<Image, Error> {
    let Chosen { stated, remark } = choose(blobs.as_ref(), root, raw, platform, limits).await?;
    let Stated { descriptor, raw, manifest } = stated;
    let config = read_config(blobs.as_ref(), &manifest, limits).await?;
    let mut image = Image::from_manifest(&blobs, descriptor, raw, manifest, config, limits)?;
    image.add_remarks(remark);
    Ok(image)
}

/// A manifest that a name stands for on a platform.
pub(crate) struct Chosen {
    pub(crate) stated: Stated,
    /// How it was chosen, where that is worth a word.
    pub(crate) remark: Option<Remark>,
}

/// A document on the way from a root to an image.
struct Candidate {
    descriptor: Descriptor,
    brought: Option<Vec<u8>>,
    depth: u64,
    /// Whether nobody has named its platform, so that its config has to.
    guessed: bool,
    /// Whether another one fits as well, so that this one need not be there.
    spare: bool,
}

/// Goes from `root` to the manifest that fits `platform` best. Reads no config but those of children without a platform.
pub(crate) async fn choose(
    blobs: &dyn Blobs,
    root: Descriptor,
    raw: Option<Vec<u8>>,
    platform: &Platform,
    limits: &Limits,
) -> Result<Chosen, Error> {
    let mut seen = BTreeSet::new();
    let mut todo =
        vec![Candidate { descriptor: root, brought: raw, depth: 0, guessed: false, spare: false }];
    let (mut refusal, mut variant) = (None, None);
    while let Some(Candidate { descriptor, brought, depth, guessed, spare }) = todo.pop() {
        let what = format!("manifest {}", descriptor.digest);
        if depth > limits.index_depth {
            let what = format!("index around {what}");
            return Err(Error::Limit { what, limit: "index_depth", max: limits.index_depth });
        }
        if !seen.insert(descriptor.digest.clone()) {
            if guessed || spare {
                continue;
            }
            return Err(Error::malformed(what, "lists itself: the indexes form a cycle"));
        }
        refuse_schema_1(&descriptor, &what)?;
        let (document, raw) = match brought {
            Some(raw) => {
                check(&raw, &descriptor, &what)?;
                (Document::parse(&raw, Some(&descriptor.media_type), limits, &what)?, raw)
            }
            None => match read_document(blobs, &descriptor, limits).await {
                // What an index lists and its place lacks may be no image of ours.
                Err(Error::Missing { .. } | Error::NotFound { .. }) if guessed => continue,
                Err(error @ (Error::Missing { .. } | Error::NotFound { .. })) if spare => {
                    let error = in_index(error, &descriptor);
                    tracing::warn!(%error, "another child fits as well");
                    variant = Some(Remark::new("child-absent", error.to_string()));
                    refusal.get_or_insert(error);
                    continue;
                }
                read if depth > 0 => read.map_err(|error| in_index(error, &descriptor))?,
                read => read?,
            },
        };
        match document {
            Document::Manifest(manifest) => {
                let remark = if guessed {
                    let Some(built_for) = platform_of(blobs, &manifest, limits).await? else {
                        continue;
                    };
                    if built_for.distance(platform).is_none() {
                        continue;
                    }
                    let message = format!(
                        "the index names no platform for {}, its config names {built_for}",
                        descriptor.digest
                    );
                    Some(Remark::new("platform-not-named", message))
                } else {
                    None
                };
                let remark = remark.or(variant);
                return Ok(Chosen { stated: Stated { descriptor, raw, manifest }, remark });
            }
            Document::Index(index) => {
                let depth = depth.saturating_add(1);
                let candidate = |child: &Descriptor, guessed| Candidate {
                    descriptor: child.clone(),
                    brought: None,
                    depth,
                    guessed,
                    spare: false,
                };
                if let Some(kind) = no_image(&index) {
                    let what = format!("index {}", descriptor.digest);
                    let rule = format!("lists no image: what it lists is of type {kind}");
                    return Err(Error::malformed(what, rule));
                }
                match children(&index, platform, limits) {
                    Children::Fitting(fitting) => {
                        let spare = fitting.len() > 1;
                        // The best is the first to be taken out again.
                        todo.extend(fitting.into_iter().rev().map(|child| {
                            tracing::debug!(index = %descriptor.digest, child = %child.digest, %platform, "fits");
                            Candidate { spare, ..candidate(child, false) }
                        }));
                    }
                    Children::OtherVariant(child, has) => {
                        let message =
                            format!("the index has {has} for {platform}, and no other variant");
                        tracing::warn!(index = %descriptor.digest, "{message}");
                        variant = Some(Remark::new("platform-variant", message));
                        todo.push(candidate(child, false));
                    }
                    Children::Only(child) => todo.push(candidate(child, guessed)),
                    Children::Unnamed(children) => {
                        refusal.get_or_insert_with(|| absent(&index, platform, &descriptor));
                        // The first in the index is the first to be taken out again.
                        todo.extend(children.into_iter().rev().map(|child| candidate(child, true)));
                    }
                }
            }
        }
    }
    // Without an index on the way there is nothing that could be skipped.
    Err(refusal.unwrap_or_else(|| Error::malformed("index", "lists no image")))
}

/// Reads a blob to its end, and returns what it was where that is what `descriptor` says.
///
/// # Errors
///
/// Returns what keeps the blob from being read, and how it is not what its descriptor says.
pub async fn verify_blob(blobs: &dyn Blobs, descriptor: &Descriptor) -> Result<Stored, Error> {
    loop {
        let read = verify_once(blobs, descriptor).await;
        match &read {
            Err(error) if error.is_about_bytes() && blobs.report_bad_bytes(descriptor).await => {}
            _ => return read,
        }
    }
}

async fn verify_once(blobs: &dyn Blobs, descriptor: &Descriptor) -> Result<Stored, Error> {
    let what = format!("blob {}", descriptor.digest);
    let stream: BlobStream = match descriptor.carried() {
        Some(data) => Box::new(std::io::Cursor::new(data.to_vec())),
        None => blobs.open(descriptor).await?,
    };
    let claim = Claim { digest: Some(descriptor.digest.clone()), size: Some(descriptor.size) };
    let mut verified = Verified::new(stream, what.as_str(), claim)?;
    let outcome = verified.outcome();
    let read = tokio::io::copy_buf(&mut verified, &mut tokio::io::sink()).await;
    read.map_err(|error| Error::from_io(error, &what))?;
    outcome.stored().cloned().ok_or_else(|| Error::malformed(what, "was not read to its end"))
}

/// Says of an entry that is not there that it is an index that lists it.
fn in_index(error: Error, child: &Descriptor) -> Error {
    if !matches!(error, Error::NotFound { .. } | Error::Missing { .. }) {
        return error;
    }
    let platform = child.platform.as_ref().map(|platform| format!(" ({platform})"));
    let entry = format!("{}{}", child.digest, platform.unwrap_or_default());
    Error::Entry { entry, source: Box::new(error) }
}

/// Refuses the manifests of Docker's schema 1 by name, before their digest is looked at: that of a signed one is
/// not of its bytes.
fn refuse_schema_1(descriptor: &Descriptor, what: &str) -> Result<(), Error> {
    match descriptor.media_type.is_schema_1() {
        true => Err(Error::malformed(what, SCHEMA_1)),
        false => Ok(()),
    }
}

/// Returns the type of what an index lists where nothing in it can be an image, as in a build cache: layers,
/// and perhaps a config.
fn no_image(index: &Index) -> Option<&MediaType> {
    let is_document =
        |child: &Descriptor| child.platform.is_some() || child.media_type.may_be_document();
    let last = index.manifests.last()?;
    (!index.manifests.iter().any(is_document)).then_some(&last.media_type)
}

/// The children of an index that may be meant.
enum Children<'a> {
    /// The only one for the machine, though of another variant, where none was asked for.
    OtherVariant(&'a Descriptor, &'a Platform),
    /// Those that fit, the best first; equals in the order of the index.
    Fitting(Vec<&'a Descriptor>),
    /// One without a platform that is a nested index or the only child, and so the image itself.
    Only(&'a Descriptor),
    /// Those without a platform, attestations aside; none is like this where all name another one.
    Unnamed(Vec<&'a Descriptor>),
}

fn children<'a>(index: &'a Index, platform: &Platform, limits: &Limits) -> Children<'a> {
    let mut fitting: Vec<_> = index
        .manifests
        .iter()
        .filter_map(|child| Some((child.platform.as_ref()?.distance(platform)?, child)))
        .collect();
    if !fitting.is_empty() {
        fitting.sort_by_key(|(distance, _)| *distance);
        return Children::Fitting(fitting.into_iter().map(|(_, child)| child).collect());
    }
    let mut alike = index.manifests.iter().filter_map(|child| {
        let has = child.platform.as_ref().filter(|has| has.is_other_variant_of(platform))?;
        (!is_attestation(child)).then_some((child, has))
    });
    if let (Some((child, has)), None) = (alike.next(), alike.next()) {
        return Children::OtherVariant(child, has);
    }
    let unnamed: Vec<_> = index
        .manifests
        .iter()
        .filter(|child| child.platform.is_none() && !is_attestation(child))
        .filter(|child| child.media_type.may_be_document())
        .take(usize::try_from(limits.platform_guesses).unwrap_or(usize::MAX))
        .collect();
    match unnamed.as_slice() {
        [child] if index.manifests.len() == 1 || child.media_type.is_index() => {
            Children::Only(child)
        }
        _ => Children::Unnamed(unnamed),
    }
}

/// Returns whether an entry says something about another entry (BuildKit, "Attestation storage").
fn is_attestation(child: &Descriptor) -> bool {
    child.annotations.contains_key("vnd.docker.reference.type")
}

/// Makes the error of an index without a child for the platform.
fn absent(index: &Index, platform: &Platform, parent: &Descriptor) -> Error {
    let there: BTreeSet<String> = index
        .manifests
        .iter()
        .filter(|child| !is_attestation(child))
        .map(|child| {
            child
                .platform
                .as_ref()
                .map_or_else(|| "one without a platform".to_owned(), Platform::in_full)
        })
        .collect();
    let there = if there.is_empty() {
        "nothing".into()
    } else {
        there.into_iter().take(30).collect::<Vec<_>>().join(", ")
    };
    Error::NotFound {
        what: format!("platform {}", platform.in_full()),
        place: format!("index {}, which has {there}", parent.digest),
    }
}

/// Returns the platform that the config of a manifest names; `None` for artifacts and where the config is missing.
///
/// What the type of the config is does not matter: a document that names one is a config.
async fn platform_of(
    blobs: &dyn Blobs,
    manifest: &Manifest,
    limits: &Limits,
) -> Result<Option<Platform>, Error> {
    let is_config = manifest.config.media_type.is_config();
    match read_config(blobs, manifest, limits).await {
        Err(Error::Missing { .. } | Error::NotFound { .. }) => Ok(None),
        Err(Error::Limit { .. }) if !is_config => Ok(None),
        read => {
            let what = format!("config {}", manifest.config.digest);
            match Config::parse(&read?, &what) {
                Ok(config) => Ok(Some(config.platform)),
                Err(_) if !is_config => Ok(None),
                Err(error) => Err(error),
            }
        }
    }
}

/// Reads the config of a manifest.
pub(crate) async fn read_config(
    blobs: &dyn Blobs,
    manifest: &Manifest,
    limits: &Limits,
) -> Result<Vec<u8>, Error> {
    let what = format!("config {}", manifest.config.digest);
    read_blob(blobs, &manifest.config, &what, "config_bytes", limits.config_bytes).await
}

/// Reads the manifest or the index that `descriptor` points to, and returns it with its bytes.
///
/// The bytes are verified. Nothing that the document lists is read, so this is the way to look at an
/// index and its children, and at artifacts that are no image.
///
/// # Errors
///
/// Returns what reading, verifying and parsing fail with.
pub async fn read_document(
    blobs: &dyn Blobs,
    descriptor: &Descriptor,
    limits: &Limits,
) -> Result<(Document, Vec<u8>), Error> {
    let what = format!("manifest {}", descriptor.digest);
    refuse_schema_1(descriptor, &what)?;
    let raw = read_blob(blobs, descriptor, &what, "manifest_bytes", limits.manifest_bytes).await?;
    Ok((Document::parse(&raw, Some(&descriptor.media_type), limits, &what)?, raw))
}

/// Reads a small blob whole, from the descriptor itself where it carries the bytes.
async fn read_blob(
    blobs: &dyn Blobs,
    descriptor: &Descriptor,
    what: &str,
    limit: &'static str,
    max: u64,
) -> Result<Vec<u8>, Error> {
    if descriptor.size > max {
        return Err(Error::Limit {
            what: format!("{what} with {} bytes", descriptor.size),
            limit,
            max,
        });
    }
    algorithm_of(Some(&descriptor.digest), what)?;
    if let Some(data) = descriptor.carried() {
        return Ok(data.to_vec());
    }
    loop {
        let read = read_once(blobs, descriptor, what).await;
        match &read {
            Err(error) if error.is_about_bytes() && blobs.report_bad_bytes(descriptor).await => {}
            _ => return read,
        }
    }
}

async fn read_once(
    blobs: &dyn Blobs,
    descriptor: &Descriptor,
    what: &str,
) -> Result<Vec<u8>, Error> {
    let stream = blobs.open(descriptor).await.map_err(|error| match error {
        Error::Missing { .. } => Error::Missing { what: what.to_owned() },
        other => other,
    })?;
    let claim = Claim { digest: Some(descriptor.digest.clone()), size: Some(descriptor.size) };
    let mut stream = Verified::new(stream, what, claim)?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.map_err(|error| Error::of_document(error, what))?;
    Ok(bytes)
}
