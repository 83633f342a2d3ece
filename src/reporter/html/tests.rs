//! What ends in `.html` is one file, everything else a folder.

use super::*;

#[test]
fn one_file_or_a_folder_is_told_by_the_name() {
    for (path, page) in
        [("out.html", true), ("out.HTM", true), ("a.html/out", false), ("out", false), (".html", false)]
    {
        assert_eq!(is_page(Path::new(path)), page, "{path}");
    }
}
