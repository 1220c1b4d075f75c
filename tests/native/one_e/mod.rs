//! 1E: instructions and their approvals, against the test portal's 1E server. Several users share it,
//! each with a connection of his own; the clock stands still until the test moves it.

mod approver;
mod caller;
mod endings;
mod endpoints;
mod input;
mod races;
mod seed;
mod statuses;

use std::collections::{BTreeMap, VecDeque};

use callgate::decision::Decision;
use callgate::error::Error;
use callgate::exchange::{CallId, Exchange};
use callgate::one_e::{
    Answer, Call, Connection, Instruction, Kind, Notice, Output, Page, Pending, Run, RunId, Server,
    State,
};
use callgate::secret::Secret;
use callgate::time::Instant;
use callgate_portal::{OneESettings, OneEUser, Portal};

pub(crate) use crate::exchange::Fate;
use crate::exchange::{Heard, carry};

const ORIGIN: &str = "https://onee.example";
const START: u64 = 1_511_282_262_997;

pub(crate) type Outcome = Result<Answer, Error>;

/// One user's program.
pub(crate) struct Client {
    pub(crate) connection: Connection,
    pub(crate) notices: Vec<Notice>,
    pub(crate) aborted: Vec<Exchange>,
    ends: Vec<(CallId, Outcome)>,
    fates: VecDeque<Option<Fate>>,
}

pub(crate) struct World {
    pub(crate) portal: Portal,
    pub(crate) now: u64,
    clients: BTreeMap<&'static str, Client>,
}

impl World {
    /// Ann issues; Bob and Eve approve; Tom may do nothing.
    pub(crate) fn new() -> Self {
        Self::with(OneESettings::default())
    }

    pub(crate) fn with(settings: OneESettings) -> Self {
        let mut portal = Portal::new();
        portal.one_e().settings = settings;
        let mut clients = BTreeMap::new();
        for (name, user) in [
            ("ann", OneEUser::named("ann")),
            ("bob", OneEUser::named("bob")),
            ("eve", OneEUser::named("eve")),
            ("tom", OneEUser::named("tom").with_operations(&[])),
        ] {
            let token = portal.one_e().user(user);
            let server = Server::parse(ORIGIN, "Callgate").unwrap();
            let client = Client {
                connection: Connection::new(server, Secret::new(token)),
                notices: Vec::new(),
                aborted: Vec::new(),
                ends: Vec::new(),
                fates: VecDeque::new(),
            };
            clients.insert(name, client);
        }
        let now = START;
        Self {
            portal,
            now,
            clients,
        }
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

    /// The end of a call that has ended once.
    pub(crate) fn end(&mut self, who: &str, id: CallId) -> Outcome {
        let ends = self.ends_of(who, id);
        assert_eq!(
            ends.len(),
            1,
            "{id:?} has ended {} times, not once",
            ends.len()
        );
        ends[0].clone()
    }

    pub(crate) fn ends_of(&mut self, who: &str, id: CallId) -> Vec<Outcome> {
        let ends = self.client(who).ends.iter();
        ends.filter(|(ended, _)| *ended == id)
            .map(|(_, outcome)| outcome.clone())
            .collect()
    }

    /// Ann issues an action: it needs her code and an approval.
    pub(crate) fn issue(&mut self) -> Run {
        self.issue_as("ann", ACTION)
    }

    pub(crate) fn issue_as(&mut self, who: &str, json: &str) -> Run {
        let instruction = Instruction::parse(json).unwrap();
        run_of(self.run(who, Call::Issue(instruction)))
    }

    /// Ann issues an action and submits her code.
    pub(crate) fn issue_to_approval(&mut self) -> Run {
        let run = self.issue();
        self.submit_code(run.id())
    }

    pub(crate) fn submit_code(&mut self, run: RunId) -> Run {
        let code = self.code();
        run_of(self.try_code(run, &code))
    }

    /// Ann submits a code, which may be wrong.
    pub(crate) fn try_code(&mut self, run: RunId, code: &str) -> Outcome {
        let code = Secret::new(code);
        self.run("ann", Call::SubmitCode { run, code })
    }

    /// Ann withdraws a run.
    pub(crate) fn cancel(&mut self, run: RunId) -> Run {
        let keep_data = true;
        run_of(self.run("ann", Call::Cancel { run, keep_data }))
    }

    /// Ann reads a page of responses.
    pub(crate) fn responses(&mut self, run: RunId, from: Option<String>) -> Page {
        let call = Call::Responses {
            run,
            from,
            page_size: 500,
            filter: None,
        };
        match self.run("ann", call) {
            Ok(Answer::Page(page)) => page,
            other => panic!("not a page: {other:?}"),
        }
    }

    /// The code that was mailed last.
    pub(crate) fn code(&mut self) -> String {
        self.portal.one_e().mail().last().unwrap().code.clone()
    }

    pub(crate) fn decide(&mut self, who: &str, run: RunId, approve: bool) -> Outcome {
        self.run(who, decision(run, approve))
    }

    pub(crate) fn read(&mut self, run: RunId) -> Run {
        run_of(self.run("ann", Call::Read(run)))
    }

    /// Lets the clock run for so many seconds; everything happens at its own time.
    pub(crate) fn pass(&mut self, seconds: u64) {
        let end = self.now + seconds * 1000;
        loop {
            self.pump();
            let wakes = self
                .clients
                .values()
                .filter_map(|client| client.connection.wake_at());
            match wakes.map(Instant::as_millis).min() {
                Some(next) if next <= end => self.now = next,
                _ => break,
            }
        }
        self.now = end;
    }

    /// What the server was asked, without its base: verb, path and body.
    pub(crate) fn asked(&self) -> Vec<(String, String, String)> {
        let log = self.portal.log(0);
        log.map(|entry| {
            let path = entry.url.strip_prefix("/Consumer/").unwrap();
            (entry.method.clone(), path.to_owned(), entry.body.clone())
        })
        .collect()
    }

    /// Verbs and paths alone, since the log was cleared.
    pub(crate) fn requests(&self) -> Vec<String> {
        let asked = self.asked();
        asked
            .iter()
            .map(|(verb, path, _)| format!("{verb} {path}"))
            .collect()
    }

    /// When requests of this verb and path came, in seconds from the start.
    pub(crate) fn times_of(&self, request: &str) -> Vec<u64> {
        let log = self.portal.log(0);
        let own = log.filter(|it| format!("{} {}", it.method, it.url).ends_with(request));
        own.map(|entry| (entry.at - START) / 1000).collect()
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
                            Heard::Nothing(_) => {}
                        }
                    }
                }
            }
        }
    }
}

pub(crate) const ACTION: &str =
    r#"{"definitionId": 8, "instructionTtlMinutes": 60, "responseTtlMinutes": 120}"#;
pub(crate) const QUESTION: &str = r#"{"definitionName": "Demo-ListServices", "instructionTtlMinutes": 60, "responseTtlMinutes": 120}"#;
pub(crate) const DAILY: &str =
    r#"{"definitionId": 7, "scheduleFreqType": 4, "scheduleFreqInterval": 1}"#;

pub(crate) fn instruction(number: u32) -> RunId {
    RunId::new(Kind::Instruction, number).unwrap()
}

pub(crate) fn decision(run: RunId, approve: bool) -> Call {
    let comment = if approve { "fine" } else { "not today" }.to_owned();
    Call::Decide {
        run,
        approve,
        comment,
    }
}

pub(crate) fn follow(run: Run) -> Call {
    Call::Follow { run, timeout: None }
}

pub(crate) fn run_of(outcome: Outcome) -> Run {
    match outcome {
        Ok(Answer::Run(run)) => run,
        other => panic!("not a run: {other:?}"),
    }
}

pub(crate) fn decision_of(outcome: Outcome) -> Decision {
    match outcome {
        Ok(Answer::Decision(decision)) => decision,
        other => panic!("not a decision: {other:?}"),
    }
}

pub(crate) fn pending_of(outcome: Outcome) -> Pending {
    match outcome {
        Ok(Answer::Pending(pending)) => pending,
        other => panic!("not a list: {other:?}"),
    }
}

/// The states that a follower heard of.
pub(crate) fn told(client: &Client) -> Vec<State> {
    let told = client.notices.iter().filter_map(|notice| match notice {
        Notice::Run(_, run) => Some(run.state()),
        Notice::Warning(_) => None,
    });
    told.collect()
}
