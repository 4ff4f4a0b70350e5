//! Lists the members of a tar archive on standard input: kind, size and name of each.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing is what the example is for"
)]

use std::io::Read;

use cutaway_tar::{Escaped, Limits, Reader, Step};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut stdin = std::io::stdin().lock();
    let mut reader = Reader::new(Limits::default());
    let mut buffer = vec![0; 256 << 10];
    loop {
        let read = stdin.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        let mut input = buffer.get(..read).unwrap_or_default();
        loop {
            match reader.step(&mut input)? {
                Step::NeedInput => break,
                Step::Entry(entry) => {
                    println!("{:?} {:>12} {}", entry.kind, entry.size, Escaped::name(&entry.path));
                }
                Step::Warning(warning) => eprintln!("warning: {warning}"),
                Step::Data(_)
                | Step::Hole(_)
                | Step::EndEntry
                | Step::GlobalHeader(_)
                | Step::EndOfArchive => {}
            }
        }
    }
    let summary = reader.finish()?;
    for warning in summary.warnings() {
        eprintln!("warning: {warning}");
    }
    println!("{} members, {} bytes", summary.entries, summary.bytes);
    Ok(())
}
