//! Verdicts that were made, kept for as long as they hold, in bounded memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cutaway::Serving;
use cutaway::names::{Digest, Platform};
use cutaway_policy::Decision;
use jiff::Timestamp;

use crate::judge::{Asked, Depends};
use crate::kept::Kept;

/// What a verdict is about: what was judged and all of the request that verdicts depend on.
///
/// Policies are those of the process, so they are no part of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) digest: Digest,
    /// Registry and repository.
    name: String,
    is_pinned: Option<bool>,
    namespace: Option<String>,
    platform: Option<Platform>,
}

impl Key {
    pub(crate) fn new(digest: &Digest, asked: &Asked, depends: Depends) -> Self {
        let reference = &asked.reference;
        Self {
            digest: digest.clone(),
            name: format!("{}/{}", reference.registry(), reference.repository()),
            is_pinned: depends.pinned.then(|| reference.digest().is_some()),
            namespace: asked.namespace.clone().filter(|_| depends.namespace),
            platform: asked.platform.clone(),
        }
    }
}

/// A moment by both clocks: that of the wall, by which verdicts hold, and one that is never set back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) wall: Timestamp,
    pub(crate) tick: Instant,
}

impl Moment {
    pub(crate) fn now() -> Self {
        Self { wall: Timestamp::now(), tick: Instant::now() }
    }
}

#[derive(Debug)]
struct Entry {
    number: u64,
    kept: Arc<Kept>,
    until: Instant,
}

/// Verdicts by what they are about.
#[derive(Debug)]
pub(crate) struct Verdicts {
    limits: Serving,
    entries: HashMap<Key, Entry>,
    /// The keys, the oldest first.
    order: BTreeMap<u64, Key>,
    next: u64,
    bytes: usize,
}

impl Verdicts {
    pub(crate) fn new(limits: &Serving) -> Self {
        let (entries, order) = (HashMap::new(), BTreeMap::new());
        Self { limits: limits.clone(), entries, order, next: 0, bytes: 0 }
    }

    /// Returns a verdict that holds.
    pub(crate) fn get(&self, key: &Key, now: Moment) -> Option<Arc<Kept>> {
        self.entries.get(key).filter(|entry| entry.holds(now)).map(|entry| Arc::clone(&entry.kept))
    }

    /// Returns the newest verdict that holds of what has this digest.
    pub(crate) fn of_digest(&self, digest: &Digest, now: Moment) -> Option<Arc<Kept>> {
        let fit = |key: &&Key| {
            self.entries.get(key).is_some_and(|it| it.holds(now) && it.kept.is_of(digest))
        };
        let newest = self.order.values().rev().find(fit)?;
        self.entries.get(newest).map(|entry| Arc::clone(&entry.kept))
    }

    /// Keeps a verdict, and drops the oldest where there are too many.
    pub(crate) fn put(&mut self, key: Key, kept: Arc<Kept>, now: Moment) {
        self.remove(&key);
        let Some(until) = now.tick.checked_add(self.lifetime(kept.decision)) else { return };
        let (number, bytes) = (self.next, kept.bytes());
        self.next = self.next.saturating_add(1);
        self.bytes = self.bytes.saturating_add(bytes);
        self.order.insert(number, key.clone());
        self.entries.insert(key, Entry { number, kept, until });
        while self.order.len() > self.limits.verdicts || self.bytes > self.limits.verdict_bytes {
            let Some((_, oldest)) = self.order.first_key_value() else { break };
            let oldest = oldest.clone();
            self.remove(&oldest);
        }
    }

    /// Returns how many there are, and how many bytes they take.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.entries.len(), self.bytes)
    }

    fn lifetime(&self, decision: Decision) -> Duration {
        match decision {
            Decision::Pass => self.limits.pass_kept,
            Decision::Block => self.limits.block_kept,
            Decision::Undecided => self.limits.undecided_kept,
        }
    }

    fn remove(&mut self, key: &Key) {
        if let Some(entry) = self.entries.remove(key) {
            self.order.remove(&entry.number);
            self.bytes = self.bytes.saturating_sub(entry.kept.bytes());
        }
    }
}

impl Entry {
    fn holds(&self, now: Moment) -> bool {
        self.until > now.tick && self.kept.valid_until.is_none_or(|until| until > now.wall)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(decision: Decision, until: Option<i64>) -> Arc<Kept> {
        let digest = Some(Digest::sha256(b"image"));
        let time = |second| Timestamp::from_second(second).unwrap();
        Arc::new(Kept {
            allowed: decision == Decision::Pass,
            decision,
            complete: true,
            digest,
            index_digest: None,
            message: String::new(),
            warnings: Vec::new(),
            evaluated: time(0),
            valid_until: until.map(time),
            json: vec![b' '; 1000],
        })
    }

    const ALL: Depends = Depends { namespace: true, pinned: true };

    fn asked(name: &str) -> Asked {
        Asked { reference: cutaway::reference(name).unwrap(), namespace: None, platform: None }
    }

    fn key(name: &str) -> Key {
        Key::new(&Digest::sha256(name.as_bytes()), &asked(name), ALL)
    }

    #[test]
    fn a_verdict_is_kept_as_long_as_it_holds() {
        let start = Moment { wall: Timestamp::from_second(1000).unwrap(), tick: Instant::now() };
        let later = |seconds: i64| Moment {
            wall: Timestamp::from_second(1000 + seconds).unwrap(),
            tick: start.tick + Duration::from_secs(seconds.unsigned_abs()),
        };
        for (decision, until, at, holds) in [
            (Decision::Pass, None, 24 * 3600 - 1, true),
            (Decision::Pass, None, 24 * 3600, false),
            (Decision::Pass, Some(1100), 99, true),
            (Decision::Pass, Some(1100), 100, false),
            (Decision::Block, None, 299, true),
            (Decision::Block, None, 300, false),
            (Decision::Block, Some(1001), 1, false),
            (Decision::Undecided, None, 9, true),
            (Decision::Undecided, None, 10, false),
        ] {
            let mut verdicts = Verdicts::new(&Serving::default());
            verdicts.put(key("a"), kept(decision, until), start);
            let found = verdicts.get(&key("a"), later(at));
            assert_eq!(found.is_some(), holds, "{decision:?} {until:?} {at}");
            let by_digest = verdicts.of_digest(&Digest::sha256(b"image"), later(at));
            assert_eq!(by_digest.is_some(), holds);
        }
    }

    #[test]
    fn the_oldest_goes_first_and_memory_is_bounded() {
        let one = kept(Decision::Pass, None).bytes();
        let limits = Serving { verdict_bytes: one * 3, ..Serving::default() };
        let mut verdicts = Verdicts::new(&limits);
        let now = Moment::now();
        for number in 0..100 {
            verdicts.put(key(&format!("a{number}")), kept(Decision::Pass, None), now);
            assert!(verdicts.size().1 <= one * 3);
        }
        assert_eq!(verdicts.size(), (3, one * 3));
        assert!(verdicts.get(&key("a96"), now).is_none());
        assert!(verdicts.get(&key("a97"), now).is_some());
        // The same again is no more.
        verdicts.put(key("a97"), kept(Decision::Pass, None), now);
        assert_eq!(verdicts.size(), (3, one * 3));
    }

    #[test]
    fn a_key_has_all_that_verdicts_depend_on_and_nothing_else() {
        let digest = Digest::sha256(b"image");
        let key = |asked: &Asked, depends| Key::new(&digest, asked, depends);
        let pinned = asked(&format!("a@{digest}"));
        let namespaced = Asked { namespace: Some("n".to_owned()), ..asked("a") };
        let platform = Some(Platform::linux("arm64"));
        let other = Asked { platform, ..asked("a") };
        for (one, two, all, none) in [
            (asked("a:1"), asked("a:2"), true, true),
            (asked("a"), pinned, false, true),
            (asked("a"), namespaced, false, true),
            (asked("a"), other, false, false),
            (asked("a"), asked("b"), false, false),
            (asked("a"), asked("registry.example/library/a"), false, false),
        ] {
            assert_eq!(key(&one, ALL) == key(&two, ALL), all, "{one:?} {two:?}");
            let nothing = Depends::default();
            assert_eq!(key(&one, nothing) == key(&two, nothing), none, "{one:?} {two:?}");
        }
        assert_ne!(key(&asked("a"), ALL), Key::new(&Digest::sha256(b"b"), &asked("a"), ALL));
    }
}
