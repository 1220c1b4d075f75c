//! Thousands of worlds in which everything happens by chance. What holds in all of them: every call
//! ends exactly once (rule 8), a write that isn't idempotent runs at most once (rule 3), and no
//! refresh token is handed out twice (rule 6).

use std::time::Duration;

use callgate::bitrix24::engine::budget::Rate;
use callgate::bitrix24::engine::{Call, CallId, Config, TokenUpdate};
use callgate::bitrix24::rights::method::Version;
use callgate::bitrix24::wire::envelope::Reply;
use callgate::http::BodyFormat;
use callgate::secret::Secret;
use callgate_portal::{Budget, Settings};

use crate::world::{Fate, PHONES, Renewal, Setup, World, call, made_up_token, phones, waiting};

/// A small generator of pseudo-random numbers (SplitMix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.roll(100) < percent
    }

    pub(crate) fn pick<T: Clone>(&mut self, things: &[T]) -> T {
        things[usize::try_from(self.roll(things.len() as u64)).unwrap()].clone()
    }
}

const RATES: [(f64, f64); 3] = [(50.0, 2.0), (3.0, 0.5), (1.0, 10.0)];

fn some_setup(dice: &mut Dice) -> Setup {
    let config = Config {
        asks_for_scopes: dice.chance(30),
        timeout: Duration::from_secs(dice.pick(&[1, 10, 60])),
        format: dice.pick(&[BodyFormat::Json, BodyFormat::Form]),
        budget: dice.pick(&RATES.map(|(burst, per_second)| Rate::new(burst, per_second).unwrap())),
        seed: dice.roll(u64::MAX),
        asks_when_moved: dice.chance(50),
        ..Config::default()
    };
    Setup {
        life: dice.pick(&[30, 300, 3600]),
        knows_expiry: dice.chance(60),
        knows_scopes: dice.chance(30),
        can_refresh: dice.chance(80),
        checks_events: dice.chance(80),
        scopes: dice.pick(&["telephony,crm,im,user", "crm"]),
        config,
    }
}

/// Some call; a write that isn't idempotent carries its own number.
fn some_call(dice: &mut Dice, number: usize) -> Call {
    let seconds = dice.pick(&[None, Some(0), Some(1), Some(20), Some(400)]);
    let mut some = match dice.roll(7) {
        0 => phones(),
        1 | 2 => waiting(phones(), seconds),
        3 => call("crm.deal.add", &numbered(number)),
        4 => waiting(call("crm.deal.add", &numbered(number)), seconds),
        5 => call("im.department.managers.get", "{}"),
        _ => call("profile", "{}"),
    };
    if dice.chance(20) {
        some = Call {
            idempotent: true,
            params: phones().params,
            ..some
        };
    }
    some.timeout = seconds.filter(|_| dice.chance(20)).map(Duration::from_secs);
    if dice.chance(5) {
        some.version = Some(Version::V3);
        some.start = Some(50).filter(|_| dice.chance(50));
    }
    some
}

fn numbered(number: usize) -> String {
    format!(r#"{{"fields":{{"TITLE":"deal-{number:04}"}}}}"#)
}

fn some_fate(dice: &mut Dice) -> Fate {
    let delay = dice.roll(90);
    let status = dice.pick(&[200, 401, 403, 500]);
    let body = dice.pick(&[
        "",
        "<html>",
        "{}",
        "null",
        r#"{"result":null}"#,
        r#"{"error":"METHOD_CONFIRM_WAITING"}"#,
        r#"{"error":"method_confirm_denied"}"#,
        r#"{"error":"expired_token"}"#,
        r#"{"error":"QUERY_LIMIT_EXCEEDED"}"#,
        r#"{"error":{"code":"BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION"}}"#,
    ]);
    dice.pick(&[
        Fate::Answered,
        Fate::Late(delay),
        Fate::Refused,
        Fate::BrokenBefore,
        Fate::BrokenAfter,
        Fate::Silence,
        Fate::Moved(None),
        Fate::Moved(Some("https://new.example/rest/".to_owned())),
        Fate::Instead(status, body.to_owned()),
    ])
}

fn some_renewal(dice: &mut Dice) -> Renewal {
    match dice.roll(5) {
        0 => Renewal::Late(dice.roll(90)),
        1 => Renewal::Never,
        2 => Renewal::Fails("no".to_owned()),
        3 => Renewal::Gives(TokenUpdate {
            token: made_up_token("nobody-issued-this", Some("r")),
            scope: Some("app".to_owned()),
        }),
        _ => Renewal::Answered,
    }
}

/// One thing that happens in a world of calls.
fn something_happens(world: &mut World, calls: &mut Vec<CallId>, dice: &mut Dice) {
    match dice.roll(14) {
        0..4 => {
            let some = some_call(dice, calls.len());
            calls.push(world.submit(some));
        }
        4 => {
            let (now, some) = (world.at(), some_call(dice, calls.len()));
            calls.push(world.connection.submit(now, some));
            if dice.chance(50) {
                world.connection.cancel(calls[calls.len() - 1]);
            }
        }
        5 if !calls.is_empty() => {
            let id = dice.pick(calls);
            world.connection.cancel(id);
        }
        6 => {
            let (token, granted) = (world.token.access_token.clone(), dice.chance(60));
            let events = world.portal.decide(world.now, &token, PHONES, granted);
            for event in events.unwrap_or_default() {
                world.deliver(&event);
            }
        }
        7 => world.fate((0..3).map(|_| some_fate(dice)).collect::<Vec<_>>()),
        8 => world.renewal([some_renewal(dice)]),
        9 => world.fault_once(dice.pick(&[
            "expired-token",
            "confirm-waiting",
            "cache-flush",
            "event-twice",
            "empty",
            "operating-limit",
        ])),
        10 if !world.sent.is_empty() => {
            // An answer that came before, or to an exchange that was given up, comes again.
            let exchange = dice.pick(&world.sent.iter().map(|it| it.exchange).collect::<Vec<_>>());
            let now = world.at();
            let reply = Reply::read(200, r#"{"result":"late"}"#);
            world.connection.response(now, exchange, reply);
        }
        11 if dice.chance(20) => world.connection.close(),
        12 => {
            let (now, agreed) = (world.at(), dice.chance(50));
            world.connection.moved(now, agreed);
        }
        _ => {
            let seconds = dice.pick(&[0, 1, 5, 30, 70, 4_000]);
            world.pass(seconds);
        }
    }
}

/// How often the portal ran the write of this number.
fn runs(world: &World, number: usize) -> usize {
    let title = format!("deal-{number:04}");
    let log = world.portal.log(0);
    log.filter(|entry| entry.status == 200 && entry.body.contains(&title))
        .count()
}

#[test]
fn rule_8_every_call_ends_exactly_once_whatever_happens() {
    for seed in 0..3_000 {
        let mut dice = Dice(seed);
        let setup = some_setup(&mut dice);
        let level = setup.config.budget;
        let mut world = World::with(setup);
        let same = |(burst, per_second): &&(f64, f64)| Rate::new(*burst, *per_second) == Ok(level);
        let (burst, per_second) = *RATES.iter().find(same).unwrap();
        world.portal.set(Settings {
            budget: Some(Budget { burst, per_second }),
            ..Settings::default()
        });
        let mut calls = Vec::new();
        for _ in 0..30 {
            something_happens(&mut world, &mut calls, &mut dice);
        }
        world.pass(20_000);

        for (number, id) in calls.iter().enumerate() {
            let ends = world.ends_of(*id).count();
            assert_eq!(ends, 1, "seed {seed}: {id:?} ended {ends} times");
            let runs = runs(&world, number);
            assert!(runs < 2, "rule 3, seed {seed}: {id:?} ran {runs} times");
        }
        assert_eq!(world.ends.len(), calls.len(), "seed {seed}");
        let refused = world.portal.log(0).filter(|entry| entry.status == 503);
        assert_eq!(refused.count(), 0, "rule 7, seed {seed}");
        assert_eq!(world.connection.wake_at(), None, "seed {seed}");
        let spent = world.refreshes.iter().filter_map(|it| it.refresh.as_ref());
        let mut spent: Vec<&str> = spent.map(Secret::expose).collect();
        let handed_out = spent.len();
        spent.sort_unstable();
        spent.dedup();
        assert_eq!(spent.len(), handed_out, "rule 6, seed {seed}");
    }
}
