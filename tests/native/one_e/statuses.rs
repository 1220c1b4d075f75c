//! The numbers of the server: each status of a run, the two meanings of 401, the forms of errors.

use callgate::decision::{Layer, Verdict};
use callgate::error::{Kind as ErrorKind, Ran};
use callgate::one_e::{Call, Instruction, Kind, Run, State};
use callgate::value::Value;
use callgate_portal::{ErrorForm, OneESettings};

use super::{ACTION, Fate, QUESTION, World, follow, instruction, run_of};

#[test]
fn every_status_has_its_state_and_only_a_known_one_grants() {
    use State::*;
    use Verdict::{Allowed, Denied, Pending};
    for (status, state, verdict, is_final) in [
        (0, Created, Pending, false),
        (1, Waiting, Pending, false),
        (2, Rejected, Denied, true),
        (3, Approved, Allowed, false),
        (4, Running, Allowed, false),
        (5, Running, Allowed, false),
        (6, Complete, Allowed, true),
        (7, Expired, Verdict::Unknown, true),
        (8, Cancelling, Verdict::Unknown, false),
        (9, Cancelled, Verdict::Unknown, true),
        (10, Failed, Verdict::Unknown, true),
        (11, Suspended, Allowed, false),
        (12, NeedsCode, Pending, false),
        (13, Evaluating, Pending, false),
        (14, Unknown(14), Verdict::Unknown, false),
        (77, Unknown(77), Verdict::Unknown, false),
    ] {
        let mut world = World::new();
        let run = world.issue();
        assert!(world.portal.one_e().set_status(false, 1, status, Some(21)));
        let shown = world.read(run.id());
        assert_eq!(shown.state(), state, "{status}");
        assert_eq!(shown.decision().verdict, verdict, "{status}");
        assert_eq!(shown.decision().layer, Some(Layer::Approval));
        let call = world.submit("ann", follow(run));
        world.pass(3_000);
        assert_eq!(
            world.ends_of("ann", call).len(),
            usize::from(is_final),
            "{status}"
        );
    }
}

#[test]
fn what_was_sent_before_it_ended_had_been_allowed() {
    for status in [7, 8, 9, 10] {
        let json =
            format!(r#"{{"Id":1,"Status":{status},"SentTimestampUtc":"2017-11-21T16:37:42Z"}}"#);
        let run = Run::read(Kind::Instruction, Value::from_json(&json).unwrap()).unwrap();
        assert_eq!(run.decision().verdict, Verdict::Allowed, "{status}");
    }
}

#[test]
fn workflow_state_11_asks_for_a_code_unless_the_status_says_that_it_is_over() {
    for (status, state) in [
        (0, State::NeedsCode),
        (1, State::NeedsCode),
        (2, State::Rejected),
        (5, State::Running),
        (6, State::Complete),
        (11, State::Suspended),
        (50, State::NeedsCode),
    ] {
        let mut world = World::new();
        let run = world.issue();
        world.portal.one_e().set_status(false, 1, status, Some(11));
        assert_eq!(world.read(run.id()).state(), state, "{status}");
    }
}

#[test]
fn a_status_that_is_missing_or_no_number_is_unknown() {
    for json in [
        r#"{"Id":1}"#,
        r#"{"Id":1,"Status":null}"#,
        r#"{"Id":1,"Status":"Approved"}"#,
    ] {
        let run = Run::read(Kind::Instruction, Value::from_json(json).unwrap()).unwrap();
        assert_eq!(run.state(), State::Unknown(-1), "{json}");
        assert_eq!(run.decision().verdict, Verdict::Unknown);
    }
}

#[test]
fn a_401_with_a_living_token_is_a_missing_permission() {
    let mut world = World::new();
    let call = Call::Issue(Instruction::parse(ACTION).unwrap());
    let error = world.run("tom", call).unwrap_err();
    assert_eq!((error.kind, error.status), (ErrorKind::Denied, Some(401)));
    assert_eq!((error.ran, error.retryable), (Ran::No, false));
    assert_eq!(error.code, "Security.Unauthorized");
    let decision = error.decision.as_ref().unwrap();
    assert_eq!(
        (decision.verdict, decision.layer),
        (Verdict::Denied, Some(Layer::Right))
    );
    let any_of = vec!["Questioner".to_owned(), "Actioner".to_owned()];
    assert_eq!(decision.needed, Some(vec![any_of]));
    assert_eq!(
        world.requests(),
        ["POST Instructions", "GET PrincipalSearch/whoami"]
    );
}

#[test]
fn a_401_with_a_dead_token_is_the_tokens_end() {
    let mut world = World::new();
    world.portal.one_e().user_mut("ann").unwrap().token = "another".to_owned();
    let call = Call::Issue(Instruction::parse(ACTION).unwrap());
    let error = world.run("ann", call).unwrap_err();
    assert_eq!(
        (error.kind, error.status, error.ran),
        (ErrorKind::Auth, Some(401), Ran::No)
    );
    assert!(error.decision.is_none());
    assert!(error.message.contains("the token has ended"), "{error}");
    assert_eq!(
        world.requests(),
        ["POST Instructions", "GET PrincipalSearch/whoami"]
    );
}

#[test]
fn a_401_that_nobody_explains_is_neither() {
    for doubt in [
        Fate::BrokenBefore,
        Fate::Silence,
        Fate::Instead(500, ""),
        Fate::Instead(302, ""),
    ] {
        let mut world = World::new();
        world.fate("ann", [Some(Fate::Instead(401, "")), Some(doubt)]);
        let call = world.submit("ann", Call::Issue(Instruction::parse(ACTION).unwrap()));
        world.pass(100);
        let error = world.end("ann", call).unwrap_err();
        assert_eq!((error.kind, error.ran), (ErrorKind::Auth, Ran::No));
        assert!(error.message.contains("could not be found out"), "{error}");
        assert!(error.decision.is_none());
    }
}

#[test]
fn errors_are_read_in_every_form_and_case() {
    for (form, camel_case, code, message) in [
        (
            ErrorForm::Array,
            false,
            "Instruction.NotFound",
            "no such instruction",
        ),
        (
            ErrorForm::Array,
            true,
            "Instruction.NotFound",
            "no such instruction",
        ),
        (
            ErrorForm::Object,
            false,
            "Instruction.NotFound",
            "no such instruction",
        ),
        (
            ErrorForm::Object,
            true,
            "Instruction.NotFound",
            "no such instruction",
        ),
        (
            ErrorForm::Html,
            false,
            "CALLGATE_OUT_OF_SIGHT",
            "a page of its own",
        ),
        (
            ErrorForm::Empty,
            false,
            "CALLGATE_OUT_OF_SIGHT",
            "gave no reason",
        ),
    ] {
        let settings = OneESettings {
            error_form: form,
            camel_case,
            ..OneESettings::default()
        };
        let mut world = World::with(settings);
        let error = world.run("bob", Call::Read(instruction(5))).unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.status),
            (code, Some(404)),
            "{form:?}"
        );
        assert!(error.message.contains(message), "{form:?}: {error}");
    }
}

#[test]
fn names_are_read_in_any_case() {
    let settings = OneESettings {
        camel_case: true,
        ..OneESettings::default()
    };
    let mut world = World::with(settings);
    let run = world.issue_to_approval();
    assert_eq!(run.created_by(), Some("ann"));
    let after = run_of(world.decide("bob", run.id(), false));
    assert_eq!(
        (after.state(), after.actioned_by()),
        (State::Rejected, Some("bob"))
    );
}

#[test]
fn statuses_without_a_body_say_what_they_can() {
    for (status, kind, ran, retryable) in [
        (301, ErrorKind::Protocol, Ran::No, false),
        (400, ErrorKind::Portal, Ran::No, false),
        (403, ErrorKind::Denied, Ran::No, false),
        (404, ErrorKind::Portal, Ran::No, false),
        (409, ErrorKind::Portal, Ran::No, false),
        (422, ErrorKind::Portal, Ran::No, false),
        (429, ErrorKind::Limit, Ran::No, true),
        (500, ErrorKind::Portal, Ran::Unknown, true),
        (503, ErrorKind::Limit, Ran::Unknown, true),
    ] {
        let mut world = World::new();
        let run = world.issue_as("ann", QUESTION);
        world.fate("ann", [Some(Fate::Instead(status, ""))]);
        let error = world.run("ann", Call::Read(run.id())).unwrap_err();
        let found = (error.kind, error.ran, error.retryable, error.status);
        assert_eq!(found, (kind, ran, retryable, Some(status)));
        assert_eq!(error.decision.is_some(), status == 403);
        assert_eq!(
            error.method.as_deref(),
            Some("GET /Consumer/Instructions/1")
        );
    }
}

#[test]
fn answers_that_are_not_what_was_asked_for_are_protocol_errors() {
    for body in [
        "",
        "null",
        "[]",
        "{}",
        "<html>",
        r#"{"Id":"x"}"#,
        r#"{"Id":2}"#,
        r#"{"Id":-1}"#,
    ] {
        let mut world = World::new();
        let run = world.issue();
        world.fate("ann", [Some(Fate::Instead(200, body))]);
        let error = world.run("ann", Call::Read(run.id())).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Protocol, "{body}");
        world.fate("bob", [Some(Fate::Instead(200, body))]);
        let pending = world.run("bob", Call::Pending);
        assert_eq!(pending.is_ok(), body.starts_with(['[', '{']), "{body}");
        world.fate("ann", [Some(Fate::Instead(200, body))]);
        let page = Call::Responses {
            run: run.id(),
            from: None,
            page_size: 5,
            filter: None,
        };
        assert_eq!(
            world.run("ann", page).unwrap_err().kind,
            ErrorKind::Protocol,
            "{body}"
        );
    }
}
