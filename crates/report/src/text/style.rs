//! Colours and width.

/// How text is dressed: with ANSI colours or without, and how wide it may be.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    colors: bool,
    /// The columns of the terminal; none where text goes elsewhere and lines may be as long as they are.
    pub(super) width: Option<usize>,
}

impl Style {
    /// Text with or without colours, cut at `width` columns where it has one.
    pub fn new(colors: bool, width: Option<usize>) -> Self {
        Self { colors, width }
    }

    /// Text that stands out.
    pub fn bold(self, text: &str) -> String {
        self.dress("1", text)
    }

    /// Text that stands back.
    pub fn dim(self, text: &str) -> String {
        self.dress("2", text)
    }

    /// Text of an error or of what is gone.
    pub fn red(self, text: &str) -> String {
        self.dress("31", text)
    }

    /// Text of a warning or of what changed.
    pub fn yellow(self, text: &str) -> String {
        self.dress("33", text)
    }

    /// Text of what was added.
    pub fn green(self, text: &str) -> String {
        self.dress("32", text)
    }

    /// The name of a directory.
    pub fn blue(self, text: &str) -> String {
        self.dress("1;34", text)
    }

    /// The name of a link.
    pub fn cyan(self, text: &str) -> String {
        self.dress("36", text)
    }

    fn dress(self, code: &str, text: &str) -> String {
        if self.colors { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
