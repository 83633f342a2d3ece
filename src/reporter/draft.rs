//! A report while it is written: it appears under its name whole, or not at all, also when the process is killed.
//!
//! A file without a name (`O_TMPFILE`, open(2)) is written, synced, and only then linked into its folder: if the process
//! dies before, nothing is left. Where the file system has no such files, a hidden temporary one is renamed.

use super::spec::Target;
use crate::event::reporter::ReportError;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// What is written before it goes to the file.
const BUFFER: usize = 64 << 10;

/// A report that is being written.
pub(super) struct Draft {
    /// As people know it.
    shown: String,
    buffer: Vec<u8>,
    to: Place,
}

enum Place {
    /// Nobody reads any more when it is `false`; that is no error.
    Stdout {
        read: bool,
    },
    /// A pipe or a device, which cannot be replaced by a file.
    Device(File),
    Unnamed {
        file: File,
        path: PathBuf,
    },
    Named {
        file: File,
        temporary: PathBuf,
        path: PathBuf,
    },
    /// Added to what is there, in one write.
    Appended {
        file: File,
        text: Vec<u8>,
        path: PathBuf,
    },
}

impl Draft {
    /// Opens it, making its folder where that is missing.
    pub(super) fn open(target: &Target) -> Result<Self, ReportError> {
        let (shown, to) = match target {
            Target::Stdout | Target::Job => ("stdout".to_owned(), Ok(Place::Stdout { read: true })),
            Target::File(path) => (path.display().to_string(), Place::open(path)),
            Target::Appended(path) => (path.display().to_string(), Place::end_of(path)),
        };
        match to {
            Ok(to) => Ok(Self { shown, buffer: Vec::new(), to }),
            Err(cause) => Err(ReportError { target: shown, cause }),
        }
    }

    /// Adds to it. What is small waits for [`Draft::flush`] or for more.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), ReportError> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() < BUFFER { Ok(()) } else { self.flush() }
    }

    /// Sends on what was written so far.
    pub(super) fn flush(&mut self) -> Result<(), ReportError> {
        let result = self.to.write(&self.buffer);
        self.buffer.clear();
        result.map_err(|cause| self.error(cause))
    }

    /// Lets it appear under its name; answers where, unless it has no place of its own.
    pub(super) fn publish(&mut self) -> Result<Option<PathBuf>, ReportError> {
        self.flush()?;
        self.to.publish().map_err(|cause| self.error(cause))
    }

    /// What could not be done for it.
    pub(super) fn error(&self, cause: io::Error) -> ReportError {
        ReportError { target: self.shown.clone(), cause }
    }
}

impl Place {
    fn open(path: &Path) -> io::Result<Self> {
        // A link stays a link: what it points to is replaced.
        let path = fs::canonicalize(path).or_else(|_| std::path::absolute(path))?;
        match fs::metadata(&path) {
            Ok(found) if found.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(found) if !found.is_file() => {
                return Ok(Self::Device(OpenOptions::new().write(true).open(&path)?));
            }
            Ok(_) | Err(_) => {}
        }
        let folder = folder(&path);
        fs::create_dir_all(folder)?;
        let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
        match rustix::fs::open(folder, flags, Mode::from_raw_mode(0o666)) {
            Ok(file) if Path::new("/proc/self/fd").exists() => Ok(Self::Unnamed { file: file.into(), path }),
            Ok(_) | Err(_) => Self::named(path),
        }
    }

    fn named(path: PathBuf) -> io::Result<Self> {
        let temporary = hidden(&path);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o666).open(&temporary)?;
        Ok(Self::Named { file, temporary, path })
    }

    fn end_of(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        Ok(Self::Appended { file, text: Vec::new(), path: path.to_owned() })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Stdout { read: false } => Ok(()),
            Self::Stdout { read } => {
                let mut stdout = io::stdout().lock();
                match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
                    Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                        *read = false;
                        Ok(())
                    }
                    other => other,
                }
            }
            Self::Device(file) | Self::Unnamed { file, .. } | Self::Named { file, .. } => {
                file.write_all(bytes)
            }
            Self::Appended { text, .. } => text.write_all(bytes),
        }
    }

    fn publish(&mut self) -> io::Result<Option<PathBuf>> {
        let path = match self {
            Self::Stdout { .. } | Self::Device(_) => return Ok(None),
            Self::Unnamed { file, path } => {
                file.sync_all()?;
                let unnamed = format!("/proc/self/fd/{}", file.as_raw_fd());
                match linkat(CWD, &unnamed, CWD, &*path, AtFlags::SYMLINK_FOLLOW) {
                    Err(rustix::io::Errno::EXIST) => {
                        let temporary = hidden(path);
                        linkat(CWD, &unnamed, CWD, &temporary, AtFlags::SYMLINK_FOLLOW)?;
                        replace(&temporary, path)?;
                    }
                    other => other?,
                }
                path.clone()
            }
            Self::Named { file, temporary, path } => {
                file.sync_all()?;
                replace(temporary, path)?;
                path.clone()
            }
            Self::Appended { file, text, path } => {
                file.write_all(text)?;
                return Ok(Some(path.clone()));
            }
        };
        // So that the name is there after a power cut, too. Not every file system can do that.
        let _ = File::open(folder(&path)).and_then(|folder| folder.sync_all());
        Ok(Some(path))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Self::Named { temporary, .. } = self {
            // It is not there any more once it has been published.
            let _ = fs::remove_file(temporary);
        }
    }
}

fn replace(temporary: &Path, path: &Path) -> io::Result<()> {
    fs::rename(temporary, path).inspect_err(|_| {
        let _ = fs::remove_file(temporary);
    })
}

fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("/"))
}

/// A name beside `path` that nobody else uses.
fn hidden(path: &Path) -> PathBuf {
    let nanos = jiff::Timestamp::now().as_nanosecond();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}-{nanos}.tmp", std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(folder: &Path) -> Vec<String> {
        let names =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    }

    #[test]
    fn f07_f52_a_report_that_is_not_finished_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.json");
        fs::write(&path, "the report before").unwrap();
        let places: [fn(&Path) -> io::Result<Place>; 2] = [Place::open, |path| Place::named(path.to_owned())];
        for open in places {
            let mut place = open(&path).unwrap();
            place.write(b"half of a rep").unwrap();
            drop(place);
            assert_eq!(entries(folder.path()), ["out.json"]);
            assert_eq!(fs::read_to_string(&path).unwrap(), "the report before");
        }
    }

    #[test]
    fn a_report_appears_whole_in_a_new_folder_or_over_an_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/out.json");
        for text in ["first", "second"] {
            let mut draft = Draft::open(&Target::File(path.clone())).unwrap();
            draft.write(text.as_bytes()).unwrap();
            assert_eq!(draft.publish().unwrap().unwrap(), path);
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        let mut place = Place::named(path.clone()).unwrap();
        place.write(b"third").unwrap();
        place.publish().unwrap();
        drop(place);
        assert_eq!(fs::read_to_string(&path).unwrap(), "third");
        assert_eq!(entries(path.parent().unwrap()), ["out.json"]);
    }

    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real.json"), folder.path().join("link.json"));
        fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let mut draft = Draft::open(&Target::File(link.clone())).unwrap();
        draft.write(b"new").unwrap();
        draft.publish().unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), "new");
    }

    #[test]
    fn f18_a_full_device_is_an_error_and_stays_a_device() {
        let mut draft = Draft::open(&Target::File("/dev/full".into())).unwrap();
        draft.write(b"x").unwrap();
        let error = draft.publish().unwrap_err().to_string();
        assert!(error.starts_with("cannot write `/dev/full`: No space left on device"), "{error}");
        assert!(!fs::metadata("/dev/full").unwrap().is_file());
    }

    #[test]
    fn what_is_appended_is_added_whole_to_what_others_wrote() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("summary.md");
        fs::write(&path, "of another step\n").unwrap();
        let mut draft = Draft::open(&Target::Appended(path.clone())).unwrap();
        draft.write("x".repeat(BUFFER).as_bytes()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "of another step\n", "a part of it is there");
        assert_eq!(draft.publish().unwrap().unwrap(), path);
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("of another step\n{}", "x".repeat(BUFFER)));
    }

    #[test]
    fn a_place_that_takes_nothing_is_told_of_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let error = Draft::open(&Target::File(folder.path().to_owned())).err().unwrap();
        assert!(error.to_string().ends_with("is a directory"), "{error}");
        assert!(Draft::open(&Target::File("/proc/out.json".into())).is_err());
    }
}
