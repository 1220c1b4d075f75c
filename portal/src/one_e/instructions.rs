//! The issuer's side: issue, read, cancel, the one-time code, the responses.

use serde_json::{Value, json};

use super::{
    OneE, OneEUser,
    answer::{Answer, Refusal, Told, member},
    item::{
        AUTHENTICATING, CANCELLING, IN_APPROVAL, Item, Kind, Mail, WORKFLOW_AUTHENTICATING,
        WORKFLOW_ELSE,
    },
    number,
};
use crate::http::UnixMs;

/// The definitions: id, name, and whether it is an action.
const DEFINITIONS: [(u64, &str, bool); 2] = [
    (7, "Demo-ListServices", false),
    (8, "Demo-RestartService", true),
];

impl OneE {
    pub(super) fn instructions(
        &mut self,
        now: UnixMs,
        user: &OneEUser,
        kind: Kind,
        verb: &str,
        parts: &[&str],
        body: &Value,
    ) -> Told {
        match (verb, parts) {
            ("POST", []) => self.issue(now, user, kind, false, body),
            ("POST", ["targeted"]) => self.issue(now, user, kind, true, body),
            ("GET", [id]) => {
                let place = self.place(user, kind, number(id))?;
                let item = self.items.get(place).map(Item::to_value);
                Ok(item.unwrap_or_default().into())
            }
            ("POST", [id, "cancel", keep @ ("true" | "false")]) if kind == Kind::Instruction => {
                self.cancel(now, user, kind, number(id), *keep == "true")
            }
            ("POST", [id, "cancel"]) if kind == Kind::Scheduled => {
                self.cancel(now, user, kind, number(id), true)
            }
            _ => Err(Refusal::no_endpoint()),
        }
    }

    fn issue(
        &mut self,
        now: UnixMs,
        user: &OneEUser,
        kind: Kind,
        targeted: bool,
        body: &Value,
    ) -> Told {
        let (id, name) = (member(body, "DefinitionId"), member(body, "DefinitionName"));
        if id.is_null() == name.is_null() {
            return Err(Refusal::malformed("DefinitionId or DefinitionName"));
        }
        let definition = DEFINITIONS
            .iter()
            .find(|(number, text, _)| id == number || name.as_str() == Some(text));
        let Some(&(_, name, is_action)) = definition else {
            return Err(Refusal::new(
                404,
                "InstructionDefinition.NotFound",
                "no such definition",
            ));
        };
        if targeted != member(body, "Devices").is_array() {
            return Err(Refusal::malformed("Devices"));
        }
        if !user.may(if is_action { "Actioner" } else { "Questioner" }) {
            let status = self.settings.status_permission;
            return Err(Refusal::new(
                status,
                "Security.Unauthorized",
                "the operation is not granted",
            ));
        }
        let others = self.items.iter().filter(|item| item.kind == kind);
        let mut item = Item {
            kind,
            id: others.map(|item| item.id).max().unwrap_or(0) + 1,
            name: name.to_owned(),
            sort: u64::from(is_action),
            request: body.clone(),
            created_by: user.name.clone(),
            created_at: now,
            status: 0,
            workflow: WORKFLOW_ELSE,
            status_at: now,
            sent_at: None,
            actioned_by: None,
            reason: None,
            code: self.ids.secret(),
            keeps_data: true,
            held: false,
        };
        let guarded = is_action || kind == Kind::Scheduled;
        if guarded && self.settings.second_factor {
            item.become_(AUTHENTICATING, now);
            item.workflow = WORKFLOW_AUTHENTICATING;
            self.mail.push(Mail {
                to: user.name.clone(),
                id: item.id,
                scheduled: kind == Kind::Scheduled,
                code: item.code.clone(),
            });
        } else {
            item.become_(if guarded { IN_APPROVAL } else { 4 }, now);
        }
        let shown = item.to_value();
        self.items.push(item);
        Ok(shown.into())
    }

    fn cancel(&mut self, now: UnixMs, user: &OneEUser, kind: Kind, id: u64, keep: bool) -> Told {
        let place = self.place(user, kind, id)?;
        let status = self.settings.status_workflow;
        match self.items.get_mut(place) {
            Some(item) if item.is_running() => {
                item.keeps_data = keep;
                item.become_(CANCELLING, now);
                Ok(Answer::silent(200))
            }
            _ => Err(Refusal::new(
                status,
                "Instruction.NotRunning",
                "it has ended already",
            )),
        }
    }

    /// The second factor: only the issuer's, and only while it is asked for.
    pub(super) fn code(
        &mut self,
        now: UnixMs,
        user: &OneEUser,
        parts: &[&str],
        body: &Value,
    ) -> Told {
        let recent = self.settings.version >= (3, 1);
        let (kind, name) = match parts {
            ["token"] => (Kind::Instruction, "InstructionId"),
            ["instruction", "token"] if recent => (Kind::Instruction, "Id"),
            ["scheduledinstruction", "token"] if recent => (Kind::Scheduled, "Id"),
            _ => return Err(Refusal::no_endpoint()),
        };
        let id = member(body, name).as_u64().unwrap_or(0);
        let place = self.place(user, kind, id)?;
        let given = member(body, "Token").as_str().unwrap_or_default();
        let taken = self.items.get_mut(place).filter(|item| {
            item.status == AUTHENTICATING && item.created_by == user.name && item.code == given
        });
        match (taken, self.settings.status_code) {
            (Some(item), _) => {
                item.become_(IN_APPROVAL, now);
                Ok(json!({"Successful": true}).into())
            }
            (None, 200) => Ok(json!({"Successful": false}).into()),
            (None, status) => Err(Refusal::new(
                status,
                "Authentication.WrongToken",
                "the token is wrong",
            )),
        }
    }

    /// A page of responses. `Start` is `0;N`, and so is the `Range` that begins the next page.
    pub(super) fn responses(&mut self, user: &OneEUser, id: &str, body: &Value) -> Told {
        let place = self.place(user, Kind::Instruction, number(id))?;
        let item = self
            .items
            .get(place)
            .filter(|item| item.sent_at.is_some() && item.keeps_data);
        let rows = item.map_or(0, |_| self.settings.responses);
        let start = member(body, "Start").as_str().unwrap_or_default();
        let Some(first) = start
            .strip_prefix("0;")
            .and_then(|first| first.parse::<u64>().ok())
        else {
            return Err(Refusal::malformed("Start"));
        };
        let wanted = member(body, "PageSize")
            .as_u64()
            .unwrap_or(0)
            .min(self.settings.page);
        let end = (first + wanted).min(rows);
        let page: Vec<Value> = (first..end)
            .map(|row| {
                json!({
                    "Id": row + 1, "ShardId": 0, "Fqdn": format!("pc{}.acme.example", row + 1),
                    "Values": {"Row": row}, "Blob": null,
                })
            })
            .collect();
        Ok(json!({"Range": format!("0;{end}"), "Responses": page}).into())
    }
}
