//! Records that stand twice in one database of dpkg's.

use cutaway_analyze::Findings;

use crate::reporter::{Reporter, quote};

/// Warns where one file has two records of one package and architecture, which dpkg never writes.
pub(crate) fn warn_of_repeated(findings: &mut Findings) {
    let mut keys: Vec<_> =
        findings.packages().iter().map(|package| (&package.name, &package.arch)).collect();
    keys.sort_unstable();
    let mut repeated: Vec<String> = Vec::new();
    let (mut number, mut last) = (0_usize, None);
    for (key, next) in keys.iter().zip(keys.iter().skip(1)) {
        if key == next && last != Some(key) {
            number = number.saturating_add(1);
            last = Some(key);
            if repeated.len() < 3 {
                repeated.push(quote(key.0.as_bytes()));
            }
        }
    }
    if number > 0 {
        let mut reporter = Reporter::new(findings);
        let names = repeated.join(", ");
        reporter.warning(
            "dpkg-record-repeated",
            format_args!(
                "{number} packages have more than one record for one architecture, such as {names}"
            ),
        );
    }
}
