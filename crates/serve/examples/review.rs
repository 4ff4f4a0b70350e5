//! Which images an admission review asks about: `review < REVIEW`.
#![expect(clippy::print_stdout, reason = "an example talks to the person who runs it")]

use std::io::Read as _;

use cutaway_serve::{Asks, Review};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut body = Vec::new();
    std::io::stdin().take(8 << 20).read_to_end(&mut body)?;
    match Review::read(&body, 256)?.asks {
        Asks::Nothing => println!("it asks about no image"),
        Asks::Unknown(why) => println!("its images are not known: {why}"),
        Asks::Images { places, .. } => {
            for place in places.images {
                println!("{}: {}", place.pointer, place.image);
            }
        }
    }
    Ok(())
}
