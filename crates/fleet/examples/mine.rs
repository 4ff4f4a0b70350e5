//! Says which names are of one part of several: `mine 0/2 NAME...`.
#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

use cutaway_fleet::Shard;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let shard: Shard = words.next().ok_or("usage: mine I/N NAME...")?.parse()?;
    let mine: Vec<String> = words.filter(|name| shard.holds(name)).collect();
    println!("{} of them: {}", mine.len(), mine.join(" "));
    Ok(())
}
