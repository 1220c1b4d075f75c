//! A portal on the test's desk: with a clock that stands still until it is told otherwise.
#![allow(dead_code, reason = "each test file uses its own part of it")]

use callgate_portal::{Config, Fault, Portal, Reply, Request, TokenRequest, UnixMs};
use serde_json::{Value, json};

/// The second in which the documentation's example event was sent.
pub(crate) const NOW: UnixMs = 1_478_790_852_000;

pub(crate) struct Desk {
    pub(crate) portal: Portal,
    pub(crate) now: UnixMs,
    pub(crate) token: String,
}

impl Desk {
    /// A portal with one app token of these scopes.
    pub(crate) fn with(scopes: &[&str]) -> Self {
        let config = Config {
            origin: "https://portal.bitrix24.com".into(),
            ..Config::default()
        };
        let mut desk = Self {
            portal: Portal::with_config(config),
            now: NOW,
            token: String::new(),
        };
        desk.token = desk.new_token(scopes);
        desk
    }

    pub(crate) fn new_token(&mut self, scopes: &[&str]) -> String {
        let scopes = Some(scopes.iter().map(|scope| (*scope).to_owned()).collect());
        self.portal
            .token(
                self.now,
                TokenRequest {
                    scopes,
                    ..TokenRequest::default()
                },
            )
            .access_token
    }

    pub(crate) fn send(&mut self, request: &Request) -> Reply {
        self.portal.handle(self.now, request)
    }

    pub(crate) fn get(&mut self, url: &str) -> Reply {
        self.send(&Request::get(url))
    }

    /// A GET of a method with the desk's token.
    pub(crate) fn call(&mut self, method: &str, query: &str) -> Reply {
        let token = self.token.clone();
        self.call_with(&token, method, query)
    }

    pub(crate) fn call_with(&mut self, token: &str, method: &str, query: &str) -> Reply {
        self.get(&format!("/rest/{method}?auth={token}&{query}"))
    }

    /// A POST of JSON with the desk's token in the body.
    pub(crate) fn post(&mut self, method: &str, mut body: Value) -> Reply {
        body["auth"] = json!(self.token);
        self.send(&Request::json(format!("/rest/{method}"), &body))
    }

    /// A batch of commands in order, under the keys 0, 1, …
    pub(crate) fn batch(&mut self, commands: &[&str], halt: bool) -> Value {
        self.post("batch", json!({"cmd": commands, "halt": halt}))
            .value()
    }

    pub(crate) fn control(&mut self, path: &str, body: Value) -> Reply {
        self.send(&Request::json(format!("/_portal/{path}"), &body))
    }

    pub(crate) fn fault(&mut self, kind: &str) {
        self.portal.fault(Fault::new(kind)).unwrap();
    }

    pub(crate) fn once(&mut self, kind: &str) {
        self.portal
            .fault(Fault {
                times: Some(1),
                ..Fault::new(kind)
            })
            .unwrap();
    }

    pub(crate) fn decide(&mut self, granted: bool) -> Vec<Vec<(String, String)>> {
        let token = self.token.clone();
        let posts = self
            .portal
            .decide(self.now, &token, "voximplant.user.get", granted)
            .unwrap();
        posts.iter().map(|post| fields(&post.body)).collect()
    }

    /// Binds a handler on the loopback interface.
    pub(crate) fn bind(&mut self) {
        let reply = self.call(
            "event.bind",
            "event=OnAppMethodConfirm&handler=http://127.0.0.1:9/hook",
        );
        assert_eq!(reply.value()["result"], true, "{}", reply.body);
    }

    pub(crate) fn seconds(&mut self, seconds: u64) {
        self.now += seconds * 1000;
    }
}

/// The code of a failure in versions 1 and 2.
pub(crate) fn code(reply: &Reply) -> String {
    reply.value()["error"]
        .as_str()
        .unwrap_or("no error")
        .to_owned()
}

/// Status and code together.
pub(crate) fn failure(reply: &Reply) -> (u16, String) {
    (reply.status, code(reply))
}

/// The class of a failure in version 3.
pub(crate) fn class(reply: &Reply) -> String {
    let code = reply.value()["error"]["code"]
        .as_str()
        .unwrap_or("no error")
        .to_owned();
    code.trim_start_matches("BITRIX_REST_V3_EXCEPTION_")
        .to_owned()
}

/// An encoded form, decoded by hand.
pub(crate) fn fields(form: &str) -> Vec<(String, String)> {
    let decode = |text: &str| callgate_portal::decode_path(&text.replace('+', " "));
    form.split('&')
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

pub(crate) fn list(value: &Value) -> Vec<String> {
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    value.as_array().unwrap().iter().map(text).collect()
}
