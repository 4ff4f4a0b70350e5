//! A real Docker daemon behind TLS: whom it shows itself to, and whom we talk to.

use std::process::Stdio;

use cutaway_fixtures::DockerArchive;

use crate::daemons::{daemons, essence};
use crate::front::{KEYS, tls};
use crate::support::{alpine, cutaway, json, provided, run_with, status, stderr};

#[test]
fn a_daemon_behind_tls_shows_and_wants_certificates() {
    let Some(host) = provided("CUTAWAY_TEST_DOCKER_TLS", "Docker behind TLS") else { return };
    let Some(docker) = daemons().into_iter().find(|daemon| daemon.kind == "docker") else { return };
    let image = alpine();
    let archive = DockerArchive::new().image(&["cutaway/tls:1"], &image).archive();
    docker.load(archive.as_slice(), u64::try_from(archive.len()).unwrap());
    let wanted = essence(&json(&run_with(&["scan", "-", "--format", "json"], &archive)));

    let place = tempfile::tempdir().unwrap();
    let keys = |name: &str, files: &[(&str, &str)]| {
        let folder = place.path().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        for (from, to) in files {
            std::fs::copy(format!("{KEYS}/{from}"), folder.join(to)).unwrap();
        }
        folder.display().to_string()
    };
    let own = [("client.pem", "cert.pem"), ("client.key", "key.pem")];
    let whole = [("ca.pem", "ca.pem"), own[0], own[1]];
    let all = keys("all", &whole);
    let (no_authority, no_client) = (keys("own", &own), keys("ca", &whole[..1]));
    // Where `docker context create far --docker host=…,ca=…,cert=…,key=…` puts it.
    let far = cutaway_ref::Digest::sha256(b"far").encoded().to_owned();
    let of_context = keys(&format!("config/contexts/tls/{far}/docker"), &whole);
    let meta = place.path().join("config/contexts/meta").join(&far);
    std::fs::create_dir_all(&meta).unwrap();
    let config = place.path().join("config").display().to_string();
    let describe = |skip: bool| {
        let endpoint = serde_json::json!({"Host": host, "SkipTLSVerify": skip});
        let endpoints = serde_json::json!({"docker": endpoint});
        let text = serde_json::json!({"Name": "far", "Metadata": {}, "Endpoints": endpoints});
        std::fs::write(meta.join("meta.json"), text.to_string()).unwrap();
    };
    describe(false);
    let scan = |variables: &[(&str, &str)]| {
        let mut command = cutaway(&["scan", "docker:cutaway/tls:1", "--format", "json"]);
        command.envs(variables.iter().copied()).stdin(Stdio::null()).output().unwrap()
    };
    let by_host = ("DOCKER_HOST", host.as_str());
    let verify = ("DOCKER_TLS_VERIFY", "1");
    let in_context = [("DOCKER_CONTEXT", "far"), ("DOCKER_CONFIG", config.as_str())];
    for variables in [
        &[by_host, verify, ("DOCKER_CERT_PATH", &all)][..],
        &[by_host, ("DOCKER_CERT_PATH", &all)],
        // Without a path of their own the certificates are in Docker's folder.
        &[by_host, verify, ("DOCKER_CONFIG", &all)],
        &in_context,
    ] {
        let report = json(&scan(variables));
        assert_eq!(essence(&report), wanted, "{variables:?}");
        assert_eq!(report["image"]["source"], "docker");
    }
    for (variables, said) in [
        (&[by_host][..], "TCP without TLS"),
        (&[by_host, ("DOCKER_CERT_PATH", &no_authority)], "UnknownIssuer"),
        (&[by_host, ("DOCKER_CERT_PATH", &no_client)], "ertificate"),
    ] {
        let output = scan(variables);
        assert_eq!((status(&output), output.stdout.len()), (3, 0), "{variables:?}");
        assert!(stderr(&output).contains(said), "{variables:?}: {}", stderr(&output));
    }
    // A context may say that the daemon's certificate is not looked at; ours is shown all the same.
    std::fs::remove_file(format!("{of_context}/ca.pem")).unwrap();
    assert_eq!(status(&scan(&in_context)), 3);
    describe(true);
    assert_eq!(essence(&json(&scan(&in_context))), wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_before_an_answer_names_the_certificate_that_is_missing() {
    // Nobody listens behind, so each connection ends once TLS is made. A daemon that wants a certificate
    // looks like this where its alert comes late.
    let host = format!("tcp://{}", tls("127.0.0.1:1".to_owned(), "server").await);
    let place = tempfile::tempdir().unwrap();
    let says = |own: bool| {
        let mut files = vec![("ca.pem", "ca.pem")];
        if own {
            files.extend([("client.pem", "cert.pem"), ("client.key", "key.pem")]);
        }
        for (from, to) in files {
            std::fs::copy(format!("{KEYS}/{from}"), place.path().join(to)).unwrap();
        }
        let mut command = cutaway(&["inspect", "docker:cutaway/tls:1"]);
        command.env("DOCKER_HOST", &host).env("DOCKER_CERT_PATH", place.path());
        let output = command.stdin(Stdio::null()).output().unwrap();
        assert_eq!(status(&output), 3);
        stderr(&output)
    };
    let missing = "no certificate of a client is set, which it may want";
    for own in [false, true] {
        let said = says(own);
        assert!(said.contains(&host) && said.contains(missing) != own, "{own}: {said}");
    }
}
