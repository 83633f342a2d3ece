//! The dashboard's files, as they are in `page/`. uPlot, which draws the charts, is vendored there with its licence.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

/// Path, type and content.
type File = (&'static str, &'static str, &'static str);

const HTML: &str = "text/html; charset=utf-8";

const DASHBOARD: &str = include_str!("page/index.html");

/// What the dashboard is made of.
const FILES: [File; 5] = [
    ("/dashboard.css", "text/css; charset=utf-8", include_str!("page/dashboard.css")),
    ("/dashboard.js", "text/javascript; charset=utf-8", include_str!("page/dashboard.js")),
    ("/uPlot.min.css", "text/css; charset=utf-8", include_str!("page/uPlot.min.css")),
    ("/uPlot.min.js", "text/javascript; charset=utf-8", include_str!("page/uPlot.iife.min.js")),
    ("/favicon.svg", "image/svg+xml", include_str!("page/favicon.svg")),
];

/// What the overview of past batches is made of.
const ARCHIVE: [File; 3] = [
    ("/", HTML, include_str!("page/archive.html")),
    ("/archive.css", "text/css; charset=utf-8", include_str!("page/archive.css")),
    ("/archive.js", "text/javascript; charset=utf-8", include_str!("page/archive.js")),
];

/// Serves the dashboard. There is nothing secret in it: no token is asked for.
pub(super) fn routes() -> Router {
    serve(std::iter::once(("/", HTML, DASHBOARD)).chain(FILES))
}

/// Serves the overview of past batches, and the dashboard below it.
pub(super) fn archive_routes() -> Router {
    serve(std::iter::once(("/batch", HTML, DASHBOARD)).chain(FILES).chain(ARCHIVE))
}

fn serve(files: impl Iterator<Item = File>) -> Router {
    files.fold(Router::new(), |router, (path, kind, content)| {
        router.route(
            path,
            get(move || async move { ([(header::CONTENT_TYPE, kind)], content).into_response() }),
        )
    })
}
