//! Manifests of Java archives: the main section alone, with lines that go on behind a blank.

/// Returns the attributes of the main section; names in lower case.
pub(crate) fn attributes(content: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(content).replace("\r\n", "\n").replace('\r', "\n");
    let mut attributes: Vec<(String, String)> = Vec::new();
    // Whether the last line was an attribute, so that it may go on.
    let mut goes_on = false;
    for line in text.split('\n').take_while(|line| !line.is_empty()).take(2000) {
        match (line.strip_prefix(' '), attributes.last_mut()) {
            (Some(more), Some((_, value))) if goes_on => value.push_str(more),
            (Some(_), _) => {}
            (None, _) => {
                goes_on = line.contains(':');
                if let Some((name, value)) = line.split_once(':') {
                    let value = value.strip_prefix(' ').unwrap_or(value);
                    attributes.push((name.to_ascii_lowercase(), value.to_owned()));
                }
            }
        }
    }
    attributes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_main_section_alone() {
        let text = b"Manifest-Version: 1.0\r\nBundle-Symbolic\r\n Name: a\nName2: long\r er\n\nName: x\nVersion: 9\n";
        let found = attributes(text);
        let expected = [("manifest-version", "1.0"), ("name2", "longer")];
        let is =
            |(name, value): &(&str, &str)| found.iter().any(|it| it.0 == *name && it.1 == *value);
        assert!(expected.iter().all(is), "{found:?}");
        assert!(found.iter().all(|it| it.0 != "version"));
    }
}
