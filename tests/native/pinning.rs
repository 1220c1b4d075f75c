//! Rule 1: a confirmation belongs to one token.

use callgate::bitrix24::engine::{CallId, TokenUpdate};
use callgate::bitrix24::rights::confirmation::State;
use callgate_portal::TokenRequest;

use crate::world::{Fate, PHONES, Setup, World, call, made_up_token, phones, waiting_phones};

/// A world whose one waiting call has seen the token refreshed for the sake of another call.
fn refreshed_while_waiting() -> (World, CallId) {
    let mut world = World::new();
    let waits = world.submit(waiting_phones());
    world.fault_once("expired-token");
    world.run("profile", "{}").unwrap();
    assert_eq!(world.refreshes.len(), 1);
    (world, waits)
}

#[test]
fn rule_1_waiting_never_refreshes_although_its_status_is_that_of_an_ended_token() {
    let mut world = World::new();
    world.submit(phones());
    world.submit(waiting_phones());
    world.pass(3_500);

    assert!(world.times_of(PHONES).len() > 10);
    assert!(world.refreshes.is_empty());
    let own = world.token.access_token.clone();
    assert!(world.tokens_of(PHONES).iter().all(|token| *token == own));
}

#[test]
fn rule_1_a_waiting_call_keeps_its_token_when_others_refresh() {
    let (mut world, waits) = refreshed_while_waiting();
    let old = world.token.access_token.clone();
    let profile = world.tokens_of("profile");
    assert_eq!(profile[0], old);
    assert_ne!(profile[1], old);

    world.pass(100);
    assert!(world.tokens_of(PHONES).len() > 3);
    assert!(world.tokens_of(PHONES).iter().all(|token| *token == old));

    world.decide_and_tell(true);
    assert!(world.end(waits).is_ok());
}

#[test]
fn rule_1_a_refresh_at_the_tokens_end_leaves_the_waiting_call_to_lapse() {
    let mut world = World::with(Setup {
        life: 60,
        ..Setup::default()
    });
    let waits = world.submit(waiting_phones());
    world.pass(60);
    world.run("profile", "{}").unwrap();

    assert_eq!(world.error(waits).code, "CALLGATE_CONFIRMATION_LAPSED");
    assert_eq!(world.refreshes.len(), 1);
}

#[test]
fn rule_1_a_grant_for_the_old_token_is_used_while_that_token_lives() {
    let (mut world, waits) = refreshed_while_waiting();
    world.decide_and_tell(true);
    assert!(world.end(waits).is_ok());

    world.pass(100);
    let later = world.submit(phones());

    assert!(world.end(later).is_ok());
    let old = world.token.access_token.clone();
    assert_eq!(world.tokens_of(PHONES).last(), Some(&old));
    assert_ne!(world.tokens_of("profile").last(), Some(&old));
}

#[test]
fn rule_1_a_question_that_is_open_for_the_old_token_is_not_put_again_with_the_new_one() {
    let (mut world, _) = refreshed_while_waiting();
    let rejected = world.submit(phones());

    assert_eq!(world.error(rejected).code, "METHOD_CONFIRM_WAITING");
    let old = world.token.access_token.clone();
    assert!(world.tokens_of(PHONES).iter().all(|token| *token == old));
}

#[test]
fn rule_1_the_new_token_has_no_confirmation_of_its_own() {
    let mut world = World::with(Setup {
        life: 60,
        ..Setup::default()
    });
    world.submit(waiting_phones());
    world.decide_and_tell(true);
    world.pass(60);

    let asked_anew = world.submit(phones());

    assert_eq!(world.error(asked_anew).code, "METHOD_CONFIRM_WAITING");
    assert_ne!(
        world.tokens_of(PHONES).last(),
        Some(&world.token.access_token)
    );
    let states: Vec<State> = world
        .confirmations_told()
        .into_iter()
        .map(|(_, state)| state)
        .collect();
    use State::{Granted, Lapsed, Waiting};
    assert_eq!(states, [Waiting, Granted, Lapsed, Waiting]);
}

#[test]
fn rule_1_a_denial_ends_with_its_token() {
    let mut world = World::with(Setup {
        life: 60,
        ..Setup::default()
    });
    world.submit(waiting_phones());
    world.decide_and_tell(false);
    world.pass(60);

    let asked_anew = world.submit(phones());
    assert_eq!(world.error(asked_anew).code, "METHOD_CONFIRM_WAITING");
}

#[test]
fn rule_1_a_granted_method_moves_on_when_the_portal_ends_the_token_unannounced() {
    let mut world = World::with(Setup {
        knows_expiry: false,
        ..Setup::default()
    });
    world.submit(waiting_phones());
    world.decide_and_tell(true);
    world.pass(3_600);

    let id = world.submit(phones());

    assert_eq!(world.error(id).code, "METHOD_CONFIRM_WAITING");
    assert_eq!(world.refreshes.len(), 1);
    let tokens = world.tokens_of(PHONES);
    assert_ne!(tokens.last(), Some(&world.token.access_token));
}

#[test]
fn rule_1_a_retired_token_that_the_portal_ends_gives_way_to_the_current_one() {
    let mut world = World::with(Setup {
        knows_expiry: false,
        ..Setup::default()
    });
    world.submit(waiting_phones());
    world.decide_and_tell(true);
    let update = TokenUpdate {
        token: made_up_token("another-token", None),
        scope: None,
    };
    let now = world.at();
    world.connection.token(now, Ok(update));
    world.fault_once("expired-token");
    world.fate([
        Fate::Answered,
        Fate::Instead(200, r#"{"result":[]}"#.to_owned()),
    ]);

    let id = world.submit(phones());

    assert!(world.end(id).is_ok());
    assert_eq!(world.tokens_of(PHONES).last().unwrap(), "another-token");
    assert!(world.refreshes.is_empty());
}

#[test]
fn rule_1_other_methods_take_the_new_token_while_one_waits_on_the_old() {
    let (mut world, _) = refreshed_while_waiting();
    world.submit(call("user.get", "{}"));

    let old = &world.token.access_token;
    assert_ne!(world.tokens_of("user.get").last(), Some(old));
}

#[test]
fn rule_1_a_denial_for_the_old_token_does_not_bind_the_new_one_while_both_live() {
    let mut world = World::new();
    world.submit(waiting_phones());
    world.decide_and_tell(false);
    let another = world.portal.token(world.now, TokenRequest::default());
    let update = TokenUpdate {
        token: made_up_token(&another.access_token, None),
        scope: None,
    };
    let now = world.at();
    world.connection.token(now, Ok(update));

    let id = world.submit(phones());

    assert_eq!(world.error(id).code, "METHOD_CONFIRM_WAITING");
    assert_eq!(world.tokens_of(PHONES).last(), Some(&another.access_token));
}
