//! Rocks of Lua: `…/rocks[-X.Y]/NAME/VERSION-REV/NAME-VERSION-REV.rockspec`. The rockspec is a program:
//! the path counts, and what the program states in literals is compared with it.

use cutaway_analyze::{Analyzer, AnalyzerId, Candidate, File, Findings, Interest, Outcome, Want};

use crate::literal::assigned;
use crate::place::Parts;
use crate::record::{record, warn};

/// The type of the package URLs.
pub(crate) const KIND: &str = "luarocks";
/// The largest file that is read.
const MAX: u64 = 4 << 20;

/// The reader of rocks.
#[derive(Debug)]
pub(crate) struct Lua;

impl Analyzer for Lua {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("lua", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().ending(".rockspec")
    }

    fn wants(&self, file: &Candidate<'_>) -> Want {
        if is_rock(&Parts::new(file.path)) { Want::Whole { max: MAX } } else { Want::No }
    }

    fn analyze(&self, file: &File<'_>, found: &mut Findings) -> Outcome {
        let parts = Parts::new(file.path());
        if !is_rock(&parts) {
            return Outcome::Done;
        }
        let (name, version) = (parts.text(2), parts.text(1));
        let text = String::from_utf8_lossy(file.start());
        let stated = [("package", &name), ("version", &version)];
        for (field, expected) in stated {
            let literal = assigned(&text, field);
            if literal.as_ref().is_some_and(|it| !it.eq_ignore_ascii_case(expected)) {
                let message = format!("{field} in the rockspec is another one than in its path");
                warn(found, "language-name-differs", message);
            }
        }
        if let Some(mut package) = record(found, KIND, &name, &version) {
            package.place = Some(parts.above(3));
            found.package(package);
        }
        Outcome::Done
    }
}

fn is_rock(parts: &Parts<'_>) -> bool {
    let [name, version, directory] = [2, 1, 3].map(|it| parts.back(it));
    let stem = [name, b"-", version, b".rockspec"].concat();
    (directory == b"rocks" || directory.starts_with(b"rocks-")) && parts.back(0) == stem
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{rows, wants};

    #[test]
    fn rocks() {
        let path = "u/lib/luarocks/rocks-5.1/lpeg/1.0-1/lpeg-1.0-1.rockspec";
        assert!(wants(&Lua, path) && !wants(&Lua, "src/lpeg-1.0-1.rockspec"));
        let place = "u/lib/luarocks/rocks-5.1";
        let row = format!("lpeg 1.0-1 {place}");
        assert_eq!(
            rows(&Lua, path, b"package = \"LPeg\"\nversion = '1.0-1'\n"),
            std::slice::from_ref(&row)
        );
        assert_eq!(rows(&Lua, path, b"version = v .. '-1'\n"), std::slice::from_ref(&row));
        let odd = rows(&Lua, path, b"version = '2-1'\n");
        assert_eq!(odd, [row, "Warning language-name-differs".to_owned()]);
    }
}
