//! Files with right sums and wrong places or counts: what a forger can write. None gives a shorter answer.
#![expect(clippy::arithmetic_side_effects, reason = "a test of numbers of its own")]

use std::io::Cursor;

use serde_json::json;

use crate::db::code::{Reader, Writer};
use crate::db::header::{LENGTH, MAGIC, Place, Trailer, sum};
use crate::db::index::{Index, Table};
use crate::db::{Builder, Database, DbError};
use crate::{Answer, Limits, query};

/// How many packages there are, each with a flaw.
const PACKAGES: usize = 2000;

/// A file taken apart: what stands before its tables in the directory, and each table.
struct Apart {
    /// The parts of the directory between the tables.
    texts: Vec<Vec<u8>>,
    tables: Vec<(Index, Vec<Vec<u8>>, u64)>,
}

fn whole() -> Vec<u8> {
    let mut builder = Builder::new(Limits::default());
    for number in 0..PACKAGES {
        let record = json!({"id": format!("DSA-{number}"), "modified": "2024-01-01T00:00:00Z",
            "upstream": [format!("CVE-2024-{number}")],
            "affected": [{"package": {"ecosystem": "Debian:12", "name": format!("package-{number:04}")},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1:2.3-4"}]}]}]});
        builder.add(record.to_string().as_bytes()).unwrap();
    }
    let mut bytes = Vec::new();
    builder.write(&mut bytes).unwrap();
    bytes
}

/// Asks for every package, and says how many have a flaw.
fn answers(bytes: &[u8]) -> Result<usize, DbError> {
    let mut database = Database::open(Cursor::new(bytes.to_vec()))?;
    let mut count = 0;
    for number in 0..PACKAGES {
        let name = format!("package-{number:04}");
        let told = query(&mut database, "Debian:12", &name, &["1:1-1".into()])?;
        match told.as_deref() {
            Some([Answer::Records(ids)]) => count += ids.len(),
            other => panic!("{other:?}"),
        }
    }
    Ok(count)
}

fn apart(bytes: &[u8]) -> Apart {
    let at = |place: Place| {
        let start = usize::try_from(place.offset).unwrap();
        bytes[start..start + usize::try_from(place.length).unwrap()].to_vec()
    };
    let end = bytes.len() - LENGTH;
    let trailer = bytes[end..].try_into().unwrap();
    let trailer = Trailer::read(&trailer, u64::try_from(bytes.len()).unwrap()).unwrap();
    let directory = at(trailer.directory);
    let mut input = Reader::new(&directory);
    let mut behind = u64::try_from(MAGIC.len()).unwrap();
    let (mut texts, mut tables) = (Vec::new(), Vec::new());
    let mut from = 0;
    // Counts and a text; nothing; a count, a name and three numbers.
    let skips: [fn(&mut Reader<'_>); 3] = [
        |input| {
            for _ in 0..9 {
                input.number().unwrap();
            }
            input.text().unwrap();
        },
        |_| {},
        |input| {
            input.number().unwrap();
            input.text().unwrap();
            input.number().unwrap();
            input.text().unwrap();
            input.number().unwrap();
        },
    ];
    for skip in skips {
        skip(&mut input);
        let to = directory.len() - input.left();
        texts.push(directory[from..to].to_vec());
        let table = Table::read(&mut input, &mut behind).unwrap();
        from = directory.len() - input.left();
        let index = Index::read(&at(table.place), table).unwrap();
        let blocks = index.blocks.iter().map(|block| at(block.place)).collect();
        tables.push((index, blocks, table.entries));
    }
    Apart { texts, tables }
}

impl Apart {
    /// Writes it with right sums. `places` may change an index once its places are known.
    fn together(mut self, places: impl Fn(usize, &mut Index, &mut Table)) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        let mut put = |part: &[u8]| {
            let offset = u64::try_from(bytes.len()).unwrap();
            bytes.extend(part);
            Place { offset, length: u64::try_from(part.len()).unwrap(), sum: sum(part) }
        };
        let mut directory = Writer::default();
        for (at, (index, blocks, entries)) in self.tables.iter_mut().enumerate() {
            for (block, part) in index.blocks.iter_mut().zip(blocks) {
                block.place = put(part);
            }
            let mut table = Table { start: 0, place: Place::default(), entries: *entries };
            places(at, index, &mut table);
            let entries = table.entries;
            table = Table { start: 0, place: put(&index.bytes()), entries };
            directory.bytes.extend(&self.texts[at]);
            table.write(&mut directory);
        }
        let directory = put(&directory.bytes);
        let length = u64::try_from(bytes.len() + LENGTH).unwrap();
        bytes.extend(Trailer { length, digest: [0; 32], directory }.bytes());
        bytes
    }
}

#[test]
fn taken_apart_and_put_together_it_is_the_same() {
    let bytes = whole();
    let again = apart(&bytes).together(|_, _, _| {});
    assert_eq!(again[..again.len() - LENGTH], bytes[..bytes.len() - LENGTH]);
    assert_eq!(answers(&again).unwrap(), PACKAGES);
    assert!(apart(&bytes).tables.iter().all(|(index, ..)| index.blocks.len() > 2));
}

/// Changes the index of a table.
type Change = fn(&mut Index, &mut Table);

#[test]
fn wrong_places_and_counts_are_refused() {
    let bytes = whole();
    let changes: [(&str, Change); 14] = [
        ("another block", |it, _| it.blocks[1].place = it.blocks[0].place),
        ("two swapped", |it, _| {
            let first = it.blocks[0].place;
            it.blocks[0].place = it.blocks[1].place;
            it.blocks[1].place = first;
        }),
        ("behind the file", |it, _| it.blocks[1].place.offset = 1 << 40),
        ("beyond all numbers", |it, _| it.blocks[1].place.offset = u64::MAX),
        ("longer than all", |it, _| it.blocks[1].place.length = u64::MAX),
        ("longer than it is", |it, _| it.blocks[1].place.length += 1),
        ("empty", |it, _| it.blocks[1].place.length = 0),
        ("one entry more", |it, _| it.blocks[1].entries += 1),
        ("one entry fewer", |it, _| it.blocks[1].entries -= 1),
        ("no entry", |it, _| it.blocks[1].entries = 0),
        ("a block left out", |it, table| {
            table.entries -= it.blocks.remove(1).entries;
        }),
        ("the last left out", |it, table| {
            table.entries -= it.blocks.pop().unwrap().entries;
        }),
        ("another key", |it, _| it.blocks[1].first.push('a')),
        ("another count", |_, table| table.entries += 1),
    ];
    for at in 0..3 {
        for (name, change) in changes {
            let forged = apart(&bytes).together(|place, index, table| {
                if place == at {
                    change(index, table);
                }
            });
            let told = answers(&forged);
            assert!(
                told.is_err() || told.as_ref().is_ok_and(|it| *it == PACKAGES),
                "{name}: {told:?}"
            );
            let verified = Database::open(Cursor::new(forged)).and_then(|mut it| it.verify());
            assert!(verified.is_err(), "{name} of table {at} was verified");
            if at == 2 {
                assert!(told.is_err(), "{name}: {told:?}");
            }
        }
    }
}

#[test]
fn any_byte_of_any_block_may_be_another() {
    let bytes = whole();
    let mut refused = 0;
    for table in 0..3 {
        for at in (0..4000).step_by(13) {
            let mut forged = apart(&bytes);
            let Some(byte) = forged.tables[table].1[1].get_mut(at) else { continue };
            *byte ^= 1 << (at % 8);
            // It may be another database, and is none that panics or does not end.
            refused += usize::from(answers(&forged.together(|_, _, _| {})).is_err());
        }
    }
    assert!(refused > 50, "{refused}");
}

#[test]
fn a_directory_of_other_counts_is_refused() {
    let bytes = whole();
    for at in 0..40 {
        let mut forged = apart(&bytes);
        let Some(byte) = forged.texts[0].get_mut(at) else { break };
        *byte = byte.wrapping_add(1);
        let told = answers(&forged.together(|_, _, _| {}));
        assert!(told.as_ref().map_or(true, |it| *it == PACKAGES), "{at}: {told:?}");
    }
}
