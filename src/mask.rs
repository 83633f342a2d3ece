//! Hides secrets in texts: plain, and as URL-, base64-, JSON- and HTML-encoded. Knows neither where secrets come from nor
//! where texts go; whoever makes an event or a log record passes its texts through once.

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

/// What stands where a secret stood.
pub const STARS: &str = "***";

/// The shortest text that is taken for a secret, in characters: shorter ones would tear ordinary texts apart.
pub const SHORTEST: usize = 4;

/// What stands where a text was cut off.
const CUT: char = '…';

/// Replaces secrets in texts. Cloning it is cheap.
#[derive(Clone, Debug, Default)]
pub struct Masker {
    secrets: BTreeSet<String>,
    /// In all their forms.
    forms: Arc<BTreeSet<String>>,
    search: Option<AhoCorasick>,
}

impl Masker {
    /// A masker for these secrets; those of fewer than [`SHORTEST`] characters are passed over.
    pub fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        let secrets: BTreeSet<String> =
            secrets.into_iter().filter(|it| it.chars().count() >= SHORTEST).collect();
        let forms = secrets.iter().flat_map(|secret| forms(secret)).collect();
        let search = search(&forms);
        Self { secrets, forms: Arc::new(forms), search }
    }

    /// Hides one more text from now on.
    pub fn add(&mut self, secret: &str) {
        if secret.chars().count() >= SHORTEST && self.secrets.insert(secret.to_owned()) {
            Arc::make_mut(&mut self.forms).extend(forms(secret));
            self.search = search(&self.forms);
        }
    }

    /// The text with every form of every secret replaced by [`STARS`].
    pub fn mask(&self, text: &str) -> String {
        let Some(search) = &self.search else { return text.to_owned() };
        let mut masked = text.to_owned();
        // Once is nearly always enough. Stars may complete a secret that has stars in it; each further round
        // takes away characters that are not stars, or shortens the text, so that it ends.
        while search.is_match(&masked) {
            masked = with_stars(search, &masked);
        }
        if masked.contains(CUT) { self.without_beginnings(&masked) } else { masked }
    }

    /// Pages' texts are cut where they are long, which may be in the middle of a secret: its beginning is hidden, too,
    /// unless it is shorter than any secret.
    fn without_beginnings(&self, text: &str) -> String {
        let mut masked = String::with_capacity(text.len());
        for part in text.split_inclusive(CUT) {
            let Some(kept) = part.strip_suffix(CUT) else {
                masked.push_str(part);
                continue;
            };
            match self.forms.iter().map(|form| beginning_at_the_end(kept, form)).max() {
                Some(length) if length > 0 => {
                    masked.push_str(&kept[..kept.len() - length]);
                    masked.push_str(STARS);
                }
                _ => masked.push_str(kept),
            }
            masked.push(CUT);
        }
        masked
    }
}

/// How many bytes at the end of the text are the beginning of this form; 0 where they are too few to matter.
fn beginning_at_the_end(text: &str, form: &str) -> usize {
    let ends = form.char_indices().map(|(at, _)| at).skip(SHORTEST);
    ends.filter(|end| text.ends_with(&form[..*end])).last().unwrap_or(0)
}

fn with_stars(search: &AhoCorasick, text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    search.replace_all_with(text, &mut masked, |_, _, masked| {
        masked.push_str(STARS);
        true
    });
    masked
}

fn search(forms: &BTreeSet<String>) -> Option<AhoCorasick> {
    if forms.is_empty() {
        return None;
    }
    let built = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(forms);
    Some(
        built.expect(
            "secrets come from files of at most a mebibyte, far from the automaton's limit of states",
        ),
    )
}

/// Every text in which `secret` is hidden.
fn forms(secret: &str) -> impl Iterator<Item = String> {
    let mut forms = BTreeSet::from([secret.to_owned()]);
    for safe in
        [URI_COMPONENT, URI, UNRESERVED, FORM, SPECIAL_QUERY, QUERY, PATH, PATH_BEFORE, FRAGMENT, USERINFO]
    {
        for hex in [Hex::Upper, Hex::Lower] {
            forms.insert(percent_encoded(secret, safe, hex));
        }
    }
    forms.extend(base64_forms(secret.as_bytes()));
    forms.extend(json_forms(secret));
    forms.extend(html_forms(secret));
    forms.into_iter().filter(|form| form.len() >= SHORTEST)
}

#[derive(Clone, Copy)]
enum Hex {
    Upper,
    Lower,
}

/// What `encodeURIComponent` leaves as it is, besides letters and digits.
const URI_COMPONENT: &str = "-_.!~*'()";
/// What `encodeURI` leaves as it is.
const URI: &str = "-_.!~*'();/?:@&=+$,#";
/// What RFC 3986 section 2.3 calls unreserved.
const UNRESERVED: &str = "-_.~";
/// What `application/x-www-form-urlencoded` (WHATWG URL) leaves as it is. A space in the set becomes `+`.
const FORM: &str = "*-._ ";

/// What the parser of addresses leaves as it is (WHATWG URL section 1.3) in the query of `http` and its like.
const SPECIAL_QUERY: &str = r"!$%&()*+,-./:;=?@[\]^_`{|}~";
/// In other queries.
const QUERY: &str = r"!$%&'()*+,-./:;=?@[\]^_`{|}~";
/// In a path.
const PATH: &str = r"!$%&'()*+,-./:;=@[\]_|~";
/// In a path, before `^` was added in 2023.
const PATH_BEFORE: &str = r"!$%&'()*+,-./:;=@[\]^_|~";
/// In a fragment.
const FRAGMENT: &str = r"!#$%&'()*+,-./:;=?@[\]^_{|}~";
/// In the user's name and password.
const USERINFO: &str = "!$%&'()*+,-._~";

fn percent_encoded(text: &str, safe: &str, hex: Hex) -> String {
    let mut encoded = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        let c = char::from(byte);
        if c == ' ' && safe.contains(' ') {
            encoded.push('+');
        } else if c.is_ascii_alphanumeric() || (c.is_ascii() && safe.contains(c)) {
            encoded.push(c);
        } else {
            let written = match hex {
                Hex::Upper => write!(encoded, "%{byte:02X}"),
                Hex::Lower => write!(encoded, "%{byte:02x}"),
            };
            debug_assert!(written.is_ok(), "a String takes every write");
        }
    }
    encoded
}

/// Base64 (RFC 4648) alone, and what of it does not depend on its neighbours in a longer text at each of the three
/// alignments: only whole sextets of the secret.
fn base64_forms(secret: &[u8]) -> Vec<String> {
    let mut forms: Vec<String> =
        [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD].iter().map(|way| way.encode(secret)).collect();
    for shift in 0..3_usize {
        let mut shifted = vec![0_u8; shift];
        shifted.extend_from_slice(secret);
        let first = (shift * 8).div_ceil(6);
        let last = shifted.len() * 8 / 6;
        for way in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let encoded = way.encode(&shifted);
            forms.push(encoded[first..last].to_owned());
        }
    }
    forms
}

/// The inside of a JSON string (RFC 8259 section 7) as encoders write it: bare, with `\/`, with `\u` beyond ASCII.
fn json_forms(secret: &str) -> Vec<String> {
    let quoted = serde_json::Value::from(secret).to_string();
    let bare = quoted[1..quoted.len() - 1].to_owned();
    let mut forms = Vec::new();
    for hex in [Hex::Upper, Hex::Lower] {
        let mut ascii = String::with_capacity(bare.len());
        for c in bare.chars() {
            if c.is_ascii() {
                ascii.push(c);
                continue;
            }
            for unit in c.encode_utf16(&mut [0; 2]) {
                let written = match hex {
                    Hex::Upper => write!(ascii, "\\u{unit:04X}"),
                    Hex::Lower => write!(ascii, "\\u{unit:04x}"),
                };
                debug_assert!(written.is_ok(), "a String takes every write");
            }
        }
        forms.push(ascii.replace('/', "\\/"));
        forms.push(ascii);
    }
    forms.push(bare.replace('/', "\\/"));
    forms.push(bare);
    forms
}

/// As markup holds it: a text as the HTML serialiser writes it (HTML section 13.3), an attribute in double quotes with
/// and without `<` and `>` escaped, and what escapes single quotes, too.
fn html_forms(secret: &str) -> [String; 4] {
    let and = secret.replace('&', "&amp;").replace('\u{a0}', "&nbsp;");
    let text = and.replace('<', "&lt;").replace('>', "&gt;");
    let attribute = text.replace('"', "&quot;");
    [and.replace('"', "&quot;"), attribute.replace('\'', "&#39;"), attribute, text]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn masker(secrets: &[&str]) -> Masker {
        Masker::new(secrets.iter().map(|it| (*it).to_owned()))
    }

    #[test]
    fn what_was_cut_in_the_middle_of_a_secret_is_hidden_too() {
        let masker = Masker::new(["geheim & süß".to_owned()]);
        let shown = |text: &str| masker.mask(text);
        assert_eq!(shown("the text is `a geheim & s…`"), "the text is `a ***…`");
        assert_eq!(shown("?x=geheim%20%26%20s%C3… and gehe…"), "?x=***… and ***…");
        assert_eq!(
            shown("a geh…, geheim without the rest, geheim & süß…"),
            "a geh…, geheim without the rest, ***…"
        );
        assert_eq!(shown("…"), "…");
    }

    #[test]
    fn every_encoding_is_hidden() {
        let masker = masker(&["s3cr/t ü"]);
        let shown = |text: &str| masker.mask(text);
        assert_eq!(shown("it is s3cr/t ü, really"), "it is ***, really");
        assert_eq!(shown("?p=s3cr%2Ft%20%C3%BC&x"), "?p=***&x");
        assert_eq!(shown("p=s3cr%2ft+%c3%bc&x"), "p=***&x");
        assert_eq!(shown(r#"{"p":"s3cr\/t \u00fc"}"#), r#"{"p":"***"}"#);
        let header = STANDARD.encode("alice:s3cr/t ü!");
        let masker = Masker::new(["a\"b\\ü <'&".to_owned()]);
        assert_eq!(masker.mask("/?x=a%22b\\%C3%BC%20%3C%27&"), "/?x=***");
        assert_eq!(masker.mask("/a%22b\\%C3%BC%20%3C'&"), "/***");
        assert_eq!(
            masker.mask("<p title=\"a&quot;b\\ü &lt;'&amp;\">a\"b\\ü &lt;'&amp;</p>"),
            "<p title=\"***\">***</p>"
        );
        let masker = Masker::new(["s3cr/t ü".to_owned()]);
        let shown = |text: &str| masker.mask(text);
        assert_eq!(STANDARD.encode("alice:"), "YWxpY2U6");
        assert_eq!(shown(&header), "YWxpY2U6***IQ==");
    }

    #[test]
    fn the_longer_of_two_secrets_wins() {
        assert_eq!(masker(&["pass", "password"]).mask("password pass"), "*** ***");
    }

    #[test]
    fn a_text_can_be_hidden_later_and_a_short_one_never_is() {
        let mut masker = masker(&["abc"]);
        assert_eq!(masker.mask("abcd"), "abcd");
        masker.add("bcde");
        assert_eq!(masker.mask("abcde"), "a***");
    }

    #[test]
    fn a_secret_of_stars_does_not_survive_its_own_mask() {
        assert_eq!(masker(&["a***"]).mask("aa****"), "****");
        assert_eq!(masker(&["****"]).mask("*****"), "***");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_form_survives(secret in r#"[a-zA-Z0-9 /+%&=ü€😀"\\'-]{4,20}"#, before in ".{0,7}", after in ".{0,7}") {
            let masker = Masker::new([secret.clone()]);
            let whole = format!("{before}{secret}{after}");
            let json = serde_json::Value::from(whole.as_str()).to_string();
            let written = [
                percent_encoded(&whole, URI_COMPONENT, Hex::Upper),
                percent_encoded(&whole, URI, Hex::Lower),
                percent_encoded(&whole, UNRESERVED, Hex::Upper),
                percent_encoded(&whole, FORM, Hex::Lower),
                STANDARD.encode(&whole),
                URL_SAFE_NO_PAD.encode(&whole),
                json.replace('/', "\\/"),
                json,
                whole,
            ];
            for text in written {
                let masked = masker.mask(&text);
                prop_assert!(masked.contains(STARS), "{text} became {masked}");
                for form in forms(&secret) {
                    prop_assert!(!masked.contains(&form), "{form} survives in {masked}");
                }
            }
        }
    }
}
