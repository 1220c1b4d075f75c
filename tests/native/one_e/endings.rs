//! Every call ends once: by its answer, by its caller, by the clock, by the connection's end.

use callgate::error::{Kind as ErrorKind, Ran};
use callgate::http::Response;
use callgate::one_e::{Call, Instruction, Output, State};
use callgate::secret::Secret;
use callgate::time::Instant;

use super::{ACTION, Fate, World, decision, follow, instruction};

#[test]
fn a_call_that_its_caller_ends_says_whether_it_may_have_run() {
    let mut world = World::new();
    let now = Instant::from_millis(world.now);
    let connection = &mut world.client("ann").connection;
    let issue = Call::Issue(Instruction::parse(ACTION).unwrap());
    let untaken = connection.submit(now, issue.clone());
    connection.cancel(untaken);
    let Some(Output::Done(ended, Err(error))) = connection.poll(now) else {
        panic!()
    };
    assert_eq!(
        (ended, error.kind, error.ran),
        (untaken, ErrorKind::Aborted, Ran::No)
    );

    let taken = connection.submit(now, issue);
    let Some(Output::Send(exchange, _)) = connection.poll(now) else {
        panic!()
    };
    connection.cancel(taken);
    assert!(matches!(connection.poll(now), Some(Output::Abort(aborted)) if aborted == exchange));
    let Some(Output::Done(ended, Err(error))) = connection.poll(now) else {
        panic!()
    };
    assert_eq!((ended, error.ran), (taken, Ran::Unknown));

    let late = Response {
        status: 200,
        body: r#"{"Id":1,"Status":1}"#.to_owned(),
    };
    connection.response(now, exchange, &late);
    connection.cancel(taken);
    assert!(connection.poll(now).is_none());
    assert_eq!(connection.wake_at(), None);
}

#[test]
fn a_connection_that_closes_ends_all_calls_and_takes_no_more() {
    let mut world = World::new();
    let run = world.issue_to_approval();
    let parked = world.submit("ann", follow(run));
    world.fate("ann", [Some(Fate::Silence)]);
    let sent = world.submit("ann", Call::Pending);
    world.client("ann").connection.close();
    let refused = world.submit("ann", Call::Pending);
    for (call, ran) in [(parked, Ran::No), (sent, Ran::Unknown), (refused, Ran::No)] {
        let error = world.end("ann", call).unwrap_err();
        assert_eq!((error.code.as_str(), error.ran), ("CALLGATE_CLOSED", ran));
    }
    assert_eq!(world.client("ann").connection.wake_at(), None);
}

#[test]
fn an_exchange_that_lasts_a_minute_is_given_up() {
    let mut world = World::new();
    world.fate("bob", [Some(Fate::Silence)]);
    let call = world.submit("bob", Call::Pending);
    world.pass(59);
    assert!(world.ends_of("bob", call).is_empty());
    world.pass(1);
    let error = world.end("bob", call).unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.kind),
        ("CALLGATE_TIMEOUT", ErrorKind::Timeout)
    );
    assert!(error.retryable);
    assert_eq!(world.client("bob").aborted.len(), 1);
}

#[test]
fn a_run_that_has_ended_is_followed_without_a_request() {
    let mut world = World::new();
    let run = world.issue();
    world.portal.one_e().set_status(false, 1, 6, None);
    let run = world.read(run.id());
    world.portal.clear_log();
    let call = world.submit("ann", follow(run));
    assert_eq!(
        super::run_of(world.end("ann", call)).state(),
        State::Complete
    );
    assert!(world.requests().is_empty());
}

#[test]
fn rule_8_every_call_ends_exactly_once_whatever_happens() {
    for seed in 0_u64..500 {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut roll = |sides: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 33) % sides
        };
        let mut world = World::new();
        let mut calls = Vec::new();
        let names = ["ann", "bob", "eve", "tom"];
        for _ in 0..25 {
            let who = names[roll(4) as usize];
            let id = instruction(1 + roll(4) as u32);
            match roll(13) {
                0 | 1 => calls.push((
                    "ann",
                    world.submit("ann", Call::Issue(Instruction::parse(ACTION).unwrap())),
                )),
                2 => calls.push((who, world.submit(who, decision(id, roll(2) == 0)))),
                3 => calls.push((who, world.submit(who, Call::Check(id)))),
                4 => calls.push((who, world.submit(who, Call::Pending))),
                5 => calls.push((
                    who,
                    world.submit(
                        who,
                        Call::Cancel {
                            run: id,
                            keep_data: true,
                        },
                    ),
                )),
                6 => {
                    let code = world
                        .portal
                        .one_e()
                        .mail()
                        .last()
                        .map(|mail| mail.code.clone());
                    let code = Secret::new(code.unwrap_or_else(|| "none".to_owned()));
                    calls.push((
                        "ann",
                        world.submit("ann", Call::SubmitCode { run: id, code }),
                    ));
                }
                7 => {
                    let shown = format!(r#"{{"Id":{},"Status":1}}"#, id.number());
                    let shown = callgate::value::Value::from_json(&shown).unwrap();
                    let run = callgate::one_e::Run::read(id.kind(), shown).unwrap();
                    let timeout = Some(std::time::Duration::from_secs(roll(900)));
                    calls.push((who, world.submit(who, Call::Follow { run, timeout })));
                }
                8 if !calls.is_empty() => {
                    let (who, call) = calls[roll(calls.len() as u64) as usize];
                    world.client(who).connection.cancel(call);
                }
                9 | 10 => {
                    let fate = match roll(7) {
                        0 => Fate::Refused,
                        1 => Fate::BrokenBefore,
                        2 => Fate::BrokenAfter,
                        3 => Fate::Silence,
                        4 => Fate::Instead(401, ""),
                        5 => Fate::Instead(404, "[]"),
                        _ => Fate::Instead(200, "{}"),
                    };
                    world.fate(who, [Some(fate)]);
                }
                11 if roll(8) == 0 => world.client(who).connection.close(),
                _ => world.pass([0, 1, 5, 70, 700][roll(5) as usize]),
            }
        }
        world.pass(3_000);
        for (who, call) in calls {
            assert_eq!(world.ends_of(who, call).len(), 1, "seed {seed}: {call:?}");
        }
        for who in names {
            assert_eq!(world.client(who).connection.wake_at(), None, "seed {seed}");
        }
    }
}

#[test]
fn rule_9_no_word_of_an_error_or_a_notice_holds_the_token_or_the_code() {
    let mut world = World::new();
    let token = world.portal.one_e().user_mut("ann").unwrap().token.clone();
    let body = format!(
        r#"[{{"ErrorCode":"x.{token}","Message":"token {token} and s3cr3t-code are no good"}}]"#
    );
    world.issue();
    let body: &'static str = Box::leak(body.into_boxed_str());
    for status in [400, 401, 404, 500] {
        world.fate("ann", [Some(Fate::Instead(status, body))]);
        let run = instruction(1);
        let code = Secret::new("s3cr3t-code");
        let call = Call::SubmitCode { run, code };
        assert!(!format!("{call:?}").contains("s3cr3t"));
        let error = world.run("ann", call).unwrap_err();
        let shown = format!("{error:?} {error}");
        assert!(
            !shown.contains(&token) && !shown.contains("s3cr3t"),
            "{shown}"
        );
    }
}
