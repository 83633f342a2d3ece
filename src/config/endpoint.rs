//! `[[endpoint]]`: WebDriver endpoints elsewhere, such as a Grid. Connects to nothing.

use super::Environment;
use super::address::Address;
use super::names;
use super::reading::{Given, Reading, in_order};
use super::secret::{Blank, NoValue, Secret, Secrets};
use super::setting::{Setting, read_each, told};
use serde_json::{Value, json};

/// One endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Where its WebDriver commands go.
    pub url: Address,
    /// The most sessions at once.
    pub capacity: u32,
    /// How it knows who asks.
    pub credentials: Credentials,
}

/// How an endpoint knows who asks. Names of values, not the values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// It does not ask.
    None,
    /// HTTP Basic authentication (RFC 7617), from variables of the environment.
    Basic {
        /// Names the variable with the user's name.
        username_env: String,
        /// Names the variable with the password.
        password_env: String,
    },
    /// Header fields for every request.
    Header(Vec<(String, Blank)>),
}

/// Credentials with their values.
pub enum Login {
    /// Nothing is sent.
    None,
    /// HTTP Basic authentication (RFC 7617).
    Basic {
        /// The user's name.
        username: String,
        /// The password; may be short.
        password: String,
    },
    /// Header fields for every request.
    Header(Vec<(String, String)>),
}

impl Credentials {
    /// Looks the values up.
    pub fn login(&self, secrets: &Secrets, environment: &Environment) -> Result<Login, NoValue> {
        let variable =
            |name: &String| environment.variables.get(name).cloned().ok_or_else(|| NoValue(name.clone()));
        match self {
            Self::None => Ok(Login::None),
            Self::Basic { username_env, password_env } => {
                Ok(Login::Basic { username: variable(username_env)?, password: variable(password_env)? })
            }
            Self::Header(fields) => fields
                .iter()
                .map(|(name, blank)| Ok((name.clone(), blank.fill(secrets, environment)?)))
                .collect::<Result<_, _>>()
                .map(Login::Header),
        }
    }
}

impl Login {
    /// What must be masked wherever anything is written.
    pub fn to_mask(&self) -> Vec<Secret> {
        let texts: Vec<&String> = match self {
            Self::None => Vec::new(),
            Self::Basic { password, .. } => vec![password],
            Self::Header(fields) => fields.iter().map(|(_, value)| value).collect(),
        };
        texts.into_iter().filter_map(|text| Secret::new(text.clone()).ok()).collect()
    }
}

/// All endpoints, in the order of the file. With any, no local browser is used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoints(Vec<Endpoint>);

impl Endpoints {
    /// The endpoints.
    pub fn as_slice(&self) -> &[Endpoint] {
        &self.0
    }
}

const KEYS: [&str; 5] = ["url", "capacity", "username_env", "password_env", "header"];

fn read_endpoint(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Endpoint> {
    let before = reading.findings.len();
    let (mut url, mut capacity, mut username, mut password, mut header) = (None, None, None, None, None);
    let table = reading.table(given)?;
    for (key, value) in reading.entries(table, &KEYS) {
        reading.within(key, |reading| match key {
            "url" => url = Address::read(value, reading),
            "capacity" => {
                capacity = reading.number(1..=10_000, value).and_then(|number| u32::try_from(number).ok());
            }
            "username_env" => username = names::variable_name(value, reading),
            "password_env" => password = names::variable_name(value, reading),
            _ => header = read_header(value, reading),
        });
    }
    if reading.findings.len() > before {
        return None;
    }
    let (Some(url), Some(capacity)) = (url, capacity) else {
        reading.error("an endpoint needs `url` and `capacity`", given.span(), "");
        return None;
    };
    let credentials = match (username, password, header) {
        (None, None, None) => Credentials::None,
        (None, None, Some(header)) => Credentials::Header(header),
        (Some(username_env), Some(password_env), None) => Credentials::Basic { username_env, password_env },
        _ => {
            reading.error(
                "an endpoint takes both `username_env` and `password_env`, or `header`",
                given.span(),
                "",
            );
            return None;
        }
    };
    Some(Endpoint { url, capacity, credentials })
}

fn read_header(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Vec<(String, Blank)>> {
    let mut fields = Vec::new();
    for (name, value) in in_order(reading.table(given)?) {
        let name_text = name.get_ref().as_ref();
        if http::HeaderName::try_from(name_text).is_err() {
            reading.error(format!("`{name_text}` is no name of a header field"), name.span(), "");
            continue;
        }
        if let Some(blank) = reading.within(name_text, |reading| Blank::read(value, reading)) {
            fields.push((name_text.to_owned(), blank));
        }
    }
    Some(fields)
}

impl Setting for Endpoints {
    fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        if given.get_ref().is_table() {
            return read_endpoint(given, reading).map(|endpoint| Self(vec![endpoint]));
        }
        read_each("a table", given, reading, read_endpoint).map(Self)
    }

    fn show(&self) -> Value {
        self.0.iter().map(Endpoint::show).collect()
    }

    fn schema() -> Value {
        let one = json!({
            "type": "object",
            "properties": {
                "url": told(&Address::schema(), "Where it is, as clients of WebDriver are told."),
                "capacity": {"type": "integer", "minimum": 1, "description": "Sessions that it takes at once."},
                "username_env": {"type": "string", "description": "The variable that holds the user's name."},
                "password_env": {"type": "string", "description": "The variable that holds the password."},
                "header": {
                    "type": "object", "additionalProperties": {"type": "string"},
                    "description": "Headers of every request, such as Authorization; secrets by `${secret.NAME}`.",
                },
            },
            "required": ["url", "capacity"],
            "additionalProperties": false,
        });
        json!({"oneOf": [one, {"type": "array", "items": one}]})
    }
}

impl Endpoint {
    fn show(&self) -> Value {
        let mut shown = json!({"url": self.url.as_str(), "capacity": self.capacity});
        match &self.credentials {
            Credentials::None => {}
            Credentials::Basic { username_env, password_env } => {
                shown["username_env"] = json!(username_env);
                shown["password_env"] = json!(password_env);
            }
            Credentials::Header(fields) => {
                shown["header"] =
                    fields.iter().map(|(name, value)| (name.clone(), json!(value.shown()))).collect();
            }
        }
        shown
    }
}
