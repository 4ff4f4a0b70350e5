//! What crane prints of a registry, byte for byte; asked where crane is on `PATH`.

use std::process::Command;

use cutaway_fixtures::{FixtureIndex, ImageBuilder, Push};

use crate::support::{alpine, provided, run, status, stderr};

/// Runs crane; none where it is absent.
fn crane(arguments: &[&str]) -> Option<Vec<u8>> {
    let Ok(output) = Command::new("crane").args(arguments).output() else {
        eprintln!("skipped: no crane");
        return None;
    };
    assert!(output.status.success(), "crane {arguments:?}: {}", stderr(&output));
    Some(output.stdout)
}

#[test]
fn prints_the_same_bytes() {
    let Some(registry) = provided("CUTAWAY_TEST_REGISTRY", "registry") else { return };
    let (app, sub) = (format!("{registry}/crane/app"), format!("{registry}/crane/app/sub"));
    let image = alpine();
    let children = ["linux/amd64", "linux/arm64"].map(|platform| {
        let text = format!("platform {platform}\nlayer gzip\n  arch 0644 \"{platform}\"\n");
        ImageBuilder::parse(&text).unwrap().build()
    });
    let index = FixtureIndex::new(children);
    for tag in ["2", "1", "latest"] {
        Push::to(&registry, "crane/app").image(tag, &image).unwrap();
    }
    Push::to(&registry, "crane/app").image("sha256-ab.sig", &image).unwrap();
    Push::to(&registry, "crane/app/sub").index("1", &index).unwrap();
    let (one, many) = (format!("{app}:1"), format!("{sub}:1"));
    let by_digest = format!("{sub}@{}", index.manifest.digest);
    let layer = format!("{app}@{}", image.layers[0].blob.digest);
    let amd = "--platform=linux/amd64";
    let arm = "--platform=linux/arm64";
    // What crane is asked, and what we are asked where that is called otherwise.
    let rows: [(&[&str], &[&str]); 19] = [
        (&["digest", &one], &[]),
        (&["digest", "--full-ref", &one], &[]),
        (&["digest", &many], &[]),
        (&["digest", arm, &many], &[]),
        (&["digest", "--full-ref", arm, &many], &[]),
        (&["manifest", &one], &[]),
        (&["manifest", &many], &[]),
        (&["manifest", &by_digest], &[]),
        (&["manifest", arm, &many], &[]),
        (&["config", &one], &[]),
        (&["config", amd, &many], &[]),
        (&["config", arm, &many], &[]),
        (&["blob", &layer], &[]),
        (&["ls", &app], &["tags", &app]),
        (&["ls", "--full-ref", &app], &["tags", "--full-ref", &app]),
        (&["ls", "-O", &app], &["tags", "-O", &app]),
        (&["ls", "-O", "--full-ref", &app], &["tags", "-O", "--full-ref", &app]),
        (&["catalog", &registry], &[]),
        (&["catalog", "--full-ref", &registry], &[]),
    ];
    for (theirs, ours) in rows {
        let ours = if ours.is_empty() { theirs } else { ours };
        // Other tests push meanwhile, so a catalogue may have grown in between.
        let wanted =
            if theirs[0] == "catalog" { among(crane(theirs).as_ref()) } else { crane(theirs) };
        let Some(wanted) = wanted else { return };
        let output = run(ours);
        assert_eq!(status(&output), 0, "{ours:?}: {}", stderr(&output));
        let printed = Some(output.stdout);
        let printed = if theirs[0] == "catalog" { among(printed.as_ref()) } else { printed };
        assert_eq!(
            printed.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
            Some(String::from_utf8_lossy(&wanted).into_owned()),
            "{ours:?}"
        );
    }
}

/// Keeps the lines of a listing that are of this test.
fn among(listing: Option<&Vec<u8>>) -> Option<Vec<u8>> {
    let lines = listing?.split_inclusive(|&byte| byte == b'\n');
    let ours = lines.filter(|line| line.windows(9).any(|part| part == b"crane/app"));
    Some(ours.flatten().copied().collect())
}
