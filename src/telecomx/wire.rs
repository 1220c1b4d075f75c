//! Where the server is, and what the requests to it look like.

use crate::error::Error;
use crate::http::{RestRequest, Verb};
use crate::json::push_text;
use crate::origin::Origin;
use crate::secret::Secret;
pub(super) use crate::text::push_escaped as escape;

/// A TelecomX server. There is one, unless one tests or goes through a proxy.
///
/// ```
/// use callgate::telecomx::Server;
/// assert_eq!(Server::default().origin(), "https://api.telecomx.dk");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server(String);

impl Default for Server {
    fn default() -> Self {
        Self("https://api.telecomx.dk".to_owned())
    }
}

impl Server {
    /// Takes another server's address.
    ///
    /// # Errors
    ///
    /// An error of kind `invalid` for an address that isn't an origin, and for http to another host
    /// than the loopback one.
    ///
    /// ```
    /// use callgate::telecomx::Server;
    /// assert!(Server::parse("http://127.0.0.1:8024").is_ok());
    /// assert!(Server::parse("http://api.telecomx.dk").is_err());
    /// ```
    pub fn parse(url: &str) -> Result<Self, Error> {
        let origin = Origin::read("url", url)?;
        Ok(Self(origin.as_str().to_owned()))
    }

    /// What all its addresses begin with, without a slash at the end.
    ///
    /// ```
    /// use callgate::telecomx::Server;
    /// assert_eq!(Server::parse("proxy.example/").unwrap().origin(), "https://proxy.example");
    /// ```
    pub fn origin(&self) -> &str {
        &self.0
    }

    pub(super) fn request(&self, demand: &Demand, token: Option<&Secret>) -> RestRequest {
        let mut headers = vec![("Accept", Secret::new("application/json"))];
        if let Some(token) = token {
            let bearer = ["Bearer ", token.expose()].concat();
            headers.push(("Authorization", Secret::new(bearer)));
        }
        RestRequest {
            verb: demand.verb,
            url: [self.0.as_str(), &demand.path].concat(),
            headers,
            body: demand.body.clone(),
        }
    }
}

/// A request, before it has its server and its headers.
#[derive(Clone)]
pub(super) struct Demand {
    pub(super) verb: Verb,
    /// The path without what is different from call to call.
    pub(super) room: &'static str,
    pub(super) path: String,
    pub(super) body: Option<String>,
    /// Whether it only reads, so that it may be sent again.
    pub(super) reads: bool,
}

impl Demand {
    /// What errors call it.
    pub(super) fn name(&self) -> String {
        [self.verb.as_str(), " ", self.room].concat()
    }
}

fn get(room: &'static str, query: &str, reads: bool) -> Demand {
    Demand {
        verb: Verb::Get,
        room,
        path: [room, query].concat(),
        body: None,
        reads,
    }
}

/// Texts, and whether the token shall last. A code that was sent by SMS is used up by it.
pub(super) fn login(texts: &[(&str, &str)], persist: bool) -> Demand {
    let mut body = "{".to_owned();
    for (name, text) in texts {
        push_text(name, &mut body);
        body.push(':');
        push_text(text, &mut body);
        body.push(',');
    }
    body.push_str(match persist {
        true => "\"persist\":true}",
        false => "\"persist\":false}",
    });
    Demand {
        verb: Verb::Post,
        body: Some(body),
        ..get("/auth/login", "", false)
    }
}

/// Is the token good? `token` is for the query, where one has to be written there.
pub(super) fn validate(token: Option<&Secret>, ip: Option<&str>, extend: bool) -> Demand {
    let mut query = String::new();
    for (name, text) in [
        ("token", token.map(Secret::expose)),
        ("ip", ip),
        ("extend", extend.then_some("true")),
    ] {
        if let Some(text) = text {
            query.push(if query.is_empty() { '?' } else { '&' });
            query.push_str(name);
            query.push('=');
            escape(text, &mut query);
        }
    }
    get("/auth/validateToken", &query, true)
}

pub(super) fn logout() -> Demand {
    get("/auth/logout", "", false)
}

pub(super) fn permissions() -> Demand {
    get("/pbx/app/permissions", "", true)
}

/// The rights on one extension.
pub(super) fn permissions_on(extension: &str) -> Demand {
    let query = ["?target=", extension].concat();
    get("/pbx/app/grouppermissions", &query, true)
}
