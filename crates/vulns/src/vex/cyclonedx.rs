//! CycloneDX: what the analysis of a vulnerability says of components, of this document or of another.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::purl::decoded;
use crate::vex::product::Product;
use crate::vex::{Statement, Status, get, list, text, time};

/// How deep components may stand in each other.
const DEPTH: usize = 64;

/// Returns what a document says, and how many of its statements name nothing that is known.
pub(super) fn statements(document: &Value) -> (Vec<Statement>, u64) {
    let mut components = BTreeMap::new();
    let image = get(document, "/metadata/component");
    name(image, &mut components);
    inner(document, DEPTH, &mut components);
    let when = get(document, "/metadata/timestamp");
    let mut told = Vec::new();
    let mut passed = 0_u64;
    for flaw in list(get(document, "/vulnerabilities")) {
        let analysis = get(flaw, "/analysis");
        let status = match get(analysis, "/state").as_str().unwrap_or_default() {
            "not_affected" | "false_positive" => Status::NotAffected,
            "resolved" | "resolved_with_pedigree" => Status::Fixed,
            "exploitable" if list(get(analysis, "/response")).any(|it| it == "will_not_fix") => {
                Status::WontFix
            }
            "exploitable" => Status::Affected,
            "in_triage" => Status::UnderInvestigation,
            _ => continue,
        };
        let mut ids: Vec<String> = text(get(flaw, "/id")).into_iter().collect();
        ids.extend(list(get(flaw, "/references")).filter_map(|it| text(get(it, "/id"))));
        let affects = list(get(flaw, "/affects")).filter_map(|it| text(get(it, "/ref")));
        let products: Vec<Product> = affects
            .filter_map(|reference| {
                let names = named(&reference, &components)?;
                Some(Product { names, ..Product::default() })
            })
            .collect();
        if products.is_empty() || ids.is_empty() {
            passed = passed.saturating_add(1);
            continue;
        }
        let times = [
            get(analysis, "/lastUpdated"),
            get(flaw, "/updated"),
            get(flaw, "/published"),
            get(flaw, "/created"),
            when,
        ];
        told.push(Statement {
            ids,
            products,
            status,
            justification: text(get(analysis, "/justification")),
            reason: text(get(analysis, "/detail")),
            time: time(&times),
        });
    }
    (told, passed)
}

/// Returns what a component is called that is named by its place in a document, this or another one
/// (`urn:cdx:SERIAL/VERSION#REF`).
fn named(reference: &str, components: &BTreeMap<String, Vec<String>>) -> Option<Vec<String>> {
    if let Some(names) = components.get(reference) {
        return Some(names.clone());
    }
    let fragment = match reference.strip_prefix("urn:cdx:") {
        Some(link) => decoded(link.split_once('#')?.1),
        None => reference.to_owned(),
    };
    if let Some(names) = components.get(&fragment) {
        return Some(names.clone());
    }
    fragment.starts_with("pkg:").then(|| vec![fragment])
}

fn inner(parent: &Value, depth: usize, components: &mut BTreeMap<String, Vec<String>>) {
    if depth == 0 {
        return;
    }
    for component in list(get(parent, "/components")) {
        name(component, components);
        inner(component, depth.saturating_sub(1), components);
    }
}

fn name(component: &Value, components: &mut BTreeMap<String, Vec<String>>) {
    let Some(reference) = text(get(component, "/bom-ref")) else { return };
    let mut names: Vec<String> = text(get(component, "/purl")).into_iter().collect();
    if *get(component, "/type") == "container" {
        let (name, version) = (text(get(component, "/name")), text(get(component, "/version")));
        let digest = version.filter(|it| it.starts_with("sha256:"));
        names.extend(digest.or(name));
    }
    components.insert(reference, names);
}
