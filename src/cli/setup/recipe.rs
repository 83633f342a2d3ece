//! What installs Chromium and its driver on a system: commands or advice. Runs nothing.

use std::process::{Command, Stdio};

/// What must be known of a system.
pub(super) struct System {
    /// What people call it.
    pub(super) name: String,
    /// How it installs packages.
    pub(super) kind: Kind,
    /// Whether this process may install them.
    pub(super) rights: Rights,
}

/// How a system installs packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Debian and what is made of it. Ubuntu's archive has Chromium only as a snap, which no driver of ours can use.
    Debian,
    /// Ubuntu.
    Ubuntu,
    /// macOS.
    MacOs,
    /// Anything else.
    Other,
}

/// Whether a process may install packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rights {
    /// It is root.
    Root,
    /// It may ask `sudo`.
    Sudo,
    /// It may not.
    None,
}

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Recipe {
    /// Commands, in order, each a program with its arguments.
    Run(Vec<Vec<String>>),
    /// What a person can do.
    Say(String),
}

/// Chrome for Testing, everywhere: <https://github.com/GoogleChromeLabs/chrome-for-testing>.
const BY_NPM: &str = "`npx @puppeteer/browsers install chrome-headless-shell` and `npx @puppeteer/browsers install \
                      chromedriver`, then name both in `[chrome]` of runner.toml";

impl System {
    /// This machine.
    pub(super) fn of_this_machine() -> Self {
        let rights = if rustix::process::geteuid().is_root() {
            Rights::Root
        } else if answers("sudo", "--version") {
            Rights::Sudo
        } else {
            Rights::None
        };
        if cfg!(target_os = "macos") {
            return Self { name: "macOS".to_owned(), kind: Kind::MacOs, rights };
        }
        let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
        Self { name: name(&release), kind: kind(&release), rights }
    }
}

fn answers(program: &str, argument: &str) -> bool {
    let mut command = Command::new(program);
    command.arg(argument).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// A value of os-release(5).
fn value<'a>(release: &'a str, key: &str) -> Option<&'a str> {
    let line = release.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
    Some(line.trim_matches(['"', '\'']))
}

fn name(release: &str) -> String {
    value(release, "PRETTY_NAME").or(value(release, "ID")).unwrap_or("this system").to_owned()
}

fn kind(release: &str) -> Kind {
    let is = |wanted: &str| {
        let words =
            ["ID", "ID_LIKE"].iter().filter_map(|key| value(release, key)).flat_map(str::split_whitespace);
        words.into_iter().any(|word| word == wanted)
    };
    match (is("ubuntu"), is("debian")) {
        (true, _) => Kind::Ubuntu,
        (_, true) => Kind::Debian,
        _ => Kind::Other,
    }
}

/// What to do on `system`.
pub(super) fn recipe(system: &System) -> Recipe {
    let packages = ["chromium", "chromium-driver", "chromium-headless-shell"];
    let install = [&["apt-get", "install", "--yes", "--no-install-recommends"][..], &packages[..]].concat();
    let update = vec!["apt-get", "update"];
    match (&system.kind, system.rights) {
        (Kind::Debian, Rights::None) => Recipe::Say(format!(
            "somebody with the rights to do it must run `apt-get install {}`",
            packages.join(" ")
        )),
        (Kind::Debian, rights) => {
            let sudo = if rights == Rights::Sudo { &["sudo"][..] } else { &[] };
            let command = |words: &[&str]| sudo.iter().chain(words).map(|&word| word.to_owned()).collect();
            Recipe::Run(vec![command(&update), command(&install)])
        }
        (Kind::MacOs, _) => Recipe::Say("run `brew install --cask chromium chromedriver`".to_owned()),
        (Kind::Ubuntu | Kind::Other, _) => Recipe::Say(format!("run {BY_NPM}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(release: &str, rights: Rights) -> String {
        let system = System { name: name(release), kind: kind(release), rights };
        match recipe(&system) {
            Recipe::Run(commands) => commands.iter().map(|it| it.join(" ")).collect::<Vec<_>>().join("; "),
            Recipe::Say(advice) => format!("{}: {advice}", system.name),
        }
    }

    #[test]
    fn debian_installs_packages_as_root_or_by_sudo() {
        let debian = "PRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\nID=debian\n";
        let install =
            "apt-get install --yes --no-install-recommends chromium chromium-driver chromium-headless-shell";
        assert_eq!(done(debian, Rights::Root), format!("apt-get update; {install}"));
        assert_eq!(done(debian, Rights::Sudo), format!("sudo apt-get update; sudo {install}"));
        assert!(
            done(debian, Rights::None).starts_with("Debian GNU/Linux 13 (trixie): somebody with the rights")
        );
        assert_eq!(done("ID=raspbian\nID_LIKE=debian\n", Rights::Root), format!("apt-get update; {install}"));
    }

    #[test]
    fn elsewhere_a_person_is_told_what_to_run() {
        assert!(
            done("ID=ubuntu\nID_LIKE=debian\n", Rights::Root)
                .starts_with("ubuntu: run `npx @puppeteer/browsers")
        );
        assert!(done("", Rights::Root).starts_with("this system: run `npx"));
    }
}
