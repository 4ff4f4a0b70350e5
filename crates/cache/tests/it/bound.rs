//! The bound: what goes, what stays, and that many writers together keep to it.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use cutaway_cache::LocalStore;

use crate::support::{block_on, cache, entry, file};

#[test]
fn what_was_not_used_for_longest_goes_first() {
    let folder = tempfile::tempdir().unwrap();
    let kept = cache(folder.path(), 64 << 10);
    let hours_ago = |hours| SystemTime::now() - Duration::from_hours(hours);
    for number in 0..20_usize {
        let (name, parts) = entry(number, 2 << 10);
        block_on(kept.put(&name, &parts));
        let file = File::open(file(folder.path(), &name)).unwrap();
        file.set_modified(hours_ago(100 - u64::try_from(number).unwrap())).unwrap();
    }
    // A use is noted.
    assert!(block_on(kept.get(&entry(0, 0).0)).is_some());
    for number in 20..32 {
        let (name, parts) = entry(number, 2 << 10);
        block_on(kept.put(&name, &parts));
    }
    let is_there = |number| file(folder.path(), &entry(number, 0).0).exists();
    assert!(is_there(0) && is_there(31) && !is_there(1));
    assert!((1..20).map(is_there).is_sorted(), "the older ones went");

    let store = LocalStore::open(folder.path(), 64 << 10).unwrap();
    let pruned = store.prune(10 << 10).unwrap();
    let info = store.info().unwrap();
    assert_eq!((pruned.entries, pruned.bytes), (info.entries, info.bytes));
    assert!(pruned.removed > 0 && info.bytes <= 10 << 10 && info.entries >= 3);
    assert_eq!(store.prune(0).unwrap().entries, 0);
}

#[test]
fn what_is_none_of_ours_stays() {
    let folder = tempfile::tempdir().unwrap();
    let kept = cache(folder.path(), 64 << 10);
    let (name, parts) = entry(1, 100);
    block_on(kept.put(&name, &parts));
    let shelf = file(folder.path(), &name).parent().unwrap().to_owned();
    let stay = [folder.path().join("facts-2"), shelf.join("note"), shelf.join(".new-2-0-0")];
    let (old, made) = (shelf.join(".new-1-0-0"), SystemTime::now() - Duration::from_hours(2));
    for path in stay.iter().chain([&old]) {
        fs::write(path, "x").unwrap();
    }
    File::open(&old).unwrap().set_modified(made).unwrap();
    File::open(&stay[1]).unwrap().set_modified(made).unwrap();
    let pruned = LocalStore::open(folder.path(), 64 << 10).unwrap().prune(0).unwrap();
    assert_eq!((pruned.removed, old.exists()), (1, false));
    assert!(stay.iter().all(|path| path.exists()));
}

#[test]
fn many_writers_keep_to_the_bound() {
    const MAX: u64 = 4 << 20;
    const LARGEST: u64 = 60 << 10;
    let folder = tempfile::tempdir().unwrap();
    let held = || LocalStore::open(folder.path(), MAX).unwrap().info().unwrap().bytes;
    std::thread::scope(|scope| {
        for writer in 0..4_usize {
            let folder = folder.path();
            scope.spawn(move || {
                let kept = cache(folder, MAX);
                for number in 0..150 {
                    // Some are the same for all.
                    let number = if number % 3 == 0 { number } else { writer * 1000 + number };
                    let (name, parts) = entry(number, (number * 997) % (50 << 10));
                    block_on(kept.put(&name, &parts));
                    let found = block_on(kept.get(&name));
                    assert!(found.is_none_or(|found| found == parts));
                }
            });
        }
        for _ in 0..200 {
            let held = held();
            assert!(held <= MAX + LARGEST, "{held}");
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    assert!(held() > MAX / 2);
}
