//! An analyzer of one's own: the users that an image has.

use cutaway::analyze::{
    Analyzer, AnalyzerId, Ecosystem, File, Findings, Interest, Outcome, Package,
};

/// The reader of `passwd`, as passwd(5) describes it.
#[derive(Debug)]
pub(crate) struct Users;

impl Analyzer for Users {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("users", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().files(["etc/passwd"])
    }

    fn analyze(&self, file: &File<'_>, found: &mut Findings) -> Outcome {
        let text = String::from_utf8_lossy(file.start());
        for line in text.lines() {
            let mut fields = line.split(':');
            if let (Some(name), Some(number)) = (fields.next(), fields.nth(1)) {
                found.package(Package::new(Ecosystem::of("user"), name, number));
            }
        }
        Outcome::Done
    }
}
