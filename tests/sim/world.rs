//! The world of one seed: clients, one portal, and everything that is going to happen, in order.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::AddAssign;
use std::time::Duration;

use callgate::bitrix24::engine::budget::Rate;
use callgate::bitrix24::engine::{
    CallId, Config, Connection, Exchange, Output, Token, TokenUpdate,
};
use callgate::bitrix24::rights::grant::Source;
use callgate::bitrix24::rights::method::Version;
use callgate::bitrix24::wire::address::{Origin, Webhook};
use callgate::bitrix24::wire::envelope::Reply;
use callgate::http::{BodyFormat, Failure};
use callgate::secret::Secret;
use callgate::time::Instant;
use callgate_portal::{self as portal, Budget, Portal, Settings, TokenRequest};
use serde_json::Value;

use crate::client::{self, Cause, Client, Kind, Mark, Shadow, Told};
use crate::dice::Dice;
use crate::fortune::Mood;
use crate::network::Weather;
use crate::rules::Broken;
use crate::trace::Trace;

pub(crate) const START: u64 = 1_478_790_852_000;
/// Where the portal is at first.
pub(crate) const HOST: &str = "portal.bitrix24.com";
/// So many things happen without time passing only when something is wrong.
const TOO_MANY: usize = 20_000;
/// Tables in which the portal keeps what marked calls did, and where the mark stands.
const RECORDS: [(&str, &str); 3] = [("deal", "TITLE"), ("contact", "NAME"), ("task", "TITLE")];

/// Something that is going to happen.
pub(crate) enum Event {
    /// A client's callers want something.
    Wish(usize),
    /// A request reaches the portal, or whatever stands in its place.
    Arrives(usize, Exchange),
    /// Something reaches a client.
    Comes(usize, News),
    /// The administrator comes round to a notification.
    Decides { token: String, method: String },
    /// A list's consumer wants its next page.
    Consumes(usize, CallId),
    /// Another application calls from the same address, and will again so many times.
    Stranger(u32),
    /// Something changes in the world.
    Fortune,
    /// The client's machine awakes.
    Awakes(usize),
}

pub(crate) enum News {
    Reply(Exchange, Reply<Value>, Told),
    Failure(Exchange, Failure, Told),
    Token(Result<TokenUpdate, String>, Option<client::Token>),
    Consent(String, bool),
    /// The body of an event's POST.
    Post(String),
}

pub(crate) struct World {
    pub(crate) now: u64,
    pub(crate) dice: Dice,
    pub(crate) portal: Portal,
    pub(crate) clients: Vec<Client>,
    pub(crate) weather: Weather,
    pub(crate) mood: Mood,
    pub(crate) marks: Vec<Mark>,
    /// Where the portal is now, once it has moved.
    pub(crate) moved_to: Option<String>,
    pub(crate) faults: Vec<String>,
    /// The path of a webhook of somebody who works in the portal.
    pub(crate) office: String,
    /// Nothing goes wrong any more: the day is over.
    pub(crate) calm: bool,
    pub(crate) ends: u64,
    pub(crate) sums: Sums,
    pub(crate) broken: Option<Broken>,
    agenda: BTreeMap<(u64, u64), Event>,
    happened: u64,
    /// The last rows of the tables that were looked at.
    rows: [u64; 3],
    trace: Trace,
}

/// What happened in how many days, so that nobody believes in empty ones.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sums {
    pub(crate) calls: u64,
    pub(crate) batches: u64,
    pub(crate) lists: u64,
    pub(crate) rows: u64,
    pub(crate) requests: u64,
    pub(crate) answers: u64,
    pub(crate) writes: u64,
    pub(crate) refreshes: u64,
    pub(crate) confirmations: u64,
    pub(crate) limits: u64,
}

impl AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.batches += other.batches;
        self.lists += other.lists;
        self.rows += other.rows;
        self.requests += other.requests;
        self.answers += other.answers;
        self.writes += other.writes;
        self.refreshes += other.refreshes;
        self.confirmations += other.confirmations;
        self.limits += other.limits;
    }
}

impl fmt::Display for Sums {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} calls, {} batches and {} lists of {} rows made {} requests and got {} results; {} writes \
             ran; {} refreshes, {} waits for an administrator, {} refusals by the bucket",
            self.calls,
            self.batches,
            self.lists,
            self.rows,
            self.requests,
            self.answers,
            self.writes,
            self.refreshes,
            self.confirmations,
            self.limits,
        )
    }
}

impl World {
    pub(crate) fn new(seed: u64, trace: Trace) -> Self {
        let mut dice = Dice::new(seed);
        let mut portal = Portal::with_config(portal::Config {
            origin: format!("https://{HOST}"),
            ..portal::Config::default()
        });
        let rate = dice.pick(&[
            (50.0, 2.0),
            (50.0, 2.0),
            (250.0, 5.0),
            (4.0, 0.5),
            (10.0, 20.0),
        ]);
        let (burst, per_second) = rate;
        portal.set(Settings {
            budget: dice.chance(60).then_some(Budget { burst, per_second }),
            operating_limit: dice.chance(25).then(|| dice.pick(&[5, 60, 480])),
            work: dice.pick(&[0, 0, 20, 400, 3_000]),
            time: dice.chance(90),
            strict_statuses: dice.chance(20),
            ..Settings::default()
        });
        let table = portal
            .handle(START, &portal::Request::get("/_portal/faults"))
            .value();
        let kinds = table["kinds"].as_array().unwrap().iter();
        let faults = kinds
            .map(|row| row["kind"].as_str().unwrap().to_owned())
            .collect();
        let office = portal.webhook(&["crm"], 1);
        let office = office.replace(&format!("https://{HOST}"), "");
        let mut world = Self {
            now: START,
            dice,
            portal,
            clients: Vec::new(),
            weather: Weather::default(),
            mood: Mood::default(),
            marks: Vec::new(),
            moved_to: None,
            faults,
            office,
            calm: false,
            ends: START,
            sums: Sums::default(),
            broken: None,
            agenda: BTreeMap::new(),
            happened: 0,
            rows: [0; 3],
            trace,
        };
        for (place, (table, _)) in RECORDS.iter().enumerate() {
            world.portal.generate(table, 3).unwrap();
            world.rows[place] = 3;
        }
        world.fill_tables();
        for nth in 0..1 + world.dice.roll(3) {
            let client = world.some_client(usize::try_from(nth).unwrap(), rate);
            world.clients.push(client);
        }
        world
    }

    fn some_client(&mut self, place: usize, (burst, per_second): (f64, f64)) -> Client {
        let kinds = [
            Kind::Refreshing,
            Kind::Refreshing,
            Kind::Frame,
            Kind::Fixed,
            Kind::Webhook,
        ];
        let kind = self.dice.pick(&kinds);
        let name = char::from(b'A' + u8::try_from(place).unwrap());
        let app = format!("app.{}", name.to_ascii_lowercase());
        let scopes = self.dice.pick(&[
            "telephony,crm,im,user,task",
            "telephony,crm,im,user,task",
            "telephony,crm,user_brief",
            "crm,task",
        ]);
        let scopes: Vec<&str> = scopes.split(',').collect();
        let life = self.dice.pick(&[60, 600, 3600, 3600]);
        let token = self.portal.token(
            START,
            TokenRequest {
                scopes: Some(scopes.iter().map(|scope| (*scope).to_owned()).collect()),
                expires_in: life,
                app: app.clone(),
                ..TokenRequest::default()
            },
        );
        let bind = format!(
            "auth={}&event=OnAppMethodConfirm&handler=http://127.0.0.1:9/{place}",
            token.access_token
        );
        let budget = self.portal.settings().budget;
        self.set_budget(None);
        self.portal
            .handle(START, &portal::Request::form("/rest/event.bind", bind));
        self.set_budget(budget);
        let ends = self.dice.chance(65).then_some(token.expires * 1000);
        let in_browser = kind == Kind::Frame || self.dice.chance(20);
        let config = Config {
            version: self.dice.chance(3).then_some(Version::V3),
            timeout: Duration::from_secs(self.dice.pick(&[2, 30, 60, 60])),
            format: if in_browser {
                BodyFormat::Form
            } else {
                BodyFormat::Json
            },
            custom_headers: !in_browser,
            asks_for_scopes: kind == Kind::Frame || self.dice.chance(20),
            budget: Rate::new(burst, per_second).unwrap(),
            seed: self.dice.next(),
            asks_when_moved: self.dice.chance(60),
            application_token: self
                .dice
                .chance(80)
                .then(|| Secret::new(token.application_token.clone())),
            member_id: self.dice.chance(50).then(|| token.member_id.clone()),
            ..Config::default()
        };
        let mut secrets = vec![token.application_token.clone()];
        let mut tokens = Vec::new();
        let mut connection = if kind == Kind::Webhook {
            let url = self.portal.webhook(&scopes, 1);
            secrets.extend(
                url.trim_end_matches('/')
                    .rsplit('/')
                    .next()
                    .map(str::to_owned),
            );
            Connection::with_webhook(config, &Webhook::parse(&url).unwrap())
        } else {
            let refresh = (kind == Kind::Refreshing).then(|| token.refresh_token.clone());
            secrets.push(token.access_token.clone());
            secrets.push(token.refresh_token.clone());
            tokens.push(client::Token {
                access: token.access_token.clone(),
                scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
                ends,
            });
            let held = Token {
                access: Secret::new(token.access_token.clone()),
                refresh: refresh.map(Secret::new),
                expires_at: ends.map(Instant::from_millis),
            };
            let origin = Origin::parse(&format!("https://{HOST}")).unwrap();
            Connection::with_token(config, origin, held, kind != Kind::Fixed)
        };
        if self.dice.chance(30) {
            connection.learn_scopes(self.at(), &scopes.join(","), Source::Given);
        }
        Client {
            name,
            app,
            kind,
            connection,
            asleep_until: None,
            closed: false,
            hosts: vec![HOST.to_owned()],
            asked_about: None,
            tokens,
            secrets,
            application_token: token.application_token,
            member_id: token.member_id,
            cases: BTreeMap::new(),
            flights: BTreeMap::new(),
            refreshing: false,
            spent: BTreeSet::new(),
            shadow: Shadow {
                burst,
                per_second,
                level: 0.0,
                at: START,
            },
            refused: BTreeSet::new(),
            limited: BTreeSet::new(),
            shy_until: 0,
            cause: Cause::Own,
        }
    }

    pub(crate) fn set_budget(&mut self, budget: Option<Budget>) {
        let settings = self.portal.settings().clone();
        self.portal.set(Settings { budget, ..settings });
    }

    pub(crate) fn at(&self) -> Instant {
        Instant::from_millis(self.now)
    }

    pub(crate) fn later(&mut self, delay: u64, event: Event) {
        self.happened += 1;
        self.agenda.insert((self.now + delay, self.happened), event);
    }

    pub(crate) fn note(&self, line: fmt::Arguments<'_>) {
        self.trace.write(self.now, line);
    }

    /// Lives through the day, and then until nothing is left to happen.
    pub(crate) fn live(mut self) -> Result<Sums, Broken> {
        let length = self.dice.pick(&[20, 90, 400, 1_440]) * 60_000;
        self.ends = START + length;
        for place in 0..self.clients.len() {
            let first = self.dice.roll(5_000);
            self.later(first, Event::Wish(place));
        }
        self.later(0, Event::Fortune);
        while self.broken.is_none() && self.now < self.ends && self.step() {}
        self.calm_down();
        let mut steps = 0;
        while self.broken.is_none() && self.step() {
            steps += 1;
            if steps > TOO_MANY {
                self.breaks(8, "the connections never come to rest".to_owned());
            }
        }
        if self.broken.is_none() {
            self.everything_has_ended();
        }
        match self.broken {
            Some(broken) => Err(broken),
            None => Ok(self.sums),
        }
    }

    /// From now on nothing goes wrong, and nobody wants anything new.
    fn calm_down(&mut self) {
        self.note(format_args!("the day is over"));
        self.calm = true;
        self.portal.clear_faults();
        self.weather = Weather::default();
        self.set_budget(None);
        for place in 0..self.clients.len() {
            self.later(0, Event::Awakes(place));
        }
    }

    /// Lets the next thing happen; false when there is none.
    fn step(&mut self) -> bool {
        let event = self.agenda.keys().next().map(|(time, _)| *time);
        let wakes = |client: &Client| {
            let awake = client.asleep_until.is_none();
            let wake = client.connection.wake_at().filter(|_| awake)?;
            Some(wake.as_millis())
        };
        let wake = self.clients.iter().filter_map(wakes).min();
        let Some(next) = event.into_iter().chain(wake).min() else {
            return false;
        };
        self.now = self.now.max(next);
        let both = event == Some(next) && wake == Some(next);
        let takes_event = if both {
            self.dice.chance(50)
        } else {
            event == Some(next)
        };
        if takes_event {
            let (_, event) = self.agenda.pop_first().unwrap();
            self.happens(event);
        } else {
            for place in 0..self.clients.len() {
                if wakes(&self.clients[place]).is_some_and(|wake| wake <= self.now) {
                    self.pump(place, Cause::Own);
                }
            }
        }
        true
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Wish(place) => self.wish(place),
            Event::Arrives(place, exchange) => self.arrives(place, exchange),
            Event::Comes(place, news) => match self.clients[place].asleep_until {
                Some(until) => {
                    // What came while the machine slept is read when it is awake again.
                    let delay = until.saturating_sub(self.now) + self.dice.roll(3);
                    self.later(delay, Event::Comes(place, news));
                }
                None => self.tell(place, news),
            },
            Event::Consumes(place, id) => self.consumes(place, id),
            Event::Decides { token, method } => self.decides(&token, &method),
            Event::Stranger(left) => self.stranger(left),
            Event::Fortune => self.fortune(),
            Event::Awakes(place) => {
                let client = &mut self.clients[place];
                if client.asleep_until.is_some_and(|until| until <= self.now) || self.calm {
                    client.asleep_until = None;
                    self.pump(place, Cause::Own);
                }
            }
        }
    }

    /// Carries out all that a client's connection wants now. `cause` is what it was told.
    pub(crate) fn pump(&mut self, place: usize, cause: Cause) {
        self.clients[place].cause = cause;
        for _ in 0..TOO_MANY {
            let at = self.at();
            let Some(output) = self.clients[place].connection.poll(at) else {
                let cause = std::mem::replace(&mut self.clients[place].cause, Cause::Own);
                if let Cause::Reply(id, told) = cause {
                    self.code_decides(place, id, &told);
                }
                return self.is_at_rest(place);
            };
            self.carry_out(place, output);
            if self.broken.is_some() {
                return;
            }
        }
        self.breaks(
            8,
            "a connection wants something done without end".to_owned(),
        );
    }

    fn carry_out(&mut self, place: usize, output: Output<Value>) {
        match output {
            Output::Send(exchange, request) => self.send(place, exchange, request),
            Output::Abort(exchange) => self.abort(place, exchange),
            Output::Refresh(request) => self.refresh(place, &request),
            Output::Moved(origin) => self.asks_about(place, &origin),
            Output::Done(id, outcome) => self.done(place, id, &outcome),
            Output::BatchDone(id, outcome) => self.batch_done(place, id, &outcome),
            Output::Rows(id, rows) => self.gets_rows(place, id, &rows),
            Output::ListDone(id, outcome) => self.list_done(place, id, &outcome),
            Output::Notice(notice) => self.noticed(place, &notice),
        }
    }

    /// Looks up in the portal's tables which marked calls it has carried out since.
    pub(crate) fn count_runs(&mut self) {
        for (place, (table, column)) in RECORDS.iter().enumerate() {
            for row in self.portal.rows(table, self.rows[place]).unwrap() {
                self.rows[place] += 1;
                let title = row.get(*column).and_then(Value::as_str).unwrap_or_default();
                for mark in marks(title) {
                    self.sums.writes += 1;
                    self.ran(mark);
                }
            }
        }
    }
}

/// The numbers of marked calls in a text.
pub(crate) fn marks(text: &str) -> Vec<usize> {
    let number = |(at, _): (usize, &str)| text.get(at + 5..at + 10)?.parse().ok();
    text.match_indices("mark-").filter_map(number).collect()
}
