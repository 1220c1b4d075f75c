//! The managers of departments.

use serde_json::{Map, Value, json};

use super::{Answer, Call};
use crate::{failure::Failure, php};

/// Managers by department: their numbers, or with `USER_DATA=Y` the users themselves. A department
/// that has none is left out, so a search without success gives `[]`.
pub(super) fn managers(call: &mut Call<'_>) -> Result<Answer, Failure> {
    let departments: Vec<u64> = call
        .any_case("ID")
        .map(php::values)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|id| u64::try_from(php::int(id)).ok())
        .filter(|id| *id > 0)
        .collect();
    if departments.is_empty() {
        return Err(Failure::new(
            400,
            "ID_EMPTY",
            "Department ID can't be empty",
        ));
    }
    let with_data = call.text("USER_DATA") == "Y";
    let single = with_data && call.world.faults.asks("single-user-data", call.name);
    let mut result = Map::new();
    for department in departments {
        let Some(manager) = manager_of(department) else {
            continue;
        };
        let value = match (with_data, single) {
            (false, _) => json!([manager]),
            (true, false) => json!([person(call, manager)]),
            (true, true) => person(call, manager),
        };
        result.insert(department.to_string(), value);
    }
    Ok(Value::Object(result).into())
}

/// Department 105 is the documentation's example; there are no departments above it.
fn manager_of(department: u64) -> Option<u64> {
    match department {
        105 => Some(1),
        1..105 => Some(department % 100 + 2),
        _ => None,
    }
}

/// A user as the messenger shows one. The first is the documentation's example.
fn person(call: &Call<'_>, user: u64) -> Value {
    let table = call.world.tables.get("user");
    let row = table.row(user).unwrap_or_else(|| table.made(user));
    let text = |name: &str| {
        row.get(name)
            .and_then(php::text)
            .unwrap_or_default()
            .into_owned()
    };
    let first = user == 1;
    json!({
        "id": user,
        "name": format!("{} {}", text("NAME"), text("LAST_NAME")),
        "first_name": text("NAME"),
        "last_name": text("LAST_NAME"),
        "work_position": text("WORK_POSITION"),
        "color": "#df532d",
        "avatar": if first { "http://192.168.2.232/upload/resize_cache/main/1d3/100_100_2/shelenkov.png" } else { "" },
        "gender": if first { "M" } else { "F" },
        "birthday": "",
        "extranet": false,
        "network": false,
        "bot": false,
        "connector": false,
        "external_auth_id": "default",
        "status": "online",
        "idle": false,
        "last_activity_date": "2018-01-29T17:35:31+03:00",
        "desktop_last_date": false,
        "mobile_last_date": false,
        "departments": row.get("UF_DEPARTMENT").cloned().unwrap_or_else(|| json!([])),
        "absent": false,
        "phones": {"work_phone": "", "personal_mobile": "", "personal_phone": ""},
    })
}
