//! Builds a database of one record and says which of some versions it holds.

#![expect(clippy::print_stdout, reason = "printing is what the example is for")]

use std::io::Cursor;

use cutaway_vulns::{Answer, Builder, Database, Limits, query};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let mut next = || words.next().ok_or("FILE ECOSYSTEM PACKAGE VERSION... are missing");
    let (file, ecosystem, package) = (next()?, next()?, next()?);
    let versions: Vec<String> = words.collect();

    let mut builder = Builder::new(Limits::default());
    builder.add(&std::fs::read(file)?)?;
    let mut bytes = Vec::new();
    builder.write(&mut bytes)?;

    let mut database = Database::open(Cursor::new(bytes))?;
    let answers = query(&mut database, &ecosystem, &package, &versions)?;
    for (version, answer) in versions.iter().zip(answers.ok_or("the record lacks the ecosystem")?) {
        match answer {
            Answer::Records(ids) if ids.is_empty() => println!("{version} -"),
            Answer::Records(ids) => println!("{version} {}", ids.join(",")),
            Answer::Unreadable => println!("{version} !"),
        }
    }
    Ok(())
}
