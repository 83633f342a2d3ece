//! Custody with processes that misbehave: each test leaves nothing behind, whoever dies.

use super::*;
use std::io::{Read, Write};
use std::time::Duration;

/// A script that leaves a `setsid` grandchild behind, says its pid on the log, and goes on.
const SCRIPT: &str = "setsid sh -c 'echo $$; exec sleep 1000' & exec sleep 1000";

fn script(text: &str) -> Spawn {
    Spawn::new(Kind::Browser, "/bin/sh").args(["-c", text])
}

/// Starts a script and returns the first line that it prints.
async fn start(custody: &Custody, mut spawn: Spawn) -> (Process, String) {
    let (writer, reader) = tokio::net::unix::pipe::pipe().unwrap();
    spawn.log = Some(writer.into_blocking_fd().unwrap());
    let process = custody.spawn(spawn).await.unwrap();
    let mut line = String::new();
    let mut lines = tokio::io::BufReader::new(reader);
    tokio::io::AsyncBufReadExt::read_line(&mut lines, &mut line).await.unwrap();
    (process, line.trim().to_owned())
}

fn alive(pid: impl std::fmt::Display) -> bool {
    // A zombie is dead; it only waits for its parent to notice.
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit_once(") ").unwrap().1.starts_with('Z'))
}

#[tokio::test]
async fn a_child_gets_what_it_was_given_and_its_end_is_told() {
    let custody = Custody::start().await.unwrap();
    let mut spawn = script("read line <&3; echo \"$line $NAME $PWD\"; exit 7");
    let (mut log, writer) = std::io::pipe().unwrap();
    let (reader, mut to_child) = std::io::pipe().unwrap();
    spawn.log = Some(writer.into());
    spawn.fds.push((reader.into(), 3));
    spawn.env.push(("NAME".into(), Some("value".into())));
    spawn.cwd = Some("/usr".into());
    let process = custody.spawn(spawn).await.unwrap();
    to_child.write_all(b"hello\n").unwrap();
    assert_eq!(process.exited().await, Exit::Code(7));
    let mut text = String::new();
    log.read_to_string(&mut text).unwrap();
    assert_eq!(text, "hello value /usr\n");
    assert_eq!(custody.finish().await, Leftovers::default());
}

#[tokio::test]
async fn a_program_that_is_not_there_is_refused() {
    let custody = Custody::start().await.unwrap();
    let error = custody.spawn(Spawn::new(Kind::Driver, "/nowhere/driver")).await.unwrap_err();
    assert_eq!(error.to_string(), "No such file or directory (os error 2)");
    assert_eq!(custody.finish().await.count(), 0);
}

#[tokio::test]
async fn ending_a_process_ends_its_group() {
    let custody = Custody::start().await.unwrap();
    let (process, inner) = start(&custody, script("sleep 1000 & echo $!; wait")).await;
    assert!(alive(&inner));
    assert_eq!(process.end(Duration::ZERO).await, Some(Exit::Signal(9)));
    assert!(!alive(process.pid()));
    assert_eq!(custody.finish().await.count(), 0);
    assert!(!alive(&inner));
}

#[tokio::test]
async fn what_a_dead_wrapper_leaves_in_its_group_ends_with_it() {
    let custody = Custody::start().await.unwrap();
    let (wrapper, browser) = start(&custody, script("sleep 1000 & echo $!; exit 0")).await;
    assert_eq!(wrapper.exited().await, Exit::Code(0));
    assert_eq!(custody.finish().await.count(), 0);
    assert!(!alive(browser));
}

#[tokio::test]
async fn asking_first_lets_a_server_end_by_itself() {
    let custody = Custody::start().await.unwrap();
    let polite = "exec 2>/dev/null; trap 'exit 5' TERM; echo ready; while :; do sleep 0.01; done";
    let (process, _) = start(&custody, script(polite)).await;
    assert_eq!(process.end(Duration::from_secs(20)).await, Some(Exit::Code(5)));
    let deaf = "trap '' TERM; echo ready; while :; do sleep 0.01; done";
    let (process, _) = start(&custody, script(deaf)).await;
    assert_eq!(process.end(Duration::from_millis(50)).await, Some(Exit::Signal(9)));
}

#[tokio::test]
async fn dropping_a_process_kills_it() {
    let custody = Custody::start().await.unwrap();
    let (process, _) = start(&custody, script("echo ready; exec sleep 1000")).await;
    let exit = process.exit.clone();
    drop(process);
    assert_eq!(*exit.clone().wait_for(Option::is_some).await.unwrap(), Some(Exit::Signal(9)));
}

#[tokio::test]
async fn f38_leftovers_are_ended_removed_and_counted() {
    let custody = Custody::start().await.unwrap();
    let folder = custody.folder("profile").unwrap();
    let removed = custody.folder("profile").unwrap();
    std::fs::write(removed.path().join("file"), "x").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::mode(&folder.path().metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o700);
    let (process, grandchild) = start(&custody, script(SCRIPT)).await;
    custody.remove(removed).await.unwrap();
    process.end(Duration::ZERO).await;
    assert!(alive(&grandchild), "it left the group, so ending the process does not reach it");
    let base = custody.folder("x").unwrap().path().parent().unwrap().to_owned();
    let leftovers = custody.finish().await;
    assert_eq!(leftovers.processes, ["sleep"]);
    assert_eq!(leftovers.folders.len(), 2);
    assert!(!alive(grandchild) && !folder.path().exists() && !base.exists());
}

#[tokio::test]
async fn f08_the_runner_cleans_up_after_a_killed_guard() {
    let custody = Custody::start().await.unwrap();
    let folder = custody.folder("profile").unwrap();
    let (process, grandchild) = start(&custody, script(SCRIPT)).await;
    let guard = parent_of(process.pid());
    kill(guard);
    custody.lost().await;
    assert_eq!(process.exited().await, Exit::Lost);
    assert!(matches!(custody.spawn(script("true")).await, Err(SpawnError::GuardLost)));
    custody.clean_up_alone().await;
    assert!(!alive(process.pid()) && !alive(grandchild) && !folder.path().exists());
}

fn parent_of(pid: u32) -> u32 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit_once(") ").unwrap().1.split(' ').nth(1).unwrap().parse().unwrap()
}

fn kill(pid: u32) {
    let pid = rustix::process::Pid::from_raw(pid.try_into().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}
