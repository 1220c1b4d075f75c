//! The one method that an administrator has to confirm.

use serde_json::{Value, json};

use super::{Answer, Call};
use crate::{failure::Failure, php};

/// The users' telephony settings. In this order: `USER_ID`, in capitals, is there; the user's right
/// (a matter of faults here, everybody has it); the confirmation; the rows.
pub(super) fn user_get(call: &mut Call<'_>) -> Result<Answer, Failure> {
    let Some(users) = call.parameter("USER_ID").cloned() else {
        return Err(Failure::plain("Parameter USER_ID is not set"));
    };
    call.confirmed()?;
    let table = call.world.tables.get("user");
    let rows: Vec<Value> = php::values(&users)
        .into_iter()
        .filter_map(|user| u64::try_from(php::int(user)).ok())
        .filter(|user| table.has(*user))
        .map(row)
        .collect();
    Ok(Value::Array(rows).into())
}

/// The first user's row is the documentation's example, masked values included.
fn row(user: u64) -> Value {
    let first = user == 1;
    let text = |masked: &str, made: String| if first { masked.to_owned() } else { made };
    json!({
        "DEFAULT_LINE": null,
        "ID": user.to_string(),
        "INNER_NUMBER": if first { Value::Null } else { json!((100 + user).to_string()) },
        "PHONE_ENABLED": if user % 2 == 1 { "Y" } else { "N" },
        "SIP_LOGIN": text("****", format!("phone{user}")),
        "SIP_PASSWORD": text("*****", format!("secret{user}")),
        "SIP_SERVER": text("*****", "sip.portal.test".to_owned()),
    })
}
