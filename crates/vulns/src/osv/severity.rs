//! How bad a flaw is, of what records say: the word of the vendor, or else the newest CVSS vector.

use std::borrow::Cow;
use std::str::FromStr as _;

use cutaway_report::{FlawSeverity as Severity, Tenths};
use serde::Deserialize;

use crate::osv::loose::{self, Raw};

#[derive(Deserialize)]
struct Rating<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    score: Cow<'a, str>,
}

/// Reads a vendor's word: those of CVSS, of Ubuntu, Debian, GitHub and Red Hat.
pub(crate) fn of_word(word: &str) -> Option<Severity> {
    Some(match word.trim().to_ascii_lowercase().as_str() {
        "negligible" | "unimportant" | "none" => Severity::Negligible,
        "low" => Severity::Low,
        "medium" | "moderate" => Severity::Medium,
        "high" | "important" => Severity::High,
        "critical" => Severity::Critical,
        _ => return None,
    })
}

/// Reads a CVSS vector of version 2, 3 or 4: how bad it is, and the score.
fn of_vector(vector: &str) -> Option<(Severity, Tenths)> {
    let vector = cvss::Cvss::from_str(vector).ok()?;
    Some((of_word(vector.severity().as_str())?, Tenths::from(vector.score())))
}

/// Chooses among the vectors of a list: the newest form, and of that the worst.
fn of_vectors(ratings: &[Rating<'_>]) -> Option<(Severity, Tenths)> {
    let of = |kind: &str| {
        let scores = ratings.iter().filter(move |rating| rating.kind == kind);
        scores.filter_map(|rating| of_vector(&rating.score)).max()
    };
    of("CVSS_V4").or_else(|| of("CVSS_V3")).or_else(|| of("CVSS_V2"))
}

/// Returns the score of the vector that is chosen.
pub(crate) fn score(raw: Raw<'_>) -> Option<Tenths> {
    of_vectors(&loose::list(raw).collect::<Vec<_>>()).map(|(_, score)| score)
}

/// Chooses among the ratings of a list: a word before vectors, of these the newest form.
pub(crate) fn chosen(raw: Raw<'_>) -> Option<Severity> {
    let ratings: Vec<Rating<'_>> = loose::list(raw).collect();
    let words = ratings.iter().filter(|rating| !rating.kind.starts_with("CVSS"));
    words
        .filter_map(|rating| of_word(&rating.score))
        .max()
        .or_else(|| of_vectors(&ratings).map(|(severity, _)| severity))
}
