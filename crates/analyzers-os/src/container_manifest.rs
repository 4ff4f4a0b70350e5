//! Azure Linux's list of rpms in images without an rpm database: `container-manifest-2`.
//!
//! ```text
//! glibc 2.35-2.cm2 1653816591 1653628955 Microsoft (none) 10855265 x86_64 0 glibc-2.35-2.cm2.src.rpm
//! ```
//!
//! Ten columns, one tab between: name, version-release, install time, build time, vendor, epoch,
//! size, architecture, epoch as a number, source rpm. It is the output of an `rpm -qa` query format.
//! Its sibling `container-manifest-1` has the same packages with fewer columns and is not read.

use cutaway_analyze::{
    Analyzer, AnalyzerId, Database, Details, Ecosystem, File, Findings, Interest, Key, Outcome,
    Package, Unrecorded,
};

use crate::bytes::number;
use crate::line::{Line, lines};
use crate::reporter::{Reporter, quote};
use crate::rpm::{KEY, source_of};
use crate::unrecorded;

const COLUMNS: usize = 10;

/// The reader of `container-manifest-2`.
#[derive(Debug)]
pub(crate) struct ContainerManifest;

impl Analyzer for ContainerManifest {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("container-manifest", 5)
    }

    fn interest(&self) -> Interest {
        Interest::default().files(["var/lib/rpmmanifest/container-manifest-2"])
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let mut reporter = Reporter::new(findings);
        let mut any = false;
        for line in lines(file.start()).filter(|line| !line.text.trim_ascii().is_empty()) {
            any = true;
            match package(line, &mut reporter) {
                // rpm keeps the keys that it trusts among the packages.
                Ok(Package { name, version, .. }) if name == KEY => {
                    reporter.findings().key(Key { name, version, summary: None });
                }
                Ok(package) => reporter.package(package),
                Err(rule) => reporter.error(
                    "container-manifest-line-unreadable",
                    format_args!("line {} {rule}: {}", line.number, quote(line.text)),
                ),
            }
        }
        if !any {
            reporter.empty();
        }
        reporter.repeated("container-manifest-record-repeated");
        reporter.finish();
        Outcome::Done
    }
}

impl Database for ContainerManifest {
    fn unrecorded(&self) -> &'static [Unrecorded] {
        unrecorded::RPM_MANIFEST
    }
}

fn package(line: Line<'_>, reporter: &mut Reporter<'_>) -> Result<Package, &'static str> {
    if line.is_too_long() {
        return Err("is over the limit database_line of 4194304 bytes");
    }
    let text = String::from_utf8_lossy(line.text);
    let columns: Vec<_> = text
        .splitn(COLUMNS.saturating_add(1), '\t')
        .map(|column| Some(column).filter(|column| !matches!(*column, "" | "(none)")))
        .collect();
    let &[name, version, installed, built, vendor, epoch, size, arch, in_number, source_rpm] =
        columns.as_slice()
    else {
        return Err("has not ten columns");
    };
    let name = name.ok_or("has no name")?;
    let full = version.ok_or("has no version")?;
    if !line.ended && ![".rpm", "(none)"].iter().any(|end| text.ends_with(end)) {
        return Err("is cut: the file ends in it");
    }
    // Where the first column has none the other one is 0; if it is not, there is an epoch.
    let epoch = epoch.or(in_number.filter(|number| *number != "0"));
    let epoch = match epoch.map(str::parse::<u64>) {
        None => None,
        Some(Ok(epoch)) => Some(epoch),
        Some(Err(_)) => {
            reporter.warning(
                "container-manifest-epoch-odd",
                format_args!(
                    "line {}: the epoch of {} is no number",
                    line.number,
                    quote(name.as_bytes())
                ),
            );
            None
        }
    };
    let release = full.rsplit_once('-').map(|(_, release)| release.to_owned());
    let version = match epoch {
        Some(epoch) if epoch > 0 => format!("{epoch}:{full}"),
        _ => full.to_owned(),
    };
    let mut package = Package::new(Ecosystem::RPM, name, version);
    package.epoch = epoch;
    package.release = release;
    package.arch = arch.map(str::to_owned);
    package.source = source_rpm.map(source_of);
    package.vendor = vendor.map(str::to_owned);
    let count = |column: Option<&str>| column.and_then(|column| number(column.as_bytes()));
    let mut details = Details::default();
    details.installed_size = count(size);
    details.installed_at = count(installed);
    details.built_at = count(built);
    package.set_details(details);
    Ok(package)
}

#[cfg(test)]
mod tests {
    use cutaway_analyze::{Analyzer, File, Findings};
    use cutaway_layerfs::EntryPath;

    use super::ContainerManifest;

    #[test]
    fn epochs() {
        for (epoch, number, version, found) in [
            ("(none)", "0", "9-1", None),
            ("(none)", "2", "2:9-1", Some(2)),
            ("", "3", "3:9-1", Some(3)),
            ("(none)", "(none)", "9-1", None),
            ("1", "0", "1:9-1", Some(1)),
            ("0", "0", "9-1", Some(0)),
        ] {
            let line =
                format!("vim\t9-1\t1\t2\tus\t{epoch}\t4\tx86_64\t{number}\tvim-9-1.src.rpm\n");
            let path = EntryPath::clean(b"var/lib/rpmmanifest/container-manifest-2").unwrap();
            let mut findings = Findings::default();
            let _ = ContainerManifest.analyze(&File::new(&path, line.as_bytes()), &mut findings);
            let package = &findings.packages()[0];
            assert_eq!(
                (package.version.as_str(), package.epoch),
                (version, found),
                "{epoch} {number}"
            );
        }
    }

    #[test]
    fn lines() {
        let good = "vim\t9.0-1.cm2\t1\t2\tMicrosoft\t2\t45000\tx86_64\t2\tvim-9.0-1.cm2.src.rpm";
        let last = good.replace("vim\t", "vim-common\t");
        let content =
            format!("{good}\nbad\tline\n{good}\textra\n\t1-1\t\t\t\t\t\t\t\t\n\r\n{last}");
        let path = EntryPath::clean(b"var/lib/rpmmanifest/container-manifest-2").unwrap();
        let mut findings = Findings::default();
        let _ = ContainerManifest.analyze(&File::new(&path, content.as_bytes()), &mut findings);
        assert_eq!(findings.packages().len(), 2, "the last line counts without a newline");
        let package = &findings.packages()[0];
        assert_eq!((package.version.as_str(), package.epoch), ("2:9.0-1.cm2", Some(2)));
        assert_eq!(package.release.as_deref(), Some("1.cm2"));
        let details = package.details.as_ref().unwrap();
        assert_eq!((details.installed_at, details.built_at), (Some(1), Some(2)));
        assert_eq!(details.installed_size, Some(45_000));
        let source = package.source.as_ref().unwrap();
        assert_eq!((source.name.as_str(), source.version.as_deref()), ("vim", Some("9.0-1.cm2")));
        let messages: Vec<_> =
            findings.diagnostics().iter().map(|it| it.message.as_str()).collect();
        assert_eq!(messages.len(), 3, "{messages:?}");
        assert!(messages[0].starts_with("line 2 has not ten columns"), "{messages:?}");
        assert!(messages[2].starts_with("line 4 has no name"), "{messages:?}");
    }
}
