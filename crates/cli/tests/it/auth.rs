//! What holding a secret means for the process itself.

use crate::home::{Home, SECRET};

#[test]
fn whoever_holds_a_secret_leaves_no_core_file() {
    let home = Home::new();
    home.program(
        "docker-credential-watch",
        &format!(
            "grep 'core file' /proc/$PPID/limits > ~/seen\n\
             echo '{{\"Username\":\"u\",\"Secret\":\"{SECRET}\"}}'"
        ),
    );
    let found =
        home.explain("r.example/a:1", &[("DOCKER_AUTH_CONFIG", r#"{"credsStore":"watch"}"#)]);
    assert_eq!(found.who(), "u");
    let limits = std::fs::read_to_string(home.path().join("seen")).unwrap();
    let words: Vec<&str> = limits.split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"], "{limits}");
}
