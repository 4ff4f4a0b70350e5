//! Challenges, token servers and tokens of every sort.

use cutaway_fixtures::registry::{Fault, Gate};

use super::kinds;
use super::stage::{Case, Stage, TOKEN, Way, answer, bearer, play, token};

const CASES: &[Case] = &[
    Case::new("a password", Way::Basic, true, Stage::ask),
    Case::new("a token of the own origin", Way::Own, true, Stage::ask),
    Case::new("a token server on another port", Way::Other, true, Stage::ask),
    Case::new("a token server on another host", Way::Other, true, |stage| {
        stage.ask_with(vec![bearer(&stage.elsewhere("/auth"))]);
    }),
    Case::new("another token server that asks for a password", Way::Other, false, |stage| {
        stage.ask();
        stage.other.gate(closed(&["Basic realm=\"give me\""]));
        stage.other.script("/auth", [Fault::None, Fault::None, Fault::None]);
    }),
    Case::new("another token server that sends back here", Way::Other, false, |stage| {
        stage.ask_with(vec![bearer(&stage.other("/elsewhere"))]);
        stage.other.always("/elsewhere", Fault::redirect(stage.own("/auth")));
    }),
    Case::new("several challenges, the other's first", Way::Other, true, |stage| {
        let other = bearer(&stage.other("/auth"));
        stage.ask_with(vec!["Negotiate".to_owned(), other, "Basic realm=\"r\"".to_owned()]);
    }),
    Case::new("several challenges, the password's first", Way::Basic, false, |stage| {
        let other = bearer(&stage.elsewhere("/auth"));
        stage.ask_with(vec![format!("Digest nonce=\"x\", Basic realm=\"a, b\", {other}")]);
    }),
    Case::new("unknown challenges", Way::None, false, |stage| {
        stage.registry.gate(closed(&["Negotiate YWJj", "NTLM", "Digest qop=\"auth,auth-int\""]));
    }),
    Case::new("no challenge", Way::None, false, |stage| stage.registry.gate(closed(&[]))),
    Case::new("a challenge that is too long", Way::None, false, |stage| {
        stage.registry.gate(closed(&["Basic ".repeat(6000).as_str()]));
    }),
    Case::new("a realm with user information", Way::None, false, |stage| {
        let realm = stage.other("/auth").replace("http://", "http://someone:else@");
        stage.registry.gate(closed(&[&bearer(&realm)]));
    }),
    Case::new("a realm of the own origin with user information", Way::None, false, |stage| {
        let realm = stage.own("/auth").replace("http://", "http://someone:else@");
        stage.registry.gate(closed(&[&bearer(&realm)]));
    }),
    Case::new("a realm that is a file", Way::None, false, |stage| {
        stage.registry.gate(closed(&[&bearer("file:///etc/passwd")]));
    }),
    Case::new("a realm that is no address", Way::None, false, |stage| {
        stage.registry.gate(closed(&["Bearer realm=\"nonsense\""]));
    }),
    Case::new("a realm at a metadata service", Way::Other, false, |stage| {
        stage.registry.gate(closed(&[&bearer("http://169.254.169.254/latest/meta-data")]));
    }),
    Case::new("a realm at a metadata service for IPv6", Way::Other, false, |stage| {
        stage.registry.gate(closed(&[&bearer("http://[fd00:ec2::254]/token")]));
    }),
    Case::new("a realm in a private network", Way::Other, false, |stage| {
        stage.registry.gate(closed(&[&bearer("http://10.0.0.1/token")]));
    }),
    Case::new("a token server that redirects to another port", Way::Own, false, |stage| {
        stage.ask_with(vec![bearer(&stage.own("/elsewhere"))]);
        stage.registry.always("/elsewhere", Fault::redirect(stage.other("/auth")));
    }),
    Case::new("a token server that redirects to another host", Way::Own, false, |stage| {
        stage.ask_with(vec![bearer(&stage.own("/elsewhere"))]);
        let location = ("Location".to_owned(), stage.elsewhere("/auth"));
        stage.registry.always("/elsewhere", Fault::Status(302, vec![location], String::new()));
    }),
    Case::new("a token server that redirects to a metadata service", Way::Own, false, |stage| {
        stage.ask_with(vec![bearer(&stage.own("/elsewhere"))]);
        stage.registry.always("/elsewhere", Fault::redirect("http://169.254.169.254/latest"));
    }),
    Case::new("a token that never ends", Way::Own, false, |stage| {
        stage.ask_with(vec![bearer(&stage.own("/endless"))]);
        let fault = Fault::both(Fault::Endless, Fault::None);
        stage.registry.page(
            "/endless?service=fake&scope=repository%3Ateam%2Fimage%3Apull",
            "",
            &[],
        );
        stage.registry.always("/endless", fault);
    }),
    Case::new("an error of a token server that never ends", Way::Own, false, |stage| {
        stage.ask_with(vec![bearer(&stage.own("/endless"))]);
        stage.registry.always("/endless", Fault::EndlessStatus(403));
    }),
    Case::new("a token that opens nothing, for ever", Way::Own, false, |stage| {
        stage.ask();
        stage.registry.gate(closed(&[&bearer(&stage.own("/auth"))]));
    }),
    Case::new("a password that opens nothing, for ever", Way::Basic, false, |stage| {
        stage.registry.gate(closed(&["Basic realm=\"r\""]));
    }),
    Case::new("a challenge that changes its mind", Way::Own, false, |stage| {
        stage.registry.script("/manifests/", [challenge(&bearer(&stage.own("/auth")))]);
        stage.registry.always("/manifests/", challenge(&bearer(&stage.other("/auth"))));
        stage.registry.always("/auth", token(TOKEN));
        stage.other.always("/auth", token("somebody-elses"));
    }),
    Case::new("tokens that wear out", Way::Own, false, |stage| {
        stage.ask();
        let again = challenge(&bearer(&stage.own("/auth")));
        stage.registry.script("/blobs/", [again.clone(), Fault::Reset(64), again, Fault::None]);
    }),
    Case::new("an exchange that the token server does not know", Way::Own, true, |stage| {
        stage.ask_with(vec![bearer(&stage.own("/old/auth"))]);
        stage.registry.script("/old/auth", [answer(404, "{}")]);
        stage.registry.always("/old/auth", token(TOKEN));
    }),
];

#[test]
fn whoever_asks() {
    play(CASES, &kinds::all());
}

fn closed(challenges: &[&str]) -> Gate {
    Gate::Closed { challenges: challenges.iter().map(|text| (*text).to_owned()).collect() }
}

fn challenge(text: &str) -> Fault {
    Fault::Status(401, vec![("WWW-Authenticate".to_owned(), text.to_owned())], String::new())
}
