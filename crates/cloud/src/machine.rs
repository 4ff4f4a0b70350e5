//! What a lookup may ask of the machine that it runs on: files and programs that a user's own settings name.

use std::fmt;
use std::sync::Arc;

use cutaway_ref::auth::Secret;
use tokio::sync::oneshot;

use crate::Error;

/// The machine. Its owner reads the files and runs the programs, and bounds both; this crate does neither.
///
/// Each call has a thread of its own and may wait.
pub trait Machine: fmt::Debug + Send + Sync {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// Returns why not, as text that says nothing of what is in it.
    fn read(&self, path: &str) -> Result<Secret, String>;

    /// Runs a program, the first of `words`, with the others as its arguments; returns its standard output.
    ///
    /// # Errors
    ///
    /// Returns why not, as text that says nothing of what the program said.
    fn run(&self, words: &[String]) -> Result<Secret, String>;
}

/// A file that may hold a key.
#[derive(Debug, Clone)]
pub struct File {
    /// Its path, or what else people know it by.
    pub name: String,
    /// What is in it, or why that is not known.
    pub contents: Result<Secret, String>,
}

impl File {
    /// Returns what is in it.
    pub(crate) fn text(&self) -> Result<&str, Error> {
        match &self.contents {
            Ok(contents) => Ok(contents.expose()),
            Err(rule) => Err(Error::Unusable { what: self.name.clone(), rule: rule.clone() }),
        }
    }
}

/// Reads a file that a setting names.
pub(crate) async fn read(machine: Option<&Arc<dyn Machine>>, path: &str) -> Result<Secret, Error> {
    let wanted = path.to_owned();
    ask(machine, path, move |machine| machine.read(&wanted)).await
}

/// Runs a program that a setting names.
pub(crate) async fn run(
    machine: Option<&Arc<dyn Machine>>,
    words: Vec<String>,
) -> Result<Secret, Error> {
    let name = words.first().cloned().unwrap_or_default();
    ask(machine, &name, move |machine| machine.run(&words)).await
}

async fn ask(
    machine: Option<&Arc<dyn Machine>>,
    what: &str,
    question: impl FnOnce(&dyn Machine) -> Result<Secret, String> + Send + 'static,
) -> Result<Secret, Error> {
    let unusable = |rule: String| Error::Unusable { what: what.to_owned(), rule };
    let Some(machine) = machine.cloned() else {
        return Err(unusable("files and programs are not asked here".to_owned()));
    };
    let (sender, receiver) = oneshot::channel();
    // The receiver is gone where the run has ended.
    std::thread::spawn(move || drop(sender.send(question(machine.as_ref()))));
    let answer = receiver.await.map_err(|_| unusable("it gave no answer".to_owned()))?;
    answer.map_err(unusable)
}
