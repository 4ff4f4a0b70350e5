//! Archives built byte by byte, so that they can be wrong in any way.

/// A header block with its checksum.
#[derive(Clone)]
pub(crate) struct Block(pub(crate) [u8; 512]);

impl Block {
    pub(crate) fn new(flag: u8, name: &str, size: u64) -> Self {
        let mut block = Self([0; 512]);
        block
            .put(0, name.as_bytes())
            .put(100, b"0000644\0")
            .put(108, b"0000000\0")
            .put(116, b"0000000\0");
        block.put(124, format!("{size:011o}\0").as_bytes()).put(136, b"00000000000\0");
        block.put(156, &[flag]).put(257, b"ustar\x0000");
        block
    }

    pub(crate) fn gnu(flag: u8, name: &str, size: u64) -> Self {
        let mut block = Self::new(flag, name, size);
        block.put(257, b"ustar  \0");
        block
    }

    pub(crate) fn put(&mut self, at: usize, bytes: &[u8]) -> &mut Self {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }

    pub(crate) fn base_256(&mut self, at: usize, value: u64) -> &mut Self {
        let mut field = [0; 12];
        field[0] = 0x80;
        field[4..].copy_from_slice(&value.to_be_bytes());
        self.put(at, &field)
    }

    pub(crate) fn sealed(&self) -> [u8; 512] {
        let mut block = self.0;
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        block
    }
}

/// An archive under construction.
#[derive(Default, Clone)]
pub(crate) struct Archive(pub(crate) Vec<u8>);

impl Archive {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn block(mut self, block: &Block) -> Self {
        self.0.extend(block.sealed());
        self
    }

    pub(crate) fn body(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    pub(crate) fn file(self, name: &str, content: &[u8]) -> Self {
        self.block(&Block::new(b'0', name, content.len() as u64)).body(content)
    }

    pub(crate) fn special(self, flag: u8, name: &str, link: &str) -> Self {
        let mut block = Block::new(flag, name, 0);
        block.put(157, link.as_bytes());
        self.block(&block)
    }

    pub(crate) fn extended(self, flag: u8, records: &[(&str, &str)]) -> Self {
        let body: Vec<u8> =
            records.iter().flat_map(|(key, value)| record(key, value.as_bytes())).collect();
        self.raw_extended(flag, &body)
    }

    pub(crate) fn raw_extended(self, flag: u8, body: &[u8]) -> Self {
        self.block(&Block::new(flag, "PaxHeaders/x", body.len() as u64)).body(body)
    }

    pub(crate) fn pax(self, records: &[(&str, &str)]) -> Self {
        self.extended(b'x', records)
    }

    pub(crate) fn long(self, flag: u8, name: &str) -> Self {
        let body = [name.as_bytes(), b"\0"].concat();
        self.block(&Block::gnu(flag, "././@LongLink", body.len() as u64)).body(&body)
    }

    pub(crate) fn zeros(mut self, blocks: usize) -> Self {
        self.0.resize(self.0.len() + blocks * 512, 0);
        self
    }

    pub(crate) fn end(self) -> Vec<u8> {
        self.zeros(2).0
    }
}

/// A PAX record with its right length.
pub(crate) fn record(key: &str, value: &[u8]) -> Vec<u8> {
    let payload = key.len() + value.len() + 3;
    let mut len = payload;
    while len != payload + len.to_string().len() {
        len = payload + len.to_string().len();
    }
    [format!("{len} {key}=").as_bytes(), value, b"\n"].concat()
}
