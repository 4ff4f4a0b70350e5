//! Writes the file system of an image in an OCI layout to standard output: `flatten DIR [:TAG] | tar -t`.

use std::path::Path;
use std::sync::Arc;

use cutaway_export::flatten;
use cutaway_model::source::{self, Directory, Form, Selector};
use cutaway_read::Options;
use cutaway_ref::Platform;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let Some(directory) = arguments.next() else { return Err("usage: flatten DIR [:TAG]".into()) };
    let options = Options::new(Default::default());
    let selector = Selector::parse(&arguments.next().unwrap_or_default())?;
    let files = Arc::new(Directory::new(Path::new(&directory)));
    let platform = Platform::linux(std::env::consts::ARCH);
    let image = source::open(files, Form::Oci, &selector, &platform, &options.limits.model).await?;
    flatten(image.into(), &options, tokio::io::stdout(), "standard output").await?;
    Ok(())
}
