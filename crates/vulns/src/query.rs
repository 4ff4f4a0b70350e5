//! Which records hold a version, as they stand: nothing is merged and nothing is left out.

use crate::db::{Database, DbError};
use crate::{Ecosystem, judge};

/// What a database says of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The ids of the records that hold it, sorted; none for a version that no record holds.
    Records(Vec<String>),
    /// The version has no place in the order, and no record lists it literally.
    Unreadable,
}

impl Answer {
    /// Returns the ids with commas between them, `-` where there are none, and `!` where nothing can be said.
    pub fn text(&self) -> String {
        match self {
            Self::Records(ids) if ids.is_empty() => "-".to_owned(),
            Self::Records(ids) => ids.join(","),
            Self::Unreadable => "!".to_owned(),
        }
    }
}

/// Asks for versions of a package. The ecosystem is as OSV writes it, such as `Alpine:v3.20`; `None` where the
/// database lacks it.
///
/// # Errors
///
/// Returns why the database cannot be used.
pub fn query(
    database: &mut Database,
    ecosystem: &str,
    package: &str,
    versions: &[String],
) -> Result<Option<Vec<Answer>>, DbError> {
    let Some(known) = Ecosystem::parse(ecosystem).filter(|_| database.has(ecosystem)) else {
        return Ok(None);
    };
    let rows = database.rows(ecosystem, &known.name(package))?;
    let mut answers = Vec::new();
    for version in versions {
        let mut unreadable = cutaway_version::check(known.family(), version).is_err();
        let mut records = Vec::new();
        for row in &rows {
            // What the row cannot judge it does not hold; whether nothing can is told above.
            if let Ok(Some(_)) = judge(known.family(), &row.ranges, &row.versions, version) {
                records.push(row.advisory);
            }
        }
        records.dedup();
        unreadable &= records.is_empty();
        if unreadable {
            answers.push(Answer::Unreadable);
            continue;
        }
        let ids = records.into_iter().map(|place| Ok(database.advisory(place)?.id));
        answers.push(Answer::Records(ids.collect::<Result<_, DbError>>()?));
    }
    Ok(Some(answers))
}
