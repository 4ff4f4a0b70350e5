//! Servers that repeat what they were told, in every place of an answer that may be shown.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cutaway_fixtures::registry::Fault;

use super::kinds::{self, Kind, Told};
use super::stage::{Case, Stage, TOKEN, USER, Way, answer, basic, bearer, play};

const CASES: &[Case] = &[
    Case::new("an error at the manifest, after a password", Way::Basic, false, |stage| {
        stage.repeat("/manifests/", &answer(403, &said(stage)));
    }),
    Case::new("an error at the manifest, after a token", Way::Own, false, |stage| {
        stage.repeat("/manifests/", &answer(403, &said(stage)));
    }),
    Case::new("an error at the manifest, in another dress", Way::Own, false, |stage| {
        stage.repeat("/manifests/", &answer(400, &dressed(stage)));
    }),
    Case::new("a part of the secret", Way::Basic, false, |stage| {
        stage.repeat("/manifests/", &answer(403, &parts(stage)));
    }),
    Case::new("what is not there", Way::Own, false, |stage| {
        stage.repeat("/manifests/", &answer(404, &said(stage)));
    }),
    Case::new("a challenge once more", Way::Basic, false, |stage| {
        let challenge = ("WWW-Authenticate".to_owned(), "Basic realm=\"r\"".to_owned());
        stage.repeat("/manifests/", &Fault::Status(401, vec![challenge], said(stage)));
    }),
    Case::new("no challenge any more", Way::Own, false, |stage| {
        stage.repeat("/manifests/", &Fault::Status(401, vec![], dressed(stage)));
    }),
    Case::new("an error that passes", Way::Own, false, |stage| {
        stage.repeat("/manifests/", &answer(503, &said(stage)));
    }),
    Case::new("too many requests", Way::Own, false, |stage| {
        let headers = [("RateLimit-Limit", said(stage)), ("RateLimit-Remaining", dressed(stage))];
        let headers = headers.map(|(name, value)| (name.to_owned(), value));
        stage.repeat("/manifests/", &Fault::Status(429, headers.to_vec(), said(stage)));
    }),
    Case::new("a page for people", Way::Basic, false, |stage| {
        let page = ("Content-Type".to_owned(), "text/html".to_owned());
        stage.repeat("/manifests/", &Fault::Status(200, vec![page], said(stage)));
    }),
    Case::new("an error at a blob", Way::Own, false, |stage| {
        stage.repeat("/blobs/", &answer(403, &said(stage)));
    }),
    Case::new("a blob that is not there", Way::Basic, false, |stage| {
        stage.repeat("/blobs/", &answer(404, &dressed(stage)));
    }),
    Case::new("an error at a token server", Way::Own, false, |stage| {
        repeat_token(stage, &answer(403, &told(stage)));
    }),
    Case::new("an error at a token server that passes", Way::Own, false, |stage| {
        repeat_token(stage, &answer(500, &dressed(stage)));
    }),
    Case::new("a token that is no JSON", Way::Own, false, |stage| {
        repeat_token(stage, &answer(200, &format!("{{\"token\":{}", told(stage))));
    }),
    Case::new("a token that is a secret with a line break", Way::Own, false, |stage| {
        let token = serde_json::json!({ "token": format!("{}\n", stage.kind.secret) });
        repeat_token(stage, &answer(200, &token.to_string()));
    }),
    Case::new("a token server that redirects", Way::Own, false, |stage| {
        repeat_token(stage, &Fault::redirect(format!("ftp://a.example/{}", told(stage))));
    }),
    Case::new("a manifest that is no JSON", Way::Own, false, |stage| {
        stage.repeat("/manifests/", &manifest(&format!("{{\"layers\":{}", said(stage))));
    }),
    Case::new("a manifest of the wrong types", Way::Own, false, |stage| {
        let secret = serde_json::Value::from(said(stage));
        let text =
            format!("{{\"schemaVersion\":{secret},\"config\":{secret},\"layers\":{secret}}}");
        stage.repeat("/manifests/", &manifest(&text));
    }),
    Case::new("a manifest with a strange digest", Way::Own, false, |stage| {
        let secret = serde_json::Value::from(said(stage));
        let descriptor = format!("{{\"mediaType\":{secret},\"digest\":{secret},\"size\":1}}");
        let text = format!("{{\"schemaVersion\":2,\"config\":{descriptor},\"layers\":[]}}");
        stage.repeat("/manifests/", &manifest(&text));
    }),
    Case::new("a media type", Way::Own, false, |stage| {
        let own = serde_json::json!({ "schemaVersion": 2, "mediaType": dressed(stage) });
        let kind = ("Content-Type".to_owned(), format!("application/{}", header(stage)));
        stage.repeat("/manifests/", &Fault::Status(200, vec![kind], own.to_string()));
    }),
    Case::new("a digest in a header", Way::Own, false, |stage| {
        let claim = ("Docker-Content-Digest".to_owned(), said(stage));
        stage.repeat("/manifests/", &Fault::Status(200, vec![claim], "{}".to_owned()));
    }),
    Case::new("an encoding", Way::Own, false, |stage| {
        let encoding = ("Content-Encoding".to_owned(), header(stage));
        stage.repeat("/manifests/", &Fault::Status(200, vec![encoding], "{}".to_owned()));
    }),
    Case::new("an encoding of a blob", Way::Basic, false, |stage| {
        let encoding = ("Content-Encoding".to_owned(), header(stage));
        stage.repeat("/blobs/", &Fault::Status(200, vec![encoding], "{}".to_owned()));
    }),
    Case::new("a redirect to another protocol", Way::Own, false, |stage| {
        stage.repeat("/blobs/", &Fault::redirect(format!("{}:x", header(stage))));
    }),
    Case::new("a redirect to a metadata service", Way::Own, false, |stage| {
        let to = format!("http://169.254.169.254/{}", dressed(stage).replace(' ', "/"));
        stage.repeat("/blobs/", &Fault::redirect(to));
    }),
    Case::new("a redirect to no address", Way::Basic, false, |stage| {
        stage.repeat("/blobs/", &Fault::redirect(format!("http://u:{}@[x", header(stage))));
    }),
    Case::new("a challenge with a realm", Way::Own, false, |stage| {
        let realm = format!("http://169.254.169.254/{}", dressed(stage).replace(' ', "/"));
        let challenge = ("WWW-Authenticate".to_owned(), bearer(&realm));
        stage.repeat("/manifests/", &Fault::Status(401, vec![challenge], String::new()));
    }),
    Case::new("a challenge with a realm by name", Way::Own, false, |stage| {
        let name: String = hex(stage.kind.secret);
        let challenge = bearer(&format!("http://user@{name}.example/"));
        let challenge = ("WWW-Authenticate".to_owned(), challenge);
        stage.repeat("/manifests/", &Fault::Status(401, vec![challenge], String::new()));
    }),
    Case::new("a list that is no JSON", Way::Own, false, |stage| {
        stage.repeat("/tags/", &answer(200, &said(stage)));
    })
    .by(&["tags"]),
    Case::new("an error at a list", Way::Own, false, |stage| {
        stage.repeat("/tags/", &answer(403, &said(stage)));
    })
    .by(&["tags"]),
    Case::new("a list that goes on elsewhere", Way::Own, false, |stage| {
        let link = format!("<http://a.example/{}>; rel=next", hex(stage.kind.secret));
        let headers = vec![("Link".to_owned(), link)];
        stage.repeat("/tags/", &Fault::Status(200, headers, "{\"tags\":[]}".to_owned()));
    })
    .by(&["tags"]),
    Case::new("an error at what refers to it", Way::Own, false, |stage| {
        stage.repeat("/referrers/", &answer(403, &said(stage)));
    })
    .by(&["inspect", "--referrers"]),
];

#[test]
fn what_is_repeated() {
    // Who repeats a secret does not see where it came from: one kind for each way to tell it is enough.
    let kinds: Vec<Kind> = kinds::all().into_iter().filter(|kind| kind.is_typical).collect();
    play(CASES, &kinds);
}

/// What was told, as it was told.
fn said(stage: &Stage) -> String {
    let is_issued = stage.way == Way::Own && !matches!(stage.kind.told, Told::Token | Told::Proxy);
    format!("{} {}", told(stage), if is_issued { TOKEN } else { "" })
}

fn told(stage: &Stage) -> String {
    let secret = stage.kind.secret;
    format!("Authorization: {}; {secret}", basic(USER, secret))
}

/// What was told, in other dresses.
fn dressed(stage: &Stage) -> String {
    let secret = stage.kind.secret;
    let mut percent = String::new();
    for byte in secret.bytes() {
        write!(percent, "%{byte:02X}").unwrap();
    }
    let base64 = URL_SAFE_NO_PAD.encode(format!("x{secret}"));
    format!("{} {percent} {base64}", hex(secret))
}

/// Parts of what was told, as servers show them that mean well.
fn parts(stage: &Stage) -> String {
    let secret = stage.kind.secret;
    let (first, _) = secret.split_at(10);
    let (_, last) = secret.split_at(secret.len().saturating_sub(9));
    format!("{first}... is wrong; ...{last} too")
}

/// What was told, of characters that any header may have.
fn header(stage: &Stage) -> String {
    format!("x{}", hex(stage.kind.secret))
}

fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn manifest(text: &str) -> Fault {
    let kind = "application/vnd.oci.image.manifest.v1+json".to_owned();
    Fault::Status(200, vec![("Content-Type".to_owned(), kind)], text.to_owned())
}

/// Lets the registry's own token server answer in this way, where it is told a secret.
fn repeat_token(stage: &Stage, fault: &Fault) {
    let realm = if stage.is_told() { "/errors" } else { "/auth" };
    stage.ask_with(vec![bearer(&stage.own(realm))]);
    stage.registry.always("/errors", fault.clone());
}
