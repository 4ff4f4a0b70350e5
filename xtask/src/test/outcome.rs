//! What a run of `cargo test` said: sums over all test binaries, and what was skipped.
//!
//! Reads libtest's text, which has had this form since Rust 1.0: there is no stable other one.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

/// The sums of a test run.
#[derive(Debug)]
pub(crate) struct Outcome {
    require_all: bool,
    corpus: bool,
    passed: u64,
    failed: u64,
    skipped: BTreeSet<String>,
    /// Inside the output of tests that passed: read, not shown.
    in_successes: bool,
    succeeded: bool,
}

impl Outcome {
    /// Returns an outcome of nothing; `corpus` says whether the corpus is here.
    pub(crate) fn new(require_all: bool, corpus: bool) -> Self {
        Self {
            require_all,
            corpus,
            passed: 0,
            failed: 0,
            skipped: BTreeSet::new(),
            in_successes: false,
            succeeded: true,
        }
    }

    /// Tells whether a skipped test is a failure.
    pub(crate) fn require_all(&self) -> bool {
        self.require_all
    }

    /// Notes a line that says what was skipped.
    pub(crate) fn skip(&mut self, line: String) {
        self.skipped.insert(line);
    }

    /// Reads a line of output and tells whether a person wants to see it.
    pub(crate) fn read(&mut self, line: &str) -> bool {
        if let Some(skipped) = line.find("skipped:").and_then(|start| line.get(start..)) {
            self.skip(skipped.trim_end().to_owned());
        }
        match line {
            "successes:" => self.in_successes = true,
            "failures:" => self.in_successes = false,
            _ => {}
        }
        if let Some(sums) = line.strip_prefix("test result: ") {
            self.in_successes = false;
            self.passed = self.passed.saturating_add(number_before(sums, " passed"));
            self.failed = self.failed.saturating_add(number_before(sums, " failed"));
        }
        !self.in_successes
    }

    /// Notes how a run of `cargo test` ended.
    pub(crate) fn end(&mut self, succeeded: bool) {
        self.succeeded &= succeeded;
    }

    /// Returns the closing line.
    pub(crate) fn line(&self) -> String {
        format!("{} passed, {} failed", self.passed, self.failed)
    }

    /// Returns every line that said what was skipped, once.
    pub(crate) fn skipped(&self) -> impl Iterator<Item = &str> {
        self.skipped.iter().map(String::as_str)
    }

    /// Returns an error unless all is well.
    pub(crate) fn verdict(&self) -> Result<()> {
        if self.failed > 0 || !self.succeeded {
            bail!("tests failed, or did not compile");
        }
        if self.passed == 0 {
            bail!("no test ran");
        }
        let forbidden: Vec<_> = self.skipped().filter(|line| self.avoidable(line)).collect();
        if self.require_all && !forbidden.is_empty() {
            bail!("--require-all wants every test: {}", forbidden.join("; "));
        }
        Ok(())
    }

    /// Tells whether a skip could be avoided by installing something.
    ///
    /// The corpus is data beside the repository, which may be absent. A distribution may build a tool
    /// without a form of database that it can have, and Debian packages neither crane nor apk.
    fn avoidable(&self, line: &str) -> bool {
        let unpackaged = ["no crane", "no go-containerregistry", "no apk"];
        !(line.contains(" was built without ")
            || (!self.corpus && line.contains("no corpus"))
            || unpackaged.iter().any(|program| line.ends_with(program)))
    }
}

fn number_before(text: &str, word: &str) -> u64 {
    text.split(word)
        .next()
        .and_then(|before| before.rsplit(' ').next())
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(require_all: bool, corpus: bool, text: &str) -> Outcome {
        let mut outcome = Outcome::new(require_all, corpus);
        for line in text.lines() {
            outcome.read(line);
        }
        outcome
    }

    #[test]
    fn sums_all_binaries() {
        let text = "running 3 tests\ntest a ... ok\nsuccesses:\n\n---- a stdout ----\nnoise\n\nsuccesses:\n    a\n\n\
                    test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
                    test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1s";
        assert_eq!(outcome(false, true, text).line(), "15 passed, 2 failed");
        assert!(outcome(false, true, text).verdict().is_err());
    }

    #[test]
    fn shows_all_but_the_output_of_what_passed() {
        let mut outcome = Outcome::new(false, true);
        let shown: Vec<bool> = [
            "test a ... ok",
            "successes:",
            "noise",
            "failures:",
            "why",
            "successes:",
            "test result: ok. 1 passed; 0 failed;",
        ]
        .into_iter()
        .map(|line| outcome.read(line))
        .collect();
        assert_eq!(shown, [true, false, false, true, true, false, true]);
    }

    #[test]
    fn skipping_fails_only_where_all_is_required() {
        let ok = "test result: ok. 1 passed; 0 failed;\n";
        for (require_all, corpus, text, good) in [
            (false, true, "", true),
            (false, true, "skipped: no podman", true),
            (true, true, "", true),
            (true, true, "skipped: no podman", false),
            (true, true, "skipped: rpm was built without this form of the database", true),
            (true, true, "skipped: no crane", true),
            (true, true, "skipped: no corpus", false),
            (true, false, "skipped: no corpus", true),
            (true, false, "skipped: no corpus\nskipped: no rpm", false),
        ] {
            let verdict = outcome(require_all, corpus, &format!("{ok}{text}")).verdict();
            assert_eq!(verdict.is_ok(), good, "{require_all} {corpus} {text}");
        }
        assert!(outcome(false, true, "").verdict().is_err(), "a run without tests proves nothing");
    }
}
