//! The portal as a whole: requests in, replies out, the log of what it saw, and the same controls
//! for Rust that the control plane has for HTTP.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use crate::{
    auth::{Session, TOKEN_LIFE, Webhook},
    control::{self, ControlError},
    faults::Fault,
    front,
    http::{EventPost, MAX_BODY, Reply, Request, UnixMs},
    oauth::{self, NewToken},
    one_e::{self, OneE},
    page,
    request::{self, Version},
    rest,
    settings::Settings,
    telecomx::{self, TelecomX},
    v3,
    world::{Config, World},
};

/// The log's oldest entries go when their texts together are longer than this.
const LOG_SIZE: usize = 64 * 1024 * 1024;

/// The scopes of a token or a webhook when nobody says which.
pub(crate) fn usual_scopes() -> Vec<String> {
    ["crm", "disk", "im", "task", "telephony", "user"]
        .map(str::to_owned)
        .to_vec()
}

/// One portal with its clock, its data and its memory.
///
/// ```
/// use callgate_portal::{Portal, Request, TokenRequest};
///
/// let mut portal = Portal::new();
/// let token = portal.token(0, TokenRequest { expires_in: 60, ..TokenRequest::default() });
/// let call = Request::get(format!("/rest/profile?auth={}", token.access_token));
/// assert_eq!(portal.handle(0, &call).status, 200);
///
/// portal.advance(60_000);
/// assert_eq!(portal.handle(0, &call).value()["error"], "expired_token");
/// let seen: Vec<u16> = portal.log(0).map(|entry| entry.status).collect();
/// assert_eq!(seen, [200, 401]);
/// ```
#[derive(Debug)]
pub struct Portal {
    pub(crate) world: World,
    log: VecDeque<LogEntry>,
    log_size: usize,
    seen: u64,
    /// What `advance` added to the caller's clock.
    ahead: UnixMs,
}

/// A request that the portal saw, and its answer. Requests of the control plane are not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// Counts up from 1, through resets as well.
    pub seq: u64,
    /// When it came, by the portal's clock.
    pub at: UnixMs,
    /// The verb.
    pub method: String,
    /// Path and query.
    pub url: String,
    /// Names in small letters, and values.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
    /// The status of the answer.
    pub status: u16,
    /// The body of the answer.
    pub answer: String,
    /// How long the answer was held back, in milliseconds.
    pub took: UnixMs,
}

impl LogEntry {
    pub(crate) fn to_value(&self) -> Value {
        let headers: Value = self
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect();
        json!({
            "seq": self.seq,
            "at": self.at,
            "method": self.method,
            "url": self.url,
            "headers": headers,
            "body": self.body,
            "status": self.status,
            "answer": self.answer,
            "took": self.took,
        })
    }

    fn size(&self) -> usize {
        self.url.len() + self.body.len() + self.answer.len() + 512
    }
}

/// What a new token should be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// Its scopes; those of the app when absent.
    pub scopes: Option<Vec<String>>,
    /// Its life in seconds.
    pub expires_in: u64,
    /// The user for whom it speaks. User 1 is the administrator.
    pub user: u64,
    /// The app to which it belongs; also its `client_id`.
    pub app: String,
    /// The token itself; made up when absent.
    pub access_token: Option<String>,
}

impl Default for TokenRequest {
    fn default() -> Self {
        Self {
            scopes: None,
            expires_in: TOKEN_LIFE,
            user: 1,
            app: "local.app".to_owned(),
            access_token: None,
        }
    }
}

/// A token as its app gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Goes with every call.
    pub access_token: String,
    /// Goes to the token endpoint, once.
    pub refresh_token: String,
    /// The end of the token's life, in Unix seconds.
    pub expires: u64,
    /// Its life in seconds.
    pub expires_in: u64,
    /// The portal's identifier.
    pub member_id: String,
    /// What events of the portal identify themselves with.
    pub application_token: String,
    /// The scopes, separated by commas.
    pub scope: String,
}

impl Default for Portal {
    fn default() -> Self {
        Self::new()
    }
}

impl Portal {
    /// A fresh portal under its usual address. It has no clock: every call brings its own time.
    pub fn new() -> Self {
        Self::with_config(Config::default())
    }

    /// A fresh portal with an address and identifiers of the caller's choice.
    pub fn with_config(config: Config) -> Self {
        Self {
            world: World {
                config,
                ..World::default()
            },
            log: VecDeque::new(),
            log_size: 0,
            seen: 0,
            ahead: 0,
        }
    }

    /// Whether this path, without its query, is one of the servers' or the control plane's.
    ///
    /// ```
    /// use callgate_portal::Portal;
    /// assert!(Portal::has("/rest/profile") && !Portal::has("/style.css"));
    /// ```
    pub fn has(path: &str) -> bool {
        let first = path.trim_start_matches('/').split('/').next();
        matches!(first, Some("rest" | "oauth" | "_portal"))
            || one_e::owns(path)
            || telecomx::owns(path)
    }

    /// Answers one request. What the reply says of delay and effects is for the caller to do.
    pub fn handle(&mut self, now: UnixMs, request: &Request) -> Reply {
        let path = request.path();
        if request.body.len() > MAX_BODY {
            return Reply::too_large();
        }
        if let Some(reply) = page::file(path).filter(|_| request.method == "GET") {
            return reply;
        }
        if control::owns(path) {
            return control::answer(self, now, request);
        }
        let at = self.at(now);
        self.world.commands = 0;
        let mut reply = if path == "/oauth/token/" || path == "/oauth/token" {
            oauth::answer(&mut self.world, at, request)
        } else if path == "/rest" || path.starts_with("/rest/") {
            self.rest(at, request)
        } else if one_e::owns(path) {
            self.world.one_e.answer(at, request)
        } else if telecomx::owns(path) {
            self.world.telecomx.answer(at, request)
        } else {
            Reply::html(404, "Not Found")
        };
        reply.delay += std::time::Duration::from_millis(
            self.world
                .settings
                .latency
                .saturating_add(self.world.worked()),
        );
        self.record(at, request, &reply);
        reply
    }

    fn rest(&mut self, now: UnixMs, request: &Request) -> Reply {
        if request.method == "OPTIONS" {
            return front::with_cors(Reply {
                status: 200,
                ..Reply::default()
            });
        }
        let endpoint = request::endpoint(request.path());
        let name = rest::fault_name(endpoint.as_ref());
        if let Some(reply) = front::intercept(&mut self.world, now, request, &name) {
            return reply;
        }
        match &endpoint {
            Some(endpoint) if endpoint.version == Version::V3 => {
                v3::answer(&mut self.world, now, request, endpoint)
            }
            _ => rest::answer(&mut self.world, now, request, endpoint.as_ref()),
        }
    }

    fn record(&mut self, at: UnixMs, request: &Request, reply: &Reply) {
        self.seen += 1;
        let entry = LogEntry {
            seq: self.seen,
            at,
            method: request.method.clone(),
            url: request.url.clone(),
            headers: request
                .headers
                .iter()
                .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
                .collect(),
            body: String::from_utf8_lossy(&request.body).into_owned(),
            status: reply.status,
            answer: reply.body.clone(),
            took: UnixMs::try_from(reply.delay.as_millis()).unwrap_or(UnixMs::MAX),
        };
        self.log_size += entry.size();
        self.log.push_back(entry);
        while self.log_size > LOG_SIZE && self.log.len() > 1 {
            self.log_size -= self.log.pop_front().map_or(0, |entry| entry.size());
        }
    }

    /// The portal's own time.
    pub(crate) fn at(&self, now: UnixMs) -> UnixMs {
        now.saturating_add(self.ahead)
    }

    /// Throws tokens, confirmations, data, faults, settings, log and clock away. Identifiers and the
    /// log's numbers go on, so nothing of the old portal means something in the new.
    pub fn reset(&mut self) {
        self.world = self.world.renewed();
        self.ahead = 0;
        self.clear_log();
    }

    /// Issues a token.
    pub fn token(&mut self, now: UnixMs, request: TokenRequest) -> Token {
        let at = self.at(now);
        let TokenRequest {
            scopes,
            expires_in,
            user,
            app,
            access_token,
        } = request;
        let scopes = scopes
            .or_else(|| self.world.app(&app).scopes.clone())
            .unwrap_or_else(usual_scopes);
        let answer = self.world.issue(
            at,
            NewToken {
                app,
                user,
                scopes,
                expires_in,
                access_token,
            },
        );
        let text = |key: &str| {
            answer
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let number = |key: &str| answer.get(key).and_then(Value::as_u64).unwrap_or_default();
        Token {
            access_token: text("access_token"),
            refresh_token: text("refresh_token"),
            expires: number("expires"),
            expires_in: number("expires_in"),
            member_id: text("member_id"),
            application_token: text("application_token"),
            scope: text("scope"),
        }
    }

    /// Makes an inbound webhook; the answer is its address, with a slash at its end.
    pub fn webhook(&mut self, scopes: &[&str], user: u64) -> String {
        let secret = self.world.ids.secret();
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        self.world
            .access
            .webhooks
            .insert(secret.clone(), Webhook { user, scopes });
        format!("{}{user}/{secret}/", self.world.config.client_endpoint())
    }

    /// Logs a user in to the portal itself: the value of the cookie `PHPSESSID`, and the key that
    /// goes as `sessid` with every call.
    pub fn session(&mut self, user: u64) -> (String, String) {
        let (cookie, sessid) = (self.world.ids.token(), self.world.ids.token());
        self.world.access.sessions.insert(
            cookie.clone(),
            Session {
                user,
                sessid: sessid.clone(),
            },
        );
        (cookie, sessid)
    }

    /// Says what an app's future tokens get. Tokens that are out already keep their scopes.
    pub fn app(&mut self, app: &str, scopes: &[&str]) {
        self.world.app(app).scopes = Some(scopes.iter().map(|scope| (*scope).to_owned()).collect());
    }

    /// The administrator's answer to a notification. The state is written; the events that follow
    /// are the caller's to send.
    ///
    /// # Errors
    ///
    /// When no notification about this token and method waits for an answer.
    pub fn decide(
        &mut self,
        now: UnixMs,
        token: &str,
        method: &str,
        granted: bool,
    ) -> Result<Vec<EventPost>, ControlError> {
        let at = self.at(now);
        control::decide(&mut self.world, at, token, method, granted)
    }

    /// Switches a fault on.
    ///
    /// # Errors
    ///
    /// When the table of faults has no such kind.
    pub fn fault(&mut self, fault: Fault) -> Result<(), ControlError> {
        self.world
            .faults
            .add(fault)
            .map(|_| ())
            .map_err(|kind| ControlError::unknown_kind(&kind))
    }

    /// Switches all faults off.
    pub fn clear_faults(&mut self) {
        self.world.faults.clear();
    }

    /// The 1E server, to set it up.
    pub fn one_e(&mut self) -> &mut OneE {
        &mut self.world.one_e
    }

    /// The TelecomX server, to set it up.
    pub fn telecomx(&mut self) -> &mut TelecomX {
        &mut self.world.telecomx
    }

    /// The settings as they stand.
    pub fn settings(&self) -> &Settings {
        &self.world.settings
    }

    /// Sets all settings.
    pub fn set(&mut self, settings: Settings) {
        self.world.settings = settings;
    }

    /// Moves the portal's clock on, against the caller's.
    pub fn advance(&mut self, milliseconds: UnixMs) {
        self.ahead = self.ahead.saturating_add(milliseconds);
    }

    /// Generates so many rows in place of a table's own.
    ///
    /// # Errors
    ///
    /// When there is no such table.
    pub fn generate(&mut self, entity: &str, rows: u64) -> Result<(), ControlError> {
        let name = self.world.tables.meant(entity);
        let name = name.ok_or_else(|| ControlError::unknown_entity(&self.world, entity))?;
        self.world.tables.get_mut(name).generate(rows);
        Ok(())
    }

    /// The rows of a table behind the one with this number, as they are stored.
    ///
    /// # Errors
    ///
    /// When there is no such table.
    ///
    /// ```
    /// use callgate_portal::Portal;
    /// let mut portal = Portal::new();
    /// portal.generate("deal", 3).unwrap();
    /// assert_eq!(portal.rows("deal", 1).unwrap().len(), 2);
    /// ```
    pub fn rows(&self, entity: &str, after: u64) -> Result<Vec<Map<String, Value>>, ControlError> {
        let name = self.world.tables.meant(entity);
        let name = name.ok_or_else(|| ControlError::unknown_entity(&self.world, entity))?;
        let table = self.world.tables.get(name);
        let ids = table.ids(after.saturating_add(1)..=u64::MAX);
        Ok(ids.filter_map(|id| table.row(id)).collect())
    }

    /// The requests that came after the one with this number; all of them after 0.
    pub fn log(&self, after: u64) -> impl Iterator<Item = &LogEntry> {
        self.log.iter().filter(move |entry| entry.seq > after)
    }

    /// Forgets the log; its numbers go on.
    pub fn clear_log(&mut self) {
        self.log.clear();
        self.log_size = 0;
    }
}
