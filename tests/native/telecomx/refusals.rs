//! The server's refusals: known by their codes, whatever their statuses.

use callgate::decision::{Evidence, Layer, Verdict};
use callgate::error::{Kind, Ran};
use callgate::telecomx::{Call, Notice};
use callgate_portal::{Container, TelecomXQueue, TelecomXSettings};

use super::{Fate, World, action, extension, on_call, pickup, queue};

const STATUSES: [u16; 6] = [400, 401, 403, 404, 409, 422];

/// Ann's map says yes, and then the administrator takes the right away.
fn outdated(settings: TelecomXSettings) -> World {
    let mut world = World::with(settings);
    world.run("ann", Call::Permissions).unwrap();
    world.grant(&["steal"]);
    world.portal.clear_log();
    world
}

#[test]
fn access_denied_has_the_map_read_again_and_is_reported() {
    for status_denied in STATUSES {
        let mut world = outdated(TelecomXSettings {
            status_denied,
            foreign_call: (status_denied, "access_denied".to_owned()),
            ..TelecomXSettings::default()
        });
        let error = world.act("pickup", &pickup()).unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.kind),
            ("access_denied", Kind::Denied)
        );
        assert_eq!(error.status, Some(status_denied));
        assert_eq!((error.ran, error.retryable), (Ran::No, false));
        assert_eq!(error.method.as_deref(), Some("GET /pbx/app/action/pickup"));
        assert!(
            error.message.contains("doesn't have this right"),
            "{}",
            error.message
        );
        let decision = error.decision.as_ref().unwrap();
        assert_eq!(
            (decision.verdict, decision.evidence),
            (Verdict::Denied, Evidence::Server)
        );
        assert_eq!(decision.layer, Some(Layer::Right));
        assert_eq!(decision.needed, Some(vec![vec!["pickup".to_owned()]]));
        assert_eq!(decision.provided, Some(vec!["steal".to_owned()]));

        let requests = world.requests();
        assert_eq!(requests.len(), 2, "the action isn't repeated: {requests:?}");
        assert_eq!(requests[1], "GET /pbx/app/permissions");
        assert_eq!(world.check("pickup").verdict, Verdict::Denied);
        assert_eq!(world.check("steal").verdict, Verdict::Allowed);
        assert_eq!(
            world.client("ann").notices.len(),
            2,
            "the map, and its change"
        );
    }
}

#[test]
fn a_right_that_the_map_still_has_points_at_the_level() {
    let mut world = World::new();
    world.run("ann", Call::Permissions).unwrap();
    let body = r#"{"error":{"code":"ACCESS_DENIED","status":403,"message":"no"}}"#;
    world.fate("ann", [Some(Fate::Instead(403, body))]);
    let error = world.act("pickup", &pickup()).unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.kind),
        ("ACCESS_DENIED", Kind::Denied)
    );
    assert!(error.message.contains("level"), "{}", error.message);
}

#[test]
fn where_the_map_cannot_be_read_again_nothing_is_known() {
    let mut world = outdated(TelecomXSettings::default());
    world.fate("ann", [None, Some(Fate::Refused)]);
    let error = world.act("pickup", &pickup()).unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.kind),
        ("access_denied", Kind::Denied)
    );
    assert!(
        error.message.contains("could not be read again"),
        "{}",
        error.message
    );
    assert_eq!(world.check("pickup").verdict, Verdict::Unknown);
    assert_eq!(world.check("steal").verdict, Verdict::Unknown);
}

#[test]
fn rules_of_the_business_keep_their_codes_and_the_map() {
    let bob = extension("bob");
    let members = |list: &[&str]| {
        let member = |who: &&str| ("0123456789abcdef01234567".to_owned(), (*who).to_owned());
        list.iter().map(member).collect()
    };
    for (code, set) in [
        (
            "dynamic",
            TelecomXQueue {
                dynamic: false,
                members: members(&[&bob]),
                ..TelecomXQueue::default()
            },
        ),
        (
            "lockLastMember",
            TelecomXQueue {
                lock_last_member: true,
                members: members(&[&bob]),
                ..TelecomXQueue::default()
            },
        ),
        ("member", TelecomXQueue::default()),
    ] {
        let mut world = World::new();
        world.grant(&["queueMember"]);
        world.run("ann", Call::Permissions).unwrap();
        world.portal.clear_log();
        let id = queue(&mut world.portal, set);
        let json = format!(
            r#"{{"queue":"{id}","member":"0123456789abcdef01234567","extension":"{bob}"}}"#
        );
        let error = world.act("leaveQueue", &json).unwrap_err();
        assert_eq!((error.code.as_str(), error.kind), (code, Kind::Portal));
        assert_eq!((error.ran, error.retryable), (Ran::No, false));
        assert!(error.decision.is_none());
        assert_eq!(world.requests().len(), 1, "{code}");
        assert_eq!(world.check("queueMember").verdict, Verdict::Allowed);
    }

    let mut world = World::new();
    let call = world.portal.telecomx().call(&bob);
    let json = format!(
        r#"{{"extension":"{}","target":"{call}"}}"#,
        extension("ann")
    );
    let error = world.act("queuePickup", &json).unwrap_err();
    assert_eq!((error.code.as_str(), error.status), ("queue", Some(403)));
    assert_eq!((error.kind, world.requests().len()), (Kind::Portal, 1));
}

#[test]
fn a_call_that_is_over_keeps_its_code_whatever_the_status() {
    for status in STATUSES {
        for container in [Container::Object, Container::List, Container::Errors] {
            let mut world = World::with(TelecomXSettings {
                no_call: (status, "target".to_owned()),
                container,
                ..TelecomXSettings::default()
            });
            let call = world.portal.telecomx().call(&extension("bob"));
            world.portal.telecomx().end_call(&call);
            let error = world.act("steal", &on_call(&call)).unwrap_err();
            assert_eq!(
                (error.code.as_str(), error.status),
                ("target", Some(status))
            );
            assert_eq!((error.ran, error.retryable), (Ran::No, false));
            assert_eq!(error.message, "There is no such call");
            assert!(error.decision.is_none());
            let ended = world.client("ann").notices.contains(&Notice::TokenEnded);
            assert!(!ended, "{status} says nothing of the token");
            assert_eq!(world.requests().len(), 2, "the map and the action");
        }
    }
}

#[test]
fn a_call_that_is_not_permitted_is_refused_once_whatever_the_code() {
    for status in STATUSES {
        for code in ["access_denied", "target", "other"] {
            let mut world = outdated(TelecomXSettings {
                foreign_call: (status, code.to_owned()),
                ..TelecomXSettings::default()
            });
            let error = world.act("pickup", &pickup()).unwrap_err();
            assert_eq!((error.code.as_str(), error.ran), (code, Ran::No));
            let again = world
                .requests()
                .iter()
                .filter(|it| it.contains("pickup"))
                .count();
            assert_eq!(again, 1);
            assert_eq!(error.kind == Kind::Denied, code == "access_denied");
        }
    }
}

#[test]
fn each_code_and_status_has_its_kind() {
    for (status, body, code, kind, ran, retryable) in [
        (
            401,
            r#"{"error":{"code":"Expired"}}"#,
            "Expired",
            Kind::Auth,
            Ran::No,
            false,
        ),
        (
            403,
            r#"{"error":{"code":"invalid_token"}}"#,
            "invalid_token",
            Kind::Auth,
            Ran::No,
            false,
        ),
        (
            401,
            r#"{"error":{"code":"something"}}"#,
            "something",
            Kind::Auth,
            Ran::No,
            false,
        ),
        (401, "", "CALLGATE_HTTP_401", Kind::Auth, Ran::No, false),
        (
            403,
            "<html>",
            "CALLGATE_HTTP_403",
            Kind::Denied,
            Ran::No,
            false,
        ),
        (
            403,
            r#"{"error":{"code":"blacklisted"}}"#,
            "blacklisted",
            Kind::Denied,
            Ran::No,
            false,
        ),
        (
            400,
            r#"{"error":{"code":"bad_request"}}"#,
            "bad_request",
            Kind::Portal,
            Ran::No,
            false,
        ),
        (
            409,
            r#"{"error":"taken"}"#,
            "CALLGATE_HTTP_409",
            Kind::Portal,
            Ran::No,
            false,
        ),
        (429, "", "CALLGATE_HTTP_429", Kind::Limit, Ran::No, true),
        (
            503,
            "",
            "CALLGATE_HTTP_503",
            Kind::Limit,
            Ran::Unknown,
            false,
        ),
        (
            500,
            r#"{"error":{"code":"internal_error"}}"#,
            "internal_error",
            Kind::Portal,
            Ran::Unknown,
            false,
        ),
        (302, "", "CALLGATE_HTTP_302", Kind::Protocol, Ran::No, false),
        (
            200,
            r#"{"error":{"code":"device","status":422}}"#,
            "device",
            Kind::Portal,
            Ran::No,
            false,
        ),
        (
            200,
            r#"{"error":{"code":"device"}}"#,
            "device",
            Kind::Portal,
            Ran::Unknown,
            false,
        ),
        (
            200,
            r#"{"success":false}"#,
            "CALLGATE_NO_SUCCESS",
            Kind::Portal,
            Ran::Unknown,
            false,
        ),
        (
            200,
            "<html>log in to the hotel</html>",
            "CALLGATE_NO_RESULT",
            Kind::Protocol,
            Ran::Unknown,
            false,
        ),
    ] {
        let mut world = World::new();
        world.fate("ann", [None, Some(Fate::Instead(status, body))]);
        let error = world.act("pickup", &pickup()).unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.kind),
            (code, kind),
            "{status} {body}"
        );
        assert_eq!(
            (error.ran, error.retryable),
            (ran, retryable),
            "{status} {body}"
        );
        assert!(!error.message.is_empty());
    }
}

#[test]
fn what_only_reads_may_be_tried_again_by_its_caller() {
    for status in [500, 503] {
        let mut world = World::new();
        world.fate("ann", [Some(Fate::Instead(status, ""))]);
        let error = world
            .run("ann", Call::Act(action("employees", "{}"), None))
            .unwrap_err();
        assert!(error.retryable);
        assert_eq!(world.requests().len(), 0, "not by itself");
    }
}

#[test]
fn several_errors_are_all_told() {
    let mut world = World::new();
    let body = r#"{"errors":[{"code":"device","message":"Invalid device","path":"device","check":"id"},
        {"code":"target","message":"Invalid target"}]}"#;
    world.fate("ann", [None, Some(Fate::Instead(422, body))]);
    let error = world.act("pickup", &pickup()).unwrap_err();
    assert_eq!(error.code, "device");
    assert_eq!(error.message, "device: Invalid device (id); Invalid target");
}
