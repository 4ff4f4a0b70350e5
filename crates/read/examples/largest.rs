//! Prints the largest file of each layer of an image: `cargo run --example largest DIRECTORY`.

use std::sync::Arc;

use cutaway_model::source::{self, Directory, Form, Selector};
use cutaway_read::{Input, Limits, Options, verify};
use cutaway_ref::Platform;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example shows what it finds")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("name a directory with an OCI layout")?;
    let options = Options::new(Limits::default());
    let (files, platform) = (Arc::new(Directory::new(path.as_ref())), Platform::linux("amd64"));
    let limits = &options.limits.model;
    let image = source::open(files, Form::Oci, &Selector::Only, &platform, limits).await?;
    for (position, layer) in verify(Input::from(image), &options).await?.layers.iter().enumerate() {
        if let Some(entry) = layer.listing.iter().max_by_key(|entry| entry.meta().size) {
            println!("layer {position}  {} bytes  {}", entry.meta().size, entry.path());
        }
    }
    Ok(())
}
