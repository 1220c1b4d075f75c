//! Methods about the portal, the app and its rights.

use serde_json::{Value, json};

use super::{Answer, Call, TABLE, all_scopes, find};
use crate::{auth::Kind, dates::atom, failure::Failure, ids::digest, php};

/// The scopes of the present token; with `full=1` all that the portal knows.
pub(super) fn scope(call: &mut Call<'_>) -> Result<Answer, Failure> {
    let full = call.any_case("full").is_some_and(php::truthy);
    let scopes = match &call.who.scopes {
        Some(scopes) if !full => json!(scopes),
        _ => json!(all_scopes()),
    };
    Ok(scopes.into())
}

/// The callable methods; of one scope with `scope`, of all with `full=1`.
pub(super) fn methods(call: &mut Call<'_>) -> Result<Answer, Failure> {
    let (full, scope) = (
        call.any_case("full").is_some_and(php::truthy),
        call.text("scope"),
    );
    let names: Vec<Value> = TABLE
        .iter()
        .filter(|method| !matches!(method.name, "download" | "upload"))
        .filter(|method| full || call.who.may(method.scopes))
        .filter(|method| scope.is_empty() || method.scopes.contains(&scope.as_str()))
        .map(|method| json!(method.name))
        .collect();
    Ok(Value::Array(names).into())
}

/// Whether a method exists and whether the token's scopes reach it. The key `name` must be in small
/// letters, and so must its value; nothing is said about confirmations or the user's rights.
pub(super) fn method_get(call: &mut Call<'_>) -> Result<Answer, Failure> {
    let name = call
        .parameter("name")
        .and_then(php::text)
        .unwrap_or_default();
    let method = find(&name);
    Ok(json!({
        "isExisting": method.is_some(),
        "isAvailable": method.is_some_and(|method| call.who.may(method.scopes)),
    })
    .into())
}

/// What the portal knows of the app. A webhook is told its scopes, an app is not.
pub(super) fn app_info(call: &mut Call<'_>) -> Result<Answer, Failure> {
    let licence = format!("{}_pro100", call.world.config.language);
    let result = match &call.who.kind {
        Kind::App { app, .. } => json!({
            "ID": 1,
            "CODE": app,
            "VERSION": 1,
            "STATUS": "L",
            "INSTALLED": true,
            "PAYMENT_EXPIRED": "N",
            "DAYS": null,
            "LANGUAGE_ID": call.world.config.language,
            "LICENSE": licence,
            "LICENSE_TYPE": "pro100",
            "LICENSE_FAMILY": "pro",
        }),
        Kind::Webhook { .. } => json!({"SCOPE": call.who.scopes, "LICENSE": licence}),
        Kind::Session => return Err(Failure::application_required()),
    };
    Ok(signed(call, result))
}

/// Whether the portal's plan has a feature: it has all of them.
pub(super) fn feature_get(call: &mut Call<'_>) -> Result<Answer, Failure> {
    if call.text("CODE").is_empty() {
        return Err(Failure::new(400, "CODE_EMPTY", "CODE can't be empty"));
    }
    Ok(json!({"value": "Y"}).into())
}

/// The calling user, in short.
pub(super) fn profile(call: &mut Call<'_>) -> Result<Answer, Failure> {
    let user = call.world.tables.get("user").made(call.who.user);
    let field = |name: &str| user.get(name).cloned().unwrap_or(Value::Null);
    let result = json!({
        "ID": call.who.user.to_string(),
        "ADMIN": super::user::is_admin(call.who.user),
        "NAME": field("NAME"),
        "LAST_NAME": field("LAST_NAME"),
        "PERSONAL_GENDER": field("PERSONAL_GENDER"),
        "TIME_ZONE": field("TIME_ZONE"),
    });
    Ok(signed(call, result))
}

/// The portal's time.
pub(super) fn server_time(call: &mut Call<'_>) -> Result<Answer, Failure> {
    Ok(json!(atom(call.now)).into())
}

/// The answer of a method that signs the caller's `state`.
fn signed(call: &Call<'_>, result: Value) -> Answer {
    let signature = call
        .state
        .as_ref()
        .map(|state| digest(&["signature", &call.world.config.member_id, state]));
    Answer {
        signature,
        ..Answer::from(result)
    }
}
