//! XML as far as metadata needs it: the tags of a document with their attributes, and the text between. No
//! document type, no entities but the five and numbers; nothing is looked up.

/// How long the name of an entity may be, in bytes.
const ENTITY_MAX: usize = 12;

/// One step through a document.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step<'a> {
    /// A start tag; `closed` where it is an end tag as well.
    Start { name: &'a str, attributes: &'a str, closed: bool },
    /// An end tag.
    End { name: &'a str },
    /// Text between tags, as it stands.
    Text(&'a str),
}

/// The steps through a document; none after the first that cannot be read.
#[derive(Debug)]
pub(crate) struct Steps<'a> {
    rest: &'a str,
    /// Whether the document ended within a tag.
    pub(crate) broken: bool,
}

impl<'a> Steps<'a> {
    /// Starts at the start of a document.
    pub(crate) fn new(document: &'a str) -> Self {
        Self { rest: document, broken: false }
    }

    fn step(&mut self) -> Option<Step<'a>> {
        let Some(tag) = self.rest.strip_prefix('<') else {
            let (text, rest) = self.rest.split_at_checked(self.rest.find('<')?)?;
            self.rest = rest;
            return Some(Step::Text(text));
        };
        for (open, close) in [("!--", "-->"), ("![CDATA[", "]]>"), ("?", "?>"), ("!", ">")] {
            if let Some(within) = tag.strip_prefix(open) {
                let found = within.split_once(close);
                self.broken |= found.is_none();
                let (within, rest) = found?;
                self.rest = rest;
                let text = if open == "![CDATA[" { within } else { "" };
                return Some(Step::Text(text));
            }
        }
        let end = end_of_tag(tag);
        self.broken |= end.is_none();
        let (tag, rest) = tag.split_at_checked(end?)?;
        self.rest = rest.strip_prefix('>').unwrap_or(rest);
        if let Some(name) = tag.strip_prefix('/') {
            return Some(Step::End { name: name.trim_end() });
        }
        let (tag, closed) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        Some(Step::Start { name, attributes, closed })
    }
}

impl<'a> Iterator for Steps<'a> {
    type Item = Step<'a>;

    fn next(&mut self) -> Option<Step<'a>> {
        if self.broken { None } else { self.step() }
    }
}

/// Returns where a tag ends: a bracket between quotation marks does not end it.
fn end_of_tag(tag: &str) -> Option<usize> {
    let mut quote = None;
    let end = tag.bytes().position(|byte| match quote {
        Some(mark) => {
            quote = quote.filter(|_| byte != mark);
            false
        }
        None => {
            quote = Some(byte).filter(|byte| matches!(byte, b'"' | b'\''));
            byte == b'>'
        }
    });
    // A quotation mark that is never closed is none: the document is odd, and not cut.
    end.or_else(|| tag.find('>'))
}

/// Returns the value of an attribute.
pub(crate) fn attribute(attributes: &str, name: &str) -> Option<String> {
    let mut rest = attributes;
    loop {
        let (key, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let mark = after.chars().next().filter(|mark| matches!(mark, '"' | '\''))?;
        let (value, behind) = after.strip_prefix(mark)?.split_once(mark)?;
        if key.trim() == name {
            return Some(text(value));
        }
        rest = behind;
    }
}

/// Returns a text with its entities replaced; what is none stays.
pub(crate) fn text(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once('&') {
        text.push_str(before);
        let end = after.bytes().take(ENTITY_MAX).position(|byte| byte == b';');
        let entity = end.and_then(|end| {
            let (name, behind) = after.split_at_checked(end)?;
            let letter = match name {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "quot" => '"',
                "apos" => '\'',
                _ => {
                    let number = name.strip_prefix('#')?;
                    let number = match number.strip_prefix('x') {
                        Some(digits) => u32::from_str_radix(digits, 16),
                        None => number.parse(),
                    };
                    char::from_u32(number.ok()?)?
                }
            };
            Some((letter, behind.strip_prefix(';')?))
        });
        match entity {
            Some((letter, behind)) => {
                text.push(letter);
                rest = behind;
            }
            None => {
                text.push('&');
                rest = after;
            }
        }
    }
    text.push_str(rest);
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_come_apart() {
        let document = "<?xml?><!-- <no> --><a b='c'>t<![CDATA[<d>]]><e/></a >";
        let mut steps = Steps::new(document);
        let found: Vec<Step<'_>> = steps.by_ref().filter(|it| *it != Step::Text("")).collect();
        let start = |name, attributes, closed| Step::Start { name, attributes, closed };
        let expected = [
            start("a", "b='c'", false),
            Step::Text("t"),
            Step::Text("<d>"),
            start("e", "", true),
            Step::End { name: "a" },
        ];
        assert_eq!((found.as_slice(), steps.broken), (expected.as_slice(), false));
        let quoted = Steps::new("<a b='>' c=\"'>\"/>").next();
        assert_eq!(quoted, Some(start("a", "b='>' c=\"'>\"", true)));
        for cut in ["<a", "<a><!-- x", "<![CDATA[", "<?xml"] {
            let mut steps = Steps::new(cut);
            let _ = steps.by_ref().count();
            assert!(steps.broken, "{cut}");
        }
    }

    #[test]
    fn attributes_and_entities() {
        let attributes = "version=\"1&amp;2\" date = 'x'";
        assert_eq!(attribute(attributes, "version").as_deref(), Some("1&2"));
        assert_eq!(attribute(attributes, "date").as_deref(), Some("x"));
        assert_eq!(attribute(attributes, "a"), None);
        assert_eq!(attribute("a=b c='d'", "c"), None);
        assert_eq!(text(" &lt;&#65;&#x42;&odd;& &#xffffffff; "), "<AB&odd;& &#xffffffff;");
    }
}
