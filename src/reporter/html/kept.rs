//! What was kept of cases, as the page shows it: texts in the page, pictures in it or beside it. The record says where
//! files lie, and may have come from elsewhere: nothing but the batch's evidence is read, no link is followed, and no name
//! of it becomes a name here. What cannot be read is said in the page; it is no reason to have none.

use super::folder::Beside;
use crate::id::BatchId;
use crate::store::{CaseDetail, EvidenceRow, Files, Place};
use base64::Engine as _;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, BufReader, Read as _, Write as _};

/// What is taken of a text, such as the console: a report is read by people.
const LONGEST_TEXT: u64 = 256 << 10;

/// What is taken of a picture.
const LARGEST_PICTURE: u64 = 64 << 20;

/// Bytes that one page takes of what was kept: a browser must open it.
const PAGE_TAKES: u64 = 96 << 20;

/// Takes what was kept into a report.
pub(super) struct Keeper<'a> {
    files: Files,
    beside: Option<&'a Beside>,
    /// What the page still takes.
    room: u64,
}

impl<'a> Keeper<'a> {
    /// One that takes what a record has of a batch; pictures go into the page where there is no place beside it.
    pub(super) fn new(place: &Place, batch: &BatchId, beside: Option<&'a Beside>) -> Self {
        Self { files: Files::of(place.folder(), batch), beside, room: PAGE_TAKES }
    }

    /// What was kept of a case, in order, over all its attempts; `null` where there is no file.
    pub(super) fn keep(&mut self, case: &CaseDetail) -> Value {
        let rows = case.attempts.iter().flat_map(|attempt| &attempt.evidence);
        rows.enumerate().map(|(number, row)| self.one(&format!("{}-{number}", case.job.0), row)).collect()
    }

    fn one(&mut self, name: &str, row: &EvidenceRow) -> Value {
        let Some(path) = &row.path else { return Value::Null };
        let taken = match self.files.open(path) {
            Ok((file, bytes)) if row.kind == "screenshot" => {
                self.picture(&format!("{name}.png"), file, bytes)
            }
            Ok((file, bytes)) if row.kind == "trace" => self.trace(name, file, bytes),
            Ok((file, bytes)) => self.text(file, bytes),
            Err(error) => Err(error),
        };
        taken.unwrap_or_else(|error| {
            let why = match error.kind() {
                io::ErrorKind::NotFound => "the file was gone when the report was made".to_owned(),
                _ => format!("it is not in the report: {error}"),
            };
            json!({ "missing": why })
        })
    }

    fn picture(&mut self, name: &str, mut file: File, bytes: u64) -> io::Result<Value> {
        if bytes > LARGEST_PICTURE {
            return Err(io::Error::other("it is too large"));
        }
        let Some(beside) = self.beside else {
            self.take(bytes)?;
            let mut picture = Vec::new();
            file.take(LARGEST_PICTURE).read_to_end(&mut picture)?;
            let picture = base64::engine::general_purpose::STANDARD.encode(picture);
            return Ok(json!({ "picture": format!("data:image/png;base64,{picture}") }));
        };
        io::copy(&mut file, &mut File::create_new(beside.path().join(name))?)?;
        Ok(json!({ "picture": format!("{}/{name}", beside.name()) }))
    }

    /// A trace as it is, or with its pictures beside the page.
    fn trace(&mut self, name: &str, file: File, bytes: u64) -> io::Result<Value> {
        if bytes > LARGEST_PICTURE {
            return Err(io::Error::other("it is too large"));
        }
        let mut trace: Value = serde_json::from_reader(BufReader::new(file))?;
        let mut inside = bytes;
        let pictures = trace["pictures"].as_array_mut().map(Vec::as_mut_slice).unwrap_or_default();
        for (number, picture) in pictures.iter_mut().filter_map(Value::as_object_mut).enumerate() {
            // Where a picture is, is said here alone.
            picture.remove("src");
            let Some(beside) = self.beside else { continue };
            let Some(Value::String(data)) = picture.remove("data") else { continue };
            inside = inside.saturating_sub(data.len() as u64);
            let picture_name = format!("{name}-{number}.jpg");
            let data = base64::engine::general_purpose::STANDARD.decode(data).map_err(io::Error::other)?;
            File::create_new(beside.path().join(&picture_name))?.write_all(&data)?;
            picture.insert("src".to_owned(), json!(format!("{}/{picture_name}", beside.name())));
        }
        self.take(inside)?;
        Ok(json!({ "trace": trace }))
    }

    fn text(&mut self, file: File, bytes: u64) -> io::Result<Value> {
        self.take(bytes.min(LONGEST_TEXT))?;
        let mut text = Vec::new();
        file.take(LONGEST_TEXT).read_to_end(&mut text)?;
        Ok(json!({ "text": String::from_utf8_lossy(&text), "cut": bytes > LONGEST_TEXT }))
    }

    fn take(&mut self, bytes: u64) -> io::Result<()> {
        let more = if self.beside.is_none() { "; a folder (`html=FOLDER`) has all pictures" } else { "" };
        let full = || io::Error::other(format!("the page would be too large{more}"));
        self.room = self.room.checked_sub(bytes).ok_or_else(full)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reporter::html::folder::Folder;
    use std::fs;

    fn row(kind: &str, path: &str) -> EvidenceRow {
        EvidenceRow {
            step_position: None,
            kind: kind.to_owned(),
            path: Some(path.to_owned()),
            bytes: 1,
            note: None,
        }
    }

    fn record() -> (tempfile::TempDir, Place) {
        let root = tempfile::tempdir().unwrap();
        let place = Place::of(&root.path().join("record/batchrun.db")).unwrap();
        fs::create_dir_all(root.path().join("record/evidence/b")).unwrap();
        fs::write(root.path().join("secret"), "business").unwrap();
        fs::write(root.path().join("record/evidence/b/x.png"), "png").unwrap();
        fs::write(root.path().join("record/evidence/b/x.txt"), "said").unwrap();
        (root, place)
    }

    #[test]
    fn pictures_and_texts_go_into_one_page() {
        let (_root, place) = record();
        let mut keeper = Keeper::new(&place, &BatchId::from_stored("b"), None);
        let picture = keeper.one("0-0", &row("screenshot", "evidence/b/x.png"));
        assert_eq!(picture, json!({ "picture": "data:image/png;base64,cG5n" }));
        let text = keeper.one("0-1", &row("console", "evidence/b/x.txt"));
        assert_eq!(text, json!({ "text": "said", "cut": false }));
        let gone = keeper.one("0-2", &row("console", "evidence/b/gone.txt"));
        assert_eq!(gone, json!({ "missing": "the file was gone when the report was made" }));
        keeper.room = 2;
        let full = keeper.one("0-3", &row("screenshot", "evidence/b/x.png"));
        assert!(full["missing"].as_str().unwrap().contains("too large; a folder"), "{full}");
    }

    #[test]
    fn pictures_of_a_trace_are_in_it_or_beside_the_page_and_nowhere_else() {
        let (root, place) = record();
        let trace = json!({ "steps": [], "pictures": [
            { "at_ms": 1, "type": "image/jpeg", "data": "cG5n", "src": "https://example.com/spy.jpg" },
            { "at_ms": 2, "src": "https://example.com/spy.jpg" },
        ] });
        fs::write(root.path().join("record/evidence/b/t.json"), trace.to_string()).unwrap();
        fs::write(root.path().join("record/evidence/b/cut.json"), "{\"steps\": [").unwrap();
        let mut keeper = Keeper::new(&place, &BatchId::from_stored("b"), None);
        let inside = keeper.one("0-0", &row("trace", "evidence/b/t.json"));
        assert_eq!(
            inside["trace"]["pictures"][0],
            json!({ "at_ms": 1, "type": "image/jpeg", "data": "cG5n" })
        );
        assert_eq!(inside["trace"]["pictures"][1], json!({ "at_ms": 2 }));
        let report = tempfile::tempdir().unwrap();
        let beside = Folder::open(report.path()).unwrap().beside().unwrap();
        let mut keeper = Keeper::new(&place, &BatchId::from_stored("b"), Some(&beside));
        let kept = keeper.one("0-0", &row("trace", "evidence/b/t.json"));
        let src = format!("{}/0-0-0.jpg", beside.name());
        assert_eq!(kept["trace"]["pictures"][0], json!({ "at_ms": 1, "type": "image/jpeg", "src": src }));
        assert_eq!(fs::read(beside.path().join("0-0-0.jpg")).unwrap(), b"png");
        assert_eq!(kept["trace"]["pictures"][1], json!({ "at_ms": 2 }));
        let cut = keeper.one("0-1", &row("trace", "evidence/b/cut.json"));
        assert!(cut["missing"].as_str().unwrap().contains("not in the report"), "{cut}");
    }

    #[test]
    fn f80_files_of_others_are_not_taken_and_names_are_made_here() {
        let (root, place) = record();
        let link = |from: &str, to: &str| {
            std::os::unix::fs::symlink(
                root.path().join(to),
                root.path().join("record/evidence/b").join(from),
            )
            .unwrap();
        };
        fs::create_dir_all(root.path().join("record/evidence/other")).unwrap();
        for other in ["record/batchrun.db", "record/evidence/other/x.txt"] {
            fs::write(root.path().join(other), "business of another batch").unwrap();
        }
        link("link.png", "secret");
        link("folder", "");
        let report = tempfile::tempdir().unwrap();
        let beside = Folder::open(report.path()).unwrap().beside().unwrap();
        let mut keeper = Keeper::new(&place, &BatchId::from_stored("b"), Some(&beside));
        let secret = root.path().join("secret").display().to_string();
        let hostile = [
            "../secret",
            "batchrun.db",
            "evidence/other/x.txt",
            &secret,
            "evidence/../../secret",
            "evidence/b/link.png",
            "evidence/b/folder/secret",
            "evidence/b",
        ];
        for path in hostile {
            for kind in ["screenshot", "console", "trace"] {
                let kept = keeper.one("0-0", &row(kind, path));
                assert!(
                    kept["missing"].is_string() && !kept.to_string().contains("business"),
                    "{path}: {kept}"
                );
            }
        }
        fs::write(root.path().join("record/evidence/b/<img src=x>.png"), "png").unwrap();
        let kept = keeper.one("3-1", &row("screenshot", "evidence/b/<img src=x>.png"));
        assert_eq!(kept["picture"], format!("{}/3-1.png", beside.name()));
        assert_eq!(fs::read(beside.path().join("3-1.png")).unwrap(), b"png");
    }
}
