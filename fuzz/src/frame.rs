//! The frame: the first line is a `window.name`, the rest a reply of the portal's page. A name that
//! is taken leads to one origin, over https unless that is this machine; messages fall apart into
//! what they were made of; and no token is printed.

use callgate::bitrix24::wire::frame::{self, Command, FrameAuth, FrameName};
use callgate::secret::Secret;
use callgate::value::Value;

pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (name, reply) = text.split_once('\n').unwrap_or((text, ""));
    match FrameName::parse(name) {
        Ok(frame) => names_an_origin(&frame, reply),
        Err(error) => {
            assert_eq!(error.code, "CALLGATE_NOT_IN_FRAME");
            let fixed = FrameName::parse("").unwrap_err();
            let repeated = name.len() >= 16 && error.message.contains(name);
            assert!(!repeated || fixed.message.contains(name), "{name}");
        }
    }
    let auth = Value::from_json(reply)
        .ok()
        .as_ref()
        .and_then(FrameAuth::read);
    if let Some(auth) = auth {
        assert!(!auth.access.is_empty());
        let shown = format!("{auth:?}");
        let access = Secret::new("other");
        assert_eq!(format!("{:?}", FrameAuth { access, ..auth }), shown);
    }
}

fn names_an_origin(frame: &FrameName, json: &str) {
    let (scheme, host) = frame.origin.as_str().split_once("://").unwrap();
    assert!(
        !host.contains(['/', '\\', '?', '#', '@', '|', ' ', '%']),
        "{host}"
    );
    let protocol = match scheme {
        "https" => "1",
        "http" => "0",
        other => panic!("{other}: is no scheme of a portal"),
    };
    let here = ["localhost", "127.", "[::1]"];
    assert!(
        scheme == "https" || here.iter().any(|here| host.starts_with(here)),
        "{host}"
    );
    let again = [host, protocol, &frame.sid].join("|");
    assert_eq!(FrameName::parse(&again).as_ref(), Ok(frame));

    // The page takes the command before the first colon, and the last two parts from the end.
    let Command::Text(message) = frame::command("refreshAuth", json, "a1", &frame.sid) else {
        panic!("a name without a colon goes as a text");
    };
    let (command, rest) = message.split_once(':').unwrap();
    let (rest, sid) = rest.rsplit_once(':').unwrap();
    let (params, callback) = rest.rsplit_once(':').unwrap();
    assert_eq!(
        (command, params, callback, sid),
        ("refreshAuth", json, "a1", frame.sid.as_str())
    );

    if let Some((callback, json)) = frame::answer(json) {
        assert!(!callback.is_empty() && !callback.contains(':') && !json.is_empty());
    }
}
