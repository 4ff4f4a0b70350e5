//! The body of an answer: chunks as they come, with an end to silence, crawling and excess.
//!
//! Only the time in which somebody waits for the server counts; a reader who takes long over a
//! chunk is not the server's fault.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::Response;

use crate::Times;
use crate::failure::Failure;

/// A body that is being read.
#[derive(Debug)]
pub(crate) struct Body {
    response: Response,
    idle: Duration,
    deadline: Option<Instant>,
    floor: Floor,
    /// What was looked at ahead, in order.
    ahead: VecDeque<Bytes>,
}

impl Body {
    pub(crate) fn new(response: Response, times: &Times, deadline: Option<Instant>) -> Self {
        Self {
            response,
            idle: times.idle,
            deadline,
            floor: Floor::new(times),
            ahead: VecDeque::new(),
        }
    }

    /// Returns the next chunk, without copying it; `None` at the end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        match self.ahead.pop_front() {
            Some(chunk) => Ok(Some(chunk)),
            None => self.receive().await,
        }
    }

    /// Looks at the first bytes, about `max` of them; the second value is whether these are all.
    pub(crate) async fn look_ahead(&mut self, max: u64) -> Result<(Vec<u8>, bool), Failure> {
        let max = usize::try_from(max).unwrap_or(usize::MAX);
        let mut head: Vec<u8> = self.ahead.iter().flatten().copied().collect();
        while head.len() < max {
            let Some(chunk) = self.receive().await? else { return Ok((head, true)) };
            head.extend_from_slice(&chunk);
            self.ahead.push_back(chunk);
        }
        Ok((head, false))
    }

    async fn receive(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            let started = Instant::now();
            let (limit, last) = crate::failure::remaining(self.idle, self.deadline, started);
            let chunk = match tokio::time::timeout(limit, self.response.chunk()).await {
                Ok(chunk) => chunk.map_err(|error| Failure::from_reqwest(&error))?,
                Err(_) if last => return Err(Failure::deadline()),
                Err(_) => {
                    return Err(Failure::interrupted(format!(
                        "no byte came for {:.1} s (idle_ms)",
                        limit.as_secs_f32()
                    )));
                }
            };
            let Some(chunk) = chunk else { return Ok(None) };
            if self.floor.is_too_slow(started.elapsed(), chunk.len()) {
                return Err(Failure::interrupted(format!(
                    "less than {} bytes a second came (floor_bytes_per_second)",
                    self.floor.bytes_per_second
                )));
            }
            if !chunk.is_empty() {
                return Ok(Some(chunk));
            }
        }
    }

    /// Reads to the end, or to `max` bytes; then the second value is false.
    pub(crate) async fn read_capped(mut self, max: u64) -> Result<(Vec<u8>, bool), Failure> {
        let max = usize::try_from(max).unwrap_or(usize::MAX);
        let mut bytes = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            let room = max.saturating_sub(bytes.len());
            if let Some(head) = chunk.get(..room).filter(|head| head.len() < chunk.len()) {
                bytes.extend_from_slice(head);
                return Ok((bytes, false));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok((bytes, true))
    }
}

/// The slowest that a server may be.
#[derive(Debug)]
struct Floor {
    window: Duration,
    bytes_per_second: u64,
    waited: Duration,
    bytes: u64,
}

impl Floor {
    fn new(times: &Times) -> Self {
        Self {
            window: times.floor_window,
            bytes_per_second: times.floor_bytes_per_second,
            waited: Duration::ZERO,
            bytes: 0,
        }
    }

    /// Adds bytes and the time that was waited for them; returns whether a whole window was too slow.
    fn is_too_slow(&mut self, waited: Duration, bytes: usize) -> bool {
        self.waited = self.waited.saturating_add(waited);
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        if self.waited < self.window {
            return false;
        }
        let wanted = self.bytes_per_second.saturating_mul(self.waited.as_secs().max(1));
        let slow = self.bytes < wanted;
        self.waited = Duration::ZERO;
        self.bytes = 0;
        slow
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crawling_is_noticed_after_a_window() {
        let second = Duration::from_secs(1);
        let mut floor = Floor::new(&Times::default());
        let crawl: Vec<bool> = (0..30).map(|_| floor.is_too_slow(second, 1)).collect();
        assert_eq!(crawl.iter().position(|slow| *slow), Some(29));
        let mut floor = Floor::new(&Times::default());
        assert!((0..300).all(|_| !floor.is_too_slow(second, 1024)));
        // A reader who never waits is never too slow.
        let mut floor = Floor::new(&Times::default());
        assert!((0..300).all(|_| !floor.is_too_slow(Duration::ZERO, 1)));
    }
}
