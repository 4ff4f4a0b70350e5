//! Any bytes, read as a tar stream whole and in chunks: never a panic, never a difference, never
//! more content than the stream holds. The first byte is the length of the chunks.
//!
//! Blocks that look like headers get their checksum, which no fuzzer would guess.

#![no_main]

use cutaway_tar::{Entry, Error, Limits, Reader, Step, Summary};
use libfuzzer_sys::fuzz_target;

/// All that a stream gives, with data put together.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    entries: Vec<(Entry, Vec<u8>, u64)>,
    warnings: Vec<String>,
}

fn read(stream: &[u8], chunk: usize, skip: bool) -> Result<(Seen, Summary), Error> {
    let mut reader = Reader::new(Limits::default());
    let mut seen = Seen::default();
    let mut rest = stream;
    let mut open = false;
    while !rest.is_empty() {
        let (mut input, after) = rest.split_at(chunk.min(rest.len()));
        loop {
            match reader.step(&mut input)? {
                Step::NeedInput => break,
                Step::Entry(entry) => {
                    assert!(!open);
                    open = true;
                    seen.entries.push((entry, Vec::new(), 0));
                    if skip {
                        let ahead = u64::try_from(input.len()).unwrap().min(reader.skippable());
                        reader.skipped(ahead)?;
                        input = &input[usize::try_from(ahead).unwrap()..];
                    }
                }
                Step::Data(data) => {
                    assert!(open && !data.is_empty());
                    if !skip {
                        seen.entries.last_mut().unwrap().1.extend(data);
                    }
                }
                Step::Hole(len) => {
                    if !skip {
                        seen.entries.last_mut().unwrap().2 += len;
                    }
                }
                Step::EndEntry => {
                    assert!(open);
                    open = false;
                    let (entry, data, holes) = seen.entries.last().unwrap();
                    if !skip {
                        assert_eq!(entry.stored, u64::try_from(data.len()).unwrap());
                        assert_eq!(entry.size, entry.stored + holes);
                    }
                }
                Step::GlobalHeader(_) => assert!(!open),
                Step::Warning(warning) => seen.warnings.push(warning.to_string()),
                Step::EndOfArchive => assert!(!open),
            }
        }
        assert!(input.is_empty());
        rest = after;
    }
    let summary = reader.finish()?;
    assert_eq!(summary.bytes, u64::try_from(stream.len()).unwrap());
    Ok((seen, summary))
}

fn seal(stream: &mut [u8]) {
    for block in stream.chunks_exact_mut(512).filter(|block| block[257..262] == *b"ustar") {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((chunk, stream)) = bytes.split_first() else { return };
    let mut stream = stream.to_vec();
    seal(&mut stream);
    let stream = stream.as_slice();
    let whole = read(stream, stream.len().max(1), false);
    assert_eq!(whole, read(stream, usize::from(*chunk).max(1), false));
    match (whole, read(stream, stream.len().max(1), true)) {
        (Ok((seen, summary)), Ok((skipped, same))) => {
            assert_eq!(summary, same);
            assert_eq!(seen.warnings, skipped.warnings);
            let entries = |seen: Seen| seen.entries.into_iter().map(|(entry, ..)| entry);
            assert!(entries(seen).eq(entries(skipped)));
        }
        (Err(error), Err(same)) => {
            assert_eq!(error, same);
            assert!(error.to_string().len() <= 1024);
        }
        (whole, skipped) => panic!("skipping matters: {whole:?}, {skipped:?}"),
    }
});
