//! The scripts of apk's packages, which lie in one tar: `busybox-1.36.1-r29.Q1….post-install`.

use cutaway_analyze::{
    Analyzer, AnalyzerId, Database, Ecosystem, File, Findings, Interest, Outcome, PackageRef,
};
use cutaway_layerfs::{EntryPath, Kind, Limits, Meta, Visitor, Walk};

use crate::reporter::Reporter;
use crate::script;
use crate::unpack::gunzip;

/// The reader of the tar.
#[derive(Debug)]
pub(crate) struct ApkScripts;

impl Analyzer for ApkScripts {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("apk-scripts", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().files([
            "lib/apk/db/scripts.tar",
            "usr/lib/apk/db/scripts.tar",
            "lib/apk/db/scripts.tar.gz",
            "usr/lib/apk/db/scripts.tar.gz",
        ])
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let mut scripts = Scripts::default();
        let mut walk = Walk::new(Limits::default());
        let unpacked = if file.start().starts_with(&[0x1f, 0x8b]) {
            gunzip(file.start())
        } else {
            Ok(file.start().to_vec())
        };
        let read = unpacked.and_then(|tar| {
            walk.push(&tar, &mut scripts).map_err(|error| error.to_string())?;
            walk.finish(&mut scripts).map_err(|error| error.to_string())
        });
        for (name, content) in &scripts.done {
            let Some((package, kind)) = package_of(name) else { continue };
            let reason = format!("named in the {kind} of {package}");
            let package = PackageRef::Named { name: package, arch: None };
            let owner = findings.files.owner(Ecosystem::APK, package, false);
            script::origins(content, owner, &reason, &mut findings.files);
        }
        if let Err(error) = read {
            let mut reporter = Reporter::new(findings);
            reporter
                .warning("apk-scripts-unreadable", format_args!("the scripts end early: {error}"));
            reporter.finish();
        }
        Outcome::Done
    }
}

impl Database for ApkScripts {}

/// The scripts of a tar, each with the name of its member.
#[derive(Debug, Default)]
struct Scripts {
    open: Option<(String, Vec<u8>)>,
    done: Vec<(String, Vec<u8>)>,
}

impl Visitor for Scripts {
    fn entry(&mut self, _: u32, path: &EntryPath, meta: &Meta) -> bool {
        self.open =
            (meta.kind == Kind::File).then(|| (path.to_string_lossy().into_owned(), Vec::new()));
        self.open.is_some()
    }

    fn data(&mut self, chunk: &[u8]) {
        if let Some((_, content)) = &mut self.open {
            content.extend_from_slice(chunk);
        }
    }

    fn hole(&mut self, _: u64) {}

    fn end(&mut self) {
        self.done.extend(self.open.take());
    }
}

/// Takes `NAME-VERSION-rREVISION.Q1CHECKSUM.KIND` apart.
fn package_of(member: &str) -> Option<(String, &str)> {
    let (rest, kind) = member.rsplit_once('.')?;
    let (package, _checksum) = rest.rsplit_once(".Q").or_else(|| rest.rsplit_once(".X"))?;
    let (name_version, _revision) = package.rsplit_once('-')?;
    let (name, _version) = name_version.rsplit_once('-')?;
    (!name.is_empty()).then(|| (name.to_owned(), kind))
}

#[cfg(test)]
mod tests {
    use super::package_of;

    #[test]
    fn members() {
        for (member, expected) in [
            (
                "busybox-1.30.1-r3.Q1x6WFRxtCFOJEJVxd3X43cgTKiZQ=.post-install",
                Some(("busybox", "post-install")),
            ),
            (
                "alpine-baselayout-3.1.2-r0.Q1V0/JAxG2jb+cCj5E9Ukb4M3HklA=.pre-upgrade",
                Some(("alpine-baselayout", "pre-upgrade")),
            ),
            ("a.Q1x.trigger", None),
            ("a-1-r0.trigger", None),
            ("-1-r0.Q1x.trigger", None),
        ] {
            let found = package_of(member);
            assert_eq!(
                found.as_ref().map(|(name, kind)| (name.as_str(), *kind)),
                expected,
                "{member}"
            );
        }
    }
}
