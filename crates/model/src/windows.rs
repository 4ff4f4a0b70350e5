//! Large zstd windows, of which streams that are read beside each other take one at a time.
//!
//! A stream names its window in a few bytes, and the decoder takes that much memory whatever comes of it. So
//! a window above 8 MiB is waited for.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The largest window that a stream may have without waiting, as a power of two: 8 MiB, which the levels up to
/// 19 of zstd keep to.
pub(crate) const SMALL_LOG: u32 = 23;

/// How many bytes from the start of a stream show the window of its first frame.
pub(crate) const HEAD_BYTES: usize = 18;

/// The large windows of streams that are read beside each other. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Windows {
    /// None where nobody waits.
    one: Option<Arc<Semaphore>>,
}

/// A large window, given back when this is dropped.
#[derive(Debug)]
pub struct Window {
    _permit: Option<OwnedSemaphorePermit>,
}

impl Windows {
    /// Lets one stream at a time have a large window.
    pub fn one_at_a_time() -> Self {
        Self { one: Some(Arc::new(Semaphore::new(1))) }
    }

    /// Lets every stream have its window, for those that wait for each other in other ways.
    pub fn unbounded() -> Self {
        Self::default()
    }

    /// Waits until nobody else has a large window.
    pub async fn take(&self) -> Window {
        let _permit = match &self.one {
            // The semaphore is never closed.
            Some(one) => Arc::clone(one).acquire_owned().await.ok(),
            None => None,
        };
        Window { _permit }
    }

    /// Returns the window of a stream that begins with `head`, where it may have a large one: because it asks
    /// for one, or because nobody waits. A later frame may ask for more than the first.
    pub(crate) async fn for_stream(&self, head: &[u8]) -> Option<Window> {
        let is_large = first_window(head).is_some_and(|window| window > 1 << SMALL_LOG);
        if self.one.is_none() || is_large { Some(self.take().await) } else { None }
    }
}

/// Returns the window of the first frame, in bytes (RFC 8878, 3.1.1.1); none where another frame comes first,
/// or none at all.
fn first_window(head: &[u8]) -> Option<u64> {
    let rest = head.strip_prefix(&[0x28, 0xb5, 0x2f, 0xfd])?;
    let (&flags, rest) = rest.split_first()?;
    let is_single = flags & 0x20 != 0;
    if !is_single {
        let descriptor = *rest.first()?;
        let base = 1_u64 << (u32::from(descriptor >> 3).saturating_add(10));
        return Some(base.saturating_add((base >> 3).saturating_mul(u64::from(descriptor & 7))));
    }
    let dictionary = [0, 1, 2, 4].get(usize::from(flags & 3))?;
    let size = rest.get(*dictionary..)?;
    let (len, more) = [(1, 0), (2, 256), (4, 0), (8, 0)].get(usize::from(flags >> 6))?;
    let size = size.get(..*len)?.iter().rev().fold(0, |size, &byte| (size << 8) | u64::from(byte));
    Some(size.saturating_add(*more))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_of_first_frames() {
        let magic = [0x28, 0xb5, 0x2f, 0xfd];
        for (rest, window) in [
            (&[0, 0][..], Some(1 << 10)),
            (&[0, 13 << 3], Some(8 << 20)),
            (&[0, (13 << 3) | 1], Some(9 << 20)),
            (&[0, 0xff], Some((1 << 41) + 7 * (1 << 38))),
            (&[0x20, 77], Some(77)),
            (&[0x60, 1, 1], Some(257 + 256)),
            (&[0xa0, 0, 0, 0, 1], Some(1 << 24)),
            (&[0xa3, 9, 9, 9, 9, 0, 0, 0, 1], Some(1 << 24)),
            (&[0xe1, 9, 0, 0, 0, 0, 1, 0, 0, 0], Some(1 << 32)),
            (&[0xe1, 9, 0, 0], None),
            (&[], None),
        ] {
            assert_eq!(first_window(&[&magic, rest].concat()), window, "{rest:x?}");
        }
        assert_eq!(first_window(&[0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]), None);
    }

    #[tokio::test]
    async fn one_has_a_large_window_at_a_time() {
        let (small, large) = (zstd(13 << 3), zstd(14 << 3));
        let windows = Windows::one_at_a_time();
        assert!(windows.for_stream(&small).await.is_none());
        let first = windows.for_stream(&large).await;
        let (clone, head) = (windows.clone(), large.clone());
        let second = tokio::spawn(async move { clone.for_stream(&head).await.is_some() });
        tokio::task::yield_now().await;
        assert!(first.is_some() && !second.is_finished());
        drop(first);
        assert!(second.await.unwrap());
        let unbounded = Windows::unbounded();
        let all = [unbounded.for_stream(&small).await, unbounded.for_stream(&large).await];
        assert!(all.iter().all(Option::is_some));
    }

    fn zstd(descriptor: u8) -> Vec<u8> {
        vec![0x28, 0xb5, 0x2f, 0xfd, 0, descriptor, 1, 0, 0]
    }
}
