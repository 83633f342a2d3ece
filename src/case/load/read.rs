//! Reads files that somebody else named: never blocks on a pipe or a device, and looks at the size before reading.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::path::Path;

/// The most bytes of a case file or a flow.
pub(super) const MOST_CASE_BYTES: u64 = 1 << 20;
/// The most bytes of a data file.
pub(super) const MOST_DATA_BYTES: u64 = 16 << 20;

/// The bytes of a regular file of at most `most` bytes, or the reason why not.
pub(super) fn bytes(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    let file = open(path).map_err(|error| reason(&error))?;
    let about = file.metadata().map_err(|error| reason(&error))?;
    if !about.is_file() {
        return Err(format!("it is {}, not a file", kind(about.file_type())));
    }
    if about.len() > most {
        return Err(too_large(about.len(), most));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(about.len()).unwrap_or(0) + 1);
    // It may grow meanwhile; one byte more than allowed tells.
    file.take(most + 1).read_to_end(&mut bytes).map_err(|error| reason(&error))?;
    match bytes.len() as u64 {
        length if length > most => Err(too_large(length, most)),
        _ => Ok(bytes),
    }
}

/// The bytes as text, or where they are not.
pub(super) fn text(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.split(|byte| *byte == b'\n').count();
        format!("it is not UTF-8 (line {line})")
    })
}

fn too_large(bytes: u64, most: u64) -> String {
    format!("it has {bytes} bytes, at most {most} are allowed")
}

#[cfg(unix)]
fn open(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    // Opening a pipe waits for its writer unless told not to.
    OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).open(path)
}

/// What something that is not a regular file is.
pub(super) fn kind(file_type: std::fs::FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if file_type.is_fifo() {
            return "a named pipe";
        }
        if file_type.is_char_device() || file_type.is_block_device() {
            return "a device";
        }
        if file_type.is_socket() {
            return "a socket";
        }
    }
    if file_type.is_dir() { "a folder" } else { "something else" }
}

/// The system's words without its number.
pub(super) fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
