//! A list of images, as people and programs write it.

/// Returns the images of a list: one a line, in order. Empty lines say nothing, nor does what stands behind
/// a `#` at the beginning of a line or behind white space.
pub fn names(text: &str) -> Vec<String> {
    let names = text.lines().map(without_comment).filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

fn without_comment(line: &str) -> &str {
    let line = line.trim();
    let mut before = ' ';
    let end = line.char_indices().find(|(_, sign)| {
        let begins = *sign == '#' && before.is_whitespace();
        before = *sign;
        begins
    });
    end.and_then(|(end, _)| line.get(..end)).unwrap_or(line).trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        for (text, expected) in [
            ("", &[][..]),
            ("alpine\n\n  debian:12\t\r\nalpine", &["alpine", "debian:12", "alpine"]),
            ("# all\na # one\n#b\nc\t#", &["a", "c"]),
            ("oci:a#b", &["oci:a#b"]),
        ] {
            assert_eq!(names(text), expected, "{text:?}");
        }
    }
}
