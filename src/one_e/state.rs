//! Where a run stands, by the numbers that the server tells.

use crate::error::Ran;

/// Where a run stands.
///
/// ```
/// use callgate::one_e::State;
/// assert_eq!(State::NeedsCode.as_str(), "needs-code");
/// assert!(State::Rejected.is_final() && !State::Unknown(77).is_final());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The server has taken it and not decided what comes next.
    Created,
    /// Its issuer has to submit the one-time code that was mailed to him.
    NeedsCode,
    /// An approver has to decide. For that there is no deadline.
    Waiting,
    /// An approver said no, or the code's time ran out.
    Rejected,
    /// Approved, and about to be sent.
    Approved,
    /// A newer server evaluates the instruction's condition.
    Evaluating,
    /// Sent to the devices.
    Running,
    /// Done; the responses are there.
    Complete,
    /// Its time is over; the responses so far may be there.
    Expired,
    /// About to be cancelled.
    Cancelling,
    /// Cancelled.
    Cancelled,
    /// Ended by an error.
    Failed,
    /// Paused.
    Suspended,
    /// A status that nobody has documented. It counts neither as a grant nor as an end.
    Unknown(i64),
}

/// The numbers of `Status`. Two independent sources agree on 0 to 12; 13 has one.
const STATUSES: [(i64, State); 14] = [
    (0, State::Created),
    (1, State::Waiting),
    (2, State::Rejected),
    (3, State::Approved),
    (4, State::Running),
    (5, State::Running),
    (6, State::Complete),
    (7, State::Expired),
    (8, State::Cancelling),
    (9, State::Cancelled),
    (10, State::Failed),
    (11, State::Suspended),
    (12, State::NeedsCode),
    (13, State::Evaluating),
];

/// The one number of `WorkflowState` that is public: the issuer has to authenticate. Its others
/// aren't, so nothing else is read from it. In `Status` 11 means something else.
const WORKFLOW_AUTHENTICATING: i64 = 11;

impl State {
    pub(super) fn of(status: Option<i64>, workflow: Option<i64>) -> Self {
        let known = |(number, state): &(i64, Self)| (status == Some(*number)).then_some(*state);
        let unknown = Self::Unknown(status.unwrap_or(-1));
        let state = STATUSES.iter().find_map(known).unwrap_or(unknown);
        match (state, workflow) {
            (
                Self::Created | Self::Waiting | Self::Evaluating | Self::Unknown(_),
                Some(WORKFLOW_AUTHENTICATING),
            ) => Self::NeedsCode,
            _ => state,
        }
    }

    /// Whether it stays as it is, whatever anybody does.
    ///
    /// ```
    /// assert!(!callgate::one_e::State::Cancelling.is_final());
    /// ```
    pub fn is_final(self) -> bool {
        matches!(
            self,
            Self::Rejected | Self::Complete | Self::Expired | Self::Cancelled | Self::Failed
        )
    }

    /// Whether somebody has yet to decide: the issuer by his code, an approver, or the server.
    ///
    /// ```
    /// assert!(callgate::one_e::State::Waiting.is_pending());
    /// ```
    pub fn is_pending(self) -> bool {
        matches!(
            self,
            Self::Created | Self::NeedsCode | Self::Waiting | Self::Evaluating
        )
    }

    /// Whether the instruction was carried out, as far as the state tells.
    pub(super) fn ran(self) -> Ran {
        match self {
            Self::Running | Self::Complete | Self::Suspended => Ran::Yes,
            Self::Rejected => Ran::No,
            state if state.is_pending() => Ran::No,
            _ => Ran::Unknown,
        }
    }

    /// The name that JavaScript sees.
    ///
    /// ```
    /// assert_eq!(callgate::one_e::State::Unknown(77).as_str(), "unknown");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::NeedsCode => "needs-code",
            Self::Waiting => "waiting",
            Self::Rejected => "rejected",
            Self::Approved => "approved",
            Self::Evaluating => "evaluating",
            Self::Running => "running",
            Self::Complete => "complete",
            Self::Expired => "expired",
            Self::Cancelling => "cancelling",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
            Self::Suspended => "suspended",
            Self::Unknown(_) => "unknown",
        }
    }
}
