//! A portal that moved: the token goes to no host that the caller didn't agree to, and a call is
//! repeated there once.

use callgate::bitrix24::engine::{Call, Config};
use callgate::bitrix24::wire::envelope::{Envelope, Reply};
use callgate::error::{Kind, Ran};

use crate::world::{Fate, Setup, World, call};

const ADD: &str = "crm.deal.add";

fn add() -> Call {
    call(ADD, r#"{"fields":{"TITLE":"Deal"}}"#)
}

fn asking() -> World {
    World::with(Setup {
        config: Config {
            asks_when_moved: true,
            ..Config::default()
        },
        ..Setup::default()
    })
}

fn to(location: &str) -> Fate {
    Fate::Moved(Some(location.to_owned()))
}

fn new_host() -> Fate {
    to("https://new.example/rest/crm.deal.add?a=b")
}

fn answer(world: &mut World, agreed: bool) {
    let now = world.at();
    world.connection.moved(now, agreed);
    world.pump();
}

/// The hosts that requests went to.
fn hosts(world: &World) -> Vec<&str> {
    let urls = world.sent.iter().map(|sent| sent.request.url.as_str());
    urls.map(|url| url.split('/').nth(2).unwrap()).collect()
}

#[test]
fn with_consent_a_call_is_repeated_on_the_new_host_and_later_ones_go_there() {
    let mut world = asking();
    world.fate([new_host()]);
    let id = world.submit(add());
    assert_eq!(world.asked_about, ["new.example"]);
    assert_eq!(world.sent.len(), 1, "nothing is sent before the answer");
    answer(&mut world, true);

    assert!(world.end(id).is_ok());
    assert_eq!(world.seen_by_portal(ADD), 1);
    assert_eq!(world.sent[0].request.body, world.sent[1].request.body);
    assert!(world.run("profile", "{}").is_ok());
    let portal = "portal.bitrix24.com";
    assert_eq!(hosts(&world), [portal, "new.example", "new.example"]);
}

#[test]
fn without_consent_nothing_goes_there() {
    let mut world = asking();
    world.fate([new_host()]);
    let id = world.submit(add());
    answer(&mut world, false);

    let error = world.error(id);
    assert_eq!(
        (error.code.as_str(), error.kind),
        ("CALLGATE_MOVED", Kind::Portal)
    );
    assert_eq!(error.ran, Ran::No);
    assert!(error.message.contains("new.example"), "{error}");
    world.run("profile", "{}").unwrap();
    assert!(!hosts(&world).contains(&"new.example"));
}

#[test]
fn the_question_is_asked_once_for_all_calls_that_wait_for_its_answer() {
    let mut world = asking();
    world.fate([new_host(), new_host(), to("https://third.example/rest/")]);
    let ids = [0, 1].map(|_| world.submit(call("profile", "{}")));
    let third = world.submit(call("profile", "{}"));
    assert_eq!(world.asked_about, ["new.example"]);
    assert_eq!(world.error(third).code, "CALLGATE_MOVED");
    answer(&mut world, true);
    assert!(ids.iter().all(|id| world.end(*id).is_ok()));
}

#[test]
fn a_host_that_leads_on_is_not_followed_further() {
    let mut world = asking();
    world.fate([new_host(), to("https://third.example/rest/")]);
    let id = world.submit(call("profile", "{}"));
    answer(&mut world, true);
    assert_eq!(world.error(id).code, "CALLGATE_MOVED");
    assert_eq!(world.sent.len(), 2);
}

#[test]
fn an_answer_that_was_on_its_way_from_the_old_host_is_repeated_on_the_new_one() {
    let mut world = asking();
    world.fate([new_host(), Fate::Silence]);
    let [first, second] = [0, 1].map(|_| world.submit(add()));
    answer(&mut world, true);
    assert!(world.has_ended(first));
    let (now, exchange) = (world.at(), world.sent[1].exchange);
    let moved = Reply {
        status: 302,
        envelope: Envelope::Moved {
            location: Some("https://new.example/".to_owned()),
        },
        retry_after: None,
    };
    world.connection.response(now, exchange, moved);
    world.pump();
    assert!(world.end(second).is_ok());
    assert_eq!(world.asked_about.len(), 1);
}

#[test]
fn no_place_that_a_token_must_not_go_to_is_even_asked_about() {
    for location in [
        "http://new.example/rest/",
        "https://user@new.example/rest/",
        "ftp://new.example/",
        "//new.example/rest/",
        "/elsewhere",
        "https://",
        "https://new.example\\@portal.bitrix24.com/",
        "",
    ] {
        let mut world = asking();
        world.fate([to(location)]);
        let error = world.run(ADD, "{}").unwrap_err();
        assert_eq!(error.code, "CALLGATE_MOVED", "{location}");
        assert!(world.asked_about.is_empty(), "{location}");
        assert_eq!(world.sent.len(), 1, "{location}");
    }
}

#[test]
fn a_caller_who_never_answers_is_not_waited_for_longer_than_for_a_portal() {
    let mut world = asking();
    world.fate([new_host()]);
    let id = world.submit(add());
    world.pass(59);
    assert!(!world.has_ended(id));
    world.pass(1);
    assert_eq!(world.error(id).code, "CALLGATE_TIMEOUT");
    assert_eq!((world.error(id).ran, world.sent.len()), (Ran::No, 1));
    answer(&mut world, true);
    assert_eq!(world.connection.wake_at(), None);
}

#[test]
fn a_call_that_waits_for_consent_can_be_cancelled() {
    let mut world = asking();
    world.fate([new_host()]);
    let id = world.submit(add());
    world.connection.cancel(id);
    answer(&mut world, true);
    assert_eq!(world.error(id).code, "CALLGATE_ABORTED");
    assert_eq!(world.sent.len(), 1);
}
