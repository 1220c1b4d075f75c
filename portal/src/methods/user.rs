//! Users: the caller, and the list.

use serde_json::{Map, Value, json};

use super::{Answer, Call};
use crate::{failure::Failure, lists::Query, php};

/// The portal's one administrator.
pub(crate) fn is_admin(user: u64) -> bool {
    user == 1
}

pub(super) fn admin(call: &mut Call<'_>) -> Result<Answer, Failure> {
    Ok(json!(is_admin(call.who.user)).into())
}

/// The calling user. A user whom the table lacks is made up from the number.
pub(super) fn current(call: &mut Call<'_>) -> Result<Answer, Failure> {
    let table = call.world.tables.get("user");
    let row = table
        .row(call.who.user)
        .unwrap_or_else(|| table.made(call.who.user));
    Ok(Value::Object(row).into())
}

/// The list. Its filter may stand in `FILTER` or among the parameters themselves; `sort` and
/// `order` are two texts.
pub(super) fn get(call: &mut Call<'_>) -> Result<Answer, Failure> {
    const NOT_A_FILTER: &[&str] = &["SORT", "ORDER", "ADMIN_MODE", "SELECT"];
    let filter = match call.any_case("FILTER") {
        Some(filter) => filter.clone(),
        None => {
            let table = call.world.tables.get("user");
            let fields = php::upper_keys(call.parameters.clone());
            let known = |name: &str| {
                table.knows(name.trim_start_matches(|sign: char| !sign.is_ascii_alphanumeric()))
            };
            Value::Object(
                fields
                    .into_iter()
                    .filter(|(name, _)| !NOT_A_FILTER.contains(&name.as_str()) && known(name))
                    .collect(),
            )
        }
    };
    let order = match call.any_case("ORDER") {
        Some(order) if php::entries(order).is_some() => order.clone(),
        order => {
            let sort = call.text("SORT");
            let direction = order.and_then(php::text).unwrap_or_default().into_owned();
            let sort = if sort.is_empty() {
                "ID".to_owned()
            } else {
                sort
            };
            let direction = if direction.is_empty() {
                "ASC".to_owned()
            } else {
                direction
            };
            Value::Object(Map::from_iter([(sort, json!(direction))]))
        }
    };
    let query = Query::read(
        call.world.tables.get("user"),
        Some(&filter),
        Some(&order),
        call.any_case("SELECT"),
    )?;
    Ok(call.old_page("user", &query))
}
