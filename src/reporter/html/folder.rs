//! A report that is a folder: whose it is, and how a new one takes the place of an old one. The page is renamed into its
//! place last, with the pictures of its own already beside it; who is killed before leaves the old report as it was. The
//! folder itself stays: it may be one that cannot be replaced, such as a volume of a container.

use super::document::OURS;
use crate::event::reporter::ReportError;
use std::fs::{self, File, Permissions};
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What the names of folders for pictures begin with.
const EVIDENCE: &str = "evidence-";

/// In so many bytes of a page it says whose it is.
const BEGINNING: u64 = 4 << 10;

/// The folder of a report.
pub(super) struct Folder(PathBuf);

/// The pictures of a report that is being made; they go with it unless it is published.
pub(super) struct Beside(TempDir);

impl Folder {
    /// A folder that is missing, empty, or holds a report of ours.
    pub(super) fn open(path: &Path) -> Result<Self, ReportError> {
        let folder = Self(path.to_owned());
        folder.may_be_replaced().map_err(|cause| folder.error(cause))?;
        Ok(folder)
    }

    /// Where the page goes.
    pub(super) fn page(&self) -> PathBuf {
        self.0.join("index.html")
    }

    /// A new folder for pictures in it.
    pub(super) fn beside(&self) -> Result<Beside, ReportError> {
        // As readable as the page: temporary folders are their owner's only, unless they are told.
        let made = tempfile::Builder::new()
            .prefix(EVIDENCE)
            .rand_bytes(8)
            .permissions(Permissions::from_mode(0o777))
            .tempdir_in(&self.0);
        made.map(Beside).map_err(|cause| self.error(cause))
    }

    /// The page is there: its pictures stay, if it has any beside it, those of the report before go.
    pub(super) fn keep_only(&self, beside: Option<Beside>) -> Result<(), ReportError> {
        let own = beside.map(|it| it.0.keep());
        self.forget_all_but(own.as_deref()).map_err(|cause| self.error(cause))
    }

    fn forget_all_but(&self, own: Option<&Path>) -> io::Result<()> {
        if let Some(own) = own
            && own.read_dir()?.next().is_none()
        {
            fs::remove_dir(own)?;
        }
        for entry in fs::read_dir(&self.0)? {
            let entry = entry?;
            if is_evidence(&entry)? && Some(entry.file_name().as_os_str()) != own.and_then(Path::file_name) {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }

    fn may_be_replaced(&self) -> io::Result<()> {
        if is_ours(&self.page())? {
            return Ok(());
        }
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            // Pictures without a page: the making of a first report was cut off.
            if !is_evidence(&entry)? {
                let why = format!(
                    "the folder holds `{}` and no report: name an empty or a new one, or a file `….html`",
                    entry.file_name().display()
                );
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, why));
            }
        }
        Ok(())
    }

    fn error(&self, cause: io::Error) -> ReportError {
        ReportError { target: self.0.display().to_string(), cause }
    }
}

impl Beside {
    /// Where pictures are put.
    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Its name, as the page knows it.
    pub(super) fn name(&self) -> String {
        self.path().file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// Whether a page is a report. A link to one is somebody else's.
fn is_ours(page: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(page) {
        Ok(about) if about.is_file() => {}
        Ok(_) => return Ok(false),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(false);
        }
        Err(error) => return Err(error),
    }
    let mut beginning = Vec::new();
    File::open(page)?.take(BEGINNING).read_to_end(&mut beginning)?;
    Ok(String::from_utf8_lossy(&beginning).contains(OURS))
}

fn is_evidence(entry: &fs::DirEntry) -> io::Result<bool> {
    Ok(entry.file_name().to_string_lossy().starts_with(EVIDENCE) && entry.file_type()?.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn a_folder_of_somebody_else_is_left_alone() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        for name in ["theirs", "linked", "empty", "cut-off", "ours"] {
            fs::create_dir(path(name)).unwrap();
        }
        fs::write(path("theirs/index.html"), "<title>Ours</title>").unwrap();
        fs::create_dir(path("cut-off/evidence-x")).unwrap();
        fs::write(path("ours/index.html"), format!("<!doctype html>{OURS}")).unwrap();
        std::os::unix::fs::symlink(path("ours/index.html"), path("linked/index.html")).unwrap();
        for name in ["theirs", "linked"] {
            let refused = Folder::open(&path(name)).err().unwrap().to_string();
            assert!(refused.contains("the folder holds `index.html` and no report"), "{refused}");
        }
        for name in ["empty", "cut-off", "ours", "missing"] {
            assert!(Folder::open(&path(name)).is_ok(), "{name}");
        }
        assert!(Folder::open(&path("theirs/index.html")).is_err(), "it is no folder");
    }

    #[test]
    fn pictures_stay_with_their_page() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::open(root.path()).unwrap();
        let first = folder.beside().unwrap();
        fs::write(first.path().join("0-0.png"), "old").unwrap();
        folder.keep_only(Some(first)).unwrap();
        let old = names(root.path());
        fs::write(root.path().join("notes.txt"), "").unwrap();
        drop(folder.beside().unwrap());
        assert_eq!(
            names(root.path()),
            [&old[..], &["notes.txt".to_owned()]].concat(),
            "it was not published"
        );
        let second = folder.beside().unwrap();
        fs::write(second.path().join("0-0.png"), "new").unwrap();
        let own = second.name();
        folder.keep_only(Some(second)).unwrap();
        assert_eq!(names(root.path()), [own, "notes.txt".to_owned()]);
        folder.keep_only(None).unwrap();
        assert_eq!(names(root.path()), ["notes.txt"], "one with all in its page leaves none");
        folder.keep_only(Some(folder.beside().unwrap())).unwrap();
        assert_eq!(names(root.path()), ["notes.txt"], "one without pictures has no folder for them");
    }
}
