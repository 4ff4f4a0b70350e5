//! The limits by name: set by `--limit`, printed by `cutaway limits`.

use cutaway_scan::Limits;

use crate::failure::Failure;
use crate::units;

/// Returns the limits for this machine, changed as asked.
pub(crate) fn limits(settings: &[String]) -> Result<Limits, Failure> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut limits = Limits::for_cores(cores);
    for setting in settings {
        let (name, value) = setting
            .split_once('=')
            .ok_or_else(|| Failure::usage(format!("limit \"{setting}\" is not NAME=VALUE")))?;
        let value =
            units::size(value).map_err(|rule| Failure::usage(format!("limit {name}: {rule}")))?;
        let known = named(&mut limits).into_iter().find(|(known, _, _)| *known == name);
        let Some((_, slot, _)) = known else {
            return Err(Failure::usage(format!(
                "there is no limit \"{name}\"; `cutaway limits` prints them all"
            )));
        };
        slot.set(value)
            .map_err(|()| Failure::usage(format!("limit {name}: {value} is too large")))?;
    }
    Ok(limits)
}

/// Returns each limit: its name, its value and what it bounds.
pub(crate) fn table(limits: &mut Limits) -> Vec<(&'static str, u64, &'static str)> {
    named(limits).into_iter().map(|(name, slot, what)| (name, slot.value(), what)).collect()
}

/// Where a limit is kept.
enum Slot<'a> {
    U64(&'a mut u64),
    U32(&'a mut u32),
    Usize(&'a mut usize),
}

impl Slot<'_> {
    fn set(self, value: u64) -> Result<(), ()> {
        match self {
            Self::U64(slot) => *slot = value,
            Self::U32(slot) => *slot = u32::try_from(value).map_err(|_| ())?,
            Self::Usize(slot) => *slot = usize::try_from(value).map_err(|_| ())?,
        }
        Ok(())
    }

    fn value(&self) -> u64 {
        match self {
            Self::U64(slot) => **slot,
            Self::U32(slot) => u64::from(**slot),
            Self::Usize(slot) => u64::try_from(**slot).unwrap_or(u64::MAX),
        }
    }
}

fn named(limits: &mut Limits) -> Vec<(&'static str, Slot<'_>, &'static str)> {
    let (model, layerfs) = (&mut limits.model, &mut limits.layerfs);
    vec![
        ("manifest_bytes", Slot::U64(&mut model.manifest_bytes), "size of a manifest or an index"),
        ("config_bytes", Slot::U64(&mut model.config_bytes), "size of a config"),
        ("layers", Slot::U64(&mut model.layers), "layers of an image"),
        ("index_depth", Slot::U64(&mut model.index_depth), "indexes within indexes"),
        ("index_entries", Slot::U64(&mut model.index_entries), "entries of an index"),
        (
            "member_links",
            Slot::U64(&mut model.member_links),
            "links to follow among the members of an archive",
        ),
        ("archive_members", Slot::U64(&mut model.archive_members), "members of an archive"),
        (
            "zstd_window_log",
            Slot::U32(&mut model.zstd_window_log),
            "window of a zstd stream, as a power of two",
        ),
        (
            "database_bytes",
            Slot::U64(&mut limits.database_bytes),
            "size of a database that is read",
        ),
        (
            "pending_bytes",
            Slot::U64(&mut limits.pending_bytes),
            "databases of a layer that wait for an analyzer",
        ),
        (
            "layers_in_flight",
            Slot::Usize(&mut limits.layers_in_flight),
            "layers that are read at once",
        ),
        ("entries", Slot::U64(&mut layerfs.tar.entries), "entries of a layer"),
        ("pax_bytes", Slot::U64(&mut layerfs.tar.pax_bytes), "PAX records of an entry"),
        ("name_bytes", Slot::U64(&mut layerfs.tar.name_bytes), "GNU long name of an entry"),
        ("sparse_bytes", Slot::U64(&mut layerfs.tar.sparse_bytes), "map of a sparse entry"),
        ("path_bytes", Slot::U64(&mut layerfs.tar.path_bytes), "path of an entry"),
        ("depth", Slot::U64(&mut layerfs.depth), "levels of a path"),
        (
            "symlink_hops",
            Slot::U64(&mut layerfs.symlink_hops),
            "symbolic links to follow in a path",
        ),
    ]
}
