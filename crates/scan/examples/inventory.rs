//! Lists the packages of an image in an OCI layout: `inventory DIR`.
#![expect(clippy::print_stdout, reason = "an example")]

use std::path::Path;
use std::sync::Arc;

use cutaway_model::source::{self, Directory, Form, Selector};
use cutaway_ref::Platform;
use cutaway_scan::{Limits, Options, Silent, SourceKind, Subject, scan};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = std::env::args().nth(1).ok_or("usage: inventory DIR")?;
    let options = Options {
        analyzers: cutaway_analyzers_os::analyzers(),
        cache: None,
        limits: Limits::for_cores(2),
        skip: Vec::new(),
        platform: Platform::linux(std::env::consts::ARCH),
        observer: Arc::new(Silent),
    };
    let files = Arc::new(Directory::new(Path::new(&directory)));
    let image =
        source::open(files, Form::Oci, &Selector::Only, &options.platform, &options.limits.model)
            .await?;
    let report =
        scan(&image, &Subject { name: directory, source: SourceKind::Oci }, &options).await?;
    for package in report.packages {
        println!("{} {} (layer {})", package.name, package.version, package.layer);
    }
    Ok(())
}
