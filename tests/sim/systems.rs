//! An hour of 1E and one of TelecomX, simulated from the same seed: an approver races another, the
//! administrator edits groups in mid-call, codes and tokens expire, answers are late or lost. The
//! rules of `ARCHITECTURE.md` are watched from outside.

use std::collections::BTreeMap;

use callgate::decision::Verdict;
use callgate::error::{Error, Ran};
use callgate::exchange::{CallId, Exchange, Output};
use callgate::http::{Failure, Response, RestRequest, Verb};
use callgate::one_e::{self, Instruction, Kind, RunId};
use callgate::secret::Secret;
use callgate::telecomx::{self, Action, Context, Login};
use callgate::time::Instant;
use callgate_portal::{OneEUser, Portal, Request, TelecomXGroup, TelecomXUser};

use crate::dice::Dice;
use crate::rules::Broken;
use crate::trace::Trace;
use crate::world::START;

const STEPS: u64 = 60;
const ORIGIN: &str = "https://host.example";
/// With any of these servers may refuse what no documentation tells the status of.
const STATUSES: [u16; 5] = [400, 401, 403, 404, 409];

type Held = Result<(), Broken>;

fn hold(rule: u8, holds: bool, what: impl FnOnce() -> String) -> Held {
    match holds {
        true => Ok(()),
        false => Err(Broken { rule, what: what() }),
    }
}

/// Lives through both hours.
pub(crate) fn live(seed: u64, trace: &Trace) -> Held {
    one_e_hour(&mut Dice::new(seed), trace)?;
    telecomx_hour(&mut Dice::new(seed), trace)
}

/// What both connections have in common.
trait System {
    type Answer: Clone;
    type Notice;
    fn poll(&mut self, now: Instant) -> Option<Output<Self::Answer, Self::Notice>>;
    fn response(&mut self, now: Instant, exchange: Exchange, response: &Response);
    fn failure(&mut self, now: Instant, exchange: Exchange, failure: &Failure);
    fn wake_at(&self) -> Option<Instant>;
    fn close(&mut self);
}

macro_rules! system {
    ($room:ident) => {
        impl System for $room::Connection {
            type Answer = $room::Answer;
            type Notice = $room::Notice;
            fn poll(&mut self, now: Instant) -> Option<$room::Output> {
                self.poll(now)
            }
            fn response(&mut self, now: Instant, exchange: Exchange, response: &Response) {
                self.response(now, exchange, response);
            }
            fn failure(&mut self, now: Instant, exchange: Exchange, failure: &Failure) {
                self.failure(now, exchange, failure);
            }
            fn wake_at(&self) -> Option<Instant> {
                self.wake_at()
            }
            fn close(&mut self) {
                self.close();
            }
        }
    };
}
system!(one_e);
system!(telecomx);

/// One user's program, and what is on its way to it.
struct Client<C: System> {
    connection: C,
    flying: Vec<(u64, Exchange, Result<Response, Failure>)>,
    ended: BTreeMap<CallId, Result<C::Answer, Error>>,
    /// What changes something, as it was sent for each call, and whether the server carried it out.
    deeds: BTreeMap<CallId, Vec<(String, bool)>>,
}

impl<C: System> Client<C> {
    fn new(connection: C) -> Self {
        let (flying, ended, deeds) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        Self {
            connection,
            flying,
            ended,
            deeds,
        }
    }

    /// Carries out what the connection wants, and brings it what has come by now.
    fn pump(&mut self, portal: &mut Portal, dice: &mut Dice, now: u64, secrets: &[String]) -> Held {
        loop {
            while let Some(output) = self.connection.poll(Instant::from_millis(now)) {
                match output {
                    Output::Send(exchange, request) => {
                        self.carry(portal, dice, now, exchange, &request)?;
                    }
                    Output::Done(call, outcome) => self.end(call, outcome, secrets)?,
                    Output::Abort(_) | Output::Notice(_) => {}
                }
            }
            let Some(place) = self.flying.iter().position(|(at, ..)| *at <= now) else {
                return Ok(());
            };
            let (_, exchange, came) = self.flying.remove(place);
            let at = Instant::from_millis(now);
            match came {
                Ok(response) => self.connection.response(at, exchange, &response),
                Err(failure) => self.connection.failure(at, exchange, &failure),
            }
        }
    }

    fn carry(
        &mut self,
        portal: &mut Portal,
        dice: &mut Dice,
        now: u64,
        exchange: Exchange,
        request: &RestRequest,
    ) -> Held {
        let url = request.url.strip_prefix(ORIGIN).unwrap();
        let reads = url.contains("/Responses/")
            || request.verb == Verb::Get && !url.contains("/action/") && !url.contains("logout");
        let mut seen = Request::new(request.verb.as_str(), url);
        for (name, value) in &request.headers {
            seen = seen.with_header(*name, value.expose());
        }
        if let Some(body) = &request.body {
            seen = seen.with_header("Content-Type", "application/json");
            seen = seen.with_body(body.clone());
        }
        let luck = dice.roll(100);
        let reply = (luck >= 10).then(|| portal.handle(now, &seen));
        if !reads {
            let carried = reply.as_ref().is_some_and(|it| {
                // A code that wasn't taken may be told of by a 200.
                (200..300).contains(&it.status) && !it.body.contains("\"Successful\":false")
            });
            let deeds = self.deeds.entry(exchange.call).or_default();
            let again = deeds.iter().any(|(sent, _)| sent == url);
            hold(3, !again, || format!("{url} was sent twice for a call"))?;
            deeds.push((url.to_owned(), carried));
        }
        let at = now + dice.roll(8_000);
        let failure = |sent| {
            let reason = "reset".to_owned();
            Err(Failure { sent, reason })
        };
        match reply {
            None => self.flying.push((at, exchange, failure(luck >= 5))),
            Some(_) if luck < 15 => self.flying.push((at, exchange, failure(true))),
            Some(_) if luck < 17 => {} // nothing ever comes back
            Some(reply) => {
                let (status, body) = (reply.status, reply.body);
                let response = Response { status, body };
                self.flying.push((at, exchange, Ok(response)));
            }
        }
        Ok(())
    }

    fn end(&mut self, call: CallId, outcome: Result<C::Answer, Error>, secrets: &[String]) -> Held {
        if let Err(error) = &outcome {
            let shown = format!("{error:?} {error}");
            let leaks = secrets.iter().any(|secret| shown.contains(secret));
            hold(9, !leaks, || format!("a secret is in {shown}"))?;
            let deeds = self.deeds.get(&call);
            let carried = deeds.is_some_and(|deeds| deeds.iter().any(|(_, carried)| *carried));
            hold(3, !(carried && error.ran == Ran::No), || {
                format!("it ran, and the caller hears that it did not: {error}")
            })?;
        }
        let first = self.ended.insert(call, outcome).is_none();
        hold(8, first, || format!("{call:?} has ended twice"))
    }

    /// When something happens next.
    fn next(&self) -> Option<u64> {
        let wake = self.connection.wake_at().map(Instant::as_millis);
        let comes = self.flying.iter().map(|(at, ..)| *at).min();
        wake.into_iter().chain(comes).min()
    }

    /// Closes it, after which every call that was taken must have ended.
    fn close(&mut self, portal: &mut Portal, dice: &mut Dice, now: u64, taken: usize) -> Held {
        self.connection.close();
        self.pump(portal, dice, now, &[])?;
        hold(8, self.connection.wake_at().is_none(), || {
            "a closed connection still waits".to_owned()
        })?;
        hold(8, self.ended.len() == taken, || {
            format!("of {taken} calls {} ended", self.ended.len())
        })
    }
}

fn one_e_hour(dice: &mut Dice, trace: &Trace) -> Held {
    let mut portal = Portal::new();
    let settings = &mut portal.one_e().settings;
    settings.status_permission = dice.pick(&STATUSES);
    settings.status_invisible = dice.pick(&STATUSES);
    settings.status_ownership = dice.pick(&STATUSES);
    settings.status_workflow = dice.pick(&STATUSES);
    settings.status_code = dice.pick(&[200, 400, 401, 403, 404, 409]);
    let mut secrets = Vec::new();
    let mut clients = Vec::new();
    for name in ["ann", "bob", "eve"] {
        let token = portal.one_e().user(OneEUser::named(name));
        let server = one_e::Server::parse(ORIGIN, "Callgate").unwrap();
        let connection = one_e::Connection::new(server, Secret::new(token.clone()));
        secrets.push(token);
        clients.push((Client::new(connection), 0_usize));
    }
    let mut now = START;
    let mut runs = 0;
    for _ in 0..STEPS {
        match dice.roll(10) {
            0 => {
                let group = dice.pick(&["all", "berlin"]).to_owned();
                portal.one_e().user_mut("ann").unwrap().groups = vec![group];
            }
            1 => {
                let operations = dice.pick(&[vec!["Viewer"], vec!["Viewer", "Approver"]]);
                let operations = operations.into_iter().map(str::to_owned).collect();
                portal.one_e().user_mut("bob").unwrap().operations = operations;
            }
            _ => {}
        }
        let who = dice.place(clients.len());
        let run = RunId::new(Kind::Instruction, 1 + dice.roll(runs + 1) as u32).unwrap();
        let call = match (who, dice.roll(5)) {
            (0, 0 | 1) => {
                runs += 1;
                one_e::Call::Issue(Instruction::parse(r#"{"definitionId": 8}"#).unwrap())
            }
            (0, 2 | 3) => {
                let mail = portal.one_e().mail();
                let code = mail
                    .last()
                    .map_or("not-a-code", |mail| &mail.code)
                    .to_owned();
                secrets.push(code.clone());
                let code = Secret::new(code);
                one_e::Call::SubmitCode { run, code }
            }
            (0, _) => one_e::Call::Cancel {
                run,
                keep_data: true,
            },
            (_, 0) => one_e::Call::Pending,
            (_, 1) => one_e::Call::Check(run),
            (_, 2) => one_e::Call::Read(run),
            _ => one_e::Call::Decide {
                run,
                approve: dice.chance(60),
                comment: "fine".to_owned(),
            },
        };
        trace.write(now, format_args!("1E, user {who}: {call:?}"));
        let (client, taken) = &mut clients[who];
        client.connection.submit(Instant::from_millis(now), call);
        *taken += 1;
        let until = now + dice.roll(90_000);
        loop {
            for (client, _) in &mut clients {
                client.pump(&mut portal, dice, now, &secrets)?;
                watch_runs(client)?;
            }
            match clients.iter().filter_map(|(it, _)| it.next()).min() {
                Some(next) if next <= until => now = now.max(next),
                _ => break,
            }
        }
        now = until;
    }
    for (client, taken) in &mut clients {
        client.close(&mut portal, dice, now, *taken)?;
    }
    Ok(())
}

/// A run may go only if the server has said so, by one of the numbers for that.
fn watch_runs(client: &Client<one_e::Connection>) -> Held {
    for outcome in client.ended.values() {
        let Ok(one_e::Answer::Run(run)) = outcome else {
            continue;
        };
        let status = run.details().get("Status").and_then(|it| it.as_text());
        let undecided = matches!(status, Some("0" | "1" | "2" | "12" | "13"));
        let allowed = run.decision().verdict == Verdict::Allowed;
        hold(4, !(allowed && undecided), || {
            format!("a run with status {status:?} counts as allowed")
        })?;
    }
    Ok(())
}

fn telecomx_hour(dice: &mut Dice, trace: &Trace) -> Held {
    let mut portal = Portal::new();
    portal.telecomx().settings.status_denied = dice.pick(&STATUSES);
    portal.telecomx().settings.no_call = (dice.pick(&STATUSES), "target".to_owned());
    for name in ["ann", "bob"] {
        portal.telecomx().user(TelecomXUser::named(name));
    }
    let extension = |name| TelecomXUser::named(name).extensions[0].clone();
    let (mine, other) = (extension("ann"), extension("bob"));
    let server = telecomx::Server::parse(ORIGIN).unwrap();
    let mut client = Client::new(telecomx::Connection::new(server));
    let secrets = ["password".to_owned()];
    let login = || Login::new("ann", Secret::new("password"));
    let (mut now, mut taken) = (START, 0);
    let mut rights: &[&str] = &[];
    for _ in 0..STEPS {
        if dice.chance(30) {
            rights = dice.pick(&[
                &[][..],
                &["pickup"],
                &["steal"],
                &["pickup", "steal", "spy"],
            ]);
            let group = TelecomXGroup::new("team", &[&other], &[&mine], rights);
            portal.telecomx().group(group);
        }
        let device = TelecomXUser::device(&mine);
        let act = |name: &str, target: &str| {
            let json =
                format!(r#"{{"device":"{device}","target":"{target}","extension":"{other}"}}"#);
            telecomx::Call::Act(Action::parse(name, &json).unwrap(), None)
        };
        let call = match dice.roll(8) {
            0 | 1 => telecomx::Call::Login(login()),
            2 => telecomx::Call::Permissions,
            3 => telecomx::Call::PermissionsOn(other.clone()),
            4 | 5 => act("pickup", &other),
            6 => {
                let call = portal.telecomx().call(&other);
                act(dice.pick(&["steal", "spy"]), &call)
            }
            _ if dice.chance(10) => telecomx::Call::Logout,
            _ => telecomx::Call::Validate {
                ip: None,
                extend: false,
                token_in_url: false,
            },
        };
        let read = matches!(call, telecomx::Call::Permissions);
        trace.write(now, format_args!("TelecomX: {call:?}"));
        let id = client.connection.submit(Instant::from_millis(now), call);
        taken += 1;
        let until = now + dice.roll(120_000);
        loop {
            client.pump(&mut portal, dice, now, &secrets)?;
            match client.next() {
                Some(next) if next <= until => now = now.max(next),
                _ => break,
            }
        }
        now = until;
        // Read after the last edit, with nothing else on its way: what is known is what holds.
        let quiet = client.connection.wake_at().is_none() && client.flying.is_empty();
        if read && quiet && matches!(client.ended.get(&id), Some(Ok(_))) {
            for name in ["pickup", "steal", "spy"] {
                let context = Context::default();
                let decision = client.connection.check(&other, name, &context);
                // A login that overtook the answer has made it another token's.
                let unknown = decision.verdict == Verdict::Unknown;
                let right = (decision.verdict == Verdict::Allowed) == rights.contains(&name);
                hold(4, unknown || right, || {
                    format!("{name} of {rights:?}: {decision:?}")
                })?;
            }
        }
    }
    client.close(&mut portal, dice, now, taken)
}
