//! A policy of any text is read or refused in one line; one that is read has names.

#![no_main]

use cutaway_policy::Policy;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match Policy::read(text, jiff::civil::date(2026, 1, 1)) {
        Ok(policy) => assert!(!policy.name().is_empty() && policy.rules().count() > 0),
        Err(error) => assert!(!error.to_string().contains('\n')),
    }
});
