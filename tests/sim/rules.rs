//! The rules of `ARCHITECTURE.md` by their numbers, watched from outside: by what is sent, what the
//! portal carries out, and what callers are told.

use std::fmt;

use callgate::bitrix24::engine::{Answer, CallId, Exchange, Notice, RefreshRequest};
use callgate::bitrix24::rights::confirmation::State as Confirmed;
use callgate::error::{Error, Kind as Why, Ran};
use callgate::http::Request;
use serde_json::Value;

use crate::client::{Case, Cause, Client, Kind, State, Told, Want, What};
use crate::network::Sent;
use crate::world::World;

/// A rule that didn't hold. 0 stands for a panic.
#[derive(Clone, Debug)]
pub(crate) struct Broken {
    pub(crate) rule: u8,
    pub(crate) what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "rule {} is broken: {}", self.rule, self.what)
    }
}

const WAITING: &str = "method_confirm_waiting";
const DENIED: &str = "method_confirm_denied";

/// The codes with which the portal says that it has carried nothing out, and after which the same
/// call may be sent again.
const NOTHING_RAN: [&str; 8] = [
    WAITING,
    "expired_token",
    "invalid_token",
    "query_limit_exceeded",
    "operation_time_limit",
    "connection_error",
    "bitrix_rest_v3_exception_ratelimitexception",
    // A token that isn't taken, in version 3.
    "bitrix_rest_v3_exception_accessdeniedexception",
];

/// What sort of error a code stands for, whatever the status.
const KINDS: [(&str, Why); 12] = [
    (WAITING, Why::Waiting),
    (DENIED, Why::Denied),
    ("insufficient_scope", Why::Denied),
    ("access_denied", Why::Denied),
    ("wrong_license", Why::Denied),
    ("expired_token", Why::Auth),
    ("invalid_token", Why::Auth),
    ("no_auth_found", Why::Auth),
    ("query_limit_exceeded", Why::Limit),
    ("operation_time_limit", Why::Limit),
    ("overload_limit", Why::Limit),
    ("error_method_not_found", Why::Portal),
];

impl World {
    pub(crate) fn breaks(&mut self, rule: u8, what: String) {
        self.note(format_args!("rule {rule} is broken: {what}"));
        self.broken.get_or_insert(Broken { rule, what });
    }

    /// A request goes out.
    pub(crate) fn is_sent(
        &mut self,
        place: usize,
        exchange: Exchange,
        sent: &Sent,
        request: &Request,
    ) {
        let id = exchange.call.0;
        let client = &mut self.clients[place];
        let mut faults: Vec<(u8, String)> = Vec::new();
        if !client.hosts.contains(&sent.host) {
            faults.push((
                9,
                format!("a token goes to {}, to which nobody agreed", sent.host),
            ));
        }
        let of_webhook = client.kind == Kind::Webhook;
        if !of_webhook
            && client
                .secrets
                .iter()
                .any(|secret| request.url.contains(secret))
        {
            faults.push((9, "a secret stands in a URL".to_owned()));
        }
        let case = client
            .cases
            .entry(id)
            .or_insert_with(|| Case::new(What::Inner));
        if case.ended {
            faults.push((8, format!("#{id} is sent after its end")));
        }
        if matches!(case.what, What::Bad(_)) {
            faults.push((12, format!("#{id} is sent, and its input is wrong")));
        }
        if exchange.attempt != case.attempts + 1 {
            faults.push((8, format!("#{id} skips an attempt")));
        }
        case.attempts = exchange.attempt;
        if case.pinned.is_some() && case.pinned != sent.token {
            faults.push((
                1,
                format!("#{id} waits for a confirmation, and changes its token"),
            ));
        }
        if matches!(case.what, What::Inner) && sent.method == "scope" {
            case.excused = true;
        }
        let class = case.class();
        let first = case.attempts == 1 && !case.excused;
        if let (Some(class), true) = (class, first) {
            let overtaken = |(_, other): &(&u32, &Case)| {
                !other.ended
                    && other.attempts == 0
                    && !other.excused
                    && other.class() == Some(class)
            };
            if let Some((other, _)) = client.cases.range(..id).find(overtaken) {
                faults.push((7, format!("#{id} is served before #{other}")));
            }
        }
        if let Some(class) = class.or_else(|| sent.class()) {
            for (other, case) in &mut client.cases {
                let Some(own) = case.class().filter(|_| !case.ended && case.attempts == 0) else {
                    continue;
                };
                match own == class {
                    true => case.own_turns += 1,
                    false => case.other_turns += 1,
                }
                let share = if own == 2 { 4 } else { 2 };
                if !case.excused && case.other_turns > share * (case.own_turns + 1) + 6 {
                    faults.push((7, format!("#{other} starves")));
                }
            }
        }
        for mark in &sent.marks {
            let mark = &self.marks[*mark];
            if mark.may_have_run && !mark.harmless {
                faults.push((3, format!("#{id} may have run, and is sent again")));
            }
        }
        for (rule, what) in faults {
            self.breaks(rule, what);
        }
    }

    /// The portal has carried a marked call out.
    pub(crate) fn ran(&mut self, mark: usize) {
        let known = &mut self.marks[mark];
        known.runs += 1;
        let (harmless, runs, told) = (known.harmless, known.runs, known.told);
        self.note(format_args!("      mark {mark} runs"));
        if runs > 1 && !harmless {
            self.breaks(3, format!("mark {mark} ran {runs} times"));
        }
        if told == Some(Ran::No) {
            self.breaks(
                3,
                format!("mark {mark} ran after its caller was told that it did not"),
            );
        }
    }

    /// The client knows how an exchange went, or no longer cares.
    pub(crate) fn is_over(&mut self, place: usize, exchange: Exchange, told: &Told) {
        let client = &mut self.clients[place];
        let flight = client
            .flights
            .get_mut(&(exchange.call.0, exchange.attempt))
            .unwrap();
        flight.state = State::Over(self.now);
        for mark in &flight.marks {
            let mark = &mut self.marks[*mark];
            mark.may_have_run |= match told {
                // What the answer says of a batch's commands agrees with what they did.
                Told::Result => mark.runs > 0,
                Told::Code(code) => !NOTHING_RAN.contains(&code.as_str()),
                Told::Moved | Told::Unsent => false,
                Told::Unreadable | Told::Broken => true,
            };
        }
        self.sums.answers += u64::from(*told == Told::Result);
        let Told::Code(code) = told else { return };
        if [DENIED, "insufficient_scope"].contains(&code.as_str()) {
            client.refused.extend(flight.methods.iter().cloned());
        }
        if code == "query_limit_exceeded" {
            client.shy_until = self.now + 1_000_000;
        }
        let Some(case) = client.cases.get_mut(&exchange.call.0) else {
            return;
        };
        if let (What::Call(want), WAITING) = (&case.what, code.as_str())
            && want.waits
            && case.pinned.is_none()
        {
            self.sums.confirmations += 1;
            case.pinned = flight.token.clone();
        }
    }

    /// The connection wants a fresh token.
    pub(crate) fn wants_refresh(&mut self, place: usize, request: &RefreshRequest) {
        let client = &mut self.clients[place];
        let name = client.name;
        let under_way = std::mem::replace(&mut client.refreshing, true);
        let refresh = request.refresh.as_ref().map(|it| it.expose().to_owned());
        let again = refresh.is_some_and(|token| !client.spent.insert(token));
        let wants = |case: &Case| !case.ended && case.pinned.is_none();
        let inner = |case: &Case| matches!(case.what, What::Inner);
        let for_somebody = client.cases.values().any(|case| wants(case) || inner(case));
        for case in client.cases.values_mut() {
            case.excused = true;
        }
        if under_way {
            self.breaks(6, format!("{name} refreshes while a refresh is under way"));
        }
        if again {
            self.breaks(6, format!("{name} uses a refresh token twice"));
        }
        if !for_somebody {
            self.breaks(
                1,
                format!("{name} refreshes, and all its calls wait for confirmations"),
            );
        }
    }

    /// A call has ended.
    pub(crate) fn done(
        &mut self,
        place: usize,
        id: CallId,
        outcome: &Result<Answer<Value>, Error>,
    ) {
        let name = self.clients[place].name;
        match outcome {
            Ok(_) => self.note(format_args!("{name}   #{} has its result", id.0)),
            Err(error) => self.note(format_args!(
                "{name}   #{} ends: {:?} {error}, ran {:?}",
                id.0, error.kind, error.ran
            )),
        }
        if let Err(error) = outcome {
            self.keeps_secrets(place, &format!("{error:?}"));
        }
        let Some(case) = self.ends_once(place, id.0) else {
            return;
        };
        let error = outcome.as_ref().err();
        match &case.what {
            What::Call(want) => {
                self.is_honest(want, outcome.as_ref().map(|_| ()));
                if let Some(error) = error {
                    self.may_deny(place, &case, want, error);
                    self.may_end_wait(place, &case, error);
                }
            }
            What::Bad(words) => match error {
                Some(error) if error.kind == Why::Invalid && error.message.contains(words) => {}
                _ => self.breaks(
                    12,
                    format!("bad input ends with {error:?}, not with `{words}`"),
                ),
            },
            _ => self.breaks(8, format!("#{} ends as a call and isn't one", id.0)),
        }
        let error = error.map(|error| (error.code.to_ascii_lowercase(), error.kind));
        self.clients[place].cases.get_mut(&id.0).unwrap().error = error;
    }

    /// Takes in that something has ended: exactly once, and for a reason.
    pub(crate) fn ends_once(&mut self, place: usize, id: u32) -> Option<Case> {
        let client = &mut self.clients[place];
        let cause = client.cause.clone();
        let Some(case) = client.cases.get_mut(&id) else {
            self.breaks(8, format!("#{id} ends, and nobody began it"));
            return None;
        };
        let twice = std::mem::replace(&mut case.ended, true);
        let case = case.clone();
        if twice {
            self.breaks(8, format!("#{id} ends twice"));
        }
        match cause {
            Cause::Event => self.breaks(5, format!("#{id} ends by an event")),
            Cause::Stale => self.breaks(8, format!("#{id} ends by an answer that nobody awaits")),
            _ => {}
        }
        Some(case)
    }

    /// What a caller is told of `ran` agrees with what the portal did.
    pub(crate) fn is_honest(&mut self, want: &Want, outcome: Result<(), &Error>) {
        let Some(mark) = want.mark else { return };
        let ran = match outcome {
            Ok(()) => Ran::Yes,
            Err(error) => error.ran,
        };
        let known = &mut self.marks[mark];
        known.told = Some(ran);
        let runs = known.runs;
        match ran {
            Ran::No if runs > 0 => {
                self.breaks(
                    3,
                    format!("mark {mark} ran, and its caller is told that it did not"),
                );
            }
            Ran::Yes if runs == 0 => {
                self.breaks(
                    3,
                    format!("mark {mark} did not run, and its caller is told that it did"),
                );
            }
            _ => {}
        }
    }

    /// What was never sent is denied only by what the portal said, or a grant that lacks the scope.
    fn may_deny(&mut self, place: usize, case: &Case, want: &Want, error: &Error) {
        if error.kind != Why::Denied || case.attempts > 0 {
            return;
        }
        if !self.clients[place].may_be_denied(want) {
            let method = want.method.name;
            self.breaks(
                4,
                format!("{method} is denied, and nobody knows that: {error}"),
            );
        }
    }

    /// A call that waits for a confirmation ends by an answer, its time, its token or its caller.
    fn may_end_wait(&mut self, place: usize, case: &Case, error: &Error) {
        let Some(pinned) = &case.pinned else { return };
        let client = &self.clients[place];
        let held = client.tokens.iter().find(|token| token.access == *pinned);
        let ends = held.and_then(|token| token.ends);
        let has_ended = ends.is_some_and(|ends| ends <= self.now);
        let by_refresh =
            error.code == "CALLGATE_REFRESH_FAILED" || error.message.contains("fresh token");
        if error.code == "CALLGATE_CONFIRMATION_LAPSED" && !has_ended {
            self.breaks(1, "a wait lapses while its token lives".to_owned());
        }
        if by_refresh {
            self.breaks(
                1,
                "a wait ends by a refresh that is none of its business".to_owned(),
            );
        }
    }

    pub(crate) fn noticed(&mut self, place: usize, notice: &Notice) {
        self.keeps_secrets(place, &format!("{notice:?}"));
        if let Notice::Warning { message, .. } = notice
            && message.contains("may be missing")
        {
            for case in self.clients[place].cases.values_mut() {
                if let What::List(want) = &mut case.what {
                    want.warned = true;
                }
            }
        }
        if let Notice::Confirmation(known) = notice {
            let decided = matches!(known.state, Confirmed::Granted | Confirmed::Denied);
            if decided && self.clients[place].cause == Cause::Event {
                self.breaks(5, "an event is believed".to_owned());
            }
        }
    }

    pub(crate) fn keeps_secrets(&mut self, place: usize, text: &str) {
        let client = &self.clients[place];
        if client.secrets.iter().any(|secret| text.contains(secret)) {
            self.breaks(9, format!("a secret stands in: {text}"));
        }
    }

    /// A client has done all that it wanted to do now.
    pub(crate) fn is_at_rest(&mut self, place: usize) {
        let now = self.at();
        let client = &self.clients[place];
        if client.connection.wake_at().is_some_and(|wake| wake <= now) {
            self.breaks(
                8,
                "a connection has nothing to do and wants to be woken now".to_owned(),
            );
            return;
        }
        let client = &self.clients[place];
        let waits = |case: &Case| !case.ended && case.attempts == 0 && !case.excused;
        let calls = client
            .cases
            .iter()
            .filter(|(_, case)| matches!(case.what, What::Call(_)));
        let waiting = calls
            .into_iter()
            .find(|(_, case)| waits(case))
            .map(|(id, _)| *id);
        if let Some(id) = waiting.filter(|_| client.has_room(self.now)) {
            self.breaks(7, format!("#{id} waits without need"));
        }
    }

    /// What the code of an answer says has happened, whatever the status.
    pub(crate) fn code_decides(&mut self, place: usize, id: u32, told: &Told) {
        let client = &self.clients[place];
        let (Told::Code(code), Some(case)) = (told, client.cases.get(&id)) else {
            return;
        };
        let What::Call(want) = &case.what else { return };
        let ends_by_itself = case.error.as_ref().is_some_and(|(own, _)| own == code);
        let kind = KINDS
            .iter()
            .find(|(known, _)| known == code)
            .map(|(_, kind)| *kind);
        let wrong_kind = match (&case.error, kind) {
            (Some((_, own)), Some(kind)) => ends_by_itself && *own != kind,
            _ => false,
        };
        let can_refresh = matches!(client.kind, Kind::Refreshing | Kind::Frame);
        let first_refresh = client.spent.is_empty() && client.tokens.len() == 1;
        let what = match code.as_str() {
            _ if wrong_kind => "is another kind of error",
            _ if case.ended && case.error.is_none() => "counts as a result",
            WAITING if want.waits && ends_by_itself => "ends a call that wants to wait",
            DENIED if !case.ended => "does not end its call",
            "expired_token" | "invalid_token"
                if can_refresh && first_refresh && case.pinned.is_none() && ends_by_itself =>
            {
                "ends its call without a refresh"
            }
            _ => return,
        };
        self.breaks(2, format!("{code} {what} (#{id})"));
    }

    /// Nothing is left when nothing is going to happen.
    pub(crate) fn everything_has_ended(&mut self) {
        for place in 0..self.clients.len() {
            let client = &self.clients[place];
            let left = |(_, case): &(&u32, &Case)| !case.ended && !matches!(case.what, What::Inner);
            if let Some((id, _)) = client.cases.iter().find(left) {
                let id = *id;
                self.breaks(8, format!("#{id} never ends"));
                return;
            }
            let waiting = client.connection.budget(self.at()).waiting;
            let under_way = |id: &&u32| client.connection.is_under_way(CallId(**id));
            if waiting > 0 || client.cases.keys().any(|id| under_way(&id)) {
                self.breaks(8, "something is left in a connection".to_owned());
                return;
            }
        }
    }
}

impl Client {
    /// Whether something justifies that a call isn't even sent.
    pub(crate) fn may_be_denied(&self, want: &Want) -> bool {
        let needed = want.method.scopes;
        let granted = self.tokens.last().map(|token| &token.scopes);
        let lacks = granted.is_none_or(|granted| {
            !needed.is_empty() && !granted.iter().any(|scope| needed.contains(&scope.as_str()))
        });
        lacks && !needed.is_empty() || self.refused.contains(want.method.name)
    }

    /// Whether the budget certainly has room for one more request, and nothing else is in the way.
    fn has_room(&self, now: u64) -> bool {
        if now < self.shy_until || self.refreshing || self.asleep_until.is_some() {
            return false;
        }
        let window = (self.shadow.burst / self.shadow.per_second * 1000.0) as u64;
        let counts = |state: State| match state {
            State::Over(ended) => ended + window > now,
            State::Out | State::Back => true,
        };
        let filled = self
            .flights
            .values()
            .filter(|flight| counts(flight.state))
            .count();
        filled as f64 + 1.0 <= self.shadow.burst
    }
}
