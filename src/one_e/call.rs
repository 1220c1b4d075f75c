//! What callers want of a server, and what they get.

use std::time::Duration;

use crate::decision::Decision;
use crate::error::Error;
use crate::one_e::act::{Act, Deed};
use crate::one_e::approvals::Pending;
use crate::one_e::instruction::{self, Instruction};
use crate::one_e::lists::{Check, Lists};
use crate::one_e::run::{Run, RunId};
use crate::one_e::wire;
use crate::one_e::work::{Follow, Work};
use crate::secret::Secret;
use crate::value::Value;

/// What a caller wants. It ends with an [`Answer`] of the kind that stands behind it, or an error.
///
/// ```
/// use callgate::one_e::{Call, Instruction};
/// let call = Call::Issue(Instruction::parse(r#"{"definitionId": 7}"#).unwrap());
/// assert!(matches!(call, Call::Issue(_)));
/// ```
#[derive(Clone, Debug)]
pub enum Call {
    /// Issue an instruction, once: [`Answer::Run`]. It is never posted again by itself.
    Issue(Instruction),
    /// Read a run: [`Answer::Run`].
    Read(RunId),
    /// Read a run until its state is final, at first every 5 seconds, then ever more slowly down to
    /// once a minute: [`Answer::Run`]. What changes meanwhile is told as
    /// [`Notice::Run`](crate::one_e::Notice::Run).
    Follow {
        /// The run as it was seen last.
        run: Run,
        /// How long at most. An approval has no deadline of its own.
        timeout: Option<Duration>,
    },
    /// Submit the one-time code: [`Answer::Run`], as it is afterwards.
    SubmitCode {
        /// The run whose issuer the caller is.
        run: RunId,
        /// The code from the mail.
        code: Secret,
    },
    /// Cancel a run: [`Answer::Run`], as it is afterwards.
    Cancel {
        /// The run.
        run: RunId,
        /// Whether the responses so far are kept. Scheduled instructions have none.
        keep_data: bool,
    },
    /// Read a page of responses: [`Answer::Page`].
    Responses {
        /// The run.
        run: RunId,
        /// Where the page begins: [`Page::next`] of the page before.
        from: Option<String>,
        /// How many rows are wanted. Servers may give fewer.
        page_size: u32,
        /// An expression about the rows, as JSON.
        filter: Option<String>,
    },
    /// What waits for the caller's decision: [`Answer::Pending`].
    Pending,
    /// May the caller decide this run? [`Answer::Decision`].
    Check(RunId),
    /// Approve or reject a run, then read it again: [`Answer::Run`].
    Decide {
        /// The run.
        run: RunId,
        /// Approve, or reject.
        approve: bool,
        /// The reason, which others see. It may be empty.
        comment: String,
    },
}

impl Call {
    pub(super) fn begin(self) -> Result<Work, Error> {
        Ok(match self {
            Self::Issue(instruction) => Work::Issue(instruction.kind(), instruction.demand()),
            Self::Read(id) => Work::Read(id),
            Self::Follow { run, .. } => Work::Follow(Follow::new(run)),
            Self::SubmitCode { run, code } => {
                if code.expose().trim().is_empty() {
                    return Err(Error::invalid("code: it is empty"));
                }
                let code = Secret::new(code.expose().trim());
                Work::Act(Act::new(run, Deed::Code(code)))
            }
            Self::Cancel { run, keep_data } => Work::Act(Act::new(run, Deed::Cancel { keep_data })),
            Self::Responses {
                run,
                from,
                page_size,
                filter,
            } => {
                if page_size == 0 {
                    return Err(Error::invalid("pageSize: a page has one row at least"));
                }
                let filter = match filter {
                    None => None,
                    Some(json) => {
                        let given = Value::from_json(&json).map_err(|malformed| {
                            Error::invalid(["filter: ", &malformed.in_words()].concat())
                        })?;
                        Some(instruction::expression("filter", &given)?.to_json())
                    }
                };
                let start = from.unwrap_or_else(|| "0;0".to_owned());
                let demand = wire::responses(run, filter.as_deref(), &start, page_size);
                Work::Page { start, demand }
            }
            Self::Pending => Work::Lists(Lists::new()),
            Self::Check(id) => Work::Check(Check::new(id)),
            Self::Decide {
                run,
                approve,
                comment,
            } => Work::Act(Act::new(run, Deed::Decide { approve, comment })),
        })
    }
}

/// What a call brought.
///
/// ```
/// use callgate::one_e::{Answer, Page};
/// let answer = Answer::Page(Page { rows: Vec::new(), next: None });
/// assert!(matches!(answer, Answer::Page(page) if page.next.is_none()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A run, as the server showed it last.
    Run(Run),
    /// A page of responses.
    Page(Page),
    /// What waits for a decision.
    Pending(Pending),
    /// Whether the caller may decide.
    Decision(Decision),
}

/// A page of responses.
///
/// ```
/// use callgate::one_e::Page;
/// let page = Page { rows: Vec::new(), next: Some("0;500".into()) };
/// assert!(page.next.is_some());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The rows, as the server sent them.
    pub rows: Vec<Value>,
    /// Where the next page begins; `None` after the last one.
    pub next: Option<String>,
}
