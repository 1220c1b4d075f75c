//! TelecomX: who may do what with whose extension, against the test portal's TelecomX server. Several
//! users share it, each with a connection of his own; the clock stands still until the test moves it.

mod actions;
mod checks;
mod endings;
mod endpoints;
mod input;
mod logins;
mod maps;
mod races;
mod refusals;
mod seed;

use std::collections::{BTreeMap, VecDeque};

use callgate::decision::Decision;
use callgate::error::Error;
use callgate::exchange::{CallId, Exchange};
use callgate::http::Response;
use callgate::secret::Secret;
use callgate::telecomx::{
    Action, Answer, Call, Connection, Context, Login, Notice, Output, Permissions, Server, Session,
};
use callgate::time::Instant;
use callgate::value::Value;
use callgate_portal::{Portal, TelecomXGroup, TelecomXQueue, TelecomXSettings, TelecomXUser};

pub(crate) use crate::exchange::Fate;
use crate::exchange::{Heard, carry};

const ORIGIN: &str = "https://api.telecomx.dk";
pub(crate) const START: u64 = 1_511_282_262_997;

pub(crate) type Outcome = Result<Answer, Error>;

/// One user's program.
pub(crate) struct Client {
    pub(crate) connection: Connection,
    pub(crate) notices: Vec<Notice>,
    pub(crate) aborted: Vec<Exchange>,
    ends: Vec<(CallId, Outcome)>,
    fates: VecDeque<Option<Fate>>,
    /// Answers that are still on their way.
    held: Vec<(Exchange, Response)>,
}

pub(crate) struct World {
    pub(crate) portal: Portal,
    pub(crate) now: u64,
    clients: BTreeMap<&'static str, Client>,
}

impl World {
    /// Ann controls a group of which Bob's extension is a member; Tom is in none. All are logged in.
    pub(crate) fn new() -> Self {
        Self::with(TelecomXSettings::default())
    }

    pub(crate) fn with(settings: TelecomXSettings) -> Self {
        let mut world = Self::logged_out(settings);
        for name in ["ann", "tom"] {
            session_of(world.run(name, Call::Login(login(name))));
        }
        world.portal.clear_log();
        world
    }

    pub(crate) fn logged_out(settings: TelecomXSettings) -> Self {
        let mut portal = Portal::new();
        portal.telecomx().settings = settings;
        for name in ["ann", "bob", "tom"] {
            portal.telecomx().user(TelecomXUser::named(name));
        }
        let mut clients = BTreeMap::new();
        for name in ["ann", "tom"] {
            let client = Client {
                connection: Connection::new(Server::default()),
                notices: Vec::new(),
                aborted: Vec::new(),
                ends: Vec::new(),
                fates: VecDeque::new(),
                held: Vec::new(),
            };
            clients.insert(name, client);
        }
        let now = START;
        let mut world = Self {
            portal,
            now,
            clients,
        };
        world.grant(&["pickup", "steal"]);
        world
    }

    /// The administrator says which rights Ann has on Bob's extension.
    pub(crate) fn grant(&mut self, rights: &[&str]) {
        grant(&mut self.portal, rights);
    }

    /// Another level, from the next login on.
    pub(crate) fn at_level(level: &str) -> Self {
        let mut world = Self::logged_out(TelecomXSettings::default());
        let ann = world.portal.telecomx().user_mut("ann").unwrap();
        ann.level = level.to_owned();
        session_of(world.run("ann", Call::Login(login("ann"))));
        world.portal.clear_log();
        world
    }

    pub(crate) fn client(&mut self, who: &str) -> &mut Client {
        self.clients.get_mut(who).unwrap()
    }

    /// Decides what becomes of a user's next requests; `None` lets one through.
    pub(crate) fn fate(&mut self, who: &str, fates: impl IntoIterator<Item = Option<Fate>>) {
        self.client(who).fates.extend(fates);
    }

    pub(crate) fn submit(&mut self, who: &str, call: Call) -> CallId {
        let now = Instant::from_millis(self.now);
        let id = self.client(who).connection.submit(now, call);
        self.pump();
        id
    }

    /// Submits a call and takes its end, which must come without the clock moving.
    pub(crate) fn run(&mut self, who: &str, call: Call) -> Outcome {
        let id = self.submit(who, call);
        self.end(who, id)
    }

    /// The same for Ann's action.
    pub(crate) fn act(&mut self, name: &str, json: &str) -> Outcome {
        self.run("ann", Call::Act(action(name, json), None))
    }

    /// The end of a call that has ended once.
    pub(crate) fn end(&mut self, who: &str, id: CallId) -> Outcome {
        let ends = self.ends_of(who, id);
        assert_eq!(ends.len(), 1, "{id:?} has ended {} times", ends.len());
        ends[0].clone()
    }

    pub(crate) fn ends_of(&mut self, who: &str, id: CallId) -> Vec<Outcome> {
        let ends = self.client(who).ends.iter();
        ends.filter(|(ended, _)| *ended == id)
            .map(|(_, outcome)| outcome.clone())
            .collect()
    }

    /// What Ann's program knows of her right on Bob's extension.
    pub(crate) fn check(&mut self, what: &str) -> Decision {
        let connection = &self.client("ann").connection;
        connection.check(&extension("bob"), what, &Context::default())
    }

    /// Lets the clock run for so many seconds.
    pub(crate) fn pass(&mut self, seconds: u64) {
        self.now += seconds * 1000;
        self.pump();
    }

    /// Lets a held answer through, the one at this place.
    pub(crate) fn release(&mut self, who: &str, place: usize) {
        let now = Instant::from_millis(self.now);
        let client = self.client(who);
        let (exchange, response) = client.held.remove(place);
        client.connection.response(now, exchange, &response);
        self.pump();
    }

    /// Verbs and addresses that the server was asked, since the log was cleared.
    pub(crate) fn requests(&self) -> Vec<String> {
        let log = self.portal.log(0);
        log.map(|entry| format!("{} {}", entry.method, entry.url))
            .collect()
    }

    pub(crate) fn done(&mut self) -> Vec<String> {
        self.portal.telecomx().done().to_vec()
    }

    fn pump(&mut self) {
        for client in self.clients.values_mut() {
            let now = Instant::from_millis(self.now);
            while let Some(output) = client.connection.poll(now) {
                match output {
                    Output::Done(id, outcome) => client.ends.push((id, outcome)),
                    Output::Notice(notice) => client.notices.push(notice),
                    Output::Abort(exchange) => client.aborted.push(exchange),
                    Output::Send(exchange, request) => {
                        let fate = client.fates.pop_front().flatten();
                        match carry(&mut self.portal, now, ORIGIN, &request, fate) {
                            Heard::Response(response) => {
                                client.connection.response(now, exchange, &response);
                            }
                            Heard::Failure(failure) => {
                                client.connection.failure(now, exchange, &failure);
                            }
                            Heard::Nothing(response) => client.held.push((exchange, response)),
                        }
                    }
                }
            }
        }
    }
}

/// The administrator edits the one group: Ann's rights on Bob's extension are these from now on.
pub(crate) fn grant(portal: &mut Portal, rights: &[&str]) {
    let group = TelecomXGroup::new("team", &[&extension("bob")], &[&extension("ann")], rights);
    portal.telecomx().group(group);
}

pub(crate) fn queue(portal: &mut Portal, queue: TelecomXQueue) -> String {
    let id = queue.id.clone();
    portal.telecomx().queue(queue);
    id
}

pub(crate) fn login(name: &str) -> Login {
    Login::new(name, Secret::new("password"))
}

pub(crate) fn extension(name: &str) -> String {
    TelecomXUser::named(name).extensions[0].clone()
}

pub(crate) fn employee(name: &str) -> String {
    TelecomXUser::named(name).employee
}

pub(crate) fn device(name: &str) -> String {
    TelecomXUser::device(&extension(name))
}

pub(crate) fn action(name: &str, json: &str) -> Action {
    Action::parse(name, json).unwrap()
}

/// Ann picks up what rings at Bob's.
pub(crate) fn pickup() -> String {
    let (device, target) = (device("ann"), extension("bob"));
    format!(r#"{{"device":"{device}","target":"{target}"}}"#)
}

/// Ann does something to a call of Bob's.
pub(crate) fn on_call(call: &str) -> String {
    let (device, extension) = (device("ann"), extension("bob"));
    format!(r#"{{"device":"{device}","target":"{call}","extension":"{extension}"}}"#)
}

pub(crate) fn session_of(outcome: Outcome) -> Session {
    match outcome {
        Ok(Answer::Session(session)) => session,
        other => panic!("not a session: {other:?}"),
    }
}

pub(crate) fn map_of(outcome: Outcome) -> Permissions {
    match outcome {
        Ok(Answer::Permissions(permissions)) => permissions,
        other => panic!("not a map: {other:?}"),
    }
}

pub(crate) fn result_of(outcome: Outcome) -> Value {
    match outcome {
        Ok(Answer::Result(value)) => value,
        other => panic!("not a result: {other:?}"),
    }
}
