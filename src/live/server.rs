//! The server: accepts connections, each for one request, and knows how many there may be. What is slow costs a client
//! its connection and the run nothing.

use super::api::{Steer, steering};
use super::feed::Feed;
use super::guard::{self, Token, refuse};
use super::{page, socket};
use crate::id::{BatchId, JobId};
use crate::store::{CaseDetail, Files, QueryError, Reader, json};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Extension, Router, middleware};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};

/// Connections at a time.
pub(super) const CONNECTIONS: usize = 64;

/// `WebSocket`s among them.
pub(super) const SOCKETS: usize = 16;

/// How long a client may take to say what it wants.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a request may take in all; a `WebSocket` has rules of its own.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// How long clients have, once the batch is over, to take what they have not seen.
const FAREWELL: Duration = Duration::from_secs(2);

/// How long answers have that are under way then: whoever has asked for nothing yet is not waited for long.
const LAST_ANSWERS: Duration = Duration::from_millis(200);

/// What is kept of evidence in memory while it is sent: more than any screenshot has.
const LARGEST_EVIDENCE: u64 = 64 << 20;

/// Where the record of the batch is.
#[derive(Clone, Debug)]
pub struct Record {
    /// The database.
    pub database: PathBuf,
    /// The batch.
    pub batch: BatchId,
}

/// What requests are answered from.
#[derive(Clone)]
pub(super) struct Site {
    pub(super) token: Token,
    pub(super) feed: Feed,
    pub(super) sockets: Arc<Semaphore>,
    room: Arc<Semaphore>,
    record: Arc<Record>,
}

/// The live view of a batch. Ends with its value; [`Live::close`] lets clients see the end.
pub struct Live {
    address: SocketAddr,
    site: Site,
    task: JoinHandle<()>,
}

impl Live {
    /// Serves on `listener`, which must not block.
    pub fn start(
        listener: std::net::TcpListener,
        feed: Feed,
        steer: Steer,
        record: Record,
    ) -> io::Result<Self> {
        let listener = TcpListener::from_std(listener)?;
        let address = listener.local_addr()?;
        let sockets = Arc::new(Semaphore::new(SOCKETS));
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        let site = Site { token: Token::new(), feed, sockets, room, record: Arc::new(record) };
        let router = Router::new()
            .route("/api/batch", get(batch))
            .route("/api/events", get(socket::events))
            .route("/api/cases/{job}", get(case))
            .route("/api/cases/{job}/evidence/{number}", get(evidence))
            .with_state(site.clone())
            .merge(steering(steer))
            .merge(page::routes())
            .fallback(async || refuse(StatusCode::NOT_FOUND, "there is nothing here"))
            .layer(middleware::from_fn_with_state(site.token.clone(), guard::check));
        let task = tokio::spawn(accept(listener, router, Arc::clone(&site.room)));
        Ok(Self { address, site, task })
    }

    /// Where the dashboard is, with its token.
    pub fn url(&self) -> String {
        format!("http://{}/#{}", self.address, self.site.token.expose())
    }

    /// The address that it listens at.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until every client has all events of a batch that is over, for a moment, and ends.
    pub async fn close(self) {
        let all = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let _ = tokio::time::timeout(FAREWELL, self.site.sockets.acquire_many(all(SOCKETS))).await;
        let _ = tokio::time::timeout(LAST_ANSWERS, self.site.room.acquire_many(all(CONNECTIONS))).await;
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Accepts connections until it is aborted; open ones end with it.
pub(super) async fn accept(listener: TcpListener, router: Router, room: Arc<Semaphore>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, perhaps: accepting again at once would only spin.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        // Without room the connection is closed by being dropped.
        let Ok(permit) = Arc::clone(&room).try_acquire_owned() else { continue };
        let router = router.clone();
        connections.spawn(async move {
            // A client that goes away in the middle is nobody's trouble.
            let _ = serve(stream, router, Arc::new(permit)).await;
        });
    }
}

/// What a connection holds for as long as it is open, as a WebSocket, too.
pub(super) type Held = Arc<tokio::sync::OwnedSemaphorePermit>;

async fn serve(stream: TcpStream, router: Router, held: Held) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let own = stream.local_addr()?;
    let service = TowerToHyperService::new(router.layer(Extension(own)).layer(Extension(held)));
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(16 << 10)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let _ = tokio::time::timeout(REQUEST_TIMEOUT, connection).await;
    Ok(())
}

async fn batch(State(site): State<Site>) -> Response {
    // With ten thousand cases it takes a moment, which slots must not wait for.
    let snapshot = tokio::task::spawn_blocking(move || site.feed.snapshot().1).await;
    match snapshot {
        Ok(json) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Err(_) => refuse(StatusCode::INTERNAL_SERVER_ERROR, "a bug in batchrun"),
    }
}

async fn case(State(site): State<Site>, Path(job): Path<u32>) -> Response {
    case_answer(detail(site, job).await)
}

async fn evidence(State(site): State<Site>, Path((job, number)): Path<(u32, usize)>) -> Response {
    let record = Arc::clone(&site.record);
    evidence_answer(&record.database, detail(site, job).await, number).await
}

/// Reads what there is of a case.
async fn detail(site: Site, job: u32) -> Result<Option<CaseDetail>, Response> {
    let record = Arc::clone(&site.record);
    let read = move || Reader::open(&record.database)?.case_detail(&record.batch, JobId(job));
    let read: Result<Option<CaseDetail>, QueryError> = match tokio::task::spawn_blocking(read).await {
        Ok(read) => read,
        Err(_) => return Err(refuse(StatusCode::INTERNAL_SERVER_ERROR, "a bug in batchrun")),
    };
    read.map_err(|error| refuse(StatusCode::SERVICE_UNAVAILABLE, &error.to_string()))
}

/// A case as it was found, or why not.
pub(super) fn case_answer(found: Result<Option<CaseDetail>, Response>) -> Response {
    match found {
        Ok(Some(case)) => axum::Json(json::case_in_full(&case)).into_response(),
        Ok(None) => refuse(StatusCode::NOT_FOUND, "the batch has no such case"),
        Err(refused) => refused,
    }
}

/// The `number`th thing that was kept of a case, from 0. Paths of evidence are relative to the folder of `database`.
pub(super) async fn evidence_answer(
    database: &FilePath,
    found: Result<Option<CaseDetail>, Response>,
    number: usize,
) -> Response {
    let case = match found {
        Ok(Some(case)) => case,
        Ok(None) => return refuse(StatusCode::NOT_FOUND, "the batch has no such case"),
        Err(refused) => return refused,
    };
    // Nothing of the request gets into the path: it is one that batchrun made.
    let kept = case.attempts.iter().flat_map(|attempt| &attempt.evidence).nth(number);
    let Some((kind, path)) = kept.and_then(|kept| Some((kept.kind.as_str(), kept.path.as_ref()?))) else {
        return refuse(StatusCode::NOT_FOUND, "there is no such evidence");
    };
    let folder = database.parent().unwrap_or(FilePath::new("")).to_owned();
    let (named, batch) = (path.clone(), case.row.batch_id.clone());
    let read = tokio::task::spawn_blocking(move || read_evidence(&folder, &batch, &named)).await;
    let bytes = match read.unwrap_or_else(|error| Err(io::Error::other(error))) {
        Ok(bytes) => bytes,
        Err(error) => return not_read(&error),
    };
    let kind = match kind {
        "screenshot" => "image/png",
        "trace" => "application/json",
        _ => "text/plain; charset=utf-8",
    };
    ([(header::CONTENT_TYPE, kind)], Body::from(bytes)).into_response()
}

fn read_evidence(folder: &FilePath, batch: &BatchId, path: &str) -> io::Result<Vec<u8>> {
    let (mut file, size) = Files::of(folder, batch).open(path)?;
    if size > LARGEST_EVIDENCE {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn not_read(error: &io::Error) -> Response {
    match error.kind() {
        io::ErrorKind::FileTooLarge => refuse(StatusCode::PAYLOAD_TOO_LARGE, "it is too large to be shown"),
        io::ErrorKind::NotFound => refuse(StatusCode::NOT_FOUND, "the file is gone"),
        _ => refuse(StatusCode::NOT_FOUND, "the file cannot be read, or is no evidence of the batch"),
    }
}
