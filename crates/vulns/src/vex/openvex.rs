//! OpenVEX 0.2, and what 0.0 had in other places.

use serde_json::Value;

use crate::vex::product::Product;
use crate::vex::{Statement, Status, get, list, text, time};

/// Returns what a document says, and how many of its statements say too little.
pub(super) fn statements(document: &Value) -> (Vec<Statement>, u64) {
    let mut told = Vec::new();
    let mut passed = 0_u64;
    for statement in list(get(document, "/statements")) {
        let read = one(statement, document);
        passed = passed.saturating_add(u64::from(read.is_none()));
        told.extend(read);
    }
    (told, passed)
}

fn one(statement: &Value, document: &Value) -> Option<Statement> {
    let flaw = get(statement, "/vulnerability");
    let mut ids: Vec<String> =
        text(flaw).or_else(|| text(get(flaw, "/name"))).into_iter().collect();
    ids.extend(list(get(flaw, "/aliases")).filter_map(text));
    // An identifier may be an address whose last part is the name.
    let address = text(get(flaw, "/@id"));
    ids.extend(address.and_then(|it| it.rsplit('/').next().map(str::to_owned)));
    let justification = text(get(statement, "/justification"));
    let impact = text(get(statement, "/impact_statement"));
    let status = match get(statement, "/status").as_str()? {
        // A reason is what makes it one.
        "not_affected" if justification.is_some() || impact.is_some() => Status::NotAffected,
        "affected" => Status::Affected,
        "fixed" => Status::Fixed,
        "under_investigation" => Status::UnderInvestigation,
        _ => return None,
    };
    let old = list(get(statement, "/subcomponents")).flat_map(names).collect::<Vec<_>>();
    let products: Vec<Product> = list(get(statement, "/products"))
        .map(|product| Product {
            names: names(product),
            components: {
                let own = list(get(product, "/subcomponents")).flat_map(names);
                own.chain(old.iter().cloned()).collect()
            },
            platform: None,
        })
        .collect();
    let times = [
        get(statement, "/last_updated"),
        get(statement, "/timestamp"),
        get(document, "/last_updated"),
        get(document, "/timestamp"),
    ];
    let is_said = !ids.is_empty() && !products.is_empty();
    is_said.then(|| Statement {
        ids,
        products,
        status,
        justification,
        reason: impact.or_else(|| text(get(statement, "/status_notes"))),
        time: time(&times),
    })
}

/// Returns what a product is called: a text, or an object with an id and identifiers.
fn names(product: &Value) -> Vec<String> {
    let mut names: Vec<String> =
        text(product).or_else(|| text(get(product, "/@id"))).into_iter().collect();
    names.extend(text(get(product, "/identifiers/purl")));
    names
}
