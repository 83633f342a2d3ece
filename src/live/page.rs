//! The dashboard's files, as they are in `page/`. uPlot, which draws the charts, is vendored there with its licence.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

/// Path, type and content of each.
const FILES: [(&str, &str, &str); 6] = [
    ("/", "text/html; charset=utf-8", include_str!("page/index.html")),
    ("/dashboard.css", "text/css; charset=utf-8", include_str!("page/dashboard.css")),
    ("/dashboard.js", "text/javascript; charset=utf-8", include_str!("page/dashboard.js")),
    ("/uPlot.min.css", "text/css; charset=utf-8", include_str!("page/uPlot.min.css")),
    ("/uPlot.min.js", "text/javascript; charset=utf-8", include_str!("page/uPlot.iife.min.js")),
    ("/favicon.svg", "image/svg+xml", include_str!("page/favicon.svg")),
];

/// Serves them. There is nothing secret in them: no token is asked for.
pub(super) fn routes() -> Router {
    FILES.into_iter().fold(Router::new(), |router, (path, kind, content)| {
        router.route(
            path,
            get(move || async move { ([(header::CONTENT_TYPE, kind)], content).into_response() }),
        )
    })
}
