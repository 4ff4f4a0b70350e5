//! Prints the parts of references: `cargo run -p cutaway-ref --example parse -- alpine ghcr.io/a/b:1`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example shows what it found")]

use cutaway_ref::Reference;

fn main() {
    for text in std::env::args().skip(1) {
        match text.parse::<Reference>() {
            Ok(reference) => println!(
                "{reference}\n  registry    {}\n  repository  {}\n  tag         {}\n  digest      {}",
                reference.registry(),
                reference.repository(),
                reference.tag().unwrap_or("-"),
                reference.digest().map_or("-", |digest| digest.as_str()),
            ),
            Err(error) => eprintln!("{error}"),
        }
    }
}
