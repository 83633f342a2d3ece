//! The switches a browser is started with, each with its reason.

use super::find::{Flavor, Mode};
use super::launch::LaunchOptions;
use std::path::Path;

/// What the machine is like, as far as switches depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Machine {
    /// Chromium's sandbox does not work as root.
    pub(super) root: bool,
    /// Size of /dev/shm; `None` where there is none to speak of.
    pub(super) shared_memory: Option<u64>,
}

/// Below this, large pages crash with shared memory in /dev/shm. Docker gives 64 MB.
const ENOUGH_SHARED_MEMORY: u64 = 256 << 20;

/// For every browser.
const ALWAYS: &[&str] = &[
    // No port: nobody else can reach the browser, and it ends itself when the runner is gone.
    "--remote-debugging-pipe",
    // `navigator.webdriver` is true, as the WebDriver standard demands.
    "--enable-automation",
    // First-run pages, questions and imports stand in the way of the first page.
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-search-engine-choice-screen",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-prompt-on-repost",
    // What browsers fetch for themselves costs time and makes runs differ: updates, lists, reports, sync, field trials.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-client-side-phishing-detection",
    "--disable-domain-reliability",
    "--disable-sync",
    "--disable-breakpad",
    "--metrics-recording-only",
    "--no-pings",
    "--no-service-autorun",
    "--disable-field-trial-config",
    // Pages of several slots are open at once and none of them is in the background.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    // A page that hangs is ours to judge, not for a dialog to ask about.
    "--disable-hang-monitor",
    // Windows that a page opens are allowed, as with every WebDriver.
    "--disable-popup-blocking",
    // Input right after a navigation counts.
    "--allow-pre-commit-input",
    // Screenshots look alike on all machines.
    "--force-color-profile=srgb",
    // No keyring of the desktop is asked for a password.
    "--password-store=basic",
    "--use-mock-keychain",
    // There is no first page: every page belongs to a slot.
    "--no-startup-window",
    // All frames of a page live in one target, so that one session reaches them all.
    "--disable-site-isolation-trials",
];

/// Features that are switched off.
const WITHOUT: &[&str] = &[
    // See `--disable-site-isolation-trials`.
    "IsolateOrigins",
    "site-per-process",
    // Bubbles over the page, and requests for them.
    "Translate",
    "OptimizationHints",
    "OptimizationGuideModelDownloading",
    // Looks for devices in the network; some systems ask whether it may.
    "MediaRouter",
    "DialMediaRouteProvider",
    // `http://` in a case means http.
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    // Keeps a page alive that was left, with its timers and its memory.
    "BackForwardCache",
    // A document of its own host for each navigation within a site. While it takes over, what the old document tells is
    // lost though it still gets input: nobody could know any more what that hit.
    "RenderDocument",
    // Goes on showing the old page while the new one loads, in screenshots, too.
    "PaintHolding",
];

/// Features that are switched on.
const WITH: &[&str] = &[
    // The network without a process of its own: 14 MiB less, and one hop less for each request.
    "NetworkServiceInProcess2",
];

/// For the headless shell, which draws without the graphics card: a process for drawing guards nothing there but costs
/// 14 MiB, with the zygote that it alone needs. WebGL goes on working.
const SHELL: &[&str] = &["--in-process-gpu", "--no-unsandboxed-zygote"];

/// Switches that are batchrun's own business.
const RESERVED: &[&str] = &[
    "--remote-debugging-port",
    "--remote-debugging-address",
    "--remote-debugging-pipe",
    "--user-data-dir",
    "--headless",
];

/// The first of the user's switches that cannot be given.
pub(super) fn reserved(args: &[String]) -> Option<&str> {
    args.iter().map(String::as_str).find(|arg| RESERVED.contains(&name(arg)))
}

fn name(arg: &str) -> &str {
    arg.split_once('=').map_or(arg, |(name, _)| name)
}

/// All switches, and what a person should know about them, once.
pub(super) fn all(
    options: &LaunchOptions,
    flavor: Flavor,
    machine: Machine,
    profile: &Path,
) -> (Vec<String>, Vec<String>) {
    let mut args: Vec<String> = ALWAYS.iter().map(|&arg| arg.to_owned()).collect();
    let mut notices = Vec::new();
    args.push(format!("--user-data-dir={}", profile.display()));
    args.push(format!("--window-size={},{}", options.viewport.width, options.viewport.height));
    if options.mode == Mode::Headless {
        // Nobody hears it, and scrollbars differ between systems.
        args.extend(["--mute-audio", "--hide-scrollbars"].map(str::to_owned));
        match flavor {
            Flavor::Full => args.push("--headless".to_owned()),
            Flavor::HeadlessShell => args.extend(SHELL.iter().map(|&arg| arg.to_owned())),
        }
    }
    if !options.args.iter().any(|arg| name(arg) == "--lang") {
        // Pages greet in the same language on every machine.
        args.push("--lang=en-US".to_owned());
    }
    if machine.root && !options.args.iter().any(|arg| name(arg) == "--no-sandbox") {
        args.push("--no-sandbox".to_owned());
        notices
            .push("running as root: the browser is started without its sandbox (`--no-sandbox`)".to_owned());
    }
    if let Some(size) = machine.shared_memory.filter(|&size| size < ENOUGH_SHARED_MEMORY) {
        args.push("--disable-dev-shm-usage".to_owned());
        notices.push(format!(
            "/dev/shm has only {} MiB: the browser is told not to use it (in Docker, `--shm-size=1g` gives more)",
            size >> 20
        ));
    }
    // Of a switch that is given twice the browser takes the last one, so lists of features are joined.
    let theirs = |list: &str| -> Vec<String> {
        let values = options.args.iter().filter_map(|arg| arg.strip_prefix(list));
        values.flat_map(|value| value.split(',')).filter(|it| !it.is_empty()).map(str::to_owned).collect()
    };
    // What is theirs wins over what is ours.
    let joined = |ours: &[&str], wanted: &[String], unwanted: &[String]| -> String {
        let ours = ours.iter().copied().filter(|it| !unwanted.iter().any(|not| not == it));
        ours.chain(wanted.iter().map(String::as_str)).collect::<Vec<_>>().join(",")
    };
    let (wanted, unwanted) = (theirs("--enable-features="), theirs("--disable-features="));
    args.push(format!("--enable-features={}", joined(WITH, &wanted, &unwanted)));
    args.push(format!("--disable-features={}", joined(WITHOUT, &unwanted, &wanted)));
    args.extend(
        options
            .args
            .iter()
            .filter(|arg| {
                !["--enable-features=", "--disable-features="].iter().any(|list| arg.starts_with(list))
            })
            .cloned(),
    );
    (args, notices)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOMY: Machine = Machine { root: false, shared_memory: Some(1 << 30) };

    fn options(args: &[&str]) -> LaunchOptions {
        LaunchOptions { args: args.iter().map(|&it| it.to_owned()).collect(), ..LaunchOptions::default() }
    }

    #[test]
    fn f25_little_shared_memory_is_avoided_and_said() {
        let docker = Machine { root: true, shared_memory: Some(64 << 20) };
        let (args, notices) = all(&options(&[]), Flavor::HeadlessShell, docker, Path::new("/p"));
        assert!(
            args.contains(&"--disable-dev-shm-usage".to_owned()) && args.contains(&"--no-sandbox".to_owned())
        );
        assert_eq!(
            notices,
            [
                "running as root: the browser is started without its sandbox (`--no-sandbox`)",
                "/dev/shm has only 64 MiB: the browser is told not to use it (in Docker, `--shm-size=1g` gives more)",
            ]
        );
        let (args, notices) = all(&options(&[]), Flavor::HeadlessShell, ROOMY, Path::new("/p"));
        assert!(!args.contains(&"--disable-dev-shm-usage".to_owned()) && notices.is_empty());
    }

    #[test]
    fn lists_of_features_are_joined_not_replaced() {
        let given = options(&["--disable-features=Mine", "--lang=de-DE", "--enable-features=Translate"]);
        let (args, _) = all(&given, Flavor::Full, ROOMY, Path::new("/p"));
        let lists: Vec<_> = args.iter().filter(|it| it.starts_with("--disable-features=")).collect();
        assert_eq!(lists.len(), 1);
        assert!(
            lists[0].contains("site-per-process")
                && lists[0].ends_with(",Mine")
                && !lists[0].contains("Translate")
        );
        assert!(
            args.contains(&"--enable-features=NetworkServiceInProcess2,Translate".to_owned()),
            "{args:?}"
        );
        assert_eq!(args.iter().filter(|it| it.starts_with("--lang=")).collect::<Vec<_>>(), ["--lang=de-DE"]);
        assert!(args.contains(&"--headless".to_owned()));
    }

    #[test]
    fn switches_of_our_own_are_refused() {
        let given = options(&["--lang=de", "--remote-debugging-port=9222"]);
        assert_eq!(reserved(&given.args), Some("--remote-debugging-port=9222"));
    }
}
