//! What a run takes as wishes, over its own socket and over the live server: the same requests, told apart in the record
//! by who asks.

use super::guard::refuse;
use crate::control::{Command, Limit, Stop};
use crate::reporter::{Board, Standing};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;
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

impl Steer {
    /// Sends a wish, and answers whether the batch takes any.
    async fn wish(&self, wish: impl FnOnce(String) -> Command) -> Response {
        match self.commands.send(wish(self.who.to_owned())).await {
            Ok(()) => Json(json!({})).into_response(),
            Err(_) => refuse(StatusCode::CONFLICT, "the batch is over: it takes no wishes any more"),
        }
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

async fn concurrency(State(steer): State<Steer>, Json(wanted): Json<Wanted>) -> Response {
    steer.wish(|why| Command::Concurrency { limit: wanted.limit, why }).await
}

async fn pause(State(steer): State<Steer>) -> Response {
    steer.wish(|why| Command::Pause { why }).await
}

async fn resume(State(steer): State<Steer>) -> Response {
    steer.wish(|why| Command::Resume { why }).await
}

async fn cancel(State(steer): State<Steer>) -> Response {
    steer.wish(|why| Command::Stop { how: Stop::Grace, why }).await
}
