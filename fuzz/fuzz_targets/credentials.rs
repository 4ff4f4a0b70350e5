//! Any bytes, read as each file of credentials and of registries: never a panic, errors of one line, and
//! no secret in them.

#![no_main]

use cutaway_ref::auth::{DockerConfig, Keychain, Netrc, NoPrograms, PullSecret, Source};
use cutaway_ref::{Reference, RegistriesConf};
use libfuzzer_sys::fuzz_target;

fn assert_one_line(error: &impl std::fmt::Display) {
    let text = error.to_string();
    assert!(text.len() <= 4096 && !text.chars().any(char::is_control), "{text:?}");
}

fuzz_target!(|bytes: &[u8]| {
    if let Err(error) = DockerConfig::parse(bytes) {
        assert_one_line(&error);
    }
    if let Err(error) = PullSecret::parse(bytes) {
        assert_one_line(&error);
    }
    match Netrc::parse(bytes) {
        Ok(netrc) => drop(netrc.find("registry.example")),
        Err(error) => assert_one_line(&error),
    }
    let reference: Reference = "registry.example/a/b:c".parse().expect("a reference");
    let sources = [Source::file, Source::netrc, Source::pull_secret].map(|of| of("fuzz", bytes));
    let _ = Keychain::new(sources.into()).resolve(&reference, &NoPrograms);
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match RegistriesConf::parse(text) {
        Ok(conf) => match conf.clone().overlaid(conf).route(&reference) {
            Ok(endpoints) => assert!(!endpoints.is_empty()),
            Err(error) => assert_one_line(&error),
        },
        Err(error) => assert_one_line(&error),
    }
});
