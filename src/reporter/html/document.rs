//! The text of the page: the dashboard's elements, with its scripts, styles and data in it instead of beside it.

use super::super::page;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// What says that a page is one of ours, so that it may be replaced. It stands near the page's beginning.
pub(super) const OURS: &str = "<meta name=\"generator\" content=\"batchrun\">";

/// What the live view loads from its server, in the page: everything from here to the end of its head.
const LOADED: &str = "  <link rel=\"icon\"";

/// All up to the data. `beside`: pictures lie beside the page.
pub(super) fn head(beside: bool) -> String {
    let (before, _) = split(page::DASHBOARD, LOADED);
    let (_, body) = split(page::DASHBOARD, "</head>");
    let (body, _) = split(body, "</body>");
    let mut head = format!(
        "{before}  {OURS}\n  <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         \x20 <link rel=\"icon\" href=\"data:image/svg+xml;base64,{}\">\n",
        policy(beside),
        STANDARD.encode(page::FAVICON)
    );
    for style in page::STYLES {
        head.extend(["<style>", style, "</style>\n"]);
    }
    head.extend(["</head>", body]);
    head
}

/// The scripts, and the end.
pub(super) fn foot() -> String {
    let mut foot = String::new();
    for (_, script) in page::SCRIPTS {
        foot.extend(["<script>", script, "</script>\n"]);
    }
    foot.extend(["</body>", split(page::DASHBOARD, "</body>").1]);
    foot
}

/// JSON as an element of the page: data, not a script.
pub(super) fn data(id: &str, json: &str) -> String {
    format!("<script type=\"application/json\" id=\"{id}\">{}</script>\n", harmless(json))
}

/// Nothing runs in the page but its own scripts, nothing is loaded but pictures of its own, and no text can become markup
/// (W3C Content Security Policy Level 3, Trusted Types).
fn policy(beside: bool) -> String {
    let hashes = |texts: &mut dyn Iterator<Item = &str>| {
        let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())));
        texts.map(hash).collect::<Vec<_>>().join(" ")
    };
    let scripts = hashes(&mut page::SCRIPTS.iter().map(|(_, script)| *script));
    let styles = hashes(&mut page::STYLES.into_iter());
    // Whether `'self'` covers pages from disk differs between browsers, `file:` does in all of them.
    let pictures = if beside { "data: 'self' file:" } else { "data:" };
    format!(
        "default-src 'none'; script-src {scripts}; style-src {styles}; img-src {pictures}; \
         base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
}

/// JSON that cannot end the element that holds it, nor begin another one (HTML, 4.12.1.3), nor end a line of a script.
/// These characters stand in its texts only, where they may be written so (RFC 8259, 7).
fn harmless(json: &str) -> String {
    let mut safe = String::with_capacity(json.len() + json.len() / 16);
    let mut rest = json;
    // By bytes: pages are long. The separators of lines are the only two here that begin with 0xe2, and are looked at.
    while let Some(at) = rest.bytes().position(|byte| matches!(byte, b'<' | b'>' | b'&' | 0xe2)) {
        let (before, from) = rest.split_at(at);
        safe.push_str(before);
        let mut characters = from.chars();
        match characters.next() {
            Some('<') => safe.push_str("\\u003c"),
            Some('>') => safe.push_str("\\u003e"),
            Some('&') => safe.push_str("\\u0026"),
            Some('\u{2028}') => safe.push_str("\\u2028"),
            Some('\u{2029}') => safe.push_str("\\u2029"),
            other => safe.extend(other),
        }
        rest = characters.as_str();
    }
    safe.push_str(rest);
    safe
}

/// What stands before and behind a mark of the page; a test sees to it that it has them all.
fn split<'a>(text: &'a str, mark: &str) -> (&'a str, &'a str) {
    text.split_once(mark).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f81_data_stays_data_and_comes_back_whole() {
        let sly = "</script><script>alert(1)</script><!--<script>&amp;…\u{2028}€\u{2029}\u{0}'\"\\é😀";
        let json = serde_json::json!({ "message": sly }).to_string();
        let element = data("snapshot", &json);
        let inner = element.strip_prefix("<script type=\"application/json\" id=\"snapshot\">").unwrap();
        let inner = inner.strip_suffix("</script>\n").unwrap();
        assert!(!inner.contains(['<', '>', '&', '\u{2028}', '\u{2029}', '\0']), "{inner}");
        let back: serde_json::Value = serde_json::from_str(inner).unwrap();
        assert_eq!(back["message"], sly);
    }

    #[test]
    fn the_page_loads_nothing_and_its_policy_names_all_that_runs() {
        for mark in [LOADED, "</head>", "</body>"] {
            assert_eq!(page::DASHBOARD.matches(mark).count(), 1, "{mark}");
        }
        let text = [head(true), foot()].concat();
        assert_eq!(text.matches("<script>").count(), page::SCRIPTS.len());
        assert_eq!(text.matches("'sha256-").count(), page::SCRIPTS.len() + page::STYLES.len());
        assert!(!text.contains(" src=") && !text.contains("href=\"/") && !text.contains("unsafe-"), "{text}");
        assert!(!text.contains(" onclick") && text.matches("<noscript>").count() == 1);
        assert!(text.find(OURS).unwrap() < 1_000 && text.trim_end().ends_with("</html>"));
        assert!(policy(false).contains("img-src data:;"), "one file has all its pictures in it");
        for text in page::SCRIPTS.iter().map(|(_, script)| *script).chain(page::STYLES) {
            assert!(!text.contains("</script") && !text.contains("</style") && !text.contains("<!--"));
        }
    }

    #[test]
    fn the_live_page_has_the_same_scripts_in_the_same_order() {
        let loaded: Vec<&str> = page::DASHBOARD
            .split("<script src=\"/")
            .skip(1)
            .filter_map(|rest| rest.split_once('"'))
            .map(|(name, _)| name)
            .collect();
        assert_eq!(loaded, page::SCRIPTS.map(|(name, _)| name));
    }
}
