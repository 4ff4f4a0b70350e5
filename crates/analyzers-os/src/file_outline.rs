//! Findings about files in one line, for tables in tests.

use cutaway_analyze::{FileRecord, FileRole, Findings, Owner, PackageRef};

/// Returns the records, then origins, diversions and exclusions, then the codes of the diagnostics.
pub(crate) fn outline(findings: &Findings) -> String {
    let files = &findings.files;
    let mut words = Vec::new();
    files.for_each(|_, record| words.push(line(files.owners(), &record)));
    words.extend(
        files.origins().iter().map(|origin| format!("{} by {}", origin.path, origin.reason)),
    );
    words.extend(files.diversions().iter().map(|diversion| {
        let except = diversion.except.as_deref().unwrap_or("nobody");
        format!("{} to {} except {except}", diversion.from, diversion.to)
    }));
    words.extend(files.exclusions().iter().map(|exclusion| {
        let sign = if exclusion.excluded { '-' } else { '+' };
        format!("{sign}{}", exclusion.pattern)
    }));
    words.extend(findings.diagnostics().iter().map(|diagnostic| diagnostic.code.to_string()));
    words.join(", ")
}

fn line(owners: &[Owner], record: &FileRecord<'_>) -> String {
    let owner = match &owners[usize::try_from(record.owner).unwrap()].package {
        PackageRef::Named { name, arch: None } => name.clone(),
        PackageRef::Named { name, arch: Some(arch) } => format!("{name}:{arch}"),
        PackageRef::Database(path) => path.to_string(),
    };
    let sign = match record.role {
        FileRole::Any => '?',
        FileRole::Directory => '/',
        FileRole::File => '=',
        FileRole::FileOrLink => '~',
        FileRole::Link => '>',
        FileRole::Special => '!',
    };
    let mut text = format!("{owner}: {sign}{}", String::from_utf8_lossy(record.path));
    if let Some(digest) = &record.digest {
        text.extend([" ", digest.algorithm()]);
    }
    if let Some(link) = record.link {
        text.extend([" to ", &String::from_utf8_lossy(link)]);
    }
    let traits = record.traits;
    for (is_so, word) in [
        (traits.config, " config"),
        (traits.optional, " optional"),
        (traits.volatile, " volatile"),
        (traits.supplement, " supplement"),
    ] {
        if is_so {
            text.push_str(word);
        }
    }
    text
}
