//! Answers to reviews, as the API server reads them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

/// Why something is denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Denial {
    /// Whether asking again later may have another end.
    pub(crate) is_for_now: bool,
    pub(crate) message: String,
}

/// An image that gets its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pin {
    /// Where the name stands.
    pub(crate) pointer: String,
    /// The name as it was written.
    pub(crate) before: String,
    /// The same with the digest.
    pub(crate) after: String,
}

/// What is answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) denial: Option<Denial>,
    pub(crate) warnings: Vec<String>,
    /// What goes into the log of the API server: one line an image.
    pub(crate) audit: Option<String>,
    pub(crate) pins: Vec<Pin>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    api_version: &'static str,
    kind: &'static str,
    response: Body<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    uid: &'a str,
    allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audit_annotations: Option<Audit<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    warnings: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    patch_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patch: Option<String>,
}

#[derive(Serialize)]
struct Status<'a> {
    code: u16,
    reason: &'static str,
    message: &'a str,
}

#[derive(Serialize)]
struct Audit<'a> {
    verdicts: &'a str,
}

#[derive(Serialize)]
struct Step<'a> {
    op: &'static str,
    path: &'a str,
    value: &'a str,
}

/// Writes the answer to the review of this uid.
pub(crate) fn answer(uid: &str, response: &Response) -> Vec<u8> {
    let status = response.denial.as_ref().map(|denial| {
        let (code, reason) = match denial.is_for_now {
            true => (429, "TooManyRequests"),
            false => (403, "Forbidden"),
        };
        Status { code, reason, message: &denial.message }
    });
    let patch = patch(&response.pins).filter(|_| response.denial.is_none());
    let envelope = Envelope {
        api_version: super::API_VERSION,
        kind: super::KIND,
        response: Body {
            uid,
            allowed: response.denial.is_none(),
            status,
            audit_annotations: response.audit.as_deref().map(|verdicts| Audit { verdicts }),
            warnings: &response.warnings,
            patch_type: patch.is_some().then_some("JSONPatch"),
            patch,
        },
    };
    // A value of plain texts and numbers is always written.
    serde_json::to_vec(&envelope).unwrap_or_default()
}

/// Returns the patch that pins images: each step says first what it expects there.
fn patch(pins: &[Pin]) -> Option<String> {
    let steps: Vec<Step<'_>> = pins
        .iter()
        .flat_map(|Pin { pointer, before, after }| {
            let step = |op, value| Step { op, path: pointer, value };
            [step("test", before), step("replace", after)]
        })
        .collect();
    let json = serde_json::to_vec(&steps).ok()?;
    (!steps.is_empty()).then(|| STANDARD.encode(json))
}
