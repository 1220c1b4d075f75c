//! Rule 6: one refresh at a time for all calls of a token, and no refresh token is used twice.

use callgate::bitrix24::engine::{CallId, Notice, Token, TokenUpdate};
use callgate::error::{Kind, Ran};
use callgate::secret::Secret;
use callgate::time::Instant;

use crate::world::{
    Fate, PHONES, Renewal, START, Setup, World, call, made_up_token, phones, waiting_phones,
};

/// The refresh tokens that were handed out.
fn handed_out(world: &World) -> Vec<&str> {
    let tokens = world.refreshes.iter();
    tokens
        .map(|request| request.refresh.as_ref().map_or("", Secret::expose))
        .collect()
}

fn profiles(world: &mut World, count: usize) -> Vec<CallId> {
    (0..count)
        .map(|_| world.submit(call("profile", "{}")))
        .collect()
}

fn ended_at_once() -> World {
    let mut world = World::with(Setup {
        life: 10,
        ..Setup::default()
    });
    world.pass(10);
    world
}

#[test]
fn rule_6_many_calls_whose_token_has_ended_share_one_refresh() {
    let mut world = ended_at_once();
    world.renewal([Renewal::Late(3)]);
    let ids = profiles(&mut world, 20);
    assert!(
        world.sent.is_empty(),
        "nothing goes out with an ended token"
    );
    world.pass(3);

    assert!(ids.iter().all(|id| world.end(*id).is_ok()));
    assert_eq!(world.refreshes.len(), 1);
    assert_eq!(world.sent.len(), 20);
}

#[test]
fn rule_6_many_calls_that_the_portal_refuses_at_once_share_one_refresh() {
    let mut world = World::with(Setup {
        knows_expiry: false,
        life: 10,
        ..Setup::default()
    });
    world.pass(10);
    world.fate((0..20).map(Fate::Late));
    world.renewal([Renewal::Late(5)]);
    let ids = profiles(&mut world, 20);
    world.pass(30);

    assert!(ids.iter().all(|id| world.end(*id).is_ok()));
    assert_eq!(world.refreshes.len(), 1);
    assert_eq!(world.sent.len(), 40);
}

#[test]
fn rule_6_the_refresh_is_asked_for_with_the_tokens_own_refresh_token() {
    let mut world = ended_at_once();
    let ids = profiles(&mut world, 1);
    assert!(world.end(ids[0]).is_ok());
    assert_eq!(handed_out(&world), [world.token.refresh_token.as_str()]);
    assert_eq!(world.refreshes[0].access.expose(), world.token.access_token);
    let told = world.notices.iter().find_map(|notice| match notice {
        Notice::Token { expires_at } => *expires_at,
        _ => None,
    });
    assert_eq!(told, Some(Instant::from_millis(START + 10_000 + 3_600_000)));
}

#[test]
fn rule_6_each_refresh_uses_the_refresh_token_that_came_last() {
    let mut world = ended_at_once();
    for _ in 0..4 {
        let ids = profiles(&mut world, 3);
        assert!(ids.iter().all(|id| world.end(*id).is_ok()));
        world.pass(3_600);
    }
    let mut used = handed_out(&world);
    assert_eq!(used.len(), 4);
    used.sort_unstable();
    used.dedup();
    assert_eq!(used.len(), 4);
}

#[test]
fn rule_6_a_refresh_token_is_handed_out_once_although_its_refresh_failed() {
    let mut world = ended_at_once();
    world.fault("invalid-grant");
    world.renewal([Renewal::Late(1)]);
    let ids = profiles(&mut world, 3);
    world.pass(1);
    for id in ids {
        let error = world.error(id);
        assert_eq!(error.code, "CALLGATE_REFRESH_FAILED");
        assert_eq!((error.kind, error.ran), (Kind::Auth, Ran::No));
        assert!(error.message.contains("invalid_grant"), "{error}");
    }
    world.pass(100);
    world.portal.clear_faults();
    let later = profiles(&mut world, 1);
    assert_eq!(world.error(later[0]).code, "expired_token");
    assert!(world.error(later[0]).message.contains("used already"));
    assert_eq!(world.refreshes.len(), 1);
}

#[test]
fn rule_6_a_refresh_without_a_refresh_token_may_be_tried_again() {
    let mut world = World::new();
    let now = world.at();
    let token = made_up_token("frame-token", None);
    let update = TokenUpdate { token, scope: None };
    world.connection.token(now, Ok(update));
    world.renewal([
        Renewal::Fails("the page is busy".to_owned()),
        Renewal::Gives(TokenUpdate {
            token: made_up_token(&world.token.access_token.clone(), None),
            scope: None,
        }),
    ]);
    let first = profiles(&mut world, 1);
    assert_eq!(world.error(first[0]).code, "CALLGATE_REFRESH_FAILED");
    let second = profiles(&mut world, 1);
    assert!(world.end(second[0]).is_ok());
    assert_eq!(world.refreshes.len(), 2);
}

#[test]
fn rule_6_an_answer_with_the_same_tokens_does_not_hand_the_refresh_token_out_again() {
    let mut world = World::with(Setup {
        knows_expiry: false,
        life: 10,
        ..Setup::default()
    });
    world.pass(10);
    let same = made_up_token(
        &world.token.access_token.clone(),
        Some(&world.token.refresh_token.clone()),
    );
    let update = TokenUpdate {
        token: same,
        scope: None,
    };
    world.renewal([Renewal::Gives(update)]);
    let ids = profiles(&mut world, 2);
    for id in ids {
        assert_eq!(world.error(id).code, "expired_token");
    }
    let later = profiles(&mut world, 2);
    assert!(later.iter().all(|id| world.end(*id).is_err()));
    assert_eq!(world.refreshes.len(), 1);
}

#[test]
fn rule_6_a_token_that_comes_unasked_with_an_unused_refresh_token_can_be_refreshed() {
    let mut world = World::new();
    let now = world.at();
    let token = made_up_token("unasked", Some(&world.token.refresh_token.clone()));
    let update = TokenUpdate { token, scope: None };
    world.connection.token(now, Ok(update));

    let ids = profiles(&mut world, 1);

    assert!(world.end(ids[0]).is_ok());
    assert_eq!(handed_out(&world), [world.token.refresh_token.as_str()]);
}

#[test]
fn rule_6_nobody_is_asked_to_refresh_who_did_not_offer_it() {
    let mut world = World::with(Setup {
        can_refresh: false,
        life: 10,
        ..Setup::default()
    });
    world.pass(10);
    let ids = profiles(&mut world, 1);
    let error = world.error(ids[0]);
    assert_eq!(
        (error.code.as_str(), error.kind),
        ("expired_token", Kind::Auth)
    );
    assert_eq!(error.ran, Ran::No);
    assert!(world.refreshes.is_empty());
}

#[test]
fn rule_6_a_refresh_that_never_ends_holds_no_call_for_longer_than_its_time() {
    let mut world = ended_at_once();
    world.renewal([Renewal::Never]);
    let early = profiles(&mut world, 2);
    world.pass(59);
    let late = profiles(&mut world, 1);
    world.pass(1);
    for id in early {
        let error = world.error(id);
        assert_eq!(
            (error.code.as_str(), error.ran),
            ("CALLGATE_TIMEOUT", Ran::No)
        );
        assert!(error.retryable);
    }
    assert!(!world.has_ended(late[0]));
    world.pass(59);
    assert!(world.has_ended(late[0]));
    assert_eq!(world.refreshes.len(), 1);
    assert!(world.sent.is_empty());
}

#[test]
fn rule_6_a_token_that_comes_after_its_callers_left_serves_the_next() {
    let mut world = ended_at_once();
    world.renewal([Renewal::Late(100)]);
    let early = profiles(&mut world, 1);
    world.pass(100);
    assert_eq!(world.error(early[0]).code, "CALLGATE_TIMEOUT");
    let late = profiles(&mut world, 1);
    assert!(world.end(late[0]).is_ok());
    assert_eq!(world.refreshes.len(), 1);
}

#[test]
fn rule_6_a_call_is_repeated_with_a_fresh_token_once_and_no_more() {
    let mut world = World::new();
    world.fault("expired-token");
    let ids = profiles(&mut world, 1);

    assert_eq!(world.error(ids[0]).code, "expired_token");
    assert_eq!(world.sent.len(), 2);
    assert_eq!(world.refreshes.len(), 1);
}

#[test]
fn rule_6_tokens_that_have_all_ended_by_this_clock_are_refreshed_once_and_then_tried() {
    let mut world = ended_at_once();
    let past = Some(Instant::from_millis(START));
    let ended = (0..50).map(|number| {
        let made = made_up_token(&format!("ended-{number}"), Some(&format!("r-{number}")));
        Renewal::Gives(TokenUpdate {
            token: Token {
                expires_at: past,
                ..made
            },
            scope: None,
        })
    });
    world.renewal(ended.collect::<Vec<_>>());
    world.fate([Fate::Instead(200, r#"{"result":1}"#.to_owned())]);
    let ids = profiles(&mut world, 1);

    assert!(world.end(ids[0]).is_ok());
    assert_eq!(world.refreshes.len(), 1);
}

#[test]
fn rule_6_a_call_that_was_out_during_the_refresh_takes_the_new_token_without_another() {
    let mut world = World::with(Setup {
        knows_expiry: false,
        life: 10,
        ..Setup::default()
    });
    world.pass(10);
    world.fate([Fate::Answered, Fate::Late(5)]);
    world.renewal([Renewal::Late(1)]);
    let ids = profiles(&mut world, 2);
    world.pass(5);

    assert!(ids.iter().all(|id| world.end(*id).is_ok()));
    assert_eq!(world.refreshes.len(), 1);
}

#[test]
fn rule_6_both_shapes_of_a_failed_refresh_are_failures() {
    for fault in ["wrong-client", "invalid-client", "refresh-payment-required"] {
        let mut world = ended_at_once();
        world.fault(fault);
        let ids = profiles(&mut world, 1);
        assert_eq!(
            world.error(ids[0]).code,
            "CALLGATE_REFRESH_FAILED",
            "{fault}"
        );
        assert_eq!(world.error(ids[0]).kind, Kind::Auth);
    }
}

#[test]
fn what_was_confirmed_for_a_token_that_the_portal_ended_is_confirmed_no_more() {
    let mut world = World::with(Setup {
        knows_expiry: false,
        ..Setup::default()
    });
    world.submit(waiting_phones());
    world.decide_and_tell(true);
    world.fault_once("expired-token");
    world.run("profile", "{}").unwrap();

    let before = world.times_of(PHONES).len();
    let id = world.submit(phones());

    assert_eq!(world.error(id).code, "METHOD_CONFIRM_WAITING");
    assert_eq!(world.times_of(PHONES).len(), before + 1);
}

#[test]
fn rule_6_a_form_of_its_own_has_an_ended_token_replaced_and_a_refused_one_told() {
    for (fault, refreshes, ended) in [("expired-token", 1, Ok(())), ("invalid-token", 0, Err(()))] {
        let mut world = World::new();
        world.fault_once(fault);
        let mut own = call("profile", "{}");
        own.form = Some(String::new());
        let id = world.submit(own);
        assert_eq!(
            world.end(id).as_ref().map(drop).map_err(drop),
            ended,
            "{fault}"
        );
        assert_eq!(world.refreshes.len(), refreshes, "{fault}");
    }
}
