//! References: parsing is total, and what was parsed prints as itself.
#![no_main]

use cutaway_ref::Reference;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match text.parse::<Reference>() {
        Ok(reference) => {
            let printed = reference.to_string();
            assert_eq!(printed.parse::<Reference>().as_ref(), Ok(&reference), "{printed}");
        }
        Err(error) => assert!(!error.to_string().contains(char::is_control)),
    }
});
