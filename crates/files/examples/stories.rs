//! Prints what each layer of an image did to its files: `cargo run --example stories DIRECTORY`.

use std::sync::Arc;

use cutaway_files::View;
use cutaway_model::source::{self, Directory, Form, Selector};
use cutaway_read::{Input, Options};
use cutaway_ref::Platform;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example shows what it finds")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("name a directory with an OCI layout")?;
    let options = Options::new(Default::default());
    let platform = Platform::linux(std::env::consts::ARCH);
    let files = Arc::new(Directory::new(path.as_ref()));
    let limits = &options.limits.model;
    let image = source::open(files, Form::Oci, &Selector::Only, &platform, limits).await?;
    let (_, view) = View::read(Input::from(image), 0, None, &options).await?;
    for story in view.stories() {
        for event in view.events(&story) {
            println!("layer {}  {:?}  {}", event.layer, event.deed, event.path);
        }
    }
    Ok(())
}
