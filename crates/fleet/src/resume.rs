//! What a run that was ended has written already.

use serde::Deserialize;

use crate::{SCHEMA, Tally};

/// The lines that are whole.
#[derive(Debug, Default)]
pub struct Written {
    /// How many bytes they take. What stands behind is the beginning of one.
    pub bytes: u64,
    /// What they say of all.
    pub tally: Tally,
    inputs: Vec<String>,
}

/// Why lines are none of a run for a list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// A line is none.
    #[error("line {0} is no line of a run for several images")]
    Line(usize),
    /// The list has no such image there.
    #[error("line {line} is about {input:?}, which the list does not have there")]
    Input {
        /// Which line.
        line: usize,
        /// The image.
        input: String,
    },
}

#[derive(Deserialize)]
struct Head {
    schema: String,
    input: String,
    digest: Option<String>,
    exit: u8,
}

impl Written {
    /// Reads what was written. The last line counts where its end stands, too.
    ///
    /// # Errors
    ///
    /// Returns the first line that is none.
    pub fn read(bytes: &[u8]) -> Result<Self, Mismatch> {
        let mut written = Self::default();
        for (number, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            if line.last() != Some(&b'\n') {
                break;
            }
            let number = number.saturating_add(1);
            let head: Head = serde_json::from_slice(line).map_err(|_| Mismatch::Line(number))?;
            if head.schema != SCHEMA {
                return Err(Mismatch::Line(number));
            }
            let length = u64::try_from(line.len()).unwrap_or(u64::MAX);
            written.bytes = written.bytes.saturating_add(length);
            written.tally.count(head.digest.as_deref(), head.exit);
            written.inputs.push(head.input);
        }
        Ok(written)
    }

    /// Returns which of `inputs` are left: those behind the last one that has a line. Those before it
    /// without one are of other machines.
    ///
    /// # Errors
    ///
    /// Returns the first line that is about none of them, or not in their order.
    pub fn left<'i>(&self, inputs: &'i [String]) -> Result<&'i [String], Mismatch> {
        let mut left = inputs;
        for (number, input) in self.inputs.iter().enumerate() {
            let at = left.iter().position(|it| it == input);
            let behind = at.and_then(|at| left.get(at.saturating_add(1)..));
            let line = number.saturating_add(1);
            left = behind.ok_or_else(|| Mismatch::Input { line, input: input.clone() })?;
        }
        Ok(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Line;

    fn lines(inputs: &[&str]) -> Vec<u8> {
        let lines = inputs.iter().map(|input| Line::new((*input).to_owned(), None, 0));
        lines.flat_map(|line| line.to_bytes().unwrap()).collect()
    }

    fn list(inputs: &[&str]) -> Vec<String> {
        inputs.iter().map(|input| (*input).to_owned()).collect()
    }

    #[test]
    fn a_torn_line_is_none_wherever_it_is_torn() {
        let (all, inputs) = (lines(&["a", "b", "c"]), list(&["a", "b", "c"]));
        let one = lines(&["a"]).len();
        for cut in 0..=all.len() {
            let written = Written::read(&all[..cut]).unwrap();
            let whole = cut / one;
            assert_eq!(written.bytes, u64::try_from(whole * one).unwrap(), "{cut}");
            assert_eq!(written.left(&inputs).unwrap(), &inputs[whole..], "{cut}");
            assert_eq!(written.tally.images, whole, "{cut}");
        }
    }

    #[test]
    fn lines_of_another_list_are_told() {
        for (written, inputs, left) in [
            (&["a"][..], &["a", "a", "b"][..], Ok(&["a", "b"][..])),
            (&["b"], &["a", "b", "c"], Ok(&["c"])),
            (&["b", "a"], &["a", "b"], Err(2)),
            (&["x"], &["a"], Err(1)),
        ] {
            let inputs = list(inputs);
            let found = Written::read(&lines(written)).unwrap();
            let found = found.left(&inputs).map(<[String]>::to_vec);
            match left {
                Ok(left) => assert_eq!(found, Ok(list(left)), "{written:?}"),
                Err(at) => {
                    assert!(matches!(found, Err(Mismatch::Input { line, .. }) if line == at));
                }
            }
        }
        for text in ["{}\n", "x\n", "{\"schema\":\"cutaway.scan/1\",\"input\":\"\",\"exit\":0}\n"] {
            assert_eq!(Written::read(text.as_bytes()).err(), Some(Mismatch::Line(1)), "{text}");
        }
    }
}
