//! Percent-encoding (RFC 3986, 2.1).

/// Appends a text with every byte encoded but letters, digits, `-`, `.`, `_`, `~` and those of `also`, which
/// are ASCII.
pub fn percent_encode(text: &str, also: &[u8], out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ if also.contains(&byte) => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
}
