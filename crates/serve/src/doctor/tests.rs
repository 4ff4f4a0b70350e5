//! Each setting that switches verification off is named, and what is right is not.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::{Effect, Finding, doctor};

/// Writes settings of containerd beside a folder with one verifier.
fn folder(settings: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let bin = folder.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    program(&bin.join("cutaway-image-verifier"), 0o755);
    let text = settings.replace("BIN", &bin.display().to_string());
    std::fs::write(folder.path().join("config.toml"), text).unwrap();
    let settings = "schema: cutaway.verifier/1\nsocket: /run/gate.sock\n";
    std::fs::write(folder.path().join("verifier.yaml"), settings).unwrap();
    folder
}

fn program(path: &Path, mode: u32) {
    std::fs::write(path, "#!/bin/sh\n").unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn all(folder: &tempfile::TempDir) -> Vec<Finding> {
    doctor(&folder.path().join("config.toml"), &folder.path().join("verifier.yaml"))
}

fn found(folder: &tempfile::TempDir) -> Vec<String> {
    let here = format!("{}/", folder.path().display());
    let findings = all(folder);
    findings.iter().map(|it| it.to_string().replace(&here, "")).collect()
}

const GOOD: &str = r#"
version = 3
[plugins."io.containerd.image-verifier.v1.bindir"]
bin_dir = "BIN"
max_verifiers = 10
per_verifier_timeout = "10s"
[plugins."io.containerd.cri.v1.images"]
max_concurrent_downloads = 3
disable_snapshot_annotations = true
discard_unpacked_layers = false
[plugins."io.containerd.cri.v1.images".registry]
config_path = "/etc/containerd/certs.d"
"#;

#[test]
fn what_is_right_is_not_named() {
    assert_eq!(found(&folder(GOOD)), [""; 0]);
}

#[test]
fn each_setting_that_switches_verification_off_is_named() {
    let images = "plugins.\"io.containerd.cri.v1.images\"";
    for (from, to, name) in [
        (
            "max_concurrent_downloads = 3",
            "max_concurrent_downloads = 5",
            "max_concurrent_downloads = 5",
        ),
        ("annotations = true", "annotations = false", "disable_snapshot_annotations = false"),
        ("layers = false", "layers = true", "discard_unpacked_layers = true"),
        ("layers = false", "image_pull_with_sync_fs = true", "image_pull_with_sync_fs = true"),
        ("layers = false", "use_local_image_pull = true", "use_local_image_pull = true"),
        (
            "config_path = \"/etc/containerd/certs.d\"",
            "mirrors = {a = {endpoint = []}}",
            "registry.mirrors",
        ),
        ("config_path = \"/etc/containerd/certs.d\"", "configs = {a = {}}", "registry.configs"),
        ("config_path = \"/etc/containerd/certs.d\"", "auths = {a = {}}", "registry.auths"),
    ] {
        let text = GOOD.replace("discard_unpacked_layers = false", "layers = false");
        let text = match from.starts_with("layers") && to.starts_with("layers") {
            true => {
                GOOD.replace("discard_unpacked_layers = false", "discard_unpacked_layers = true")
            }
            false => text.replace(from, to),
        };
        let found = found(&folder(&text));
        assert_eq!(found.len(), 1, "{found:?}");
        let start = format!("off: config.toml: {images}: {name}");
        assert!(found[0].starts_with(&start), "{found:?}");
    }
    for (from, to, start) in [
        ("max_verifiers = 10", "max_verifiers = 0", "off: "),
        ("\"10s\"", "\"100ms\"", "blocks: "),
        ("version = 3", "disabled_plugins = [\"io.containerd.transfer.v1.local\"]", "off: "),
        ("version = 3", "version = ", "unknown: config.toml: "),
        ("bin_dir = \"BIN\"", "bin_dir = \"/nonexistent\"", "off: /nonexistent: it is not there"),
    ] {
        let found = found(&folder(&GOOD.replace(from, to)));
        assert!(found.iter().any(|it| it.starts_with(start)), "{to}: {found:?}");
    }
}

#[test]
fn settings_of_the_form_before_and_imports_are_read() {
    let before = "version = 2\nimports = [\"more/*.toml\"]\n[plugins.\"io.containerd.image-verifier.v1.bindir\"]\nbin_dir = \"BIN\"\n[plugins.\"io.containerd.grpc.v1.cri\".containerd]\ndiscard_unpacked_layers = true\n";
    let folder = folder(before);
    std::fs::create_dir(folder.path().join("more")).unwrap();
    let more = "[plugins.\"io.containerd.grpc.v1.cri\".registry.mirrors.a]\nendpoint = []\n";
    std::fs::write(folder.path().join("more/a.toml"), more).unwrap();
    let found = found(&folder);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("config.toml") && found[0].contains("discard_unpacked_layers"));
    assert!(found[1].contains("more/a.toml") && found[1].contains("registry.mirrors"));
}

#[test]
fn debris_in_the_folder_is_named() {
    let folder = folder(GOOD);
    let bin = folder.path().join("bin");
    program(&bin.join("README"), 0o644);
    std::fs::create_dir(bin.join("old")).unwrap();
    std::os::unix::fs::symlink("nowhere", bin.join("z")).unwrap();
    let findings = all(&folder);
    assert_eq!(findings.len(), 3, "{findings:?}");
    assert!(findings.iter().all(|it| it.effect == Effect::Blocks));
    for name in ["README", "old", "z"] {
        let _ = std::fs::remove_file(bin.join(name));
        let _ = std::fs::remove_dir(bin.join(name));
    }
    std::fs::rename(bin.join("cutaway-image-verifier"), bin.join("cutaway")).unwrap();
    assert!(found(&folder)[0].contains("this one is not asked"));
    std::fs::remove_file(bin.join("cutaway")).unwrap();
    assert!(found(&folder)[0].contains("it is empty"));
    std::fs::write(folder.path().join("verifier.yaml"), "schema: x\n").unwrap();
    assert!(found(&folder).iter().any(|it| it.starts_with("blocks: the verifier's settings")));
}
