//! A stream of JSON objects taken apart: one, one after the other, or the elements of an array.

/// Finds where objects begin and end; whether they are JSON is for their reader to say.
#[derive(Debug)]
pub(super) struct Splitter {
    limit: usize,
    held: Vec<u8>,
    depth: u32,
    in_text: bool,
    escaped: bool,
    in_array: bool,
}

/// Why a stream cannot be taken apart.
#[derive(Debug, thiserror::Error)]
pub(super) enum SplitError {
    #[error("no JSON object, and no array or lines of them")]
    NoObject,
    #[error("ends within an object")]
    Cut,
    #[error("more than the limit osv_record_bytes = {0}")]
    Long(usize),
    #[error("{0}")]
    Total(String),
}

impl Splitter {
    pub(super) fn new(limit: usize) -> Self {
        let (in_text, escaped, in_array) = (false, false, false);
        Self { limit, held: Vec::new(), depth: 0, in_text, escaped, in_array }
    }

    /// Takes the next bytes, and hands on each object that ends in them.
    pub(super) fn feed(
        &mut self,
        mut bytes: &[u8],
        take: &mut dyn FnMut(&[u8]) -> Result<(), SplitError>,
    ) -> Result<(), SplitError> {
        while !bytes.is_empty() {
            if self.depth == 0 {
                bytes = self.between(bytes)?;
                continue;
            }
            let end = self.end_of_object(bytes);
            let length = end.unwrap_or(bytes.len());
            let (of_object, rest) = bytes.split_at_checked(length).unwrap_or((bytes, &[]));
            bytes = rest;
            if self.held.len().saturating_add(of_object.len()) > self.limit {
                return Err(SplitError::Long(self.limit));
            }
            self.held.extend(of_object);
            if end.is_some() {
                take(&self.held)?;
                self.held.clear();
            }
        }
        Ok(())
    }

    /// Says that the stream has ended.
    pub(super) fn finish(&self) -> Result<(), SplitError> {
        if self.depth == 0 && !self.in_array { Ok(()) } else { Err(SplitError::Cut) }
    }

    /// Passes over what may stand between objects; what is left begins with one.
    fn between<'b>(&mut self, bytes: &'b [u8]) -> Result<&'b [u8], SplitError> {
        let mut rest = bytes;
        while let Some((first, after)) = rest.split_first() {
            match first {
                b'{' => {
                    // Counted when the object is read.
                    self.depth = 1;
                    self.held.push(b'{');
                    return Ok(after);
                }
                b'[' if !self.in_array => self.in_array = true,
                b']' if self.in_array => self.in_array = false,
                b',' if self.in_array => {}
                // A byte order mark, which some tools write.
                0xef | 0xbb | 0xbf | b' ' | b'\t' | b'\r' | b'\n' => {}
                _ => return Err(SplitError::NoObject),
            }
            rest = after;
        }
        Ok(rest)
    }

    /// Returns where the object ends, if it does in these bytes.
    fn end_of_object(&mut self, bytes: &[u8]) -> Option<usize> {
        for (at, byte) in bytes.iter().enumerate() {
            match (self.in_text, byte) {
                (true, _) if self.escaped => self.escaped = false,
                (true, b'\\') => self.escaped = true,
                (_, b'"') => self.in_text = !self.in_text,
                (false, b'{') => self.depth = self.depth.saturating_add(1),
                (false, b'}') => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(at.saturating_add(1));
                    }
                }
                _ => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str, at_once: usize) -> Result<Vec<String>, String> {
        let mut splitter = Splitter::new(20);
        let mut found = Vec::new();
        for chunk in text.as_bytes().chunks(at_once) {
            let take = &mut |json: &[u8]| {
                found.push(String::from_utf8(json.to_vec()).unwrap());
                Ok(())
            };
            splitter.feed(chunk, take).map_err(|error| error.to_string())?;
        }
        splitter.finish().map_err(|error| error.to_string())?;
        Ok(found)
    }

    #[test]
    fn objects() {
        for at_once in [1, 2, 3, 100] {
            for (text, expected) in [
                ("", &[][..]),
                ("{}", &["{}"]),
                ("\u{feff}{\"a\":{}}\n{\"b\":1}\n", &["{\"a\":{}}", "{\"b\":1}"]),
                (" [ {} , {\"}\":\"\\\"}\"} ] ", &["{}", "{\"}\":\"\\\"}\"}"]),
                ("[]", &[]),
            ] {
                assert_eq!(split(text, at_once).unwrap(), expected, "{text} by {at_once}");
            }
            for (text, expected) in [
                ("{", "ends within an object"),
                ("[{}", "ends within an object"),
                ("hello", "no JSON object, and no array or lines of them"),
                ("{}]", "no JSON object, and no array or lines of them"),
                ("{\"a\":\"bbbbbbbbbbbbbbbbbbbb\"}", "more than the limit osv_record_bytes = 20"),
            ] {
                assert_eq!(split(text, at_once).unwrap_err(), expected, "{text} by {at_once}");
            }
        }
    }
}
