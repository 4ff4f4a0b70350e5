//! Prints the layers of an image, each verified, and what is odd about it: `layers PATH[:TAG]`, where
//! PATH is an OCI layout, an OCI archive or a tar as `docker save` writes it.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use cutaway_model::source::{self, Archive, Directory, Files, Form, Selector};
use cutaway_model::{Error, Limits};
use cutaway_ref::Platform;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stderr, reason = "an example says what went wrong")]
async fn main() -> ExitCode {
    let Some(name) = std::env::args().nth(1) else {
        eprintln!("usage: layers PATH[:TAG]");
        return ExitCode::FAILURE;
    };
    match print_layers(&name).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "an example prints what it found")]
async fn print_layers(name: &str) -> Result<(), Error> {
    let (path, tag) = match name.split_once(':') {
        Some((path, _)) => (path, name.strip_prefix(path).unwrap_or_default()),
        None => (name, ""),
    };
    let limits = Limits::default();
    let path = Path::new(path);
    let files: Arc<dyn Files> = if path.is_dir() {
        Arc::new(Directory::new(path))
    } else {
        Arc::new(Archive::open(path, &limits)?)
    };
    let form = Form::of(files.as_ref())?;
    let selector = Selector::parse(tag)?;
    let platform = Platform::linux(std::env::consts::ARCH);
    let image = source::open(files, form, &selector, &platform, &limits).await?;
    println!("image {}", image.id());
    for remark in image.remarks() {
        println!("  {}: {}", remark.code, remark.message);
    }
    for layer in image.layers() {
        let mut tar = layer.uncompressed(&limits).await?;
        let size = tokio::io::copy(&mut tar, &mut tokio::io::sink())
            .await
            .map_err(|error| Error::from_io(error, &layer.what()))?;
        let step = layer.history().map_or("", |step| step.created_by.as_str());
        let stored = layer.size().unwrap_or(size);
        println!(
            "{:>3} {} {stored:>12} {size:>12} {}",
            layer.index(),
            layer.diff_id(),
            step.escape_debug()
        );
    }
    Ok(())
}
