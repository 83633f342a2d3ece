//! The pages' files, as they are in `page/`: what the live view, `serve` and the HTML report share. uPlot, which draws the
//! charts, is vendored there with its licence.

/// The dashboard.
pub const DASHBOARD: &str = include_str!("page/index.html");
/// How it looks.
pub const DASHBOARD_CSS: &str = include_str!("page/dashboard.css");
/// How the charts look.
pub const UPLOT_CSS: &str = include_str!("page/uPlot.min.css");
/// All that says how it looks, in order.
pub const STYLES: [&str; 2] = [UPLOT_CSS, DASHBOARD_CSS];
/// What it does: scripts with their names, in the order in which the page has them.
pub const SCRIPTS: [(&str, &str); 10] = [
    ("uPlot.min.js", include_str!("page/uPlot.iife.min.js")),
    ("tools.js", include_str!("page/tools.js")),
    ("source.js", include_str!("page/source.js")),
    ("state.js", include_str!("page/state.js")),
    ("timeline.js", include_str!("page/timeline.js")),
    ("charts.js", include_str!("page/charts.js")),
    ("table.js", include_str!("page/table.js")),
    ("trace.js", include_str!("page/trace.js")),
    ("detail.js", include_str!("page/detail.js")),
    ("dashboard.js", include_str!("page/dashboard.js")),
];
/// The overview of past batches.
pub const ARCHIVE: &str = include_str!("page/archive.html");
/// How it looks, beside [`DASHBOARD_CSS`].
pub const ARCHIVE_CSS: &str = include_str!("page/archive.css");
/// What it does.
pub const ARCHIVE_JS: &str = include_str!("page/archive.js");
/// In the tab.
pub const FAVICON: &str = include_str!("page/favicon.svg");
