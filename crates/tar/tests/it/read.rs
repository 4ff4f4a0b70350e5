//! Reading a whole archive into something to compare.

use cutaway_tar::{Entry, Error, Kind, Limits, Reader, Step, Summary, WarningKind};

/// A member with its content; long holes are cut to keep tests small.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Member {
    pub(crate) entry: Entry,
    pub(crate) content: Vec<u8>,
    pub(crate) holes: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Archive {
    pub(crate) members: Vec<Member>,
    /// Names of global headers.
    pub(crate) globals: Vec<Box<[u8]>>,
    pub(crate) warnings: Vec<WarningKind>,
    pub(crate) summary: Summary,
}

impl Archive {
    pub(crate) fn names(&self) -> Vec<String> {
        self.members
            .iter()
            .map(|member| String::from_utf8_lossy(&member.entry.path).into())
            .collect()
    }

    pub(crate) fn only(&self) -> &Member {
        assert_eq!(self.members.len(), 1, "{:?}", self.names());
        &self.members[0]
    }

    /// The codes of the warnings, those about the end included.
    pub(crate) fn codes(&self) -> Vec<&'static str> {
        let end = self.summary.warnings();
        self.warnings
            .iter()
            .copied()
            .chain(end.iter().map(|warning| warning.kind))
            .map(WarningKind::code)
            .collect()
    }
}

pub(crate) fn read(bytes: &[u8]) -> Result<Archive, Error> {
    read_chunks(&[bytes], Limits::default())
}

pub(crate) fn read_with(bytes: &[u8], limits: Limits) -> Result<Archive, Error> {
    read_chunks(&[bytes], limits)
}

pub(crate) fn read_chunks(chunks: &[&[u8]], limits: Limits) -> Result<Archive, Error> {
    let mut reader = Reader::new(limits);
    let mut members: Vec<Member> = Vec::new();
    let (mut globals, mut warnings) = (Vec::new(), Vec::new());
    let mut open = false;
    let mut ended = false;
    for chunk in chunks {
        let mut input = *chunk;
        loop {
            match reader.step(&mut input)? {
                Step::NeedInput => break,
                Step::Entry(entry) => {
                    assert!(!open && !ended);
                    open = true;
                    members.push(Member { entry, content: Vec::new(), holes: 0 });
                }
                Step::Data(data) => {
                    assert!(open && !data.is_empty());
                    members.last_mut().unwrap().content.extend(data);
                }
                Step::Hole(len) => {
                    assert!(open && len > 0);
                    let member = members.last_mut().unwrap();
                    member.holes += len;
                    let len = usize::try_from(len).unwrap().min(1 << 20);
                    member.content.resize(member.content.len() + len, 0);
                }
                Step::EndEntry => {
                    assert!(open);
                    open = false;
                    let member = members.last().unwrap();
                    let data = member.entry.size - member.holes;
                    assert_eq!(data, member.entry.stored, "all that is stored was given");
                }
                Step::Warning(warning) => {
                    assert!(!open && !ended);
                    warnings.push(warning.kind);
                }
                Step::GlobalHeader(name) => {
                    assert!(!open && !ended);
                    globals.push(name);
                }
                Step::EndOfArchive => {
                    assert!(!open && !ended);
                    ended = true;
                }
            }
        }
        assert!(input.is_empty(), "asks for input with some left");
    }
    let summary = reader.finish()?;
    assert_eq!(summary.entries, members.len() as u64);
    assert_eq!(summary.bytes, chunks.iter().map(|chunk| chunk.len() as u64).sum::<u64>());
    assert!(
        members
            .iter()
            .all(|member| member.entry.kind != Kind::Directory || member.content.is_empty())
    );
    Ok(Archive { members, globals, warnings, summary })
}
