//! Two texts as versions of one family: never a panic, an order that is the same both ways, and errors of
//! one short line.

#![no_main]

use cutaway_version::Family;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &str, &str)| {
    let (choice, a, b) = input;
    let family = Family::ALL[usize::from(choice) % Family::ALL.len()];
    match (family.compare(a, b), family.compare(b, a)) {
        (Ok(forth), Ok(back)) => assert_eq!(forth, back.reverse(), "{family} {a:?} {b:?}"),
        (Err(error), Err(_)) => {
            let shown = error.to_string();
            assert!(shown.len() < 400 && !shown.contains(char::is_control), "{shown:?}");
        }
        (forth, back) => panic!("{family} {a:?} {b:?}: {forth:?}, {back:?}"),
    }
    for text in [a, b] {
        assert_eq!(family.check(text).is_ok(), family.compare(text, text).is_ok());
    }
});
