//! The pages' files on the server.

use crate::reporter::page as files;
use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

/// Path, type and content.
type File = (&'static str, &'static str, &'static str);

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// What the dashboard is made of.
const FILES: [File; 6] = [
    ("/dashboard.css", CSS, files::DASHBOARD_CSS),
    ("/dashboard.js", JAVASCRIPT, files::DASHBOARD_JS),
    ("/timeline.js", JAVASCRIPT, files::TIMELINE_JS),
    ("/uPlot.min.css", CSS, files::UPLOT_CSS),
    ("/uPlot.min.js", JAVASCRIPT, files::UPLOT_JS),
    ("/favicon.svg", "image/svg+xml", files::FAVICON),
];

/// What the overview of past batches is made of.
const ARCHIVE: [File; 3] = [
    ("/", HTML, files::ARCHIVE),
    ("/archive.css", CSS, files::ARCHIVE_CSS),
    ("/archive.js", JAVASCRIPT, files::ARCHIVE_JS),
];

/// Serves the dashboard. There is nothing secret in it: no token is asked for.
pub(super) fn routes() -> Router {
    serve(std::iter::once(("/", HTML, files::DASHBOARD)).chain(FILES))
}

/// Serves the overview of past batches, and the dashboard below it.
pub(super) fn archive_routes() -> Router {
    serve(std::iter::once(("/batch", HTML, files::DASHBOARD)).chain(FILES).chain(ARCHIVE))
}

fn serve(files: impl Iterator<Item = File>) -> Router {
    files.fold(Router::new(), |router, (path, kind, content)| {
        router.route(
            path,
            get(move || async move { ([(header::CONTENT_TYPE, kind)], content).into_response() }),
        )
    })
}
