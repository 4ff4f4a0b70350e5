//! A report for tests.

use cutaway_report::Report;

/// Returns a report with something of everything.
pub(crate) fn report() -> Report {
    let digest = |byte: &str| format!("sha256:{}", byte.repeat(32));
    let package = |kind: &str, name: &str, rest: &str| {
        format!(
            r#"{{"kind":"{kind}","name":"{name}","version":"1:2.3-4","epoch":1,"release":"4","arch":"amd64",{rest},"layer":1}}"#
        )
    };
    let zlib = package(
        "deb",
        "zlib1g",
        r#""source":{"name":"zlib","version":"1:2.3-4"},"licenses":["Zlib AND MIT"],"vendor":null,"state":"installed","purl":"pkg:deb/debian/zlib1g@1:2.3-4?arch=amd64&distro=debian-12&upstream=zlib","database":"var/lib/dpkg/status""#,
    );
    let libc = package(
        "deb",
        "libc6",
        r#""source":{"name":"glibc","version":null},"licenses":["GPL-2+ and LGPL-2.1+","MIT"],"vendor":null,"state":"unpacked","purl":"pkg:deb/debian/libc6@1:2.3-4?arch=amd64&distro=debian-12&upstream=glibc","database":"var/lib/dpkg/status""#,
    );
    let twice = |database: &str| {
        package(
            "rpm",
            "foo",
            &format!(
                r#""source":null,"licenses":["MIT"],"vendor":"Example","state":"installed","purl":"pkg:rpm/foo@2.3-4?arch=amd64&epoch=1","database":"{database}""#
            ),
        )
    };
    let gone = package(
        "deb",
        "gone",
        r#""source":null,"licenses":[],"vendor":null,"state":"config-files","purl":"pkg:deb/debian/gone@1:2.3-4","database":"var/lib/dpkg/status""#,
    );
    let removed = gone
        .replace("config-files", "installed")
        .replace("\"layer\":1", "\"layer\":0,\"hidden_by\":1");
    let layer = |index: u8, byte: &str| {
        format!(
            r#"{{"index":{index},"digest":"{0}","diff_id":"{0}","chain_id":"{0}","media_type":null,"size":1,"uncompressed_size":2,"created_by":"RUN {index}\n","verified":true}}"#,
            digest(byte)
        )
    };
    let json = format!(
        r#"{{"schema":"cutaway.scan/1","image":{{"name":"docker.io/library/a:1","source":"registry","digest":"{0}","id":"{1}","media_type":"m","platform":{{"os":"linux","architecture":"amd64","variant":null}}}},"created":"2024-01-27T00:30:48Z","distro":{{"id":"debian","version_id":"12","codename":"bookworm","pretty_name":"Debian GNU/Linux 12 (bookworm)","id_like":[],"path":"usr/lib/os-release","layer":0}},"layers":[{2},{3}],"packages":[{gone},{libc},{zlib},{4},{5}],"removed":[{removed}],"keys":[{{"name":"gpg-pubkey","version":"1-2","summary":"A","database":"d","layer":0}}],"diagnostics":[],"complete":true}}"#,
        digest("aa"),
        digest("bb"),
        layer(0, "cc"),
        layer(1, "dd"),
        twice("usr/lib/sysimage/rpm/Packages.db"),
        twice("var/lib/rpm/Packages"),
    );
    Report::read(json.as_bytes()).expect("the sample is a report")
}
