//! Names of CPE as documents take them: whole ones. Release files often have the start of one.

/// The form of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `cpe:/o:redhat:enterprise_linux:8`, which may end early.
    Uri,
    /// `cpe:2.3:o:a:b:1:*:*:*:*:*:*:*`, with all its parts.
    Formatted,
}

/// Returns the form of a name that any reader takes; none where it is none.
pub(crate) fn form(text: &str) -> Option<Form> {
    let is_part = |part: &str| ["a", "o", "h"].contains(&part);
    let is_plain =
        |part: &str| part.bytes().all(|it| it.is_ascii_alphanumeric() || b"._-".contains(&it));
    if let Some(rest) = text.strip_prefix("cpe:/") {
        let (part, rest) = rest.split_once(':')?;
        let fits = is_part(part) && rest.split(':').count() <= 6 && rest.split(':').all(is_plain);
        return fits.then_some(Form::Uri);
    }
    let (part, rest) = text.strip_prefix("cpe:2.3:")?.split_once(':')?;
    let is_value = |value: &str| value == "*" || (!value.is_empty() && is_plain(value));
    let fits = is_part(part) && rest.split(':').count() == 10 && rest.split(':').all(is_value);
    fits.then_some(Form::Formatted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        for (text, expected) in [
            ("cpe:/o:redhat:enterprise_linux:8::baseos", Some(Form::Uri)),
            ("cpe:/o:centos:centos:7", Some(Form::Uri)),
            ("cpe:2.3:o:amazon:amazon_linux:2:*:*:*:*:*:*:*", Some(Form::Formatted)),
            ("cpe:2.3:o:amazon:amazon_linux:2", None),
            ("cpe:/x:a:b", None),
            ("cpe:/o:a b", None),
            ("cpe:/o:1:2:3:4:5:6:7", None),
            ("cpe:2.3:o:a:b:1:*:*:*:*:*:*:", None),
            ("", None),
        ] {
            assert_eq!(form(text), expected, "{text}");
        }
    }
}
