//! Members of a flattened file system, put together where a layer is read and written elsewhere.

use std::io;

use cutaway_model::SinkError;
use cutaway_tar::len64;
use tokio::io::AsyncWrite;

use crate::flattened::Flattened;
use crate::tarfile::{Head, TarWriter, padding, put_head};

/// As many zero bytes at most are held as they are.
const FEW_ZEROS: usize = 64 << 10;

/// Parts of a tar that follow each other: headers, contents and what fills up blocks.
#[derive(Debug, Default)]
pub(crate) struct Members {
    /// The number of their layer.
    layer: u32,
    bytes: Vec<u8>,
    /// Zero bytes that are too many to be held, each with the position in `bytes` before which they stand.
    zeros: Vec<(usize, u64)>,
    /// Bytes of content so far of the member that was begun, perhaps in the parts before.
    content: u64,
    written: Flattened,
    failure: Option<io::Error>,
}

impl Members {
    /// Returns none yet of a layer.
    pub(crate) fn of_layer(layer: u32) -> Self {
        Self { layer, ..Self::default() }
    }

    /// Returns the number of their layer.
    pub(crate) fn layer(&self) -> u32 {
        self.layer
    }

    /// Returns how many bytes are held.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Returns whether there is nothing to be written.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.zeros.is_empty() && self.failure.is_none()
    }

    /// Returns how many bytes of content the members have that begin here, as their headers say.
    pub(crate) fn stated_content(&self) -> u64 {
        self.written.bytes
    }

    /// Takes all out that has come, and goes on with `empty`, also within a member.
    pub(crate) fn cut(&mut self, empty: Self) -> Self {
        let (layer, content) = (self.layer, self.content);
        std::mem::replace(self, Self { layer, content, ..empty })
    }

    /// Makes room to be filled again.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.zeros.clear();
        self.written = Flattened::default();
        self.failure = None;
    }

    /// Begins a member; the content that its header says has to follow.
    pub(crate) fn start(&mut self, head: &Head<'_>) {
        self.written.names = self.written.names.saturating_add(1);
        self.written.bytes = self.written.bytes.saturating_add(head.size);
        self.content = 0;
        if let Err(error) = put_head(&mut self.bytes, head) {
            self.failure.get_or_insert(error);
        }
    }

    /// Adds content.
    pub(crate) fn data(&mut self, bytes: &[u8]) {
        self.content = self.content.saturating_add(len64(bytes.len()));
        self.bytes.extend_from_slice(bytes);
    }

    /// Adds content that is all zeros.
    pub(crate) fn hole(&mut self, len: u64) {
        self.content = self.content.saturating_add(len);
        self.zeros(len);
    }

    /// Ends the member that was begun: fills its last block.
    pub(crate) fn end(&mut self) {
        self.zeros(padding(self.content));
    }

    fn zeros(&mut self, count: u64) {
        match usize::try_from(count) {
            Ok(few) if few <= FEW_ZEROS => self.bytes.resize(self.len().saturating_add(few), 0),
            _ => self.zeros.push((self.len(), count)),
        }
    }

    /// Writes everything; returns how many names and bytes of content that was.
    pub(crate) async fn write<W: AsyncWrite + Unpin + Send>(
        &mut self,
        tar: &mut TarWriter<W>,
    ) -> Result<Flattened, SinkError> {
        if let Some(error) = self.failure.take() {
            return Err(tar.failure(error));
        }
        let mut from = 0;
        for &(at, count) in &self.zeros {
            tar.parts(self.bytes.get(from..at).unwrap_or_default()).await?;
            tar.zeros(count).await?;
            from = at;
        }
        tar.parts(self.bytes.get(from..).unwrap_or_default()).await?;
        Ok(self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn zeros_are_written_where_they_stand() {
        let mut members = Members::default();
        let many = len64(FEW_ZEROS).saturating_add(1);
        for count in [3, many, 5] {
            members.data(b"x");
            members.zeros(count);
        }
        assert!(members.len() < 100);
        let mut tar = TarWriter::new(Vec::new(), "memory");
        members.write(&mut tar).await.unwrap();
        let written = tar.finish().await.unwrap();
        let mut wanted = vec![b'x', 0, 0, 0, b'x'];
        wanted.resize(5 + usize::try_from(many).unwrap(), 0);
        wanted.extend(b"x\0\0\0\0\0");
        assert!(written.starts_with(&wanted) && written.len() == wanted.len() + 1024);
    }
}
