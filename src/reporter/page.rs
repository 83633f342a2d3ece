//! The pages' files, as they are in `page/`: what the live view, `serve` and the HTML report share. uPlot, which draws the
//! charts, is vendored there with its licence.

/// The dashboard.
pub const DASHBOARD: &str = include_str!("page/index.html");
/// How it looks.
pub const DASHBOARD_CSS: &str = include_str!("page/dashboard.css");
/// What it does.
pub const DASHBOARD_JS: &str = include_str!("page/dashboard.js");
/// Who held which slot when.
pub const TIMELINE_JS: &str = include_str!("page/timeline.js");
/// The overview of past batches.
pub const ARCHIVE: &str = include_str!("page/archive.html");
/// How it looks, beside [`DASHBOARD_CSS`].
pub const ARCHIVE_CSS: &str = include_str!("page/archive.css");
/// What it does.
pub const ARCHIVE_JS: &str = include_str!("page/archive.js");
/// The charts.
pub const UPLOT_JS: &str = include_str!("page/uPlot.iife.min.js");
/// How they look.
pub const UPLOT_CSS: &str = include_str!("page/uPlot.min.css");
/// In the tab.
pub const FAVICON: &str = include_str!("page/favicon.svg");
