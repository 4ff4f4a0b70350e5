//! One range of an advisory: whether a version lies in it, and between which bounds (the evaluation
//! of the OSV schema, 1.7).

use std::cmp::Ordering;

use cutaway_version::{Error, Family, check, compare};

/// A range of versions: events along an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// Sorted: see [`Range::new`].
    events: Vec<Event>,
    /// Whether versions are ordered as `SemVer` 2 has it, whatever the ecosystem's own order is.
    semver: bool,
}

/// Where a range begins or ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What happens there.
    pub kind: EventKind,
    /// The version; `0` is before all of them, and `*`, of a limit, after.
    pub version: String,
}

/// What can happen along a range. The order is that of several events at one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventKind {
    /// This version and those above are affected.
    Introduced,
    /// Those above this version are not.
    LastAffected,
    /// This version and those above are not.
    Fixed,
    /// Nothing at this version or above is.
    Limit,
}

/// The interval that holds a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interval {
    /// The first affected version; `0` for the beginning of all.
    pub introduced: String,
    /// The first version above that is fixed, where there is one.
    pub fixed: Option<String>,
    /// The last affected version, where the interval ends with one.
    pub last_affected: Option<String>,
}

impl Range {
    /// Makes a range of events in any order. Versions are compared as `family` does, or as `SemVer` where the
    /// range says so and the family has another order.
    ///
    /// # Errors
    ///
    /// Returns the first version of an event that has no place in the order.
    pub fn new(family: Family, semver: bool, events: Vec<Event>) -> Result<Self, Error> {
        let semver = semver && !is_semver(family);
        let family = if semver { Family::Semver } else { family };
        for event in &events {
            if !event.is_first() && !event.is_endless() {
                check(family, &event.version)?;
            }
        }
        let order = |a: &Event, b: &Event| position(family, a, b).then_with(|| a.kind.cmp(&b.kind));
        Ok(Self { events: in_order(events, &order), semver })
    }

    /// Takes events that [`Range::new`] has sorted.
    pub(crate) fn sorted(semver: bool, events: Vec<Event>) -> Self {
        Self { events, semver }
    }

    /// Returns the events in the order of their versions.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Returns whether the range has an order of its own.
    pub(crate) fn is_semver(&self) -> bool {
        self.semver
    }

    /// Returns whether the range says of a package that no version of it is affected: `fixed` at 0.
    pub fn denies(&self) -> bool {
        self.events.iter().any(|event| event.kind == EventKind::Fixed && event.is_first())
    }

    /// Returns whether nothing ends the range.
    pub fn is_open(&self) -> bool {
        self.events.last().is_some_and(|last| last.kind == EventKind::Introduced)
    }

    /// Returns the interval that holds the version, if one does.
    ///
    /// # Errors
    ///
    /// Returns why the version has no place in the order.
    pub fn interval(&self, family: Family, version: &str) -> Result<Option<Interval>, Error> {
        let family = if self.semver { Family::Semver } else { family };
        check(family, version)?;
        let mut limits = self.of(EventKind::Limit).peekable();
        if limits.peek().is_some() {
            let mut below = false;
            for limit in limits {
                below |= limit.is_endless() || against(family, limit, version)?.is_gt();
            }
            if !below {
                return Ok(None);
            }
        }
        let mut introduced = None;
        for event in &self.events {
            let order = against(family, event, version)?;
            match event.kind {
                EventKind::Introduced if order.is_le() => introduced = Some(event),
                EventKind::Fixed if order.is_le() => introduced = None,
                EventKind::LastAffected if order.is_lt() => introduced = None,
                _ => {}
            }
        }
        let Some(introduced) = introduced else { return Ok(None) };
        let mut fixed = None;
        let mut last_affected = None;
        for event in &self.events {
            let order = against(family, event, version)?;
            match event.kind {
                EventKind::Fixed if order.is_gt() && fixed.is_none() => fixed = Some(event),
                EventKind::LastAffected
                    if order.is_ge() && last_affected.is_none() && fixed.is_none() =>
                {
                    last_affected = Some(event);
                }
                _ => {}
            }
        }
        let version = |event: &Event| event.version.clone();
        Ok(Some(Interval {
            introduced: version(introduced),
            fixed: fixed.map(version),
            last_affected: last_affected.map(version),
        }))
    }

    fn of(&self, kind: EventKind) -> impl Iterator<Item = &Event> {
        self.events.iter().filter(move |event| event.kind == kind)
    }
}

impl Event {
    fn is_first(&self) -> bool {
        self.version == "0"
    }

    fn is_endless(&self) -> bool {
        self.kind == EventKind::Limit && self.version == "*"
    }
}

/// Returns whether the order is that of `SemVer`, or one that was made for what stands in such ranges.
fn is_semver(family: Family) -> bool {
    matches!(family, Family::Semver | Family::Go | Family::Hex)
}

/// Orders an event against a version.
fn against(family: Family, event: &Event, version: &str) -> Result<Ordering, Error> {
    match event {
        it if it.is_first() => Ok(Ordering::Less),
        it if it.is_endless() => Ok(Ordering::Greater),
        it => compare(family, &it.version, version),
    }
}

/// Orders events whose versions were checked.
fn position(family: Family, a: &Event, b: &Event) -> Ordering {
    match (a.is_first(), b.is_first(), a.is_endless(), b.is_endless()) {
        (true, true, ..) | (_, _, true, true) => Ordering::Equal,
        (true, ..) | (_, _, _, true) => Ordering::Less,
        (_, true, ..) | (_, _, true, _) => Ordering::Greater,
        _ => compare(family, &a.version, &b.version).unwrap_or(Ordering::Equal),
    }
}

/// Sorts by merging. The orders of Maven and pacman are those of their tools, and not total: the sort of
/// the standard library may panic on such an order.
fn in_order(mut events: Vec<Event>, order: &impl Fn(&Event, &Event) -> Ordering) -> Vec<Event> {
    if events.len() < 2 {
        return events;
    }
    let upper = events.split_off(events.len().checked_div(2).unwrap_or_default());
    let mut lower = in_order(events, order).into_iter().peekable();
    let mut upper = in_order(upper, order).into_iter().peekable();
    let mut merged = Vec::with_capacity(lower.len().saturating_add(upper.len()));
    while let (Some(a), Some(b)) = (lower.peek(), upper.peek()) {
        let next = if order(a, b) == Ordering::Greater { upper.next() } else { lower.next() };
        merged.extend(next);
    }
    merged.extend(lower.chain(upper));
    merged
}
