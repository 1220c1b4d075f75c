//! The issuer's side: issue once, follow, submit the code, cancel, read the responses.

use std::time::Duration;

use callgate::decision::{Evidence, Layer, Verdict};
use callgate::error::{Kind as ErrorKind, Ran};
use callgate::one_e::{Call, Instruction, Kind, State};
use callgate::time::Instant;

use super::{ACTION, DAILY, Fate, QUESTION, START, World, follow, run_of, told};

#[test]
fn an_action_goes_from_its_code_over_the_approval_to_its_end() {
    let mut world = World::new();
    let run = world.issue();
    assert_eq!((run.id().number(), run.state()), (1, State::NeedsCode));
    assert_eq!(run.created_by(), Some("ann"));
    let expiry = Instant::from_millis(START + 600_000);
    assert_eq!(run.code_expires_at(), Some(expiry));
    let call = world.submit("ann", follow(run.clone()));

    world.pass(7);
    assert_eq!(world.submit_code(run.id()).state(), State::Waiting);
    world.pass(100);
    run_of(world.decide("bob", run.id(), true));
    world.pass(200);

    let run = run_of(world.end("ann", call));
    assert_eq!(run.state(), State::Complete);
    assert_eq!(
        (run.actioned_by(), run.action_reason()),
        (Some("bob"), Some("fine"))
    );
    assert_eq!(run.decision().verdict, Verdict::Allowed);
    let told = told(world.client("ann"));
    assert_eq!(
        (told.first(), told.last()),
        (Some(&State::Waiting), Some(&State::Complete))
    );
    assert_eq!(world.times_of("POST /Consumer/Instructions").len(), 1);
}

#[test]
fn a_question_needs_no_approval_and_a_scheduled_one_does() {
    let mut world = World::new();
    assert_eq!(world.issue_as("ann", QUESTION).state(), State::Running);
    let daily = world.issue_as("ann", DAILY);
    assert_eq!(
        (daily.id().kind(), daily.state()),
        (Kind::Scheduled, State::NeedsCode)
    );
    let daily = world.submit_code(daily.id());
    assert_eq!(daily.state(), State::Waiting);
    let daily = run_of(world.decide("bob", daily.id(), true));
    assert_eq!(daily.state(), State::Approved);
}

#[test]
fn a_rejection_says_who_and_why() {
    let mut world = World::new();
    let run = world.issue_to_approval();
    let call = world.submit("ann", follow(run.clone()));
    run_of(world.decide("bob", run.id(), false));
    world.pass(5);

    let run = run_of(world.end("ann", call));
    assert_eq!(
        (run.actioned_by(), run.action_reason()),
        (Some("bob"), Some("not today"))
    );
    let decision = run.decision();
    assert_eq!(
        (decision.verdict, decision.layer),
        (Verdict::Denied, Some(Layer::Approval))
    );
    assert_eq!(decision.evidence, Evidence::Server);
    assert!(
        decision
            .remedy
            .unwrap()
            .contains("bob rejected it, saying \"not today\"")
    );
}

#[test]
fn a_code_that_nobody_submits_ends_in_a_rejection_without_a_name() {
    let mut world = World::new();
    let run = world.issue();
    let call = world.submit("ann", follow(run.clone()));
    world.pass(599);
    assert!(world.ends_of("ann", call).is_empty());
    world.pass(61);

    let run = run_of(world.end("ann", call));
    assert_eq!((run.state(), run.actioned_by()), (State::Rejected, None));
    assert!(run.decision().remedy.unwrap().contains("one-time code"));
}

#[test]
fn it_looks_after_five_seconds_and_slows_down_to_a_minute() {
    let mut world = World::new();
    let run = world.issue_to_approval();
    world.portal.clear_log();
    world.submit("ann", follow(run));
    world.pass(300);
    let times = world.times_of("GET /Consumer/Instructions/1");
    assert_eq!(times, [0, 5, 15, 35, 75, 135, 195, 255]);
}

#[test]
fn what_another_call_does_to_a_run_wakes_its_follower_and_speeds_it_up() {
    let mut world = World::new();
    let run = world.issue();
    world.submit("ann", follow(run.clone()));
    world.pass(100);
    world.portal.clear_log();
    world.submit_code(run.id());
    assert_eq!(told(world.client("ann")), [State::Waiting]);
    world.pass(20);
    let times = world.times_of("GET /Consumer/Instructions/1");
    assert_eq!(times, [100, 100, 105, 115]);
}

#[test]
fn a_follower_with_a_deadline_ends_at_it_with_the_decision_that_is_due() {
    for (code, message) in [
        (false, "nobody submitted the code in the time given"),
        (true, "nobody decided in the time given"),
    ] {
        let mut world = World::new();
        let run = if code {
            world.issue_to_approval()
        } else {
            world.issue()
        };
        let timeout = Some(Duration::from_secs(50));
        let call = world.submit("ann", Call::Follow { run, timeout });
        world.pass(49);
        assert!(world.ends_of("ann", call).is_empty());
        world.pass(1);
        let error = world.end("ann", call).unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.kind),
            ("CALLGATE_RUN_TIMEOUT", ErrorKind::Timeout)
        );
        assert_eq!((error.ran, error.retryable), (Ran::No, true));
        assert_eq!(error.message, message);
        assert_eq!(error.decision.as_ref().unwrap().verdict, Verdict::Pending);
        assert_eq!(world.client("ann").connection.wake_at(), None);
    }
}

#[test]
fn a_follower_survives_what_passes_and_never_posts() {
    let mut world = World::new();
    let run = world.issue_to_approval();
    world.portal.clear_log();
    let troubles = [
        Fate::Refused,
        Fate::BrokenBefore,
        Fate::Silence,
        Fate::Instead(503, ""),
        Fate::Instead(500, "<!DOCTYPE html>"),
        Fate::Instead(429, ""),
    ];
    world.fate("ann", troubles.map(Some));
    let call = world.submit("ann", follow(run.clone()));
    world.pass(400);
    run_of(world.decide("bob", run.id(), true));
    world.pass(100);
    assert_eq!(run_of(world.end("ann", call)).state(), State::Complete);
    let posts: Vec<_> = world
        .requests()
        .into_iter()
        .filter(|it| it.starts_with("POST"))
        .collect();
    assert_eq!(posts, ["POST Approvals/Instruction"]);
}

#[test]
fn rule_3_an_instruction_is_posted_once_whatever_becomes_of_it() {
    for (fate, ran, retryable) in [
        (Fate::Refused, Ran::No, true),
        (Fate::BrokenBefore, Ran::Unknown, false),
        (Fate::BrokenAfter, Ran::Unknown, false),
        (Fate::Silence, Ran::Unknown, false),
        (Fate::Instead(500, ""), Ran::Unknown, false),
        (Fate::Instead(503, ""), Ran::Unknown, false),
        (Fate::Instead(302, ""), Ran::No, false),
        (Fate::Instead(400, ""), Ran::No, false),
        (Fate::Instead(200, "<html>"), Ran::Yes, false),
        (Fate::Instead(200, ""), Ran::Yes, false),
        (Fate::Instead(200, r#"{"Id":0}"#), Ran::Yes, false),
    ] {
        let mut world = World::new();
        world.fate("ann", [Some(fate)]);
        let instruction = Instruction::parse(ACTION).unwrap();
        let call = world.submit("ann", Call::Issue(instruction));
        world.pass(1_000);
        let error = world.end("ann", call).unwrap_err();
        assert_eq!((error.ran, error.retryable), (ran, retryable), "{error}");
        assert_eq!(error.method.as_deref(), Some("POST /Consumer/Instructions"));
        assert!(world.requests().len() < 2);
    }
}

#[test]
fn a_wrong_code_is_refused_and_the_right_one_still_works() {
    let mut world = World::new();
    let run = world.issue();
    let error = world.try_code(run.id(), "wrong").unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.kind),
        ("CALLGATE_CODE_REFUSED", ErrorKind::Invalid)
    );
    assert_eq!((error.ran, error.retryable), (Ran::No, false));
    assert_eq!(error.decision.as_ref().unwrap().verdict, Verdict::Pending);
    assert_eq!(world.submit_code(run.id()).state(), State::Waiting);
}

#[test]
fn a_code_that_nobody_asked_for_is_refused() {
    let mut world = World::new();
    let run = world.issue_to_approval().id();
    let code = world.code();
    let error = world.try_code(run, &code).unwrap_err();
    assert_eq!(error.message, "code: the instruction asks for none");
    // An answer that doesn't say whether it was taken leaves it to the run.
    world.fate("ann", [Some(Fate::Instead(204, ""))]);
    assert_eq!(world.submit_code(run).state(), State::Waiting);
}

#[test]
fn a_code_whose_answer_is_lost_is_known_by_the_run() {
    for (fate, taken) in [(Fate::BrokenAfter, true), (Fate::BrokenBefore, false)] {
        let mut world = World::new();
        let run = world.issue();
        world.fate("ann", [Some(fate)]);
        let code = world.code();
        let outcome = world.try_code(run.id(), &code);
        match taken {
            true => assert_eq!(run_of(outcome).state(), State::Waiting),
            false => assert_eq!(outcome.unwrap_err().ran, Ran::Unknown),
        }
    }
}

#[test]
fn a_run_is_cancelled_and_one_that_has_ended_is_told_as_it_is() {
    let mut world = World::new();
    let run = world.issue().id();
    assert_eq!(world.cancel(run).state(), State::Cancelling);
    world.pass(5);
    assert_eq!(world.cancel(run).state(), State::Cancelled);

    let daily = world.issue_as("ann", DAILY).id();
    assert_eq!(world.cancel(daily).state(), State::Cancelling);
}

#[test]
fn responses_come_page_by_page_whatever_size_the_server_likes() {
    let mut world = World::new();
    let run = world.issue_as("ann", QUESTION);
    world.pass(60);
    let mut from = None;
    let mut seen = Vec::new();
    loop {
        let page = world.responses(run.id(), from);
        seen.push(page.rows.len());
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    assert_eq!(seen, [20, 20, 5, 0]);
    let dropped = world.issue_as("ann", QUESTION).id();
    let keep_data = false;
    run_of(world.run(
        "ann",
        Call::Cancel {
            run: dropped,
            keep_data,
        },
    ));
    let page = world.responses(dropped, None);
    assert_eq!((page.rows.len(), page.next), (0, None));
}

#[test]
fn a_page_that_does_not_move_on_is_the_last_one() {
    let mut world = World::new();
    let run = world.issue_as("ann", QUESTION);
    let body = r#"{"range": "5;5", "responses": [{"Id": 1}]}"#;
    world.fate("ann", [Some(Fate::Instead(200, body))]);
    let page = world.responses(run.id(), Some("5;5".to_owned()));
    assert_eq!((page.rows.len(), page.next), (1, None));
}
