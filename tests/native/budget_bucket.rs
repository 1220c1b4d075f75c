//! Rule 7: the request budget is never overspent, nothing waits without need, callers are served in
//! order, and nobody starves. The test portal's own bucket is the judge.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use callgate::bitrix24::engine::CallId;
use callgate::bitrix24::engine::budget::{Budget, Class, Rate};
use callgate::time::Instant;
use callgate_portal::{Portal, Request, Settings};

use crate::chance::Dice;

const CLASSES: [Class; 3] = [Class::Write, Class::Read, Class::Bulk];

/// What is on its way.
#[derive(Clone, Copy)]
enum Event {
    Arrives(CallId),
    /// With this status.
    Answers(CallId, u16),
    /// A request of another application from the same address.
    Stranger,
}

/// A budget, the portal, and a network that takes as long as it is told.
struct Street {
    now: u64,
    budget: Budget,
    portal: Portal,
    events: BTreeMap<(u64, u64), Event>,
    events_so_far: u64,
    last_call: u32,
    classes: HashMap<CallId, Class>,
    sent: Vec<(u64, CallId)>,
    refused: Vec<u64>,
}

impl Street {
    fn new(burst: f64, per_second: f64) -> Self {
        let mut portal = Portal::new();
        portal.set(Settings {
            budget: Some(callgate_portal::Budget { burst, per_second }),
            ..Settings::default()
        });
        Self {
            now: 1_000_000,
            budget: Budget::new(Rate::new(burst, per_second).unwrap()),
            portal,
            events: BTreeMap::new(),
            events_so_far: 0,
            last_call: 0,
            classes: HashMap::new(),
            sent: Vec::new(),
            refused: Vec::new(),
        }
    }

    fn at(&self) -> Instant {
        Instant::from_millis(self.now)
    }

    fn ask(&mut self, class: Class) -> CallId {
        self.last_call += 1;
        let call = CallId(self.last_call);
        self.classes.insert(call, class);
        self.budget.ask(call, class);
        call
    }

    fn later(&mut self, delay: u64, event: Event) {
        self.events_so_far += 1;
        self.events
            .insert((self.now + delay, self.events_so_far), event);
    }

    /// Sends all that may be sent; each request takes `latency()` there and back again.
    fn send(&mut self, latency: &mut dyn FnMut() -> u64) {
        while let Some(call) = self.budget.next(self.at()) {
            self.sent.push((self.now, call));
            self.later(latency(), Event::Arrives(call));
        }
    }

    /// Lets time pass, and tells what comes.
    fn pass(&mut self, millis: u64, latency: &mut dyn FnMut() -> u64) {
        let end = self.now + millis;
        loop {
            self.send(latency);
            let event = self.events.keys().next().map(|(time, _)| *time);
            let wake = self.budget.wake_at().map(Instant::as_millis);
            assert!(
                wake.is_none_or(|wake| wake > self.now),
                "nothing waits without need"
            );
            let Some(next) = event
                .into_iter()
                .chain(wake)
                .min()
                .filter(|next| *next <= end)
            else {
                break;
            };
            self.now = next;
            while let Some(entry) = self.events.first_entry().filter(|it| it.key().0 <= next) {
                let event = entry.remove();
                self.happens(event, latency());
            }
        }
        self.now = end;
    }

    fn happens(&mut self, event: Event, latency: u64) {
        match event {
            Event::Arrives(call) => {
                let status = self.knock();
                self.later(latency, Event::Answers(call, status));
            }
            Event::Answers(call, 503) => {
                self.refused.push(self.now);
                self.budget.refused(self.at(), call, None);
                self.budget.ask(call, self.classes[&call]);
            }
            Event::Answers(call, _) => self.budget.ended(self.at(), call),
            Event::Stranger => {
                self.knock();
            }
        }
    }

    fn knock(&mut self) -> u16 {
        self.portal
            .handle(self.now, &Request::get("/rest/methods"))
            .status
    }
}

#[test]
fn rule_7_alone_it_is_never_refused_whatever_callers_and_network_do() {
    for seed in 0..150 {
        let mut dice = Dice(seed);
        let rate = dice.pick(&[
            (50.0, 2.0),
            (250.0, 5.0),
            (1.0, 0.3),
            (7.5, 40.0),
            (3.0, 2.0),
        ]);
        let mut street = Street::new(rate.0, rate.1);
        let slowest = dice.pick(&[0, 30, 700, 9_000]);
        let mut network = Dice(seed ^ 0xabc);
        let mut latency = move || network.roll(slowest + 1);
        let mut cancelled = Vec::new();
        for _ in 0..60 {
            for _ in 0..dice.roll(40) {
                street.ask(dice.pick(&CLASSES));
            }
            if dice.chance(50) && street.last_call > 0 {
                let call =
                    CallId(1 + u32::try_from(dice.roll(u64::from(street.last_call))).unwrap());
                if !street.sent.iter().any(|(_, sent)| *sent == call) {
                    street.budget.ended(street.at(), call);
                    cancelled.push(call);
                }
            }
            street.pass(dice.roll(3_000), &mut latency);
        }
        street.pass(100_000_000, &mut latency);

        assert_eq!(street.refused, [0; 0], "seed {seed}");
        let level = street.budget.level(street.at());
        assert_eq!(
            (level.waiting, level.filled),
            (0, 0.0),
            "seed {seed}: nothing is left behind"
        );
        cancelled.sort_unstable();
        cancelled.dedup();
        let sent: Vec<CallId> = street.sent.iter().map(|(_, call)| *call).collect();
        assert_eq!(
            sent.len() + cancelled.len(),
            street.last_call as usize,
            "seed {seed}"
        );
        for class in CLASSES {
            let own: Vec<_> = sent
                .iter()
                .filter(|call| street.classes[call] == class)
                .collect();
            assert!(own.is_sorted(), "seed {seed}: {class:?} in order");
        }
    }
}

#[test]
fn rule_7_within_the_budget_nothing_waits() {
    for (latency, least) in [(0, 50 + 120), (1_000, 50 + 120 - 4)] {
        let mut street = Street::new(50.0, 2.0);
        for _ in 0..1_000 {
            street.ask(Class::Bulk);
        }
        street.pass(0, &mut || latency);
        assert_eq!(street.sent.len(), 50, "the burst goes at once");
        street.pass(60_000, &mut || latency);
        assert!(
            street.sent.len() >= least,
            "{} of {least}",
            street.sent.len()
        );
    }
}

#[test]
fn rule_7_a_single_call_overtakes_a_long_list_and_the_list_goes_on() {
    let mut street = Street::new(5.0, 2.0);
    for _ in 0..1_000 {
        street.ask(Class::Bulk);
    }
    street.pass(60_000, &mut || 20);
    let single = street.ask(Class::Read);
    let before = street.sent.len();
    street.pass(2_000, &mut || 20);
    assert_eq!(street.sent[before].1, single);
    assert!(street.sent.len() > before + 2);
}

#[test]
fn rule_7_of_five_turns_that_all_want_writes_get_two_reads_two_and_bulk_one() {
    let mut budget = Budget::new(Rate::new(1_000.0, 1.0).unwrap());
    let class_of = |call: CallId| CLASSES[call.0 as usize / 1_000];
    for number in 0..3_000 {
        budget.ask(CallId(number), class_of(CallId(number)));
    }
    let now = Instant::from_millis(0);
    let turns: Vec<Class> = std::iter::from_fn(|| budget.next(now))
        .map(class_of)
        .collect();
    for five in turns[..500].chunks(5) {
        let of = |class| five.iter().filter(|it| **it == class).count();
        assert_eq!(
            (of(Class::Write), of(Class::Read), of(Class::Bulk)),
            (2, 2, 1),
            "{five:?}"
        );
    }
}

#[test]
fn rule_7_a_turn_that_was_not_used_costs_its_class_nothing() {
    let mut budget = Budget::new(Rate::STANDARD);
    let now = Instant::from_millis(0);
    for call in 0..10 {
        budget.ask(CallId(call), Class::Bulk);
        assert_eq!(budget.next(now), Some(CallId(call)));
        budget.unused(CallId(call));
    }
    budget.ask(CallId(20), Class::Bulk);
    for call in 21..24 {
        budget.ask(CallId(call), Class::Write);
    }
    let turns: Vec<_> = (0..3).map_while(|_| budget.next(now)).collect();
    assert!(turns.contains(&CallId(20)), "{turns:?}");
}

#[test]
fn rule_7_who_had_nothing_to_do_has_saved_nothing_up() {
    let mut budget = Budget::new(Rate::new(1_000.0, 1.0).unwrap());
    let now = Instant::from_millis(0);
    for number in 0..200 {
        budget.ask(CallId(number), Class::Read);
    }
    for _ in 0..100 {
        budget.next(now);
    }
    for number in 1_000..1_100 {
        budget.ask(CallId(number), Class::Write);
    }
    let turns: Vec<CallId> = std::iter::from_fn(|| budget.next(now)).take(20).collect();
    let reads = turns.iter().filter(|call| call.0 < 1_000).count();
    assert!((9..=10).contains(&reads), "{turns:?}");
}

#[test]
fn a_call_that_asks_again_stands_where_it_stood() {
    let mut budget = Budget::new(Rate::new(1.0, 1.0).unwrap());
    let at = Instant::from_millis;
    for number in 1..4 {
        budget.ask(CallId(number), Class::Read);
    }
    assert_eq!(budget.next(at(0)), Some(CallId(1)));
    budget.refused(at(10), CallId(1), None);
    budget.ask(CallId(1), Class::Read);
    budget.ask(CallId(1), Class::Read);
    assert_eq!(budget.level(at(10)).waiting, 3);
    assert_eq!(budget.next(at(100_000)), Some(CallId(1)));
}

#[test]
fn a_refusal_closes_the_gate_for_a_second_or_as_long_as_the_answer_asks() {
    for (asked, opens) in [(None, 1_000), (Some(0), 1_000), (Some(30), 30_000)] {
        let mut budget = Budget::new(Rate::new(50.0, 100.0).unwrap());
        budget.ask(CallId(1), Class::Read);
        budget.next(Instant::from_millis(0));
        budget.refused(
            Instant::from_millis(0),
            CallId(1),
            asked.map(Duration::from_secs),
        );
        budget.ask(CallId(1), Class::Read);
        assert_eq!(
            budget.wake_at(),
            Some(Instant::from_millis(opens)),
            "{asked:?}"
        );
        assert_eq!(budget.next(Instant::from_millis(opens - 1)), None);
        assert_eq!(budget.next(Instant::from_millis(opens)), Some(CallId(1)));
    }
}

#[test]
fn requests_that_were_out_together_teach_once() {
    let mut budget = Budget::new(Rate::STANDARD);
    let at = Instant::from_millis;
    for number in 0..10 {
        budget.ask(CallId(number), Class::Read);
        budget.next(at(0));
    }
    for number in 0..10 {
        budget.refused(at(100), CallId(number), None);
        budget.refused(at(100), CallId(number), None);
    }
    assert_eq!(budget.level(at(100)).per_second, 1.0);
    assert_eq!(budget.level(at(100)).filled, 50.0);
    assert_eq!(
        budget.level(at(10_100)).per_second,
        2.0,
        "and it is forgotten"
    );
}

#[test]
fn it_makes_room_for_another_application_and_takes_it_back() {
    let mut street = Street::new(50.0, 2.0);
    for _ in 0..10_000 {
        street.ask(Class::Bulk);
    }
    for second in 0..300 {
        street.later(second * 1_000, Event::Stranger);
    }
    street.pass(300_000, &mut || 25);
    let (sent, refused) = (street.sent.len(), street.refused.len());
    // One a second and the burst is what the other leaves.
    assert!(refused * 5 < sent, "{refused} refusals of {sent}");
    assert!(sent - refused > 200, "{} went through", sent - refused);

    let before = street.sent.len();
    street.pass(100_000, &mut || 25);
    assert!(
        street.sent.len() - before >= 160,
        "{}",
        street.sent.len() - before
    );
    assert_eq!(street.budget.level(street.at()).per_second, 2.0);
}

#[test]
fn a_clock_that_jumps_back_spends_nothing_twice() {
    let mut budget = Budget::new(Rate::new(2.0, 1.0).unwrap());
    let at = Instant::from_millis;
    for number in 0..9 {
        budget.ask(CallId(number), Class::Read);
    }
    let mut sent = 0;
    for time in [10_000, 0, 5_000, 10_000, 9_000, 10_000] {
        while let Some(call) = budget.next(at(time)) {
            budget.ended(at(time), call);
            sent += 1;
        }
    }
    assert_eq!(sent, 2);
}

#[test]
fn rates_that_are_none_are_refused() {
    for (burst, per_second) in [
        (f64::NAN, 2.0),
        (0.5, 2.0),
        (f64::INFINITY, 2.0),
        (50.0, 0.0),
        (50.0, f64::NAN),
        (50.0, -1.0),
        (2e6, 1.0),
    ] {
        assert!(
            Rate::new(burst, per_second).is_err(),
            "{burst} {per_second}"
        );
    }
}
