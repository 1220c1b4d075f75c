//! An issued instruction, and what time does to it.

use serde_json::{Value, json};

use super::settings::OneESettings;
use crate::http::UnixMs;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Instruction,
    Scheduled,
}

/// A mail with a one-time code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The user who issued the instruction.
    pub to: String,
    /// Its id.
    pub id: u64,
    /// Whether it is a scheduled one.
    pub scheduled: bool,
    /// The code.
    pub code: String,
}

pub(super) const IN_APPROVAL: i64 = 1;
pub(super) const REJECTED: i64 = 2;
pub(super) const APPROVED: i64 = 3;
const SENT: i64 = 4;
const IN_PROGRESS: i64 = 5;
const COMPLETE: i64 = 6;
const EXPIRED: i64 = 7;
pub(super) const CANCELLING: i64 = 8;
const CANCELLED: i64 = 9;
pub(super) const AUTHENTICATING: i64 = 12;

/// The workflow's number for the second factor; its other numbers are not public, so ours are made up.
pub(super) const WORKFLOW_AUTHENTICATING: i64 = 11;
pub(super) const WORKFLOW_ELSE: i64 = 21;

#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) kind: Kind,
    pub(super) id: u64,
    pub(super) name: String,
    /// 0 a question, 1 an action.
    pub(super) sort: u64,
    pub(super) request: Value,
    pub(super) created_by: String,
    pub(super) created_at: UnixMs,
    pub(super) status: i64,
    pub(super) workflow: i64,
    pub(super) status_at: UnixMs,
    pub(super) sent_at: Option<UnixMs>,
    pub(super) actioned_by: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) code: String,
    pub(super) keeps_data: bool,
    /// Its status was set by hand and stays.
    pub(super) held: bool,
}

impl Item {
    pub(super) fn become_(&mut self, status: i64, at: UnixMs) {
        self.status = status;
        self.status_at = at;
        if status != AUTHENTICATING {
            self.workflow = WORKFLOW_ELSE;
        }
        if status == SENT {
            self.sent_at = Some(at);
        }
    }

    /// Goes on as far as the time says.
    pub(super) fn pass(&mut self, now: UnixMs, settings: &OneESettings) {
        while let Some((status, at)) = self
            .next(settings)
            .filter(|(_, at)| !self.held && *at <= now)
        {
            self.become_(status, at);
        }
    }

    fn next(&self, settings: &OneESettings) -> Option<(i64, UnixMs)> {
        let ttl = super::answer::member(&self.request, "InstructionTtlMinutes");
        let ends = |sent: UnixMs| ttl.as_u64().map(|minutes| sent + minutes * 60_000);
        let done = self.status_at + settings.run_time * 1000;
        match self.status {
            AUTHENTICATING => Some((REJECTED, self.created_at + settings.code_life * 1000)),
            APPROVED => Some((SENT, self.status_at + 1000)),
            SENT => Some((IN_PROGRESS, self.status_at + 1000)),
            IN_PROGRESS => match self.sent_at.and_then(ends) {
                Some(expiry) if expiry < done => Some((EXPIRED, expiry)),
                _ => Some((COMPLETE, done)),
            },
            CANCELLING => Some((CANCELLED, self.status_at + 2000)),
            _ => None,
        }
    }

    pub(super) fn is_running(&self) -> bool {
        !matches!(self.status, REJECTED | COMPLETE..=CANCELLED | 10)
    }

    pub(super) fn to_value(&self) -> Value {
        let time = |at: UnixMs| json!(crate::dates::utc(at));
        let asked = |name: &str| super::answer::member(&self.request, name).clone();
        let targeted = asked("Devices").is_array();
        let mut shown = json!({
            "Id": self.id,
            "Name": self.name,
            "InstructionDefinitionId": 0,
            "ReadablePayload": format!("{} it is", self.name),
            "Comments": asked("Comments"),
            "Status": self.status,
            "WorkflowState": self.workflow,
            "Workflow": "Default",
            "StatusTimestampUtc": time(self.status_at),
            "CreatedTimestampUtc": time(self.created_at),
            "CreatedBy": self.created_by,
            "ActionedBy": self.actioned_by,
            "ActionReason": self.reason,
            "ApprovalOffloaded": false,
            "Cmd": if targeted { "SendList" } else { "SendAll" },
            "Scope": asked("Scope"),
            "InstructionTtlMinutes": asked("InstructionTtlMinutes"),
            "ResponseTtlMinutes": asked("ResponseTtlMinutes"),
            "Export": false,
            "ParameterJson": asked("Parameters").to_string(),
        });
        let rest = match self.kind {
            Kind::Instruction => json!({
                "Sequence": 0,
                "InstructionType": self.sort,
                "SentTimestampUtc": self.sent_at.map(time),
            }),
            Kind::Scheduled => json!({
                "ScheduleEnabled": true,
                "ScheduleFreqType": asked("ScheduleFreqType"),
            }),
        };
        if let (Some(shown), Value::Object(rest)) = (shown.as_object_mut(), rest) {
            shown.extend(rest);
        }
        shown
    }
}
