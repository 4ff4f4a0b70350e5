//! Reports with anything in them that a database can say.

use proptest::prelude::*;
use serde_json::{Value, json};

/// A text, and now and then one that no form expects.
fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z0-9.+~-]{1,12}", any::<String>(), Just(String::new())]
}

fn optional() -> impl Strategy<Value = Value> {
    prop_oneof![Just(Value::Null), text().prop_map(Into::into)]
}

fn licence() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] =
        &["MIT", "GPL-2.0-or-later", "MIT AND Zlib", "GPL-3+", "LicenseRef-a OR MIT", ""];
    prop_oneof![prop::sample::select(KNOWN).prop_map(str::to_owned), text()]
}

/// What a record may say beside what the package is.
fn details() -> impl Strategy<Value = serde_json::Map<String, Value>> {
    let conditions = prop_oneof![
        text(),
        prop::sample::select(&["a", "b (>= 1) | c", "a:any", "so:libc.so.1", "b = 1:2-3"][..])
            .prop_map(str::to_owned)
    ];
    let list = prop::collection::vec(conditions, 1..4).prop_map(|it| json!(it)).boxed();
    let word = || text().prop_map(|it| json!(it)).boxed();
    let number = || any::<u64>().prop_map(|it| json!(it)).boxed();
    let reason = prop_oneof!["explicit", "dependency"].prop_map(|it| json!(it)).boxed();
    let names = ["repository", "commit", "modularity", "slot", "eapi", "signer", "want", "flag"];
    let mut fields = vec![
        ("install_reason", reason),
        ("depends", list.clone()),
        ("provides", list.clone()),
        ("features", list),
        ("homepage", prop_oneof![word(), Just(json!("https://example.org/a"))].boxed()),
        ("maintainer", prop_oneof![word(), Just(json!("A B <a@example.com>"))].boxed()),
        ("installed_size", number()),
        ("built_at", number()),
        ("installed_at", number()),
    ];
    fields.extend(names.map(|name| (name, word())));
    let field = |(name, value)| {
        prop::option::of(value).prop_map(move |it| it.map(|it: Value| (String::from(name), it)))
    };
    let fields: Vec<_> = fields.into_iter().map(field).collect();
    fields.prop_map(|fields| fields.into_iter().flatten().collect())
}

prop_compose! {
    fn package()(
        kind in prop::sample::select(&["alpm", "apk", "deb", "rpm", "npm", "snap"][..]),
        name in prop_oneof![text(), "[a-c]"], version in text(), epoch in any::<Option<u64>>(), release in optional(),
        arch in optional(), source in prop::option::of((text(), optional())),
        licenses in prop::collection::vec(licence(), 0..3), vendor in optional(), database in text(),
        state in prop::sample::select(&["installed", "unpacked", "config-files"][..]),
        purl in "pkg:(deb|rpm|npm)/[a-c]@1", layer in 0usize..3, details in details(),
    ) -> Value {
        let source = source.map(|(name, version)| json!({"name": name, "version": version}));
        let mut package = json!({
            "kind": kind, "name": name, "version": version, "epoch": epoch, "release": release,
            "arch": arch, "source": source, "licenses": licenses, "vendor": vendor, "state": state,
            "purl": purl, "database": database, "layer": layer,
        });
        package.as_object_mut().unwrap().extend(details);
        package
    }
}

prop_compose! {
    /// A report.
    pub(crate) fn report()(
        name in text(), source in prop::sample::select(&["registry", "oci", "docker"][..]),
        digest in any::<bool>(), created in optional(),
        distro in prop::option::of((text(), optional(), optional(), optional(), text())),
        cpe in prop_oneof![optional(), Just(json!("cpe:/o:a:b:1")), Just(json!("cpe:2.3:o:a:b:1:*:*:*:*:*:*:*"))],
        url in prop_oneof![optional(), Just(json!("https://example.org/"))],
        packages in prop::collection::vec(package(), 0..6), created_by in optional(),
        removed in prop::collection::vec(package(), 0..3), complete in any::<bool>(),
        summary in optional(),
    ) -> cutaway_report::Report {
        let hash = |byte: &str| format!("sha256:{}", byte.repeat(32));
        let digest = digest.then(|| hash("aa"));
        let distro = distro.map(|(id, version, codename, pretty, path)| json!({
            "id": id, "version_id": version, "codename": codename, "pretty_name": pretty,
            "id_like": ["like"], "path": path, "layer": 0, "eol": created, "cpe": cpe,
            "home_url": url, "bug_report_url": url,
        }));
        let layer = json!({
            "index": 0, "digest": hash("cc"), "diff_id": hash("dd"), "chain_id": hash("dd"),
            "media_type": null, "size": 1, "uncompressed_size": 2, "created_by": created_by,
            "verified": true,
        });
        let removed: Vec<Value> = removed
            .into_iter()
            .map(|mut it| { it["hidden_by"] = json!(1); it })
            .collect();
        let diagnostics = if complete { json!([]) } else {
            json!([{"severity": "error", "code": "c", "path": null, "layer": null, "message": "m"}])
        };
        let report = json!({
            "schema": "cutaway.scan/1",
            "image": {"name": name, "source": source, "digest": digest, "id": hash("bb"),
                "media_type": null,
                "platform": {"os": "linux", "architecture": "amd64", "variant": null}},
            "created": created, "distro": distro, "layers": [layer], "packages": packages,
            "removed": removed,
            "keys": [{"name": "k", "version": "1", "summary": summary, "database": "d", "layer": 0}],
            "diagnostics": diagnostics, "complete": complete,
        });
        let mut report = cutaway_report::Report::read(report.to_string().as_bytes()).unwrap();
        report.packages.sort();
        report
    }
}
