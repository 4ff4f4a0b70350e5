//! What a bill of materials takes from the machine: the time that is stated, random numbers.

use std::io::Read;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use cutaway_report::Report;
use cutaway_sbom::{
    Check, Clock, Compat, Options, Profile, ReadError, Serial, Snapshot, SpecVersion,
};
use cutaway_tar::Escaped;

use crate::client::Client;
use crate::error::Error;

/// How bills of materials are written, as words that people write.
#[derive(Debug, Clone, Default)]
pub struct BillSettings {
    /// The version of CycloneDX: `1.6` or `1.7`.
    pub version: SpecVersion,
    /// Where serial numbers come from.
    pub serial: SerialSource,
    /// The address below which documents of SPDX are named.
    pub namespace: Option<String>,
    /// Whether documents state the time of the run, and not that of the image.
    pub now: bool,
    /// Which readers are helped with properties of their own.
    pub compat: Compat,
    /// Whether packages that a lower layer had are listed as excluded.
    pub removed: bool,
    /// Whether source packages are listed as ancestors.
    pub sources: bool,
    /// Who made the document.
    pub authors: Vec<String>,
    /// Who supplies the image.
    pub supplier: Option<String>,
    /// Which build a snapshot for GitHub is of; what is not told here, the variables of its actions tell.
    pub snapshot: Snapshot,
}

/// Where the serial number of a document comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SerialSource {
    /// From its content.
    #[default]
    Content,
    /// It is random.
    Random,
    /// There is none.
    None,
}

impl Client {
    /// Returns how bills of materials are written. Where the client knows an environment, its
    /// `SOURCE_DATE_EPOCH` is the time that they state.
    ///
    /// # Errors
    ///
    /// Returns a setting that makes no sense, and why there are no random numbers.
    pub fn bill_options(&self, told: BillSettings) -> Result<Options, Error> {
        let BillSettings { version, serial, namespace, now, .. } = told;
        if let Some(namespace) = &namespace {
            let plain = namespace.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
            let has_scheme = namespace.split_once(':').is_some_and(|(scheme, rest)| {
                scheme.starts_with(|it: char| it.is_ascii_alphabetic()) && !rest.is_empty()
            });
            if !plain || !has_scheme {
                let rule = "it is an address with a scheme, without # and blanks";
                return Err(Error::Usage(format!("the namespace of SPDX documents: {rule}")));
            }
        }
        Ok(Options {
            version,
            serial: match serial {
                SerialSource::Content => Serial::Content,
                SerialSource::None => Serial::None,
                SerialSource::Random => Serial::Random(random()?),
            },
            namespace,
            clock: self.clock(now)?,
            compat: told.compat,
            authors: told.authors,
            supplier: told.supplier,
            removed: told.removed,
            sources: told.sources,
            snapshot: self.snapshot(told.snapshot)?,
        })
    }

    /// Reads what a bill of materials lists; `-` stands for standard input.
    ///
    /// # Errors
    ///
    /// Returns why it cannot be had, or is none.
    pub(crate) fn read_bill(&self, path: &Path, name: &str) -> Result<Report, Error> {
        let read = |bill: &mut dyn Read| cutaway_sbom::read(bill, name, &self.limits().bill);
        with_bill(path, read)
    }

    /// Counts what a bill of materials has of what a list wants; `-` stands for standard input.
    ///
    /// # Errors
    ///
    /// Returns why it cannot be had, or is none.
    pub fn check_bill(&self, path: &Path, profile: Profile) -> Result<Check, Error> {
        with_bill(path, |bill| cutaway_sbom::check(bill, profile, &self.limits().bill))
    }

    fn snapshot(&self, told: Snapshot) -> Result<Snapshot, Error> {
        let get = |name: &str| self.settings().environment.as_ref().and_then(|it| it.get(name));
        let of_job = || Some(format!("{}_{}", get("GITHUB_WORKFLOW")?, get("GITHUB_JOB")?));
        let commit = told.commit.or_else(|| get("GITHUB_SHA"));
        let is_commit =
            |text: &String| text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if commit.as_ref().is_some_and(|commit| !is_commit(commit)) {
            let rule = "the commit of a snapshot is 40 hexadecimal digits";
            return Err(Error::Usage(rule.to_owned()));
        }
        Ok(Snapshot {
            commit,
            reference: told.reference.or_else(|| get("GITHUB_REF")),
            job: told.job.or_else(|| get("GITHUB_RUN_ID")),
            correlator: told.correlator.or_else(of_job),
        })
    }

    fn clock(&self, now: bool) -> Result<Clock, Error> {
        const VARIABLE: &str = "SOURCE_DATE_EPOCH";
        // What a `date` of four digits in the year can say.
        const LATEST: i64 = 253_402_300_799;
        if now {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs());
            return Ok(Clock::Now(i64::try_from(now).unwrap_or(LATEST)));
        }
        let environment = self.settings().environment.as_ref();
        let Some(text) = environment.and_then(|it| it.get(VARIABLE)) else {
            return Ok(Clock::Image);
        };
        let seconds = text.trim().parse().ok().filter(|seconds| (0..=LATEST).contains(seconds));
        let wrong = || Error::Usage(format!("{VARIABLE} is no number of seconds since 1970"));
        Ok(Clock::Epoch(seconds.ok_or_else(wrong)?))
    }
}

/// Opens a bill of materials for who reads it; `-` stands for standard input.
fn with_bill<T>(
    path: &Path,
    read: impl FnOnce(&mut dyn Read) -> Result<T, ReadError>,
) -> Result<T, Error> {
    let shown = Escaped::path(path).to_string();
    let read = match path == Path::new("-") {
        true => read(&mut std::io::stdin().lock()),
        false => match std::fs::File::open(path) {
            Ok(mut file) => read(&mut file),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::Unreachable(format!("there is no file {shown}")));
            }
            Err(error) => Err(ReadError::Io(error)),
        },
    };
    read.map_err(|source| Error::Bill { name: shown, source })
}

fn random() -> Result<[u8; 16], Error> {
    const PLACE: &str = "/dev/urandom";
    let mut bytes = [0; 16];
    let read = std::fs::File::open(PLACE).and_then(|mut file| file.read_exact(&mut bytes));
    read.map_err(|source| Error::Unreadable { path: PLACE.into(), source })?;
    Ok(bytes)
}

impl std::str::FromStr for SerialSource {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "content" => Ok(Self::Content),
            "random" => Ok(Self::Random),
            "none" => Ok(Self::None),
            _ => Err("it is content, random or none".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Environment;

    fn options(epoch: &str, settings: BillSettings) -> Result<Options, Error> {
        let environment = Environment::from_iter([("SOURCE_DATE_EPOCH", epoch)]);
        Client::builder().environment(environment).build().bill_options(settings)
    }

    #[test]
    fn times() {
        let clock = |epoch| options(epoch, BillSettings::default()).map(|it| it.clock).ok();
        for (epoch, expected) in [
            ("", Some(Clock::Image)),
            ("0", Some(Clock::Epoch(0))),
            ("1700000000", Some(Clock::Epoch(1_700_000_000))),
            ("-1", None),
            ("253402300800", None),
            ("soon", None),
        ] {
            assert_eq!(clock(epoch), expected, "{epoch:?}");
        }
        let now = options("0", BillSettings { now: true, ..BillSettings::default() });
        assert!(matches!(now.unwrap().clock, Clock::Now(seconds) if seconds > 1_700_000_000));
    }

    #[test]
    fn settings_are_checked() {
        for (namespace, fine) in [
            ("https://example.com/sbom", true),
            ("urn:x", true),
            ("example.com", false),
            ("https://a#b", false),
            ("https://a b", false),
            (":", false),
        ] {
            let namespace = Some(namespace.to_owned());
            let settings = BillSettings { namespace, ..BillSettings::default() };
            assert_eq!(options("", settings).is_ok(), fine);
        }
        let random = BillSettings { serial: SerialSource::Random, ..BillSettings::default() };
        let [one, other] = [0, 1].map(|_| options("", random.clone()).unwrap().serial);
        assert_ne!(one, other);
    }
}
