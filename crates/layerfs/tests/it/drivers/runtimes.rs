//! The runtimes that unpack images: what each of them makes of a stack of layers.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::stack::member;

/// Paths with all that is compared of them.
pub(crate) type Files = BTreeMap<String, String>;

/// What unpacks images, and where it listens or keeps its storage.
#[derive(Debug, Clone)]
pub(crate) enum Runtime {
    /// With the snapshotter of overlayfs, at this socket.
    Containerd(String),
    /// With overlay2, at this address.
    Docker(String),
    /// With this driver, in this folder.
    Podman(&'static str, PathBuf),
    Umoci,
}

/// An image in both forms: an archive as Docker saves it, and an OCI layout.
#[derive(Debug)]
pub(crate) struct OnDisk {
    folder: PathBuf,
    name: String,
}

impl OnDisk {
    /// Writes an image of these layers into an empty folder.
    pub(crate) fn write(folder: &Path, name: &str, layers: &[Vec<u8>]) -> Self {
        let blobs = folder.join("image/blobs/sha256");
        fs::create_dir_all(&blobs).unwrap();
        let hex = |bytes: &[u8]| -> String {
            Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
        };
        let store = |kind: &str, bytes: &[u8]| {
            fs::write(blobs.join(hex(bytes)), bytes).unwrap();
            let digest = format!("sha256:{}", hex(bytes));
            let media_type = format!("application/vnd.oci.image.{kind}");
            json!({"mediaType": media_type, "digest": digest, "size": bytes.len()})
        };
        let stored: Vec<Value> = layers.iter().map(|it| store("layer.v1.tar", it)).collect();
        let diff_ids: Vec<&Value> = stored.iter().map(|layer| &layer["digest"]).collect();
        let config = json!({
            "architecture": "amd64", "os": "linux", "config": {"Cmd": ["/x"]},
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
        });
        let text = config.to_string();
        let manifest = json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": store("config.v1+json", text.as_bytes()), "layers": stored,
        });
        let mut manifest = store("manifest.v1+json", manifest.to_string().as_bytes());
        manifest["annotations"] = json!({"org.opencontainers.image.ref.name": "t"});
        let index = json!({"schemaVersion": 2, "manifests": [manifest]});
        fs::write(folder.join("image/index.json"), index.to_string()).unwrap();
        fs::write(folder.join("image/oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();

        let name = format!("example.test/{name}:t");
        let file = |name: &str, content: &[u8]| member(b'0', name.as_bytes(), b"", (0, 0), content);
        let config_name = format!("{}.json", hex(text.as_bytes()));
        let names: Vec<String> = (0..layers.len()).map(|n| format!("{n}.tar")).collect();
        let listed = json!([{"Config": config_name, "RepoTags": [name], "Layers": names}]);
        let mut archive = file(&config_name, text.as_bytes());
        for (name, layer) in names.iter().zip(layers) {
            archive.extend(file(name, layer));
        }
        archive.extend(file("manifest.json", listed.to_string().as_bytes()));
        archive.resize(archive.len() + 1024, 0);
        fs::write(folder.join("archive.tar"), archive).unwrap();
        Self { folder: folder.to_owned(), name }
    }

    fn archive(&self) -> String {
        self.folder.join("archive.tar").display().to_string()
    }
}

impl Runtime {
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Containerd(_) => "containerd".into(),
            Self::Docker(_) => "docker".into(),
            Self::Podman(driver, _) => format!("podman {driver}"),
            Self::Umoci => "umoci".into(),
        }
    }

    /// Returns whether it unpacks a layer alone and lays it over the lower ones.
    pub(crate) fn is_overlay(&self) -> bool {
        !matches!(self, Self::Umoci | Self::Podman("vfs", _))
    }

    /// Unpacks an image; an error where it does not.
    pub(crate) fn unpack(&self, image: &OnDisk) -> Result<Files, String> {
        match self {
            Self::Containerd(socket) => containerd(socket, image),
            Self::Docker(address) => docker(address, image),
            Self::Podman(driver, folder) => podman(driver, folder, image),
            Self::Umoci => {
                let layout = format!("{}:t", image.folder.join("image").display());
                let root = image.folder.join("root");
                let to = root.display().to_string();
                run("umoci", &["raw", "unpack", "--image", &layout, &to])?;
                Ok(files(&root))
            }
        }
    }
}

fn containerd(socket: &str, image: &OnDisk) -> Result<Files, String> {
    let ctr = |arguments: &[&str]| run("ctr", &[&["--address", socket], arguments].concat());
    let snapshots = ["--snapshotter", "overlayfs"];
    ctr(&[&["images", "import"], &snapshots[..], &[&image.archive()]].concat())?;
    let at = mount_point(image);
    let mount = ["images", "mount", "--rw", "--platform", "linux/amd64"];
    ctr(&[&mount[..], &snapshots, &[&image.name, &at]].concat())?;
    let found = files(Path::new(&at));
    run("umount", &[&at])?;
    ctr(&[&["snapshots"], &snapshots[..], &["rm", &at]].concat())?;
    ctr(&["images", "rm", "--sync", &image.name])?;
    Ok(found)
}

fn docker(address: &str, image: &OnDisk) -> Result<Files, String> {
    let docker = |arguments: &[&str]| run("docker", &[&["-H", address], arguments].concat());
    docker(&["load", "-i", &image.archive()])?;
    let container = docker(&["create", &image.name, "/x"])?;
    let driver = docker(&["inspect", "-f", "{{.GraphDriver.Data.LowerDir}}", &container])?;
    // The layer above the image's is for files that Docker puts into every container.
    let layers = driver.split(':').filter(|it| !it.ends_with("-init/diff"));
    let empty = image.folder.join("empty").display().to_string();
    fs::create_dir_all(&empty).unwrap();
    let layers = [&empty[..]].into_iter().chain(layers).collect::<Vec<_>>().join(":");
    let at = mount_point(image);
    let options = format!("ro,lowerdir={layers}");
    run("mount", &["-t", "overlay", "overlay", "-o", &options, &at])?;
    let found = files(Path::new(&at));
    run("umount", &[&at])?;
    docker(&["rm", &container])?;
    docker(&["rmi", &image.name])?;
    Ok(found)
}

fn podman(driver: &str, folder: &Path, image: &OnDisk) -> Result<Files, String> {
    let of = |option: &str, name: &str| format!("{option}={}", folder.join(name).display());
    let (root, state) = (of("--root", "root"), of("--runroot", "run"));
    let driver = format!("--storage-driver={driver}");
    let common = [&root[..], &state, &driver, "--events-backend=none"];
    let podman = |arguments: &[&str]| run("podman", &[&common[..], arguments].concat());
    podman(&["load", "-i", &image.archive()])?;
    let at = podman(&["image", "mount", &image.name])?;
    let found = files(Path::new(&at));
    podman(&["image", "unmount", &image.name])?;
    podman(&["rmi", &image.name])?;
    Ok(found)
}

fn mount_point(image: &OnDisk) -> String {
    let at = image.folder.join("mounted");
    fs::create_dir_all(&at).unwrap();
    at.display().to_string()
}

fn run(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(arguments).output().unwrap();
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

/// Returns all below a folder: kind, mode, owner, and content or target.
fn files(root: &Path) -> Files {
    let mut found = Files::new();
    let mut ahead = vec![root.to_owned()];
    while let Some(directory) = ahead.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            // A whiteout in a directory that lies over none is listed, and not there.
            let Ok(meta) = fs::symlink_metadata(&path) else { continue };
            let (kind, what) = if meta.is_dir() {
                ahead.push(path.clone());
                ("dir", String::new())
            } else if meta.is_symlink() {
                ("link", fs::read_link(&path).unwrap().display().to_string())
            } else if meta.file_type().is_char_device() {
                ("char", meta.rdev().to_string())
            } else {
                ("file", String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned())
            };
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            let mode = if kind == "link" { 0o777 } else { meta.mode() & 0o7777 };
            found.insert(name, format!("{kind} {mode:o} {}:{} {what}", meta.uid(), meta.gid()));
        }
    }
    found
}
