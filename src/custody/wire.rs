//! What runner and guard say to each other: JSON lines over a socket, file descriptors beside them.
//! Only words, sending and receiving; whoever uses it decides when to wait.

use super::process::Exit;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;

/// File descriptors that one message can carry.
const MAX_FDS: usize = 8;

/// Names a process between runner and guard, also before it has a pid.
pub(super) type Key = u64;

/// What a process is, which decides how it is ended when nobody else ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A browser: killed.
    Browser,
    /// A WebDriver server: killed.
    Driver,
    /// A program of the user's, such as a `[server]`: asked to end by SIGTERM, killed a second later.
    Server,
}

/// The runner asks.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Request {
    /// Start a process. Its file descriptors come along: the log first if `log`, then those of `targets`.
    Spawn(SpawnRequest),
    /// Send a signal to the group of a process.
    Signal(Key, Ending),
    /// End everything, remove the folder, say what was left over, and exit.
    Finish,
}

/// See [`Request::Spawn`].
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SpawnRequest {
    pub(super) key: Key,
    pub(super) kind: Kind,
    pub(super) program: OsString,
    pub(super) args: Vec<OsString>,
    /// Changes to the runner's environment; `None` removes a variable.
    pub(super) env: Vec<(OsString, Option<OsString>)>,
    pub(super) cwd: Option<OsString>,
    pub(super) log: bool,
    /// The numbers that the further file descriptors get in the process.
    pub(super) targets: Vec<i32>,
}

/// How a process is told to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Ending {
    Terminate,
    Kill,
}

/// The guard reports.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Report {
    /// The folder exists; the guard is this process.
    Ready { guard: u32 },
    /// The guard could not begin.
    NotReady { message: String },
    /// The process runs.
    Spawned { key: Key, pid: u32 },
    /// It could not be started.
    NotSpawned { key: Key, errno: Option<i32>, message: String },
    /// It ended.
    Exited { key: Key, exit: Exit },
    /// The answer to [`Request::Finish`]: processes that were still there, by the names the system has for them.
    Finished { processes: Vec<String>, folders: Vec<String> },
}

/// Encodes a message as one line.
pub(super) fn line(message: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(message).expect("these messages hold nothing that JSON cannot");
    bytes.push(b'\n');
    bytes
}

/// Sends some bytes of a line, with file descriptors beside the first of them, and says how many went.
pub(super) fn send(socket: impl AsFd, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> rustix::io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
    let mut beside = SendAncillaryBuffer::new(&mut space);
    if !fds.is_empty() && !beside.push(SendAncillaryMessage::ScmRights(fds)) {
        return Err(Errno::INVAL);
    }
    rustix::net::sendmsg(socket, &[IoSlice::new(bytes)], &mut beside, SendFlags::NOSIGNAL)
}

/// Collects lines and file descriptors from a socket.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    bytes: Vec<u8>,
    /// Received and not yet claimed, oldest first.
    pub(super) fds: VecDeque<OwnedFd>,
}

impl Inbox {
    /// Receives once; `Ok(0)` is the end of the stream.
    pub(super) fn receive(&mut self, socket: impl AsFd) -> rustix::io::Result<usize> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
        let mut beside = RecvAncillaryBuffer::new(&mut space);
        let mut chunk = [0; 4096];
        #[cfg(target_os = "linux")]
        let flags = RecvFlags::CMSG_CLOEXEC;
        #[cfg(not(target_os = "linux"))]
        let flags = RecvFlags::empty();
        let got = rustix::net::recvmsg(socket, &mut [IoSliceMut::new(&mut chunk)], &mut beside, flags)?;
        for message in beside.drain() {
            if let RecvAncillaryMessage::ScmRights(fds) = message {
                self.fds.extend(fds);
            }
        }
        #[cfg(not(target_os = "linux"))]
        for fd in &self.fds {
            rustix::io::fcntl_setfd(fd, rustix::io::FdFlags::CLOEXEC)?;
        }
        self.bytes.extend_from_slice(&chunk[..got.bytes]);
        Ok(got.bytes)
    }

    /// The next whole line, decoded.
    pub(super) fn next<T: DeserializeOwned>(&mut self) -> Option<serde_json::Result<T>> {
        let end = self.bytes.iter().position(|&byte| byte == b'\n')?;
        let line: Vec<u8> = self.bytes.drain(..=end).collect();
        Some(serde_json::from_slice(&line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
    use std::io::{Read, Write};

    #[test]
    fn lines_and_descriptors_arrive_in_order() {
        let (here, there) =
            socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
        let (mut reader, writer) = std::io::pipe().unwrap();
        for (key, fds) in [(1, &[][..]), (2, &[writer.as_fd()][..])] {
            let bytes = line(&Request::Signal(key, Ending::Kill));
            assert_eq!(send(&here, &bytes, fds).unwrap(), bytes.len());
        }
        drop((here, writer));

        let mut inbox = Inbox::default();
        while inbox.receive(&there).unwrap() > 0 {}
        let keys: Vec<Key> = std::iter::from_fn(|| inbox.next::<Request>())
            .map(|request| match request.unwrap() {
                Request::Signal(key, Ending::Kill) => key,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(keys, [1, 2]);
        let mut passed = std::fs::File::from(inbox.fds.pop_front().unwrap());
        passed.write_all(b"through").unwrap();
        drop(passed);
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "through");
    }
}
