//! A run: one issued instruction on its way, and what its state says about its approval.

use std::time::Duration;

use crate::decision::{Decision, Evidence, Layer, Verdict};
use crate::error::Error;
use crate::one_e::reading::{member, number, text, time};
use crate::one_e::state::State;
use crate::time::Instant;
use crate::value::Value;

/// How long a one-time code is good for, unless the server's `OTPExpirySeconds` says otherwise.
const CODE_LIFE: Duration = Duration::from_secs(600);

/// What sort of thing was issued. The two have lists and ids of their own.
///
/// ```
/// use callgate::one_e::Kind;
/// assert_ne!(Kind::Instruction, Kind::Scheduled);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An instruction that runs once, as soon as it may.
    Instruction,
    /// One that runs by a schedule. Even a question needs an approval then.
    Scheduled,
}

/// The id of a run: of the instruction that was issued, not of its definition.
///
/// ```
/// use callgate::one_e::{Kind, RunId};
/// assert!(RunId::new(Kind::Instruction, 0).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RunId {
    kind: Kind,
    number: u32,
}

impl RunId {
    /// The run of this kind and number.
    ///
    /// # Errors
    ///
    /// An error of kind `invalid` for a number that no run has: 0, or one over 2,147,483,647.
    ///
    /// ```
    /// use callgate::one_e::{Kind, RunId};
    /// assert_eq!(RunId::new(Kind::Scheduled, 7).unwrap().number(), 7);
    /// ```
    pub fn new(kind: Kind, number: u32) -> Result<Self, Error> {
        match number {
            1..=0x7fff_ffff => Ok(Self { kind, number }),
            _ => Err(Error::invalid(
                "id: a run's id is a number from 1 to 2147483647",
            )),
        }
    }

    /// What sort of thing was issued.
    ///
    /// ```
    /// use callgate::one_e::{Kind, RunId};
    /// assert_eq!(RunId::new(Kind::Scheduled, 7).unwrap().kind(), Kind::Scheduled);
    /// ```
    pub fn kind(self) -> Kind {
        self.kind
    }

    /// The number that the server gave it.
    ///
    /// ```
    /// use callgate::one_e::{Kind, RunId};
    /// assert_eq!(RunId::new(Kind::Instruction, 7).unwrap().number(), 7);
    /// ```
    pub fn number(self) -> u32 {
        self.number
    }
}

/// One issued instruction, as the server showed it last.
///
/// ```
/// use callgate::one_e::{Kind, Run, State};
/// use callgate::value::Value;
/// let shown = Value::from_json(r#"{"Id":4,"Status":2,"ActionedBy":"acme\\bob","ActionReason":"not now"}"#);
/// let run = Run::read(Kind::Instruction, shown.unwrap()).unwrap();
/// assert_eq!(run.state(), State::Rejected);
/// assert_eq!(run.actioned_by(), Some("acme\\bob"));
/// assert!(run.decision().is_denied());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    id: RunId,
    details: Value,
}

impl Run {
    /// Reads an instruction or a scheduled one; `None` where there is no usable `Id`.
    ///
    /// ```
    /// use callgate::one_e::{Kind, Run};
    /// use callgate::value::Value;
    /// assert!(Run::read(Kind::Instruction, Value::Null).is_none());
    /// ```
    pub fn read(kind: Kind, details: Value) -> Option<Self> {
        let number = u32::try_from(number(&details, "Id")?).ok()?;
        let id = RunId::new(kind, number).ok()?;
        Some(Self { id, details })
    }

    /// Its id.
    ///
    /// ```
    /// # use callgate::one_e::{Kind, Run};
    /// # use callgate::value::Value;
    /// # let run = Run::read(Kind::Instruction, Value::from_json(r#"{"id":4}"#).unwrap()).unwrap();
    /// assert_eq!(run.id().number(), 4);
    /// ```
    pub fn id(&self) -> RunId {
        self.id
    }

    /// Where it stands.
    ///
    /// ```
    /// # use callgate::one_e::{Kind, Run, State};
    /// # use callgate::value::Value;
    /// let shown = Value::from_json(r#"{"Id":4,"Status":0,"WorkflowState":11}"#).unwrap();
    /// assert_eq!(Run::read(Kind::Instruction, shown).unwrap().state(), State::NeedsCode);
    /// ```
    pub fn state(&self) -> State {
        let status = number(&self.details, "Status");
        State::of(status, number(&self.details, "WorkflowState"))
    }

    /// Everything that the server showed. Names may differ in case from server to server.
    ///
    /// ```
    /// # use callgate::one_e::{Kind, Run};
    /// # use callgate::value::Value;
    /// # let run = Run::read(Kind::Instruction, Value::from_json(r#"{"Id":4,"Cmd":"SendAll"}"#).unwrap()).unwrap();
    /// assert_eq!(run.details().get("Cmd").and_then(Value::as_text), Some("SendAll"));
    /// ```
    pub fn details(&self) -> &Value {
        &self.details
    }

    /// The name of what was issued.
    ///
    /// ```
    /// # use callgate::one_e::{Kind, Run};
    /// # use callgate::value::Value;
    /// # let run = Run::read(Kind::Instruction, Value::from_json(r#"{"Id":4,"name":"N"}"#).unwrap()).unwrap();
    /// assert_eq!(run.name(), Some("N"));
    /// ```
    pub fn name(&self) -> Option<&str> {
        text(&self.details, "Name")
    }

    /// Who issued it.
    ///
    /// ```
    /// # use callgate::one_e::{Kind, Run};
    /// # use callgate::value::Value;
    /// # let run = Run::read(Kind::Instruction, Value::from_json(r#"{"Id":4,"CreatedBy":"ann"}"#).unwrap()).unwrap();
    /// assert_eq!(run.created_by(), Some("ann"));
    /// ```
    pub fn created_by(&self) -> Option<&str> {
        text(&self.details, "CreatedBy")
    }

    /// Who approved or rejected it, once somebody has.
    ///
    /// ```
    /// # use callgate::one_e::{Kind, Run};
    /// # use callgate::value::Value;
    /// # let run = Run::read(Kind::Instruction, Value::from_json(r#"{"Id":4,"ActionedBy":""}"#).unwrap()).unwrap();
    /// assert_eq!(run.actioned_by(), None);
    /// ```
    pub fn actioned_by(&self) -> Option<&str> {
        text(&self.details, "ActionedBy")
    }

    /// The comment with which it was approved or rejected.
    ///
    /// ```
    /// # use callgate::one_e::{Kind, Run};
    /// # use callgate::value::Value;
    /// # let run = Run::read(Kind::Instruction, Value::from_json(r#"{"Id":4,"ActionReason":"fine"}"#).unwrap()).unwrap();
    /// assert_eq!(run.action_reason(), Some("fine"));
    /// ```
    pub fn action_reason(&self) -> Option<&str> {
        text(&self.details, "ActionReason")
    }

    /// While a code is needed: until when it is good, by the server's clock and its usual 600 s.
    ///
    /// ```
    /// # use callgate::one_e::{Kind, Run};
    /// # use callgate::time::Instant;
    /// # use callgate::value::Value;
    /// let shown = r#"{"Id":4,"Status":12,"CreatedTimestampUtc":"1970-01-01T00:00:05Z"}"#;
    /// let run = Run::read(Kind::Instruction, Value::from_json(shown).unwrap()).unwrap();
    /// assert_eq!(run.code_expires_at(), Some(Instant::from_millis(605_000)));
    /// ```
    pub fn code_expires_at(&self) -> Option<Instant> {
        let created = time(&self.details, "CreatedTimestampUtc")?;
        (self.state() == State::NeedsCode).then(|| created + CODE_LIFE)
    }

    /// What the state says: may the instruction run? A status that nobody knows never says so.
    ///
    /// ```
    /// # use callgate::one_e::{Kind, Run};
    /// # use callgate::value::Value;
    /// use callgate::decision::{Layer, Verdict};
    /// # let run = Run::read(Kind::Instruction, Value::from_json(r#"{"Id":4,"Status":1}"#).unwrap()).unwrap();
    /// assert_eq!(run.decision().verdict, Verdict::Pending);
    /// assert_eq!(run.decision().layer, Some(Layer::Approval));
    /// ```
    pub fn decision(&self) -> Decision {
        let state = self.state();
        let sent = member(&self.details, "SentTimestampUtc").is_some();
        let verdict = match state {
            State::Rejected => Verdict::Denied,
            State::Approved | State::Running | State::Suspended | State::Complete => {
                Verdict::Allowed
            }
            _ if state.is_pending() => Verdict::Pending,
            // It has ended or is about to; only one that was sent had been allowed.
            State::Expired | State::Cancelling | State::Cancelled | State::Failed if sent => {
                Verdict::Allowed
            }
            _ => Verdict::Unknown,
        };
        let mut decision = Decision::new(verdict, Evidence::Server);
        decision.layer = Some(Layer::Approval);
        decision.remedy = self.remedy();
        decision
    }

    fn remedy(&self) -> Option<String> {
        let remedy = match self.state() {
            State::NeedsCode => {
                "Submit the one-time code that was mailed to its issuer; it is good for ten minutes."
            }
            State::Waiting => {
                "An approver who covers the issuer's management groups has to decide; \
                 there is no deadline."
            }
            State::Created | State::Evaluating => {
                "Wait: the server has yet to say what comes next."
            }
            State::Rejected if self.actioned_by().is_none() => {
                "Nobody is named as having rejected it, so its one-time code probably ran out: \
                 issue it anew and submit the code within ten minutes."
            }
            State::Rejected => {
                return Some(
                    [
                        &self.verdict_of_approver("rejected"),
                        ": agree with them, then issue it anew.",
                    ]
                    .concat(),
                );
            }
            State::Unknown(_) => "The status is not one that is documented: ask again later.",
            _ => return None,
        };
        Some(remedy.to_owned())
    }

    /// Who decided, and why, in words.
    pub(super) fn verdict_of_approver(&self, did: &str) -> String {
        let who = self.actioned_by().unwrap_or("somebody");
        match self.action_reason() {
            Some(why) => [who, " ", did, " it, saying \"", why, "\""].concat(),
            None => [who, " ", did, " it"].concat(),
        }
    }
}
