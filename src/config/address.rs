//! An address on the web that settings may name: `http` or `https`, with a host, without user or password.

use super::reading::{Given, Reading};
use super::setting::{Setting, read_parsed};
use serde_json::{Value, json};
use std::fmt;
use std::str::FromStr;
use url::Url;

/// An absolute `http` or `https` URL without credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(Url);

/// Why a text is no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressError {
    /// No URL (WHATWG URL Standard).
    NotAUrl(String, url::ParseError),
    /// Another scheme.
    Scheme(String),
    /// User or password in it.
    Credentials,
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAUrl(found, why) => {
                write!(f, "must be a URL such as `http://127.0.0.1:8080`, found `{found}`: {why}")
            }
            Self::Scheme(scheme) => write!(f, "must begin with `http://` or `https://`, found `{scheme}:`"),
            Self::Credentials => write!(f, "must not hold a user or password"),
        }
    }
}

impl std::error::Error for AddressError {}

impl Address {
    /// The URL.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// The URL's text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let url = Url::parse(text).map_err(|error| AddressError::NotAUrl(text.to_owned(), error))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(AddressError::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::Credentials);
        }
        Ok(Self(url))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0.as_str())
    }
}

impl Setting for Address {
    fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        read_parsed("a URL such as `http://127.0.0.1:8080`", given, reading)
    }

    fn show(&self) -> Value {
        Value::String(self.0.to_string())
    }

    fn schema() -> Value {
        json!({"type": "string", "pattern": "^https?://"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_of_the_web_and_hold_no_credentials() {
        assert_eq!("http://LOCALHOST:80/a".parse::<Address>().unwrap().as_str(), "http://localhost/a");
        let wrong = |text: &str| text.parse::<Address>().unwrap_err().to_string();
        assert_eq!(wrong("file:///etc"), "must begin with `http://` or `https://`, found `file:`");
        assert_eq!(wrong("localhost:8080"), "must begin with `http://` or `https://`, found `localhost:`");
        assert_eq!(wrong("https://a:hunter2@b"), "must not hold a user or password");
        assert_eq!(
            wrong("/login"),
            "must be a URL such as `http://127.0.0.1:8080`, found `/login`: relative URL without a base"
        );
    }
}
