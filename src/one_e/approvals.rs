//! The approver's side: what waits for a decision, and who may take it.

use crate::decision::{Decision, Evidence, Layer, Problem, Severity, Verdict};
use crate::error::{Error, Kind as ErrorKind, Ran};
use crate::one_e::reading::{flag, number, take_items, text};
use crate::one_e::run::{Kind, Run};
use crate::value::Value;

/// What waits for the caller's decision. It never fails for lack of rights: then it is empty.
///
/// ```
/// use callgate::one_e::Pending;
/// assert!(Pending::default().runs.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pending {
    /// Instructions and scheduled instructions.
    pub runs: Vec<Run>,
    /// Devices that ask to be let in. Servers from 4.0 on have none.
    pub devices: Vec<Device>,
}

/// A device that asks to be let in.
///
/// ```
/// use callgate::one_e::Device;
/// use callgate::value::Value;
/// let shown = Value::from_json(r#"{"Id": 1, "RequestGuid": "085fb65f-f653-4336 "}"#).unwrap();
/// assert_eq!(Device::read(shown).unwrap().request_guid(), Some("085fb65f-f653-4336"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The request's id.
    pub id: u32,
    /// Everything that the server showed.
    pub details: Value,
}

impl Device {
    /// Reads a device; `None` where there is no usable `Id`.
    ///
    /// ```
    /// use callgate::one_e::Device;
    /// assert!(Device::read(callgate::value::Value::Null).is_none());
    /// ```
    pub fn read(details: Value) -> Option<Self> {
        let id = u32::try_from(number(&details, "Id")?).ok()?;
        Some(Self { id, details })
    }

    /// The request's own identifier, without the blank that the server may put behind it.
    ///
    /// ```
    /// use callgate::one_e::Device;
    /// use callgate::value::Value;
    /// let shown = Value::from_json(r#"{"Id": 1}"#).unwrap();
    /// assert_eq!(Device::read(shown).unwrap().request_guid(), None);
    /// ```
    pub fn request_guid(&self) -> Option<&str> {
        text(&self.details, "RequestGuid")
    }
}

impl Pending {
    /// Takes in the combined list: an object of lists, or a bare list of instructions.
    pub(super) fn read_all(mut body: Value) -> Result<Self, Error> {
        let mut pending = Self::default();
        match &mut body {
            Value::List(_) => pending.add(Kind::Instruction, body)?,
            Value::Map(_) => {
                for (kind, name) in [
                    (Kind::Instruction, "Instructions"),
                    (Kind::Scheduled, "ScheduledInstructions"),
                ] {
                    pending.add(kind, Value::List(take_items(&mut body, name)))?;
                }
                let devices = take_items(&mut body, "Devices");
                pending.devices = devices.into_iter().filter_map(Device::read).collect();
            }
            _ => return Err(unreadable("a list of what waits for an approval")),
        }
        Ok(pending)
    }

    /// Takes in one list. Items without an id can't be decided and are left out.
    pub(super) fn add(&mut self, kind: Kind, body: Value) -> Result<(), Error> {
        let Value::List(items) = body else {
            return Err(unreadable("a list of what waits for an approval"));
        };
        for item in items {
            self.runs.extend(Run::read(kind, item));
        }
        Ok(())
    }
}

/// The error for a 2xx answer that isn't what was asked for.
pub(super) fn unreadable(wanted: &str) -> Error {
    let message = ["the answer isn't ", wanted].concat();
    Error::new("CALLGATE_NO_RESULT", ErrorKind::Protocol, Ran::Yes, message)
}

/// What an answer of CanApprove says: an object, or on some servers a bare boolean.
///
/// Servers check in an order that isn't public, so one reason hides others.
pub(super) fn can_approve(body: &Value) -> Decision {
    let can = match body {
        Value::Bool(can) => Some(*can),
        object => flag(object, "CanApprove"),
    };
    let Some(can) = can else {
        return Decision::new(Verdict::Unknown, Evidence::None);
    };
    let verdict = if can {
        Verdict::Allowed
    } else {
        Verdict::Denied
    };
    let mut decision = Decision::new(verdict, Evidence::Server);
    decision.layer = Some(Layer::Approval);
    if can {
        return decision;
    }
    let reason = text(body, "ErrorType").unwrap_or_default();
    let remedy = if reason.eq_ignore_ascii_case("workflow") {
        "It isn't waiting for an approval: its issuer has yet to submit his code, or somebody has \
         decided already. Read it again."
    } else if reason.eq_ignore_ascii_case("ownership") {
        decision.layer = Some(Layer::Right);
        "Nobody approves what he issued himself: ask another approver, or an administrator for \
         the option that overrides this."
    } else if reason.eq_ignore_ascii_case("permissions") {
        decision.layer = Some(Layer::Right);
        decision.needed = Some(vec![vec!["Approver".to_owned()]]);
        "Ask a permissions administrator for the operation Approver on the instruction set, and \
         for management groups that cover those of the issuer."
    } else {
        decision.layer = Some(Layer::Right);
        "The server gives no reason that is documented: ask a permissions administrator."
    };
    decision.remedy = Some(remedy.to_owned());
    if let Some(said) = text(body, "ErrorMessage") {
        decision.problems.push(Problem {
            path: String::new(),
            reason: said.to_owned(),
            severity: Severity::Error,
        });
    }
    decision
}
