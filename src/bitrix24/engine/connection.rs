//! The state machine: what it is told, what it wants done.

use std::sync::Arc;
use std::time::Duration;

use crate::bitrix24::engine::batches::{BatchOptions, Batches};
use crate::bitrix24::engine::budget::{Budget, Level, Rate};
use crate::bitrix24::engine::call::{Answer, Call, CallId, Exchange, Owner, Running, Stage};
use crate::bitrix24::engine::calls::Calls;
use crate::bitrix24::engine::list::Progress;
use crate::bitrix24::engine::lists::{Lists, Rows};
use crate::bitrix24::engine::operating::Operating;
use crate::bitrix24::engine::plan::{Finished, Item};
use crate::bitrix24::engine::queue::Queue;
use crate::bitrix24::engine::request::Writer;
use crate::bitrix24::engine::retry::{Cause, Jitter};
use crate::bitrix24::engine::token::{Held, RefreshRequest, Token, TokenUpdate, Tokens};
use crate::bitrix24::rights::catalogue::Catalogue;
use crate::bitrix24::rights::confirmation::{Confirmation, Confirmations, Heard, State};
use crate::bitrix24::rights::grant::{Grant, Source};
use crate::bitrix24::rights::method::{MethodName, Version};
use crate::bitrix24::rights::params::Params;
use crate::bitrix24::rights::preflight::{Modes, Question};
use crate::bitrix24::rights::scope::ScopeSet;
use crate::bitrix24::rights::standing::Standings;
use crate::bitrix24::wire::address::{Endpoint, Origin, Webhook};
use crate::bitrix24::wire::code::Meaning;
use crate::bitrix24::wire::commands;
use crate::bitrix24::wire::envelope::{Envelope, Payload, Reply};
use crate::bitrix24::wire::event::TokenScopes;
use crate::decision::Decision;
use crate::error::{Error, Kind, Ran};
use crate::http::{BodyFormat, Failure, Request};
use crate::secret::Secret;
use crate::time::Instant;

/// How many replaced tokens are kept out of words: an hour each, so longer than any echo of them.
const REMEMBERED: usize = 8;

/// How a connection behaves.
///
/// ```
/// use callgate::bitrix24::engine::Config;
/// assert_eq!(Config::default().timeout.as_secs(), 60);
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    /// The REST version of calls that don't choose one.
    pub version: Option<Version>,
    /// What preflight does.
    pub modes: Modes,
    /// How long one HTTP exchange may take.
    pub timeout: Duration,
    /// What bodies are written in where both would do: forms in a browser, where JSON would cost
    /// an extra request; JSON elsewhere.
    pub format: BodyFormat,
    /// Whether requests may carry headers of their own, which CORS forbids in a browser.
    pub custom_headers: bool,
    /// Whether to ask the portal for the token's scopes alongside the first call.
    pub asks_for_scopes: bool,
    /// How many requests the portal lets the connection make.
    pub budget: Rate,
    /// Where the chance in pauses comes from. Connections that begin together should differ in it.
    pub seed: u64,
    /// Whether somebody answers [`Output::Moved`]; otherwise a portal that has moved is an error.
    pub asks_when_moved: bool,
    /// What events prove themselves with.
    pub application_token: Option<Secret>,
    /// The portal's id. Events of another portal are ignored.
    pub member_id: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            version: None,
            modes: Modes::default(),
            timeout: Duration::from_secs(60),
            format: BodyFormat::Json,
            custom_headers: true,
            asks_for_scopes: false,
            budget: Rate::STANDARD,
            seed: 0,
            asks_when_moved: false,
            application_token: None,
            member_id: None,
        }
    }
}

/// What a connection wants done.
///
/// ```
/// use callgate::bitrix24::engine::{CallId, Exchange, Output};
/// let abort: Output<()> = Output::Abort(Exchange { call: CallId(1), attempt: 1 });
/// assert!(matches!(abort, Output::Abort(exchange) if exchange.attempt == 1));
/// ```
pub enum Output<B> {
    /// Make this request, and tell [`Connection::response`] or [`Connection::failure`].
    Send(Exchange, Request),
    /// This exchange's answer is no longer wanted.
    Abort(Exchange),
    /// Get a new token, and tell [`Connection::token`].
    Refresh(RefreshRequest),
    /// Ask the caller whether the portal, with the token, is at this new address, and tell
    /// [`Connection::moved`].
    Moved(Origin),
    /// A call has ended.
    Done(CallId, Result<Answer<B>, Error>),
    /// A batch has ended: with what became of its commands, or as a whole.
    BatchDone(CallId, Result<Finished<B>, Error>),
    /// The page of a list that its consumer waits for.
    Rows(CallId, Rows<B>),
    /// A list has ended: all its pages were handed out, or there will be no more.
    ListDone(CallId, Result<Progress, Error>),
    /// Something to tell whoever listens.
    Notice(Notice),
}

/// Something that listeners may want to know.
///
/// ```
/// use callgate::bitrix24::engine::Notice;
/// let notice = Notice::Token { expires_at: None };
/// assert!(matches!(notice, Notice::Token { .. }));
/// ```
#[derive(Clone, Debug)]
pub enum Notice {
    /// A confirmation has changed.
    Confirmation(Confirmation),
    /// Preflight let something pass that looks wrong, or an event could not be checked.
    Warning {
        /// The method, where there is one.
        method: Option<MethodName>,
        /// What looks wrong, in words.
        message: String,
        /// Preflight's decision.
        decision: Option<Decision>,
    },
    /// A call is held back: by the request budget, or because its method has worked too long.
    Throttle {
        /// The method.
        method: MethodName,
        /// Until when, as things stand.
        until: Instant,
    },
    /// The token was replaced.
    Token {
        /// When the new one ends.
        expires_at: Option<Instant>,
    },
}

/// One client's dealings with one portal. See the [module](super) for how to drive it.
///
/// ```
/// use callgate::bitrix24::engine::{Call, Config, Connection, Output, Token};
/// use callgate::bitrix24::wire::address::{Endpoint, Origin};
/// use callgate::bitrix24::wire::envelope::Reply;
/// use callgate::secret::Secret;
/// use callgate::time::Instant;
///
/// let now = Instant::from_millis(0);
/// let origin = Origin::parse("portal.example").unwrap();
/// let token = Token { access: Secret::new("tok"), refresh: None, expires_at: None };
/// let mut connection = Connection::with_token(Config::default(), origin, token, false);
///
/// let call = connection.submit(now, Call::new("server.time", "{}").unwrap());
/// let Some(Output::Send(exchange, request)) = connection.poll(now) else { panic!() };
/// assert_eq!(request.url, "https://portal.example/rest/server.time");
/// assert_eq!(request.body, r#"{"auth":"tok"}"#);
///
/// connection.response(now, exchange, Reply::read(200, r#"{"result":"2026-01-01T00:00:00+00:00"}"#));
/// let Some(Output::Done(ended, Ok(answer))) = connection.poll(now) else { panic!() };
/// assert_eq!(ended, call);
/// assert_eq!(answer.body["result"], "2026-01-01T00:00:00+00:00");
/// ```
pub struct Connection<B> {
    pub(super) config: Config,
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) writer: Writer,
    /// `None` for a webhook.
    pub(super) tokens: Option<Tokens>,
    pub(super) webhook_secret: Option<Secret>,
    /// Replaced tokens whose confirmations may still be of use.
    pub(super) retired: Vec<Arc<Held>>,
    /// The last tokens that were replaced, whatever became of them: secrets still.
    pub(super) replaced: Vec<Arc<Held>>,
    pub(super) grant: Grant,
    /// The portal was asked for the present token's scopes.
    pub(super) scopes_asked: bool,
    pub(super) confirmations: Confirmations,
    /// What the portal said about methods.
    pub(super) standings: Standings,
    pub(super) calls: Calls,
    pub(super) batches: Batches<B>,
    pub(super) lists: Lists<B>,
    pub(super) budget: Budget,
    pub(super) operating: Operating,
    pub(super) jitter: Jitter,
    /// The new host that the caller was asked about.
    pub(super) moving: Option<Origin>,
    pub(super) last_call: u32,
    pub(super) outputs: Queue<Output<B>>,
    /// Not later than the first thing to happen by itself.
    pub(super) wake: Option<Instant>,
    /// The findings that were told of.
    pub(super) warned: Vec<u64>,
    pub(super) closed: bool,
}

impl<B: Payload> Connection<B> {
    /// A connection that calls with a token. `can_refresh` says whether somebody answers
    /// [`Output::Refresh`].
    ///
    /// ```
    /// use callgate::bitrix24::engine::{Config, Connection, Token};
    /// use callgate::bitrix24::wire::address::Origin;
    /// use callgate::secret::Secret;
    /// let token = Token { access: Secret::new("tok"), refresh: None, expires_at: None };
    /// let origin = Origin::parse("portal.example").unwrap();
    /// let _: Connection<serde_json::Value> =
    ///     Connection::with_token(Config::default(), origin, token, true);
    /// ```
    pub fn with_token(config: Config, origin: Origin, token: Token, can_refresh: bool) -> Self {
        Self::new(
            config,
            Endpoint::token(origin),
            Some(Tokens::new(token, can_refresh)),
            None,
        )
    }

    /// A connection that calls with a token at an endpoint that the portal named itself.
    ///
    /// ```
    /// use callgate::bitrix24::engine::{Config, Connection, Token};
    /// use callgate::bitrix24::wire::address::{Endpoint, Origin};
    /// use callgate::secret::Secret;
    /// let token = Token { access: Secret::new("tok"), refresh: None, expires_at: None };
    /// let endpoint = Endpoint::at_path(Origin::parse("portal.example").unwrap(), "/rest");
    /// let _: Connection<serde_json::Value> =
    ///     Connection::at_endpoint(Config::default(), endpoint, token, true);
    /// ```
    pub fn at_endpoint(
        config: Config,
        endpoint: Endpoint,
        token: Token,
        can_refresh: bool,
    ) -> Self {
        Self::new(
            config,
            endpoint,
            Some(Tokens::new(token, can_refresh)),
            None,
        )
    }

    /// A connection that calls through an inbound webhook.
    ///
    /// ```
    /// use callgate::bitrix24::engine::{Config, Connection};
    /// use callgate::bitrix24::wire::address::Webhook;
    /// let webhook = Webhook::parse("https://portal.example/rest/1/abcdef/").unwrap();
    /// let _: Connection<serde_json::Value> = Connection::with_webhook(Config::default(), &webhook);
    /// ```
    pub fn with_webhook(config: Config, webhook: &Webhook) -> Self {
        let secret = Some(webhook.secret().clone());
        Self::new(config, Endpoint::webhook(webhook), None, secret)
    }

    fn new(
        config: Config,
        endpoint: Endpoint,
        tokens: Option<Tokens>,
        webhook_secret: Option<Secret>,
    ) -> Self {
        let standings = match tokens {
            Some(_) => Standings::of_token(),
            None => Standings::of_webhook(),
        };
        let writer = Writer {
            endpoint,
            format: config.format,
            custom_headers: config.custom_headers,
        };
        let (rate, jitter) = (config.budget, Jitter::new(config.seed));
        Self {
            config,
            catalogue: Arc::new(Catalogue::bundled().clone()),
            writer,
            tokens,
            webhook_secret,
            retired: Vec::new(),
            replaced: Vec::new(),
            grant: Grant::unknown(),
            scopes_asked: false,
            confirmations: Confirmations::default(),
            standings,
            calls: Calls::default(),
            batches: Batches::default(),
            lists: Lists::default(),
            budget: Budget::new(rate),
            operating: Operating::default(),
            jitter,
            moving: None,
            last_call: 0,
            outputs: Queue::default(),
            wake: None,
            warned: Vec::new(),
            closed: false,
        }
    }

    /// Takes a call. It ends with exactly one [`Output::Done`].
    ///
    /// ```
    /// # use callgate::bitrix24::engine::{Call, Config, Connection, Output};
    /// # use callgate::bitrix24::wire::address::Webhook;
    /// # use callgate::time::Instant;
    /// # let webhook = Webhook::parse("https://portal.example/rest/1/abcdef/").unwrap();
    /// # let mut connection: Connection<serde_json::Value> =
    /// #     Connection::with_webhook(Config::default(), &webhook);
    /// let now = Instant::from_millis(0);
    /// connection.submit(now, Call::new("profile", "{}").unwrap());
    /// assert!(matches!(connection.poll(now), Some(Output::Send(..))));
    /// ```
    pub fn submit(&mut self, now: Instant, call: Call) -> CallId {
        let asks = self.asks_what_is_granted(&call);
        let id = self.accept(now, call, Owner::Caller);
        self.scopes_asked |= asks;
        self.ask_for_scopes(now, id);
        id
    }

    /// Runs a batch: in requests of up to 50 commands, one after the other, of which each is a call
    /// with all that belongs to it. It ends with exactly one [`Output::BatchDone`].
    ///
    /// A command that preflight refuses isn't sent, nor those that refer to it. One that has to be
    /// confirmed first and is to wait goes on by itself, while the others are run.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::{BatchOptions, Config, Connection, Output};
    /// # use callgate::bitrix24::engine::plan::{Item, Outcome};
    /// # use callgate::bitrix24::rights::{method::MethodName, params::Params};
    /// # use callgate::bitrix24::wire::address::Webhook;
    /// # use callgate::bitrix24::wire::envelope::Reply;
    /// # use callgate::time::Instant;
    /// # let webhook = Webhook::parse("https://portal.example/rest/1/abcdef/").unwrap();
    /// # let mut connection: Connection<serde_json::Value> =
    /// #     Connection::with_webhook(Config::default(), &webhook);
    /// let now = Instant::from_millis(0);
    /// let me = Item::new("me", MethodName::parse("profile").unwrap(), Params::none());
    /// let batch = connection.submit_batch(now, vec![me], BatchOptions::default());
    /// let Some(Output::Send(exchange, request)) = connection.poll(now) else { panic!() };
    /// assert_eq!(request.body, r#"{"halt":0,"cmd":{"c0":"profile?"}}"#);
    ///
    /// let answer = r#"{"result":{"result":{"c0":{"ID":"1"}},"result_error":[]}}"#;
    /// connection.response(now, exchange, Reply::read(200, answer));
    /// let Some(Output::BatchDone(ended, Ok(finished))) = connection.poll(now) else { panic!() };
    /// assert_eq!(ended, batch);
    /// assert!(matches!(&finished.commands[0].1, Outcome::Executed(_)));
    /// ```
    pub fn submit_batch(
        &mut self,
        now: Instant,
        items: Vec<Item>,
        options: BatchOptions,
    ) -> CallId {
        let id = self.begin_batch(now, items, options);
        self.ask_for_scopes(now, id);
        id
    }

    /// Says what is granted, on the caller's word or the token answer's.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::{Config, Connection};
    /// # use callgate::bitrix24::wire::address::Webhook;
    /// # use callgate::time::Instant;
    /// use callgate::bitrix24::rights::grant::Source;
    /// # let webhook = Webhook::parse("https://portal.example/rest/1/abcdef/").unwrap();
    /// # let mut connection: Connection<serde_json::Value> =
    /// #     Connection::with_webhook(Config::default(), &webhook);
    /// connection.learn_scopes(Instant::from_millis(0), "crm im", Source::Given);
    /// assert!(connection.grant().scopes().unwrap().meets("im"));
    /// ```
    pub fn learn_scopes(&mut self, now: Instant, scopes: &str, source: Source) {
        self.learn_grant(now, ScopeSet::parse(scopes), source);
    }

    /// Goes by another catalogue from now on: a newer one, or one with its second tier.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::{Config, Connection};
    /// # use callgate::bitrix24::wire::address::Webhook;
    /// use callgate::bitrix24::rights::catalogue::Catalogue;
    /// # let webhook = Webhook::parse("https://portal.example/rest/1/abcdef/").unwrap();
    /// # let mut connection: Connection<serde_json::Value> =
    /// #     Connection::with_webhook(Config::default(), &webhook);
    /// connection.use_catalogue(Catalogue::bundled().clone().into());
    /// ```
    pub fn use_catalogue(&mut self, catalogue: Arc<Catalogue>) {
        self.catalogue = catalogue;
    }

    /// What is granted, as far as known.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::{Config, Connection};
    /// # use callgate::bitrix24::wire::address::Webhook;
    /// # let webhook = Webhook::parse("https://portal.example/rest/1/abcdef/").unwrap();
    /// # let connection: Connection<serde_json::Value> =
    /// #     Connection::with_webhook(Config::default(), &webhook);
    /// assert!(connection.grant().scopes().is_none());
    /// ```
    pub fn grant(&self) -> &Grant {
        &self.grant
    }

    /// How much of the request budget is used.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::{Config, Connection};
    /// # use callgate::bitrix24::wire::address::Webhook;
    /// # use callgate::time::Instant;
    /// # let webhook = Webhook::parse("https://portal.example/rest/1/abcdef/").unwrap();
    /// # let connection: Connection<serde_json::Value> =
    /// #     Connection::with_webhook(Config::default(), &webhook);
    /// let level = connection.budget(Instant::from_millis(0));
    /// assert_eq!((level.filled, level.burst), (0.0, 50.0));
    /// ```
    pub fn budget(&self, now: Instant) -> Level {
        self.budget.level(now)
    }

    /// The confirmations heard of.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::{Config, Connection};
    /// # use callgate::bitrix24::wire::address::Webhook;
    /// # let webhook = Webhook::parse("https://portal.example/rest/1/abcdef/").unwrap();
    /// # let mut connection: Connection<serde_json::Value> =
    /// #     Connection::with_webhook(Config::default(), &webhook);
    /// let now = callgate::time::Instant::from_millis(0);
    /// assert_eq!(connection.confirmations(now).iter().count(), 0);
    /// ```
    pub fn confirmations(&mut self, now: Instant) -> &Confirmations {
        self.lapse(now);
        &self.confirmations
    }

    /// Whether a method may be called, without calling it; for a batch, each of its commands too.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::{Config, Connection};
    /// # use callgate::bitrix24::wire::address::Webhook;
    /// # use callgate::bitrix24::rights::method::MethodName;
    /// # use callgate::bitrix24::rights::params::Params;
    /// # let webhook = Webhook::parse("https://portal.example/rest/1/abcdef/").unwrap();
    /// # let connection: Connection<serde_json::Value> =
    /// #     Connection::with_webhook(Config::default(), &webhook);
    /// use callgate::decision::Verdict;
    /// let method = MethodName::parse("profile").unwrap();
    /// let now = callgate::time::Instant::from_millis(0);
    /// let decision = connection.check(now, &method, &Params::none(), None);
    /// assert_eq!(decision.verdict, Verdict::Allowed);
    /// ```
    pub fn check(
        &self,
        now: Instant,
        method: &MethodName,
        params: &Params,
        version: Option<Version>,
    ) -> Decision {
        let version = version.or(self.config.version);
        let question = self.question(now, method, params, version);
        if !method.as_str().eq_ignore_ascii_case("batch") {
            return question.check();
        }
        let mut commands = Vec::new();
        for (name, method, params) in commands::read(params, version.unwrap_or(Version::V2)) {
            let command = Question {
                batched: true,
                ..self.question(now, &method, &params, version)
            };
            commands.push((name, command.check()));
        }
        question.check_batch(commands)
    }

    /// Tells that an exchange brought an answer.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::{CallId, Config, Connection, Exchange};
    /// # use callgate::bitrix24::wire::address::Webhook;
    /// # use callgate::bitrix24::wire::envelope::Reply;
    /// # use callgate::time::Instant;
    /// # let webhook = Webhook::parse("https://portal.example/rest/1/abcdef/").unwrap();
    /// # let mut connection: Connection<serde_json::Value> =
    /// #     Connection::with_webhook(Config::default(), &webhook);
    /// let late = Exchange { call: CallId(9), attempt: 1 };
    /// connection.response(Instant::from_millis(0), late, Reply::read(200, "{}"));
    /// assert!(connection.poll(Instant::from_millis(0)).is_none());
    /// ```
    pub fn response(&mut self, now: Instant, exchange: Exchange, reply: Reply<B>) {
        if self.awaited(exchange).is_none() {
            return;
        }
        let id = exchange.call;
        let status = reply.status;
        match reply.envelope {
            Envelope::Result {
                body,
                next,
                total,
                worked,
            } => {
                self.budget.ended(now, id);
                self.worked(now, id, worked);
                self.learn_from(now, id, &body);
                self.hear(id, Heard::Result, now);
                self.settle(
                    id,
                    Ok(Answer {
                        body,
                        status,
                        next,
                        total,
                    }),
                );
            }
            Envelope::Error { code, description } => {
                let (meaning, cause) = (Meaning::of(&code, status), Cause::of_code(&code, status));
                let error = self.portal_error(now, id, status, code, &description, meaning);
                self.learn_refusal(now, id, &error);
                match cause {
                    Cause::Bucket => self.budget.refused(now, id, reply.retry_after),
                    _ => self.budget.ended(now, id),
                }
                self.learn_limit(now, id, cause);
                self.failed(now, id, error, cause, reply.retry_after);
            }
            unread => {
                self.budget.ended(now, id);
                let mut error = self.unreadable(id, &unread);
                // A redirect of which a browser tells nothing has none.
                error.status = Some(status).filter(|status| *status != 0);
                if let Envelope::Moved { location } = unread {
                    return self.sent_elsewhere(now, id, location.as_deref(), error);
                }
                let cause = match unread {
                    Envelope::TooLong => Cause::Final,
                    _ => Cause::of_unreadable(status),
                };
                self.failed(now, id, error, cause, reply.retry_after);
            }
        }
    }

    /// Tells that an exchange ended without an answer.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::{Call, Config, Connection, Output};
    /// # use callgate::bitrix24::wire::address::Webhook;
    /// # use callgate::http::Failure;
    /// # use callgate::time::Instant;
    /// # let webhook = Webhook::parse("https://portal.example/rest/1/abcdef/").unwrap();
    /// # let mut connection: Connection<serde_json::Value> =
    /// #     Connection::with_webhook(Config::default(), &webhook);
    /// use callgate::error::Ran;
    /// let now = Instant::from_millis(0);
    /// connection.submit(now, Call::new("crm.deal.add", r#"{"fields":{}}"#).unwrap());
    /// let Some(Output::Send(exchange, _)) = connection.poll(now) else { panic!() };
    /// connection.failure(now, exchange, Failure { sent: true, reason: "reset".into() });
    /// let Some(Output::Done(_, Err(error))) = connection.poll(now) else { panic!() };
    /// assert_eq!(error.ran, Ran::Unknown);
    /// ```
    pub fn failure(&mut self, now: Instant, exchange: Exchange, failure: Failure) {
        if self.awaited(exchange).is_none() {
            return;
        }
        self.budget.ended(now, exchange.call);
        let cause = Cause::of_failure(&failure);
        let reason = self.scrub(exchange.call, &failure.reason);
        let message = ["the request got no answer: ", &reason].concat();
        let mut error = Error::new("CALLGATE_NETWORK", Kind::Network, cause.ran(), message);
        error.retryable = cause.may_repeat(self.may_repeat(exchange.call));
        self.failed(now, exchange.call, error, cause, None);
    }

    /// Has the token replaced now, unless that is being done or can't be.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::{Config, Connection, Output, Token};
    /// # use callgate::bitrix24::wire::address::Origin;
    /// # use callgate::secret::Secret;
    /// # use callgate::time::Instant;
    /// # let token = Token { access: Secret::new("a"), refresh: None, expires_at: None };
    /// # let origin = Origin::parse("portal.example").unwrap();
    /// # let mut connection: Connection<serde_json::Value> =
    /// #     Connection::with_token(Config::default(), origin, token, true);
    /// let now = Instant::from_millis(0);
    /// connection.refresh();
    /// connection.refresh();
    /// assert!(matches!(connection.poll(now), Some(Output::Refresh(_))));
    /// assert!(connection.poll(now).is_none());
    /// ```
    pub fn refresh(&mut self) {
        let _ = self.start_refresh();
    }

    /// Tells how a refresh went. A new token that comes unasked is taken too.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::{Config, Connection, Notice, Output, Token, TokenUpdate};
    /// # use callgate::bitrix24::wire::address::Origin;
    /// # use callgate::secret::Secret;
    /// # use callgate::time::Instant;
    /// # let token = |text: &str| Token { access: Secret::new(text), refresh: None, expires_at: None };
    /// # let origin = Origin::parse("portal.example").unwrap();
    /// # let mut connection: Connection<serde_json::Value> =
    /// #     Connection::with_token(Config::default(), origin, token("a"), true);
    /// let now = Instant::from_millis(0);
    /// connection.token(now, Ok(TokenUpdate { token: token("b"), scope: Some("crm".into()) }));
    /// assert!(matches!(connection.poll(now), Some(Output::Notice(Notice::Token { .. }))));
    /// assert!(connection.grant().scopes().unwrap().meets("crm"));
    /// ```
    pub fn token(&mut self, now: Instant, outcome: Result<TokenUpdate, String>) {
        let Some(tokens) = &mut self.tokens else {
            return;
        };
        let waiting = |running: &Running| matches!(running.stage, Stage::AwaitingToken { .. });
        let waiting = self.calls.which(waiting);
        match outcome {
            Ok(TokenUpdate { token, scope }) => {
                let expires_at = token.expires_at;
                let old = tokens.replace(token);
                self.replaced.push(Arc::clone(&old));
                if self.replaced.len() > REMEMBERED {
                    self.replaced.remove(0);
                }
                self.retired.push(old);
                self.retired.retain(|held| {
                    let live = |known: &Confirmation| {
                        known.token == held.id && known.state != State::Lapsed
                    };
                    self.confirmations.iter().any(live)
                });
                self.lapse(now);
                if self.config.asks_for_scopes {
                    self.grant = Grant::unknown();
                    self.scopes_asked = false;
                }
                self.standings.forget_all();
                self.learn_scopes(now, &scope.unwrap_or_default(), Source::Token);
                self.outputs
                    .push_back(Output::Notice(Notice::Token { expires_at }));
                for id in waiting {
                    self.launch(now, id);
                }
            }
            Err(reason) => {
                tokens.refresh_failed();
                for id in waiting {
                    let reason = self.scrub(id, &reason);
                    let message = ["the token could not be refreshed: ", &reason].concat();
                    let error = Error::new("CALLGATE_REFRESH_FAILED", Kind::Auth, Ran::No, message);
                    self.fail(id, error);
                }
            }
        }
    }

    /// Tells of scopes that came with an event or a placement. They are those of the token that came
    /// along: the connection learns them if that is its own, and the application token is right.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::{Config, Connection, Token};
    /// # use callgate::bitrix24::wire::{address::Origin, event::TokenScopes, form};
    /// # use callgate::secret::Secret;
    /// # use callgate::time::Instant;
    /// # let token = Token { access: Secret::new("tok"), refresh: None, expires_at: None };
    /// # let origin = Origin::parse("portal.example").unwrap();
    /// let config = Config { application_token: Some(Secret::new("app")), ..Config::default() };
    /// let mut connection: Connection<serde_json::Value> =
    ///     Connection::with_token(config, origin, token, false);
    /// let opened = form::read("AUTH_ID=tok&APPLICATION_SCOPE=crm&APPLICATION_TOKEN=app");
    /// connection.token_scopes(Instant::from_millis(0), &TokenScopes::read(&opened).unwrap());
    /// assert!(connection.grant().scopes().unwrap().meets("crm"));
    /// ```
    pub fn token_scopes(&mut self, now: Instant, told: &TokenScopes) {
        let is_own = self
            .current()
            .is_some_and(|held| held.token.access == told.token);
        if is_own && self.is_from_portal(&told.application_token, told.member_id.as_deref()) {
            self.learn_scopes(now, &told.scopes, Source::Event);
        }
    }

    /// Whether what came proves itself with the application token, and isn't of another portal.
    pub(super) fn is_from_portal(
        &self,
        application_token: &Secret,
        member_id: Option<&str>,
    ) -> bool {
        let of_another = match (&self.config.member_id, member_id) {
            (Some(own), Some(theirs)) => own != theirs,
            _ => false,
        };
        self.config.application_token.as_ref() == Some(application_token) && !of_another
    }

    /// Ends a call at its caller's wish: a request that nobody has taken yet is not made, one that
    /// is out is aborted. A call that has ended already stays as it ended. Of a batch nothing is told
    /// any more.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::{Call, Config, Connection, Output};
    /// # use callgate::bitrix24::wire::address::Webhook;
    /// # use callgate::time::Instant;
    /// # let webhook = Webhook::parse("https://portal.example/rest/1/abcdef/").unwrap();
    /// # let mut connection: Connection<serde_json::Value> =
    /// #     Connection::with_webhook(Config::default(), &webhook);
    /// let now = Instant::from_millis(0);
    /// let call = connection.submit(now, Call::new("profile", "{}").unwrap());
    /// assert!(matches!(connection.poll(now), Some(Output::Send(..))));
    /// connection.cancel(call);
    /// assert!(matches!(connection.poll(now), Some(Output::Abort(_))));
    /// assert!(matches!(connection.poll(now), Some(Output::Done(_, Err(_)))));
    /// ```
    pub fn cancel(&mut self, call: CallId) {
        let (code, message) = ("CALLGATE_ABORTED", "the caller ended the call");
        if let Some(batch) = self.batches.take(call) {
            return self.end_batch(batch, code, message);
        }
        match self.lists.take(call) {
            Some(list) => self.abort_list(list, code, message),
            None => self.end(call, code, message),
        }
    }

    /// Whether a call has not ended yet.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::{CallId, Config, Connection};
    /// # use callgate::bitrix24::wire::address::Webhook;
    /// # let webhook = Webhook::parse("https://portal.example/rest/1/abcdef/").unwrap();
    /// # let connection: Connection<serde_json::Value> =
    /// #     Connection::with_webhook(Config::default(), &webhook);
    /// assert!(!connection.is_under_way(CallId(1)));
    /// ```
    pub fn is_under_way(&self, call: CallId) -> bool {
        self.calls.get(call).is_some() || self.batches.has(call) || self.lists.has(call)
    }

    /// Ends every call, and refuses all later ones.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::{Call, Config, Connection, Output};
    /// # use callgate::bitrix24::wire::address::Webhook;
    /// # use callgate::time::Instant;
    /// # let webhook = Webhook::parse("https://portal.example/rest/1/abcdef/").unwrap();
    /// # let mut connection: Connection<serde_json::Value> =
    /// #     Connection::with_webhook(Config::default(), &webhook);
    /// connection.close();
    /// let now = Instant::from_millis(0);
    /// connection.submit(now, Call::new("profile", "{}").unwrap());
    /// let Some(Output::Done(_, Err(error))) = connection.poll(now) else { panic!() };
    /// assert_eq!(error.code, "CALLGATE_CLOSED");
    /// ```
    pub fn close(&mut self) {
        self.closed = true;
        let (code, message) = ("CALLGATE_CLOSED", "the portal was closed");
        while let Some(batch) = self.batches.take_first() {
            self.end_batch(batch, code, message);
        }
        while let Some(list) = self.lists.take_first() {
            self.abort_list(list, code, message);
        }
        for id in self.calls.which(|_| true) {
            self.end(id, code, message);
        }
        self.wake = None;
    }

    /// What to do next; `None` when there is nothing until [`wake_at`](Self::wake_at) or until
    /// something is told.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::{Config, Connection};
    /// # use callgate::bitrix24::wire::address::Webhook;
    /// # use callgate::time::Instant;
    /// # let webhook = Webhook::parse("https://portal.example/rest/1/abcdef/").unwrap();
    /// # let mut connection: Connection<serde_json::Value> =
    /// #     Connection::with_webhook(Config::default(), &webhook);
    /// assert!(connection.poll(Instant::from_millis(0)).is_none());
    /// ```
    pub fn poll(&mut self, now: Instant) -> Option<Output<B>> {
        loop {
            if self.is_due(now) {
                self.fire(now);
            }
            let output = self.next_output(now);
            if output.is_some() || !self.is_due(now) {
                return output;
            }
        }
    }

    fn is_due(&self, now: Instant) -> bool {
        self.wake.is_some_and(|wake| wake <= now)
    }

    /// When to poll again although nothing happened.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::{Call, Config, Connection};
    /// # use callgate::bitrix24::wire::address::Webhook;
    /// # use callgate::time::Instant;
    /// # let webhook = Webhook::parse("https://portal.example/rest/1/abcdef/").unwrap();
    /// # let mut connection: Connection<serde_json::Value> =
    /// #     Connection::with_webhook(Config::default(), &webhook);
    /// let now = Instant::from_millis(0);
    /// connection.submit(now, Call::new("profile", "{}").unwrap());
    /// assert!(connection.poll(now).is_some(), "the request");
    /// assert_eq!(connection.wake_at(), Some(Instant::from_millis(60_000)));
    /// ```
    pub fn wake_at(&self) -> Option<Instant> {
        self.wake.into_iter().chain(self.budget.wake_at()).min()
    }
}
