//! Prints what a table of zstd:chunked says: `cargo run --example entries < table.json`.

use std::io::Read as _;

use cutaway_toc::{Form, Limits, Table};

#[expect(clippy::print_stdout, reason = "an example shows what it finds")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut json = Vec::new();
    std::io::stdin().read_to_end(&mut json)?;
    let table = Table::read(&json, Form::Chunked, u64::MAX, &Limits::default())?;
    for entry in table.entries() {
        let spans = entry.chunks.iter().map(|it| it.stored.end.saturating_sub(it.stored.start));
        let stored = spans.fold(0, u64::saturating_add);
        println!(
            "{:>10} {:>10}  {}",
            entry.meta.size,
            stored,
            String::from_utf8_lossy(&entry.path)
        );
    }
    Ok(())
}
