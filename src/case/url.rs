//! URLs as cases write them: what may not stand in one. Joins nothing and fetches nothing.

use std::fmt;

/// Why a URL is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UrlError {
    /// It holds a user name or a password.
    UserInfo,
    /// It would show files or the browser's own pages.
    Scheme(String),
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UserInfo => f.write_str("a user name stands in the URL"),
            Self::Scheme(scheme) => write!(f, "`{scheme}:` URLs are refused"),
        }
    }
}

impl std::error::Error for UrlError {}

impl UrlError {
    /// What to do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::UserInfo => {
                "write `http_auth = { user = \"…\", password = \"${secret.…}\" }` at the top of the case"
            }
            Self::Scheme(_) => "files of your own are served by `[server] dir = \"FOLDER\"`",
        }
    }
}

/// Checks a URL, whole or with variables in it. A step checks it again once they are filled in. `allowed` says whether
/// runner.toml lets a refused scheme through.
pub fn check(url: &str, allowed: impl Fn(&str) -> bool) -> Result<(), UrlError> {
    // Browsers drop leading white space and any tab or line break (WHATWG URL, section 4.4).
    let url: String = url
        .trim_start_matches(|c: char| c <= ' ')
        .chars()
        .filter(|c| !matches!(c, '\t' | '\n' | '\r'))
        .collect();
    let Some((scheme, rest)) = url.split_once(':') else { return Ok(()) };
    let scheme = scheme.to_ascii_lowercase();
    if !scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        || !scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    {
        return Ok(());
    }
    let refused = ["file", "view-source", "devtools", "filesystem", "edge", "resource"]
        .contains(&scheme.as_str())
        || scheme.starts_with("chrome")
        || scheme.starts_with("moz-");
    if refused && !allowed(&scheme) {
        return Err(UrlError::Scheme(scheme));
    }
    let authority =
        rest.trim_start_matches(['/', '\\']).split(['/', '?', '#', '\\']).next().unwrap_or_default();
    if rest.starts_with("//") && authority.contains('@') { Err(UrlError::UserInfo) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_browser_pages_and_passwords_are_refused() {
        let check = |url| check(url, |_| false);
        for url in [
            "/login",
            "https://example.com/a@b",
            "${server.url}/x:y",
            "about:blank",
            "data:text/html,a",
            "a:b@c",
            "?q=file:x",
        ] {
            assert_eq!(check(url), Ok(()), "{url}");
        }
        for url in [
            "file:///etc/passwd",
            " FILE:/x",
            "fi\tle:///x",
            "chrome://settings",
            "view-source:http://x",
            "chrome-extension://x",
        ] {
            assert!(matches!(check(url), Err(UrlError::Scheme(_))), "{url}");
        }
        for url in ["http://alice:pw@example.com/", "https://${user}@example.com", "http://a@b"] {
            assert_eq!(check(url), Err(UrlError::UserInfo), "{url}");
        }
        assert_eq!(super::check("file:///x", |scheme| scheme == "file"), Ok(()));
    }
}
