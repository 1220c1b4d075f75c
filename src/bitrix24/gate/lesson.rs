//! What a portal's answer teaches about its caller, for the next request.

use super::inspected::Inspected;
use crate::bitrix24::rights::catalogue::{Catalogue, Entry};
use crate::bitrix24::rights::method::{MethodName, Version};
use crate::bitrix24::wire::code::{Meaning, Response};
use crate::decision::Layer;
use crate::error::Kind;
use crate::text::is_any_of;

/// What an error code of the portal's says.
///
/// ```
/// assert_eq!(callgate::bitrix24::gate::Lesson::Ended.as_str(), "ended");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lesson {
    /// The token carries no scope for the method.
    Refused,
    /// Administrators have been asked about the method.
    Waiting,
    /// An administrator refused it.
    Denied,
    /// The token has ended.
    Ended,
    /// The portal's request budget is spent.
    Limited,
}

impl Lesson {
    /// The name that JavaScript sees.
    ///
    /// ```
    /// assert_eq!(callgate::bitrix24::gate::Lesson::Limited.as_str(), "limited");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Waiting => "waiting",
            Self::Denied => "denied",
            Self::Ended => "ended",
            Self::Limited => "limited",
        }
    }

    /// What the answer to `method`, a request or a command of it, teaches.
    ///
    /// A request in doubt teaches nothing about its caller: the portal may have seen another one.
    /// Nor does version 3, whose codes say less.
    ///
    /// ```
    /// use callgate::bitrix24::gate::{Lesson, Limits, Request, inspect};
    /// use callgate::bitrix24::rights::catalogue::Catalogue;
    /// let request = Request { verb: "GET", target: "/rest/crm.deal.list?auth=T", headers: &[], body: b"" };
    /// let seen = inspect(&request, &Limits::default()).unwrap();
    /// let lesson = |status, code| Lesson::of(Catalogue::bundled(), &seen, &seen.method, status, code);
    /// assert_eq!(lesson(401, "insufficient_scope"), Some(Lesson::Refused));
    /// assert_eq!(lesson(200, "insufficient_scope"), None); // the method's own word
    /// assert_eq!(lesson(401, "METHOD_CONFIRM_WAITING"), Some(Lesson::Waiting));
    /// assert_eq!(lesson(400, "ERROR_CORE"), None);
    /// ```
    pub fn of(
        catalogue: &Catalogue,
        seen: &Inspected,
        method: &MethodName,
        status: u16,
        code: &str,
    ) -> Option<Self> {
        if is_any_of(code, &["query_limit_exceeded"]) {
            return (status == 503).then_some(Self::Limited);
        }
        if !seen.doubts.is_empty() || seen.version == Version::V3 {
            return None;
        }
        let meaning = Meaning::of(code, status);
        match (meaning.response, meaning.layer) {
            (Response::Refresh, _) => Some(Self::Ended),
            (Response::Park, _) => Some(Self::Waiting),
            (_, Some(Layer::Confirmation)) if meaning.kind == Kind::Denied => Some(Self::Denied),
            (_, Some(Layer::Scope)) => {
                // A command's status is that of its batch.
                let command = !seen.commands.is_empty();
                let entry = catalogue.get(method.as_str(), Some(Version::V2));
                let by_method = entry.as_ref().is_none_or(Entry::scope_may_deny);
                (by_method && (status != 200 || command)).then_some(Self::Refused)
            }
            _ => None,
        }
    }
}
