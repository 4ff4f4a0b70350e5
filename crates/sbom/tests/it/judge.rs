//! The judge of documents: the official schemas, and what they leave out. Names have to lead somewhere,
//! nothing may stand there twice, and package URLs have to be some.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jsonschema::{Resource, Validator};
use serde_json::Value;

/// The official schemas.
pub(crate) struct Judge {
    schemas: BTreeMap<&'static str, Validator>,
    is_purl: fn(&str) -> bool,
}

/// What CycloneDX's schemas refer to.
const SHARED: &[&str] =
    &["spdx.schema.json", "jsf-0.82.schema.json", "cryptography-defs.schema.json"];

impl Judge {
    /// Returns the judge, who asks `is_purl` for package URLs, or says that tests are skipped for want of the schemas.
    #[expect(clippy::disallowed_methods, reason = "tests find the corpus")]
    pub(crate) fn find(is_purl: fn(&str) -> bool) -> Option<Self> {
        let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus");
        let told = std::env::var_os("CUTAWAY_CORPUS");
        let folder = told.map_or_else(|| PathBuf::from(default), PathBuf::from).join("schemas");
        if !folder.is_dir() {
            eprintln!("skipped: no corpus");
            return None;
        }
        let names = [
            ("1.6", "bom-1.6.schema.json"),
            ("1.7", "bom-1.7.schema.json"),
            ("SPDX-2.3", "spdx-2.3.schema.json"),
            ("2.1.0", "sarif-schema-2.1.0.json"),
        ];
        let schemas = names.map(|(name, file)| (name, schema(&folder, file)));
        Some(Self { schemas: schemas.into(), is_purl })
    }

    /// Returns what is wrong with a document.
    pub(crate) fn complaints(&self, document: &Value) -> Vec<String> {
        let stated = ["specVersion", "spdxVersion", "version"].map(|key| document[key].as_str());
        let version = stated.into_iter().flatten().next().unwrap();
        let schema = &self.schemas[version];
        let wrong = schema.iter_errors(document).map(|it| format!("{}: {it}", it.instance_path));
        let mut complaints: Vec<String> = wrong.take(10).collect();
        match version {
            "SPDX-2.3" => complaints.extend(of_spdx(document)),
            "2.1.0" => {}
            _ => complaints.extend(of_cyclonedx(document)),
        }
        let wrong = purls(document).into_iter().filter(|purl| !(self.is_purl)(purl));
        complaints.extend(wrong.map(|purl| format!("no package URL: {purl}")));
        complaints
    }
}

fn schema(folder: &Path, file: &str) -> Validator {
    let read = |file: &str| -> Value {
        serde_json::from_slice(&std::fs::read(folder.join(file)).unwrap()).unwrap()
    };
    let mut options = jsonschema::options();
    for shared in SHARED {
        let resource = Resource::from_contents(read(shared)).unwrap();
        options = options.with_resource(format!("http://cyclonedx.org/schema/{shared}"), resource);
    }
    options.build(&read(file)).unwrap()
}

fn of_cyclonedx(document: &Value) -> Vec<String> {
    let mut complaints = Vec::new();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut components = list(&document["components"]);
    components.push(document["metadata"]["component"].clone());
    let refs: Vec<String> = components.iter().map(|it| text(&it["bom-ref"])).collect();
    let known: BTreeSet<&String> = refs.iter().collect();
    if known.len() != refs.len() {
        complaints.push("an id stands there twice".to_owned());
    }
    let mut seen = BTreeSet::new();
    for dependency in list(&document["dependencies"]) {
        let from = text(&dependency["ref"]);
        let to: Vec<String> = list(&dependency["dependsOn"]).iter().map(text).collect();
        complaints.extend((!known.contains(&from)).then(|| format!("dangling: {from}")));
        complaints
            .extend(to.iter().filter(|to| !known.contains(to)).map(|to| format!("dangling: {to}")));
        complaints.extend(to.contains(&from).then(|| format!("needs itself: {from}")));
        complaints.extend((!to.is_sorted_by(|a, b| a < b)).then(|| format!("unsorted: {from}")));
        complaints.extend((!seen.insert(from.clone())).then(|| format!("twice: {from}")));
    }
    complaints.extend((seen.len() != known.len()).then(|| "a component without an entry".into()));
    let mut graded: Vec<Value> = Vec::new();
    for composition in list(&document["compositions"]) {
        graded.extend(list(&composition["dependencies"]));
        for key in ["assemblies", "dependencies"] {
            let of = list(&composition[key]);
            let unknown = of.iter().filter(|it| !known.contains(&text(it)));
            complaints.extend(unknown.map(|it| format!("dangling: {it}")));
        }
    }
    let packages = components.iter().filter(|it| it["bom-ref"] != "os" && it["bom-ref"] != "image");
    complaints.extend((graded.len() != packages.count()).then(|| "not graded once".to_owned()));
    for component in &components {
        let names: Vec<String> =
            list(&component["properties"]).iter().map(|it| text(&it["name"])).collect();
        complaints.extend((!names.is_sorted()).then(|| format!("unsorted: {names:?}")));
    }
    complaints
}

fn of_spdx(document: &Value) -> Vec<String> {
    let mut complaints = Vec::new();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let packages = list(&document["packages"]);
    let mut known = BTreeSet::from(["SPDXRef-DOCUMENT".to_owned()]);
    let is_id = |id: &str| id.chars().all(|it| it.is_ascii_alphanumeric() || ".-".contains(it));
    let mut extracted = BTreeSet::new();
    for license in list(&document["hasExtractedLicensingInfos"]) {
        let id = text(&license["licenseId"]);
        complaints.extend((!is_id(&id)).then(|| format!("no id: {id}")));
        complaints
            .extend(text(&license["extractedText"]).is_empty().then(|| format!("empty: {id}")));
        complaints.extend((!extracted.insert(id.clone())).then(|| format!("twice: {id}")));
    }
    let mut used = BTreeSet::new();
    for package in &packages {
        let id = text(&package["SPDXID"]);
        complaints.extend((!is_id(&id)).then(|| format!("no id: {id}")));
        complaints.extend((!known.insert(id.clone())).then(|| format!("twice: {id}")));
        let declared = text(&package["licenseDeclared"]);
        let words = declared.split(|it: char| it.is_whitespace() || "()".contains(it));
        used.extend(words.filter(|it| it.starts_with("LicenseRef-")).map(str::to_owned));
        complaints.extend((package["filesAnalyzed"] != false).then(|| format!("analysed: {id}")));
    }
    complaints.extend((used != extracted).then(|| format!("licences: {used:?} {extracted:?}")));
    let mut seen = BTreeSet::new();
    for relation in list(&document["relationships"]) {
        let ends = ["spdxElementId", "relationshipType", "relatedSpdxElement"];
        let ends = ends.map(|key| text(&relation[key]));
        for end in [&ends[0], &ends[2]] {
            complaints.extend((!known.contains(end)).then(|| format!("dangling: {end}")));
        }
        complaints.extend((ends[0] == ends[2]).then(|| format!("needs itself: {ends:?}")));
        complaints.extend((!seen.insert(ends.clone())).then(|| format!("twice: {ends:?}")));
    }
    let related: BTreeSet<&String> = seen.iter().map(|ends| &ends[2]).collect();
    complaints.extend(
        (related.len().saturating_add(1) != known.len()).then(|| "without a relation".to_owned()),
    );
    let namespace = text(&document["documentNamespace"]);
    let is_uri = namespace.starts_with("https://") && !namespace.contains(['#', ' ']);
    complaints.extend((!is_uri).then(|| format!("no namespace: {namespace}")));
    complaints
}

/// Returns the package URLs of all components.
fn purls(document: &Value) -> Vec<&str> {
    let lists = ["components", "packages"].map(|key| document[key].as_array());
    let mut purls = Vec::from_iter(document["metadata"]["component"]["purl"].as_str());
    for component in lists.into_iter().flatten().flatten() {
        purls.extend(component["purl"].as_str());
        let references = component["externalRefs"].as_array().into_iter().flatten();
        let references = references.filter(|it| it["referenceType"] == "purl");
        purls.extend(references.filter_map(|it| it["referenceLocator"].as_str()));
    }
    purls
}
