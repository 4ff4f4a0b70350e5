//! CSAF 2.0, the profile VEX: products are a tree, and what is said names them by ids.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::vex::product::Product;
use crate::vex::{Statement, Status, list, text, time};

/// How deep a tree of products may be.
const DEPTH: usize = 64;

/// What a product is called: package URLs and CPEs.
#[derive(Debug, Clone, Default)]
struct Named {
    names: Vec<String>,
    cpe: Option<String>,
}

/// Returns what a document says, and how many of its statements name no product that is known.
pub(super) fn statements(document: &Value) -> (Vec<Statement>, u64) {
    let products = products(&document["product_tree"]);
    let tracking = &document["document"]["tracking"];
    let when = time(&[&tracking["current_release_date"], &tracking["initial_release_date"]]);
    let mut told = Vec::new();
    let mut passed = 0_u64;
    for flaw in list(&document["vulnerabilities"]) {
        let mut ids: Vec<String> = text(&flaw["cve"]).into_iter().collect();
        ids.extend(list(&flaw["ids"]).filter_map(|id| text(&id["text"])));
        for (key, status) in [
            ("fixed", Status::Fixed),
            ("first_fixed", Status::Fixed),
            ("known_not_affected", Status::NotAffected),
            ("known_affected", Status::Affected),
            ("under_investigation", Status::UnderInvestigation),
        ] {
            for id in list(&flaw["product_status"][key]).filter_map(text) {
                let Some(product) = products.get(&id) else {
                    passed = passed.saturating_add(1);
                    continue;
                };
                let said = |list_key: &str, says: fn(&Value) -> Option<String>| {
                    let about = |it: &&Value| {
                        let mut ids = list(&it["product_ids"]).filter_map(text);
                        it["product_ids"].is_null() || ids.any(|known| known == id)
                    };
                    list(&flaw[list_key]).filter(about).find_map(says)
                };
                let wont = said("remediations", |it| {
                    text(&it["category"]).filter(|it| it == "no_fix_planned")
                });
                let status = match status {
                    Status::Affected if wont.is_some() => Status::WontFix,
                    status => status,
                };
                let impact =
                    |it: &Value| text(&it["details"]).filter(|_| it["category"] == "impact");
                told.push(Statement {
                    ids: ids.clone(),
                    products: vec![product.clone()],
                    status,
                    justification: said("flags", |it| text(&it["label"])),
                    reason: said("threats", impact),
                    time: when,
                });
            }
        }
    }
    (told, passed)
}

/// Returns every product by its id.
fn products(tree: &Value) -> BTreeMap<String, Product> {
    let mut named = BTreeMap::new();
    list(&tree["full_product_names"]).for_each(|it| name(it, &mut named));
    branches(tree, DEPTH, &mut named);
    let product = |it: &Named| Product { names: it.names.clone(), ..Product::default() };
    let mut products: BTreeMap<String, Product> =
        named.iter().map(|(id, it)| (id.clone(), product(it))).collect();
    for relation in list(&tree["relationships"]) {
        let own = &relation["full_product_name"];
        let of = |key: &str| named.get(relation[key].as_str().unwrap_or_default());
        let (Some(id), Some(component)) = (text(&own["product_id"]), of("product_reference"))
        else {
            continue;
        };
        let whole = of("relates_to_product_reference").cloned().unwrap_or_default();
        let is_image = whole.names.iter().any(|name| name.starts_with("pkg:"));
        products.insert(
            id,
            match is_image {
                true => Product {
                    names: whole.names,
                    components: component.names.clone(),
                    platform: whole.cpe,
                },
                false => Product {
                    names: component.names.clone(),
                    components: Vec::new(),
                    platform: whole.cpe,
                },
            },
        );
    }
    products
}

fn branches(branch: &Value, depth: usize, named: &mut BTreeMap<String, Named>) {
    if depth == 0 {
        return;
    }
    for inner in list(&branch["branches"]) {
        name(&inner["product"], named);
        branches(inner, depth.saturating_sub(1), named);
    }
}

fn name(product: &Value, named: &mut BTreeMap<String, Named>) {
    let Some(id) = text(&product["product_id"]) else { return };
    let helper = &product["product_identification_helper"];
    let mut names: Vec<String> = text(&helper["purl"]).into_iter().collect();
    names.extend(list(&helper["purls"]).filter_map(text));
    named.insert(id, Named { names, cpe: text(&helper["cpe"]) });
}
