//! What is kept of records, and what is paid for it.

use cutaway_layerfs::Budget;

use super::*;

/// What goes over the limit is gone whole, and stays so whatever comes after it.
#[test]
fn nothing_is_kept_over_the_limit() {
    let path = vec![b'a'; 1000];
    let record = FileRecord {
        owner: 0,
        path: &path,
        role: FileRole::File,
        digest: None,
        link: None,
        traits: Traits::default(),
    };
    let origin = || Origin {
        path: EntryPath::clean(&path).unwrap(),
        owner: None,
        link: false,
        reason: "x".repeat(1000).into(),
    };
    let mut records = FileRecords::within(4 * 1064, Account::default());
    (0..4).for_each(|_| records.push(&record));
    assert_eq!((records.len(), records.weight(), records.is_over()), (4, 4 * 1064, false));
    records.push(&record);
    assert!(records.is_over() && records.is_empty() && records.weight() == 0);
    records.push(&record);
    records.originate(origin());
    records.owner(Ecosystem::DEB, PackageRef::Database(origin().path), true);
    assert!(records.is_over() && records.is_empty() && records.owners().is_empty());
    let mut records = FileRecords::within(4 * 1064, Account::default());
    records.originate(origin());
    assert_eq!(records.weight(), 2064);
    records.originate(origin());
    records.originate(origin());
    assert!(records.is_over() && records.origins().is_empty());
}

/// What is held is paid as it is held: a path that is like the one before takes next to nothing.
#[test]
fn what_is_held_is_paid() {
    let budget = Budget::new(64 << 10);
    let mut records = FileRecords::within(usize::MAX, budget.account());
    let push = |records: &mut FileRecords, path: &[u8]| {
        let (role, traits) = (FileRole::File, Traits::default());
        records.push(&FileRecord { owner: 0, path, role, digest: None, link: None, traits });
    };
    let [one, other] = [b'a', b'b'].map(|letter| vec![letter; 1000]);
    (0..1000).for_each(|_| push(&mut records, &one));
    assert!((records.len(), records.is_over()) == (1000, false) && !budget.is_overspent());
    (0..50).for_each(|n| push(&mut records, if n % 2 == 0 { &other } else { &one }));
    assert!(!records.is_over() && records.weight() > 1_000_000);
    (0..50).for_each(|n| push(&mut records, if n % 2 == 0 { &other } else { &one }));
    assert!(records.is_over() && records.is_empty() && budget.is_overspent());
    assert!(budget.account().pay(64 << 10), "what was taken is given back");
}
