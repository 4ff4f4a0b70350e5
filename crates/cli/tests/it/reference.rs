//! `ref parse`.

use serde_json::json;

use crate::support::{json as parsed, run, status, stderr};

#[test]
fn references_are_taken_apart() {
    let digest = format!("sha256:{}", "a".repeat(64));
    for (arguments, expected) in [
        (
            vec!["alpine"],
            json!({"schema": "cutaway.ref-parse/1", "registry": "docker.io", "repository": "library/alpine", "tag": "latest", "digest": null,
                   "name": "docker.io/library/alpine:latest", "scheme": "https", "kind": "tag"}),
        ),
        (
            vec!["localhost:5000/a/b:1"],
            json!({"schema": "cutaway.ref-parse/1", "registry": "localhost:5000", "repository": "a/b", "tag": "1", "digest": null,
                   "name": "localhost:5000/a/b:1", "scheme": "http", "kind": "tag"}),
        ),
        (
            vec!["app", "--default-registry", "r.example", "--default-tag", "9"],
            json!({"schema": "cutaway.ref-parse/1", "registry": "r.example", "repository": "app", "tag": "9", "digest": null,
                   "name": "r.example/app:9", "scheme": "https", "kind": "tag"}),
        ),
    ] {
        let arguments: Vec<&str> = ["ref", "parse"].into_iter().chain(arguments).collect();
        assert_eq!(parsed(&run(&arguments)), expected, "{arguments:?}");
    }
    let by_digest = parsed(&run(&["ref", "parse", &format!("r.example/a@{digest}")]));
    assert_eq!((&by_digest["tag"], &by_digest["digest"]), (&json!(null), &json!(digest)));
    assert_eq!(by_digest["kind"], "digest");
    let both = parsed(&run(&["ref", "parse", &format!("r.example/a:1@{digest}")]));
    assert_eq!((&both["tag"], &both["digest"]), (&json!("1"), &json!(digest)));
}

#[test]
fn strict_wants_everything_spelled_out() {
    for good in [
        "docker.io/library/alpine:3",
        "r.example/a:1",
        &format!("r.example/a@sha256:{}", "a".repeat(64)),
    ] {
        assert_eq!(status(&run(&["ref", "parse", "--strict", good])), 0, "{good}");
    }
    for bad in ["alpine", "alpine:3", "docker.io/alpine:3", "r.example/a"] {
        assert_eq!(status(&run(&["ref", "parse", bad])), 0, "{bad}");
        assert_eq!(status(&run(&["ref", "parse", "--strict", bad])), 2, "{bad}");
    }
    for bad in
        ["", "UPPER", "a//b", "https://r.example/a", "r.example:99999/a", "a@sha256:1", "a:b:c"]
    {
        let output = run(&["ref", "parse", bad]);
        assert_eq!((status(&output), output.stdout.len()), (2, 0), "{bad}");
        assert!(stderr(&output).starts_with("error: "), "{bad}");
    }
}
