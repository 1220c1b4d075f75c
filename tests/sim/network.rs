//! What lies between clients and servers: it carries requests, answers, tokens and events, late, in
//! another order, broken, twice or not at all.

use std::time::Duration;

use callgate::bitrix24::engine::{Exchange, RefreshRequest, Token, TokenUpdate};
use callgate::bitrix24::wire::address::Origin;
use callgate::bitrix24::wire::envelope::{Envelope, Reply};
use callgate::bitrix24::wire::{event::MethodConfirm, form};
use callgate::http::{Failure, Request};
use callgate::secret::Secret;
use callgate::time::Instant;
use callgate_portal::{self as portal, TokenRequest};
use serde_json::{Value, json};

use crate::client::{self, Cause, Flight, Kind, State, Told, What};
use crate::lists::LISTS;
use crate::world::{Event, HOST, News, World, marks};

/// How good the network is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Weather {
    /// The longest way, in milliseconds.
    pub(crate) latency: u64,
    /// Of a hundred requests so many don't get through well.
    pub(crate) trouble: u64,
    /// Servers repeat in their words what they were sent.
    pub(crate) echoes: bool,
    /// Something in between changes statuses and the case of codes.
    pub(crate) statuses: bool,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Through,
    /// It certainly never leaves.
    Unsent,
    BreaksBefore,
    BreaksAfter,
    NeverArrives,
    NeverReturns,
    /// Something else answers.
    Replaced,
}

/// A request as the rules look at it.
pub(crate) struct Sent {
    pub(crate) host: String,
    pub(crate) method: String,
    /// The methods of a batch's commands, and that of the request.
    pub(crate) methods: Vec<String>,
    pub(crate) token: Option<String>,
    pub(crate) marks: Vec<usize>,
    /// It asks for pages of a list.
    of_list: bool,
}

impl Sent {
    fn read(request: &Request) -> Self {
        let (_, address) = request.url.split_once("://").unwrap();
        let (host, path) = address.split_once('/').unwrap();
        let method = path.rsplit('/').next().unwrap().to_ascii_lowercase();
        let called = |name: &&str| {
            ["?", "%3F"]
                .iter()
                .any(|mark| request.body.contains(&[*name, *mark].concat()))
        };
        let commands = client::METHODS.iter().map(|method| method.name);
        let mut methods = vec![method.clone()];
        if method == "batch" {
            methods.extend(commands.filter(called).map(str::to_owned));
        }
        let mut lists = LISTS.iter().map(|(method, _)| *method);
        Self {
            of_list: lists.any(|list| list == method || called(&list)),
            host: host.to_owned(),
            method,
            methods,
            token: token_of(request),
            marks: marks(&request.body),
        }
    }
}

impl Sent {
    /// 0 for what may write, 1 for what reads, 2 for a list's pages, as the budget sees it.
    pub(crate) fn class(&self) -> Option<u8> {
        let known = client::METHODS
            .iter()
            .find(|method| method.name == self.method);
        match known {
            _ if self.of_list => Some(2),
            Some(method) => Some(u8::from(method.reads)),
            None => (self.method == "batch").then_some(0),
        }
    }
}

fn token_of(request: &Request) -> Option<String> {
    if let Some(token) = &request.bearer {
        return Some(token.expose().to_owned());
    }
    let body = &request.body;
    let after = |start: &str| body.split_once(start).map(|(_, rest)| rest);
    let rest = after("{\"auth\":\"").or_else(|| body.strip_prefix("auth="))?;
    let token = rest.split(['"', '&']).next()?;
    Some(token.to_owned())
}

fn as_portal_sees(request: &Request) -> portal::Request {
    let (_, address) = request.url.split_once("://").unwrap();
    let path = &address[address.find('/').unwrap()..];
    let mut seen = portal::Request::new("POST", path)
        .with_header("Content-Type", request.format.content_type())
        .with_body(request.body.clone());
    if let Some(token) = &request.bearer {
        seen = seen.with_header("Authorization", ["Bearer ", token.expose()].concat());
    }
    match &request.idempotency_key {
        Some(key) => seen.with_header("Idempotency-Key", key.clone()),
        None => seen,
    }
}

impl World {
    fn way(&mut self) -> u64 {
        self.dice.roll(self.weather.latency + 1)
    }

    fn in_trouble(&mut self) -> bool {
        !self.calm && self.dice.chance(self.weather.trouble)
    }

    pub(crate) fn send(&mut self, place: usize, exchange: Exchange, request: Request) {
        let sent = Sent::read(&request);
        self.sums.requests += 1;
        let (name, call) = (self.clients[place].name, exchange.call.0);
        let token = self.alias(place, sent.token.as_deref());
        self.note(format_args!(
            "{name} → #{call}.{} {} {:?} {token}",
            exchange.attempt, sent.method, sent.marks
        ));
        self.is_sent(place, exchange, &sent, &request);
        let fate = match self.in_trouble() {
            false => Fate::Through,
            true => self.dice.pick(&[
                Fate::Unsent,
                Fate::BreaksBefore,
                Fate::BreaksAfter,
                Fate::NeverArrives,
                Fate::NeverReturns,
                Fate::Replaced,
            ]),
        };
        if fate != Fate::Through {
            self.note(format_args!("      {fate:?}"));
        }
        let flight = Flight {
            methods: sent.methods,
            token: sent.token,
            marks: sent.marks,
            state: State::Out,
            request: as_portal_sees(&request),
            host: sent.host,
            fate,
        };
        self.clients[place]
            .flights
            .insert((call, exchange.attempt), flight);
        let way = self.way();
        match fate {
            Fate::Unsent | Fate::BreaksBefore => self.fails(place, exchange, way, fate),
            Fate::NeverArrives => {}
            _ => self.later(way, Event::Arrives(place, exchange)),
        }
    }

    fn fails(&mut self, place: usize, exchange: Exchange, way: u64, fate: Fate) {
        let sent = fate != Fate::Unsent;
        let told = if sent { Told::Broken } else { Told::Unsent };
        let mut reason = "connection reset".to_owned();
        if self.weather.echoes {
            // Some runtimes say what they were asked for.
            let flight = &self.clients[place].flights[&(exchange.call.0, exchange.attempt)];
            let body = String::from_utf8_lossy(&flight.request.body);
            reason = format!(
                "could not post {body} to https://{}{}",
                flight.host, flight.request.url
            );
        }
        let failure = Failure { sent, reason };
        self.later(
            way,
            Event::Comes(place, News::Failure(exchange, failure, told)),
        );
    }

    pub(crate) fn arrives(&mut self, place: usize, exchange: Exchange) {
        let key = (exchange.call.0, exchange.attempt);
        let now = self.now;
        let client = &mut self.clients[place];
        let Some(flight) = client.flights.get_mut(&key) else {
            return;
        };
        if flight.state != State::Out {
            return;
        }
        flight.state = State::Back;
        let (host, fate) = (flight.host.clone(), flight.fate);
        let (request, token) = (flight.request.clone(), flight.token.clone());
        if !client.shadow.take(now) {
            let name = client.name;
            self.breaks(
                7,
                format!("{name} overspends: the portal's bucket would be full"),
            );
        }
        let moved = self.moved_to.clone().filter(|_| host == HOST);
        let mut reply = match moved {
            Some(to) => {
                let location = Some(format!("https://{to}{}", request.url));
                let envelope = Envelope::Moved { location };
                Reply {
                    status: 302,
                    envelope,
                    retry_after: None,
                }
            }
            None => {
                let answer = self.portal.handle(now, &request);
                self.portal.clear_log();
                self.count_runs();
                if let (Some(token), true) =
                    (&token, answer.body.contains("METHOD_CONFIRM_WAITING"))
                {
                    self.asks_administrator(token, client::METHODS[0].name);
                }
                self.takes_note(place, &key, &answer.body);
                let delay = u64::try_from(answer.delay.as_millis()).unwrap();
                return self.answers(place, exchange, fate, delay, &answer);
            }
        };
        reply.retry_after = None;
        self.returns(place, exchange, fate, 0, reply);
    }

    /// What an answer says of methods, in a batch of those of its commands.
    fn takes_note(&mut self, place: usize, key: &(u32, u32), body: &str) {
        let client = &mut self.clients[place];
        let says = |words: &[&str]| words.iter().any(|word| body.contains(word));
        let methods = client.flights[key].methods.iter().cloned();
        if says(&["OPERATION_TIME_LIMIT", "RATELIMIT"]) {
            client.limited.extend(methods.clone());
            for case in client.cases.values_mut() {
                let limited = |method: &str| client.limited.contains(method);
                case.excused |= matches!(&case.what, What::Call(want) if limited(want.method.name));
            }
        }
        if says(&["insufficient_scope", "METHOD_CONFIRM_DENIED"]) {
            client.refused.extend(methods);
        }
        if says(&["\"isAvailable\":false"]) {
            let asked = ["crm.deal.list", "nobody.knows.this"];
            client.refused.extend(asked.map(str::to_owned));
        }
    }

    fn answers(
        &mut self,
        place: usize,
        exchange: Exchange,
        fate: Fate,
        delay: u64,
        answer: &portal::Reply,
    ) {
        let mut reply = match (fate, answer.status) {
            (Fate::Replaced, _) => {
                let status = self.dice.pick(&[200, 403, 429, 500, 502]);
                let body = self.dice.pick(&["", "<html>", "{}", "null", "{\"resu"]);
                Reply::read(status, body)
            }
            (_, status @ 300..400) => {
                let location = answer.header("location").map(str::to_owned);
                let envelope = Envelope::Moved { location };
                Reply {
                    status,
                    envelope,
                    retry_after: None,
                }
            }
            (_, status) => {
                let (status, body) = self.disfigured(place, exchange, status, &answer.body);
                Reply::read(status, &body)
            }
        };
        if told(&reply) == Told::Code("query_limit_exceeded".to_owned()) {
            self.sums.limits += 1;
            let seconds = self.dice.pick(&[None, None, Some(0), Some(3), Some(40)]);
            reply.retry_after = seconds.map(Duration::from_secs);
        }
        self.returns(place, exchange, fate, delay, reply);
    }

    /// An error as something in between hands it on: with another status, its code spelled
    /// otherwise, and in its words what had been sent.
    fn disfigured(
        &mut self,
        place: usize,
        exchange: Exchange,
        status: u16,
        body: &str,
    ) -> (u16, String) {
        if self.calm || !(self.weather.echoes || self.weather.statuses) {
            return (status, body.to_owned());
        }
        let Ok(mut value) = serde_json::from_str::<Value>(body) else {
            return (status, body.to_owned());
        };
        let Some(code) = value["error"].as_str().map(str::to_owned) else {
            return (status, body.to_owned());
        };
        let mut status = status;
        if self.weather.statuses {
            status = self.dice.pick(&[200, 400, 401, 403, 500, 503]);
            value["error"] = match self.dice.roll(3) {
                0 => json!(code.to_ascii_lowercase()),
                1 => json!(code.to_ascii_uppercase()),
                _ => json!(code),
            };
        }
        if self.weather.echoes {
            let client = &self.clients[place];
            let flight = &client.flights[&(exchange.call.0, exchange.attempt)];
            let token = flight.token.clone().unwrap_or_default();
            value["error_description"] = json!(format!(
                "refused: {token} at {} <b>here</b>",
                flight.request.url
            ));
        }
        (status, value.to_string())
    }

    fn returns(
        &mut self,
        place: usize,
        exchange: Exchange,
        fate: Fate,
        delay: u64,
        reply: Reply<Value>,
    ) {
        let delay = delay + self.way();
        match fate {
            Fate::BreaksAfter => self.fails(place, exchange, delay, fate),
            Fate::NeverReturns => {}
            _ => {
                let told = told(&reply);
                if self.dice.chance(3) {
                    let again = News::Reply(exchange, reply.clone(), told.clone());
                    let delay = delay + self.dice.roll(60_000);
                    self.later(delay, Event::Comes(place, again));
                }
                self.later(
                    delay,
                    Event::Comes(place, News::Reply(exchange, reply, told)),
                );
            }
        }
    }

    /// The client no longer cares. A request that is still on its way reaches the portal in this
    /// very moment, or never.
    pub(crate) fn abort(&mut self, place: usize, exchange: Exchange) {
        let key = (exchange.call.0, exchange.attempt);
        self.note(format_args!(
            "{} ✕ #{}.{}",
            self.clients[place].name, key.0, key.1
        ));
        let arrives = self.dice.chance(50);
        let flight = &self.clients[place].flights[&key];
        let may_arrive = !matches!(
            flight.fate,
            Fate::NeverArrives | Fate::Unsent | Fate::BreaksBefore
        );
        if flight.state == State::Out && may_arrive && arrives {
            self.arrives(place, exchange);
        }
        self.is_over(place, exchange, &Told::Broken);
    }

    pub(crate) fn tell(&mut self, place: usize, news: News) {
        let at = self.at();
        let name = self.clients[place].name;
        match news {
            News::Reply(exchange, reply, told) => {
                self.note(format_args!(
                    "{name} ← #{}.{} {} {told:?}",
                    exchange.call.0, exchange.attempt, reply.status
                ));
                let cause = self.cause_of(place, exchange, &told);
                self.clients[place].connection.response(at, exchange, reply);
                self.pump(place, cause);
            }
            News::Failure(exchange, failure, told) => {
                self.note(format_args!(
                    "{name} ← #{}.{} {told:?}",
                    exchange.call.0, exchange.attempt
                ));
                let cause = self.cause_of(place, exchange, &told);
                self.clients[place]
                    .connection
                    .failure(at, exchange, failure);
                self.pump(place, cause);
            }
            News::Token(outcome, token) => {
                self.note(format_args!("{name} ← token: {}", outcome.is_ok()));
                let client = &mut self.clients[place];
                client.refreshing = false;
                if let Some(token) = token {
                    client.tokens.push(token);
                    client.refused.clear();
                }
                client.connection.token(at, outcome);
                self.pump(place, Cause::Own);
            }
            News::Consent(host, agreed) => {
                self.note(format_args!("{name} ← {host}: {agreed}"));
                let client = &mut self.clients[place];
                client.asked_about = None;
                if agreed {
                    client.hosts.push(host);
                }
                client.connection.moved(at, agreed);
                self.pump(place, Cause::Own);
            }
            News::Post(body) => {
                self.is_up_to_date(place);
                let Some(event) = MethodConfirm::read(&form::read(&body)) else {
                    return;
                };
                self.note(format_args!("{name} ← event, granted {}", event.granted));
                self.clients[place].connection.event(at, &event);
                self.pump(place, Cause::Event);
            }
        }
    }

    /// Takes in that an exchange is over, unless it was before.
    fn cause_of(&mut self, place: usize, exchange: Exchange, told: &Told) -> Cause {
        let key = (exchange.call.0, exchange.attempt);
        let state = self.clients[place].flights[&key].state;
        if matches!(state, State::Over(_)) {
            self.is_up_to_date(place);
            return Cause::Stale;
        }
        // What was due meanwhile comes before or after.
        if self.dice.chance(50) {
            self.is_up_to_date(place);
            if matches!(self.clients[place].flights[&key].state, State::Over(_)) {
                return Cause::Stale;
            }
        }
        self.is_over(place, exchange, told);
        Cause::Reply(exchange.call.0, told.clone())
    }

    pub(crate) fn refresh(&mut self, place: usize, request: &RefreshRequest) {
        self.sums.refreshes += 1;
        self.note(format_args!(
            "{} wants a fresh token",
            self.clients[place].name
        ));
        self.wants_refresh(place, request);
        let way = self.way();
        if self.in_trouble() {
            match self.dice.roll(4) {
                // Nobody ever hears of it.
                0 => return,
                1 => {
                    let words = format!("could not refresh {}", request.access.expose());
                    return self.later(way, Event::Comes(place, News::Token(Err(words), None)));
                }
                _ => {}
            }
        }
        let (update, token) = match self.clients[place].kind {
            Kind::Frame => self.token_of_page(place),
            _ => match self.token_of_server(place, request) {
                Ok(update) => update,
                Err(words) => {
                    return self.later(way, Event::Comes(place, News::Token(Err(words), None)));
                }
            },
        };
        let client = &mut self.clients[place];
        client.secrets.push(token.access.clone());
        client
            .secrets
            .extend(update.token.refresh.iter().map(|it| it.expose().to_owned()));
        if self.in_trouble() {
            let words = "the answer got lost".to_owned();
            return self.later(way, Event::Comes(place, News::Token(Err(words), None)));
        }
        self.later(
            way,
            Event::Comes(place, News::Token(Ok(update), Some(token))),
        );
    }

    /// The portal's page gives a token that is good for a while, and no refresh token.
    fn token_of_page(&mut self, place: usize) -> (TokenUpdate, client::Token) {
        let client = &self.clients[place];
        let issued = self.portal.token(
            self.now,
            TokenRequest {
                scopes: client.tokens.last().map(|token| token.scopes.clone()),
                app: client.app.clone(),
                ..TokenRequest::default()
            },
        );
        let (access, expires) = (&issued.access_token, Some(issued.expires));
        self.update(
            access,
            None,
            expires,
            Some(issued.scope.clone()),
            &issued.scope,
        )
    }

    /// What a driver does: asks the token endpoint, and reads its answer.
    fn token_of_server(
        &mut self,
        place: usize,
        request: &RefreshRequest,
    ) -> Result<(TokenUpdate, client::Token), String> {
        let refresh = request.refresh.as_ref().map_or("", Secret::expose);
        let client_id = &self.clients[place].app;
        let body =
            format!("grant_type=refresh_token&client_id={client_id}&refresh_token={refresh}");
        let reply = self
            .portal
            .handle(self.now, &portal::Request::form("/oauth/token/", body));
        let value = reply.value();
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let Some(access) = text("access_token") else {
            return Err(format!("{} for {refresh}", reply.body));
        };
        let expires = value.get("expires").and_then(Value::as_u64);
        let before = self.clients[place].tokens.last().unwrap().scopes.join(",");
        Ok(self.update(
            &access,
            text("refresh_token"),
            expires,
            text("scope"),
            &before,
        ))
    }

    fn update(
        &mut self,
        access: &str,
        refresh: Option<String>,
        expires: Option<u64>,
        scope: Option<String>,
        granted: &str,
    ) -> (TokenUpdate, client::Token) {
        // Clocks differ, and not everybody is told.
        let ends = match self.dice.roll(10) {
            0 => None,
            1 => expires.map(|seconds| seconds * 1000 + 300_000),
            2 => expires.map(|seconds| seconds * 1000 - 60_000),
            _ => expires.map(|seconds| seconds * 1000),
        };
        let token = Token {
            access: Secret::new(access),
            refresh: refresh.map(Secret::new),
            expires_at: ends.map(Instant::from_millis),
        };
        let known = client::Token {
            access: access.to_owned(),
            scopes: granted.split(',').map(str::to_owned).collect(),
            ends,
        };
        (TokenUpdate { token, scope }, known)
    }

    /// The caller is asked whether the token may go to another host.
    pub(crate) fn asks_about(&mut self, place: usize, origin: &Origin) {
        let client = &mut self.clients[place];
        let host = origin.host().to_owned();
        let again = client.asked_about.replace(host.clone()).is_some();
        let name = client.name;
        self.note(format_args!("{name} asks: may the token go to {host}?"));
        if again {
            self.breaks(
                8,
                format!("{name} asks about {host} before the last answer"),
            );
        }
        if self.calm || self.dice.chance(90) {
            let (way, agreed) = (self.dice.pick(&[0, 500, 40_000]), self.dice.chance(70));
            self.later(way, Event::Comes(place, News::Consent(host, agreed)));
        }
    }

    fn alias(&self, place: usize, token: Option<&str>) -> String {
        let tokens = &self.clients[place].tokens;
        let nth = tokens
            .iter()
            .position(|known| Some(known.access.as_str()) == token);
        match (token, nth) {
            (None, _) => String::new(),
            (_, Some(nth)) => format!("token {nth}"),
            _ => "token ?".to_owned(),
        }
    }
}

fn told(reply: &Reply<Value>) -> Told {
    match &reply.envelope {
        Envelope::Result { .. } => Told::Result,
        Envelope::Error { code, .. } => Told::Code(code.to_ascii_lowercase()),
        Envelope::Moved { .. } => Told::Moved,
        _ => Told::Unreadable,
    }
}
