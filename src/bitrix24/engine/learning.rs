//! What the portal's answers teach: what is granted, and how it stands with single methods.

use crate::bitrix24::engine::call::{Call, CallId, Owner};
use crate::bitrix24::engine::connection::Connection;
use crate::bitrix24::engine::retry::Cause;
use crate::bitrix24::rights::catalogue::Entry;
use crate::bitrix24::rights::grant::Source;
use crate::bitrix24::rights::method::{MethodName, Version};
use crate::bitrix24::rights::params::Params;
use crate::bitrix24::rights::scope::ScopeSet;
use crate::bitrix24::rights::standing::Standing;
use crate::bitrix24::wire::envelope::{Payload, Worked};
use crate::decision::Layer;
use crate::error::Error;
use crate::json::push_text;
use crate::time::Instant;
use crate::value::Value;

const AVAILABILITY: &str = "method.get";

impl<B: Payload> Connection<B> {
    /// The call that asks the portal what is granted: `scope`, or `app.info` through a webhook.
    /// The connection learns from its answer, whoever submits it.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::{Config, Connection};
    /// # use callgate::bitrix24::wire::address::Webhook;
    /// # let webhook = Webhook::parse("https://portal.example/rest/1/abcdef/").unwrap();
    /// # let connection: Connection<serde_json::Value> =
    /// #     Connection::with_webhook(Config::default(), &webhook);
    /// assert_eq!(connection.grant_question().method.as_str(), "app.info");
    /// ```
    pub fn grant_question(&self) -> Call {
        Call::of(MethodName::known(self.grant_method()), Params::none())
    }

    fn grant_method(&self) -> &'static str {
        match self.tokens {
            Some(_) => "scope",
            None => "app.info",
        }
    }

    /// With parameters it is another question: `full` asks for all scopes that there are.
    pub(super) fn asks_what_is_granted(&self, call: &Call) -> bool {
        let method = call.method.as_str();
        method.eq_ignore_ascii_case(self.grant_method()) && call.params == Params::none()
    }

    /// The call that asks the portal whether it has a method and lets the token call it:
    /// `method.get`. The connection learns from its answer, whoever submits it. `None` when the
    /// portal has said so already.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::{Config, Connection};
    /// # use callgate::bitrix24::rights::method::MethodName;
    /// # use callgate::bitrix24::wire::address::Webhook;
    /// # use callgate::time::Instant;
    /// # let webhook = Webhook::parse("https://portal.example/rest/1/abcdef/").unwrap();
    /// # let connection: Connection<serde_json::Value> =
    /// #     Connection::with_webhook(Config::default(), &webhook);
    /// let method = MethodName::parse("User.Get").unwrap();
    /// let question = connection.availability_question(Instant::from_millis(0), &method).unwrap();
    /// assert_eq!(question.params.as_json(), r#"{"name":"user.get"}"#);
    /// ```
    pub fn availability_question(&self, now: Instant, method: &MethodName) -> Option<Call> {
        if self.standings.of(method, now).is_some() {
            return None;
        }
        // The portal finds the name in lower case only.
        let mut params = String::from("{\"name\":");
        push_text(&method.as_str().to_ascii_lowercase(), &mut params);
        params.push('}');
        let params = Params::parse(params).ok()?;
        Some(Call::of(MethodName::known(AVAILABILITY), params))
    }

    /// Asks for the scopes alongside the first call or batch that is under way.
    pub(super) fn ask_for_scopes(&mut self, now: Instant, alongside: CallId) {
        let unknown = self.config.asks_for_scopes && self.grant.scopes().is_none();
        if unknown && !self.scopes_asked && self.is_under_way(alongside) {
            self.scopes_asked = true;
            let question = self.grant_question();
            self.accept(now, question, Owner::Connection);
        }
    }

    pub(super) fn learn_grant(&mut self, now: Instant, scopes: ScopeSet, source: Source) {
        if self.grant.learn(scopes, source, now) {
            self.standings.forget_all();
        }
    }

    /// Takes in what a result says.
    pub(super) fn learn_from(&mut self, now: Instant, id: CallId, body: &B) {
        let Some(call) = self.call_of_today(id) else {
            return;
        };
        if self.asks_what_is_granted(call) {
            let source = match self.tokens {
                Some(_) => Source::Scope,
                None => Source::AppInfo,
            };
            if let Some(scopes) = body.scopes() {
                self.learn_grant(now, scopes.iter().map(String::as_str).collect(), source);
            }
            return;
        }
        if call.method.as_str().eq_ignore_ascii_case(AVAILABILITY) {
            let params = Value::from_json(call.params.as_json()).ok();
            let name = params.as_ref().and_then(|it| it.get("name")?.as_text());
            let method = name.and_then(|name| MethodName::parse(name).ok());
            if let (Some(method), Some(it)) = (method, body.availability()) {
                let standing = Standing::by_method_get(it.exists, it.available);
                self.standings.hear(&method, standing, now);
            }
            return;
        }
        // Of a method of which nothing was said, only known scopes make one expect a refusal.
        if self.grant.scopes().is_none() && self.standings.of(&call.method, now).is_none() {
            return;
        }
        let question = self.question(now, &call.method, &call.params, None);
        if question.expects_refusal() {
            let method = call.method.clone();
            self.standings.hear(&method, Standing::allowed(), now);
        }
    }

    /// Takes in how long a call's method has worked.
    pub(super) fn worked(&mut self, now: Instant, id: CallId, worked: Option<Worked>) {
        if let (Some(running), Some(worked)) = (self.calls.get(id), worked) {
            self.operating.heard(now, &running.call.method, worked);
        }
    }

    /// Takes in that the portal stopped a call's method for having worked too long.
    pub(super) fn learn_limit(&mut self, now: Instant, id: CallId, cause: Cause) {
        if let (Some(running), Cause::Method) = (self.calls.get(id), cause) {
            self.operating.stopped(now, &running.call.method);
        }
    }

    /// Takes in that the portal refused a call. Where the scope depends on parameters, or the
    /// method itself lends the portal's code, other calls of it may do better.
    pub(super) fn learn_refusal(&mut self, now: Instant, id: CallId, error: &Error) {
        let of_scope = error.code.eq_ignore_ascii_case("insufficient_scope");
        let Some(call) = self.call_of_today(id).filter(|_| of_scope) else {
            return;
        };
        let entry = self.catalogue.get(call.method.as_str(), Some(Version::V2));
        let by_method = entry.as_ref().is_none_or(Entry::scope_may_deny);
        if by_method && error.status != Some(200) {
            let method = call.method.clone();
            self.standings
                .hear(&method, Standing::denied(Layer::Scope), now);
        }
    }

    /// A call of version 2 with the present token: what is said to it holds for later ones.
    fn call_of_today(&self, id: CallId) -> Option<&Call> {
        let running = self.calls.get(id)?;
        let is_current = match (&running.token, self.current()) {
            (Some(held), Some(current)) => held.id == current.id,
            _ => true,
        };
        (is_current && running.version == Version::V2).then_some(&running.call)
    }
}
