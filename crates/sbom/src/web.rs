//! Addresses of the web, as strictly as the strictest reader takes them.

/// Returns whether a text is an address of the web: a scheme, a host with a dot and a usual ending, no
/// user, no letter that would have to be escaped.
pub(crate) fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let Some(rest) = rest else { return false };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let Some((host, path)) = rest.split_at_checked(end) else { return false };
    let (host, port) = host.split_once(':').unwrap_or((host, ""));
    let is_label = |label: &str| {
        let inner = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(inner)
    };
    let ending = host.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_ending =
        (2..=5).contains(&ending.len()) && ending.bytes().all(|it| it.is_ascii_lowercase());
    let is_port = port.len() <= 5 && port.bytes().all(|it| it.is_ascii_digit());
    let is_path = path.is_empty() || path.starts_with('/');
    is_ending && is_port && is_path && host.split('.').all(is_label) && is_written_out(path)
}

/// Returns whether a path and what follows has no letter that an address has to escape.
fn is_written_out(path: &str) -> bool {
    let escapes = path.split('%').skip(1);
    let mut escapes = escapes.map(|it| it.get(..2).unwrap_or_default());
    let is_hex = |it: &str| it.len() == 2 && it.bytes().all(|it| it.is_ascii_hexdigit());
    let is_plain = |it: u8| it.is_ascii_graphic() && !br#""<>\^`{|}[]"#.contains(&it);
    path.bytes().all(is_plain) && path.matches('#').count() <= 1 && escapes.all(is_hex)
}

#[cfg(test)]
mod tests {
    use super::is_address;

    #[test]
    fn addresses() {
        for good in [
            "https://www.gnu.org/software/bash/",
            "http://a.de",
            "https://a-b.example.com:8080/c?d=%20e#f",
        ] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "",
            "gnu.org",
            "ftp://a.de",
            "https://",
            "https://localhost/",
            "https://a_b.de/",
            "https://A.de/",
            "https://a.de/ b",
            "https://a.de/%2",
            "https://a.de/ü",
            "https://a.de/<b>",
            "https://a.de/#b#c",
            "https://u@a.de/",
            "https://a.de?b",
            "https://-a.de/",
            "https://a.technology/",
        ] {
            assert!(!is_address(bad), "{bad}");
        }
    }
}
