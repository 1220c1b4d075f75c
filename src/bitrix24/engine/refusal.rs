//! Puts errors and warnings into words. Words of others are freed of secrets first.

use crate::bitrix24::engine::call::CallId;
use crate::bitrix24::engine::connection::{Connection, Notice, Output};
use crate::bitrix24::rights::method::MethodName;
use crate::bitrix24::wire::address::Origin;
use crate::bitrix24::wire::code::Meaning;
use crate::bitrix24::wire::envelope::{Envelope, Payload};
use crate::decision::{Decision, Layer, Verdict};
use crate::error::{Error, Kind, Ran};
use crate::secret::Secret;
use crate::text::{cut, join};
use crate::time::Instant;

/// So many findings are remembered; of a program's own mistakes there are fewer.
const FINDINGS: usize = 1000;

impl<B: Payload> Connection<B> {
    /// The error that the portal's own error becomes: its code unchanged, its words freed of
    /// markup, and the decision where a permission is the cause.
    pub(super) fn portal_error(
        &self,
        now: Instant,
        id: CallId,
        status: u16,
        code: String,
        description: &str,
        meaning: Meaning,
    ) -> Error {
        let decision = meaning.layer.and_then(|layer| {
            let running = self.calls.get(id)?;
            let call = &running.call;
            let verdict = match meaning.kind {
                Kind::Waiting => Verdict::Pending,
                _ => Verdict::Denied,
            };
            let question = self.question(now, &call.method, &call.params, Some(running.version));
            Some(Box::new(question.refused_by_portal(verdict, layer)))
        });
        let words = without_markup(&self.scrub(id, description));
        let message = match (&decision, words.is_empty()) {
            (_, false) => words,
            (Some(decision), true) => decision.remedy.clone().unwrap_or_default(),
            (None, true) => "the portal gave no description".to_owned(),
        };
        let code = self.scrub(id, &code);
        let mut error = Error::new(&code, meaning.kind, meaning.ran, message);
        error.status = Some(status);
        error.retryable = meaning.retryable;
        error.decision = decision;
        error
    }

    /// The error for an answer that isn't a portal's.
    pub(super) fn unreadable(&self, id: CallId, envelope: &Envelope<B>) -> Error {
        let repeatable = self.may_repeat(id);
        let protocol = |code, message: &str| {
            let mut error = Error::new(code, Kind::Protocol, Ran::Unknown, message);
            error.retryable = repeatable;
            error
        };
        match envelope {
            Envelope::Moved { location } => {
                let host = location.as_deref().and_then(host_of);
                let message = match host {
                    Some(host) => {
                        let host = self.scrub(id, host);
                        ["the portal has moved to ", &host, ": use that domain"].concat()
                    }
                    None => "the portal has moved; where to can't be read here".to_owned(),
                };
                Error::new("CALLGATE_MOVED", Kind::Portal, Ran::No, message)
            }
            Envelope::NotJson { empty: true } => protocol(
                "CALLGATE_EMPTY",
                "the answer has no body, so nobody knows what happened",
            ),
            Envelope::TooLong => Error::new(
                "CALLGATE_TOO_LONG",
                Kind::Protocol,
                Ran::Unknown,
                "the answer is longer than maxBody lets it be",
            ),
            Envelope::Foreign => protocol(
                "CALLGATE_NO_RESULT",
                "the answer is JSON with neither a result nor an error",
            ),
            _ => protocol(
                "CALLGATE_NOT_JSON",
                "the answer isn't JSON, or was cut short",
            ),
        }
    }

    /// Tells of a finding, once.
    pub(super) fn warn(
        &mut self,
        finding: u64,
        method: Option<MethodName>,
        message: String,
        decision: Option<Decision>,
    ) {
        if self.warned.contains(&finding) {
            return;
        }
        if self.warned.len() == FINDINGS {
            self.warned.remove(0);
        }
        self.warned.push(finding);
        self.outputs.push_back(Output::Notice(Notice::Warning {
            method,
            message,
            decision,
        }));
    }

    /// The words of others without any secret that this connection knows.
    pub(super) fn scrub(&self, id: CallId, words: &str) -> String {
        let own = self
            .calls
            .get(id)
            .and_then(|running| running.token.as_ref());
        let former = self.retired.iter().chain(&self.replaced);
        let tokens = own.into_iter().chain(self.current()).chain(former);
        let of_tokens =
            tokens.flat_map(|held| [Some(&held.token.access), held.token.refresh.as_ref()]);
        let others = [
            self.webhook_secret.as_ref(),
            self.config.application_token.as_ref(),
        ];
        let mut secrets: Vec<_> = of_tokens.chain(others).flatten().collect();
        // Of two that begin alike the longer one goes first, or its end would stay.
        let length = |secrets: &[&Secret], at: usize| secrets.get(at).map(|it| it.expose().len());
        let mut words = words.to_owned();
        while let Some(longest) = (0..secrets.len()).max_by_key(|at| length(&secrets, *at)) {
            words = secrets.swap_remove(longest).scrub(&words);
        }
        words
    }
}

pub(super) fn closed() -> Error {
    Error::new(
        "CALLGATE_CLOSED",
        Kind::Aborted,
        Ran::No,
        "the portal was closed",
    )
}

/// One sentence for a call that preflight objects to.
pub(super) fn sentence(method: &MethodName, layer: Layer, decision: &Decision) -> String {
    let what = match layer {
        Layer::Scope if decision.is_denied() => " needs a scope that the token doesn't carry. ",
        Layer::Scope => " is documented to need a scope that the token doesn't carry. ",
        Layer::Confirmation => " was refused by an administrator. ",
        Layer::Method if decision.is_denied() => " is no method of this portal. ",
        Layer::Method => " is not to be called like this. ",
        _ if decision.is_denied() => " lacks required parameters. ",
        _ => " is documented with other parameters. ",
    };
    let remedy = decision.remedy.as_deref().unwrap_or_default();
    [method.as_str(), what, remedy]
        .concat()
        .trim_end()
        .to_owned()
}

/// Descriptions may hold markup such as `<br>`; a `<` that begins no tag stays.
fn without_markup(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        plain.push_str(before);
        let opens = tag.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!'));
        match tag.split_once('>') {
            Some((_, after)) if opens => {
                plain.push(' ');
                rest = after;
            }
            _ => {
                plain.push('<');
                rest = tag;
            }
        }
    }
    plain.push_str(rest);
    join(&mut plain.split_whitespace(), " ")
}

/// The new address of a portal that has moved, without which no request goes there.
pub(super) fn origin_of(location: &str) -> Option<Origin> {
    let (scheme, rest) = cut(location, "://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    Origin::parse(&[scheme, "://", host].concat()).ok()
}

fn host_of(location: &str) -> Option<&str> {
    let (_, rest) = cut(location, "://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    // What stands before an @ may be a secret.
    host.rsplit('@').next().filter(|host| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_dropped_and_comparisons_stay() {
        assert_eq!(without_markup("a<br>b"), "a b");
        assert_eq!(
            without_markup("<b>Access</b> denied!<br/>"),
            "Access denied!"
        );
        assert_eq!(without_markup("1 < 2 and <"), "1 < 2 and <");
    }

    #[test]
    fn a_location_gives_its_host_and_no_credentials() {
        assert_eq!(
            host_of("https://new.example/rest/1/secret/"),
            Some("new.example")
        );
        assert_eq!(host_of("https://u:p@new.example?x"), Some("new.example"));
        assert_eq!(host_of("/relative"), None);
    }
}
