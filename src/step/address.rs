//! Addresses: where a case may go, and what it may expect a URL to be. Opens nothing.

use crate::case::url::{UrlError, check};
use serde_json::{Value, json};
use std::fmt;
use url::Url;

/// An address that a case may not go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AddressError {
    /// Relative, and there is nothing to join it to.
    NoBase { url: String },
    /// Not a URL.
    Invalid { url: String, why: String },
    /// The base is not a URL.
    InvalidBase { base: String, why: String },
    /// Code, not an address.
    Script,
    /// What no case may open.
    Refused { url: String, why: UrlError },
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBase { url } => write!(f, "`{url}` is relative and there is no `base_url` to join it to"),
            Self::Invalid { url, why } => write!(f, "`{url}` is not a URL: {why}"),
            Self::InvalidBase { base, why } => write!(f, "`base_url` `{base}` is not a URL: {why}"),
            Self::Script => f.write_str("a `javascript:` URL is code, not an address"),
            Self::Refused { url, why } => write!(f, "`{url}` cannot be opened: {why}"),
        }
    }
}

impl AddressError {
    /// What to do about it.
    pub(super) fn hint(&self) -> &'static str {
        match self {
            Self::NoBase { .. } | Self::InvalidBase { .. } => {
                "set `base_url = \"http://127.0.0.1:8080\"` in runner.toml, or give `--base-url`"
            }
            Self::Invalid { .. } => "write `/path` to join it to `base_url`, or a whole `http://…` URL",
            Self::Script => "use a `script` step",
            Self::Refused { why, .. } => why.help(),
        }
    }
}

/// The absolute URL that `written` means, as browsers write it. `allowed` are schemes that runner.toml lets through.
pub(super) fn destination(
    written: &str,
    base: Option<&str>,
    allowed: &[String],
) -> Result<String, AddressError> {
    let url = join(written, base)?;
    if url.scheme() == "javascript" {
        return Err(AddressError::Script);
    }
    // What was checked as it is written is checked again now that its variables are filled in.
    match check(url.as_str(), |scheme| allowed.iter().any(|it| it == scheme)) {
        Ok(()) => Ok(url.into()),
        Err(why) => Err(AddressError::Refused { url: without_userinfo(url), why }),
    }
}

fn without_userinfo(mut url: Url) -> String {
    if url.username().is_empty() && url.password().is_none() {
        return url.into();
    }
    // Both fail only for URLs that cannot have a user, and those never get here.
    let cleared = url.set_username("").and_then(|()| url.set_password(None));
    if cleared.is_ok() { url.into() } else { "…".to_owned() }
}

fn join(written: &str, base: Option<&str>) -> Result<Url, AddressError> {
    let invalid =
        |why: url::ParseError| AddressError::Invalid { url: written.to_owned(), why: why.to_string() };
    match Url::parse(written) {
        Ok(url) => Ok(url),
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            let Some(base) = base else { return Err(AddressError::NoBase { url: written.to_owned() }) };
            let base = Url::parse(base)
                .map_err(|why| AddressError::InvalidBase { base: base.to_owned(), why: why.to_string() })?;
            base.join(written).map_err(invalid)
        }
        Err(why) => Err(invalid(why)),
    }
}

/// A filled text test for a URL: whole URLs are joined to the base, and `*` (all but `/`) and `**` become a pattern.
pub(super) fn url_test(test: &Value, base: Option<&str>) -> Result<Value, AddressError> {
    let Value::Object(parts) = test else { return Ok(test.clone()) };
    let mut joined = serde_json::Map::new();
    for (word, wanted) in parts {
        match (word.as_str(), wanted) {
            ("is", Value::String(url)) if url.contains('*') => {
                joined.insert("matches".to_owned(), pattern([url.as_str()], base)?);
            }
            ("is", Value::String(url)) => {
                joined.insert("is".to_owned(), Value::String(join(url, base)?.into()));
            }
            ("one_of", Value::Array(items)) => {
                let urls: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                if urls.iter().any(|url| url.contains('*')) {
                    joined.insert("matches".to_owned(), pattern(urls, base)?);
                } else {
                    let all = urls.iter().map(|url| join(url, base).map(String::from));
                    joined.insert("one_of".to_owned(), json!(all.collect::<Result<Vec<_>, _>>()?));
                }
            }
            ("not", inner) => {
                joined.insert("not".to_owned(), url_test(inner, base)?);
            }
            _ => {
                joined.insert(word.clone(), wanted.clone());
            }
        }
    }
    Ok(Value::Object(joined))
}

/// A pattern that one of the URLs with stars fits, as a whole.
fn pattern<'a>(texts: impl IntoIterator<Item = &'a str>, base: Option<&str>) -> Result<Value, AddressError> {
    let mut alternatives = Vec::new();
    for text in texts {
        alternatives.push(starred(&absolute(text, base)?));
    }
    Ok(json!({ "pattern": format!("^(?:{})$", alternatives.join("|")), "flags": "" }))
}

/// The text joined to the base by hand: a URL parser would change the stars' surroundings.
fn absolute(text: &str, base: Option<&str>) -> Result<String, AddressError> {
    if text.starts_with('*') || text.contains("://") {
        return Ok(text.to_owned());
    }
    let Some(base) = base else { return Err(AddressError::NoBase { url: text.to_owned() }) };
    let folder = match text.find('*') {
        // What stands before the first star's last `/` is joined as it should be, `..` and all.
        Some(star) => text[..star].rfind('/').map_or(0, |at| at + 1),
        None => text.len(),
    };
    let (plain, rest) = text.split_at(folder);
    let plain = if plain.is_empty() { "." } else { plain };
    Ok(format!("{}{rest}", String::from(join(plain, Some(base))?)))
}

fn starred(text: &str) -> String {
    let mut pattern = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '*' && rest.next_if_eq(&'*').is_some() {
            pattern.push_str(".*");
        } else if c == '*' {
            pattern.push_str("[^/]*");
        } else {
            if "\\^$.|?+()[]{}/".contains(c) {
                pattern.push('\\');
            }
            pattern.push(c);
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: Option<&str> = Some("http://127.0.0.1:8080/shop/");

    #[test]
    fn relative_addresses_are_joined_to_the_base() {
        let go = |url| destination(url, BASE, &[]).unwrap();
        assert_eq!(go("/login"), "http://127.0.0.1:8080/login");
        assert_eq!(go("cart?x=1#y"), "http://127.0.0.1:8080/shop/cart?x=1#y");
        assert_eq!(go("https://example.com"), "https://example.com/");
        assert_eq!(go("about:blank"), "about:blank");
    }

    #[test]
    fn what_cannot_be_opened_is_said_with_the_remedy() {
        let shown = |url, base| {
            let error = destination(url, base, &[]).unwrap_err();
            format!("{error}; {}", error.hint())
        };
        insta::assert_snapshot!([
            shown("/login", None),
            shown("/login", Some("localhost")),
            shown("http://[", BASE),
            shown("file:///etc/passwd", BASE),
            shown("view-source:http://a", BASE),
            shown("javascript:alert(1)", BASE),
            shown("http://alice:geheim@host/a", BASE),
        ].join("\n"), @r#"
        `/login` is relative and there is no `base_url` to join it to; set `base_url = "http://127.0.0.1:8080"` in runner.toml, or give `--base-url`
        `base_url` `localhost` is not a URL: relative URL without a base; set `base_url = "http://127.0.0.1:8080"` in runner.toml, or give `--base-url`
        `http://[` is not a URL: invalid IPv6 address; write `/path` to join it to `base_url`, or a whole `http://…` URL
        `file:///etc/passwd` cannot be opened: `file:` URLs are refused; files of your own are served by `[server] dir = "FOLDER"`
        `view-source:http://a` cannot be opened: `view-source:` URLs are refused; files of your own are served by `[server] dir = "FOLDER"`
        a `javascript:` URL is code, not an address; use a `script` step
        `http://host/a` cannot be opened: a user name stands in the URL; write `http_auth = { user = "…", password = "${secret.…}" }` at the top of the case
        "#);
        assert!(destination("file:///tmp/a.html", None, &["file".to_owned()]).is_ok());
    }

    #[test]
    fn a_url_test_is_joined_and_its_stars_become_a_pattern() {
        let test = |test: Value| url_test(&test, BASE).unwrap();
        assert_eq!(test(json!({"is": "/a"})), json!({"is": "http://127.0.0.1:8080/a"}));
        assert_eq!(test(json!({"contains": "/a"})), json!({"contains": "/a"}));
        assert_eq!(
            test(json!({"is": "item/*?x=**"})),
            json!({"matches": {"pattern": r"^(?:http:\/\/127\.0\.0\.1:8080\/shop\/item\/[^/]*\?x=.*)$", "flags": ""}})
        );
        assert_eq!(
            test(json!({"is": "**/done"})),
            json!({"matches": {"pattern": r"^(?:.*\/done)$", "flags": ""}})
        );
        assert_eq!(
            test(json!({"not": {"one_of": ["/a", "/b*"]}})),
            json!({"not": {"matches": {"pattern":
                r"^(?:http:\/\/127\.0\.0\.1:8080\/a|http:\/\/127\.0\.0\.1:8080\/b[^/]*)$", "flags": ""}}})
        );
    }
}
