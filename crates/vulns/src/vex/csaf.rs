//! CSAF 2.0, the profile VEX: products are a tree, and what is said names them by ids.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::vex::product::Product;
use crate::vex::{Statement, Status, get, list, text, time};

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
    let products = products(get(document, "/product_tree"));
    let tracking = get(document, "/document/tracking");
    let when =
        time(&[get(tracking, "/current_release_date"), get(tracking, "/initial_release_date")]);
    let mut told = Vec::new();
    let mut passed = 0_u64;
    for flaw in list(get(document, "/vulnerabilities")) {
        let mut ids: Vec<String> = text(get(flaw, "/cve")).into_iter().collect();
        ids.extend(list(get(flaw, "/ids")).filter_map(|id| text(get(id, "/text"))));
        for (key, status) in [
            ("/fixed", Status::Fixed),
            ("/first_fixed", Status::Fixed),
            ("/known_not_affected", Status::NotAffected),
            ("/known_affected", Status::Affected),
            ("/under_investigation", Status::UnderInvestigation),
        ] {
            for id in list(get(get(flaw, "/product_status"), key)).filter_map(text) {
                let Some(product) = products.get(&id) else {
                    passed = passed.saturating_add(1);
                    continue;
                };
                let said = |list_key: &str, says: fn(&Value) -> Option<String>| {
                    let about = |it: &&Value| {
                        let mut ids = list(get(it, "/product_ids")).filter_map(text);
                        get(it, "/product_ids").is_null() || ids.any(|known| known == id)
                    };
                    list(get(flaw, list_key)).filter(about).find_map(says)
                };
                let wont = said("/remediations", |it| {
                    text(get(it, "/category")).filter(|it| it == "no_fix_planned")
                });
                let status = match status {
                    Status::Affected if wont.is_some() => Status::WontFix,
                    status => status,
                };
                let impact = |it: &Value| {
                    text(get(it, "/details")).filter(|_| *get(it, "/category") == "impact")
                };
                told.push(Statement {
                    ids: ids.clone(),
                    products: vec![product.clone()],
                    status,
                    justification: said("/flags", |it| text(get(it, "/label"))),
                    reason: said("/threats", impact),
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
    list(get(tree, "/full_product_names")).for_each(|it| name(it, &mut named));
    branches(tree, DEPTH, &mut named);
    let product = |it: &Named| Product { names: it.names.clone(), ..Product::default() };
    let mut products: BTreeMap<String, Product> =
        named.iter().map(|(id, it)| (id.clone(), product(it))).collect();
    for relation in list(get(tree, "/relationships")) {
        let own = get(relation, "/full_product_name");
        let of = |key: &str| named.get(get(relation, key).as_str().unwrap_or_default());
        let (Some(id), Some(component)) = (text(get(own, "/product_id")), of("/product_reference"))
        else {
            continue;
        };
        let whole = of("/relates_to_product_reference").cloned().unwrap_or_default();
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
    for inner in list(get(branch, "/branches")) {
        name(get(inner, "/product"), named);
        branches(inner, depth.saturating_sub(1), named);
    }
}

fn name(product: &Value, named: &mut BTreeMap<String, Named>) {
    let Some(id) = text(get(product, "/product_id")) else { return };
    let helper = get(product, "/product_identification_helper");
    let mut names: Vec<String> = text(get(helper, "/purl")).into_iter().collect();
    names.extend(list(get(helper, "/purls")).filter_map(text));
    named.insert(id, Named { names, cpe: text(get(helper, "/cpe")) });
}
