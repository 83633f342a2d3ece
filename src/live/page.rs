//! The pages' files on the server.

use crate::reporter::page as files;
use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

/// Path, type and content.
type File = (String, &'static str, &'static str);

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// Serves the dashboard. There is nothing secret in it: no token is asked for.
pub(super) fn routes() -> Router {
    serve(dashboard("/"))
}

/// Serves the overview of past batches, and the dashboard below it.
pub(super) fn archive_routes() -> Router {
    let overview = [
        ("/", HTML, files::ARCHIVE),
        ("/archive.css", CSS, files::ARCHIVE_CSS),
        ("/archive.js", JAVASCRIPT, files::ARCHIVE_JS),
    ];
    serve(dashboard("/batch").chain(overview.map(|(path, kind, content)| (path.to_owned(), kind, content))))
}

/// What the dashboard is made of, with its page at `path`.
fn dashboard(path: &str) -> impl Iterator<Item = File> {
    let fixed = [
        (path, HTML, files::DASHBOARD),
        ("/uPlot.min.css", CSS, files::UPLOT_CSS),
        ("/dashboard.css", CSS, files::DASHBOARD_CSS),
        ("/favicon.svg", "image/svg+xml", files::FAVICON),
    ];
    let scripts = files::SCRIPTS.into_iter().map(|(name, script)| (format!("/{name}"), JAVASCRIPT, script));
    fixed.map(|(path, kind, content)| (path.to_owned(), kind, content)).into_iter().chain(scripts)
}

fn serve(files: impl Iterator<Item = File>) -> Router {
    files.fold(Router::new(), |router, (path, kind, content)| {
        router.route(
            &path,
            get(move || async move { ([(header::CONTENT_TYPE, kind)], content).into_response() }),
        )
    })
}
