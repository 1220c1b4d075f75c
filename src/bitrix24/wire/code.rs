//! What the portal's error codes mean: a table.
//!
//! Codes are compared without case and are an open set. The HTTP status decides nothing by itself:
//! documentation, sources and live answers disagree about it too often.

use crate::decision::Layer;
use crate::error::{Kind, Ran};

/// What follows from an error code.
///
/// ```
/// use callgate::bitrix24::wire::code::{Meaning, Response};
/// use callgate::error::{Kind, Ran};
/// let meaning = Meaning::of("METHOD_CONFIRM_WAITING", 401);
/// assert_eq!(meaning.kind, Kind::Waiting);
/// assert_eq!(meaning.ran, Ran::No);
/// assert_eq!(meaning.response, Response::Park);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// The kind of the error that the caller gets.
    pub kind: Kind,
    /// Whether the portal carried the call out.
    pub ran: Ran,
    /// Whether the same call may succeed later by itself.
    pub retryable: bool,
    /// Where a permission is the cause: which.
    pub layer: Option<Layer>,
    /// What a client does about it.
    pub response: Response,
}

/// What a client does about an error code.
///
/// ```
/// use callgate::bitrix24::wire::code::{Meaning, Response};
/// assert_eq!(Meaning::of("expired_token", 401).response, Response::Refresh);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Response {
    /// Refresh the token once and repeat the call once.
    Refresh,
    /// Keep the call and its token until an administrator has decided.
    Park,
    /// Nothing: hand the error to the caller.
    GiveUp,
}

const fn row(kind: Kind, layer: Option<Layer>) -> Meaning {
    Meaning {
        kind,
        ran: Ran::No,
        retryable: false,
        layer,
        response: Response::GiveUp,
    }
}

const WAITING: Meaning = Meaning {
    retryable: true,
    response: Response::Park,
    ..row(Kind::Waiting, Some(Layer::Confirmation))
};
const UNCONFIRMED: Meaning = row(Kind::Denied, Some(Layer::Confirmation));
const NO_SCOPE: Meaning = row(Kind::Denied, Some(Layer::Scope));
const NO_RIGHT: Meaning = row(Kind::Denied, Some(Layer::Right));
const NOT_IN_PLAN: Meaning = row(Kind::Denied, Some(Layer::Plan));
const NO_AUTH: Meaning = row(Kind::Auth, None);
const STALE_TOKEN: Meaning = Meaning {
    response: Response::Refresh,
    ..NO_AUTH
};
const REFUSED: Meaning = row(Kind::Portal, None);
const LIMITED: Meaning = row(Kind::Limit, None);
const LIMITED_FOR_NOW: Meaning = Meaning {
    retryable: true,
    ..LIMITED
};
const OUT_OF_REACH: Meaning = Meaning {
    retryable: true,
    ..REFUSED
};
/// What the table doesn't know: the method's own refusal, or a failure half way.
const OTHER: Meaning = Meaning {
    ran: Ran::Unknown,
    ..REFUSED
};

/// Codes in lower case, in the order of the server's checks.
const CODES: &[(&str, Meaning)] = &[
    ("query_limit_exceeded", LIMITED_FOR_NOW),
    ("overload_limit", LIMITED),
    ("operation_time_limit", LIMITED_FOR_NOW),
    ("internal_wrong_transport", REFUSED),
    ("portal_deleted", REFUSED),
    ("internal_wrong_handler_class", REFUSED),
    ("error_method_not_found", REFUSED),
    ("expired_token", STALE_TOKEN),
    ("invalid_token", STALE_TOKEN),
    ("connection_error", OUT_OF_REACH),
    ("no_auth_found", NO_AUTH),
    ("invalid_request", NO_AUTH),
    ("invalid_credentials", NO_AUTH),
    ("application_not_found", NO_AUTH),
    ("authorization_error", NO_AUTH),
    ("user_access_error", NO_AUTH),
    ("session_failed", NO_AUTH),
    ("error_oauth", NO_AUTH),
    ("not_installed", NO_AUTH),
    ("invalid_client", NO_AUTH),
    ("invalid_grant", NO_AUTH),
    ("wrong_client", NO_AUTH),
    ("payment_required", NOT_IN_PLAN),
    ("wrong_license", NOT_IN_PLAN),
    ("insufficient_scope", NO_SCOPE),
    ("access_denied", NO_RIGHT),
    ("wrong_auth_type", NO_RIGHT),
    ("insufficient_auth_type", NO_RIGHT),
    ("allowed_only_intranet_user", NO_RIGHT),
    ("method_confirm_waiting", WAITING),
    ("method_confirm_denied", UNCONFIRMED),
    ("error_batch_length_exceeded", REFUSED),
    ("error_batch_method_not_allowed", REFUSED),
    ("error_argument", REFUSED),
    ("invalid_http_method", REFUSED),
    ("22002", REFUSED),
    ("main_controller_22001", REFUSED),
    ("100", REFUSED),
];

/// What the codes of version 3 begin with; they are class names.
const V3: &str = "bitrix_rest_v3_exception_";

/// Codes of version 3 behind that beginning.
const V3_CODES: &[(&str, Meaning)] = &[
    ("methodnotfoundexception", REFUSED),
    ("accessdeniedexception", NO_RIGHT),
    ("ratelimitexception", LIMITED_FOR_NOW),
    ("insufficientscopeexception", NO_SCOPE),
    ("invalidjsonexception", REFUSED),
    ("validation_requestvalidationexception", REFUSED),
];

impl Meaning {
    /// Looks `code` up. `status` is asked only where one code stands for two things: version 3
    /// answers every failed authorization with 401 and the code of a missing right.
    ///
    /// ```
    /// use callgate::bitrix24::wire::code::Meaning;
    /// use callgate::error::Ran;
    /// assert_eq!(Meaning::of("ERROR_NEVER_HEARD_OF", 400).ran, Ran::Unknown);
    /// ```
    pub fn of(code: &str, status: u16) -> Self {
        let code = code.to_ascii_lowercase();
        let (table, name) = match code.strip_prefix(V3) {
            Some(name) => (V3_CODES, name),
            None => (CODES, code.as_str()),
        };
        let found = table.iter().find(|(known, _)| *known == name);
        match found {
            Some((_, meaning)) if *meaning == NO_RIGHT && table == V3_CODES && status == 401 => {
                NO_AUTH
            }
            Some((_, meaning)) => *meaning,
            None => OTHER,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_decide_and_statuses_do_not() {
        for status in [200, 400, 401, 403, 429, 500, 503] {
            assert_eq!(Meaning::of("insufficient_scope", status), NO_SCOPE);
            assert_eq!(Meaning::of("Method_Confirm_Waiting", status), WAITING);
            assert_eq!(Meaning::of("OVERLOAD_LIMIT", status), LIMITED);
        }
    }

    #[test]
    fn version_3_hides_failed_authorization_behind_a_missing_right() {
        let code = "BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION";
        assert_eq!(Meaning::of(code, 401), NO_AUTH);
        assert_eq!(Meaning::of(code, 403), NO_RIGHT);
    }

    #[test]
    fn only_what_ran_for_sure_or_not_at_all_is_called_so() {
        assert_eq!(Meaning::of("", 400).ran, Ran::Unknown);
        assert_eq!(Meaning::of("ERROR_CORE", 400).ran, Ran::Unknown);
        assert_eq!(Meaning::of("QUERY_LIMIT_EXCEEDED", 503).ran, Ran::No);
    }
}
