//! containerd's caller of image verifiers: allowed, denied, out of time, and what lies about in its folder.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::{Scene, ask, relay};
use crate::process::target;

pub(super) fn run(scene: &Scene, caller: &Path) -> Result<()> {
    let bin = scene.folder.join("bin");
    std::fs::create_dir(&bin)?;
    let folder = bin.display().to_string();
    let name = format!("{}/team/app:1", scene.registry.host());
    let (good, bad) = (scene.digest("1")?, scene.digest("old")?);
    let call = |name: &str, digest: &str| ask(caller, &[&folder, name, digest]);
    let expect = |(status, said): (i32, String), wanted: i32, words: &[&str]| {
        let has = words.iter().all(|word| said.contains(word));
        ensure!(status == wanted && has, "expected {wanted} and {words:?}, not {status}: {said}");
        Ok(())
    };

    expect(call(&name, &good)?, 0, &["no image verifier binaries found"])?;
    let ours = bin.join("cutaway-image-verifier");
    // A script, because settings of another place than that of a machine need a variable.
    let settings = scene.folder.join("verifier.yaml");
    let socket = scene.folder.join("gate.sock");
    let text = format!("schema: cutaway.verifier/1\nsocket: {}\n", socket.display());
    std::fs::write(&settings, text)?;
    let link = scene.folder.join("image-verifier");
    symlink(target("debug/cutaway"), &link)?;
    let script = format!(
        "#!/bin/sh\nCUTAWAY_VERIFIER_CONFIG={} exec {} \"$@\"\n",
        settings.display(),
        link.display()
    );
    std::fs::write(&ours, script)?;
    std::fs::set_permissions(&ours, std::fs::Permissions::from_mode(0o755))?;

    expect(call(&name, &good)?, 1, &["the gate does not answer"])?;
    let gate = scene.gate(&format!("{{unix: {}}}", socket.display()), || socket.exists())?;
    expect(call(&name, &good)?, 0, &["pass", &good])?;
    expect(call(&name, &bad)?, 1, &["rejected image (exit code 1)", "block", "p/old", &bad])?;
    // Out of time: it says so before it is killed, and the gate goes on.
    let slow = relay::slow(scene.registry.host(), Duration::from_millis(900))?;
    let slow_name = format!("{slow}/team/app:1");
    std::fs::write(
        &settings,
        format!("schema: cutaway.verifier/1\nsocket: {}\ntimeout: 2s\n", socket.display()),
    )?;
    let short = ask(caller, &[&folder, &slow_name, &good, "2s"])?;
    expect(short, 1, &["analysis not finished, retry"])?;
    std::thread::sleep(Duration::from_secs(6));
    expect(ask(caller, &[&folder, &slow_name, &good, "2s"])?, 0, &["pass", &good])?;

    for debris in ["README", "0-notes"] {
        std::fs::write(bin.join(debris), "nothing to run\n")?;
        expect(call(&name, &good)?, 2, &["failed to call verifier", debris])?;
        std::fs::remove_file(bin.join(debris))?;
    }
    std::fs::create_dir(bin.join("0-old"))?;
    expect(call(&name, &good)?, 2, &["failed to call verifier 0-old"])?;
    std::fs::remove_dir(bin.join("0-old"))?;
    drop(gate);
    expect(call(&name, &good)?, 1, &["the gate"])
}
