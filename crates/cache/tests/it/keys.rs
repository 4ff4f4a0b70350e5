//! Keys: made once, whoever is first, and believed only where nobody else could have made them.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use cutaway_analyze::Fingerprint;
use cutaway_cache::{Error, Key, Parts, open, seal};

fn is_same(a: &Key, b: &Key) -> bool {
    let name = Fingerprint::of(["a"]);
    open(b, &name, &seal(a, &name, &Parts::new()).into()).is_ok()
}

#[test]
fn of_many_that_make_one_all_have_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let keys: Vec<Key> = std::thread::scope(|scope| {
        let make = || scope.spawn(|| Key::of_folder(folder.path()).unwrap());
        let all: Vec<_> = (0..8).map(|_| make()).collect();
        all.into_iter().map(|it| it.join().unwrap()).collect()
    });
    assert!(keys.iter().all(|key| is_same(key, &keys[0])));
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().path()).collect();
    assert_eq!(left, [folder.path().join("key")]);
    let mode = fs::metadata(&left[0]).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_key_that_others_can_touch_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let first = Key::of_folder(folder.path()).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(Key::of_folder(folder.path()), Err(Error::Key { .. })));
    fs::remove_file(&path).unwrap();
    symlink("/etc/hostname", &path).unwrap();
    assert!(matches!(Key::of_folder(folder.path()), Err(Error::System { .. })));
    fs::remove_file(&path).unwrap();
    // One that was cut is made anew; what it has sealed is lost.
    fs::write(&path, "short").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(!is_same(&Key::of_folder(folder.path()).unwrap(), &first));
}

#[test]
fn a_key_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shared");
    fs::write(&path, "too short").unwrap();
    assert!(matches!(Key::read(&path), Err(Error::Key { .. })));
    fs::write(&path, [1; 32]).unwrap();
    assert!(is_same(&Key::read(&path).unwrap(), &Key::read(&path).unwrap()));
}
