//! What is read and written again is the same.

use proptest::prelude::*;

use crate::Report;

/// A text, and now and then one that JSON has to escape.
fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z0-9.+~-]{0,12}", any::<String>()]
}

fn optional() -> impl Strategy<Value = serde_json::Value> {
    prop_oneof![Just(serde_json::Value::Null), text().prop_map(Into::into)]
}

/// Fields that a package may have, in their order; those that it has not are absent.
fn details() -> impl Strategy<Value = String> {
    let list = || prop::collection::vec(text(), 1..4).prop_map(|it| serde_json::json!(it));
    let word = || text().prop_map(|it| serde_json::json!(it));
    let number = || any::<u64>().prop_map(|it| serde_json::json!(it));
    let reason = prop_oneof!["explicit", "dependency"].prop_map(|it| serde_json::json!(it));
    let fields = vec![
        ("install_reason", reason.boxed()),
        ("depends", list().boxed()),
        ("provides", list().boxed()),
        ("features", list().boxed()),
        ("maintainer", word().boxed()),
        ("homepage", word().boxed()),
        ("repository", word().boxed()),
        ("commit", word().boxed()),
        ("modularity", word().boxed()),
        ("slot", word().boxed()),
        ("eapi", word().boxed()),
        ("signer", word().boxed()),
        ("want", word().boxed()),
        ("flag", word().boxed()),
        ("installed_size", number().boxed()),
        ("built_at", number().boxed()),
        ("installed_at", number().boxed()),
    ];
    let field = |(name, value): (&'static str, BoxedStrategy<serde_json::Value>)| {
        prop::option::of(value)
            .prop_map(move |value| value.map(|value| format!(",\"{name}\":{value}")))
    };
    let fields: Vec<_> = fields.into_iter().map(field).collect();
    fields.prop_map(|fields| fields.into_iter().flatten().collect())
}

prop_compose! {
    fn package()(
        kind in prop_oneof!["alpm", "apk", "deb", "rpm"], name in text(), version in text(),
        epoch in any::<Option<u64>>(), release in optional(), arch in optional(),
        source in prop_oneof![Just(None), (text(), optional()).prop_map(Some)],
        licenses in prop::collection::vec(text(), 0..3), state in text(), layer in 0usize..9,
        details in details(),
    ) -> String {
        let source = source.map(|(name, version)| {
            format!(r#"{{"name":{},"version":{version}}}"#, serde_json::json!(name))
        });
        let json = |value: &str| serde_json::json!(value);
        format!(
            r#""kind":{},"name":{},"version":{},"epoch":{},"release":{release},"arch":{arch},"source":{},"licenses":{},"vendor":null,"state":{},"purl":"pkg:a/b","database":"d","layer":{layer}{details}"#,
            json(&kind), json(&name), json(&version),
            epoch.map_or("null".to_owned(), |epoch| epoch.to_string()),
            source.unwrap_or_else(|| "null".to_owned()), serde_json::json!(licenses), json(&state),
        )
    }
}

prop_compose! {
    fn document()(
        name in text(), distro in any::<bool>(), packages in prop::collection::vec(package(), 0..4),
        removed in prop::collection::vec(package(), 0..3),
        bundled in prop::collection::vec(package(), 0..3), code in text(), message in text(),
        path in optional(), history in any::<bool>(), files in any::<bool>(), event in prop_oneof!["installed", "upgraded", "removed", "hidden"],
    ) -> String {
        let json = |value: &str| serde_json::json!(value);
        let digest = format!("sha256:{}", "ab".repeat(32));
        let distro = if distro {
            r#"{"id":"a","version_id":"1","codename":null,"pretty_name":null,"id_like":["b"],"path":"p","layer":0,"eol":"2026-06-10","cpe":"c","bug_report_url":"u"}"#
        } else {
            "null"
        };
        let packages: Vec<String> = packages.iter().map(|it| format!("{{{it}}}")).collect();
        let removed: Vec<String> =
            removed.iter().map(|it| format!("{{{it},\"hidden_by\":3}}")).collect();
        let owner = r#"{"kind":"deb","name":"o","version":"1","arch":null,"vendor":"v"}"#;
        let bundled: Vec<String> =
            bundled.iter().map(|it| format!("{{{it},\"owner\":{owner}}}")).collect();
        let history = if history {
            format!(r#","history":[{{"kind":"apk","name":"a","arch":null,"events":[{{"layer":1,"event":"{event}","version":"1","from":null,"database":"d","created_by":"x"}}]}}]"#)
        } else {
            String::new()
        };
        let files = if files {
            let file = r#"{"path":"p","layer":null,"packages":["a"],"config":true,"recorded":null,"found":"x","explained":null}"#;
            format!(r#","files":{{"unowned":[{file}],"modified":[],"missing":[{file},{file}]}}"#)
        } else {
            String::new()
        };
        format!(
            r#"{{"schema":"cutaway.scan/1","image":{{"name":{},"source":"oci-archive","digest":"{digest}","id":null,"media_type":"m","platform":{{"os":"linux","architecture":null,"variant":null}}}},"created":null,"distro":{distro},"layers":[{{"index":0,"digest":"{digest}","diff_id":"{digest}","chain_id":"{digest}","media_type":null,"size":1,"uncompressed_size":18446744073709551615,"created_by":null,"verified":true}}],"packages":[{}],"removed":[{}],"bundled":[{}],"keys":[{{"name":"k","version":"1","summary":null,"database":"d","layer":0}}],"diagnostics":[{{"severity":"error","code":{},"path":{path},"layer":4,"message":{}}}],"complete":false{history}{files}}}"#,
            json(&name), packages.join(","), removed.join(","), bundled.join(","), json(&code), json(&message),
        )
    }
}

proptest! {
    #[test]
    fn json_of_a_report_that_was_read_is_what_was_read(json in document()) {
        let report = Report::read(json.as_bytes()).unwrap();
        prop_assert_eq!(&serde_json::to_string(&report).unwrap(), &json);
        let again = Report::read(serde_json::to_vec_pretty(&report).unwrap().as_slice()).unwrap();
        prop_assert_eq!(again, report);
    }
}

#[test]
fn other_forms_are_refused() {
    let json = r#"{"schema":"cutaway.scan/2"}"#;
    let error = Report::read(json.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("cutaway.scan/1"), "{error}");
}
