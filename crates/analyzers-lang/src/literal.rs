//! Literals in texts of programs, which are never run.

/// Returns the texts in quotation marks, double or single; a backslash keeps the next character.
pub(crate) fn quoted(text: &str) -> impl Iterator<Item = String> {
    let mut rest = text.chars();
    std::iter::from_fn(move || {
        let mark = rest.by_ref().find(|it| matches!(it, '"' | '\''))?;
        let mut inner = String::new();
        loop {
            match rest.next()? {
                '\\' => inner.extend(rest.next()),
                end if end == mark => return Some(inner),
                other => inner.push(other),
            }
        }
    })
}

/// Returns the literal that a name is assigned at the start of a line: `NAME = "value"`.
pub(crate) fn assigned(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let value = line.trim_start().strip_prefix(name)?.trim_start().strip_prefix('=')?;
        let value = value.trim_start();
        value.starts_with(['"', '\'']).then(|| quoted(value).next())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals() {
        let all: Vec<String> = quoted(r#"["a\"b".freeze, 'c', "open"#).collect();
        assert_eq!(all, ["a\"b", "c"]);
        assert_eq!(assigned("x = 1\n a = 'b'\n", "a").as_deref(), Some("b"));
        assert_eq!(assigned("ab = 'b'\na = b", "a"), None);
    }
}
