//! Puts the server's refusals into errors, and the engine's own findings into words.

use crate::decision::{Decision, Evidence, Layer, Verdict};
use crate::error::{Error, Kind, Ran};
use crate::http::Response;
use crate::one_e::reading;
use crate::one_e::run::Run;
use crate::one_e::state::State;
use crate::secret::Secret;
use crate::text::push_number;

/// The error for an answer with another status than 2xx. Nothing about 1E's statuses is certain but
/// that 401 has two meanings, so a 4xx is no more than: refused, and not carried out.
pub(super) fn refused(response: &Response, reads: bool, token: &Secret) -> Error {
    let status = response.status;
    let (code, words) = reading::complaint(response);
    let (kind, ran, retryable) = match status {
        300..400 => (Kind::Protocol, Ran::No, false),
        401 => (Kind::Auth, Ran::No, false),
        403 => (Kind::Denied, Ran::No, false),
        429 => (Kind::Limit, Ran::No, true),
        503 => (Kind::Limit, Ran::Unknown, reads),
        400..500 => (Kind::Portal, Ran::No, false),
        _ => (Kind::Portal, Ran::Unknown, reads),
    };
    let code = match code {
        Some(code) => token.scrub(&code),
        None => {
            let mut code = "CALLGATE_HTTP_".to_owned();
            push_number(status.into(), &mut code);
            code
        }
    };
    let words = match (words.is_empty(), status) {
        (_, 300..400) => {
            "the server sends elsewhere, which it never should: check the address".to_owned()
        }
        (true, _) => "the server gave no reason".to_owned(),
        (false, _) => token.scrub(&words),
    };
    let mut error = Error::new(&code, kind, ran, words);
    error.status = Some(status);
    error.retryable = retryable;
    if status == 403 {
        error.decision = Some(Box::new(denied_right(&[])));
    }
    error
}

/// A 401 although the server knows the token: a permission is missing.
pub(super) fn lacks_permission(mut error: Error, needed: &[&str]) -> Error {
    error.kind = Kind::Denied;
    rename(&mut error, "CALLGATE_PERMISSION");
    error.message.push_str(
        " (the token is accepted, so a permission is missing: the user's or the consumer's)",
    );
    error.decision = Some(Box::new(denied_right(needed)));
    error
}

/// A 401, and whoami gets one too.
pub(super) fn token_is_dead(mut error: Error) -> Error {
    rename(&mut error, "CALLGATE_UNAUTHENTICATED");
    error.message.push_str(
        " (the server doesn't say who the caller is either: the token has ended, \
         or the consumer isn't registered, licensed and enabled)",
    );
    error
}

/// A 401, and nobody knows which of the two it is.
pub(super) fn unexplained(mut error: Error) -> Error {
    error.retryable = true;
    error
        .message
        .push_str(" (whether it is the token or a permission could not be found out)");
    error
}

/// Gives an error of ours a better code; the server's own stays.
fn rename(error: &mut Error, code: &str) {
    if error.code.starts_with("CALLGATE_") {
        error.code = code.to_owned();
    }
}

fn denied_right(needed: &[&str]) -> Decision {
    let mut decision = Decision::new(Verdict::Denied, Evidence::Server);
    decision.layer = Some(Layer::Right);
    if !needed.is_empty() {
        let any = needed.iter().map(|operation| (*operation).to_owned());
        decision.needed = Some(vec![any.collect()]);
    }
    decision.remedy = Some(
        "Ask a permissions administrator for a role with this operation on the instruction set, \
         and whether the consumer is licensed and enabled."
            .to_owned(),
    );
    decision
}

/// An instruction that can't be found: there is none, or it can't be seen from here.
pub(super) fn out_of_sight(mut error: Error) -> Error {
    rename(&mut error, "CALLGATE_OUT_OF_SIGHT");
    error.message.push_str(
        " (there is no such instruction, or it is out of sight: since API 8.0 one sees only those \
         whose issuer has no management group that one hasn't, and groups may change at any time)",
    );
    error
}

/// A decision that came too late, because the run has left the state in which one is asked for.
pub(super) fn decided_already(run: &Run, refusal: Option<Error>) -> Error {
    let mut error = refusal.unwrap_or_else(|| {
        Error::new(
            "CALLGATE_DECIDED_ALREADY",
            Kind::Portal,
            Ran::No,
            String::new(),
        )
    });
    rename(&mut error, "CALLGATE_DECIDED_ALREADY");
    error.kind = Kind::Portal;
    error.ran = Ran::No;
    error.message = match run.state() {
        State::Rejected => run.verdict_of_approver("rejected"),
        State::Cancelled | State::Cancelling => "it was cancelled in the meantime".to_owned(),
        State::Expired => "its time was over".to_owned(),
        State::NeedsCode => "its issuer has yet to submit his code".to_owned(),
        _ => run.verdict_of_approver("approved"),
    };
    let mut decision = run.decision();
    decision.remedy = Some("There is nothing left to decide: read it again.".to_owned());
    error.decision = Some(Box::new(decision));
    error
}

/// A one-time code that the server didn't take. With what status it says so is not known.
pub(super) fn code_refused(run: &Run, refusal: Option<Error>) -> Error {
    let mut error = refusal.unwrap_or_else(|| {
        Error::new(
            "CALLGATE_CODE_REFUSED",
            Kind::Invalid,
            Ran::No,
            String::new(),
        )
    });
    rename(&mut error, "CALLGATE_CODE_REFUSED");
    let (kind, message) = match run.state() {
        State::NeedsCode => (
            Kind::Invalid,
            "code: the server didn't take it; only its issuer can submit it",
        ),
        State::Rejected => (
            Kind::Denied,
            "the code came too late: the instruction is rejected",
        ),
        _ => (Kind::Invalid, "code: the instruction asks for none"),
    };
    error.kind = kind;
    error.message = message.to_owned();
    error.decision = Some(Box::new(run.decision()));
    error
}

/// A follow that lasted as long as its caller allowed.
pub(super) fn overdue(run: &Run) -> Error {
    let message = match run.state() {
        State::NeedsCode => "nobody submitted the code in the time given",
        state if state.is_pending() => "nobody decided in the time given",
        _ => "it didn't end in the time given",
    };
    let mut error = Error::new(
        "CALLGATE_RUN_TIMEOUT",
        Kind::Timeout,
        run.state().ran(),
        message,
    );
    error.retryable = true;
    error.decision = Some(Box::new(run.decision()));
    error
}
