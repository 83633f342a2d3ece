//! The list of all settings, from which both stages are made: a [`Layer`] as one place writes it, and the resolved
//! [`Settings`] with the origin of each value.

use super::address::Address;
use super::browser::{Browser, BrowserArguments, Browsers};
use super::concurrency::Concurrency;
use super::duration::{Pause, TimeLimit};
use super::endpoint::Endpoints;
use super::evidence::{Keep, Trace};
use super::names::{AttributeName, VariableNames};
use super::notify::{NotifyCommand, NotifyOn, Webhook};
use super::order::Order;
use super::origin::{Origin, Sourced};
use super::overrides::Override;
use super::pressure::{Percent, Size};
use super::project::Project;
use super::reading::{Given, Reading};
use super::retries::Retries;
use super::secret::Secrets;
use super::server::Servers;
use super::setting::{FilePath, Program, Setting};
use super::share::Shares;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $field:ident $key:literal: $type:ty = $default:expr;)+) => {
        /// Settings as one place writes them.
        #[derive(Clone, Debug, Default)]
        pub struct Layer {
            $($(#[doc = $doc])+ pub $field: Option<Sourced<$type>>,)+
            /// Variables for cases.
            pub vars: BTreeMap<String, Sourced<Value>>,
        }

        impl Layer {
            /// Every key, with dots where it stands in a table, in the order in which they are shown.
            pub const KEYS: &'static [&'static str] = &[$($key),+];

            /// Every key with its schema and what it means.
            pub(super) fn schemas() -> Vec<(&'static str, Value, &'static str)> {
                vec![$(($key, <$type as Setting>::schema(), concat!($($doc),+).trim())),+]
            }

            /// Reads the value of one of the keys.
            pub(super) fn put(&mut self, key: &str, given: &Given<'_>, reading: &mut Reading<'_>) {
                match key {
                    $($key => {
                        let origin = (reading.origin)(&reading.source, given.span().into());
                        if let Some(value) = <$type as Setting>::read(given, reading) {
                            self.$field = Some(Sourced { value, origin });
                        }
                    })+
                    _ => {}
                }
            }
        }

        /// Every setting with its value and where that comes from.
        #[derive(Clone)]
        pub struct Settings {
            /// The project.
            pub project: Project,
            $($(#[doc = $doc])+ pub $field: Sourced<$type>,)+
            /// Variables for cases, from runner.toml and `--var`.
            pub vars: BTreeMap<String, Sourced<Value>>,
            /// Settings for some cases; the later one wins.
            pub overrides: Vec<Override>,
            /// The values behind `${env.X}`: the names that `env` allows, as far as they are set.
            pub environment: BTreeMap<String, String>,
            /// The values behind `${secret.X}`.
            pub secrets: Secrets,
        }

        impl Settings {
            /// Takes each value from the first layer that has it. `layers` begins with the one that wins.
            pub(super) fn resolve(project: Project, layers: &[Layer], overrides: Vec<Override>) -> Self {
                let mut vars = BTreeMap::new();
                for layer in layers.iter().rev() {
                    vars.extend(layer.vars.clone());
                }
                Self {
                    $($field: layers
                        .iter()
                        .find_map(|layer| layer.$field.clone())
                        .unwrap_or_else(|| {
                            let default: fn(&Path) -> $type = $default;
                            Sourced::default(default(&project.root))
                        }),)+
                    vars,
                    overrides,
                    environment: BTreeMap::new(),
                    secrets: Secrets::default(),
                    project,
                }
            }

            /// Every setting by its key, in the order of [`Layer::KEYS`], then the variables.
            pub fn entries(&self) -> Vec<Entry<'_>> {
                let mut entries = vec![
                    $(Entry { key: $key.to_owned(), value: self.$field.value.show(), origin: &self.$field.origin },)+
                ];
                entries.extend(self.vars.iter().map(|(name, sourced)| Entry {
                    key: format!("vars.{name}"),
                    value: sourced.value.clone(),
                    origin: &sourced.origin,
                }));
                entries
            }
        }
    };
}

settings! {
    /// What relative URLs are joined to; by default the first server's URL.
    base_url "base_url": Option<Address> = |_| None;
    /// How many cases run at once.
    concurrency "concurrency": Concurrency = |_| Concurrency::DEFAULT;
    /// In which order cases of the same priority start: `smart`, `file`, `random`, `random:SEED`, `longest`, `failed`.
    order "order": Order = |_| Order::Smart;
    /// The browsers that every case runs in.
    browsers "browser": Browsers = |_| Browsers::new([Browser::Chrome]);
    /// Whether browsers show no window.
    headless "headless": bool = |_| true;
    /// Limit for one attempt.
    timeout "timeout": TimeLimit = |_| TimeLimit::seconds(60);
    /// Default limit for one step.
    step_timeout "step_timeout": TimeLimit = |_| TimeLimit::seconds(10);
    /// Limit for the whole batch.
    batch_timeout "batch_timeout": Option<TimeLimit> = |_| None;
    /// How long running cases may go on after the first Ctrl-C.
    grace "grace": Pause = |_| Pause::seconds(10);
    /// From which time on a case is called slow.
    slow_after "slow_after": Option<TimeLimit> = |_| None;
    /// Further attempts after a failed one.
    retries "retries": Retries = |_| Retries::new(0);
    /// Further attempts after one that the infrastructure broke.
    infra_retries "infra_retries": Retries = |_| Retries::new(2);
    /// Whether a flaky case fails the batch.
    fail_on_flaky "fail_on_flaky": bool = |_| false;
    /// The database file.
    database "database": FilePath = |root| FilePath::new(root, ".batchrun/batchrun.db");
    /// Names of environment variables that cases may read.
    env "env": VariableNames = |_| VariableNames::default();
    /// The attribute that `testid=` looks at.
    test_id_attribute "test_id_attribute": AttributeName = |_| AttributeName::usual();
    /// What is started before the cases and stopped after them.
    servers "server": Servers = |_| Servers::default();
    /// The browser's program.
    chrome_binary "chrome.binary": Option<Program> = |_| None;
    /// The driver's program.
    chrome_driver "chrome.driver": Option<Program> = |_| None;
    /// Further arguments for the browser; without any, `--lang=en-US`.
    chrome_args "chrome.args": BrowserArguments = |_| BrowserArguments::default();
    /// WebDriver endpoints elsewhere.
    endpoints "endpoint": Endpoints = |_| Endpoints::default();
    /// What cases must not all have at once.
    shares "share": Shares = |_| Shares::default();
    /// Use of the processors, in percent, from which on nothing more is started (with `auto` or `A..B`), and a run counts
    /// as under load.
    pressure_cpu "pressure.cpu": Percent = |_| Percent::of(85);
    /// Memory that stays free.
    pressure_memory_free "pressure.memory_free": Size = |_| Size::mebibytes(500);
    /// Share of the time in which something waits for memory, in percent (PSI `some avg10`).
    pressure_some_avg10 "pressure.some_avg10": Percent = |_| Percent::of(40);
    /// When a screenshot is kept.
    evidence_screenshot "evidence.screenshot": Keep = |_| Keep::OnFailure;
    /// When the page's source is kept.
    evidence_source "evidence.source": Keep = |_| Keep::OnFailure;
    /// When the page's console is kept.
    evidence_console "evidence.console": Keep = |_| Keep::OnFailure;
    /// Of which attempts a trace is kept: what each step saw and did.
    evidence_trace "evidence.trace": Trace = |_| Trace::Off;
    /// Environment variables that hold secrets.
    secrets_env "secrets.env": VariableNames = |_| VariableNames::default();
    /// A TOML file of secrets.
    secrets_file "secrets.file": Option<FilePath> = |_| None;
    /// A program and its arguments that is told of the batch's end, by JSON on its standard input; no shell.
    notify_command "notify.command": Option<NotifyCommand> = |_| None;
    /// A URL that is told, by a POST of the same JSON.
    notify_webhook "notify.webhook": Option<Webhook> = |_| None;
    /// When they are told: at the `end`, also of the `first-failure` at once, or at the end only of a `failure`.
    notify_on "notify.on": NotifyOn = |_| NotifyOn::End;
}

/// One setting as it is shown.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// Its key, with dots.
    pub key: String,
    /// Its value; null where there is none.
    pub value: Value,
    /// Where that comes from.
    pub origin: &'a Origin,
}
