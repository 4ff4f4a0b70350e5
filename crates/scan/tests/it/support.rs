//! From a fixture image to its report.

use std::sync::Arc;

use cutaway_fixtures::{FixtureImage, Layout, image};
use cutaway_model::source::{self, Directory, Files, Form, Selector};
use cutaway_read::{Archive, Input, Once};
use cutaway_ref::Platform;
use cutaway_report::{Report, SourceKind};
use cutaway_scan::{Asked, Error, Options, scan};

/// Returns the options that all tests use.
pub(crate) fn options() -> Options {
    Options::new(cutaway_analyzers_os::analyzers(), Platform::linux("amd64"))
}

/// Scans an image text from an OCI layout.
pub(crate) fn report(text: &str) -> Report {
    scan_image(&image(text), &options()).unwrap()
}

/// Scans a fixture image from an OCI layout.
pub(crate) fn scan_image(image: &FixtureImage, options: &Options) -> Result<Report, Error> {
    let directory = tempfile::tempdir().unwrap();
    Layout::new().image("test", image).write_dir(directory.path()).unwrap();
    let files: Arc<dyn Files> = Arc::new(Directory::new(directory.path()));
    scan_files(files, Form::Oci, SourceKind::Oci, options)
}

/// Scans a fixture image within a runtime that is there already.
pub(crate) async fn scan_async(image: &FixtureImage) -> Result<Report, Error> {
    let directory = tempfile::tempdir().unwrap();
    Layout::new().image("test", image).write_dir(directory.path()).unwrap();
    let files: Arc<dyn Files> = Arc::new(Directory::new(directory.path()));
    let options = options();
    let image = source::open(
        files,
        Form::Oci,
        &Selector::Only,
        &options.platform,
        &options.read.limits.model,
    )
    .await?;
    asked(image.into(), Some(SourceKind::Oci), &options).await
}

/// Scans the only image among files.
pub(crate) fn scan_files(
    files: Arc<dyn Files>,
    form: Form,
    source: SourceKind,
    options: &Options,
) -> Result<Report, Error> {
    block_on(async {
        let image = source::open(
            files,
            form,
            &Selector::Only,
            &options.platform,
            &options.read.limits.model,
        )
        .await?;
        asked(image.into(), Some(source), options).await
    })
}

/// Scans the only image in an archive that passes once.
pub(crate) fn scan_bytes(archive: Vec<u8>, options: &Options) -> Result<Report, Error> {
    let (place, stream) = ("standard input".to_owned(), Box::new(std::io::Cursor::new(archive)));
    let archive = Archive {
        opener: Arc::new(Once::new(stream, place.as_str())),
        place,
        form: None,
        selector: Selector::Only,
        platform: options.platform.clone(),
    };
    block_on(asked(Input::Archive(archive), None, options))
}

async fn asked(
    input: Input,
    source: Option<SourceKind>,
    options: &Options,
) -> Result<Report, Error> {
    Ok(scan(input, Asked { name: "test", source }, options).await?.report)
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

/// Returns each package as `name version@layer`.
pub(crate) fn packages(report: &Report) -> Vec<String> {
    report.packages.iter().map(|p| format!("{} {}@{}", p.name, p.version, p.layer)).collect()
}

/// Returns each removed package as `name version@layer-hidden_by`.
pub(crate) fn removed(report: &Report) -> Vec<String> {
    let removed = report.removed.iter();
    removed
        .map(|r| {
            format!("{} {}@{}-{}", r.package.name, r.package.version, r.package.layer, r.hidden_by)
        })
        .collect()
}

/// Returns the codes of the diagnostics.
pub(crate) fn codes(report: &Report) -> Vec<&str> {
    report.diagnostics.iter().map(|diagnostic| diagnostic.code.as_str()).collect()
}

/// Returns the line of an image text for an apk database that has `packages`, each `name version`.
pub(crate) fn apk(path: &str, packages: &[&str]) -> String {
    let record = |package: &&str| {
        let (name, version) = package.split_once(' ').unwrap();
        format!("P:{name}\\nV:{version}\\nA:x86_64\\n\\n")
    };
    format!("  {path} 0644 \"{}\"\n", packages.iter().map(record).collect::<String>())
}
