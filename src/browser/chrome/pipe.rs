//! The debugging pipe of a browser: commands and their answers, events by session. JSON messages, each ended by NUL.
//!
//! Knows nothing of targets and contexts. One task reads, one writes; nothing here waits for a slow listener.

use super::error::CdpError;
use super::framing::{id_at_start, read, write};
use super::message::{Answer, ErrorObject, Message, Outgoing, raw, too_large};
use crate::deadline::Deadline;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::unix::pipe;
use tokio::sync::{mpsc, oneshot, watch};

/// Where the events of a session go.
pub(super) trait Listener: Send + Sync {
    /// Takes an event. `text` is the whole message. Called in the order in which the browser sent them; must not block.
    fn event(&self, session: &str, message: &Message<'_>, text: &str);
}

/// What a command brought: its result, or the browser's error object.
pub(super) type Asked = Result<Box<RawValue>, Box<RawValue>>;

/// What becomes of an answer. Called once; must not block.
type OnAnswer = Box<dyn FnOnce(Answer<'_>) + Send>;

/// The pipe. Clones share it.
#[derive(Clone)]
pub(super) struct Pipe {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    /// Unbounded, since every sender waits for its answer before it sends the next few.
    outgoing: mpsc::UnboundedSender<String>,
    next_id: AtomicU64,
    commands: AtomicU64,
    closed: watch::Receiver<bool>,
}

#[derive(Default)]
struct State {
    waiting: HashMap<u64, OnAnswer>,
    listeners: HashMap<String, Arc<dyn Listener>>,
    closed: bool,
}

impl fmt::Debug for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipe").field("commands", &self.commands()).finish_non_exhaustive()
    }
}

impl Pipe {
    /// Speaks through the two pipes whose other ends the browser has as descriptors 3 and 4.
    pub(super) fn new(to_browser: pipe::Sender, from_browser: pipe::Receiver) -> Self {
        let (outgoing, queue) = mpsc::unbounded_channel();
        let (close, closed) = watch::channel(false);
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            outgoing,
            next_id: AtomicU64::new(1),
            commands: AtomicU64::new(0),
            closed,
        });
        tokio::spawn(write(to_browser, queue));
        // The reading task must not keep the pipe open: the browser ends when nobody holds it any more.
        let weak = Arc::downgrade(&shared);
        tokio::spawn(async move {
            read(from_browser, |text, size| {
                if let Some(shared) = weak.upgrade() {
                    shared.receive(text, size);
                }
            })
            .await;
            if let Some(shared) = weak.upgrade() {
                shared.close();
            }
            close.send_replace(true);
        });
        Self { shared }
    }

    /// Sends a command and gives its answer to `on_answer`.
    pub(super) fn send(
        &self,
        session: Option<&str>,
        method: &str,
        params: Option<&RawValue>,
        on_answer: OnAnswer,
    ) {
        let id = self.shared.next_id.fetch_add(1, Ordering::Relaxed);
        {
            let mut state = self.shared.lock();
            if state.closed {
                drop(state);
                return on_answer(Answer::Closed);
            }
            state.waiting.insert(id, on_answer);
        }
        self.shared.commands.fetch_add(1, Ordering::Relaxed);
        tracing::trace!(target: "batchrun::pipe", command = method);
        let text =
            Outgoing { id: Some(id), method: Some(method), params, session, ..Outgoing::default() }.text();
        // When the writing task is gone the reading one is about to notice, and answers whoever waits.
        let _ = self.shared.outgoing.send(text);
    }

    /// Sends a command at once; its answer, unread, comes to the receiver. A browser that is gone drops it.
    pub(super) fn ask(&self, session: &str, method: &str, params: &RawValue) -> oneshot::Receiver<Asked> {
        let (answered, answer) = oneshot::channel();
        let on_answer = move |answer: Answer<'_>| {
            let asked = match answer {
                Answer::Result(result) => Ok(result.to_owned()),
                Answer::Error(error) => Err(error.to_owned()),
                Answer::TooLarge(bytes) => Err(too_large(bytes)),
                Answer::Closed => return,
            };
            // Whoever does not wait any more does not need it.
            let _ = answered.send(asked);
        };
        self.send(Some(session), method, Some(params), Box::new(on_answer));
        answer
    }

    /// Sends a command whose answer is of no interest.
    pub(super) fn tell(&self, session: Option<&str>, method: &str, params: &impl Serialize) {
        self.send(session, method, Some(&raw(params)), Box::new(|_| {}));
    }

    /// Sends a command and waits for its result.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        session: Option<&str>,
        method: &str,
        params: &impl Serialize,
        deadline: Deadline,
    ) -> Result<T, CdpError> {
        let (answered, answer) = oneshot::channel();
        let name = method.to_owned();
        let on_answer = move |answer: Answer<'_>| drop(answered.send(take(name, answer)));
        self.send(session, method, Some(&raw(params)), Box::new(on_answer));
        let method = || method.to_owned();
        let answer =
            deadline.bound(answer).await.map_err(|missed| CdpError::Missed { method: method(), missed })?;
        let text = answer.map_err(|_| CdpError::Closed { method: method() })??;
        serde_json::from_str(text.get())
            .map_err(|error| CdpError::Unexpected { method: method(), message: error.to_string() })
    }

    /// Gives the events of a session to `listener` from now on.
    pub(super) fn listen(&self, session: &str, listener: Arc<dyn Listener>) {
        self.shared.lock().listeners.insert(session.to_owned(), listener);
    }

    /// Stops giving anybody the events of a session.
    pub(super) fn unlisten(&self, session: &str) {
        let listener = self.shared.lock().listeners.remove(session);
        // Dropped without the lock: a listener may do more than that when it goes.
        drop(listener);
    }

    /// Commands sent so far, by whomever.
    pub(super) fn commands(&self) -> u64 {
        self.shared.commands.load(Ordering::Relaxed)
    }

    /// Completes when the browser's end is closed.
    pub(super) async fn closed(&self) {
        let mut closed = self.shared.closed.clone();
        let _ = closed.wait_for(|closed| *closed).await;
    }
}

fn take(method: String, answer: Answer<'_>) -> Result<Box<RawValue>, CdpError> {
    match answer {
        Answer::Result(result) => Ok(result.to_owned()),
        Answer::Error(error) => {
            let message = serde_json::from_str::<ErrorObject>(error.get())
                .map_or_else(|_| error.get().chars().take(200).collect(), |error| error.message);
            Err(CdpError::Refused { method, message })
        }
        Answer::TooLarge(bytes) => Err(CdpError::TooLarge { method, bytes }),
        Answer::Closed => Err(CdpError::Closed { method }),
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // The maps hold whole values at any time.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a message, or only the beginning of one that is too large.
    fn receive(&self, text: &[u8], size: usize) {
        if size > text.len() {
            if let Some(on_answer) = id_at_start(text).and_then(|id| self.lock().waiting.remove(&id)) {
                on_answer(Answer::TooLarge(size));
            }
            return;
        }
        let Ok(text) = str::from_utf8(text) else { return };
        let Ok(message) = serde_json::from_str::<Message<'_>>(text) else {
            tracing::warn!(size, "a message of the browser is not of the protocol");
            return;
        };
        if let Some(id) = message.id {
            let Some(on_answer) = self.lock().waiting.remove(&id) else { return };
            match (message.result, message.error) {
                (_, Some(error)) => on_answer(Answer::Error(error)),
                (Some(result), None) => on_answer(Answer::Result(result)),
                (None, None) => on_answer(Answer::Result(&raw(&serde_json::Map::new()))),
            }
        } else if let Some(session) = message.session {
            let listener = self.lock().listeners.get(session).cloned();
            if let Some(listener) = listener {
                listener.event(session, &message, text);
            }
        }
    }

    fn close(&self) {
        let (waiting, listeners) = {
            let mut state = self.lock();
            state.closed = true;
            (std::mem::take(&mut state.waiting), std::mem::take(&mut state.listeners))
        };
        drop(listeners);
        for (_, on_answer) in waiting {
            on_answer(Answer::Closed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// A browser that does what a test says, at the other ends of the pipes.
    fn pair() -> (Pipe, pipe::Sender, pipe::Receiver) {
        let (to_browser, commands) = pipe::pipe().unwrap();
        let (answers, from_browser) = pipe::pipe().unwrap();
        (Pipe::new(to_browser, from_browser), answers, commands)
    }

    async fn next(commands: &mut pipe::Receiver) -> Value {
        let mut text = Vec::new();
        loop {
            match commands.read_u8().await.unwrap() {
                0 => return serde_json::from_slice(&text).unwrap(),
                byte => text.push(byte),
            }
        }
    }

    #[tokio::test]
    async fn answers_find_their_commands_in_any_order() {
        let (pipe, mut answers, mut commands) = pair();
        let deadline = Deadline::after("test", Duration::from_secs(10));
        let (first, second) = (pipe.clone(), pipe.clone());
        let first = async { first.call::<Value>(None, "A.one", &json!({}), deadline).await };
        let second = async { second.call::<Value>(Some("S"), "A.two", &json!({"x": 1}), deadline).await };
        let browser = async {
            assert_eq!(next(&mut commands).await, json!({"id": 1, "method": "A.one", "params": {}}));
            let two = next(&mut commands).await;
            assert_eq!(two, json!({"id": 2, "method": "A.two", "params": {"x": 1}, "sessionId": "S"}));
            answers
                .write_all(b"{\"id\":2,\"error\":{\"code\":-1,\"message\":\"no\"}}\0{\"id\":1,")
                .await
                .unwrap();
            answers.write_all(b"\"result\":{\"y\":2}}\0").await.unwrap();
        };
        let (first, second, ()) = tokio::join!(first, second, browser);
        assert_eq!(first.unwrap(), json!({"y": 2}));
        assert_eq!(second.unwrap_err().to_string(), "the browser refuses `A.two`: no");
        assert_eq!(pipe.commands(), 2);
    }

    #[tokio::test]
    async fn f35_a_huge_answer_is_refused_and_the_next_one_arrives() {
        let (pipe, mut answers, mut commands) = pair();
        let deadline = Deadline::after("test", Duration::from_secs(60));
        let browser = async {
            next(&mut commands).await;
            answers.write_all(b"{\"id\":1,\"result\":\"").await.unwrap();
            let chunk = vec![b'x'; 1 << 20];
            for _ in 0..65 {
                answers.write_all(&chunk).await.unwrap();
            }
            answers.write_all(b"\"}\0").await.unwrap();
            next(&mut commands).await;
            answers.write_all(b"{\"id\":2,\"result\":true}\0").await.unwrap();
        };
        let calls = async {
            let error = pipe.call::<Value>(None, "A.big", &json!({}), deadline).await.unwrap_err();
            let expected = "the answer to `A.big` has 65 MiB, more than the 64 MiB that are accepted";
            assert_eq!(error.to_string(), expected);
            assert!(pipe.call::<bool>(None, "A.next", &json!({}), deadline).await.unwrap());
        };
        tokio::join!(calls, browser);
    }

    #[tokio::test]
    async fn f27_whoever_waits_is_told_when_the_browser_goes() {
        let (pipe, answers, mut commands) = pair();
        let deadline = Deadline::after("test", Duration::from_secs(10));
        let call = async { pipe.call::<Value>(None, "A.one", &json!({}), deadline).await };
        let browser = async {
            next(&mut commands).await;
            drop(answers);
        };
        let (result, ()) = tokio::join!(call, browser);
        assert_eq!(result.unwrap_err().to_string(), "the browser was gone before it answered `A.one`");
        pipe.closed().await;
        let error = pipe.call::<Value>(None, "A.two", &json!({}), deadline).await.unwrap_err();
        assert!(matches!(error, CdpError::Closed { .. }));
    }

    #[tokio::test(start_paused = true)]
    async fn silence_misses_the_deadline_by_name() {
        let (pipe, _answers, _commands) = pair();
        let deadline = Deadline::after("step timeout", Duration::from_secs(10));
        let error = pipe.call::<Value>(None, "A.one", &json!({}), deadline).await.unwrap_err();
        assert_eq!(error.to_string(), "`A.one`: step timeout of 10s missed");
    }
}
