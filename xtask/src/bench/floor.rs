//! What the bytes alone cost: decompress every layer of an OCI archive, hash it before and after.
//!
//! No tar walk, no analysis, no limits, no report. Layers are read in place, by their offset in the
//! archive, one thread a core, the largest first; overlapped, each layer has a second thread that
//! hashes what the first decompressed. The digests are compared, so the work cannot be left out.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::{BufReader, Read, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Bytes that are read, decompressed and handed over at once.
const CHUNK: usize = 256 * 1024;

/// A layer in the archive.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    offset: u64,
    /// Stored bytes.
    pub(crate) size: u64,
    digest: String,
    diff_id: String,
    media_type: String,
}

/// Reads and hashes all layers of the archive on all cores.
pub(crate) fn run(archive: &Path, overlap: bool) -> Result<()> {
    let mut layers = layers(archive)?;
    layers.sort_by_key(|layer| std::cmp::Reverse(layer.size));
    let queue = Mutex::new(VecDeque::from(layers));
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let cores = std::thread::available_parallelism()?.get();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores)
            .map(|_| {
                scope.spawn(|| {
                    while let Some(layer) = next() {
                        read(archive, &layer, overlap)?;
                    }
                    Ok(())
                })
            })
            .collect();
        workers.into_iter().try_for_each(|worker| {
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    })
}

/// Returns the layers that the archive's one image names, with their places.
pub(crate) fn layers(archive: &Path) -> Result<Vec<Layer>> {
    let members = members(archive)?;
    let document = |name: &str| -> Result<Value> {
        let (offset, size) =
            members.get(name).with_context(|| format!("no {name} in the archive"))?;
        let mut text = Vec::new();
        part(archive, *offset, *size)?.read_to_end(&mut text)?;
        Ok(serde_json::from_slice(&text)?)
    };
    let blob = |digest: &str| format!("blobs/{}", digest.replacen(':', "/", 1));
    let index = document("index.json")?;
    let manifest = document(&blob(text(&index, "/manifests/0/digest")?))?;
    let config = document(&blob(text(&manifest, "/config/digest")?))?;
    let count = manifest.pointer("/layers").and_then(Value::as_array).map_or(0, Vec::len);
    (0..count)
        .map(|position| {
            let digest = text(&manifest, &format!("/layers/{position}/digest"))?;
            let (offset, size) = *members.get(&blob(digest)).context("a layer is missing")?;
            Ok(Layer {
                offset,
                size,
                digest: digest.to_owned(),
                diff_id: text(&config, &format!("/rootfs/diff_ids/{position}"))?.to_owned(),
                media_type: text(&manifest, &format!("/layers/{position}/mediaType"))?.to_owned(),
            })
        })
        .collect()
}

fn text<'a>(document: &'a Value, pointer: &str) -> Result<&'a str> {
    document.pointer(pointer).and_then(Value::as_str).with_context(|| format!("no {pointer}"))
}

/// Names, offsets and sizes of an archive that we wrote ourselves: short names, octal sizes.
fn members(archive: &Path) -> Result<BTreeMap<String, (u64, u64)>> {
    let mut file = File::open(archive)?;
    let mut members = BTreeMap::new();
    let mut header = [0; 512];
    let mut offset: u64 = 0;
    loop {
        file.seek(SeekFrom::Start(offset))?;
        if file.read_exact(&mut header).is_err() || header.first() == Some(&0) {
            return Ok(members);
        }
        let field = |from: usize, length: usize| {
            let bytes: Vec<u8> = header
                .iter()
                .skip(from)
                .take(length)
                .copied()
                .take_while(|byte| *byte != 0)
                .collect();
            String::from_utf8_lossy(&bytes).trim().to_owned()
        };
        let size = u64::from_str_radix(&field(124, 12), 8).context("a size in the archive")?;
        offset = offset.saturating_add(512);
        members.insert(field(0, 100), (offset, size));
        offset = offset.saturating_add(size.next_multiple_of(512));
    }
}

fn part(archive: &Path, offset: u64, size: u64) -> Result<std::io::Take<File>> {
    let mut file = File::open(archive)?;
    file.seek(SeekFrom::Start(offset))?;
    Ok(file.take(size))
}

fn read(archive: &Path, layer: &Layer, overlap: bool) -> Result<()> {
    let mut stored =
        Hashing { inner: part(archive, layer.offset, layer.size)?, hash: Sha256::new() };
    let diff_id = {
        let buffered = BufReader::with_capacity(CHUNK, &mut stored);
        let plain: Box<dyn Read + '_> = if layer.media_type.ends_with("gzip") {
            Box::new(flate2::bufread::MultiGzDecoder::new(buffered))
        } else if layer.media_type.ends_with("zstd") {
            Box::new(zstd::Decoder::with_buffer(buffered)?)
        } else {
            Box::new(buffered)
        };
        if overlap { hash_beside(plain)? } else { hash_here(plain)? }
    };
    // A decoder may stop before the last byte, and the digest covers that, too.
    std::io::copy(&mut stored, &mut std::io::sink())?;
    let digest = hex(stored.hash);
    ensure!(digest == layer.digest, "layer {} has the digest {digest}", layer.digest);
    ensure!(
        diff_id == layer.diff_id,
        "layer {} has the diffID {diff_id}, not {}",
        layer.digest,
        layer.diff_id
    );
    Ok(())
}

fn hash_here(mut plain: impl Read) -> Result<String> {
    let mut hash = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        let length = fill(&mut plain, &mut chunk)?;
        if length == 0 {
            return Ok(hex(hash));
        }
        hash.update(chunk.get(..length).unwrap_or_default());
    }
}

fn hash_beside(mut plain: impl Read) -> Result<String> {
    let (full, to_hash) = sync_channel::<(Vec<u8>, usize)>(4);
    let (empty, to_fill) = sync_channel::<Vec<u8>>(8);
    std::thread::scope(|scope| {
        let hasher = scope.spawn(move || {
            let mut hash = Sha256::new();
            for (chunk, length) in to_hash {
                hash.update(chunk.get(..length).unwrap_or_default());
                // Nobody wants the buffer back once all is read.
                let _ = empty.try_send(chunk);
            }
            hex(hash)
        });
        loop {
            let mut chunk = to_fill.try_recv().unwrap_or_else(|_| vec![0; CHUNK]);
            let length = fill(&mut plain, &mut chunk)?;
            if length == 0 {
                break;
            }
            if full.send((chunk, length)).is_err() {
                bail!("the hashing thread ended early");
            }
        }
        drop(full);
        Ok(hasher.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

/// Reads until the chunk is full or the stream ends.
fn fill(from: &mut impl Read, chunk: &mut [u8]) -> Result<usize> {
    let mut filled: usize = 0;
    while let Some(rest) = chunk.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        let length = from.read(rest)?;
        if length == 0 {
            break;
        }
        filled = filled.saturating_add(length);
    }
    Ok(filled)
}

/// Hashes what is read through it.
#[derive(Debug)]
struct Hashing<R> {
    inner: R,
    hash: Sha256,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.hash.update(buffer.get(..length).unwrap_or_default());
        Ok(length)
    }
}

fn hex(hash: Sha256) -> String {
    let digits: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}

#[cfg(test)]
mod tests {
    use cutaway_fixtures::{ArchiveShape, Layout, image};

    use super::*;

    #[test]
    fn reads_every_compression_and_notices_a_wrong_byte() {
        let sound = image(
            "layer gzip members=3\n  a 0644 zeros=900000\nlayer zstd frames=2\n  b 0644 \"x\"\nlayer plain\n  c 0644 \"y\"",
        );
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.tar");
        for (image, fine) in [
            (sound.clone(), true),
            (sound.clone().wrong_diff_id(0), false),
            (sound.clone().flip_byte(2, 600), false),
            (sound.append_to_stream(2, b"x"), false),
        ] {
            std::fs::write(
                &file,
                Layout::new().image("latest", &image).archive(&ArchiveShape::default()),
            )
            .unwrap();
            for overlap in [false, true] {
                assert_eq!(run(&file, overlap).is_ok(), fine, "{overlap}");
            }
        }
    }
}
