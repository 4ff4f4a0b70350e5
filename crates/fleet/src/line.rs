//! What is written of one image: one line of JSON.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The schema of lines.
pub const SCHEMA: &str = "cutaway.fleet/1";

/// How it went with one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// There is an answer, be it that the image may not pass.
    Ok,
    /// There is none, or it is not whole.
    Failed,
    /// It was not tried.
    Skipped,
}

/// What is written of one image.
#[derive(Debug, Serialize)]
pub struct Line {
    schema: &'static str,
    /// The image, as it stands in the list.
    pub input: String,
    /// The digest of its manifest, where it has one that is known.
    pub digest: Option<String>,
    /// How it went.
    pub status: Status,
    /// The exit status that a run for this image alone has.
    pub exit: u8,
    /// Why that is not 0.
    pub error: Option<String>,
    /// What a run for this image alone prints, where it prints something.
    pub report: Option<Box<RawValue>>,
}

impl Line {
    /// Makes the line of an image for which a run alone ends with `exit`.
    pub fn new(input: String, digest: Option<String>, exit: u8) -> Self {
        let status = if exit <= 1 { Status::Ok } else { Status::Failed };
        Self { schema: SCHEMA, input, digest, status, exit, error: None, report: None }
    }

    /// Returns the line as it is written, with its end.
    ///
    /// # Errors
    ///
    /// Returns none for what JSON can hold, which is all that there is here.
    pub fn to_bytes(&self) -> serde_json::Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// Prints it in one line, for people.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match (self.status, self.exit) {
            (Status::Skipped, _) => "skipped",
            (Status::Failed, _) => "failed",
            (Status::Ok, 0) => "done",
            (Status::Ok, _) => "refused",
        };
        let digest = self.digest.as_deref().unwrap_or("-");
        write!(f, "{word:<8} {} {digest}", self.input)?;
        match &self.error {
            Some(error) => writeln!(f, ": {error}"),
            None => writeln!(f),
        }
    }
}
