//! A run that is killed with SIGKILL has recorded what it has shown.

use super::super::{Reader, Store, Which};
use super::{folder, many, one, start, told};
use crate::event::Event;
use crate::event::story::BATCH;
use crate::id::BatchId;
use crate::outcome::{BatchStatus, Verdict};
use rusqlite::Connection;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const CHILD: &str = "BATCHRUN_TEST_RECORDER_CHILD";

/// Ended with its test, however that ends.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Records without end and prints each verdict that it is shown.
fn child(path: &Path) {
    let printing = told(|event| {
        if let Event::CaseFinished(finished) = &event.event {
            let line = format!("\nshown {}\n", finished.job.0);
            io::stdout().write_all(line.as_bytes()).and_then(|()| io::stdout().flush()).unwrap();
        }
    });
    let recorder = start(Store::open(path).unwrap(), BATCH, vec![printing]);
    for stamped in many(BATCH, 3000).events() {
        recorder.send(stamped.event);
        if stamped.seq > 3000 && stamped.seq % 40 == 0 {
            recorder.barrier().blocking_recv().unwrap();
        }
    }
    // Until the parent kills it, or is gone.
    let _ = io::stdin().read_to_end(&mut Vec::new());
}

#[test]
fn f05_f06_a_run_that_is_killed_has_recorded_all_that_it_has_shown() {
    if let Some(path) = std::env::var_os(CHILD) {
        return child(Path::new(&path));
    }
    for kill_after in [1, 40, 333] {
        let (_folder, path) = folder();
        let mut killed = Killed(
            Command::new(std::env::current_exe().unwrap())
                .args([
                    "--exact",
                    "--nocapture",
                    "store::tests::killed::f05_f06_a_run_that_is_killed_has_recorded_all_that_it_has_shown",
                ])
                .env(CHILD, &path)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap(),
        );
        let lines = BufReader::new(killed.0.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut shown = Vec::new();
        for line in lines {
            let Some(job) = line.strip_prefix("shown ") else { continue };
            shown.push(job.parse::<usize>().unwrap());
            if shown.len() == kill_after {
                killed.0.kill().unwrap();
            }
        }
        assert!(shown.len() >= kill_after);
        killed.0.wait().unwrap();

        let reader = Reader::open(&path).unwrap();
        let batch = reader.batch(&Which::Last).unwrap();
        assert_eq!(batch.status, BatchStatus::Aborted, "as readers show it");
        let runs = reader.case_runs(&batch.id).unwrap();
        assert!(shown.iter().all(|job| runs[*job].verdict == Some(Verdict::Passed)));
        assert_eq!(batch.passed as usize, runs.iter().filter(|run| run.verdict.is_some()).count());
        let next =
            Store::open(&path).unwrap().begin(&BatchId::from_stored("20270102-040000-aaaaaaaa")).unwrap();
        assert_eq!(next.aborted, [BatchId::from_stored(BATCH)]);
        let connection = Connection::open(&path).unwrap();
        assert_eq!(
            one(
                &connection,
                "SELECT count(*) FROM batch WHERE status = 'aborted' AND finished_at IS NOT NULL"
            ),
            1
        );
        assert_eq!(
            one(&connection, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"),
            1
        );
    }
}
