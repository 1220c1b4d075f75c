//! Worlds in which others act at the same time: another approver, the clock, the administrator.

use callgate::decision::Verdict;
use callgate::error::{Kind as ErrorKind, Ran};
use callgate::one_e::{Call, State};
use callgate::secret::Secret;
use callgate_portal::{OneESettings, Portal, Request};

use super::{Fate, START, World, follow, pending_of, run_of};

/// What the client has to get along with: the statuses with which a server may refuse.
const STATUSES: [u16; 5] = [400, 401, 403, 404, 409];

/// Eve decides about the first instruction, by a program of her own.
fn eve_decides(portal: &mut Portal, approved: bool) {
    let token = portal.one_e().user_mut("eve").unwrap().token.clone();
    let body = serde_json::json!({"InstructionId": 1, "Comment": "mine", "Approved": approved});
    let request = Request::json("/consumer/v8.1/approvals/instruction", &body)
        .with_header("X-Tachyon-Consumer", "callgate")
        .with_header("X-Tachyon-Authenticate", token);
    assert_eq!(portal.handle(START, &request).status, 200);
}

fn eve_approves(portal: &mut Portal) {
    eve_decides(portal, true);
}

fn eve_rejects(portal: &mut Portal) {
    eve_decides(portal, false);
}

fn ann_moves_to_berlin(portal: &mut Portal) {
    let ann = portal.one_e().user_mut("ann").unwrap();
    ann.groups = vec!["berlin".to_owned()];
}

fn bob_loses_his_role(portal: &mut Portal) {
    portal.one_e().user_mut("bob").unwrap().operations.clear();
}

fn bobs_token_ends(portal: &mut Portal) {
    portal.one_e().user_mut("bob").unwrap().token = "another".to_owned();
}

#[test]
fn a_lost_race_is_reported_as_what_it_is_whatever_the_status() {
    for status in STATUSES {
        for (rival, approve, words) in [
            (
                eve_approves as fn(&mut Portal),
                false,
                "eve approved it, saying \"mine\"",
            ),
            (eve_approves, true, "eve approved it, saying \"mine\""),
            (eve_rejects, true, "eve rejected it, saying \"mine\""),
        ] {
            let settings = OneESettings {
                status_workflow: status,
                ..OneESettings::default()
            };
            let mut world = World::with(settings);
            let run = world.issue_to_approval().id();
            world.fate("bob", [Some(Fate::After(rival))]);
            let error = world.decide("bob", run, approve).unwrap_err();
            assert_eq!(error.message, words, "{status}");
            assert_eq!(
                (error.kind, error.ran),
                (ErrorKind::Portal, Ran::No),
                "{status}"
            );
            assert_eq!(
                (error.code.as_str(), error.status),
                ("Approval.Workflow", Some(status))
            );
            assert!(error.decision.is_some());
        }
    }
}

#[test]
fn a_race_lost_between_the_decision_and_its_echo_is_seen() {
    let mut world = World::new();
    let run = world.issue_to_approval().id();
    // A proxy says that all is well, and the item says who was first.
    world.fate(
        "bob",
        [Some(Fate::Instead(200, "")), Some(Fate::After(eve_rejects))],
    );
    let error = world.decide("bob", run, true).unwrap_err();
    assert_eq!(error.code, "CALLGATE_DECIDED_ALREADY");
    assert_eq!(error.message, "eve rejected it, saying \"mine\"");
}

#[test]
fn an_item_that_vanishes_between_the_list_and_the_decision_has_its_own_message() {
    for status in STATUSES {
        let settings = OneESettings {
            status_invisible: status,
            ..OneESettings::default()
        };
        let mut world = World::with(settings);
        world.issue_to_approval();
        let pending = pending_of(world.run("bob", Call::Pending));
        ann_moves_to_berlin(&mut world.portal);
        let run = pending.runs[0].id();
        let decided = world.decide("bob", run, true).unwrap_err();
        let checked = world.run("bob", Call::Check(run)).unwrap_err();
        for error in [decided, checked] {
            assert!(
                error.message.contains("management group"),
                "{status}: {error}"
            );
            assert_eq!((error.status, error.ran), (Some(status), Ran::No));
        }
    }
}

#[test]
fn a_role_that_is_taken_away_denies_whatever_the_status() {
    for status in STATUSES {
        let settings = OneESettings {
            status_permission: status,
            ..OneESettings::default()
        };
        let mut world = World::with(settings);
        let run = world.issue_to_approval().id();
        world.fate("bob", [Some(Fate::After(bob_loses_his_role))]);
        let error = world.decide("bob", run, true).unwrap_err();
        assert_eq!(
            (error.kind, error.ran),
            (ErrorKind::Denied, Ran::No),
            "{status}: {error}"
        );
        let needed = error.decision.as_ref().unwrap().needed.clone();
        assert_eq!(needed, Some(vec![vec!["Approver".to_owned()]]), "{status}");
    }
}

#[test]
fn ones_own_item_is_denied_whatever_the_status() {
    for status in STATUSES {
        let settings = OneESettings {
            status_ownership: status,
            ..OneESettings::default()
        };
        let mut world = World::with(settings);
        let run = world.issue_to_approval().id();
        let error = world.decide("ann", run, true).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Denied, "{status}: {error}");
        let remedy = error.decision.as_ref().unwrap().remedy.clone();
        assert!(remedy.unwrap().contains("issued himself"), "{status}");
    }
}

#[test]
fn a_wrong_code_is_refused_alike_whatever_the_status() {
    for status in STATUSES {
        let settings = OneESettings {
            status_code: status,
            ..OneESettings::default()
        };
        let mut world = World::with(settings);
        let run = world.issue();
        let error = world.try_code(run.id(), "wrong").unwrap_err();
        assert_eq!(
            (error.kind, error.ran),
            (ErrorKind::Invalid, Ran::No),
            "{status}: {error}"
        );
        assert_eq!(error.status, Some(status));
        assert_eq!(world.submit_code(run.id()).state(), State::Waiting);
    }
}

#[test]
fn a_consumer_that_is_not_allowed_is_no_success_whatever_the_status() {
    for status in STATUSES {
        let settings = OneESettings {
            status_consumer: status,
            consumers: vec!["Another".to_owned()],
            ..OneESettings::default()
        };
        let mut world = World::with(settings);
        let error = world.run("bob", Call::Pending).unwrap_err();
        assert_eq!(
            (error.status, error.ran),
            (Some(status), Ran::No),
            "{error}"
        );
    }
}

#[test]
fn a_code_that_comes_too_late_is_denied() {
    let mut world = World::new();
    let run = world.issue();
    let code = world.code();
    world.pass(600);
    let error = world.try_code(run.id(), &code).unwrap_err();
    assert_eq!((error.kind, error.ran), (ErrorKind::Denied, Ran::No));
    assert_eq!(
        error.message,
        "the code came too late: the instruction is rejected"
    );
    assert_eq!(error.decision.as_ref().unwrap().verdict, Verdict::Denied);
}

#[test]
fn a_decision_before_the_code_is_not_taken_for_a_lost_race() {
    let mut world = World::new();
    let run = world.issue();
    let error = world.decide("bob", run.id(), true).unwrap_err();
    assert_eq!(error.message, "its issuer has yet to submit his code");
    assert_eq!(error.decision.as_ref().unwrap().verdict, Verdict::Pending);
}

#[test]
fn a_cancelled_item_is_told_to_its_approver() {
    let mut world = World::new();
    let run = world.issue_to_approval().id();
    world.cancel(run);
    let error = world.decide("bob", run, true).unwrap_err();
    assert_eq!(error.message, "it was cancelled in the meantime");
}

#[test]
fn a_follower_whose_run_goes_out_of_sight_ends_with_that_message() {
    let mut world = World::new();
    let run = world.issue_to_approval();
    let call = world.submit("bob", follow(run));
    world.pass(30);
    ann_moves_to_berlin(&mut world.portal);
    world.pass(30);
    let error = world.end("bob", call).unwrap_err();
    assert!(error.message.contains("out of sight"), "{error}");
}

#[test]
fn a_token_that_ends_behind_a_decision_does_not_undo_it() {
    let mut world = World::new();
    let run = world.issue_to_approval().id();
    world.fate("bob", [None, Some(Fate::After(bobs_token_ends))]);
    let error = world.decide("bob", run, true).unwrap_err();
    assert_eq!((error.kind, error.ran), (ErrorKind::Auth, Ran::Yes));
    assert_eq!(world.read(run).state(), State::Approved);
}

#[test]
fn a_decision_whose_caller_leaves_behind_it_was_taken() {
    let mut world = World::new();
    let run = world.issue_to_approval().id();
    world.fate("bob", [None, Some(Fate::Silence)]);
    let call = world.submit("bob", super::decision(run, true));
    world.client("bob").connection.cancel(call);
    world.pass(0);
    let error = world.end("bob", call).unwrap_err();
    assert_eq!((error.kind, error.ran), (ErrorKind::Aborted, Ran::Yes));
}

#[test]
fn a_token_that_ends_in_mid_follow_ends_it_and_another_token_takes_it_up() {
    let mut world = World::new();
    let run = world.issue_to_approval();
    let call = world.submit("bob", follow(run.clone()));
    world.pass(30);
    bobs_token_ends(&mut world.portal);
    world.pass(30);
    let error = world.end("bob", call).unwrap_err();
    assert_eq!((error.kind, error.ran), (ErrorKind::Auth, Ran::No));

    world
        .client("bob")
        .connection
        .set_token(Secret::new("another"));
    let call = world.submit("bob", follow(run.clone()));
    run_of(world.decide("eve", run.id(), false));
    world.pass(60);
    assert_eq!(run_of(world.end("bob", call)).state(), State::Rejected);
}
