//! A password on standard input, which can be read once, and the registries of a run, which all ask.

use cutaway_fixtures::Canary;
use cutaway_fixtures::registry::{FakeRegistry, Gate};

use super::stage::{RUNTIME, USER, basic, hold, log};
use crate::support::{alpine, cutaway, run_command_with, status};

const SECRET: &str = "c4N4ry\"\\+/%25:Zq9";

fn closed() -> FakeRegistry {
    let registry = RUNTIME.block_on(FakeRegistry::start());
    hold(&registry, &alpine());
    let challenges = vec!["Basic realm=\"r\"".to_owned()];
    registry.gate(Gate::Exactly { challenges, authorization: basic(USER, SECRET) });
    registry
}

#[test]
fn every_registry_of_a_run_is_told_the_same_password() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other, mirror) = (closed(), closed(), closed());
    let conf = folder.path().join("registries.conf");
    let text = format!(
        "[[registry]]\nlocation = \"{0}\"\n[[registry.mirror]]\nlocation = \"{1}\"\n\
         [[registry]]\nprefix = \"moved.example\"\nlocation = \"{0}\"\n",
        one.host(),
        mirror.host()
    );
    std::fs::write(&conf, text).unwrap();
    let image = |host: String| format!("{host}/team/image:1");
    let into = folder.path().join("into").display().to_string();
    let (first, second) = (image(one.host()), image(other.host()));
    let moved = image("moved.example".to_owned());
    for words in [
        vec!["diff", &first, &second],
        vec!["diff", &second, &moved],
        vec!["pull", "--format", "oci", &first, &second, &into],
        vec!["scan", &first],
    ] {
        let mut command = cutaway(&words);
        command.args(["-vv", "--username", USER, "--password-stdin"]);
        command.env("CONTAINERS_REGISTRIES_CONF", &conf);
        let output = run_command_with(command, format!("{SECRET}\r\n").as_bytes());
        let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert_eq!(status(&output), 0, "{words:?}: {said}");
        assert_eq!(Canary::new(SECRET).found_in(&said), None, "{said}");
    }
    for registry in [&one, &other] {
        assert!(Canary::new(SECRET).found_in(log(registry)).is_some());
    }
    // What is given for a run is for the registry that is named.
    assert!(mirror.count("/team/image/") > 0);
    assert_eq!(Canary::new(SECRET).found_in(log(&mirror)), None);
}
