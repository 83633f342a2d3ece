//! The scripted driver: a WebDriver remote end without a browser, in a process of its own, on one thread. Every page
//! has every element at once. It reads no JSON, so that it is never what limits.

use crate::http::{self, Message};
use std::cell::RefCell;
use std::collections::HashSet;
use std::io::{self, Read as _, Write as _};
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};

/// A script longer than this brings the engine along.
const ENGINE_BYTES: usize = 8 * 1024;

/// What the driver was asked, in all.
#[derive(Default)]
struct Book {
    mode: Mode,
    requests: u64,
    made: u64,
    ended: u64,
    open: u64,
    most: u64,
    connections: u64,
    /// Sessions whose page has the engine.
    equipped: HashSet<String>,
    /// When new sessions were asked for.
    asked: Vec<Instant>,
    /// When sessions had been ended.
    left: Vec<Instant>,
}

/// What a driver is like.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mode {
    /// Whether a page lacks the engine until it is sent, as pages of real browsers do.
    pages_are_bare: bool,
    /// How long an answer takes on average; half of it at least, half as much again at most.
    pause: Duration,
}

impl Mode {
    /// `equipped`, `bare`, or the milliseconds that an answer takes on average.
    pub(crate) fn parse(word: &str) -> Self {
        let pause = Duration::from_millis(word.parse().unwrap_or(0));
        Self { pages_are_bare: word == "bare", pause }
    }
}

/// Serves until stdin ends. The first line of stdout is the address, the last one what it was asked, as JSON.
pub(crate) fn run(mode: Mode) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let book = Rc::new(RefCell::new(Book { mode, ..Book::default() }));
    let (closed, mut end) = tokio::sync::mpsc::channel::<()>(1);
    std::thread::spawn(move || {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        drop(closed);
    });
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        writeln!(io::stdout(), "http://{}/", listener.local_addr()?)?;
        loop {
            let stream = tokio::select! {
                accepted = listener.accept() => accepted?.0,
                _ = end.recv() => break,
            };
            stream.set_nodelay(true)?;
            book.borrow_mut().connections += 1;
            tokio::task::spawn_local(serve(stream, Rc::clone(&book)));
        }
        let book = book.borrow();
        let [median, high, highest] = book.handovers();
        writeln!(
            io::stdout(),
            r#"{{"requests":{},"connections":{},"sessions_made":{},"sessions_ended":{},"most_open":{},"handover_us":{{"p50":{median},"p99":{high},"max":{highest}}}}}"#,
            book.requests,
            book.connections,
            book.made,
            book.ended,
            book.most
        )
    })
}

/// Answers the requests of one connection until it is closed.
async fn serve(stream: TcpStream, book: Rc<RefCell<Book>>) {
    let mut buffer = Vec::with_capacity(16 * 1024);
    while let Ok(Some(request)) = http::receive(&stream, &mut buffer).await {
        let ends = request.first_line.starts_with("DELETE");
        let (answer, length) = (book.borrow_mut().answer(&request), request.length);
        buffer.drain(..length);
        let pause = book.borrow_mut().pause();
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        if http::send(&stream, answer.as_bytes()).await.is_err() {
            return;
        }
        if ends {
            book.borrow_mut().left.push(Instant::now());
        }
    }
}

impl Book {
    /// From the end of a session to the beginning of the one that took its place, in microseconds: the median, the 99th
    /// percentile and the longest.
    fn handovers(&self) -> [u128; 3] {
        let first = usize::try_from(self.most).unwrap_or(usize::MAX);
        let pairs = self.left.iter().zip(self.asked.iter().skip(first));
        let mut times: Vec<u128> =
            pairs.map(|(left, asked)| asked.saturating_duration_since(*left).as_micros()).collect();
        times.sort_unstable();
        [50, 99, 100].map(|part| {
            times.get((times.len() * part / 100).min(times.len().max(1) - 1)).copied().unwrap_or(0)
        })
    }

    /// How long the next answer takes. Pauses differ, as pages do: slots that all take the same time end together, and
    /// what is measured then is how long fifty of them wait for one another.
    fn pause(&mut self) -> Duration {
        // Knuth's multiplicative hash of the request's number: the same in every run.
        let spread = (self.requests.wrapping_mul(2_654_435_761) >> 8) % 1_000;
        self.mode.pause / 2 + self.mode.pause * u32::try_from(spread).unwrap_or(0) / 1_000
    }

    fn answer(&mut self, request: &Message) -> String {
        self.requests += 1;
        let mut words = request.first_line.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let mut parts = path.trim_matches('/').splitn(3, '/').skip(1);
        let (session, command) = (parts.next(), parts.next());
        match (method, session, command) {
            ("POST", None, _) => {
                self.made += 1;
                self.asked.push(Instant::now());
                self.open += 1;
                self.most = self.most.max(self.open);
                value(&format!(
                    r#"{{"sessionId":"s{}","capabilities":{{"browserName":"scripted","browserVersion":"1"}}}}"#,
                    self.made
                ))
            }
            ("DELETE", Some(session), None) => {
                self.ended += 1;
                self.open -= 1;
                self.equipped.remove(session);
                value("null")
            }
            ("POST", Some(session), Some("url")) => {
                self.equipped.remove(session);
                value("null")
            }
            ("POST", Some(session), Some("execute/async")) => {
                if self.mode.pages_are_bare && !self.equipped.contains(session) {
                    if request.body.len() < ENGINE_BYTES {
                        return value("null");
                    }
                    self.equipped.insert(session.to_owned());
                }
                script(request.body)
            }
            ("GET", None, _) => value(r#"{"ready":true,"message":""}"#),
            _ => value("null"),
        }
    }
}

/// What the engine in a page would answer on which everything is there.
fn script(body: &str) -> String {
    const ELEMENT: &str = r#"{"token":"e","description":"<button>","point":[5.0,5.0],"rect":[0.0,0.0,10.0,10.0],"offset":[0.0,0.0],"foreign":false,"frame":false}"#;
    // What is asked stands at the end, behind the script.
    let op = body.rfind(r#""op":""#).map_or("", |at| &body[at + 6..]);
    let answer = match op.split('"').next() {
        Some("landed") => r#""hit""#,
        Some("read") => r#""text""#,
        Some("document") => {
            r#"{"url":"http://shop.test/","title":"Shop","ready_state":"complete","status":200}"#
        }
        _ => "null",
    };
    value(&format!(
        r#"[{{"ok":true,"document":"d","element":{ELEMENT},"value":{answer}}},{{"element-6066-11e4-a52e-4f735466cecf":"e"}}]"#
    ))
}

fn value(json: &str) -> String {
    let length = json.len() + r#"{"value":}"#.len();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: {length}\r\n\r\n{{\"value\":{json}}}"
    )
}
