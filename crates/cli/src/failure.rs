//! Errors as the command line ends with them: one line, a hint, and the exit status.

use std::fmt;
use std::io::Write as _;
use std::process::ExitCode;

use cutaway::{Class, Error};
use cutaway_report::Report;
use cutaway_tar::Escaped;

use crate::args::Common;
use crate::{progress, secrecy};

/// The exit statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// The image is not valid.
    Invalid,
    /// Wrong usage.
    Usage,
    /// The image could not be fetched or authenticated.
    Fetch,
    /// The image is malformed or hostile.
    Malformed,
    /// The analysis is incomplete.
    Incomplete,
    /// Ended by a signal: 128 and its number.
    Signal(u8),
}

impl Exit {
    /// Returns the status of the process.
    fn status(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Invalid => 1,
            Self::Usage => 2,
            Self::Fetch => 3,
            Self::Malformed => 4,
            Self::Incomplete => 5,
            Self::Signal(number) => number.saturating_add(128),
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.status())
    }
}

impl From<Class> for Exit {
    fn from(class: Class) -> Self {
        match class {
            Class::Usage => Self::Usage,
            Class::Malformed => Self::Malformed,
            Class::Absent | Class::Write => Self::Invalid,
            Class::Ambiguous | Class::Unanswered => Self::Incomplete,
            // What more there may be is on the way to the image.
            _ => Self::Fetch,
        }
    }
}

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit status.
    pub(crate) exit: Exit,
    /// One line; empty where nothing is to be said.
    pub(crate) message: String,
}

/// The most bytes that the line of an error may have, and how it begins.
const MAX_LINE: usize = 1024;
const WORD: &str = "error: ";

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into() }
    }

    /// Returns the exit status, and the one line without the word before it.
    pub(crate) fn told(&self) -> (u8, Option<String>) {
        let line = self.to_string();
        let line = secrecy::veil().over(line.strip_prefix(WORD).unwrap_or(&line)).into_owned();
        (self.exit.status(), Some(line))
    }

    /// Says why on standard error, as the last line, and returns the exit status.
    pub(crate) fn tell(&self) -> Exit {
        if !self.message.is_empty() {
            say(&self.to_string());
        }
        self.exit
    }

    /// Ends the process at once, and says why.
    #[expect(clippy::disallowed_methods, reason = "what still runs does not listen")]
    pub(crate) fn end(&self) -> ! {
        std::process::exit(self.tell().status().into())
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Makes the failure of a write: silent where the reader of a pipe is gone, as any filter ends.
    pub(crate) fn of_write(error: &std::io::Error, target: &str) -> Self {
        const SIGPIPE: u8 = 13;
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            Self::new(Exit::Signal(SIGPIPE), "")
        } else {
            Self::new(Exit::Invalid, format!("cannot write {target}: {error}"))
        }
    }
}

/// Says what somebody should know who did not ask to be left alone.
pub(crate) fn warn(common: &Common, message: &str) {
    if !common.quiet {
        say(&format!("warning: {}", Escaped::new(message).at_most(MAX_LINE)));
    }
}

/// Says a line on standard error.
pub(crate) fn say(line: &str) {
    progress::end();
    // Where standard error is gone, there is nobody left to tell.
    let _ = writeln!(std::io::stderr().lock(), "{}", secrecy::veil().over(line));
}

/// Prints the one line: control characters escaped, cut at its limit.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = MAX_LINE.saturating_sub(WORD.len()).saturating_sub('…'.len_utf8());
        write!(f, "{WORD}{}", Escaped::new(&self.message).at_most(most))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        use cutaway_export::Error as Export;
        use cutaway_files::Error as Files;
        use cutaway_model::SinkError::Write;
        match &error {
            Error::Files(Files::Write(source)) => Self::of_write(source, "standard output"),
            Error::Export(Export::Sink(Write { target, source })) => Self::of_write(source, target),
            _ => Self::new(error.class().into(), error.to_string()),
        }
    }
}

impl From<cutaway_model::Error> for Failure {
    fn from(error: cutaway_model::Error) -> Self {
        Error::from(error).into()
    }
}

impl From<cutaway_export::Error> for Failure {
    fn from(error: cutaway_export::Error) -> Self {
        Error::from(error).into()
    }
}

impl From<cutaway_files::Error> for Failure {
    fn from(error: cutaway_files::Error) -> Self {
        Error::from(error).into()
    }
}

/// Ends well, or with what makes a report incomplete.
pub(crate) fn verdict(report: &Report) -> Result<Exit, Failure> {
    match report.why_incomplete() {
        None => Ok(Exit::Done),
        Some(why) => {
            let message = format!("the analysis is incomplete: {why}");
            Err(Failure::new(Exit::Incomplete, message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_short_and_printable() {
        let failure = Failure::usage(format!("bad\n\x1b[31m{}", "ü".repeat(2000)));
        let line = failure.to_string();
        assert!(
            line.starts_with("error: bad\\n\\u{1b}[31m") && line.len() <= MAX_LINE,
            "{}",
            line.len()
        );
        assert!(line.ends_with('…'));
    }
}
