//! Prints the manifest that a reference names: `cargo run -p cutaway-fetch --example resolve -- alpine:3.20`.
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use cutaway_fetch::{Config, Registry};
use cutaway_ref::Reference;
use cutaway_ref::auth::Credential;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let reference: Reference = std::env::args().nth(1).ok_or("which reference?")?.parse()?;
    let registry = Registry::new(reference.registry(), Credential::Anonymous, Config::default())?;
    let resolved = registry.resolve(&reference).await?;
    println!("{} {}", resolved.descriptor.digest, resolved.descriptor.media_type);
    println!("{}", String::from_utf8_lossy(&resolved.bytes));
    Ok(())
}
