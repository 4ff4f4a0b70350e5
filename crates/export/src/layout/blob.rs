//! One blob of a layout: looked for, and written while it is received.

use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use cutaway_model::{BlobStream, Blobs, Claim, Descriptor, Error, SinkError, StoredCheck};
use tokio::io::AsyncReadExt as _;
use tokio::sync::mpsc;

use super::named::{create, give_name, open, shown};
use crate::blocking::{Stop, blocking};

/// How many bytes are written at once, and the most that is lost of a blob that breaks off.
const CHUNK: usize = 256 << 10;
/// How many pieces lie between who receives and who writes.
const PIECES: usize = 4;

/// Returns whether the blob is there with the right bytes.
pub(super) fn holds(path: &Path, blob: &Descriptor, stop: &Stop) -> bool {
    let is_it = |file: File| -> io::Result<bool> {
        let metadata = file.metadata()?;
        if !metadata.is_file() || metadata.len() != blob.size {
            return Ok(false);
        }
        let Ok(mut check) = check(blob) else { return Ok(false) };
        Ok(hash(file, &mut check, stop)? && check.verdict().is_ok())
    };
    let is_regular = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file());
    is_regular && File::open(path).and_then(is_it).unwrap_or(false)
}

/// Receives a blob, or the rest of it where an earlier run has left its beginning at `beside`, and gives
/// it the name `path`; returns how many bytes came.
pub(super) async fn put(
    blob: &Descriptor,
    from: &dyn Blobs,
    beside: PathBuf,
    path: PathBuf,
) -> Result<u64, SinkError> {
    if let Some(data) = blob.carried() {
        let stream = Box::new(io::Cursor::new(data.to_vec()));
        return receive(stream, 0, blob, &beside, &path).await;
    }
    let mut begun = begun(&beside, blob.size);
    loop {
        let rest = match begun {
            0 => None,
            begun => from.resume(blob, begun).await?,
        };
        let stream = match rest {
            Some(rest) => rest,
            None => {
                begun = 0;
                from.open(blob).await?
            }
        };
        match receive(stream, begun, blob, &beside, &path).await {
            // The fault may be that of the first part, which nobody has verified.
            Err(SinkError::Model(error)) if error.is_about_bytes() && begun > 0 => {
                tracing::info!(digest = %blob.digest, %error, "all of it again");
                begun = 0;
            }
            Err(SinkError::Model(error)) if error.is_about_bytes() => {
                if !from.report_bad_bytes(blob).await {
                    return Err(error.into());
                }
            }
            received => return received,
        }
    }
}

/// Returns how many bytes of a blob of `size` an earlier run has left.
fn begun(beside: &Path, size: u64) -> u64 {
    let metadata = fs::symlink_metadata(beside).ok().filter(|metadata| metadata.is_file());
    metadata.map(|metadata| metadata.len()).filter(|length| *length < size).unwrap_or(0)
}

/// Receives what is behind the first `begun` bytes on this task, and hashes and writes it on a thread.
async fn receive(
    mut stream: BlobStream,
    begun: u64,
    blob: &Descriptor,
    beside: &Path,
    path: &Path,
) -> Result<u64, SinkError> {
    let what = format!("blob {}", blob.digest);
    let (check, name_of_read) = (check(blob)?, what.clone());
    let (full, pieces) = mpsc::channel(PIECES);
    let (give_back, mut empty) = mpsc::channel(PIECES);
    let (to, name) = (beside.to_owned(), path.to_owned());
    let pieces = Pieces { full: pieces, empty: give_back };
    let writing = blocking(move |stop| {
        let is_whole = write(check, begun, pieces, &to, stop)?;
        if is_whole {
            give_name(&to, &name)?;
        }
        Ok(is_whole)
    });
    // Takes the lane along: without its last piece, the blob is left as it is.
    let reading = async move {
        loop {
            let mut piece: Vec<u8> = empty.try_recv().unwrap_or_default();
            piece.clear();
            fill(&mut stream, &mut piece)
                .await
                .map_err(|error| Error::from_io(error, &name_of_read))?;
            let is_last = piece.is_empty();
            // Whoever is gone has failed, and says so itself.
            if full.send(piece).await.is_err() || is_last {
                return Ok::<(), Error>(());
            }
        }
    };
    let (read, written) = tokio::join!(reading, writing);
    let is_whole = written?;
    read?;
    if !is_whole {
        return Err(Error::malformed(what, "was not read to its end").into());
    }
    Ok(blob.size.saturating_sub(begun))
}

/// Reads until a piece is full or the stream has ended.
async fn fill(stream: &mut BlobStream, piece: &mut Vec<u8>) -> io::Result<()> {
    piece.reserve_exact(CHUNK);
    while piece.len() < CHUNK {
        let room = u64::try_from(CHUNK.saturating_sub(piece.len())).unwrap_or(u64::MAX);
        if (&mut *stream).take(room).read_buf(piece).await? == 0 {
            break;
        }
    }
    Ok(())
}

/// The end of a lane that takes pieces; an empty one is the last.
struct Pieces {
    full: mpsc::Receiver<Vec<u8>>,
    empty: mpsc::Sender<Vec<u8>>,
}

/// Hashes and writes what comes behind the first `begun` bytes; returns whether all came and was right.
fn write(
    mut check: StoredCheck,
    begun: u64,
    mut pieces: Pieces,
    beside: &Path,
    stop: &Stop,
) -> Result<bool, SinkError> {
    let broken = |error| SinkError::write(shown(beside), error);
    let mut file = if begun == 0 {
        create(beside).map_err(broken)?
    } else {
        let file = open(beside, File::options().read(true).append(true)).map_err(broken)?;
        // What is there goes through the hash again, and is not written again.
        hash((&file).take(begun), &mut check, stop).map_err(broken)?;
        file
    };
    while let Some(piece) = pieces.full.blocking_recv() {
        if piece.is_empty() {
            check.verdict()?;
            return Ok(true);
        }
        check.update(&piece)?;
        file.write_all(&piece).map_err(broken)?;
        // Where the other end is gone, the buffer goes too.
        let _ = pieces.empty.try_send(piece);
    }
    Ok(false)
}

fn check(blob: &Descriptor) -> Result<StoredCheck, Error> {
    let claim = Claim { digest: Some(blob.digest.clone()), size: Some(blob.size) };
    StoredCheck::new(format!("blob {}", blob.digest), claim)
}

/// Hashes a file to its end; returns whether it got there and nobody asked to stop.
fn hash(mut file: impl Read, check: &mut StoredCheck, stop: &Stop) -> io::Result<bool> {
    let mut chunk = vec![0; CHUNK];
    while !stop.is_asked() {
        let count = file.read(&mut chunk)?;
        if count == 0 {
            return Ok(true);
        }
        if check.update(chunk.get(..count).unwrap_or_default()).is_err() {
            return Ok(false);
        }
    }
    Ok(false)
}
