//! Running credential helpers: Docker's protocol, bounded in time and in what they may write.

use std::io::{ErrorKind, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use cutaway_ref::auth::{Credential, HelperError, HelperRequest, parse_answer};

/// How long a helper may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How much it may write.
const MAX_ANSWER: u64 = 64 << 10;

/// Asks a helper for the credential of a server; `None` where it keeps none.
///
/// What it writes to standard error goes nowhere: it may hold the secret.
pub(crate) fn run(request: HelperRequest<'_>) -> Result<Option<Credential>, HelperError> {
    let spawned = Command::new(request.helper.program())
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = spawned.map_err(|error| match error.kind() {
        ErrorKind::NotFound => HelperError::Absent,
        _ => HelperError::Failed,
    })?;
    if let Some(mut stdin) = child.stdin.take() {
        // A helper that does not read what it is asked will not answer either.
        let _ = stdin.write_all(request.server.as_bytes());
    }
    let stdout = child.stdout.take().ok_or(HelperError::Failed)?;
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut answer = Vec::new();
        let read = stdout.take(MAX_ANSWER.saturating_add(1)).read_to_end(&mut answer);
        // The receiver is gone where this took too long.
        let _ = sender.send(read.map(|_| answer));
    });
    let answer = receiver.recv_timeout(PATIENCE);
    if !matches!(&answer, Ok(Ok(answer)) if u64::try_from(answer.len()).is_ok_and(|length| length <= MAX_ANSWER))
    {
        // Ends what hangs or floods; it may have ended by itself.
        let _ = child.kill();
    }
    let status = child.wait();
    let answer = answer.map_err(|_| HelperError::TimedOut)?.map_err(|_| HelperError::Failed)?;
    if !u64::try_from(answer.len()).is_ok_and(|length| length <= MAX_ANSWER) {
        return Err(HelperError::TooLong);
    }
    match (status, parse_answer(&answer)) {
        // "Not found" comes with a failing status, too.
        (_, Ok(None)) if !answer.is_empty() => Ok(None),
        (Ok(status), parsed) if status.success() => parsed,
        _ => Err(HelperError::Failed),
    }
}
