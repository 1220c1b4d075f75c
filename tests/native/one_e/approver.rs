//! The approver's side: what is pending, may I, and the decision.

use callgate::decision::{Evidence, Layer, Verdict};
use callgate::error::{Kind as ErrorKind, Ran};
use callgate::one_e::{Call, Kind, Notice, State};
use callgate_portal::{OneESettings, OneEUser};

use super::{DAILY, Fate, World, decision_of, instruction, pending_of, run_of};

fn of_version(version: (u32, u32)) -> World {
    World::with(OneESettings {
        version,
        ..OneESettings::default()
    })
}

/// An action and a schedule that wait for an approval.
fn two_waiting(world: &mut World) {
    world.issue_to_approval();
    let daily = world.issue_as("ann", DAILY);
    world.submit_code(daily.id());
    world.portal.clear_log();
}

#[test]
fn what_is_pending_comes_in_one_list_two_lists_or_the_obsolete_one() {
    for (version, kinds, first, again) in [
        (
            (9, 0),
            &[Kind::Instruction, Kind::Scheduled][..],
            &["notifications"][..],
            &["notifications"][..],
        ),
        (
            (3, 1),
            &[Kind::Instruction, Kind::Scheduled],
            &[
                "notifications",
                "notifications/instructions",
                "notifications/scheduledinstructions",
            ],
            &[
                "notifications/instructions",
                "notifications/scheduledinstructions",
            ],
        ),
    ] {
        let mut world = of_version(version);
        two_waiting(&mut world);
        for expected in [first, again] {
            let pending = pending_of(world.run("bob", Call::Pending));
            let found: Vec<_> = pending.runs.iter().map(|run| run.id().kind()).collect();
            assert_eq!(found, kinds);
            let asked: Vec<_> = expected
                .iter()
                .map(|it| format!("GET Approvals/{it}"))
                .collect();
            assert_eq!(world.requests(), asked);
            world.portal.clear_log();
        }
    }
}

#[test]
fn a_server_before_3_1_is_asked_through_its_obsolete_endpoints_and_warned_of_once() {
    let mut world = of_version((3, 0));
    let run = world.issue_to_approval();
    world.portal.clear_log();
    for _ in 0..2 {
        let pending = pending_of(world.run("bob", Call::Pending));
        assert_eq!(pending.runs.len(), 1);
    }
    let decision = decision_of(world.run("bob", Call::Check(run.id())));
    assert_eq!(decision.verdict, Verdict::Allowed);
    assert_eq!(
        run_of(world.decide("bob", run.id(), true)).state(),
        State::Approved
    );
    assert_eq!(
        world.requests(),
        [
            "GET Approvals/notifications",
            "GET Approvals/notifications/instructions",
            "GET Approvals/GetNotifications",
            "GET Approvals/GetNotifications",
            "GET Approvals/CanApprove/1",
            "POST Approvals",
            "GET Instructions/1",
        ]
    );
    let notices = &world.client("bob").notices;
    assert!(
        matches!(notices.as_slice(), [Notice::Warning(_)]),
        "{notices:?}"
    );
}

#[test]
fn an_old_server_that_nobody_asked_for_its_lists_is_found_out_at_the_deed() {
    let mut world = of_version((3, 0));
    let run = world.issue_to_approval();
    world.portal.clear_log();
    assert_eq!(
        decision_of(world.run("bob", Call::Check(run.id()))).verdict,
        Verdict::Allowed
    );
    assert_eq!(
        run_of(world.decide("bob", run.id(), false)).state(),
        State::Rejected
    );
    assert_eq!(
        world.requests(),
        [
            "GET Approvals/CanApprove/instruction/1",
            "GET Approvals/CanApprove/1",
            "POST Approvals/Instruction",
            "POST Approvals",
            "GET Instructions/1",
        ]
    );
}

#[test]
fn a_bare_list_is_one_of_instructions() {
    let settings = OneESettings {
        bare_notifications: true,
        ..OneESettings::default()
    };
    let mut world = World::with(settings);
    two_waiting(&mut world);
    assert_eq!(pending_of(world.run("bob", Call::Pending)).runs.len(), 1);
}

#[test]
fn a_list_never_fails_for_lack_of_rights() {
    let mut world = World::new();
    two_waiting(&mut world);
    for nobody in ["tom", "ann"] {
        assert!(pending_of(world.run(nobody, Call::Pending)).runs.is_empty());
    }
}

#[test]
fn can_approve_becomes_a_decision_with_its_layer_and_remedy() {
    let mut world = World::new();
    let waiting = world.issue_to_approval().id();
    let unauthenticated = world.issue().id();
    for (who, run, verdict, layer, word) in [
        ("bob", waiting, Verdict::Allowed, Layer::Approval, ""),
        (
            "bob",
            unauthenticated,
            Verdict::Denied,
            Layer::Approval,
            "isn't waiting",
        ),
        (
            "ann",
            waiting,
            Verdict::Denied,
            Layer::Right,
            "issued himself",
        ),
        (
            "tom",
            waiting,
            Verdict::Denied,
            Layer::Right,
            "permissions administrator",
        ),
    ] {
        let decision = decision_of(world.run(who, Call::Check(run)));
        assert_eq!(
            (decision.verdict, decision.layer),
            (verdict, Some(layer)),
            "{who}"
        );
        assert_eq!(decision.evidence, Evidence::Server);
        assert!(decision.remedy.unwrap_or_default().contains(word), "{who}");
        assert_eq!(
            decision.problems.len(),
            usize::from(verdict == Verdict::Denied)
        );
    }
    let denied = decision_of(world.run("tom", Call::Check(waiting)));
    assert_eq!(denied.needed, Some(vec![vec!["Approver".to_owned()]]));
}

#[test]
fn can_approve_may_be_a_bare_boolean_and_anything_else_is_no_grant() {
    let settings = OneESettings {
        bare_can_approve: true,
        ..OneESettings::default()
    };
    let mut world = World::with(settings);
    let run = world.issue_to_approval().id();
    assert_eq!(
        decision_of(world.run("bob", Call::Check(run))).verdict,
        Verdict::Allowed
    );
    assert_eq!(
        decision_of(world.run("tom", Call::Check(run))).verdict,
        Verdict::Denied
    );
    for body in [
        "{}",
        "",
        "\"yes\"",
        "1",
        "[true]",
        r#"{"CanApprove":1}"#,
        "<html>",
    ] {
        world.fate("bob", [Some(Fate::Instead(200, body))]);
        let decision = decision_of(world.run("bob", Call::Check(run)));
        assert_eq!(decision.verdict, Verdict::Unknown, "{body}");
        assert_eq!(decision.evidence, Evidence::None);
    }
    let odd = r#"{"canApprove": false, "errorType": "moon phase"}"#;
    world.fate("bob", [Some(Fate::Instead(200, odd))]);
    assert!(decision_of(world.run("bob", Call::Check(run))).is_denied());
}

#[test]
fn who_overrides_may_approve_his_own() {
    let mut world = World::new();
    let run = world.issue_to_approval().id();
    world.portal.one_e().user_mut("ann").unwrap().overrides = true;
    assert_eq!(
        decision_of(world.run("ann", Call::Check(run))).verdict,
        Verdict::Allowed
    );
    assert_eq!(
        run_of(world.decide("ann", run, true)).actioned_by(),
        Some("ann")
    );
}

#[test]
fn a_decision_is_posted_with_its_comment_and_the_item_read_again() {
    for status in [200, 204] {
        let settings = OneESettings {
            status_decided: status,
            ..OneESettings::default()
        };
        let mut world = World::with(settings);
        two_waiting(&mut world);
        for run in pending_of(world.run("bob", Call::Pending)).runs {
            let after = run_of(world.decide("bob", run.id(), true));
            assert_eq!(after.state(), State::Approved);
            assert_eq!(
                (after.actioned_by(), after.action_reason()),
                (Some("bob"), Some("fine"))
            );
        }
        let bodies: Vec<_> = world
            .asked()
            .into_iter()
            .filter(|(verb, ..)| verb == "POST")
            .collect();
        let [(_, one, first), (_, two, second)] = bodies.as_slice() else {
            panic!()
        };
        assert_eq!(
            (one.as_str(), two.as_str()),
            ("Approvals/Instruction", "Approvals/ScheduledInstruction")
        );
        assert_eq!(
            first,
            r#"{"InstructionId":1,"Comment":"fine","Approved":true}"#
        );
        assert_eq!(
            second,
            r#"{"ScheduledInstructionId":1,"Comment":"fine","Approved":true}"#
        );
    }
}

#[test]
fn who_may_not_decide_is_told_so_with_the_decision() {
    let mut world = World::new();
    let run = world.issue_to_approval().id();
    for (who, layer) in [("tom", Layer::Right), ("ann", Layer::Right)] {
        let error = world.decide(who, run, true).unwrap_err();
        assert_eq!(
            (error.kind, error.ran),
            (ErrorKind::Denied, Ran::No),
            "{error}"
        );
        let decision = error.decision.as_ref().unwrap();
        assert_eq!(
            (decision.verdict, decision.layer),
            (Verdict::Denied, Some(layer))
        );
        assert!(!error.retryable);
    }
    assert_eq!(world.read(run).state(), State::Waiting);
}

#[test]
fn a_decision_whose_answer_is_lost_is_known_by_the_item() {
    for (fate, taken) in [
        (Fate::BrokenAfter, true),
        (Fate::BrokenBefore, false),
        (Fate::Instead(500, ""), false),
    ] {
        let mut world = World::new();
        let run = world.issue_to_approval().id();
        world.fate("bob", [Some(fate)]);
        let outcome = world.decide("bob", run, true);
        match taken {
            true => assert_eq!(run_of(outcome).state(), State::Approved),
            false => assert_eq!(outcome.unwrap_err().ran, Ran::Unknown),
        }
        let posts = world.requests();
        assert!(
            posts
                .iter()
                .filter(|it| *it == "POST Approvals/Instruction")
                .count()
                < 2
        );
    }
}

#[test]
fn an_item_that_never_was_has_its_own_message() {
    let mut world = World::new();
    for error in [
        world.decide("bob", instruction(99), true).unwrap_err(),
        world.run("bob", Call::Check(instruction(99))).unwrap_err(),
        world.run("bob", Call::Read(instruction(99))).unwrap_err(),
    ] {
        assert!(error.message.contains("out of sight"), "{error}");
        assert_eq!((error.kind, error.ran), (ErrorKind::Portal, Ran::No));
        assert_eq!(error.code, "Instruction.NotFound");
    }
}

#[test]
fn management_groups_hide_items_only_from_8_0_on() {
    for (version, seen) in [((7, 1), 1), ((8, 0), 0)] {
        let mut world = of_version(version);
        world.issue_to_approval();
        world
            .portal
            .one_e()
            .user(OneEUser::named("ann").with_groups(&["all", "berlin"]));
        assert_eq!(pending_of(world.run("bob", Call::Pending)).runs.len(), seen);
    }
}
