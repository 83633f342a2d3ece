//! Colours, or none. Only the sixteen that every terminal's own palette defines.

/// Paints texts, or leaves them as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// Paints if `on`.
    pub fn new(on: bool) -> Self {
        Self { on }
    }

    /// As something that went well.
    pub fn good(self, text: &str) -> String {
        self.with("32;1", text)
    }

    /// As something that went wrong.
    pub fn bad(self, text: &str) -> String {
        self.with("31;1", text)
    }

    /// As something to look at.
    pub fn doubtful(self, text: &str) -> String {
        self.with("33;1", text)
    }

    /// As something important.
    pub fn strong(self, text: &str) -> String {
        self.with("1", text)
    }

    /// As something less important.
    pub fn faint(self, text: &str) -> String {
        self.with("2", text)
    }

    /// As a place in a file.
    pub fn place(self, text: &str) -> String {
        self.with("34;1", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.on && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
