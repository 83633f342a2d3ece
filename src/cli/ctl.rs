//! `ctl`: asks a batch that runs, or changes how it goes on, over its socket.

use super::arguments::{CtlArguments, Format, Wish};
use super::console::Console;
use super::failure::Failure;
use super::prepare;
use super::run::Shown;
use crate::diagnostic::Diagnostic;
use crate::live::{Holding, Wanted};
use crate::outcome::ExitCode;
use crate::reporter::Standing;
use crate::store::{self, Place, RunningBatch};
use crate::text::{Untrusted, counted};
use anyhow::{Context as _, bail};
use hyper::body::Incoming;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::Path;
use std::time::Duration;
use tokio::net::UnixStream;

/// How long a run may take to answer: it only has to look at a value.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks or tells the batch that is meant.
pub(crate) fn run(arguments: &CtlArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    let (batch, wish) = arguments.wish().map_err(Failure::input)?;
    let environment = prepare::environment()?;
    let settings = prepare::settings(&arguments.print.project, None, None, &environment, console)?;
    let place = Place::of(settings.database.value.as_path())
        .context("the database's folder cannot be found")
        .map_err(usage)?;
    let running = store::running_batches(&place.run());
    let Some(socket) = meant(&running, batch)? else {
        console.say("no batch runs here");
        return Ok(ExitCode::NothingSelected);
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime cannot be started")
        .map_err(|error| Failure::Other(ExitCode::Bug, error))?;
    let answered = runtime.block_on(async { tokio::time::timeout(PATIENCE, ask(&socket, wish)).await });
    let answer = answered.context("the run does not answer").and_then(|answer| answer).map_err(usage)?;
    match (answer, arguments.print.format.format) {
        (Answer::Holding(holding), Format::Text) => console.say(&line(&holding)),
        (Answer::Holding(holding), Format::Json) => console.json(&serde_json::json!(holding))?,
        (Answer::Standing(standing), Format::Text) => console.data(&format!("{}\n", standing.text()))?,
        (Answer::Standing(standing), Format::Json) => console.json(&serde_json::json!(standing))?,
        (Answer::Shown(shown), Format::Text) => {
            console.data(&format!("{}\n", super::listening::reachable(&shown.url)))?;
        }
        (Answer::Shown(shown), Format::Json) => console.json(&serde_json::json!(shown))?,
    }
    Ok(ExitCode::Success)
}

fn usage(error: anyhow::Error) -> Failure {
    Failure::Other(ExitCode::Usage, error)
}

/// The socket of the batch that is meant; `None`: nothing runs.
fn meant(running: &[RunningBatch], batch: Option<&str>) -> Result<Option<std::path::PathBuf>, Failure> {
    let known = || {
        let ids: Vec<_> = running.iter().map(|it| format!("`{}`", it.batch)).collect();
        format!("running: {}", ids.join(", "))
    };
    let refused = |what: String| Failure::Input(vec![Diagnostic::error(what).help(known())]);
    let found: Vec<_> = running
        .iter()
        .filter(|it| batch.is_none_or(|batch| batch == "last" || it.batch.as_str().starts_with(batch)))
        .collect();
    match (found.as_slice(), batch) {
        ([], _) if running.is_empty() => Ok(None),
        ([], batch) => Err(refused(format!("no batch `{}` runs here", batch.unwrap_or_default()))),
        ([.., last], Some("last")) | ([last], _) => match &last.socket {
            Some(socket) => Ok(Some(socket.clone())),
            None => {
                Err(Failure::input(format!("batch `{}` cannot be reached yet: it is starting", last.batch)))
            }
        },
        (_, None) => Err(refused("several batches run here: name one".to_owned())),
        (_, Some(batch)) => Err(refused(format!("`{batch}` is the beginning of several"))),
    }
}

/// What a run answers to what it does not do.
#[derive(Deserialize)]
struct Refused {
    error: String,
}

/// `8 slots, paused`
fn line(holding: &Holding) -> String {
    let slots = counted(holding.limit, "slot");
    match (&holding.stopping, &holding.paused) {
        (Some(_), _) => "stopping".to_owned(),
        (None, Some(_)) => format!("{slots}, paused"),
        (None, None) => slots,
    }
}

/// What a run answers.
enum Answer {
    Holding(Holding),
    Standing(Standing),
    Shown(Shown),
}

/// One request.
async fn ask(socket: &Path, wish: Wish) -> anyhow::Result<Answer> {
    let (path, body) = match wish {
        Wish::Status => {
            let answer = send(socket, Method::GET, "/api/batch", String::new()).await?;
            return read(answer).await.map(Answer::Standing);
        }
        Wish::Live => {
            let answer = send(socket, Method::POST, "/api/live", String::new()).await?;
            return read(answer).await.map(Answer::Shown);
        }
        Wish::Concurrency(limit) => ("/api/concurrency", serde_json::to_string(&Wanted { limit })?),
        Wish::Pause => ("/api/pause", String::new()),
        Wish::Resume => ("/api/resume", String::new()),
        Wish::Cancel => ("/api/cancel", String::new()),
    };
    read(send(socket, Method::POST, path, body).await?).await.map(Answer::Holding)
}

async fn read<T: DeserializeOwned>(answer: Response<Incoming>) -> anyhow::Result<T> {
    let bytes = axum::body::to_bytes(axum::body::Body::new(answer.into_body()), usize::MAX).await?;
    serde_json::from_slice(&bytes).context("the answer cannot be read")
}

async fn send(socket: &Path, method: Method, path: &str, body: String) -> anyhow::Result<Response<Incoming>> {
    let stream = UnixStream::connect(socket).await.context("the run cannot be reached")?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // It ends with the request.
    tokio::spawn(connection);
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost")
        .header("content-type", "application/json")
        .body(body)?;
    let answer = sender.send_request(request).await?;
    let status = answer.status();
    if !status.is_success() {
        let refused: Option<Refused> = read(answer).await.ok();
        match refused {
            Some(Refused { error }) => bail!("the run refuses it: {}", Untrusted::from(error).line()),
            None => bail!("the run refuses it with status {status}"),
        }
    }
    Ok(answer)
}
