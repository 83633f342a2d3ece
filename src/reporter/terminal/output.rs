//! Where a terminal reporter writes to: bytes that never fail, and the few movements of a cursor that bars need.
//! A reader that has gone away (`| head`, a closed window) is no error: what follows is dropped.

use indicatif::TermLike;
use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// A place for text. Clones write to the same one.
#[derive(Clone)]
pub struct Output {
    to: Arc<Mutex<Target>>,
    width: Width,
}

/// How wide the place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// As wide as the terminal on stderr is at that moment.
    OfStderr,
    /// So many columns and rows.
    Fixed(u16, u16),
}

struct Target {
    /// `None` once a write has failed.
    writer: Option<Box<dyn Write + Send>>,
    /// What a drawing has written so far: it goes out in one piece, so that nothing flickers.
    buffer: String,
    /// While set, nothing goes out.
    held: bool,
}

impl Output {
    /// The process's stderr.
    pub fn stderr() -> Self {
        Self::to(Box::new(io::stderr()), Width::OfStderr)
    }

    /// Another writer.
    pub fn to(writer: Box<dyn Write + Send>, width: Width) -> Self {
        Self {
            to: Arc::new(Mutex::new(Target { writer: Some(writer), buffer: String::new(), held: false })),
            width,
        }
    }

    /// Columns and rows.
    pub fn size(&self) -> (u16, u16) {
        match self.width {
            Width::Fixed(columns, rows) => (columns, rows),
            Width::OfStderr => match rustix::termios::tcgetwinsize(io::stderr()) {
                Ok(size) if size.ws_col > 0 => (size.ws_col, size.ws_row.max(1)),
                Ok(_) | Err(_) => (80, 24),
            },
        }
    }

    /// Writes a text and ends its line.
    pub fn line(&mut self, text: &str) {
        self.put(text);
        self.put("\n");
        self.send();
    }

    /// Writes a text as it is.
    pub fn write(&mut self, text: &str) {
        self.put(text);
        self.send();
    }

    /// Holds back what is written from now on, until [`Output::release`] sends it in one piece.
    pub(super) fn hold(&self) {
        self.to.lock().unwrap_or_else(PoisonError::into_inner).held = true;
    }

    /// See [`Output::hold`].
    pub(super) fn release(&self) {
        self.to.lock().unwrap_or_else(PoisonError::into_inner).held = false;
        self.send();
    }

    fn put(&self, text: &str) {
        self.to.lock().unwrap_or_else(PoisonError::into_inner).buffer.push_str(text);
    }

    fn send(&self) {
        let mut target = self.to.lock().unwrap_or_else(PoisonError::into_inner);
        if target.held {
            return;
        }
        let text = std::mem::take(&mut target.buffer);
        let Some(writer) = &mut target.writer else { return };
        if writer.write_all(text.as_bytes()).and_then(|()| writer.flush()).is_err() {
            target.writer = None;
        }
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("width", &self.width).finish_non_exhaustive()
    }
}

/// ECMA-48 control sequences, which every terminal that shows bars knows.
impl TermLike for Output {
    fn width(&self) -> u16 {
        self.size().0
    }

    fn height(&self) -> u16 {
        self.size().1
    }

    fn move_cursor_up(&self, rows: usize) -> io::Result<()> {
        self.move_cursor(rows, 'A')
    }

    fn move_cursor_down(&self, rows: usize) -> io::Result<()> {
        self.move_cursor(rows, 'B')
    }

    fn move_cursor_right(&self, columns: usize) -> io::Result<()> {
        self.move_cursor(columns, 'C')
    }

    fn move_cursor_left(&self, columns: usize) -> io::Result<()> {
        self.move_cursor(columns, 'D')
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.put(text);
        self.put("\r\n");
        Ok(())
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.put(text);
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        self.put("\r\x1b[2K");
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        self.send();
        Ok(())
    }
}

impl Output {
    #[expect(clippy::unnecessary_wraps, reason = "it stands where the trait wants a result")]
    fn move_cursor(&self, by: usize, to: char) -> io::Result<()> {
        if by > 0 {
            self.put(&format!("\x1b[{by}{to}"));
        }
        Ok(())
    }
}
