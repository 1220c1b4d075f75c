//! What a portal posts to an application, as a form or as JSON: only what is whole is taken, only
//! the text `1` grants, what is read can be written and read again, and no secret is printed.

use callgate::bitrix24::wire::event::{MethodConfirm, TokenScopes};
use callgate::bitrix24::wire::form;
use callgate::secret::Secret;
use callgate::value::Value;

pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    for posted in [Some(form::read(text)), Value::from_json(text).ok()] {
        let Some(posted) = posted else { continue };
        if let Some(event) = MethodConfirm::read(&posted) {
            confirms(&posted, event);
        }
        if let Some(scopes) = TokenScopes::read(&posted) {
            carries_scopes(scopes);
        }
    }
}

fn confirms(posted: &Value, event: MethodConfirm) {
    let confirmed = posted.at(&["data", "CONFIRMED"]).and_then(Value::as_text);
    assert_eq!(event.granted, confirmed == Some("1"));
    assert!(!event.token.is_empty() && !event.application_token.is_empty());

    let mut body = String::from("event=ONAPPMETHODCONFIRM");
    push(&mut body, "data[TOKEN]", event.token.expose());
    push(&mut body, "data[METHOD]", event.method.as_str());
    push(&mut body, "data[CONFIRMED]", confirmed.unwrap_or_default());
    let application_token = event.application_token.expose();
    push(&mut body, "auth[application_token]", application_token);
    if let Some(member) = &event.member_id {
        push(&mut body, "auth[member_id]", member);
    }
    if let Some(server) = &event.server_endpoint {
        push(&mut body, "auth[server_andpoint]", server);
    }
    assert_eq!(
        MethodConfirm::read(&form::read(&body)).as_ref(),
        Some(&event)
    );

    let shown = format!("{event:?}");
    let (token, application_token) = (Secret::new("other"), Secret::new("other"));
    let other = MethodConfirm {
        token,
        application_token,
        ..event
    };
    assert_eq!(format!("{other:?}"), shown);
}

fn carries_scopes(scopes: TokenScopes) {
    assert!(!scopes.token.is_empty() && !scopes.application_token.is_empty());

    let mut body = String::new();
    push(&mut body, "AUTH_ID", scopes.token.expose());
    push(&mut body, "APPLICATION_SCOPE", &scopes.scopes);
    push(
        &mut body,
        "APPLICATION_TOKEN",
        scopes.application_token.expose(),
    );
    if let Some(member) = &scopes.member_id {
        push(&mut body, "member_id", member);
    }
    assert_eq!(
        TokenScopes::read(&form::read(&body)).as_ref(),
        Some(&scopes)
    );

    let shown = format!("{scopes:?}");
    let (token, application_token) = (Secret::new("other"), Secret::new("other"));
    let other = TokenScopes {
        token,
        application_token,
        ..scopes
    };
    assert_eq!(format!("{other:?}"), shown);
}

fn push(body: &mut String, name: &str, value: &str) {
    body.push('&');
    body.push_str(name);
    body.push('=');
    form::escape(value, body);
}
