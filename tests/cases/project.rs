//! A project in a temporary folder: writes files, loads cases and shows what a user sees.

use batchrun::case::model::Case;
use batchrun::case::{LoadOptions, Loaded, SettingNames, load};
use batchrun::diagnostic::render;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A folder that is removed with its end.
pub(crate) struct Project {
    /// The project lies in it, so that there is something outside of the project.
    folder: tempfile::TempDir,
    pub(crate) options: LoadOptions,
}

impl Project {
    /// An empty project that allows `env.CI`, has `secret.PASSWORD` and the variable `site`.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().join("project");
        std::fs::create_dir(&root).expect("a folder");
        let names = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let options = LoadOptions {
            root: root.clone(),
            directory: root,
            names: SettingNames {
                vars: names(&["site"]),
                env: names(&["CI"]),
                secrets: names(&["PASSWORD"]),
                ..SettingNames::default()
            },
            ..LoadOptions::default()
        };
        Self { folder, options }
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.options.root.join(path)
    }

    pub(crate) fn file(self, path: &str, text: impl AsRef<[u8]>) -> Self {
        self.write(path, text);
        self
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a file stands in a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }

    pub(crate) fn load(&self, paths: &[&str]) -> Loaded {
        let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
        load(&paths, &self.options)
    }

    /// The cases below `testcases`, which must be right.
    pub(crate) fn cases(&self) -> Vec<Arc<Case>> {
        let loaded = self.load(&["testcases"]);
        assert_eq!(render(&loaded.diagnostics, false, 100), "");
        loaded.cases
    }

    /// What a user sees of what is wrong below `testcases`.
    pub(crate) fn complaints(&self) -> String {
        self.shown(&self.load(&["testcases"]))
    }

    pub(crate) fn shown(&self, loaded: &Loaded) -> String {
        let folder = std::fs::canonicalize(self.folder.path().join("project")).expect("the project");
        render(&loaded.diagnostics, false, 100).replace(&folder.display().to_string(), "[project]")
    }
}

/// What a user sees of a case file.
pub(crate) fn complaints(text: &str) -> String {
    Project::new().file("testcases/a.toml", text).complaints()
}

/// The ids of what was loaded, rows included.
pub(crate) fn ids(loaded: &Loaded) -> Vec<String> {
    loaded
        .cases
        .iter()
        .flat_map(|case| match case.rows.as_slice() {
            [] => vec![case.id.to_string()],
            rows => rows.iter().map(|row| case.id.with_row(&row.name).to_string()).collect(),
        })
        .collect()
}

/// Makes a symbolic link.
pub(crate) fn link(to: &Path, at: &Path) {
    std::os::unix::fs::symlink(to, at).expect("a link");
}
