//! Logging in with each second factor, validating, logging out, expiring.

use callgate::error::{Kind, Ran};
use callgate::secret::Secret;
use callgate::telecomx::{Call, Expiry, Level, Login, Notice};
use callgate::time::Instant;
use callgate::value::Value;
use callgate_portal::TelecomXSettings;

use super::{Fate, START, World, employee, login, map_of, result_of, session_of};

fn validate(ip: Option<&str>, token_in_url: bool) -> Call {
    Call::Validate {
        ip: ip.map(str::to_owned),
        extend: true,
        token_in_url,
    }
}

#[test]
fn a_login_gives_a_token_for_fifteen_minutes() {
    let mut world = World::logged_out(TelecomXSettings::default());
    let session = session_of(world.run("ann", Call::Login(login("ann"))));
    assert_eq!(session.employee, Some(employee("ann")));
    assert_eq!(session.level, Some(Level::Personal));
    assert_eq!(
        session.expiry,
        Expiry::At(Instant::from_millis(START + 15 * 60_000))
    );
    assert!(session.details.as_ref().unwrap().get("token").is_none());
    let entry = world.portal.log(0).next().unwrap();
    assert_eq!(
        (entry.method.as_str(), entry.url.as_str()),
        ("POST", "/auth/login")
    );
    assert_eq!(
        entry.body,
        r#"{"username":"ann","password":"password","persist":false}"#
    );
    assert!(
        entry
            .headers
            .iter()
            .all(|(name, _)| name != "authorization")
    );

    let token = world.client("ann").connection.token().unwrap();
    let bearer = format!("Bearer {}", token.expose());
    world.run("ann", Call::Permissions).unwrap();
    let entry = world.portal.log(0).last().unwrap();
    let sent = entry
        .headers
        .iter()
        .find(|(name, _)| name == "authorization");
    assert_eq!(sent.map(|(_, value)| value), Some(&bearer));
}

#[test]
fn the_minutes_of_a_token_are_read_as_they_are_meant() {
    let minutes = |count: u64| Expiry::At(Instant::from_millis(START + count * 60_000));
    for (told, expiry) in [
        (r#","expiresInMinutes":15"#, minutes(15)),
        (r#","expiresInMinutes":"60""#, minutes(60)),
        (r#","expiresInMinutes":-1"#, Expiry::Never),
        (r#","expiresInMinutes":0"#, Expiry::Unknown),
        (r#","expiresInMinutes":-2"#, Expiry::Unknown),
        (r#","expiresInMinutes":1e9"#, Expiry::Unknown),
        (r#","expiresInMinutes":null"#, Expiry::Unknown),
        ("", Expiry::Unknown),
    ] {
        let mut world = World::logged_out(TelecomXSettings::default());
        let body = format!(r#"{{"token":"abc"{told}}}"#).leak();
        world.fate("ann", [Some(Fate::Instead(200, body))]);
        let session = session_of(world.run("ann", Call::Login(login("ann"))));
        assert_eq!(session.expiry, expiry, "{told}");
        assert_eq!(session.level, None);
    }
}

#[test]
fn a_token_that_persists_does_not_expire() {
    let mut world = World::logged_out(TelecomXSettings::default());
    let login = Login {
        persist: true,
        ..login("ann")
    };
    let session = session_of(world.run("ann", Call::Login(login)));
    assert_eq!(session.expiry, Expiry::Never);
    world.pass(365 * 86_400);
    map_of(world.run("ann", Call::Permissions));
}

#[test]
fn a_second_factor_by_sms_takes_two_logins() {
    for status in [400, 401, 403, 404, 409, 422] {
        let mut world = World::logged_out(TelecomXSettings {
            second_factor: (status, "sms_required".to_owned()),
            ..TelecomXSettings::default()
        });
        world.portal.telecomx().user_mut("ann").unwrap().sms = true;
        let error = world.run("ann", Call::Login(login("ann"))).unwrap_err();
        assert_eq!((error.kind, error.status), (Kind::Auth, Some(status)));
        assert_eq!((error.code.as_str(), error.ran), ("sms_required", Ran::No));
        assert!(error.message.contains("smsKey"), "{}", error.message);

        let code = world.portal.telecomx().sms()[0].1.clone();
        let wrong = Login {
            sms_key: Some(Secret::new("000")),
            ..login("ann")
        };
        let error = world.run("ann", Call::Login(wrong)).unwrap_err();
        assert_eq!(error.kind, Kind::Auth);
        assert!(!error.message.contains("smsKey"), "{}", error.message);
        let right = Login {
            sms_key: Some(Secret::new(format!(" {code} "))),
            ..login("ann")
        };
        session_of(world.run("ann", Call::Login(right)));
        assert_eq!(world.requests().len(), 3, "no login is repeated by itself");
    }
}

#[test]
fn a_second_factor_by_authenticator_takes_its_token() {
    let mut world = World::logged_out(TelecomXSettings::default());
    let ann = world.portal.telecomx().user_mut("ann").unwrap();
    ann.authenticator = Some("123456".to_owned());
    assert!(world.run("ann", Call::Login(login("ann"))).is_err());
    let with_code = Login {
        authenticator_token: Some(Secret::new("123456")),
        ..login("ann")
    };
    session_of(world.run("ann", Call::Login(with_code)));
    let body = &world.portal.log(0).last().unwrap().body;
    assert!(body.contains(r#""authenticatorToken":"123456""#), "{body}");
}

#[test]
fn a_refused_login_leaves_the_token_before_it() {
    let mut world = World::new();
    world.run("ann", Call::Permissions).unwrap();
    let wrong = Login::new("ann", Secret::new("guess"));
    let error = world.run("ann", Call::Login(wrong)).unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.kind),
        ("credentials_invalid", Kind::Auth)
    );
    map_of(world.run("ann", Call::Permissions));
    assert!(!world.client("ann").notices.contains(&Notice::TokenEnded));
}

#[test]
fn a_login_without_a_usable_token_is_none() {
    for body in ["{}", "", r#"{"token":""}"#, r#"{"token":"a\nb"}"#, "<html>"] {
        let mut world = World::logged_out(TelecomXSettings::default());
        world.fate("ann", [Some(Fate::Instead(200, body))]);
        let error = world.run("ann", Call::Login(login("ann"))).unwrap_err();
        assert_eq!(error.kind, Kind::Protocol, "{body}");
        assert!(world.client("ann").connection.token().is_none());
    }
}

#[test]
fn a_valid_token_tells_whose_it_is() {
    let mut world = World::new();
    for token_in_url in [false, true] {
        let session = session_of(world.run("ann", validate(Some("127.0.0.1"), token_in_url)));
        assert_eq!(session.employee, Some(employee("ann")));
        assert_eq!(session.level, Some(Level::Personal));
        let details = session.details.unwrap();
        assert_eq!(details.get("name").and_then(Value::as_text), Some("ann"));
        assert!(matches!(session.expiry, Expiry::At(_)), "as the login said");
        let url = world.requests().pop().unwrap();
        assert_eq!(url.contains("token="), token_in_url, "{url}");
        assert!(url.contains("ip=127.0.0.1") && url.contains("extend=true"));
    }
}

#[test]
fn a_token_that_is_not_valid_is_said_to_be_none() {
    let mut world = World::new();
    let error = world
        .run("ann", validate(Some("10.0.0.9"), true))
        .unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.kind),
        ("CALLGATE_TOKEN_INVALID", Kind::Auth)
    );
    assert!(error.message.contains("ip"));

    world.portal.telecomx().settings.validates_header = false;
    let error = world.run("ann", validate(None, false)).unwrap_err();
    assert!(error.message.contains("token_in_url"), "{}", error.message);
    assert!(world.run("ann", validate(None, true)).is_ok());
}

#[test]
fn a_token_of_ones_own_gets_its_level_by_validation() {
    let mut world = World::new();
    let token = world.client("ann").connection.token().unwrap().clone();
    world.client("tom").connection.set_token(token).unwrap();
    assert!(world.client("tom").connection.session().is_none());
    session_of(world.run("tom", validate(None, false)));
    let session = world.client("tom").connection.session().unwrap();
    assert_eq!(session.level, Some(Level::Personal));
    assert_eq!(session.expiry, Expiry::Unknown);
}

#[test]
fn a_logout_ends_the_token_here_and_there() {
    let mut world = World::new();
    world.run("ann", Call::Permissions).unwrap();
    let token = world.client("ann").connection.token().unwrap().clone();
    result_of(world.run("ann", Call::Logout));
    assert_eq!(world.requests().last().unwrap(), "GET /auth/logout");
    let connection = &world.client("ann").connection;
    assert!(connection.token().is_none() && connection.session().is_none());
    assert!(connection.permissions().is_none());

    let before = world.requests().len();
    let error = world.run("ann", Call::Permissions).unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.ran),
        ("CALLGATE_NO_TOKEN", Ran::No)
    );
    assert_eq!(world.requests().len(), before);
    world.client("ann").connection.set_token(token).unwrap();
    let error = world.run("ann", Call::Permissions).unwrap_err();
    assert_eq!(error.code, "invalid_token");
}

#[test]
fn an_expired_token_is_told_of_once_and_another_login_goes_on() {
    let mut world = World::new();
    world.pass(15 * 60);
    for _ in 0..2 {
        let error = world.run("ann", Call::Permissions).unwrap_err();
        assert_eq!((error.code.as_str(), error.kind), ("expired", Kind::Auth));
        assert_eq!((error.ran, error.retryable), (Ran::No, false));
    }
    assert_eq!(world.client("ann").notices, [Notice::TokenEnded]);
    session_of(world.run("ann", Call::Login(login("ann"))));
    map_of(world.run("ann", Call::Permissions));
    world.pass(15 * 60);
    assert!(world.run("ann", Call::Permissions).is_err());
    let ended = |notice: &&Notice| **notice == Notice::TokenEnded;
    assert_eq!(world.client("ann").notices.iter().filter(ended).count(), 2);
}

#[test]
fn where_use_prolongs_a_token_nothing_here_ends_it() {
    let mut world = World::with(TelecomXSettings {
        sliding: true,
        ..TelecomXSettings::default()
    });
    for _ in 0..4 {
        world.pass(10 * 60);
        map_of(world.run("ann", Call::Permissions));
    }
}

#[test]
fn an_old_tokens_end_says_nothing_of_the_new_one() {
    let mut world = World::new();
    world.pass(15 * 60);
    world.fate("ann", [Some(Fate::Silence), None]);
    let late = world.submit("ann", Call::Permissions);
    session_of(world.run("ann", Call::Login(login("ann"))));
    world.release("ann", 0);
    assert_eq!(world.end("ann", late).unwrap_err().code, "expired");
    assert!(!world.client("ann").notices.contains(&Notice::TokenEnded));
}

#[test]
fn rule_9_no_secret_is_shown() {
    let mut world = World::logged_out(TelecomXSettings::default());
    let login = Login {
        sms_key: Some(Secret::new("998877")),
        ..Login::new("ann", Secret::new("hunter22"))
    };
    assert!(!format!("{:?}", Call::Login(login.clone())).contains("hunter22"));
    let echo = r#"{"error":{"code":"wrong-hunter22","message":"not hunter22 and 998877"}}"#;
    world.fate("ann", [Some(Fate::Instead(401, echo))]);
    let error = world.run("ann", Call::Login(login)).unwrap_err();
    let shown = format!("{error:?}");
    assert!(
        !shown.contains("hunter22") && !shown.contains("998877"),
        "{shown}"
    );

    let mut world = World::new();
    let token = world.client("ann").connection.token().unwrap().clone();
    let echo = format!(
        r#"{{"error":{{"code":"x","message":"{}"}}}}"#,
        token.expose()
    )
    .leak();
    world.fate("ann", [Some(Fate::Instead(500, echo))]);
    let error = world.run("ann", Call::Permissions).unwrap_err();
    assert_eq!(error.message, "…");
    let session = format!("{:?}", world.client("ann").connection.session());
    assert!(!session.contains(token.expose()));
}
