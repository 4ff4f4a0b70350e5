//! Redirects, links and foreign addresses.

use cutaway_fixtures::registry::{Fault, Gate};
use serde_json::{Value, json};

use super::kinds;
use super::stage::{Case, Stage, TOKEN, Way, bearer, play};

const FOREIGN: &[&str] = &["--plain-http", "--foreign-urls", "scan", "--format", "json"];

const CASES: &[Case] = &[
    away("blobs on another port, after a password", Way::Basic, true, |stage| {
        stage.ask();
        lead_away(stage, false);
    }),
    away("blobs on another host, after a password", Way::Basic, true, |stage| {
        stage.ask();
        lead_away(stage, true);
    }),
    away("blobs on another port, after a token", Way::Own, true, |stage| {
        stage.ask();
        lead_away(stage, false);
    }),
    away("blobs on another host, after a token", Way::Own, true, |stage| {
        stage.ask();
        lead_away(stage, true);
    }),
    away("the manifest on another port, after a password", Way::Basic, true, |stage| {
        stage.ask();
        stage.registry.script("/manifests/", [Fault::None]);
        stage.registry.always("/manifests/", Fault::redirect(stage.other(MANIFEST)));
    }),
    away("the manifest on another host, after a password", Way::Basic, true, |stage| {
        stage.ask();
        stage.registry.script("/manifests/", [Fault::None]);
        stage.registry.always("/manifests/", Fault::redirect(stage.elsewhere(MANIFEST)));
    }),
    away("the manifest on another port, after a token", Way::Own, true, |stage| {
        stage.ask();
        stage.registry.script("/manifests/", [Fault::None]);
        stage.registry.always("/manifests/", Fault::redirect(stage.other(MANIFEST)));
    }),
    away("the manifest on another host, after a token", Way::Own, true, |stage| {
        stage.ask();
        stage.registry.script("/manifests/", [Fault::None]);
        stage.registry.always("/manifests/", Fault::redirect(stage.elsewhere(MANIFEST)));
    }),
    away("a storage that asks for a password", Way::Basic, false, |stage| {
        stage.ask();
        lead_away(stage, false);
        stage.other.gate(Gate::Closed { challenges: vec!["Basic realm=\"r\"".to_owned()] });
    }),
    away("another server that asks for a token of the registry", Way::Own, false, |stage| {
        stage.ask();
        lead_away(stage, true);
        stage.other.gate(Gate::Closed { challenges: vec![bearer(&stage.own("/auth"))] });
    }),
    away("another server that asks for a token of its own", Way::Own, false, |stage| {
        stage.ask();
        lead_away(stage, true);
        stage.other.gate(Gate::Closed { challenges: vec![bearer(&stage.other("/auth"))] });
    }),
    away("there, back and there again", Way::Basic, true, |stage| {
        stage.ask();
        for blob in stage.image.blobs() {
            let (own, back) = (format!("/blobs/{}", blob.digest), format!("/back/{}", blob.digest));
            let again = storage(stage, &blob.digest.to_string(), true);
            let steps = [Fault::redirect(stage.other(&back)), Fault::redirect(again)];
            stage.registry.script(&own, steps);
            let home = stage.own(&format!("/v2/team/image{own}"));
            stage.other.always(&back, Fault::redirect(home));
        }
    }),
    away("a blob that breaks off on another host", Way::Own, true, |stage| {
        stage.ask();
        lead_away(stage, true);
        stage.other.script("/blobs/", [Fault::None, Fault::Reset(64)]);
    }),
    away("a cookie on the way", Way::Own, true, |stage| {
        stage.ask();
        let cookie = ("Set-Cookie".to_owned(), format!("session={TOKEN}; Path=/"));
        for blob in stage.image.blobs() {
            let to = storage(stage, &blob.digest.to_string(), false);
            let headers = vec![cookie.clone(), ("Location".to_owned(), to)];
            let fault = Fault::Status(307, headers, String::new());
            stage.registry.always(&format!("/blobs/{}", blob.digest), fault);
        }
    }),
    away("round and round", Way::Basic, false, |stage| {
        stage.ask();
        let other = Fault::redirect(stage.other("/v2/x/blobs/round"));
        stage.registry.always("/blobs/", other);
        stage.other.always("/blobs/", Fault::redirect(stage.own("/v2/x/blobs/round")));
    }),
    away("to a file", Way::Basic, false, |stage| {
        stage.ask();
        stage.registry.always("/blobs/", Fault::redirect("file:///etc/passwd"));
    }),
    away("to another protocol", Way::Own, false, |stage| {
        stage.ask();
        stage
            .registry
            .always("/blobs/", Fault::redirect(format!("ftp://{}/x", stage.other.host())));
    }),
    away("to a metadata service", Way::Basic, false, |stage| {
        stage.ask();
        stage.registry.always("/blobs/", Fault::redirect("http://169.254.169.254/latest"));
    }),
    away("with user information", Way::Own, false, |stage| {
        stage.ask();
        let to = stage.other("/v2/x/blobs/y").replace("http://", "http://someone:else@");
        stage.registry.always("/blobs/", Fault::redirect(to));
    }),
    away("foreign addresses", Way::Basic, true, |stage| foreign(stage, false)).by(FOREIGN),
    away("foreign addresses that ask who is there", Way::Own, false, |stage| {
        foreign(stage, false);
        stage.other.gate(Gate::Closed { challenges: vec!["Basic realm=\"r\"".to_owned()] });
    })
    .by(FOREIGN),
    away("foreign addresses that ask for a token", Way::Basic, false, |stage| {
        foreign(stage, true);
        stage.other.gate(Gate::Closed { challenges: vec![bearer(&stage.own("/auth"))] });
    })
    .by(FOREIGN),
    away("a list that goes on elsewhere", Way::Basic, false, |stage| {
        stage.ask();
        let link = format!("<{}>; rel=\"next\"", stage.other("/v2/team/image/tags/list?n=1"));
        for target in [TAGS.to_owned(), stage.own(TAGS)] {
            stage.registry.page(&target, "{\"tags\":[\"1\"]}", &[("Link", &link)]);
        }
    })
    .by(&["tags"]),
    away("a list on another host", Way::Own, true, |stage| {
        stage.ask();
        stage.registry.script("/tags/", [Fault::None]);
        stage.registry.always("/tags/", Fault::redirect(stage.elsewhere("/tags")));
        stage.other.page("/tags", "{\"tags\":[\"1\"]}", &[]);
    })
    .by(&["tags"]),
    away("what refers to it on another host", Way::Own, true, |stage| {
        stage.ask();
        stage.registry.always("/referrers/", Fault::redirect(stage.elsewhere("/referrers")));
        stage.other.page("/referrers", "{\"manifests\":[]}", &[]);
    })
    .by(&["inspect", "--referrers"]),
];

const fn away(name: &'static str, way: Way, opens: bool, play: fn(&Stage)) -> Case {
    Case { away: true, ..Case::new(name, way, opens, play) }
}

const MANIFEST: &str = "/v2/team/image/manifests/1";
const TAGS: &str = "/v2/team/image/tags/list?n=1000";

#[test]
fn whereto_it_leads() {
    play(CASES, &kinds::all());
}

/// Leads to the other server for every blob, by its address or by another name of the host.
fn lead_away(stage: &Stage, by_name: bool) {
    for blob in stage.image.blobs() {
        let fault = Fault::redirect(storage(stage, &blob.digest.to_string(), by_name));
        stage.registry.always(&format!("/blobs/{}", blob.digest), fault);
    }
}

fn storage(stage: &Stage, digest: &str, by_name: bool) -> String {
    let path = format!("/v2/x/blobs/{digest}?signature=x");
    if by_name { stage.elsewhere(&path) } else { stage.other(&path) }
}

/// Lets the registry lack its layers, and names the other server for them.
fn foreign(stage: &Stage, by_name: bool) {
    stage.ask();
    let manifest = &stage.image.manifest;
    let mut document: Value = serde_json::from_slice(&manifest.bytes).unwrap();
    for layer in document["layers"].as_array_mut().unwrap() {
        let digest = layer["digest"].as_str().unwrap().to_owned();
        layer["urls"] = json!([storage(stage, &digest, by_name)]);
        stage.registry.always(&format!("/blobs/{digest}"), Fault::status(404));
    }
    stage.registry.manifest("1", &manifest.media_type, document.to_string());
}
