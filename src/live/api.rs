//! What a run takes as wishes, over its own socket and over the live server: the same requests, told apart in the record
//! by who asks.

use crate::control::{Command, Limit, Stop};
use crate::reporter::{Board, Standing};
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
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
    /// Sends a wish. A batch that is ending takes none any more.
    async fn wish(&self, wish: impl FnOnce(String) -> Command) {
        let _ = self.commands.send(wish(self.who.to_owned())).await;
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

async fn concurrency(State(steer): State<Steer>, Json(wanted): Json<Wanted>) -> Json<serde_json::Value> {
    steer.wish(|why| Command::Concurrency { limit: wanted.limit, why }).await;
    done()
}

async fn pause(State(steer): State<Steer>) -> Json<serde_json::Value> {
    steer.wish(|why| Command::Pause { why }).await;
    done()
}

async fn resume(State(steer): State<Steer>) -> Json<serde_json::Value> {
    steer.wish(|why| Command::Resume { why }).await;
    done()
}

async fn cancel(State(steer): State<Steer>) -> Json<serde_json::Value> {
    steer.wish(|why| Command::Stop { how: Stop::Grace, why }).await;
    done()
}

fn done() -> Json<serde_json::Value> {
    Json(serde_json::json!({}))
}
