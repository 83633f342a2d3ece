//! # How batchrun is built
//!
//! This page is the architecture; the README is for users.
//!
//! ```text
//! paths ─ case::load ─▶ cases ─ plan ─▶ Plan{jobs} ─▶ runner ─▶ attempt ─▶ step::run(case, &mut dyn Page)
//!                                                      │  ▲                       │
//!                signals ─── control::Command ─────────┘  └── what ended, and how ┘
//!                                                      │
//!                                                      ▼ Event (one enum, owned, Serialize), in seq order
//!                              store: SQLite ─ commit ─▶ reporters: log · junit · json · jsonl · trace · … · terminal · live
//! ```
//!
//! ## Words
//!
//! A *case* is a test case as written, a *job* a case with one data row in one browser, an *attempt* one try of a job,
//! a *slot* a place in the concurrency limit, a *page* what steps act on, a *lease* a page lent to an attempt, a
//! *batch* one invocation, a *reporter* a consumer of events, the *record* the database.
//!
//! ## Decisions
//!
//! - **One owner of run state.** [`runner::dispatcher`] only names what happened; [`runner::core`] decides, as a plain
//!   synchronous structure without clock or runtime; the dispatcher performs. The permits of the semaphore are taken
//!   without waiting: they are what makes running more than N impossible, the core is what makes it unnecessary.
//! - **One concept keeps jobs apart.** Locks, groups with a limit, accounts to borrow and kindness to a host are all
//!   *shares* ([`plan::Share`]); the core takes everything a job needs at once, so that nobody waits while holding. Jobs
//!   with equal demands wait in one line, so a decision looks at lines, not at jobs. Who is overtaken for too long gets
//!   what it needs kept free.
//! - **The machine and the past are inputs.** [`load`] looks at the machine four times a second, and the core's governor
//!   answers with another limit and the reason for it: plain values, tested against machines that are made up. What the
//!   database remembers of a case ([`history::Past`]) decides about its place in the plan and its shard before anything
//!   starts; nothing asks the database while cases run.
//! - **A queue is not spent on what cannot work.** After two outbreaks of infrastructure errors with nothing that got
//!   through between them, the core starts one attempt at a time, with growing pauses, until one gets through.
//! - **A batch can go on.** Every event is a fact that adds to a fold ([`event::tally`]), so a batch that is resumed is
//!   the same stream with more at its end: the record hands the events so far to the same folds and reporters, and what
//!   `batch_resumed` opens again ([`outcome::Verdict::is_resumed`]) runs under its old number.
//! - **Failed is not errored.** [`outcome::FailureKind`] knows the two apart; [`browser::page::Fault`] says of every
//!   operation whether the page or what lies below it is to blame; at a missed deadline the browser itself is asked.
//! - **One browser for all slots, a context for each attempt.** Every slot has a WebDriver session of its own, attached
//!   to a *gate* ([`browser::chrome`]): a loopback `DevTools` endpoint that shows it its own contexts only. Without it
//!   chromedriver attaches to every page of every slot, and one that hangs stops them all.
//! - **Pages are prepared ahead.** Most of a fresh page is its renderer's start, so [`browser::local`] has one session
//!   more than slots; each is run by a keeper that prepares, lends, disposes and prepares again while attempts are
//!   announced.
//! - **The context is the unit of custody.** A deadline that is missed disposes of the context, which frees a stuck
//!   driver command in milliseconds; only if that fails browser and driver are replaced.
//! - **One question, one native act.** [`browser::engine`] resolves, waits and checks inside the page, in an isolated
//!   world where the driver has one, and answers an envelope that says what stood in the way; then one native command
//!   acts. Operations of a passing step: `expect` 1, `fill` 2, `goto` 2, `click` 3. In local Chromium what belongs
//!   together goes through the driver as one vendor command of the gate, which carries it out in stages beside the
//!   browser: `expect` 1, `fill` 1, `goto` 2, `click` 2 round trips (`tests/traffic.rs` counts).
//! - **Input is watched where it lands.** Between look and act the page can change, so the engine listens, before the
//!   page's own listeners, to what presses, keys and text hit. What would hit something else is swallowed, what got lost
//!   is done again, what hit is never done twice: it is told at once, since its document may be gone before anybody
//!   asks. What an act leads to is waited for ([`browser::page::Page::arrive`]): the next step is about that page.
//!   `tests/hard_pages` tries every act on every hard page, under load.
//! - **The engine is there before the page's own scripts.** The gate has the browser put it into the isolated world of
//!   every new document and listens to the news of these worlds; a document is asked without looking for one first.
//! - **Two driver paths behind [`browser::page::Page`].** Local Chromium by the vendor command `goog/cdp/execute`, any
//!   other remote end by the standard commands; both through [`browser::webdriver::wire`], which gives every call a
//!   deadline.
//! - **Recording never breaks a run, and a verdict is shown only after it is recorded.** [`store`] has one thread that
//!   commits what queued meanwhile and then tells the reporters; slots never wait for it.
//! - **Who looks never slows what runs.** The live view is a reporter like the others, and may come later: the record then
//!   tells it what was before. Every event is serialised once into one queue of a fixed length; clients read from it at
//!   their own pace, and one that falls behind its end gets a snapshot. There is no queue for a client.
//! - **One page for what runs and what has run.** The dashboard's scripts ask a *source* (`reporter/page/source.js`): a run
//!   that pushes events, a server over the record, or the page itself, which then is the HTML report. All three begin with
//!   the same snapshot ([`reporter::Picture`]), so that none can show what another does not. A report's cases lie in
//!   elements of their own, written one by one and parsed when they are opened.
//! - **Who films keeps nobody waiting who need not.** The trace of an attempt ([`config::Trace`]) is filmed past the driver:
//!   the browser sends a small picture when it has drawn a change, a script in the page notes in which frames it draws what
//!   it changes, both the DOM and those are asked for at the end of a step, and few wait for a picture. Which one shows what
//!   a step left is found out afterwards, from the times of frames and pictures. Until the camera films a page is waited for
//!   once, and before each act until what is there is being drawn. Where a guess will not do there is a wait until there
//!   surely is a picture of the last change: at the end, when a step has failed, before a page is left by `goto` and its
//!   like, and before a sensitive step.
//! - **Nothing outlives a batch.** [`custody`] is the parent of every process it starts, and outlives its runner's
//!   kill -9 just long enough.
//! - **A case takes memory while it runs.** There may be ten thousand, so [`plan`] holds of each what deciding needs, and
//!   [`case::Library`] reads it again, from the text that was loaded, when its attempt starts. What has ended leaves
//!   nothing behind but counts; reports keep theirs on the disk until they are written.
//! - **Texts are untrusted until a sink made them harmless** ([`text::Untrusted`]) and masked where events are made
//!   ([`mask`]).
//! - **The case format is one table** ([`case`]): parsing, errors, schema and reference come from it.
//!
//! ## Floors
//!
//! A module may use modules of strictly lower floors only; `tests/floors.rs` reads every `use crate::…` and says so.
//!
//! | floor | modules |
//! |---|---|
//! | 7 | `cli`: arguments, wiring, exit codes (clap and anyhow only here) |
//! | 6 | `runner`: who starts when, who stops · `live`: what is seen of it meanwhile |
//! | 5 | `step`: the interpreter · `reporter`: the witnesses (indicatif only in its `terminal`) |
//! | 4 | `browser` (fantoccini only in its `webdriver`) · `store` (rusqlite only here) · `plan` · `serve` |
//! | 3 | `case` · `config` · `event`, with its tally and the trait of reporters |
//! | 2½ | `filter` |
//! | 2 | `custody` · `load` · `history` |
//! | 1 | `diagnostic` · `outcome` · `control` · `deadline` |
//! | 0 | `text` · `id` · `source` · `mask` · `memory` · `shelf` · `suggestion` · `duration` · `random` |

pub mod browser;
pub mod case;
pub mod cli;
pub mod config;
pub mod control;
pub mod custody;
pub mod deadline;
pub mod diagnostic;
pub mod duration;
pub mod event;
pub mod filter;
pub mod history;
pub mod id;
pub mod live;
pub mod load;
pub mod mask;
pub mod memory;
pub mod outcome;
pub mod plan;
pub mod random;
pub mod reporter;
pub mod runner;
pub mod serve;
pub mod shelf;
pub mod source;
pub mod step;
pub mod store;
pub mod suggestion;
pub mod text;
