//! What keeps containerd from asking image verifiers: its settings, and the folder of verifiers.

mod folder;

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::config::text_of;
use crate::verifier::VerifierSettings;

/// Where the settings of containerd lie where nothing else is said.
pub const CONTAINERD_SETTINGS: &str = "/etc/containerd/config.toml";
/// The plugin that calls verifiers.
const BINDIR: &str = "io.containerd.image-verifier.v1.bindir";
/// The plugin by which images are pulled with verification.
const TRANSFER: &str = "io.containerd.transfer.v1.local";
/// The plugin of CRI that has settings of pulls, since containerd 2.0.
const IMAGES: &str = "io.containerd.cri.v1.images";
/// The one before.
const CRI: &str = "io.containerd.grpc.v1.cri";
/// The most files of settings.
const MAX_FILES: usize = 100;

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Images are pulled that nobody was asked about.
    Off,
    /// No image can be pulled.
    Blocks,
    /// It could not be found out.
    Unknown,
}

/// Something that keeps verifiers from being asked, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// How bad it is.
    pub effect: Effect,
    /// The file or folder, and the setting.
    pub place: String,
    /// What it does.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.effect {
            Effect::Off => "off",
            Effect::Blocks => "blocks",
            Effect::Unknown => "unknown",
        };
        let text = format!("{word}: {}: {}", self.place, self.message);
        f.write_str(&crate::text::line(&text))
    }
}

/// Looks at the settings of containerd in this file, at those that it imports, at the folder of
/// verifiers, and at the settings of the verifier. Nothing is found where it is asked about every pull
/// of CRI, and can answer.
pub fn doctor(config: &Path, settings: &Path) -> Vec<Finding> {
    let mut found = Found::default();
    let (mut seen, mut open) = (BTreeSet::new(), VecDeque::from([config.to_owned()]));
    while let Some(path) = open.pop_front() {
        if !seen.insert(path.clone()) || seen.len() > MAX_FILES {
            continue;
        }
        // Without a file, everything is as containerd has it by itself.
        if path.symlink_metadata().is_err() && path == config {
            continue;
        }
        let read = text_of(&path).map_err(|error| error.to_string());
        let table = read.and_then(|text| text.parse::<Table>().map_err(|error| error.to_string()));
        match table {
            Ok(table) => {
                open.extend(imports(&table, &path));
                found.file(&path.display().to_string(), &table);
            }
            Err(error) => found.add(Effect::Unknown, path.display().to_string(), &error),
        }
    }
    folder::look(&mut found);
    if let Err(error) = VerifierSettings::read(settings) {
        found.add(Effect::Blocks, "the verifier's settings", &error.to_string());
    }
    found.findings.sort();
    found.findings.dedup();
    found.findings
}

/// What was found, and what later files and the folder need.
#[derive(Debug)]
pub(crate) struct Found {
    findings: Vec<Finding>,
    folder: PathBuf,
    most: i64,
}

impl Default for Found {
    fn default() -> Self {
        let folder = PathBuf::from("/opt/containerd/image-verifier/bin");
        Self { findings: Vec::new(), folder, most: 10 }
    }
}

impl Found {
    fn add(&mut self, effect: Effect, place: impl Into<String>, message: &str) {
        self.findings.push(Finding { effect, place: place.into(), message: message.to_owned() });
    }

    fn file(&mut self, file: &str, table: &Table) {
        let disabled = table.get("disabled_plugins").and_then(Value::as_array);
        for name in disabled.into_iter().flatten().filter_map(Value::as_str) {
            if [BINDIR, TRANSFER, IMAGES].contains(&name) {
                let place = format!("{file}: disabled_plugins: {name}");
                self.add(Effect::Off, place, "the plugin that is needed is not loaded");
            }
        }
        let Some(plugins) = table.get("plugins").and_then(Value::as_table) else { return };
        if let Some(images) = plugins.get(IMAGES).and_then(Value::as_table) {
            self.pulls(&format!("{file}: plugins.\"{IMAGES}\""), images, images);
        }
        if let Some(cri) = plugins.get(CRI).and_then(Value::as_table) {
            let empty = Table::new();
            let containerd = cri.get("containerd").and_then(Value::as_table).unwrap_or(&empty);
            self.pulls(&format!("{file}: plugins.\"{CRI}\""), cri, containerd);
        }
        if let Some(bindir) = plugins.get(BINDIR).and_then(Value::as_table) {
            self.bindir(&format!("{file}: plugins.\"{BINDIR}\""), bindir);
        }
    }

    /// Looks for what has CRI pull images by itself: verifiers are asked by the transfer service alone.
    fn pulls(&mut self, place: &str, pulls: &Table, layers: &Table) {
        const LOCAL: &str = "CRI pulls images by itself, and asks no verifier";
        let truth = |table: &Table, key: &str| table.get(key).and_then(Value::as_bool);
        let mut found = Vec::new();
        for (key, off, value) in [
            ("use_local_image_pull", true, truth(pulls, "use_local_image_pull")),
            ("image_pull_with_sync_fs", true, truth(pulls, "image_pull_with_sync_fs")),
            ("discard_unpacked_layers", true, truth(layers, "discard_unpacked_layers")),
            ("disable_snapshot_annotations", false, truth(layers, "disable_snapshot_annotations")),
        ] {
            if value == Some(off) {
                found.push(format!("{key} = {off}"));
            }
        }
        let downloads = pulls.get("max_concurrent_downloads").and_then(Value::as_integer);
        if let Some(number) = downloads.filter(|number| *number != 3) {
            found.push(format!("max_concurrent_downloads = {number} (3 is what does not)"));
        }
        let registry = pulls.get("registry").and_then(Value::as_table);
        for key in ["mirrors", "configs", "auths"] {
            let table = registry.and_then(|it| it.get(key)).and_then(Value::as_table);
            if table.is_some_and(|it| !it.is_empty()) {
                found.push(format!("registry.{key} (config_path stands for it)"));
            }
        }
        for what in found {
            self.add(Effect::Off, format!("{place}: {what}"), LOCAL);
        }
    }

    fn bindir(&mut self, place: &str, bindir: &Table) {
        if let Some(folder) = bindir.get("bin_dir").and_then(Value::as_str) {
            self.folder = PathBuf::from(folder);
        }
        if let Some(most) = bindir.get("max_verifiers").and_then(Value::as_integer) {
            self.most = most;
            if most == 0 {
                let place = format!("{place}: max_verifiers = 0");
                self.add(Effect::Off, place, "no verifier is asked");
            }
        }
        let timeout = bindir.get("per_verifier_timeout").and_then(Value::as_str);
        if let Some(timeout) = timeout
            && cutaway::parse_duration(timeout).is_ok_and(|time| time.as_secs() < 1)
        {
            let place = format!("{place}: per_verifier_timeout = {timeout}");
            self.add(Effect::Blocks, place, "no verifier can answer in that time");
        }
    }
}

/// Returns the files that settings import: each may have stars in its name.
fn imports(table: &Table, of: &Path) -> Vec<PathBuf> {
    let named = table.get("imports").and_then(Value::as_array);
    let mut paths = Vec::new();
    for text in named.into_iter().flatten().filter_map(Value::as_str) {
        let path = of.parent().unwrap_or(of).join(text);
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { continue };
        let name = name.to_string_lossy();
        let Some((before, after)) = name.split_once('*') else {
            paths.push(path.clone());
            continue;
        };
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut fit: Vec<PathBuf> = entries
            .map(|entry| entry.path())
            .filter(|path| {
                let name = path.file_name().map(|it| it.to_string_lossy()).unwrap_or_default();
                name.starts_with(before) && name.ends_with(after.trim_start_matches('*'))
            })
            .collect();
        fit.sort();
        paths.extend(fit);
    }
    paths.truncate(MAX_FILES);
    paths
}

#[cfg(test)]
mod tests;
