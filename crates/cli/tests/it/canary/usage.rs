//! Wrong usage and help, with secrets in every variable and in places where they do not belong.

use std::process::Stdio;

use cutaway_fixtures::Canary;

use super::stage::{BYSTANDER, bystanders};
use crate::support::cutaway;

const SECRET: &str = "c4N4ry+%25:Zq9-pl41n";

#[test]
fn wrong_usage_repeats_no_secret() {
    let in_address = |scheme: &str| format!("{scheme}me:{SECRET}@registry.example/team/image:1");
    let (address, transport, bare) =
        (in_address("https://"), in_address("docker://"), in_address(""));
    for words in [
        vec!["--help"],
        vec!["scan", "--help"],
        vec!["auth", "explain", "--help"],
        vec!["limits"],
        vec!["scan"],
        vec!["nonsense"],
        vec!["scan", "a", "b"],
        vec!["scan", "a", "--format", "nonsense"],
        vec!["scan", "a", "--limit", "nonsense"],
        vec!["scan", "a", "--username", "me", "--password-stdin=nonsense"],
        vec!["-vvv", "scan", &address],
        vec!["-vvv", "scan", &transport],
        vec!["-vvv", "scan", &bare],
        vec!["-vvv", "tags", &address],
        vec!["-vvv", "auth", "explain", &address],
        vec!["-vvv", "diff", &bare, &address],
    ] {
        let mut command = cutaway(&words);
        bystanders(&mut command);
        command.env("CUTAWAY_REGISTRY_TOKEN", BYSTANDER).env("CUTAWAY_USERNAME", "me");
        let output = command.stdin(Stdio::null()).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        for secret in [SECRET, BYSTANDER] {
            assert_eq!(Canary::new(secret).found_in(&said), None, "{words:?}: {said}");
        }
        assert!(!said.is_empty(), "{words:?}");
    }
}
