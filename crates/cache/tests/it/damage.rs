//! Files that were altered: none is believed, none does harm, and the next one that is kept takes their place.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use cutaway_cache::{Key, LocalStore};

use crate::support::{block_on, cache, entry, file};

#[test]
fn a_damaged_file_is_nothing_that_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (name, parts) = entry(1, 100);
    let (other, others) = entry(2, 300);
    let kept = cache(folder.path(), 1 << 20);
    block_on(kept.put(&name, &parts));
    block_on(kept.put(&other, &others));
    let place = file(folder.path(), &name);
    let whole = fs::read(&place).unwrap();

    type Damage<'a> = (&'a str, &'a dyn Fn(&Path));
    let damage: [Damage<'_>; 7] = [
        ("cut", &|it| fs::write(it, &whole[..whole.len() / 2]).unwrap()),
        ("empty", &|it| fs::write(it, "").unwrap()),
        ("longer", &|it| fs::write(it, [&whole[..], b"x"].concat()).unwrap()),
        ("another's", &|it| assert!(fs::copy(file(folder.path(), &other), it).unwrap() > 0)),
        ("a link", &|it| {
            fs::write(folder.path().join("elsewhere"), &whole).unwrap();
            fs::remove_file(it).unwrap();
            symlink(folder.path().join("elsewhere"), it).unwrap();
        }),
        ("huge", &|it| fs::File::create(it).unwrap().set_len(1 << 40).unwrap()),
        ("a pipe", &|it| {
            fs::remove_file(it).unwrap();
            let made = std::process::Command::new("mkfifo").arg(it).status().unwrap();
            assert!(made.success());
        }),
    ];
    for (what, damage) in damage {
        damage(&place);
        assert_eq!(block_on(kept.get(&name)), None, "{what}");
        assert_eq!(block_on(kept.get(&other)), Some(others.clone()), "{what}");
        block_on(kept.put(&name, &parts));
        assert_eq!(block_on(kept.get(&name)), Some(parts.clone()), "{what}");
        assert!(fs::symlink_metadata(&place).unwrap().is_file(), "{what}");
    }
    // What the link led to was not written through.
    assert_eq!(fs::read(folder.path().join("elsewhere")).unwrap(), whole);
}

#[test]
fn a_check_names_what_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let kept = cache(folder.path(), 1 << 20);
    for number in 0..5 {
        let (name, parts) = entry(number, 50);
        block_on(kept.put(&name, &parts));
    }
    let damaged = file(folder.path(), &entry(3, 50).0);
    let mut bytes = fs::read(&damaged).unwrap();
    bytes[60] ^= 1;
    fs::write(&damaged, bytes).unwrap();
    let store = LocalStore::open(folder.path(), 1 << 20).unwrap();
    let survey = block_on(store.verify(&Key::of_folder(folder.path()).unwrap())).unwrap();
    let named: Vec<_> = survey.damaged.iter().map(|it| it.path.clone()).collect();
    assert_eq!((survey.whole, named), (4, vec![damaged]));
}

#[test]
fn what_cannot_be_written_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let kept = cache(folder.path(), 1 << 20);
    // Somebody made a file of what should be a folder.
    fs::remove_dir_all(folder.path().join("facts-1")).unwrap();
    fs::write(folder.path().join("facts-1"), "").unwrap();
    let (name, parts) = entry(1, 100);
    block_on(kept.put(&name, &parts));
    assert_eq!(block_on(kept.get(&name)), None);
}
