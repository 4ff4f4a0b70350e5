//! Says which cloud a registry belongs to, if any.
//!
//! `cargo run --example explain -- 123456789012.dkr.ecr.eu-central-1.amazonaws.com`
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use cutaway_cloud::Host;

fn main() {
    for registry in std::env::args().skip(1) {
        match Host::of(&registry) {
            Some(host) => println!("{registry}: {host:?}"),
            None => println!("{registry}: no registry of a cloud"),
        }
    }
}
