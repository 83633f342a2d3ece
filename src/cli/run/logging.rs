//! Where `tracing` goes: into the batch's log file, beside the lines that its reporter writes there, masked.

use super::super::arguments::ConsoleArguments;
use crate::mask::Masker;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Starts logging at the level that `-v` says. `also` is `--log`.
pub(super) fn start(
    console: &ConsoleArguments,
    also: Option<&Path>,
    log: &Path,
    masker: &Masker,
) -> io::Result<()> {
    let level = match console.verbose {
        0 => "batchrun=info",
        1 => "batchrun=debug",
        _ => "batchrun=trace",
    };
    let open = |path: &Path| OpenOptions::new().append(true).create(true).mode(0o600).open(path);
    let files = std::iter::once(log).chain(also).map(open).collect::<io::Result<Vec<_>>>()?;
    let writer = MaskedFiles { files: files.into(), masker: masker.clone() };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(level))
        .with_ansi(false)
        .with_target(false)
        .with_writer(writer)
        .finish();
    // A second run in one process, as tests have it, keeps the first one's subscriber.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}

/// Files that get every record, masked. Each record comes in one piece.
#[derive(Clone)]
struct MaskedFiles {
    files: Arc<[File]>,
    masker: Masker,
}

impl<'a> MakeWriter<'a> for MaskedFiles {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Write for MaskedFiles {
    fn write(&mut self, record: &[u8]) -> io::Result<usize> {
        let masked = self.masker.mask(&String::from_utf8_lossy(record));
        for mut file in self.files.iter() {
            file.write_all(masked.as_bytes())?;
        }
        Ok(record.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
