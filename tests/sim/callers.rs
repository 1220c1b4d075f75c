//! What callers do: they call, one by one or many at once, change their minds, close, and make
//! mistakes.

use std::time::Duration;

use callgate::bitrix24::engine::{Call, CallId, OnWaiting};
use callgate::bitrix24::rights::method::{MethodName, Version};
use callgate::bitrix24::rights::params::Params;

use crate::client::{Case, Cause, METHODS, Mark, Method, Want, What};
use crate::world::{Event, World};

impl World {
    /// A client's callers want something.
    pub(crate) fn wish(&mut self, place: usize) {
        if self.calm {
            return;
        }
        let length = self.ends - crate::world::START;
        let pause = self.dice.roll(length / 12);
        self.later(pause, Event::Wish(place));
        if self.clients[place].asleep_until.is_some() {
            return;
        }
        match self.dice.roll(24) {
            0..10 => {
                for _ in 0..1 + self.dice.roll(4) {
                    self.calls(place);
                }
            }
            10 => {
                for _ in 0..self.dice.pick(&[10, 30, 90]) {
                    self.calls(place);
                }
            }
            11..16 => self.calls_batch(place),
            16..19 => self.cancels(place),
            19 => self.forges_event(place),
            20 => self.makes_mistake(place),
            21 => self.asks(place),
            22 if self.dice.chance(20) => self.closes(place),
            22 | 23 => self.lists(place),
            _ => self.calls(place),
        }
        self.pump(place, Cause::Own);
    }

    /// Some call. Its outputs are left for later, so that many can come at once.
    fn calls(&mut self, place: usize) {
        let (mut call, want) = self.some_call();
        let seconds = self.dice.pick(&[None, None, Some(0), Some(5), Some(400)]);
        if want.waits {
            let timeout = seconds.map(Duration::from_secs);
            call.on_waiting = OnWaiting::Wait { timeout };
        }
        if self.dice.chance(10) {
            call.timeout = Some(Duration::from_secs(self.dice.pick(&[1, 10, 90])));
        }
        self.submits(place, call, want);
    }

    fn some_call(&mut self) -> (Call, Want) {
        // The method that has to be confirmed, and those that write, more often than the others.
        let nth = match self.dice.chance(60) {
            true => self.dice.place(4),
            false => self.dice.place(METHODS.len()),
        };
        let idempotent = self.dice.chance(10);
        let (want, mut params) = self.wants(&METHODS[nth], idempotent, "");
        let mut version = None;
        if want.method.name == "tasks.task.add" {
            version = self
                .dice
                .pick(&[None, Some(Version::V2), Some(Version::V3)]);
            if version == Some(Version::V3) {
                params = params
                    .replace("TITLE", "title")
                    .replace("RESPONSIBLE_ID", "responsibleId");
            }
        }
        let mut call = Call::new(want.method.name, &params).unwrap();
        (call.version, call.idempotent, call.bulk) = (version, idempotent, want.bulk);
        if version == Some(Version::V3) && idempotent && self.dice.chance(50) {
            call.idempotency_key = Some(format!("key-{}", self.marks.len()));
        }
        (call, want)
    }

    /// A wish for a method, and its parameters with the `more` of the caller's.
    pub(crate) fn wants(
        &mut self,
        method: &'static Method,
        idempotent: bool,
        more: &str,
    ) -> (Want, String) {
        let harmless = idempotent || method.reads;
        let mut members = method.params.to_owned();
        let mark = members.contains("MARK").then(|| {
            let mark = Mark {
                harmless,
                runs: 0,
                may_have_run: false,
                told: None,
            };
            self.marks.push(mark);
            self.marks.len() - 1
        });
        if let Some(mark) = mark {
            members = members.replace("MARK", &format!("mark-{mark:05}"));
        }
        if !more.is_empty() && !members.is_empty() {
            members.push(',');
        }
        let want = Want {
            method,
            mark,
            waits: self.dice.chance(50),
            bulk: self.dice.chance(10),
            name: String::new(),
        };
        (want, format!("{{{members}{more}}}"))
    }

    fn submits(&mut self, place: usize, call: Call, want: Want) {
        self.sums.calls += 1;
        let at = self.at();
        let client = &mut self.clients[place];
        let id = client.connection.submit(at, call);
        self.note(format_args!(
            "{} + #{} {} {:?}{}",
            self.clients[place].name,
            id.0,
            want.method.name,
            want.mark,
            if want.waits { ", would wait" } else { "" },
        ));
        self.begins(place, id, What::Call(want));
    }

    /// Notes what somebody wants, before anything of it is done.
    pub(crate) fn begins(&mut self, place: usize, id: CallId, what: What) {
        let limits = self.portal.settings().operating_limit.is_some();
        let client = &mut self.clients[place];
        let is_limited = match &what {
            What::Call(want) => client.limited.contains(want.method.name),
            _ => false,
        };
        let mut case = Case::new(what);
        case.excused = limits || is_limited || client.refreshing;
        if client.cases.insert(id.0, case).is_some() {
            self.breaks(8, format!("#{} is given twice", id.0));
        }
    }

    /// A caller changes its mind, about something that has ended or has not.
    fn cancels(&mut self, place: usize) {
        for _ in 0..1 + self.dice.roll(3) {
            let client = &self.clients[place];
            let ids: Vec<u32> = client.cases.keys().rev().take(12).copied().collect();
            if ids.is_empty() {
                return;
            }
            let id = self.dice.pick(&ids);
            // Inner calls have no caller.
            if !matches!(self.clients[place].cases[&id].what, What::Inner) {
                self.note(format_args!("{} − #{id}", self.clients[place].name));
                self.clients[place].connection.cancel(CallId(id));
            }
        }
    }

    fn closes(&mut self, place: usize) {
        self.note(format_args!("{} closes", self.clients[place].name));
        self.clients[place].closed = true;
        self.clients[place].connection.close();
    }

    /// Questions that a caller may ask of the connection alone, or has it ask the portal.
    fn asks(&mut self, place: usize) {
        let at = self.at();
        let method = &METHODS[self.dice.place(METHODS.len())];
        let name = MethodName::parse(method.name).unwrap();
        let client = &mut self.clients[place];
        let decision = client.connection.check(at, &name, &Params::none(), None);
        let question = client.connection.availability_question(at, &name);
        let text = format!("{decision:?}");
        self.keeps_secrets(place, &text);
        let question = question.unwrap_or_else(|| self.clients[place].connection.grant_question());
        let asked = |method: &&Method| method.name == question.method.as_str();
        let method = METHODS.iter().find(asked).unwrap();
        let (mut want, _) = self.wants(method, false, "");
        (want.waits, want.bulk) = (false, false);
        self.submits(place, question, want);
    }

    /// Input that no call can be made of: it is refused, and nothing else changes.
    fn makes_mistake(&mut self, place: usize) {
        self.pump(place, Cause::Own);
        if self.clients[place].closed {
            return;
        }
        let at = self.at();
        let mut call = Call::new("tasks.task.list", "{}").unwrap();
        (call.version, call.start) = (Some(Version::V3), Some(50));
        let connection = &mut self.clients[place].connection;
        let before = (connection.wake_at(), connection.budget(at));
        let id = connection.submit(at, call);
        let after = (connection.wake_at(), connection.budget(at));
        self.begins(place, id, What::Bad("start: "));
        self.pump(place, Cause::Own);
        if before != after {
            self.breaks(12, "bad input leaves something behind".to_owned());
        }
    }
}
