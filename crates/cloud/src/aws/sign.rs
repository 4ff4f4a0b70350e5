//! Signature Version 4 of Amazon's services (Signature Version 4 signing process). Pure.

use ring::digest::{SHA256, digest};
use ring::hmac::{HMAC_SHA256, Key, sign as hmac};

use super::AccessKey;
use super::stamp::Stamp;

/// What a signature is over, and for whom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signing<'a> {
    pub(super) method: &'a str,
    /// The path, encoded.
    pub(super) path: &'a str,
    /// Names and values of the query, encoded.
    pub(super) query: &'a [(&'a str, &'a str)],
    /// The headers that are signed, with their names in lower case.
    pub(super) headers: &'a [(&'a str, &'a str)],
    pub(super) body: &'a [u8],
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    pub(super) stamp: &'a Stamp,
}

/// Returns the value of the header `Authorization`.
pub(super) fn authorization(signing: &Signing<'_>, key: &AccessKey) -> String {
    let mut headers = signing.headers.to_vec();
    headers.sort_unstable();
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let mut query: Vec<String> =
        signing.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    query.sort_unstable();
    let lines: String =
        headers.iter().map(|(name, value)| format!("{name}:{}\n", one_blank(value))).collect();
    let canonical = format!(
        "{}\n{}\n{}\n{lines}\n{names}\n{}",
        signing.method,
        signing.path,
        query.join("&"),
        hex(digest(&SHA256, signing.body).as_ref())
    );
    let scope =
        format!("{}/{}/{}/aws4_request", signing.stamp.date, signing.region, signing.service);
    let text = format!(
        "AWS4-HMAC-SHA256\n{}\n{scope}\n{}",
        signing.stamp.time,
        hex(digest(&SHA256, canonical.as_bytes()).as_ref())
    );
    let mut secret = format!("AWS4{}", key.secret.expose()).into_bytes();
    for part in [signing.stamp.date.as_str(), signing.region, signing.service, "aws4_request"] {
        secret = hmac(&Key::new(HMAC_SHA256, &secret), part.as_bytes()).as_ref().to_vec();
    }
    let signature = hex(hmac(&Key::new(HMAC_SHA256, &secret), text.as_bytes()).as_ref());
    format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
        key.id
    )
}

/// Returns a header's value without blanks around it, and with one where there are several inside.
fn one_blank(value: &str) -> String {
    value.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    const TOKEN: &str = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

    /// The vectors of Amazon's test suite for signature version 4.
    #[test]
    fn vectors() {
        let key = AccessKey::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", None);
        let stamp = Stamp::of(UNIX_EPOCH + Duration::from_secs(1_440_938_160));
        let host = ("host", "example.amazonaws.com");
        let date = ("x-amz-date", "20150830T123600Z");
        for (name, method, query, headers, body, signature) in [
            (
                "get-vanilla",
                "GET",
                &[][..],
                vec![host, date],
                "",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                "get-vanilla-query-order-key-case",
                "GET",
                &[("Param2", "value2"), ("Param1", "value1")],
                vec![date, host],
                "",
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
            (
                "post-vanilla",
                "POST",
                &[],
                vec![host, date],
                "",
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
            (
                "post-x-www-form-urlencoded",
                "POST",
                &[],
                vec![("content-type", "application/x-www-form-urlencoded"), host, date],
                "Param1=value1",
                "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
            ),
            (
                "post-sts-header-before",
                "POST",
                &[],
                vec![host, date, ("x-amz-security-token", TOKEN)],
                "",
                "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
            ),
        ] {
            let signing = Signing {
                method,
                path: "/",
                query,
                headers: &headers,
                body: body.as_bytes(),
                region: "us-east-1",
                service: "service",
                stamp: &stamp,
            };
            let found = authorization(&signing, &key);
            assert!(
                found.starts_with(
                    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders="
                ),
                "{found}"
            );
            assert!(found.ends_with(&format!("Signature={signature}")), "{name}: {found}");
        }
    }
}
