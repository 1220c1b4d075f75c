//! The tables of the check: eleven rights, eight levels, five overrides.

use callgate::decision::{Decision, Evidence, Layer, Verdict};
use callgate::telecomx::{Context, Level, Permissions, Right};

const EXTENSION: &str = "5c5a9dea83a3bc74d5891c95";

fn map(rights: &str) -> Permissions {
    Permissions::parse(&format!(r#"{{"{EXTENSION}":{{{rights}}}}}"#)).unwrap()
}

fn why(decision: &Decision) -> (&str, &str) {
    let problem = decision.problems.first().unwrap();
    (&problem.path, &problem.reason)
}

#[test]
fn each_of_the_eleven_rights_is_its_own() {
    for right in Right::ALL {
        let key = right.as_str();
        let map = map(&format!(r#""{key}":true,"viewOtherPartyOverride":"NONE""#));
        for other in Right::ALL {
            let decision = map.check(EXTENSION, other.as_str(), &Context::default());
            let verdict = match other == right {
                true => Verdict::Allowed,
                false => Verdict::Denied,
            };
            assert_eq!(decision.verdict, verdict, "{key} and {other:?}");
            assert_eq!(decision.layer, Some(Layer::Right));
            assert_eq!(decision.evidence, Evidence::Grant);
            assert_eq!(decision.needed, Some(vec![vec![other.as_str().to_owned()]]));
            assert_eq!(decision.provided, Some(vec![key.to_owned()]));
            assert_eq!(decision.remedy.is_some(), other != right);
        }
    }
}

#[test]
fn what_isnt_known_isnt_granted_and_the_decision_says_so() {
    let context = Context::default();
    let known = map(r#""pickup":false,"steal":"true","spy":1,"queueMember":null,"teleport":true"#);
    for (extension, action, path, reason) in [
        (
            "5beaa1574a7caf17c958ed3a",
            "pickup",
            "extension",
            "the map doesn't know this extension, so nothing is granted on it",
        ),
        (
            EXTENSION,
            "pickup",
            "extension",
            "the map doesn't grant this right on it",
        ),
        (
            EXTENSION,
            "steal",
            "extension",
            "what the map says of this right is neither true nor false",
        ),
        (
            EXTENSION,
            "spy",
            "extension",
            "what the map says of this right is neither true nor false",
        ),
        (
            EXTENSION,
            "queueMember",
            "extension",
            "the map doesn't grant this right on it",
        ),
        (
            EXTENSION,
            "readCalendar",
            "extension",
            "the map doesn't grant this right on it",
        ),
        (
            EXTENSION,
            "teleport",
            "action",
            "there is no such right and no such action, so it isn't granted",
        ),
        (
            EXTENSION,
            "PICKUP",
            "action",
            "there is no such right and no such action, so it isn't granted",
        ),
    ] {
        let decision = known.check(extension, action, &context);
        assert_eq!(decision.verdict, Verdict::Denied, "{action}");
        assert_eq!(why(&decision), (path, reason), "{action}");
    }
}

#[test]
fn ids_are_the_same_in_small_letters_and_in_capitals() {
    let map = map(r#""pickup":true"#);
    let capitals = EXTENSION.to_ascii_uppercase();
    let decision = map.check(&capitals, "pickup", &Context::default());
    assert_eq!(decision.verdict, Verdict::Allowed);
}

#[test]
fn each_override_hides_as_its_row_says() {
    let (away, here) = (Some("OFF_WORK"), Some("AVAILABLE"));
    let (inside, outside) = (Some(true), Some(false));
    for (named, presence, in_phonebook, hidden_by) in [
        (Some("NONE"), None, None, None),
        (Some("NONE"), away, inside, None),
        (Some("HIDE"), here, outside, Some("override")),
        (Some("HIDE_PERSONAL_PHONEBOOK"), None, outside, None),
        (Some("HIDE_PERSONAL_PHONEBOOK"), away, outside, None),
        (
            Some("HIDE_PERSONAL_PHONEBOOK"),
            here,
            inside,
            Some("inPhonebook"),
        ),
        (
            Some("HIDE_PERSONAL_PHONEBOOK"),
            here,
            None,
            Some("inPhonebook"),
        ),
        (Some("HIDE_OFF_WORK"), here, None, None),
        (Some("HIDE_OFF_WORK"), here, inside, None),
        (Some("HIDE_OFF_WORK"), Some("LUNCH"), None, None),
        (Some("HIDE_OFF_WORK"), away, outside, Some("presence")),
        (
            Some("HIDE_OFF_WORK"),
            Some("HOLIDAY"),
            None,
            Some("presence"),
        ),
        (
            Some("HIDE_OFF_WORK"),
            Some("off_work"),
            None,
            Some("presence"),
        ),
        (Some("HIDE_OFF_WORK"), None, outside, Some("presence")),
        (Some("HIDE_OFF_WORK"), Some(" "), outside, Some("presence")),
        (
            Some("HIDE_PERSONAL_PHONEBOOK_AND_OFF_WORK"),
            here,
            outside,
            None,
        ),
        (
            Some("HIDE_PERSONAL_PHONEBOOK_AND_OFF_WORK"),
            away,
            outside,
            Some("presence"),
        ),
        (
            Some("HIDE_PERSONAL_PHONEBOOK_AND_OFF_WORK"),
            here,
            inside,
            Some("inPhonebook"),
        ),
        (
            Some("HIDE_PERSONAL_PHONEBOOK_AND_OFF_WORK"),
            None,
            outside,
            Some("presence"),
        ),
        (
            Some("HIDE_PERSONAL_PHONEBOOK_AND_OFF_WORK"),
            here,
            None,
            Some("inPhonebook"),
        ),
        (Some("HIDE_ON_MONDAYS"), here, outside, Some("override")),
        (Some("none"), here, outside, Some("override")),
        (None, here, outside, Some("override")),
    ] {
        let rights = match named {
            Some(named) => format!(r#""viewOtherParty":true,"viewOtherPartyOverride":"{named}""#),
            None => r#""viewOtherParty":true"#.to_owned(),
        };
        let context = Context {
            presence: presence.map(str::to_owned),
            in_phonebook,
            level: None,
        };
        let decision = map(&rights).check(EXTENSION, "viewOtherParty", &context);
        let case = format!("{named:?} {presence:?} {in_phonebook:?}");
        let problem = decision.problems.first().map(|it| it.path.as_str());
        assert_eq!(problem, hidden_by, "{case}");
        let verdict = match hidden_by {
            None => Verdict::Allowed,
            Some(_) => Verdict::Denied,
        };
        assert_eq!(decision.verdict, verdict, "{case}");
    }
}

#[test]
fn no_override_shows_what_the_right_does_not() {
    let map = map(r#""viewOtherParty":false,"viewOtherPartyOverride":"NONE""#);
    let decision = map.check(EXTENSION, "viewOtherParty", &Context::default());
    assert_eq!(decision.verdict, Verdict::Denied);
}

#[test]
fn each_level_may_what_its_set_says() {
    const LEVELS: [&str; 8] = [
        "NO_LOGIN",
        "PERSONAL",
        "VIEWER",
        "MANAGER",
        "OWNER",
        "RESELLER",
        "RESELLER_ADMIN",
        "ADMIN",
    ];
    let app = [false, true, true, true, true, true, false, true];
    let calendar = [false, true, true, true, true, false, false, false];
    let queue = [false, true, false, true, true, true, false, true];
    let any = [false, true, true, true, true, true, true, true];
    let all = Right::ALL.map(|right| format!(r#""{}":true"#, right.as_str()));
    let map = map(&format!(
        r#"{},"viewOtherPartyOverride":"NONE""#,
        all.join(",")
    ));
    for (action, set) in [
        ("pickup", app),
        ("steal", app),
        ("spy", app),
        ("call", app),
        ("hangup", app),
        ("transfer", app),
        ("hold", app),
        ("unhold", app),
        ("controlSipDevices", app),
        ("viewOtherParty", app),
        ("setPresence", any),
        ("redirect", app),
        ("queueMember", queue),
        ("joinQueue", queue),
        ("leaveQueue", queue),
        ("readCalendar", calendar),
        ("readCalendarEvent", calendar),
        ("writeCalendar", calendar),
        ("addCalendarEvent", calendar),
        ("removeCalendarEvent", calendar),
        ("readPhonebook", app),
        ("readContact", any),
        ("writePhonebook", any),
        ("addContact", any),
    ] {
        for (name, may) in LEVELS.into_iter().zip(set) {
            let level = Some(Level::parse(name));
            let context = Context {
                level,
                ..Context::default()
            };
            let decision = map.check(EXTENSION, action, &context);
            let case = format!("{action} as {name}");
            if may {
                assert_eq!(decision.verdict, Verdict::Allowed, "{case}");
            } else {
                assert_eq!(decision.verdict, Verdict::Denied, "{case}");
                assert_eq!(decision.evidence, Evidence::Catalogue, "{case}");
                assert_eq!(decision.provided, Some(vec![name.to_owned()]), "{case}");
                assert_eq!(why(&decision).0, "level", "{case}");
            }
        }
    }
}

#[test]
fn an_unknown_level_is_granted_nothing_and_forbidden_nothing() {
    let map = map(r#""pickup":true,"spy":false"#);
    let context = Context {
        level: Some(Level::parse("SUPERVISOR")),
        ..Context::default()
    };
    let decision = map.check(EXTENSION, "pickup", &context);
    assert_eq!(decision.verdict, Verdict::Unknown);
    assert_eq!(
        why(&decision),
        (
            "level",
            "the access level isn't a documented one, so nothing is known of it"
        )
    );
    let decision = map.check(EXTENSION, "spy", &context);
    assert_eq!(decision.verdict, Verdict::Denied);
}

#[test]
fn managers_need_no_right_to_set_presences_and_redirections_but_for_other_things() {
    let map = map(r#""setPresence":false"#);
    for (level, without_right) in [
        ("PERSONAL", Verdict::Denied),
        ("VIEWER", Verdict::Denied),
        ("MANAGER", Verdict::Unknown),
        ("OWNER", Verdict::Unknown),
        ("RESELLER", Verdict::Unknown),
        ("ADMIN", Verdict::Unknown),
    ] {
        let context = Context {
            level: Some(Level::parse(level)),
            ..Context::default()
        };
        for action in ["setPresence", "redirect"] {
            let verdict = map.check(EXTENSION, action, &context).verdict;
            assert_eq!(verdict, without_right, "{action} as {level}");
        }
        let verdict = map.check(EXTENSION, "pickup", &context).verdict;
        assert_eq!(verdict, Verdict::Denied, "{level}");
    }
}

#[test]
fn what_the_map_does_not_tell_is_unknown() {
    for action in ["queuePickup", "queueMembers", "employees"] {
        let decision = map(r#""pickup":true"#).check(EXTENSION, action, &Context::default());
        assert_eq!(decision.verdict, Verdict::Unknown, "{action}");
    }
}
