//! What others say of flaws: which are exploited (CISA's KEV), and how probable that is (FIRST's EPSS).

mod tracker;

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};

use cutaway_report::{KevReport, Share};
use flate2::bufread::MultiGzDecoder;
use serde::Deserialize;

use tracker::Tracker;

/// What is known of flaws beside advisories, by their CVE.
#[derive(Debug, Default)]
pub struct Enrichment {
    pub(crate) kev: HashMap<String, KevReport>,
    pub(crate) epss: HashMap<String, (Share, Share)>,
    /// The day of the scores.
    pub(crate) scored: Option<String>,
    pub(crate) tracker: Tracker,
}

/// Why a list cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnrichmentError {
    /// It cannot be read, or is cut.
    #[error("cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// It is no list of exploited flaws.
    #[error("no list of exploited flaws (KEV): {0}")]
    Kev(#[from] serde_json::Error),
    /// It is not what Debian's security tracker publishes.
    #[error("nothing of Debian's security tracker: {0}")]
    Tracker(serde_json::Error),
    /// A line is none of a list of scores.
    #[error("no list of scores (EPSS): line {0} is no CVE with two numbers")]
    Epss(u64),
    /// It has more lines or bytes than are read.
    #[error("more than the limit osv_record_bytes = {0} in a line or document")]
    Long(u64),
}

#[derive(Deserialize)]
struct Catalogue {
    vulnerabilities: Vec<Exploited>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Exploited {
    #[serde(rename = "cveID")]
    cve: String,
    date_added: String,
    #[serde(default)]
    due_date: Option<String>,
    #[serde(default)]
    known_ransomware_campaign_use: Option<String>,
}

/// The most bytes of the whole list of exploited flaws, and of a line of the other.
const BYTES: u64 = 64 << 20;
const LINE: u64 = 4 << 10;

impl Enrichment {
    /// Reads the list of exploited flaws: JSON, as CISA publishes it.
    ///
    /// # Errors
    ///
    /// Returns why it cannot be read.
    pub fn read_kev(&mut self, input: impl Read) -> Result<(), EnrichmentError> {
        let mut text = Vec::new();
        plain(input)?.take(BYTES.saturating_add(1)).read_to_end(&mut text)?;
        if u64::try_from(text.len()).unwrap_or(u64::MAX) > BYTES {
            return Err(EnrichmentError::Long(BYTES));
        }
        let Catalogue { vulnerabilities } = serde_json::from_slice(&text)?;
        for flaw in vulnerabilities {
            let use_of_it = flaw.known_ransomware_campaign_use.as_deref();
            let told = KevReport {
                added: flaw.date_added,
                due: flaw.due_date.filter(|day| !day.is_empty()),
                ransomware: use_of_it.filter(|it| it.eq_ignore_ascii_case("known")).map(|_| true),
            };
            self.kev.insert(flaw.cve, told);
        }
        Ok(())
    }

    /// Reads what Debian's security tracker publishes: JSON, packages with their flaws.
    ///
    /// # Errors
    ///
    /// Returns why it cannot be read.
    pub fn read_tracker(&mut self, input: impl Read) -> Result<(), EnrichmentError> {
        let read = serde_json::from_reader(plain(input)?);
        self.tracker = read.map_err(EnrichmentError::Tracker)?;
        Ok(())
    }

    /// Reads scores: lines of CVE, score and percentile, as FIRST publishes them, gzip or not.
    ///
    /// # Errors
    ///
    /// Returns why they cannot be read.
    pub fn read_epss(&mut self, input: impl Read) -> Result<(), EnrichmentError> {
        let mut input = plain(input)?;
        let mut line = String::new();
        let mut number = 0_u64;
        loop {
            line.clear();
            if (&mut input).take(LINE).read_line(&mut line)? == 0 {
                return Ok(());
            }
            number = number.saturating_add(1);
            let text = line.trim();
            if let Some(comment) = text.strip_prefix('#') {
                let dates = comment.split(',').filter_map(|it| it.strip_prefix("score_date:"));
                self.scored = dates.map(|date| date.chars().take(10).collect()).next();
                continue;
            }
            if text.is_empty() || text.starts_with("cve,") {
                continue;
            }
            let mut fields = text.split(',');
            let cve = fields.next().filter(|id| id.starts_with("CVE-"));
            let score = fields.next().and_then(share);
            let percentile = fields.next().and_then(share);
            match (cve, score, percentile) {
                (Some(cve), Some(score), Some(percentile)) => {
                    self.epss.insert(cve.to_owned(), (score, percentile));
                }
                _ => return Err(EnrichmentError::Epss(number)),
            }
        }
    }
}

fn share(text: &str) -> Option<Share> {
    let number: f64 = text.trim().parse().ok()?;
    (0.0..=1.0).contains(&number).then(|| Share::from(number))
}

/// Takes gzip off where there is some.
fn plain<'r>(input: impl Read + 'r) -> std::io::Result<Box<dyn BufRead + 'r>> {
    let mut input = BufReader::new(input);
    let is_gzip = input.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    Ok(match is_gzip {
        true => Box::new(BufReader::new(MultiGzDecoder::new(input))),
        false => Box::new(input),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        let mut told = Enrichment::default();
        let kev = r#"{"title": "x", "vulnerabilities": [{"cveID": "CVE-1", "dateAdded": "2024-01-01",
            "dueDate": "2024-01-22", "knownRansomwareCampaignUse": "Known", "cwes": []}]}"#;
        told.read_kev(kev.as_bytes()).unwrap();
        assert_eq!(told.kev["CVE-1"].ransomware, Some(true));
        let epss = "#model_version:v2025.03.14,score_date:2026-01-02T00:00:00Z\ncve,epss,percentile\n\
            CVE-1,0.00043,0.12345\nCVE-2,1,1\n";
        told.read_epss(epss.as_bytes()).unwrap();
        assert_eq!(told.epss["CVE-1"], (Share(43), Share(12345)));
        assert_eq!(told.epss["CVE-2"], (Share(100_000), Share(100_000)));
        assert_eq!(told.scored.as_deref(), Some("2026-01-02"));
        for wrong in ["CVE-1,x,0.1", "CVE-1,0.1", "a,0.1,0.1", "CVE-1,2,0.1", "{}"] {
            assert!(Enrichment::default().read_epss(wrong.as_bytes()).is_err(), "{wrong}");
        }
        assert!(Enrichment::default().read_kev(&b"[]"[..]).is_err());
    }
}
