//! The HTML report: the dashboard's page with all that it shows in it, so that it opens from disk. One file, or a folder
//! with the pictures beside the page. It is made from the record once the batch is over.

use super::draft::Draft;
use super::page;
use super::past::Past;
use super::spec::Target;
use crate::event::reporter::{Artifact, Closing, ReportError, Reporter};
use crate::event::tally::Tally;
use crate::event::{Event, Stamped};
use crate::id::{BatchId, JobId};
use crate::outcome::Verdict;
use crate::store::{CaseDetail, Place, QueryError, Reader, Which, json};
use base64::Engine as _;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// What says that a page is one of ours, so that it may be replaced.
const OURS: &str = "<meta name=\"generator\" content=\"batchrun\">";
/// What is taken of a text that was kept, such as the console: a report is read by people.
const LONGEST_TEXT: u64 = 256 << 10;
/// What is taken of a picture.
const LARGEST_PICTURE: u64 = 64 << 20;

/// Waits for the end of the batch, and writes the report from its record.
pub(super) struct Html {
    name: String,
    draft: Draft,
    /// Where pictures go; `None`: into the page.
    folder: Option<PathBuf>,
    batch: Option<BatchId>,
}

impl Html {
    /// Opens the page: what ends in `.html` is one file, everything else a folder.
    pub(super) fn open(name: String, target: &Target) -> Result<Self, ReportError> {
        let single = match target {
            Target::Stdout => true,
            Target::File(path) => path
                .extension()
                .is_some_and(|it| it.eq_ignore_ascii_case("html") || it.eq_ignore_ascii_case("htm")),
        };
        let Target::File(path) = target else {
            return Ok(Self { name, draft: Draft::open(target)?, folder: None, batch: None });
        };
        if single {
            return Ok(Self { name, draft: Draft::open(target)?, folder: None, batch: None });
        }
        let index = path.join("index.html");
        may_be_replaced(path, &index)
            .map_err(|cause| ReportError { target: path.display().to_string(), cause })?;
        let draft = Draft::open(&Target::File(index))?;
        Ok(Self { name, draft, folder: Some(path.clone()), batch: None })
    }
}

/// A folder that holds something else is not a place for a report.
fn may_be_replaced(folder: &Path, index: &Path) -> io::Result<()> {
    let mut entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if entries.next().is_none() || fs::read_to_string(index).is_ok_and(|page| page.contains(OURS)) {
        return Ok(());
    }
    let why = "the folder holds something else than a report: name an empty or a new one, or a file `….html`";
    Err(io::Error::new(io::ErrorKind::AlreadyExists, why))
}

impl Reporter for Html {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn on(&mut self, event: &Stamped, _: &Tally) -> Result<(), ReportError> {
        if let Event::BatchStarted(batch) = &event.event {
            self.batch = Some(batch.batch.clone());
        }
        Ok(())
    }

    fn finish(&mut self, closing: &Closing, _: &Tally) -> Result<Option<Artifact>, ReportError> {
        let Some(batch) = self.batch.take() else { return Ok(None) };
        if !closing.saved {
            let why = "the batch is not in the database, which this report is made from";
            return Err(self.draft.error(io::Error::other(why)));
        }
        let page = self.page(&closing.database, &batch).map_err(|cause| self.draft.error(cause))?;
        self.draft.write(page.as_bytes())?;
        let path = self.draft.publish()?;
        if let Some(folder) = &self.folder {
            forget_others(folder, &batch).map_err(|cause| self.draft.error(cause))?;
        }
        Ok(path.map(|path| Artifact { kind: "html", path }))
    }
}

impl Html {
    fn page(&self, database: &Path, batch: &BatchId) -> io::Result<String> {
        let broken = |error: QueryError| io::Error::other(error.to_string());
        let reader = Reader::open(database).map_err(broken)?;
        let row = reader.batch(&Which::Prefix(batch.to_string())).map_err(broken)?;
        let mut past = Past::read(&reader, &row).map_err(broken)?;
        let mut details = Map::new();
        for (job, case) in (0..).map(JobId).zip(reader.case_runs(batch).map_err(broken)?) {
            // Of what passed at once there is nothing to explain, and there is most of it.
            if case.attempts < 2
                && matches!(case.verdict, Some(Verdict::Passed | Verdict::NotRun | Verdict::Skipped))
            {
                continue;
            }
            let failure = |attempt: u32| past.failures.remove(&(job, attempt));
            let detail = CaseDetail::read(&reader, job, case, failure).map_err(broken)?;
            let kept = self.kept(reader.place(), batch, &detail)?;
            let mut shown = json::case_in_full(&detail);
            shown["kept"] = kept;
            details.insert(job.0.to_string(), shown);
        }
        let snapshot: &str = &past.json();
        let data = format!("{{\"snapshot\":{snapshot},\"details\":{}}}", Value::from(details));
        Ok(assembled(&data))
    }

    /// What was kept of a case, by its number: a text, or where a picture is.
    fn kept(&self, place: &Place, batch: &BatchId, case: &CaseDetail) -> io::Result<Value> {
        let mut kept = Vec::new();
        for evidence in case.attempts.iter().flat_map(|attempt| &attempt.evidence) {
            let Some(path) = evidence.path.as_deref().and_then(inside) else {
                kept.push(Value::Null);
                continue;
            };
            let from = place.folder().join(path);
            kept.push(if evidence.kind == "screenshot" { self.picture(&from, batch)? } else { text(&from)? });
        }
        Ok(Value::from(kept))
    }

    fn picture(&self, from: &Path, batch: &BatchId) -> io::Result<Value> {
        match fs::metadata(from) {
            Ok(about) if about.len() <= LARGEST_PICTURE => {}
            Ok(_) => return Ok(Value::Null),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Value::Null),
            Err(error) => return Err(error),
        }
        let (Some(folder), Some(name)) = (&self.folder, from.file_name()) else {
            let bytes = base64::engine::general_purpose::STANDARD.encode(fs::read(from)?);
            return Ok(json!({ "picture": format!("data:image/png;base64,{bytes}") }));
        };
        let beside = beside(batch);
        fs::create_dir_all(folder.join(&beside))?;
        fs::copy(from, folder.join(&beside).join(name))?;
        Ok(json!({ "picture": format!("{beside}/{}", name.to_string_lossy()) }))
    }
}

/// A path that does not lead out of the folder of the record.
fn inside(path: &str) -> Option<&Path> {
    let path = Path::new(path);
    path.components().all(|part| matches!(part, Component::Normal(_))).then_some(path)
}

fn text(from: &Path) -> io::Result<Value> {
    use std::io::Read as _;
    let file = match fs::File::open(from) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Value::Null),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(LONGEST_TEXT).read_to_end(&mut bytes)?;
    Ok(json!({ "text": String::from_utf8_lossy(&bytes) }))
}

/// The folder of a batch's pictures, beside the page.
fn beside(batch: &BatchId) -> String {
    format!("evidence-{batch}")
}

/// The page is there: the pictures of the report that it replaced go.
fn forget_others(folder: &Path, batch: &BatchId) -> io::Result<()> {
    let own = beside(batch);
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("evidence-") && name != own && entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// The page with its scripts, its styles and its data in it. Nothing else may run in it, and nothing is loaded but
/// pictures that lie beside it.
fn assembled(data: &str) -> String {
    let scripts = [page::UPLOT_JS, page::TIMELINE_JS, page::DASHBOARD_JS];
    let styles = [page::UPLOT_CSS, page::DASHBOARD_CSS];
    let hashes = |all: &[&str]| {
        let hash = |text: &&str| {
            let digest = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text.as_bytes()));
            format!("'sha256-{digest}'")
        };
        all.iter().map(hash).collect::<Vec<_>>().join(" ")
    };
    let policy = format!(
        "default-src 'none'; script-src {}; style-src {}; img-src 'self' data: file:; base-uri 'none'; form-action 'none'",
        hashes(&scripts),
        hashes(&styles)
    );
    let mut head = format!("{OURS}\n  <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n");
    for style in styles {
        head.extend(["<style>", style, "</style>\n"]);
    }
    let mut end = format!("<script type=\"application/json\" id=\"embedded\">{}</script>\n", harmless(data));
    for script in scripts {
        end.extend(["<script>", script, "</script>\n"]);
    }
    // What the live view loads from its server stands between these two lines of the page.
    let (before, rest) = page::DASHBOARD.split_once("  <link rel=\"icon\"").unwrap_or((page::DASHBOARD, ""));
    let after = rest.split_once("</head>").map_or("", |(_, after)| after);
    let (body, foot) = after.split_once("</body>").unwrap_or((after, ""));
    [before, &head, "</head>", body, &end, "</body>", foot].concat()
}

/// JSON that cannot end the element that holds it, nor begin another one (HTML, 4.12.1.3).
fn harmless(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_holds_everything_and_its_policy_names_it() {
        let page = assembled("{\"snapshot\":{\"x\":\"</script><script>alert(1)</script>\"}}");
        assert!(page.contains(OURS) && page.contains("id=\"embedded\""));
        assert!(!page.contains("alert(1)</script>"), "the data cannot end its element");
        assert_eq!(page.matches("<script>").count(), 3);
        assert!(!page.contains("src=\"/") && !page.contains("href=\"/"), "nothing is asked of a server");
        for script in [page::UPLOT_JS, page::TIMELINE_JS, page::DASHBOARD_JS] {
            assert!(!script.contains("</script"), "it would end its own element");
        }
        for style in [page::UPLOT_CSS, page::DASHBOARD_CSS] {
            assert!(!style.contains("</style"));
        }
    }

    #[test]
    fn a_folder_of_somebody_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let target = |name: &str| Target::File(folder.path().join(name));
        fs::create_dir(folder.path().join("theirs")).unwrap();
        fs::write(folder.path().join("theirs/index.html"), "<title>Ours</title>").unwrap();
        let refused = Html::open("html".to_owned(), &target("theirs")).err().unwrap().to_string();
        assert!(refused.contains("something else than a report"), "{refused}");
        fs::create_dir(folder.path().join("empty")).unwrap();
        assert!(Html::open("html".to_owned(), &target("empty")).is_ok());
        fs::write(folder.path().join("empty/index.html"), assembled("{}")).unwrap();
        assert!(Html::open("html".to_owned(), &target("empty")).is_ok(), "an older one of ours is replaced");
    }

    #[test]
    fn evidence_lies_inside_of_the_record() {
        assert!(inside("evidence/a/1-1.png").is_some());
        assert!(["../x", "/etc/passwd", "evidence/../../x"].into_iter().all(|path| inside(path).is_none()));
    }
}
