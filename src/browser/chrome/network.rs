//! The requests of a page, as the browser tells of them (Chrome DevTools Protocol, domain Network).

use crate::browser::film::{MARGIN, Request, URL};
use crate::text::Untrusted;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::HashMap;

/// Requests that are kept of one attempt: the first ones.
const REQUESTS: usize = 2_000;

/// The requests of one page so far.
#[derive(Debug, Default)]
pub(super) struct Requests {
    all: Vec<Request>,
    /// Where those are that have not ended, with their beginning by the browser's own clock, in seconds.
    open: HashMap<String, (usize, f64)>,
}

/// What is read of an event; each has a part of it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    request_id: String,
    /// Seconds by a clock that only goes forward.
    #[serde(default)]
    timestamp: f64,
    /// Seconds since 1970.
    #[serde(default)]
    wall_time: f64,
    #[serde(default, rename = "type")]
    kind: String,
    request: Option<Sent>,
    response: Option<Answered>,
    redirect_response: Option<Answered>,
    encoded_data_length: Option<f64>,
    error_text: Option<String>,
}

#[derive(Deserialize)]
struct Sent {
    method: String,
    url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answered {
    status: u16,
    #[serde(default)]
    encoded_data_length: f64,
}

impl Requests {
    /// Looks at an event of the domain.
    pub(super) fn event(&mut self, method: &str, params: &RawValue) {
        let note = match method {
            "Network.requestWillBeSent" => Self::sent,
            "Network.responseReceived" => Self::answered,
            "Network.loadingFinished" | "Network.loadingFailed" => Self::ended,
            _ => return,
        };
        if let Ok(told) = serde_json::from_str(params.get()) {
            note(self, told);
        }
    }

    /// All of them, oldest first, which are gone then.
    pub(super) fn take(&mut self) -> Vec<Request> {
        std::mem::take(self).all
    }

    fn sent(&mut self, told: Told) {
        // A redirected request goes on under the same id.
        if let Some(response) = &told.redirect_response
            && let Some((request, began)) = self.close(&told.request_id)
        {
            request.status = Some(response.status);
            request.bytes = Some(response.encoded_data_length);
            request.took_ms = Some((told.timestamp - began) * 1000.0);
        }
        let Some(sent) = told.request else { return };
        // What is in the page already is no request to anybody.
        if self.all.len() >= REQUESTS || sent.url.starts_with("data:") {
            return;
        }
        self.open.insert(told.request_id, (self.all.len(), told.timestamp));
        self.all.push(Request {
            at_ms: told.wall_time * 1000.0,
            method: Untrusted::from(sent.method),
            url: Untrusted::from(cut(&sent.url)),
            kind: Untrusted::from(told.kind),
            ..Request::default()
        });
    }

    fn answered(&mut self, told: Told) {
        let Some(&(at, _)) = self.open.get(&told.request_id) else { return };
        self.all[at].status = told.response.map(|it| it.status);
    }

    fn ended(&mut self, told: Told) {
        let Some((request, began)) = self.close(&told.request_id) else { return };
        request.took_ms = Some((told.timestamp - began) * 1000.0);
        request.bytes = told.encoded_data_length;
        request.error = told.error_text.map(Untrusted::from);
    }

    fn close(&mut self, id: &str) -> Option<(&mut Request, f64)> {
        let (at, began) = self.open.remove(id)?;
        Some((&mut self.all[at], began))
    }
}

/// A URL that is no longer than what is wanted.
fn cut(url: &str) -> &str {
    let end = (0..=(URL + MARGIN).min(url.len())).rev().find(|end| url.is_char_boundary(*end));
    &url[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn tell(requests: &mut Requests, method: &str, params: &Value) {
        requests.event(method, &serde_json::value::to_raw_value(params).unwrap());
    }

    fn sent(id: &str, url: &str) -> Value {
        json!({"requestId": id, "timestamp": 10.0, "wallTime": 1000.5, "type": "Document",
            "request": {"method": "GET", "url": url, "headers": {}}})
    }

    #[test]
    fn a_request_is_followed_over_its_redirects_to_its_end() {
        let mut requests = Requests::default();
        tell(&mut requests, "Network.requestWillBeSent", &sent("1", "http://x/old"));
        let mut on = sent("1", "http://x/new");
        on["timestamp"] = json!(10.25);
        on["redirectResponse"] = json!({"status": 302, "encodedDataLength": 90});
        tell(&mut requests, "Network.requestWillBeSent", &on);
        tell(
            &mut requests,
            "Network.responseReceived",
            &json!({"requestId": "1", "timestamp": 10.5, "type": "Document", "response": {"status": 200}}),
        );
        tell(
            &mut requests,
            "Network.loadingFinished",
            &json!({"requestId": "1", "timestamp": 10.75, "encodedDataLength": 120.0}),
        );
        tell(&mut requests, "Network.requestWillBeSent", &sent("2", "http://x/lost"));
        tell(
            &mut requests,
            "Network.loadingFailed",
            &json!({"requestId": "2", "timestamp": 11.0, "type": "Script", "errorText": "net::ERR_FAILED"}),
        );
        tell(&mut requests, "Network.requestWillBeSent", &sent("3", "data:text/css,"));
        tell(&mut requests, "Network.requestWillBeSent", &sent("4", "http://x/waits"));
        tell(&mut requests, "Network.dataReceived", &json!({"requestId": "4"}));
        let shown: Vec<_> = requests
            .take()
            .iter()
            .map(|it| (it.url.raw().to_owned(), it.status, it.took_ms, it.bytes, it.error.is_some()))
            .collect();
        let expected = [
            ("http://x/old", Some(302), Some(250.0), Some(90.0), false),
            ("http://x/new", Some(200), Some(500.0), Some(120.0), false),
            ("http://x/lost", None, Some(1000.0), None, true),
            ("http://x/waits", None, None, None, false),
        ];
        assert_eq!(shown, expected.map(|(url, s, t, b, e)| (url.to_owned(), s, t, b, e)));
    }

    #[test]
    fn a_page_in_a_loop_of_requests_fills_no_memory() {
        let mut requests = Requests::default();
        let url = format!("http://x/{}", "é".repeat(URL + MARGIN));
        for number in 0..REQUESTS + 3 {
            tell(&mut requests, "Network.requestWillBeSent", &sent(&number.to_string(), &url));
        }
        assert_eq!(requests.open.len(), REQUESTS);
        let all = requests.take();
        assert_eq!(all.len(), REQUESTS);
        assert!(all[0].url.raw().len() <= URL + MARGIN);
    }
}
