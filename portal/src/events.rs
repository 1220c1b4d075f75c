//! Event handlers: who bound what, and the form of ONAPPMETHODCONFIRM.

use crate::{
    http::{EventPost, UnixMs},
    php_form,
    world::World,
};

/// The event that tells an app what the administrator decided.
pub(crate) const METHOD_CONFIRM: &str = "ONAPPMETHODCONFIRM";

/// Events that may be bound. Only [`METHOD_CONFIRM`] ever happens here: apps are neither installed
/// nor updated in the test portal.
pub(crate) const KNOWN: &[&str] = &[
    "ONAPPINSTALL",
    METHOD_CONFIRM,
    "ONAPPUNINSTALL",
    "ONAPPUPDATE",
];

/// One bound handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Binding {
    pub(crate) id: u64,
    pub(crate) app: String,
    pub(crate) event: String,
    /// Empty for an offline handler.
    pub(crate) handler: String,
    pub(crate) auth_type: i64,
    pub(crate) offline: bool,
}

/// All bound handlers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bindings {
    pub(crate) bound: Vec<Binding>,
    count: u64,
}

impl Bindings {
    /// Adds a handler; false when the same one is bound already.
    pub(crate) fn add(&mut self, mut binding: Binding) -> bool {
        let same = |old: &Binding| {
            old.app == binding.app
                && old.event == binding.event
                && old.handler == binding.handler
                && old.offline == binding.offline
                && old.auth_type == binding.auth_type
        };
        if self.bound.iter().any(same) {
            return false;
        }
        self.count += 1;
        binding.id = self.count;
        self.bound.push(binding);
        true
    }
}

/// The host of a handler's URL; `None` when it is no URL.
pub(crate) fn host_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    (!host.is_empty()).then_some(host)
}

/// Whether the portal may reach a host: it never leaves the machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    host.parse::<std::net::Ipv4Addr>()
        .is_ok_and(|address| address.is_loopback())
}

/// The POSTs that follow a decision: one to each handler of the token's app.
pub(crate) fn method_confirm(
    world: &mut World,
    now: UnixMs,
    (app, token, method): (&str, &str, &str),
    granted: bool,
) -> Vec<EventPost> {
    if world.faults.asks("event-lost", method) {
        return Vec::new();
    }
    let old_form = world.faults.asks("server-andpoint", method);
    let wrong_token = world.faults.asks("wrong-application-token", method);
    let confirmed = match granted {
        true => "1",
        false if world.faults.asks("confirmed-empty", method) => "",
        false => "0",
    };
    let times = if world.faults.asks("event-twice", method) {
        2
    } else {
        1
    };
    let application_token = if wrong_token {
        crate::ids::digest(&["somebody else", app])
    } else {
        world.app(app).application_token.clone()
    };
    let (ts, client_endpoint) = ((now / 1000).to_string(), world.config.client_endpoint());
    let mut posts = Vec::new();
    for binding in &world.bindings.bound {
        let ours = binding.app == app && binding.event == METHOD_CONFIRM && !binding.offline;
        if !ours || !host_of(&binding.handler).is_some_and(is_loopback) {
            continue;
        }
        let handler_id = binding.id.to_string();
        let mut fields = vec![("event", METHOD_CONFIRM)];
        if !old_form {
            fields.push(("event_handler_id", &handler_id));
        }
        fields.extend([
            ("data[TOKEN]", token),
            ("data[METHOD]", method),
            ("data[CONFIRMED]", confirmed),
            ("data[LANGUAGE_ID]", &world.config.language),
            ("ts", &ts),
            ("auth[domain]", world.config.domain()),
            ("auth[client_endpoint]", &client_endpoint),
            (
                if old_form {
                    "auth[server_andpoint]"
                } else {
                    "auth[server_endpoint]"
                },
                &world.config.server_endpoint,
            ),
            ("auth[member_id]", &world.config.member_id),
            ("auth[application_token]", &application_token),
        ]);
        let post = EventPost {
            url: binding.handler.clone(),
            body: php_form::encode(fields),
        };
        posts.extend(std::iter::repeat_n(post, times));
    }
    posts
}
