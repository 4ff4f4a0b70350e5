//! Running the programs that keep credentials, bounded in time and in what they may write.

use std::io::{ErrorKind, Read as _, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use cutaway_ref::auth::{Ended, HelperError, Programs};

use crate::limits::Lookup;

/// How often a program that has said everything is asked whether it has ended.
const PAUSE: Duration = Duration::from_millis(2);

/// The programs of this machine, within the limits of a lookup.
#[derive(Debug)]
pub(crate) struct ThesePrograms<'a>(pub(crate) &'a Lookup);

impl Programs for ThesePrograms<'_> {
    fn run(&self, program: &str, arguments: &[&str], input: &str) -> Result<Ended, HelperError> {
        let limits = self.0;
        let started = Instant::now();
        let mut command = Command::new(program);
        // Standard error goes nowhere: it may hold the secret.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let spawned = command.args(arguments).spawn();
        let mut child = spawned.map_err(|error| match error.kind() {
            ErrorKind::NotFound => HelperError::Absent,
            _ => HelperError::Failed,
        })?;
        let answer = answer(&mut child, input, limits);
        let left = limits.helper.saturating_sub(started.elapsed());
        let ended = answer.and_then(|answer| Ok((end(&mut child, left)?, answer)));
        if ended.is_err() {
            // Ends what hangs or floods; it may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
        let (status, output) = ended?;
        Ok(Ended { success: status.success(), output })
    }
}

fn answer(child: &mut Child, input: &str, limits: &Lookup) -> Result<Vec<u8>, HelperError> {
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not read what it is asked will not answer either.
        let _ = stdin.write_all(input.as_bytes());
    }
    let stdout = child.stdout.take().ok_or(HelperError::Failed)?;
    let longest = limits.helper_bytes;
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut answer = Vec::new();
        let read = stdout.take(longest.saturating_add(1)).read_to_end(&mut answer);
        // The receiver is gone where this took too long.
        let _ = sender.send(read.map(|_| answer));
    });
    let answer = receiver.recv_timeout(limits.helper).map_err(|_| HelperError::TimedOut)?;
    let answer = answer.map_err(|_| HelperError::Failed)?;
    if u64::try_from(answer.len()).is_ok_and(|length| length <= longest) {
        Ok(answer)
    } else {
        Err(HelperError::TooLong)
    }
}

/// Waits for the end of a program that has closed its output, which may be long before its end.
fn end(child: &mut Child, left: Duration) -> Result<ExitStatus, HelperError> {
    let started = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if started.elapsed() < left => std::thread::sleep(PAUSE),
            Ok(None) => return Err(HelperError::TimedOut),
            Err(_) => return Err(HelperError::Failed),
        }
    }
}
