//! Keeps a text in the folder of a cache and takes it out again: `keep FOLDER TEXT`.
#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

use std::path::Path;
use std::sync::Arc;

use cutaway_analyze::Fingerprint;
use cutaway_cache::{Cache, Key, LocalStore};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (folder, text) = arguments.next().zip(arguments.next()).ok_or("usage: keep FOLDER TEXT")?;
    let store = Arc::new(LocalStore::open(Path::new(&folder), 1 << 20)?);
    let cache = Cache::new(store.clone(), Key::of_folder(Path::new(&folder))?);
    let name = Fingerprint::of(["example"]);
    cache.put(&name, &vec![([0; 32], text.into_bytes().into())]).await;
    for (_, bytes) in cache.get(&name).await.unwrap_or_default() {
        println!("{} entries; kept: {}", store.info()?.entries, String::from_utf8_lossy(&bytes));
    }
    Ok(())
}
