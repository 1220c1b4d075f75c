//! The approver's side. The endpoints that are obsolete since 3.1 stay on newer servers.

use serde_json::{Value, json};

use super::{
    OneE, OneEUser,
    answer::{Answer, Refusal, Told, member},
    item::{APPROVED, IN_APPROVAL, Item, Kind, REJECTED},
    number,
};
use crate::http::UnixMs;

/// Why somebody may not approve.
#[derive(Clone, Copy)]
enum No {
    Permissions,
    Ownership,
    Workflow,
}

impl No {
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Permissions => (
                "permissions",
                "Security.Unauthorized",
                "the user is not an approver of this instruction",
            ),
            Self::Ownership => (
                "ownership",
                "Approval.Ownership",
                "the user has created this instruction himself",
            ),
            Self::Workflow => (
                "workflow",
                "Approval.Workflow",
                "the instruction does not wait for an approval",
            ),
        }
    }
}

impl OneE {
    pub(super) fn approvals(
        &mut self,
        now: UnixMs,
        user: &OneEUser,
        verb: &str,
        parts: &[&str],
        body: &Value,
    ) -> Told {
        let since = |version: (u32, u32)| self.settings.version >= version;
        let (one, both) = (since((3, 1)), since((3, 2)));
        match (verb, parts) {
            ("POST", []) => self.decide(now, user, Kind::Instruction, body),
            ("POST", ["instruction"]) if one => self.decide(now, user, Kind::Instruction, body),
            ("POST", ["scheduledinstruction"]) if one => {
                self.decide(now, user, Kind::Scheduled, body)
            }
            ("GET", ["canapprove", id]) => self.can_approve(user, Kind::Instruction, id),
            ("GET", ["canapprove", "instruction", id]) if one => {
                self.can_approve(user, Kind::Instruction, id)
            }
            ("GET", ["canapprove", "scheduledinstruction", id]) if one => {
                self.can_approve(user, Kind::Scheduled, id)
            }
            ("GET", ["getnotifications"]) => Ok(self.waiting(user, Kind::Instruction).into()),
            ("GET", ["notifications", "instructions"]) if one => {
                Ok(self.waiting(user, Kind::Instruction).into())
            }
            ("GET", ["notifications", "scheduledinstructions"]) if one => {
                Ok(self.waiting(user, Kind::Scheduled).into())
            }
            ("GET", ["notifications"]) if both && self.settings.bare_notifications => {
                Ok(self.waiting(user, Kind::Instruction).into())
            }
            ("GET", ["notifications"]) if both => Ok(json!({
                "Instructions": self.waiting(user, Kind::Instruction),
                "ScheduledInstructions": self.waiting(user, Kind::Scheduled),
                "Devices": self.devices,
            })
            .into()),
            _ => Err(Refusal::no_endpoint()),
        }
    }

    /// The items that the user can approve. It never fails for lack of rights.
    fn waiting(&self, user: &OneEUser, kind: Kind) -> Value {
        let items = self.items.iter().filter(|item| {
            item.kind == kind && self.sees(user, item) && Self::obstacle(user, item).is_none()
        });
        items.map(Item::to_value).collect()
    }

    /// What keeps the user from approving. In which order real servers look is not known.
    fn obstacle(user: &OneEUser, item: &Item) -> Option<No> {
        if !user.may("Approver") {
            Some(No::Permissions)
        } else if item.created_by == user.name && !user.overrides {
            Some(No::Ownership)
        } else if item.status != IN_APPROVAL {
            Some(No::Workflow)
        } else {
            None
        }
    }

    fn can_approve(&self, user: &OneEUser, kind: Kind, id: &str) -> Told {
        let place = self.place(user, kind, number(id))?;
        let obstacle = self
            .items
            .get(place)
            .and_then(|item| Self::obstacle(user, item));
        if self.settings.bare_can_approve {
            return Ok(json!(obstacle.is_none()).into());
        }
        Ok(match obstacle {
            None => json!({"CanApprove": true, "ErrorMessage": null, "ErrorType": null}),
            Some(no) => {
                let (reason, _, text) = no.words();
                json!({"CanApprove": false, "ErrorMessage": text, "ErrorType": reason})
            }
        }
        .into())
    }

    fn decide(&mut self, now: UnixMs, user: &OneEUser, kind: Kind, body: &Value) -> Told {
        let name = match kind {
            Kind::Instruction => "InstructionId",
            Kind::Scheduled => "ScheduledInstructionId",
        };
        let (Some(id), Some(approved)) = (
            member(body, name).as_u64(),
            member(body, "Approved").as_bool(),
        ) else {
            return Err(Refusal::malformed(name));
        };
        let place = self.place(user, kind, id)?;
        let settings = &self.settings;
        let Some(item) = self.items.get_mut(place) else {
            return Err(Refusal::no_endpoint());
        };
        if let Some(no) = Self::obstacle(user, item) {
            let status = match no {
                No::Permissions => settings.status_permission,
                No::Ownership => settings.status_ownership,
                No::Workflow => settings.status_workflow,
            };
            let (_, code, text) = no.words();
            return Err(Refusal::new(status, code, text));
        }
        item.become_(if approved { APPROVED } else { REJECTED }, now);
        item.actioned_by = Some(user.name.clone());
        item.reason = member(body, "Comment").as_str().map(str::to_owned);
        Ok(Answer::silent(settings.status_decided))
    }
}
