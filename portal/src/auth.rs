//! Who is calling: apps and their tokens, webhooks, sessions; the four places where authorization
//! may stand, and the checks in the order of the portal.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::{
    confirmation::States,
    failure::Failure,
    faults::{On, Stage},
    http::{Request, UnixMs},
    php,
    request::WebhookKey,
    world::World,
};

/// How long the OAuth server's tokens live, in seconds.
pub(crate) const TOKEN_LIFE: u64 = 3600;
/// How long a refresh token lives, in milliseconds.
pub(crate) const REFRESH_LIFE: UnixMs = 180 * 24 * 3600 * 1000;

/// An app as the portal knows it.
#[derive(Debug, Clone)]
pub(crate) struct App {
    /// What its future tokens get; `None` until somebody says so.
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) application_token: String,
    /// Checked at the token endpoint once it is known.
    pub(crate) secret: Option<String>,
}

/// An access token's record.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) app: String,
    pub(crate) user: u64,
    pub(crate) scopes: Vec<String>,
    /// Unix seconds.
    pub(crate) expires: u64,
    pub(crate) states: States,
}

impl Token {
    pub(crate) fn alive(&self, now: UnixMs) -> bool {
        now < self.expires.saturating_mul(1000)
    }
}

/// What a refresh token stands for.
#[derive(Debug, Clone)]
pub(crate) struct Refresh {
    pub(crate) app: String,
    pub(crate) user: u64,
    pub(crate) scopes: Vec<String>,
    pub(crate) until: UnixMs,
}

#[derive(Debug, Clone)]
pub(crate) struct Webhook {
    pub(crate) user: u64,
    pub(crate) scopes: Vec<String>,
}

/// A browser's session with the portal.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) user: u64,
    pub(crate) sessid: String,
}

/// Everything that lets somebody in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Access {
    pub(crate) apps: IndexMap<String, App>,
    pub(crate) tokens: IndexMap<String, Token>,
    pub(crate) refreshes: IndexMap<String, Refresh>,
    /// By secret.
    pub(crate) webhooks: IndexMap<String, Webhook>,
    /// By cookie.
    pub(crate) sessions: IndexMap<String, Session>,
}

/// Who a call turned out to come from.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) kind: Kind,
    pub(crate) user: u64,
    /// `None` for a session, which may do whatever its user may.
    pub(crate) scopes: Option<Vec<String>>,
}

/// The kind of authorization, with what it is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    App { app: String, token: String },
    Webhook { secret: String },
    Session,
}

impl Identity {
    pub(crate) fn on(&self) -> On {
        match self.kind {
            Kind::App { .. } => On::Token,
            Kind::Webhook { .. } => On::Webhook,
            Kind::Session => On::Session,
        }
    }

    /// Whether one of the scopes is granted. A method that needs none is open to everybody.
    pub(crate) fn may(&self, needed: &[&str]) -> bool {
        needed.is_empty()
            || self.scopes.as_ref().is_none_or(|scopes| {
                scopes.iter().any(|scope| {
                    needed
                        .iter()
                        .any(|wanted| scope.eq_ignore_ascii_case(wanted))
                })
            })
    }

    /// The app's name and token, where an app is calling.
    pub(crate) fn app(&self) -> Option<(&str, &str)> {
        match &self.kind {
            Kind::App { app, token } => Some((app, token)),
            _ => None,
        }
    }

    /// Whose work the limiter adds up; a session's is not counted.
    pub(crate) fn budget_key(&self) -> Option<&str> {
        match &self.kind {
            Kind::App { app, .. } => Some(app),
            Kind::Webhook { secret } => Some(secret),
            Kind::Session => None,
        }
    }

    /// The word for what lacks a scope.
    fn holder(&self) -> &'static str {
        if matches!(self.kind, Kind::Webhook { .. }) {
            "webhook"
        } else {
            "access"
        }
    }
}

/// The credentials that a request carries, by the first provider that finds its own.
pub(crate) enum Credentials {
    Token(String),
    Webhook(WebhookKey),
    Session {
        cookie: Option<String>,
        sessid: String,
    },
}

/// Finds out who is calling and whether the credentials are good, and takes them out of the
/// parameters. `needed` holds the scopes of which one must be granted.
pub(crate) fn authenticate(
    world: &mut World,
    now: UnixMs,
    request: &Request,
    webhook: Option<&WebhookKey>,
    parameters: &mut Map<String, Value>,
    (method, needed): (&str, &[&str]),
) -> Result<Identity, Failure> {
    let cookie = session_cookie(request);
    let found = find(request, webhook, parameters, cookie.clone());
    let on = match &found {
        Some(Credentials::Token(_)) => On::Token,
        Some(Credentials::Webhook(_)) => On::Webhook,
        Some(Credentials::Session { .. }) => On::Session,
        None => On::Any,
    };
    world.faults.fail(Stage::Credentials, on, method)?;
    let identity = match found {
        Some(Credentials::Token(token)) => {
            if world.faults.asks("cache-flush", method)
                && let Some(record) = world.access.tokens.get_mut(&token)
            {
                record.states.forget();
            }
            by_token(world, now, token)?
        }
        Some(Credentials::Webhook(key)) => by_webhook(world, &key)?,
        Some(Credentials::Session { cookie, sessid }) => {
            by_session(world, cookie.as_deref(), &sessid)?
        }
        None => {
            return Err(Failure::new(
                401,
                "NO_AUTH_FOUND",
                "Wrong authorization data",
            ));
        }
    };
    if !identity.may(needed) {
        return Err(Failure::insufficient_scope(identity.holder()));
    }
    world.faults.fail(Stage::Rights, on, method)?;
    // Somebody else is logged in to the portal in the same browser.
    let other = cookie
        .and_then(|cookie| world.access.sessions.get(&cookie))
        .is_some_and(|session| session.user != identity.user);
    if other {
        return Err(Failure::new(
            401,
            "authorization_error",
            "Unable to authorize user",
        ));
    }
    Ok(identity)
}

pub(crate) fn find(
    request: &Request,
    webhook: Option<&WebhookKey>,
    parameters: &mut Map<String, Value>,
    cookie: Option<String>,
) -> Option<Credentials> {
    let mut take = |name: &str| {
        parameters
            .shift_remove(name)
            .as_ref()
            .and_then(php::text)
            .map(|text| text.into_owned())
    };
    let (auth, access_token, sessid) = (take("auth"), take("access_token"), take("sessid"));
    parameters.shift_remove("auth_connector");
    let filled = |text: &String| !text.is_empty();
    bearer(request)
        .or(auth.filter(filled))
        .or(access_token.filter(filled))
        .map(Credentials::Token)
        .or_else(|| webhook.cloned().map(Credentials::Webhook))
        .or_else(|| {
            let key = sessid.or_else(|| request.header("x-bitrix-csrf-token").map(str::to_owned));
            key.map(|sessid| Credentials::Session { cookie, sessid })
        })
}

fn bearer(request: &Request) -> Option<String> {
    let (scheme, token) = request.header("authorization")?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.to_owned())
}

pub(crate) fn session_cookie(request: &Request) -> Option<String> {
    request
        .header("cookie")?
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == "PHPSESSID")
        .map(|(_, value)| value.to_owned())
}

fn by_token(world: &World, now: UnixMs, token: String) -> Result<Identity, Failure> {
    let Some(record) = world.access.tokens.get(&token) else {
        return Err(Failure::new(
            401,
            "invalid_token",
            "Unable to get application by token",
        ));
    };
    if !record.alive(now) {
        return Err(Failure::new(
            401,
            "expired_token",
            "The access token provided has expired",
        ));
    }
    Ok(Identity {
        user: record.user,
        scopes: Some(record.scopes.clone()),
        kind: Kind::App {
            app: record.app.clone(),
            token,
        },
    })
}

fn by_webhook(world: &World, key: &WebhookKey) -> Result<Identity, Failure> {
    let webhook = world
        .access
        .webhooks
        .get(&key.secret)
        .filter(|webhook| webhook.user.to_string() == key.login);
    let Some(webhook) = webhook else {
        return Err(Failure::new(
            401,
            "INVALID_CREDENTIALS",
            "Invalid request credentials",
        ));
    };
    Ok(Identity {
        user: webhook.user,
        scopes: Some(webhook.scopes.clone()),
        kind: Kind::Webhook {
            secret: key.secret.clone(),
        },
    })
}

fn by_session(world: &World, cookie: Option<&str>, sessid: &str) -> Result<Identity, Failure> {
    let Some(session) = cookie.and_then(|cookie| world.access.sessions.get(cookie)) else {
        return Err(Failure::new(401, "access_denied", "User not authorized")
            .with("sessid", crate::ids::digest(&["nobody's session"]))
            .with("extended_error", "user_not_authorized"));
    };
    if session.sessid != sessid {
        return Err(Failure::new(401, "session_failed", "Sessid check failed")
            .with("sessid", session.sessid.clone()));
    }
    Ok(Identity {
        user: session.user,
        scopes: None,
        kind: Kind::Session,
    })
}
