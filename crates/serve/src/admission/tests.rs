//! What reviews ask, and what is refused.

use serde_json::{Value, json};

use super::{Asks, Denial, Pin, Response, Review, answer};

fn review(kind: (&str, &str), operation: &str, object: &Value, old: &Value) -> Value {
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": "u-1", "kind": {"group": kind.0, "version": "v1", "kind": kind.1},
        "resource": {"group": "", "version": "v1", "resource": "pods"}, "name": "p",
        "namespace": "n", "operation": operation, "userInfo": {"username": "somebody"},
        "object": object, "oldObject": old, "dryRun": false, "options": null}})
}

fn read(review: &Value) -> Review {
    Review::read(review.to_string().as_bytes(), 256).unwrap()
}

fn images(review: &Review) -> Vec<(&str, &str)> {
    match &review.asks {
        Asks::Images { places, .. } => {
            places.images.iter().map(|it| (it.image.as_str(), it.pointer.as_str())).collect()
        }
        Asks::Nothing => Vec::new(),
        Asks::Unknown(why) => panic!("{why}"),
    }
}

fn pod() -> Value {
    json!({"metadata": {"name": "p"}, "spec": {
        "containers": [{"name": "a", "image": "a:1"}, {"image": "b:1", "env": [{"image": 1}]}],
        "initContainers": [{"image": "c:1"}],
        "ephemeralContainers": [{"image": "d:1"}],
        "volumes": [{"name": "v", "emptyDir": {}}, {"image": {"reference": "e:1"}}]}})
}

#[test]
fn images_are_found_wherever_they_may_stand() {
    let review = read(&review(("", "Pod"), "CREATE", &pod(), &Value::Null));
    assert_eq!((review.uid.as_str(), review.namespace.as_deref()), ("u-1", Some("n")));
    let expected = [
        ("a:1", "/spec/containers/0/image"),
        ("b:1", "/spec/containers/1/image"),
        ("d:1", "/spec/ephemeralContainers/0/image"),
        ("c:1", "/spec/initContainers/0/image"),
        ("e:1", "/spec/volumes/1/image/reference"),
    ];
    assert_eq!(images(&review), expected);
}

#[test]
fn templates_of_all_workloads_are_read() {
    for (group, kind, way) in [
        ("", "PodTemplate", &["template"][..]),
        ("", "ReplicationController", &["spec", "template"]),
        ("apps", "Deployment", &["spec", "template"]),
        ("apps", "ReplicaSet", &["spec", "template"]),
        ("apps", "StatefulSet", &["spec", "template"]),
        ("apps", "DaemonSet", &["spec", "template"]),
        ("batch", "Job", &["spec", "template"]),
        ("batch", "CronJob", &["spec", "jobTemplate", "spec", "template"]),
    ] {
        let object = way.iter().rev().fold(pod(), |inner, key| json!({*key: inner}));
        let review = read(&review((group, kind), "CREATE", &object, &Value::Null));
        let found = images(&review);
        assert_eq!(found.len(), 5, "{kind}");
        assert_eq!(found[0].1, format!("/{}/spec/containers/0/image", way.join("/")));
        assert!(matches!(review.asks, Asks::Images { is_pod: false, .. }));
    }
}

#[test]
fn only_what_is_new_is_asked_about() {
    let mut new = pod();
    new["spec"]["containers"][0]["image"] = json!("new:1");
    let update = |old: &Value| read(&review(("", "Pod"), "UPDATE", &new, old));
    assert_eq!(images(&update(&pod())), [("new:1", "/spec/containers/0/image")]);
    let mut ending = pod();
    ending["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    assert_eq!(update(&ending).asks, Asks::Nothing);
    // The new object may say what it likes.
    new["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    let create = read(&review(("", "Pod"), "CREATE", &new, &Value::Null));
    assert_eq!(images(&create).len(), 5);
    let delete = read(&review(("", "Pod"), "DELETE", &Value::Null, &pod()));
    assert_eq!(delete.asks, Asks::Nothing);
}

#[test]
fn what_is_not_as_it_has_to_be_is_no_pass() {
    let of = |object: Value| read(&review(("", "Pod"), "CREATE", &object, &Value::Null)).asks;
    for (object, why) in [
        (json!({"spec": {"containers": [{"image": 1}]}}), "invalid type"),
        (json!({"spec": {"containers": {"image": "a"}}}), "invalid type"),
        (json!({"spec": {"containers": ["a"]}}), "invalid type"),
        (json!({"spec": "a"}), "invalid type"),
        (json!({"spec": {"containers": [{"name": "a"}]}}), "names no image"),
        (json!({"spec": {"containers": [{"image": ""}]}}), "names no image"),
        (json!({"spec": {"volumes": [{"image": "a"}]}}), "invalid type"),
        (Value::Null, "has no object"),
    ] {
        let asks = of(object.clone());
        assert!(matches!(&asks, Asks::Unknown(it) if it.contains(why)), "{object} {asks:?}");
    }
    let many: Vec<Value> = (0..257).map(|it| json!({"image": format!("a:{it}")})).collect();
    let asks = of(json!({"spec": {"containers": many}}));
    assert!(matches!(&asks, Asks::Unknown(it) if it.contains("(review_images)")), "{asks:?}");
    let other = read(&review(("x.example", "Pod"), "CREATE", &pod(), &Value::Null));
    assert!(matches!(other.asks, Asks::Unknown(_)));
    let twice = review(("", "Pod"), "CREATE", &pod(), &Value::Null)
        .to_string()
        .replace("\"containers\":", "\"containers\":[{\"image\":\"x\"}],\"containers\":");
    let asks = Review::read(twice.as_bytes(), 256).unwrap().asks;
    assert!(matches!(&asks, Asks::Unknown(it) if it.contains("stands twice")), "{asks:?}");
}

#[test]
fn what_is_no_review_is_refused() {
    let good = review(("", "Pod"), "CREATE", &pod(), &Value::Null);
    let changed = |pointer: &str, value: Value| {
        let mut changed = good.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        changed.to_string()
    };
    for text in [
        "".to_owned(),
        "{}".to_owned(),
        "[".repeat(100_000),
        good.to_string() + "x",
        changed("/apiVersion", json!("admission.k8s.io/v1beta1")),
        changed("/kind", json!("Review")),
        changed("/request", Value::Null),
        changed("/request/uid", json!("")),
        changed("/request/uid", json!(1)),
    ] {
        assert!(Review::read(text.as_bytes(), 256).is_err(), "{text:.80}");
    }
}

#[test]
fn a_mirror_is_one_only_where_a_node_says_so() {
    let mut object = pod();
    object["metadata"]["annotations"] = json!({"kubernetes.io/config.mirror": "x"});
    let mut review = review(("", "Pod"), "CREATE", &object, &Value::Null);
    assert!(matches!(read(&review).asks, Asks::Images { is_mirror: false, .. }));
    review["request"]["userInfo"]["username"] = json!("system:node:a");
    assert!(matches!(read(&review).asks, Asks::Images { is_mirror: true, .. }));
}

#[test]
fn answers_are_as_the_api_server_reads_them() {
    let written = |response: &Response| -> Value {
        serde_json::from_slice(&answer("u-1", response)).unwrap()
    };
    let head = |response: Value| json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response});
    let allowed = head(json!({"uid": "u-1", "allowed": true}));
    assert_eq!(written(&Response::default()), allowed);
    let denial = Denial { is_for_now: true, message: "retry".to_owned() };
    let denied = Response {
        denial: Some(denial),
        warnings: vec!["w".to_owned()],
        audit: Some("a: pass".to_owned()),
        pins: Vec::new(),
    };
    let expected = head(json!({"uid": "u-1", "allowed": false,
        "status": {"code": 429, "reason": "TooManyRequests", "message": "retry"},
        "auditAnnotations": {"verdicts": "a: pass"}, "warnings": ["w"]}));
    assert_eq!(written(&denied), expected);
    let pins = vec![Pin { pointer: "/spec/x".into(), before: "a".into(), after: "a@d".into() }];
    let pinned = written(&Response { pins, ..Response::default() });
    assert_eq!(pinned["response"]["patchType"], "JSONPatch");
    let patch = base64::Engine::decode(
        &base64::engine::general_purpose::STANDARD,
        pinned["response"]["patch"].as_str().unwrap(),
    );
    let patch: Value = serde_json::from_slice(&patch.unwrap()).unwrap();
    let expected = json!([{"op": "test", "path": "/spec/x", "value": "a"},
        {"op": "replace", "path": "/spec/x", "value": "a@d"}]);
    assert_eq!(patch, expected);
}
