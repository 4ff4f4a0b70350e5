//! What is said of flaws in products (VEX): OpenVEX, CSAF and CycloneDX, each document by what it is.

mod csaf;
mod cyclonedx;
mod openvex;
mod product;

use cutaway_report::{FlawState, Suppression, VulnerabilityReport, parse_time};
use serde_json::Value;

use product::Product;
pub use product::VexSubject;

/// Statements of any number of documents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vex {
    documents: Vec<Document>,
}

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Document {
    name: String,
    statements: Vec<Statement>,
    /// Statements that say too little to count.
    passed: u64,
}

/// What is said of one flaw in some products.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Statement {
    /// The ids of the flaw.
    ids: Vec<String>,
    products: Vec<Product>,
    status: Status,
    justification: Option<String>,
    reason: Option<String>,
    /// Seconds since 1970; of two about one package the later counts.
    time: i64,
}

/// What is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    NotAffected,
    Affected,
    /// Affected, and nobody will mend it.
    WontFix,
    Fixed,
    UnderInvestigation,
}

/// The largest document that is read, in bytes.
const BYTES: usize = 64 << 20;

impl Vex {
    /// Reads one more document; its name is told with what it says.
    ///
    /// # Errors
    ///
    /// Returns a line that says why it is none.
    pub fn read(&mut self, json: &[u8], name: &str) -> Result<(), String> {
        if json.len() > BYTES {
            return Err(format!("longer than {BYTES} bytes"));
        }
        let document: Value = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        let context = get(&document, "/@context").as_str().unwrap_or_default();
        let (statements, passed) = if context.contains("openvex") {
            openvex::statements(&document)
        } else if get(&document, "/document/csaf_version").is_string() {
            csaf::statements(&document)
        } else if *get(&document, "/bomFormat") == "CycloneDX" {
            cyclonedx::statements(&document)
        } else {
            return Err("no OpenVEX, CSAF or CycloneDX document".to_owned());
        };
        self.documents.push(Document { name: name.to_owned(), statements, passed });
        Ok(())
    }

    /// Marks findings as documents have it. Returns lines about documents that say nothing of them.
    pub fn apply(
        &self,
        findings: &mut [VulnerabilityReport],
        subject: &VexSubject<'_>,
    ) -> Vec<String> {
        let mut used = vec![false; self.documents.len()];
        for finding in findings.iter_mut() {
            let all = self.documents.iter().enumerate();
            let all = all.flat_map(|(at, it)| it.statements.iter().map(move |told| (at, it, told)));
            let about = all.filter(|(.., told)| told.is_about(finding, subject));
            // Of equal times the one that was read last.
            let Some((at, document, told)) = about.max_by_key(|(.., told)| told.time) else {
                continue;
            };
            if let Some(place) = used.get_mut(at) {
                *place = true;
            }
            told.mark(finding, &document.name);
        }
        let mut remarks = Vec::new();
        for (document, used) in self.documents.iter().zip(used) {
            let name = &document.name;
            if document.passed > 0 {
                let passed = document.passed;
                remarks.push(format!("{name}: {passed} statements say too little to count"));
            }
            if !used {
                remarks.push(format!("{name} says nothing of what was found"));
            }
        }
        remarks
    }
}

impl Statement {
    fn is_about(&self, finding: &VulnerabilityReport, subject: &VexSubject<'_>) -> bool {
        self.ids.iter().any(|id| finding.ids().any(|known| known == id))
            && self.products.iter().any(|it| it.holds(&finding.package.purl, subject))
    }

    fn mark(&self, finding: &mut VulnerabilityReport, document: &str) {
        let status = match self.status {
            Status::NotAffected => "not_affected",
            Status::Fixed => "fixed",
            Status::UnderInvestigation if finding.state == FlawState::Unfixed => {
                finding.state = FlawState::UnderInvestigation;
                return;
            }
            Status::WontFix if finding.state == FlawState::Unfixed => {
                finding.state = FlawState::WontFix;
                return;
            }
            _ => return,
        };
        if finding.suppressed.is_some() {
            return;
        }
        let reason = self.reason.clone().or_else(|| self.justification.clone());
        finding.suppressed = Some(Suppression {
            by: "vex".to_owned(),
            reason: reason.unwrap_or_else(|| status.replace('_', " ")),
            until: None,
            status: Some(status.to_owned()),
            justification: self.justification.clone(),
            document: Some(document.to_owned()),
        });
    }
}

/// Nothing.
static NULL: Value = Value::Null;

/// Returns what lies at a path; null where nothing does.
fn get<'v>(value: &'v Value, path: &str) -> &'v Value {
    value.pointer(path).unwrap_or(&NULL)
}

/// Returns a text that is there and not empty.
fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Returns the elements of a list; none where it is no list.
fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Returns the first of these that is a time, in seconds since 1970.
fn time(values: &[&Value]) -> i64 {
    let known = values.iter().filter_map(|value| parse_time(value.as_str()?).ok());
    known.into_iter().next().unwrap_or_default()
}
