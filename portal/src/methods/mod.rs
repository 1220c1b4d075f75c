//! The methods of versions 1 and 2: one table of names, scopes and functions.

mod crm;
mod event;
mod im;
mod system;
mod tasks;
mod telephony;
mod user;

use serde_json::{Map, Value, json};

use crate::{
    auth::Identity,
    confirmation::{self, States, Verdict},
    failure::Failure,
    http::UnixMs,
    lists::{self, Query},
    php,
    world::World,
};
pub(crate) use user::is_admin;

/// A method as the server knows it.
pub(crate) struct Method {
    /// As the service description or the controller spells it.
    pub(crate) name: &'static str,
    /// Scopes of which one must be granted; none for methods that are open to every token.
    pub(crate) scopes: &'static [&'static str],
    /// Arguments without which a controller does not start. Its being a controller also limits
    /// the verbs.
    pub(crate) controller: Option<&'static [&'static str]>,
    pub(crate) run: fn(&mut Call<'_>) -> Result<Answer, Failure>,
}

/// A method's result, with what the server lifts to the top level.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) result: Value,
    pub(crate) total: Option<u64>,
    pub(crate) next: Option<u64>,
    pub(crate) signature: Option<String>,
}

impl From<Value> for Answer {
    /// Keys `next` and `total` of a method's own result are lifted out of it.
    fn from(mut result: Value) -> Self {
        let mut lift = |key: &str| {
            let value = result.as_object_mut()?.shift_remove(key)?;
            u64::try_from(php::int(&value)).ok()
        };
        let (next, total) = (lift("next"), lift("total"));
        Self {
            result,
            total,
            next,
            signature: None,
        }
    }
}

/// A method under way.
pub(crate) struct Call<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) now: UnixMs,
    pub(crate) who: &'a Identity,
    pub(crate) name: &'a str,
    pub(crate) parameters: Map<String, Value>,
    /// Taken out of the parameters and cast to an integer by the server.
    pub(crate) start: Option<i64>,
    /// Likewise taken out; some methods answer it with a signature.
    pub(crate) state: Option<String>,
    /// The token's states as they were when its batch began: the items of a batch do not see what
    /// the others ask.
    pub(crate) frozen: Option<&'a States>,
}

impl Call<'_> {
    /// A parameter by its exact name.
    pub(crate) fn parameter(&self, name: &str) -> Option<&Value> {
        self.parameters.get(name).filter(|value| !value.is_null())
    }

    /// A parameter of one of the many methods that put their top-level names into capitals.
    pub(crate) fn any_case(&self, name: &str) -> Option<&Value> {
        self.parameters
            .iter()
            .rev()
            .find(|(have, _)| have.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .filter(|value| !value.is_null())
    }

    /// A scalar parameter, in any case, as text; empty when it is missing.
    pub(crate) fn text(&self, name: &str) -> String {
        self.any_case(name)
            .and_then(php::text)
            .unwrap_or_default()
            .into_owned()
    }

    /// A row's number; `None` for anything that is none.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.any_case(name)
            .map(php::int)
            .and_then(|id| u64::try_from(id).ok())
            .filter(|id| *id > 0)
    }

    /// Asks the administrator, in the way of the portal: after the method's own checks, for app
    /// tokens only, by (token, method) whatever the parameters.
    pub(crate) fn confirmed(&mut self) -> Result<(), Failure> {
        let Some((_, token)) = self.who.app() else {
            return Err(Failure::application_required());
        };
        let Some(record) = self.world.access.tokens.get_mut(token) else {
            return Err(Failure::application_required());
        };
        match self
            .frozen
            .unwrap_or(&record.states)
            .get(self.name, self.now)
        {
            Some(Verdict::Granted) => Ok(()),
            Some(Verdict::Denied) => Err(confirmation::denied()),
            Some(Verdict::Waiting) => Err(confirmation::waiting()),
            None => {
                record.states.write(self.name, Verdict::Waiting, self.now);
                self.world.notices.send(token, self.name, self.now);
                Err(confirmation::waiting())
            }
        }
    }

    /// One page of an old list method: offsets snap back to pages, and without counting `total` is 0.
    pub(crate) fn old_page(&self, table: &str, query: &Query) -> Answer {
        let rows = self.rows(table, query);
        let (rows, total, next) = rows;
        Answer {
            result: rows.into_iter().map(Value::Object).collect(),
            total: Some(total.unwrap_or(0)),
            next,
            signature: None,
        }
    }

    /// The rows of a page, the total when it is counted, and the next offset when there is one.
    pub(crate) fn rows(
        &self,
        table: &str,
        query: &Query,
    ) -> (Vec<Map<String, Value>>, Option<u64>, Option<u64>) {
        let table = self.world.tables.get(table);
        let start = self.start.unwrap_or(0);
        let offset = u64::try_from(start).unwrap_or(0) / lists::PAGE * lists::PAGE;
        let (ids, total) = lists::page(table, query, offset, lists::PAGE, start >= 0);
        let next = total
            .map(|_| offset + lists::PAGE)
            .filter(|next| total.is_some_and(|total| *next < total));
        let rows = ids
            .into_iter()
            .filter_map(|id| table.row(id))
            .map(|row| lists::selected(row, &query.select))
            .collect();
        (rows, total, next)
    }

    /// The call's own `filter`, `order` and `select`, read against a table.
    pub(crate) fn query(&self, table: &str) -> Result<Query, Failure> {
        Query::read(
            self.world.tables.get(table),
            self.any_case("filter"),
            self.any_case("order"),
            self.any_case("select"),
        )
    }
}

const NONE: &[&str] = &[];
const CRM: &[&str] = &["crm"];
const DISK: &[&str] = &["disk"];
const IM: &[&str] = &["im"];
const TASK: &[&str] = &["task"];
const TELEPHONY: &[&str] = &["telephony"];
/// `user` is satisfied by its two smaller sisters.
const USER: &[&str] = &["user", "user_basic", "user_brief"];

type Run = fn(&mut Call<'_>) -> Result<Answer, Failure>;

const fn old(name: &'static str, scopes: &'static [&'static str], run: Run) -> Method {
    Method {
        name,
        scopes,
        controller: None,
        run,
    }
}

const fn controller(
    name: &'static str,
    scopes: &'static [&'static str],
    arguments: &'static [&'static str],
    run: Run,
) -> Method {
    Method {
        name,
        scopes,
        controller: Some(arguments),
        run,
    }
}

/// Every method that the portal knows in versions 1 and 2. Those that run `stand_in` are known and
/// guarded, and answer something plausible.
#[rustfmt::skip]
pub(crate) const TABLE: &[Method] = &[
    old("batch", NONE, batch_alone),
    old("scope", NONE, system::scope),
    old("methods", NONE, system::methods),
    old("method.get", NONE, system::method_get),
    old("app.info", NONE, system::app_info),
    old("feature.get", NONE, system::feature_get),
    old("profile", NONE, system::profile),
    old("server.time", NONE, system::server_time),
    old("events", NONE, event::events),
    old("event.bind", NONE, event::bind),
    old("event.unbind", NONE, event::unbind),
    old("event.get", NONE, event::get),
    old("app.option.get", NONE, stand_in),
    old("app.option.set", NONE, stand_in),
    old("user.option.get", NONE, stand_in),
    old("user.option.set", NONE, stand_in),
    old("user.admin", NONE, user::admin),
    old("user.access", NONE, stand_in),
    old("access.name", NONE, stand_in),
    old("download", NONE, signed_link),
    old("upload", NONE, signed_link),
    old("user.current", USER, user::current),
    old("user.get", USER, user::get),
    old("user.search", USER, user::get),
    old("user.fields", USER, stand_in),
    old("user.add", &["user"], stand_in),
    old("user.update", &["user"], stand_in),
    old("im.department.managers.get", IM, im::managers),
    old("im.department.get", IM, stand_in),
    old("im.user.get", IM, stand_in),
    old("im.notify", IM, stand_in),
    old("im.message.add", IM, stand_in),
    old("im.dialog.messages.get", IM, stand_in),
    old("voximplant.user.get", TELEPHONY, telephony::user_get),
    old("voximplant.statistic.get", TELEPHONY, stand_in),
    old("voximplant.line.get", TELEPHONY, stand_in),
    old("telephony.externalcall.register", TELEPHONY, stand_in),
    old("crm.deal.list", CRM, crm::list),
    old("crm.deal.get", CRM, crm::get),
    old("crm.deal.add", CRM, crm::add),
    old("crm.deal.update", CRM, crm::update),
    old("crm.deal.delete", CRM, crm::delete),
    old("crm.deal.fields", CRM, stand_in),
    old("crm.contact.list", CRM, crm::list),
    old("crm.contact.get", CRM, crm::get),
    old("crm.contact.add", CRM, crm::add),
    old("crm.contact.update", CRM, crm::update),
    old("crm.contact.delete", CRM, crm::delete),
    old("crm.company.list", CRM, crm::list),
    old("crm.company.get", CRM, crm::get),
    old("crm.company.add", CRM, crm::add),
    old("crm.company.update", CRM, crm::update),
    old("crm.company.delete", CRM, crm::delete),
    old("crm.lead.list", CRM, crm::list),
    old("crm.lead.get", CRM, crm::get),
    old("crm.lead.add", CRM, crm::add),
    old("crm.lead.update", CRM, crm::update),
    old("crm.lead.delete", CRM, crm::delete),
    controller("crm.item.list", CRM, &["entityTypeId"], crm::item_list),
    controller("crm.item.get", CRM, &["entityTypeId", "id"], crm::item_get),
    old("crm.status.list", CRM, stand_in),
    old("crm.activity.list", CRM, stand_in),
    old("disk.storage.getlist", DISK, stand_in),
    old("disk.folder.getchildren", DISK, stand_in),
    old("disk.file.get", DISK, stand_in),
    old("disk.folder.uploadfile", DISK, stand_in),
    old("department.get", &["department"], stand_in),
    old("calendar.event.get", &["calendar"], stand_in),
    old("calendar.event.add", &["calendar"], stand_in),
    old("sonet_group.get", &["sonet_group", "sonet", "socialnetwork"], stand_in),
    old("log.blogpost.add", &["log"], stand_in),
    old("log.blogpost.get", &["log"], stand_in),
    old("lists.get", &["lists"], stand_in),
    old("lists.element.get", &["lists"], stand_in),
    old("bizproc.workflow.start", &["bizproc"], stand_in),
    old("placement.bind", &["placement"], stand_in),
    old("placement.get", &["placement"], stand_in),
    old("entity.item.get", &["entity"], stand_in),
    old("task.item.list", TASK, stand_in),
    old("task.item.getdata", TASK, stand_in),
    old("task.item.add", TASK, stand_in),
    old("task.commentitem.getlist", TASK, stand_in),
    controller("tasks.task.list", TASK, NONE, tasks::list),
    controller("tasks.task.get", TASK, &["taskId"], tasks::get),
    controller("tasks.task.add", TASK, &["fields"], tasks::add),
    controller("tasks.task.update", TASK, &["taskId", "fields"], tasks::update),
    controller("tasks.task.delete", TASK, &["taskId"], tasks::delete),
    controller("tasks.flow.Flow.create", TASK, &["flowData"], stand_in),
    controller("tasks.flow.Flow.get", TASK, &["flowId"], stand_in),
    controller("sale.order.list", &["sale"], NONE, stand_in),
    controller("catalog.product.list", &["catalog"], NONE, stand_in),
    controller("rpa.item.list", &["rpa"], &["typeId"], stand_in),
    controller("documentgenerator.document.list", &["documentgenerator"], NONE, stand_in),
];

/// Looks a name up, spelled exactly.
pub(crate) fn find(name: &str) -> Option<&'static Method> {
    TABLE.iter().find(|method| method.name == name)
}

/// All scopes of the table, sorted: what a portal with these modules knows.
pub(crate) fn all_scopes() -> Vec<&'static str> {
    let mut scopes: Vec<&str> = TABLE
        .iter()
        .flat_map(|method| method.scopes.iter().copied())
        .collect();
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}

/// Something plausible: an empty list from a method that reads, `true` from one that writes.
fn stand_in(call: &mut Call<'_>) -> Result<Answer, Failure> {
    const READS: &[&str] = &[
        "get",
        "list",
        "getlist",
        "getchildren",
        "getdata",
        "search",
        "fields",
        "name",
    ];
    let last = call.name.rsplit('.').next().unwrap_or_default();
    Ok(Answer::from(if READS.contains(&last) {
        json!([])
    } else {
        json!(true)
    }))
}

/// A batch is run by the server itself; only the second level of a batch in a batch gets here, and
/// finds that it is deep enough.
fn batch_alone(_: &mut Call<'_>) -> Result<Answer, Failure> {
    Err(crate::batch::not_allowed())
}

/// The two methods that are only reached by a signed link.
fn signed_link(_: &mut Call<'_>) -> Result<Answer, Failure> {
    Err(Failure::access_denied("Link check failed"))
}
