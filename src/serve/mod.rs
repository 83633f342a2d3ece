//! `[server]`: what the batch starts so that there is something to test. Knows nothing of configuration.
//!
//! Here the static folder; a program stands beside it.

mod command;

pub use command::{CommandServer, Program, ServerError};

use axum::Router;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower_http::services::ServeDir;

/// A folder served on a free loopback port for as long as the value lives.
#[derive(Debug)]
pub struct StaticSite {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl StaticSite {
    /// Serves `folder`; `index.html` stands for a folder in it. Nothing above the folder can be reached.
    pub async fn start(folder: &Path) -> io::Result<Self> {
        if !folder.is_dir() {
            return Err(io::Error::new(io::ErrorKind::NotADirectory, "it is not a folder"));
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let router = Router::new().fallback_service(ServeDir::new(folder));
        let task = tokio::spawn(async move {
            // It ends with the batch: an error of a single connection is that connection's own.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, task })
    }

    /// `http://127.0.0.1:PORT`, without a final slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for StaticSite {
    fn drop(&mut self) {
        self.task.abort();
    }
}
