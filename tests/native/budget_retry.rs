//! What happens after each failure: every row of spec 2.8, and rule 3.

use std::time::Duration;

use callgate::bitrix24::engine::retry::{Cause, Jitter, Situation, Step, Tries};
use callgate::error::Ran;
use callgate::http::Failure;
use callgate::time::Instant;

const NOW: Instant = Instant::from_millis(1_000_000);
const WRITE: Situation = Situation {
    harmless: false,
    waits: false,
    token_ended: false,
    retry_after: None,
};
const READ: Situation = Situation {
    harmless: true,
    ..WRITE
};

fn first(cause: Cause, call: Situation) -> Step {
    Tries::default().after(NOW, cause, call, &mut Jitter::new(1))
}

/// Milliseconds until each repetition, and then the end.
fn pauses(cause: Cause, call: Situation, seed: u64) -> Vec<u64> {
    let (mut tries, mut jitter) = (Tries::default(), Jitter::new(seed));
    std::iter::from_fn(|| match tries.after(NOW, cause, call, &mut jitter) {
        Step::Again { at } => Some(at.as_millis() - NOW.as_millis()),
        _ => None,
    })
    .take(100)
    .collect()
}

#[test]
fn every_code_has_its_row() {
    use Cause::{Auth, Bucket, Confirmation, Final, Method, OutOfReach, Token};
    for (cause, codes) in [
        (Token, &["expired_token", "invalid_token"][..]),
        (
            Confirmation,
            &["METHOD_CONFIRM_WAITING", "method_confirm_waiting"],
        ),
        (Bucket, &["QUERY_LIMIT_EXCEEDED", "query_limit_exceeded"]),
        (
            Method,
            &[
                "OPERATION_TIME_LIMIT",
                "BITRIX_REST_V3_EXCEPTION_RATELIMITEXCEPTION",
            ],
        ),
        (OutOfReach, &["CONNECTION_ERROR"]),
        (
            Auth,
            &[
                "NO_AUTH_FOUND",
                "invalid_credentials",
                "APPLICATION_NOT_FOUND",
                "NOT_INSTALLED",
                "ERROR_OAUTH",
                "authorization_error",
                "user_access_error",
            ],
        ),
        (
            Final,
            &[
                "METHOD_CONFIRM_DENIED",
                "OVERLOAD_LIMIT",
                "insufficient_scope",
                "PAYMENT_REQUIRED",
                "PORTAL_DELETED",
                "WRONG_AUTH_TYPE",
                "ACCESS_DENIED",
                "WRONG_LICENSE",
                "ERROR_METHOD_NOT_FOUND",
                "ERROR_NEVER_HEARD_OF",
                "INTERNAL_SERVER_ERROR",
                "",
            ],
        ),
    ] {
        for code in codes {
            for status in [200, 400, 401, 403, 429, 500, 503] {
                assert_eq!(Cause::of_code(code, status), cause, "{code} {status}");
            }
            for call in [WRITE, READ] {
                let step = first(cause, call);
                let expected = match cause {
                    Token => step == Step::Refresh,
                    Confirmation => step == Step::Park,
                    // The budget and the operating time hold it back.
                    Bucket | Method => step == (Step::Again { at: NOW }),
                    OutOfReach => matches!(step, Step::Again { at } if at > NOW),
                    _ => step == Step::GiveUp,
                };
                assert!(expected, "{code}: {step:?}");
            }
        }
    }
}

#[test]
fn rule_3_what_may_have_run_is_repeated_only_where_that_does_no_harm() {
    for (cause, ran) in [
        (Cause::Unsent, Ran::No),
        (Cause::OutOfReach, Ran::No),
        (Cause::Bucket, Ran::No),
        (Cause::Method, Ran::No),
        (Cause::Broken, Ran::Unknown),
        (Cause::Late, Ran::Unknown),
        (Cause::Unreadable, Ran::Unknown),
    ] {
        assert_eq!(cause.ran(), ran, "{cause:?}");
        assert!(
            !pauses(cause, READ, 1).is_empty(),
            "{cause:?}: a read is repeated"
        );
        let writes = !pauses(cause, WRITE, 1).is_empty();
        assert_eq!(writes, ran == Ran::No, "{cause:?}: a write");
    }
}

#[test]
fn failures_without_a_code_are_told_apart() {
    let failure = |sent| Failure {
        sent,
        reason: String::new(),
    };
    assert_eq!(Cause::of_failure(&failure(true)), Cause::Broken);
    assert_eq!(Cause::of_failure(&failure(false)), Cause::Unsent);
    for (status, cause) in [
        (200, Cause::Unreadable),
        (302, Cause::Final),
        (403, Cause::Final),
        (404, Cause::Final),
        (408, Cause::Unreadable),
        (429, Cause::Unreadable),
        (500, Cause::Unreadable),
        (502, Cause::Unreadable),
        (504, Cause::Unreadable),
    ] {
        assert_eq!(Cause::of_unreadable(status), cause, "{status}");
    }
}

#[test]
fn pauses_grow_have_chance_in_them_and_end() {
    for seed in 0..200 {
        let [first, second, third] = pauses(Cause::Broken, READ, seed)[..] else {
            panic!("three repetitions");
        };
        assert!((250..=500).contains(&first), "{first}");
        assert!((500..=1_000).contains(&second), "{second}");
        assert!((1_000..=2_000).contains(&third), "{third}");
    }
    assert_ne!(
        pauses(Cause::Broken, READ, 1),
        pauses(Cause::Broken, READ, 2)
    );
    assert_eq!(
        pauses(Cause::Broken, READ, 1),
        pauses(Cause::Broken, READ, 1)
    );
    assert_eq!(pauses(Cause::Bucket, WRITE, 1), [0; 10]);
    assert_eq!(pauses(Cause::Late, READ, 1).len(), 1);
}

#[test]
fn each_cause_is_counted_for_itself() {
    let (mut tries, mut jitter) = (Tries::default(), Jitter::new(1));
    let mut after = |cause| tries.after(NOW, cause, READ, &mut jitter);
    while after(Cause::Bucket) != Step::GiveUp {}
    assert!(matches!(after(Cause::Unsent), Step::Again { .. }));
}

#[test]
fn retry_after_is_waited_for_unless_it_asks_too_much() {
    let asks = |seconds| Situation {
        retry_after: Some(Duration::from_secs(seconds)),
        ..READ
    };
    assert_eq!(pauses(Cause::Unreadable, asks(7), 1), [7_000; 3]);
    let [first, ..] = pauses(Cause::Unreadable, asks(0), 1)[..] else {
        panic!("a repetition");
    };
    assert!(first >= 250);
    assert_eq!(first_of(asks(601)), Step::GiveUp);
}

fn first_of(call: Situation) -> Step {
    first(Cause::Unreadable, call)
}

#[test]
fn a_call_that_waits_for_a_confirmation_keeps_its_own_rhythm() {
    let waits = |harmless| Situation {
        harmless,
        waits: true,
        ..WRITE
    };
    for _ in 0..100 {
        assert_eq!(first(Cause::Bucket, waits(false)), Step::Park);
        assert_eq!(first(Cause::Broken, waits(true)), Step::Park);
    }
    assert_eq!(first(Cause::Broken, waits(false)), Step::GiveUp);
    assert_eq!(first(Cause::Final, waits(true)), Step::GiveUp);
}

#[test]
fn version_3_refreshes_only_a_token_that_has_ended_by_the_clock() {
    let code = "BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION";
    let ended = Situation {
        token_ended: true,
        ..WRITE
    };
    assert_eq!(first(Cause::of_code(code, 401), WRITE), Step::GiveUp);
    assert_eq!(first(Cause::of_code(code, 401), ended), Step::Refresh);
    assert_eq!(first(Cause::of_code(code, 403), ended), Step::GiveUp);
}
