//! Past batches, seen through the same page: the API over the record, which it only reads.
//!
//! | request | answers |
//! |---|---|
//! | `GET /` | the overview: batches, cases, comparison |
//! | `GET /batch?id=BATCH` | the dashboard, of a batch that has run |
//! | `GET /api/batches?last=N` | the last batches, the latest first, as `history --format json` has them, without their settings |
//! | `GET /api/batches/BATCH` | the snapshot, as the live view has it |
//! | `GET /api/batches/BATCH/cases/JOB` | one case, as the live view has it; `…/evidence/N` what was kept of it |
//! | `GET /api/cases?last=N` | every case with how flaky it is and how long it takes, over its last N runs |
//! | `GET /api/cases/runs?id=ID` | the last runs of a case, the latest first |
//! | `GET /api/compare?after=BATCH&before=BATCH` | what is different; without `before`, from the last one with the same cases |

use super::guard::{self, Token, refuse};
use super::page;
use super::server::{self, CONNECTIONS};
use crate::id::{CaseId, JobId};
use crate::reporter::Past;
use crate::store::{QueryError, Reader, Which, differences, json};
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router, middleware};
use serde::Deserialize;
use serde_json::{Value, json};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// Runs of a case that figures are made of, unless something else is asked for.
const RUNS: u32 = 50;
/// Batches that are listed, unless something else is asked for.
const BATCHES: u32 = 100;

/// Where the record is, and what counts as load.
#[derive(Clone, Debug)]
pub struct Archive {
    /// The database.
    pub database: PathBuf,
    /// The use of the processors, in percent, beyond which a run was under load.
    pub busy: f64,
}

/// A server over a record; serves until its future is dropped.
pub struct Serving {
    address: SocketAddr,
    token: Token,
    listener: TcpListener,
    router: Router,
}

#[derive(Deserialize)]
struct Last {
    last: Option<u32>,
}

#[derive(Deserialize)]
struct OfCase {
    id: String,
    last: Option<u32>,
}

#[derive(Deserialize)]
struct Pair {
    /// One that has the same cases, if it is not given.
    before: Option<String>,
    after: String,
}

type Shared = State<Arc<Archive>>;

impl Archive {
    /// Prepares to serve on `listener`, which must not block.
    pub fn serve(self, listener: std::net::TcpListener) -> io::Result<Serving> {
        let listener = TcpListener::from_std(listener)?;
        let (address, token) = (listener.local_addr()?, Token::new());
        let router = Router::new()
            .route("/api/batches", get(batches))
            .route("/api/batches/{batch}", get(snapshot))
            .route("/api/batches/{batch}/cases/{job}", get(case))
            .route("/api/batches/{batch}/cases/{job}/evidence/{number}", get(evidence))
            .route("/api/cases", get(cases))
            .route("/api/cases/runs", get(runs))
            .route("/api/compare", get(compare))
            .with_state(Arc::new(self))
            .merge(page::archive_routes())
            .fallback(async || refuse(StatusCode::NOT_FOUND, "there is nothing here"))
            .layer(middleware::from_fn_with_state(token.clone(), guard::check));
        Ok(Serving { address, token, listener, router })
    }
}

impl Serving {
    /// Where the overview is, with its token.
    pub fn url(&self) -> String {
        format!("http://{}/#{}", self.address, self.token.expose())
    }

    /// Serves for ever.
    pub async fn run(self) {
        server::accept(self.listener, self.router, Arc::new(Semaphore::new(CONNECTIONS))).await;
    }
}

/// Reads on a thread that may wait.
async fn read<T: Send + 'static>(
    archive: Arc<Archive>,
    read: impl FnOnce(&Archive, &Reader) -> Result<T, QueryError> + Send + 'static,
) -> Result<T, Response> {
    let work = move || read(&archive, &Reader::open(&archive.database)?);
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(
            error @ (QueryError::NoBatch { .. } | QueryError::Ambiguous { .. } | QueryError::Missing { .. }),
        )) => Err(refuse(StatusCode::NOT_FOUND, &error.to_string())),
        Ok(Err(error)) => Err(refuse(StatusCode::SERVICE_UNAVAILABLE, &error.to_string())),
        Err(_) => Err(refuse(StatusCode::INTERNAL_SERVER_ERROR, "a bug in batchrun")),
    }
}

/// The same, answered as JSON.
async fn answer(
    archive: Arc<Archive>,
    work: impl FnOnce(&Archive, &Reader) -> Result<Value, QueryError> + Send + 'static,
) -> Response {
    read(archive, work).await.map_or_else(|refused| refused, |found| Json(found).into_response())
}

async fn batches(State(archive): Shared, Query(Last { last }): Query<Last>) -> Response {
    answer(archive, move |_, reader| {
        let batches = reader.batches(last.unwrap_or(BATCHES))?;
        Ok(json!({ "batches": batches.iter().map(json::batch_in_short).collect::<Vec<_>>() }))
    })
    .await
}

async fn snapshot(State(archive): Shared, Path(batch): Path<String>) -> Response {
    let told = read(archive, move |_, reader| {
        let batch = reader.batch(&Which::parse(&batch))?;
        Past::read(reader, &batch).map(|past| past.json())
    })
    .await;
    told.map_or_else(
        |refused| refused,
        |json| ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
    )
}

async fn case(State(archive): Shared, Path((batch, job)): Path<(String, u32)>) -> Response {
    let found = read(archive, move |_, reader| {
        let batch = reader.batch(&Which::parse(&batch))?;
        reader.case_detail(&batch.id, JobId(job))
    })
    .await;
    server::case_answer(found)
}

async fn evidence(
    State(archive): Shared,
    Path((batch, job, number)): Path<(String, u32, usize)>,
) -> Response {
    let database = archive.database.clone();
    let found = read(archive, move |_, reader| {
        let batch = reader.batch(&Which::parse(&batch))?;
        reader.case_detail(&batch.id, JobId(job))
    })
    .await;
    server::evidence_answer(&database, found, number).await
}

async fn cases(State(archive): Shared, Query(Last { last }): Query<Last>) -> Response {
    answer(archive, move |archive, reader| {
        let pasts = reader.pasts(last.unwrap_or(RUNS))?;
        let cases = pasts.iter().map(|past| {
            let verdicts: Vec<_> = past.runs.iter().take(20).map(|run| run.verdict).collect();
            let mut told = json::figures(past, archive.busy);
            told["case_id"] = json!(past.case);
            told["verdicts"] = json!(verdicts);
            told
        });
        Ok(json!({ "cases": cases.collect::<Vec<_>>() }))
    })
    .await
}

async fn runs(State(archive): Shared, Query(OfCase { id, last }): Query<OfCase>) -> Response {
    answer(archive, move |archive, reader| {
        let (case, last) = (CaseId::new(&id), last.unwrap_or(RUNS));
        let figures: Vec<_> =
            reader.past_of(&case, last)?.iter().map(|past| json::figures(past, archive.busy)).collect();
        let runs: Vec<Value> = reader
            .case_history(&case, last)?
            .iter()
            .map(|row| Ok(json::run(row, reader.job(row)?)))
            .collect::<Result<_, QueryError>>()?;
        Ok(json!({ "case_id": case, "figures": figures, "runs": runs }))
    })
    .await
}

async fn compare(State(archive): Shared, Query(Pair { before, after }): Query<Pair>) -> Response {
    answer(archive, move |_, reader| {
        let after = reader.batch(&Which::parse(&after))?;
        let before = match before {
            Some(before) => reader.batch(&Which::parse(&before))?,
            None => match reader.batch_to_compare_with(&after)? {
                Some(before) => before,
                None => after.clone(),
            },
        };
        let slots = [reader.slots(&before)?, reader.slots(&after)?];
        Ok(differences(&before, &after, slots, &reader.compare(&before, &after)?))
    })
    .await
}
