//! What a client knows: this machine's settings, what it was told, or nothing.

use cutaway::{Class, Client, Environment, Error, Limits};
use cutaway_fixtures::{Layout, image};
use cutaway_ref::auth::Credential;

use crate::registry::Registry;

fn app() -> cutaway_fixtures::FixtureImage {
    image("layer gzip\n  etc/motd 0644 \"hello\\n\"\n")
}

#[tokio::test]
async fn only_who_knows_the_password_is_let_in() {
    let Some(registry) = Registry::with(&app()) else { return };
    let name = registry.image();
    // A client that was told nothing looks at no file, though there is one.
    let refused = Client::builder().build().open(&name).await.unwrap_err();
    assert_eq!(refused.class(), Class::Transport, "{refused}");
    let config = registry.config().display().to_string();
    let environment: Environment = [("DOCKER_CONFIG", config)].into_iter().collect();
    let of_machine = Client::builder().environment(environment).build();
    assert_eq!(
        of_machine.open(&name).await.unwrap().read("etc/motd").await.unwrap().bytes,
        b"hello\n"
    );
    let told = Client::builder().credential(Credential::basic("user", "c4n4ry-p4ssw0rd")).build();
    let image = told.open(&name).await.unwrap();
    assert_eq!(image.layers().await.unwrap().len(), 1);
    let found = told.credential(&cutaway::reference(&name).unwrap()).await.unwrap();
    assert_eq!(found.source.as_deref(), Some("the client"));
}

#[tokio::test]
async fn what_is_not_there_says_whose_fault_it_is() {
    let directory = tempfile::tempdir().unwrap();
    Layout::new().image("1", &app()).write_dir(directory.path()).unwrap();
    let client = Client::builder().build();
    let name = format!("oci:{}", directory.path().display());
    let image = client.open(&name).await.unwrap();
    let absent = image.read("etc/shadow").await.unwrap_err();
    assert!(matches!(absent, Error::Absent(_)), "{absent}");
    assert!(matches!(image.read("etc").await.unwrap_err(), Error::Absent(_)));
    assert!(matches!(image.layer(1).await.unwrap_err(), Error::Absent(_)));
    assert_eq!(client.open("./nonexistent").await.unwrap_err().class(), Class::Transport);
    assert_eq!(client.open("UPPER/case:").await.unwrap_err().class(), Class::Usage);
    let mut limits = Limits::default();
    limits.set("layers", 0).unwrap();
    let bounded = Client::builder().limits(limits).build().open(&name).await.unwrap_err();
    assert_eq!(bounded.class(), Class::Malformed);
    assert!(bounded.to_string().contains("limit layers of 0"), "{bounded}");
}
