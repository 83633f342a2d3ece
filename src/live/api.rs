//! What a run takes as wishes, over its own socket and over the live server: the same requests, told apart in the record
//! by who asks.

use super::guard::refuse;
use crate::control::{Command, Limit, Stop};
use crate::reporter::{Board, Standing};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::sync::mpsc;

/// How a run is steered, and what it is at.
#[derive(Clone, Debug)]
pub struct Steer {
    /// Where wishes go.
    pub commands: mpsc::Sender<Command>,
    /// What the batch is at.
    pub board: Board,
    /// Who asks, as the record names it.
    pub who: &'static str,
}

/// What `POST /api/concurrency` takes.
#[derive(Debug, Serialize, Deserialize)]
pub struct Wanted {
    /// How many.
    pub limit: Limit,
}

/// What holds after a wish: how many slots there are, and why nothing is started, for now or any more.
#[derive(Debug, Serialize, Deserialize)]
pub struct Holding {
    /// Slots.
    pub limit: u32,
    /// Why nothing is started for now.
    pub paused: Option<String>,
    /// Why nothing is started any more.
    pub stopping: Option<String>,
}

/// How long a wish is waited for until it holds, so that whoever asks next finds it so. What was wished for before the
/// first case holds later.
const TAKES_HOLD: Duration = Duration::from_secs(2);

impl Steer {
    /// Sends a wish, waits until it holds, and answers what does.
    async fn wish(&self, wish: Command, holds: impl FnMut(&Standing) -> bool) -> Response {
        if self.commands.send(wish).await.is_err() {
            return refuse(StatusCode::CONFLICT, "the batch is over: it takes no wishes any more");
        }
        let _ = tokio::time::timeout(TAKES_HOLD, self.board.until(holds)).await;
        let Standing { limit, paused, stopping, .. } = self.board.standing();
        Json(Holding { limit, paused, stopping }).into_response()
    }

    fn why(&self) -> String {
        self.who.to_owned()
    }
}

/// The requests that change something.
pub(super) fn steering(steer: Steer) -> Router {
    Router::new()
        .route("/api/concurrency", post(concurrency))
        .route("/api/pause", post(pause))
        .route("/api/resume", post(resume))
        .route("/api/cancel", post(cancel))
        .with_state(steer)
}

/// What the run's own socket takes: the same, and `GET /api/batch`, which answers what the batch is at without its cases.
pub fn in_short(steer: Steer) -> Router {
    Router::new().route("/api/batch", get(standing)).with_state(steer.clone()).merge(steering(steer))
}

async fn standing(State(steer): State<Steer>) -> Json<Standing> {
    Json(steer.board.standing())
}

async fn concurrency(State(steer): State<Steer>, body: Bytes) -> Response {
    let wanted = match serde_json::from_slice(&body) {
        Ok(Wanted { limit }) => limit,
        Err(error) => {
            let is_json = error.is_data();
            let status = if is_json { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::BAD_REQUEST };
            return refuse(status, &format!("the body must be like `{{\"limit\": 8}}`: {error}"));
        }
    };
    let to = wanted.fixed(steer.board.standing().limit);
    let holds = move |it: &Standing| match (to, wanted) {
        (Some(to), _) => it.limit == to,
        (None, Limit::Within { lowest, highest }) => (lowest..=highest).contains(&it.limit),
        (None, _) => true,
    };
    let wish = Command::Concurrency { limit: wanted, why: steer.why() };
    steer.wish(wish, holds).await
}

async fn pause(State(steer): State<Steer>) -> Response {
    steer.wish(Command::Pause { why: steer.why() }, |it| it.paused.is_some() || it.stopping.is_some()).await
}

async fn resume(State(steer): State<Steer>) -> Response {
    steer.wish(Command::Resume { why: steer.why() }, |it| it.paused.is_none()).await
}

async fn cancel(State(steer): State<Steer>) -> Response {
    steer.wish(Command::Stop { how: Stop::Grace, why: steer.why() }, |it| it.stopping.is_some()).await
}
