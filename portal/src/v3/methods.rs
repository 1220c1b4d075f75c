//! The methods of version 3: resources with the same few actions, and some that stand alone.

use serde_json::{Map, Value, json};

use super::{Problem, query};
use crate::{auth::Identity, dates::atom, http::UnixMs, methods::all_scopes, php, world::World};

/// Rows under the names that version 3 has for their fields.
pub(super) struct Resource {
    path: &'static str,
    pub(super) table: &'static str,
    pub(super) fields: &'static [Field],
    actions: &'static [&'static str],
}

/// A field: its name, the table's column, and whether it is a number.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) column: &'static str,
    number: bool,
}

const fn number(name: &'static str, column: &'static str) -> Field {
    Field {
        name,
        column,
        number: true,
    }
}

const fn text(name: &'static str, column: &'static str) -> Field {
    Field {
        name,
        column,
        number: false,
    }
}

const RESOURCES: &[Resource] = &[
    Resource {
        path: "tasks.task",
        table: "task",
        fields: &[
            number("id", "ID"),
            text("title", "TITLE"),
            text("description", "DESCRIPTION"),
            number("creatorId", "CREATED_BY"),
            text("created", "CREATED_DATE"),
            number("responsibleId", "RESPONSIBLE_ID"),
            text("deadline", "DEADLINE"),
            number("groupId", "GROUP_ID"),
        ],
        actions: &[
            "get",
            "list",
            "add",
            "update",
            "delete",
            "field.list",
            "field.get",
        ],
    },
    Resource {
        path: "main.eventlog",
        table: "eventlog",
        fields: &[
            number("id", "ID"),
            text("timestampX", "TIMESTAMP_X"),
            text("severity", "SEVERITY"),
            text("auditTypeId", "AUDIT_TYPE_ID"),
            number("userId", "USER_ID"),
            text("description", "DESCRIPTION"),
        ],
        actions: &["get", "list", "tail", "field.list", "field.get"],
    },
];

/// Known and guarded; they answer an empty list, or that it went well.
const STAND_INS: &[&str] = &[
    "call.followup.list",
    "humanresources.employee.search",
    "humanresources.node.add",
    "humanresources.node.list",
    "mail.mailbox.list",
    "mail.message.list",
    "mail.message.send",
    "note.collection.add",
    "note.collection.list",
    "note.document.get",
    "tasks.task.chat.message.send",
    "tasks.task.result.list",
    "timeman.record.list",
];

/// What a name of version 3 leads to.
pub(super) struct Method<'a> {
    pub(super) name: &'a str,
    pub(super) run: Run,
}

pub(super) enum Run {
    Resource(&'static Resource, &'static str),
    Scopes,
    OpenApi,
    Batch,
    StandIn,
}

/// Looks a name up, spelled exactly.
pub(super) fn find(name: &str) -> Option<Method<'_>> {
    let run = match name {
        "batch" => Run::Batch,
        "rest.scope.list" | "scopes" => Run::Scopes,
        "rest.documentation.openapi" | "documentation" => Run::OpenApi,
        _ if STAND_INS.contains(&name) => Run::StandIn,
        _ => RESOURCES.iter().find_map(|resource| {
            let action = name.strip_prefix(resource.path)?.strip_prefix('.')?;
            let action = resource.actions.iter().find(|known| **known == action)?;
            Some(Run::Resource(resource, action))
        })?,
    };
    Some(Method { name, run })
}

impl Method<'_> {
    /// Whether the caller's scopes reach the method. A scope may be a module, a controller or one
    /// method, each perhaps with fields in brackets; `task` counts as `tasks`.
    pub(super) fn allowed(&self, who: &Identity) -> bool {
        if matches!(self.run, Run::Scopes | Run::OpenApi | Run::Batch) {
            return true;
        }
        let reaches = |scope: &String| {
            let scope = scope.split('[').next().unwrap_or_default();
            let scope = if scope == "task" { "tasks" } else { scope };
            self.name
                .strip_prefix(scope)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        who.scopes.as_ref().is_none_or(|scopes| {
            scopes
                .iter()
                .any(|scope| !scope.is_empty() && reaches(scope))
        })
    }
}

/// Runs any method but `batch`.
pub(super) fn run(
    world: &mut World,
    now: UnixMs,
    method: &Method<'_>,
    who: &Identity,
    parameters: &Map<String, Value>,
) -> Result<Value, Problem> {
    match method.run {
        Run::Resource(resource, action) => act(world, now, resource, action, parameters),
        Run::Scopes => Ok(json!(who.scopes.clone().unwrap_or_else(|| {
            all_scopes().into_iter().map(str::to_owned).collect()
        }))),
        Run::OpenApi => Ok(open_api(&world.config.client_endpoint())),
        Run::StandIn if method.name.ends_with("list") || method.name.ends_with("search") => {
            Ok(json!({"items": []}))
        }
        Run::StandIn => Ok(json!({"result": true})),
        // One level is all there is.
        Run::Batch => Err(Problem::unknown_method(method.name)),
    }
}

/// The description of the methods: the one answer that is not wrapped in `result`.
fn open_api(endpoint: &str) -> Value {
    let resources = RESOURCES.iter().flat_map(|resource| {
        resource
            .actions
            .iter()
            .map(move |action| format!("{}.{action}", resource.path))
    });
    let names = resources.chain(STAND_INS.iter().map(|name| (*name).to_owned()));
    let paths: Map<String, Value> = names
        .map(|name| (format!("/{name}"), json!({"post": {"operationId": name}})))
        .collect();
    json!({
        "openapi": "3.0.0",
        "info": {"title": "Bitrix24 REST V3 API", "version": "1.0.0"},
        "servers": [{"url": format!("{endpoint}api/")}],
        "paths": paths,
    })
}

fn act(
    world: &mut World,
    now: UnixMs,
    resource: &'static Resource,
    action: &str,
    parameters: &Map<String, Value>,
) -> Result<Value, Problem> {
    let parameter = |name: &str| parameters.get(name).filter(|value| !value.is_null());
    let table = world.tables.get(resource.table);
    match action {
        "list" => {
            let ids = query::list(table, resource, parameters)?;
            let select = resource.select(parameter("select"))?;
            Ok(
                json!({"items": ids.into_iter().map(|id| resource.show(world, id, &select)).collect::<Vec<_>>()}),
            )
        }
        "tail" => {
            let ids = query::tail(table, resource, parameters)?;
            let select = resource.select(parameter("select"))?;
            Ok(
                json!({"items": ids.into_iter().map(|id| resource.show(world, id, &select)).collect::<Vec<_>>()}),
            )
        }
        "get" => {
            let id = existing(world, resource, parameter("id"))?;
            let select = resource.select(parameter("select"))?;
            Ok(json!({"item": resource.show(world, id, &select)}))
        }
        "add" => {
            let mut row = table.blank();
            row.insert("CREATED_DATE".to_owned(), json!(atom(now)));
            let given = resource.given(parameter("fields"))?;
            if !given.contains_key("TITLE") {
                return Err(Problem::field("title", "Field \"title\" is required"));
            }
            row.extend(given);
            Ok(json!({"id": world.tables.get_mut(resource.table).put(row)}))
        }
        "update" => {
            let id = existing(world, resource, parameter("id"))?;
            let mut row = world.tables.get(resource.table).row(id).unwrap_or_default();
            row.extend(resource.given(parameter("fields"))?);
            world.tables.get_mut(resource.table).put(row);
            Ok(json!({"result": true}))
        }
        "delete" => {
            let id = existing(world, resource, parameter("id"))?;
            Ok(json!({"result": world.tables.get_mut(resource.table).delete(id)}))
        }
        "field.list" => {
            Ok(json!({"items": resource.fields.iter().map(Field::describe).collect::<Vec<_>>()}))
        }
        _ => {
            let name = parameter("name").and_then(Value::as_str);
            let name = name.ok_or_else(|| Problem::field("name", "Field \"name\" is required"))?;
            Ok(json!({"item": resource.field(name)?.describe()}))
        }
    }
}

fn existing(world: &World, resource: &Resource, id: Option<&Value>) -> Result<u64, Problem> {
    let id = id.ok_or_else(|| Problem::field("id", "Field \"id\" is required"))?;
    let id = u64::try_from(php::int(id)).unwrap_or(0);
    if world.tables.get(resource.table).has(id) {
        Ok(id)
    } else {
        Err(Problem::new(
            400,
            "ENTITYNOTFOUNDEXCEPTION",
            format!("Entity with id \"{id}\" not found"),
        ))
    }
}

impl Resource {
    pub(super) fn field(&self, name: &str) -> Result<&'static Field, Problem> {
        self.fields
            .iter()
            .find(|field| field.name == name)
            .ok_or_else(|| Problem::unknown_field(name))
    }

    /// The selected fields; all when none are named.
    fn select(&self, select: Option<&Value>) -> Result<Vec<&'static Field>, Problem> {
        let Some(select) = select else {
            return Ok(self.fields.iter().collect());
        };
        let names = php::entries(select).ok_or_else(|| {
            Problem::new(400, "INVALIDSELECTEXCEPTION", "The select is not an array")
        })?;
        if names.is_empty() {
            return Ok(self.fields.iter().collect());
        }
        names
            .into_iter()
            .map(|(_, name)| self.field(&php::text(name).unwrap_or_default()))
            .collect()
    }

    fn show(&self, world: &World, id: u64, select: &[&Field]) -> Value {
        let table = world.tables.get(self.table);
        select
            .iter()
            .map(|field| {
                (
                    field.name.to_owned(),
                    field.read(table.field(id, field.column)),
                )
            })
            .collect()
    }

    /// The values of `fields`, by column.
    fn given(&self, fields: Option<&Value>) -> Result<Map<String, Value>, Problem> {
        let fields = fields
            .and_then(php::entries)
            .ok_or_else(|| Problem::field("fields", "Field \"fields\" is required"))?;
        fields
            .into_iter()
            .map(|(name, value)| {
                let field = self.field(&name)?;
                if field.column == "ID" {
                    return Err(Problem::field("id", "Field \"id\" can not be written"));
                }
                let value = php::text(value).map_or(Value::Null, |text| json!(text));
                Ok((field.column.to_owned(), value))
            })
            .collect()
    }
}

impl Field {
    fn read(&self, value: Value) -> Value {
        match (self.number, value.as_str()) {
            (true, Some(text)) => text
                .parse::<i64>()
                .map_or(Value::Null, |number| json!(number)),
            _ => value,
        }
    }

    fn describe(&self) -> Value {
        json!({"name": self.name, "type": if self.number { "int" } else { "string" }})
    }
}
