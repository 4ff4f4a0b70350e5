//! In which forms a report is written, and where to.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use cutaway_report::{Format as _, Json, Junit, Purls, Report};
use cutaway_sbom::{CycloneDx, CycloneDxVex, Github, Gitlab, Options, Sarif, Spdx};
use cutaway_tar::Escaped;

use crate::error::Error;

/// A form in which a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReportForm {
    /// For people: whoever has a terminal writes it.
    Table,
    /// `cutaway.scan/1`.
    Json,
    /// CycloneDX.
    CycloneDxJson,
    /// SPDX.
    SpdxJson,
    /// Package URLs.
    Purls,
    /// SARIF.
    Sarif,
    /// A dependency snapshot for GitHub.
    Github,
    /// Findings for GitLab.
    Gitlab,
    /// Findings as JUnit has them.
    Junit,
    /// Findings about the components of a bill of materials.
    CycloneDxVex,
}

/// What is written: a form, and the file that gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The form.
    pub form: ReportForm,
    /// The file; none, or `-`, for standard output.
    pub file: Option<PathBuf>,
}

impl ReportForm {
    /// Every form, by the name that people write, with what it is.
    pub const ALL: &'static [(&'static str, Self, &'static str)] = &[
        ("table", Self::Table, "For people"),
        ("json", Self::Json, "For programs: schema cutaway.scan/1"),
        ("cyclonedx-json", Self::CycloneDxJson, "A bill of materials: CycloneDX"),
        ("spdx-json", Self::SpdxJson, "A bill of materials: SPDX 2.3"),
        ("purls", Self::Purls, "One package URL a line"),
        ("sarif", Self::Sarif, "Diagnostics, what --vuln and what --owned finds: SARIF 2.1.0"),
        ("github", Self::Github, "A dependency snapshot for GitHub"),
        ("gitlab", Self::Gitlab, "What --vuln finds: container scanning of GitLab"),
        ("junit", Self::Junit, "What --vuln finds: JUnit"),
        ("cyclonedx-vex", Self::CycloneDxVex, "What --vuln finds, of a bill: CycloneDX"),
    ];

    /// Returns the form of this name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, ..)| *known == name).map(|(_, form, _)| *form)
    }

    /// Returns its name.
    pub fn name(self) -> &'static str {
        let known = Self::ALL.iter().find(|(_, form, _)| *form == self);
        known.map_or("", |(name, ..)| name)
    }

    /// Writes a report in this form.
    ///
    /// # Errors
    ///
    /// Returns those of `out`, and that a table needs a terminal's width and colours.
    pub fn write(
        self,
        report: &Report,
        options: &Options,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        match self {
            Self::Table => Err(io::ErrorKind::Unsupported.into()),
            Self::Json => Json.write(report, out),
            Self::CycloneDxJson => CycloneDx(options.clone()).write(report, out),
            Self::SpdxJson => Spdx(options.clone()).write(report, out),
            Self::Purls => Purls.write(report, out),
            Self::Sarif => Sarif.write(report, out),
            Self::Github => Github(options.clone()).write(report, out),
            Self::Gitlab => Gitlab(options.clone()).write(report, out),
            Self::Junit => Junit.write(report, out),
            Self::CycloneDxVex => CycloneDxVex(options.clone()).write(report, out),
        }
    }
}

impl Output {
    /// Reads what is to be written: the form that was asked for, and words that are a file, which goes with
    /// that form, or `FORM=FILE`. Standard output gets the form where no file does, and where it was asked
    /// for and has no file.
    ///
    /// # Errors
    ///
    /// Returns a word whose form nobody knows, and a file that is written twice.
    pub fn all(form: Option<ReportForm>, words: &[PathBuf]) -> Result<Vec<Self>, Error> {
        let read = words.iter().map(|word| Self::of(form, word));
        let mut outputs = read.collect::<Result<Vec<Self>, Error>>()?;
        let is_bare = |word: &PathBuf| matches!(named_form(word), Ok(None));
        if outputs.is_empty() || (form.is_some() && !words.iter().any(is_bare)) {
            outputs.insert(0, Self { form: form.unwrap_or(ReportForm::Table), file: None });
        }
        let mut files = BTreeSet::new();
        for Self { file, .. } in &outputs {
            let file = file.as_deref().unwrap_or(Path::new("-"));
            if !files.insert(file) {
                let name = Escaped::path(file);
                return Err(Error::Usage(format!("two reports would be written to {name}")));
            }
        }
        Ok(outputs)
    }

    /// Says what may not be meant: a snapshot without a commit, and a file with the name of a form, which other
    /// programs have where this one has the file.
    pub fn oddities(outputs: &[Self], options: &Options) -> Vec<String> {
        let mut odd = Vec::new();
        let is_snapshot = outputs.iter().any(|output| output.form == ReportForm::Github);
        if is_snapshot && options.snapshot.commit.is_none() {
            let unset =
                "no commit is named for the snapshot: --github-sha and GITHUB_SHA are not set";
            odd.push(unset.to_owned());
        }
        let files = outputs.iter().filter_map(|output| output.file.as_deref()?.to_str());
        odd.extend(files.filter(|name| ReportForm::of(name).is_some()).map(|name| {
            format!("the report is in the file {name}; --format {name} chooses its form")
        }));
        odd
    }

    fn of(form: Option<ReportForm>, word: &Path) -> Result<Self, Error> {
        Ok(match named_form(word)? {
            Some((form, file)) => Self { form, file: Some(file.into()) },
            None => {
                let form = form.unwrap_or(ReportForm::Table);
                Self { form, file: Some(word.to_owned()) }
            }
        })
    }
}

/// Reads `FORM=FILE`; nothing where the word is a file.
fn named_form(word: &Path) -> Result<Option<(ReportForm, &str)>, Error> {
    let Some((name, file)) = word.to_str().and_then(|word| word.split_once('=')) else {
        return Ok(None);
    };
    if let Some(form) = ReportForm::of(name) {
        if file.is_empty() {
            return Err(Error::Usage(format!("{name}= names no file")));
        }
        return Ok(Some((form, file)));
    }
    let is_word = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    };
    if is_word(name) {
        let word = Escaped::path(word);
        return Err(Error::Usage(format!(
            "there is no form \"{name}\"; a file of that name is ./{word}"
        )));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs() {
        use ReportForm::{CycloneDxJson, Json, Purls, SpdxJson, Table};
        let all = |form, words: &[&str]| {
            let words: Vec<PathBuf> = words.iter().map(PathBuf::from).collect();
            Output::all(form, &words).map_err(|error| error.to_string()).map(|outputs| {
                let text = |file: PathBuf| file.display().to_string();
                outputs.into_iter().map(|it| (it.form, it.file.map(text))).collect::<Vec<_>>()
            })
        };
        let to = |form, file: &str| (form, Some(file.to_owned()));
        for (form, words, expected) in [
            (None, &[][..], vec![(Table, None)]),
            (Some(Json), &[], vec![(Json, None)]),
            (Some(Json), &["a"], vec![to(Json, "a")]),
            (None, &["a"], vec![to(Table, "a")]),
            (None, &["./a=b", "purls=-"], vec![to(Table, "./a=b"), to(Purls, "-")]),
            (
                None,
                &["cyclonedx-json=a", "spdx-json=b=c"],
                vec![to(CycloneDxJson, "a"), to(SpdxJson, "b=c")],
            ),
            (Some(Json), &["purls=a"], vec![(Json, None), to(Purls, "a")]),
            (Some(Json), &["purls=a", "b"], vec![to(Purls, "a"), to(Json, "b")]),
        ] {
            assert_eq!(all(form, words), Ok(expected), "{words:?}");
        }
        for (form, words) in [
            (None, &["a", "a"][..]),
            (None, &["json=a", "purls=a"]),
            (Some(Json), &["purls=-"]),
            (None, &["json="]),
            (None, &["cyclonedx=a"]),
        ] {
            assert!(all(form, words).is_err(), "{words:?}");
        }
    }

    #[test]
    fn names() {
        for (name, form, _) in ReportForm::ALL {
            assert_eq!((form.name(), ReportForm::of(name)), (*name, Some(*form)));
        }
    }
}
