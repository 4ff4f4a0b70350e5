//! Lists the packages of an image in an OCI layout: `inventory DIR`.
#![expect(clippy::print_stdout, reason = "an example")]

use std::path::Path;
use std::sync::Arc;

use cutaway_model::source::{self, Directory, Form, Selector};
use cutaway_ref::Platform;
use cutaway_scan::{Options, scan};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = std::env::args().nth(1).ok_or("usage: inventory DIR")?;
    let platform = Platform::linux(std::env::consts::ARCH);
    let options = Options::new(cutaway_analyzers_os::analyzers(), platform);
    let (files, limits) =
        (Arc::new(Directory::new(Path::new(&directory))), &options.read.limits.model);
    let image = source::open(files, Form::Oci, &Selector::Only, &options.platform, limits).await?;
    let report = scan(image.into(), directory.as_str(), &options).await?.report;
    for package in report.packages {
        println!("{} {} (layer {})", package.name, package.version, package.layer);
    }
    Ok(())
}
