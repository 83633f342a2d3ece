//! How soon the pages of ten thousand cases are there, and how soon a filter has found: in a headless Chromium, in the live
//! view of a batch that runs, over its record, and in its report.

use crate::cdp::{Browser, Page};
use crate::process::{Driver, measure};
use crate::{CASES, batchrun, project, recorded};
use serde_json::{Value, json};
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;

/// Completes once there is a row: when something was painted first, and when the first row was there, in milliseconds since
/// the page was asked for.
const OPENED: &str = "new Promise(done => {
    const look = () => {
        const paint = performance.getEntriesByName('first-contentful-paint')[0];
        if (!paint || !document.querySelector('#rows .row')) { requestAnimationFrame(look); return; }
        done({ paint_ms: paint.startTime, rows_ms: performance.now() });
    };
    look();
})";

/// Completes once all cases are in the list: a run tells of them one by one when it begins.
const LISTED: &str = "new Promise(done => {
    const look = () => {
        const shown = document.querySelector('#shown')?.textContent ?? '';
        if (shown.startsWith('10000 ')) done(0); else setTimeout(look, 50);
    };
    look();
})";

/// Types five words into the filter: how long until the page has drawn what it has found, in milliseconds, the median and the
/// longest.
const FILTERED: &str = "(async () => {
    const filter = document.querySelector('#filter');
    const times = [];
    for (const word of ['0123', '0456', 'orders-07', '9', '0123']) {
        const began = performance.now();
        filter.value = word;
        filter.dispatchEvent(new Event('input', { bubbles: true }));
        await new Promise(done => requestAnimationFrame(() => {
            const drawn = new MessageChannel();
            drawn.port1.onmessage = done;
            drawn.port2.postMessage(0);
        }));
        times.push(performance.now() - began);
    }
    times.sort((one, other) => one - other);
    return { filter_ms: times[2], filter_longest_ms: times[4], shown: document.querySelector('#shown').textContent };
})()";

/// The three pages of one batch, each opened so many times.
pub(crate) fn run(rounds: usize, keep: &mut impl FnMut(Value)) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let browser = Browser::start();
    for _ in 0..rounds {
        let folder = recorded()?;

        let record = Server::start(batchrun(folder.path()).arg("serve"))?;
        keep(runtime.block_on(look(&browser, "page_serve", &record.batch(&last_batch(folder.path())?))));
        drop(record);

        let report = folder.path().join("report.html");
        let mut command = batchrun(folder.path());
        command.args(["report", "--report", "html=report.html"]);
        measure(&mut command, &folder.path().join("report.txt"), || Ok(()))?;
        keep(runtime.block_on(look(&browser, "page_report", &format!("file://{}", report.display()))));

        // Forty milliseconds an answer: some 150 cases and 1,500 events a second.
        let driver = Driver::start("40")?;
        let folder = tempfile::tempdir()?;
        project::write(folder.path(), CASES[2], &driver.url)?;
        let mut command = batchrun(folder.path());
        command.args(["--concurrency", "50", "--progress", "none", "--live"]);
        let batch = Server::start(&mut command)?;
        runtime.block_on(all_listed(&browser, &batch.url));
        keep(runtime.block_on(look(&browser, "page_live", &batch.url)));
        drop(batch);
    }
    Ok(())
}

async fn all_listed(browser: &Browser, url: &str) {
    let mut page = browser.page().await;
    page.send("Page.navigate", json!({ "url": url })).await;
    evaluate(&mut page, LISTED).await;
    page.send("Page.navigate", json!({ "url": "about:blank" })).await;
}

/// Opens a page in a tab of its own, and filters it.
async fn look(browser: &Browser, kind: &str, url: &str) -> Value {
    let mut page = browser.page().await;
    page.send("Page.navigate", json!({ "url": url })).await;
    let opened = evaluate(&mut page, OPENED).await;
    let filtered = evaluate(&mut page, FILTERED).await;
    let mut run = json!({ "kind": kind, "cases": CASES[2] });
    for told in [opened, filtered] {
        for (name, value) in told.as_object().into_iter().flatten() {
            run[name] = value.clone();
        }
    }
    // A run that has gone is looked for again.
    page.send("Page.navigate", json!({ "url": "about:blank" })).await;
    run
}

async fn evaluate(page: &mut Page, expression: &str) -> Value {
    let parameters = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
    page.send("Runtime.evaluate", parameters).await["result"]["value"].take()
}

/// The id of the newest batch.
fn last_batch(folder: &Path) -> io::Result<String> {
    let shown = batchrun(folder).args(["show", "--format", "json"]).output()?;
    let shown: Value = serde_json::from_slice(&shown.stdout)?;
    shown["batch"]["id"]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| io::Error::other(format!("no batch: {shown}")))
}

/// A `batchrun` that serves pages, ended with its value.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(command: &mut Command) -> io::Result<Self> {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let (told, urls) = mpsc::channel();
        // One of them has the address. Both are read to their end, so that no full pipe stops it.
        let outputs: [Option<Box<dyn Read + Send>>; 2] = [
            child.stdout.take().map(|it| Box::new(it) as _),
            child.stderr.take().map(|it| Box::new(it) as _),
        ];
        for output in outputs.into_iter().flatten() {
            let told = told.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    let url = line.split_whitespace().find(|word| word.contains("/#"));
                    let _ = url.map(|url| told.send(url.to_owned()));
                }
            });
        }
        drop(told);
        let url = urls.recv().map_err(|_| io::Error::other("it ended without an address"))?;
        Ok(Self { child, url })
    }

    /// The page of a batch.
    fn batch(&self, id: &str) -> String {
        self.url.replacen("/#", &format!("/batch?id={id}#"), 1)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
