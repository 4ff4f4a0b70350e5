//! The folder of verifiers: every entry in it is run, and none is no verification.

use std::os::unix::fs::PermissionsExt as _;

use super::{Effect, Found};

/// Looks at the folder.
pub(super) fn look(found: &mut Found) {
    let folder = found.folder.clone();
    let place = folder.display().to_string();
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            found.add(Effect::Off, place, "it is not there: every image may be pulled");
            return;
        }
        Err(error) => {
            found.add(Effect::Blocks, place, &format!("it cannot be read: {error}"));
            return;
        }
    };
    let mut names = Vec::new();
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        // What containerd would run is what a link leads to.
        match std::fs::metadata(entry.path()) {
            Ok(it) if it.is_file() && it.permissions().mode() & 0o111 != 0 => {}
            Ok(_) => found.add(
                Effect::Blocks,
                entry.path().display().to_string(),
                "it is no program, and every entry of this folder is run",
            ),
            Err(error) => {
                let message = format!("it cannot be run: {error}");
                found.add(Effect::Blocks, entry.path().display().to_string(), &message);
            }
        }
        names.push(name);
    }
    names.sort();
    if names.is_empty() {
        found.add(Effect::Off, place, "it is empty: every image may be pulled");
        return;
    }
    let ours = names.iter().position(|name| name.ends_with("image-verifier"));
    let most = usize::try_from(found.most).unwrap_or(usize::MAX);
    match ours {
        None => found.add(
            Effect::Off,
            place,
            "no program's name ends with image-verifier: this one is not asked",
        ),
        Some(at) if at >= most => {
            let message =
                format!("{} stands behind the first {most} (max_verifiers)", names.join(", "));
            found.add(Effect::Off, place, &message);
        }
        Some(_) => {}
    }
}
