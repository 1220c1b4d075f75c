//! The TelecomX server as the documentation tells it, asked by hand, and its control plane.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic, and says what is wrong by doing so"
)]

use callgate_portal::{Portal, Reply, Request, TelecomXUser};
use serde_json::{Value, json};

fn control(portal: &mut Portal, path: &str, body: &Value) -> Value {
    let request = Request::json(format!("/_portal/telecomx/{path}"), body);
    let reply = portal.handle(0, &request);
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.value()
}

fn login(portal: &mut Portal, name: &str) -> String {
    let given = json!({"username": name, "password": "password"});
    let told = portal
        .handle(0, &Request::json("/auth/login", &given))
        .value();
    told["token"].as_str().unwrap().to_owned()
}

fn get(portal: &mut Portal, token: &str, url: &str) -> Reply {
    let request = Request::get(url).with_header("Authorization", format!("Bearer {token}"));
    portal.handle(0, &request)
}

#[test]
fn a_group_gives_its_controllers_rights_on_its_members_until_it_is_edited() {
    let mut portal = Portal::new();
    let ann = control(&mut portal, "users", &json!({"name": "ann"}));
    let bob = control(
        &mut portal,
        "users",
        &json!({"name": "bob", "override": "HIDE"}),
    );
    let (own, other) = (&ann["extensions"][0], &bob["extensions"][0]);
    let group = |rights: Value| json!({"name": "team", "members": [other], "controllers": [own], "rights": rights});
    control(&mut portal, "groups", &group(json!(["pickup"])));
    let token = login(&mut portal, "ann");

    let map = get(&mut portal, &token, "/pbx/app/permissions").value();
    let rights = &map[other.as_str().unwrap()];
    assert_eq!(rights.as_object().unwrap().len(), 12);
    assert_eq!(
        (&rights["pickup"], &rights["spy"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(rights["viewOtherPartyOverride"], "HIDE");

    let target = other.as_str().unwrap();
    let url = format!("/pbx/app/grouppermissions?target={target}");
    let single = get(&mut portal, &token, &url).value();
    assert_eq!(single.as_object().unwrap().len(), 11);

    let device = ann["devices"][0].as_str().unwrap();
    let url = format!("/pbx/app/action/pickup?device={device}&target={target}");
    assert_eq!(
        get(&mut portal, &token, &url).value(),
        json!({"success": true})
    );
    control(&mut portal, "groups", &group(json!([])));
    let refused = get(&mut portal, &token, &url);
    assert_eq!(refused.status, 403);
    assert_eq!(refused.value()["error"]["code"], "access_denied");
    assert_eq!(portal.telecomx().done().len(), 1);
}

#[test]
fn requests_without_a_good_token_are_refused_with_the_documented_codes() {
    let mut portal = Portal::new();
    portal.telecomx().user(TelecomXUser::named("ann"));
    let token = login(&mut portal, "ann");
    let url = "/pbx/app/permissions";
    let code = |reply: Reply| (reply.status, reply.value()["error"]["code"].clone());
    assert_eq!(
        code(portal.handle(0, &Request::get(url))),
        (401, json!("format_error"))
    );
    assert_eq!(
        code(get(&mut portal, "x", url)),
        (401, json!("invalid_token"))
    );
    portal.advance(15 * 60_000);
    assert_eq!(code(get(&mut portal, &token, url)), (401, json!("expired")));
}

#[test]
fn levels_are_sets() {
    let mut portal = Portal::new();
    for (level, map, single, calendar) in [
        ("PERSONAL", 200, 422, 200),
        ("RESELLER", 200, 422, 403),
        ("RESELLER_ADMIN", 200, 403, 403),
        ("ADMIN", 200, 422, 403),
    ] {
        control(
            &mut portal,
            "users",
            &json!({"name": "ann", "level": level}),
        );
        let token = login(&mut portal, "ann");
        for (url, status) in [
            ("/pbx/app/permissions", map),
            ("/pbx/app/grouppermissions", single),
            ("/pbx/calendar", calendar),
        ] {
            assert_eq!(
                get(&mut portal, &token, url).status,
                status,
                "{level} {url}"
            );
        }
    }
}

#[test]
fn what_nobody_knows_is_a_setting() {
    let mut portal = Portal::new();
    control(&mut portal, "users", &json!({"name": "ann", "sms": true}));
    let set = json!({"secondFactor": {"status": 409, "code": "sms"}, "errors": "errors"});
    control(&mut portal, "settings", &set);
    let given = json!({"username": "ann", "password": "password"});
    let reply = portal.handle(0, &Request::json("/auth/login", &given));
    assert_eq!(
        (reply.status, &reply.value()["errors"][0]["code"]),
        (409, &json!("sms"))
    );
    let sent = portal
        .handle(0, &Request::get("/_portal/telecomx/sms"))
        .value();
    assert_eq!(sent[0]["to"], "ann");

    for (field, wrong) in [
        ("denied", json!(42)),
        ("noCall", json!("x")),
        ("errors", json!("page")),
        ("sliding", json!(1)),
    ] {
        let request = Request::json("/_portal/telecomx/settings", &json!({field: wrong}));
        let reply = portal.handle(0, &request);
        assert_eq!(
            (reply.status, &reply.value()["field"]),
            (400, &json!(field))
        );
    }
}

#[test]
fn calls_are_started_and_ended_by_hand() {
    let mut portal = Portal::new();
    let ann = control(&mut portal, "users", &json!({"name": "ann"}));
    let call = control(
        &mut portal,
        "calls",
        &json!({"extension": ann["extensions"][0]}),
    );
    let token = login(&mut portal, "ann");
    let url = format!(
        "/pbx/app/action/hangup?target={}",
        call["id"].as_str().unwrap()
    );
    assert_eq!(get(&mut portal, &token, &url).status, 200);
    let gone = get(&mut portal, &token, &url);
    assert_eq!(
        (gone.status, &gone.value()["error"]["code"]),
        (422, &json!("target"))
    );
}
