//! Everything that can go wrong on demand: one table of situations, and the list of those that are
//! switched on.
//!
//! A fault strikes a request that reaches the place where it acts: a fault of the limiter does not
//! count requests that failed for want of a token.

mod table;

use serde_json::{Value, json};

use crate::failure::Failure;
pub(crate) use table::TABLE;

/// The name under which faults know the token endpoint. A fault of the front end strikes there only
/// when it names it: the OAuth server is another server.
pub(crate) const TOKEN_ENDPOINT: &str = "oauth.token";

/// The place in the order of checks where a fault acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The cloud's front end, before PHP sees the request.
    Front,
    /// The server's first checks, before the method is looked up.
    Server,
    /// The look-up of the method.
    Lookup,
    /// Version 3 only: whether a method is switched on.
    Switch,
    /// Authorization, before the credentials' own checks.
    Credentials,
    /// Authorization, after the credentials were found good, and the scope.
    Rights,
    /// The licence for an authorization connector.
    Licence,
    /// The load limiter.
    Limiter,
    /// The method itself; the only one of these, with the limiter and the scope, that acts in a batch.
    Method,
    /// The answer of a call that has run, on its way back.
    Sent,
    /// The OAuth server's token endpoint.
    Refresh,
    /// The event ONAPPMETHODCONFIRM.
    Event,
    /// A decision of the administrator.
    Decision,
    /// The portal's memory of confirmations.
    Memory,
    /// The page around an application; the method is the page's command.
    Page,
}

/// The kinds of authorization that a row of the table speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    Any,
    Token,
    Webhook,
    Session,
}

/// What a fault does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum What {
    /// A failure in the server's own form.
    Fail(u16, &'static str, &'static str),
    /// An answer that PHP did not make.
    Raw(u16, Raw),
    /// Another behaviour; the place that asks for it knows what to do.
    Act,
}

/// The bodies of answers that PHP did not make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Raw {
    Html(&'static str),
    Json(&'static str, &'static str),
    Redirect,
    Empty,
    /// An HTML page with status 200.
    NotJson,
    /// The first half of the true answer.
    Half,
    /// A page after a minute of silence.
    Late(&'static str),
}

/// One situation. Several rows share a word when tokens and webhooks see it differently.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) word: &'static str,
    /// Other names that a user may give; the code is one without being listed.
    also: &'static [&'static str],
    stage: Stage,
    on: On,
    pub(crate) what: What,
    about: &'static str,
}

impl Row {
    /// The error code of the row; empty when it has none.
    fn code(&self) -> &'static str {
        match self.what {
            What::Fail(_, code, _) | What::Raw(_, Raw::Json(code, _)) => code,
            _ => "",
        }
    }

    fn status(&self) -> Option<u16> {
        match self.what {
            What::Fail(status, ..) | What::Raw(status, _) => Some(status),
            What::Act => None,
        }
    }

    /// The failure that the row stands for, with the extra keys that its code has.
    pub(crate) fn failure(&self) -> Option<Failure> {
        let What::Fail(status, code, text) = self.what else {
            return None;
        };
        let failure = Failure::new(status, code, text);
        Some(match self.word {
            "argument" => failure.with("argument", "ID"),
            "user-not-authorized" => failure
                .with("sessid", "0")
                .with("extended_error", "user_not_authorized"),
            "user-type" => failure.with("type", "email"),
            "session-failed" => failure.with("sessid", "0"),
            _ => failure,
        })
    }
}

/// A name without what people vary: case, underscores, blanks.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|character| !matches!(character, '_' | '-' | ' ' | '`'))
        .map(|character| character.to_ascii_lowercase())
        .collect()
}

/// The word for a kind given as word, as another name or as code.
pub(crate) fn word_of(kind: &str) -> Option<&'static str> {
    let wanted = plain(kind);
    let means = |name: &str| !name.is_empty() && plain(name) == wanted;
    TABLE
        .iter()
        .find(|row| means(row.word))
        .or_else(|| {
            TABLE
                .iter()
                .find(|row| row.also.iter().any(|name| means(name)))
        })
        .or_else(|| TABLE.iter().find(|row| means(row.code())))
        .map(|row| row.word)
}

/// The table as the control plane serves it.
pub(crate) fn described() -> Value {
    TABLE
        .iter()
        .map(|row| {
            json!({
                "kind": row.word,
                "also": row.also,
                "code": row.code(),
                "status": row.status(),
                "place": format!("{:?}", row.stage).to_lowercase(),
                "on": format!("{:?}", row.on).to_lowercase(),
                "about": row.about,
            })
        })
        .collect()
}

/// One fault that is switched on.
///
/// ```
/// use callgate_portal::{Fault, Portal};
/// let mut portal = Portal::new();
/// let fault = Fault { method: Some("crm.deal.list".into()), times: Some(1), ..Fault::new("OPERATION_TIME_LIMIT") };
/// assert!(portal.fault(fault).is_ok());
/// assert!(portal.fault(Fault::new("bad weather")).is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// A word, another name or an error code of the table that `GET /_portal/faults` serves.
    pub kind: String,
    /// Only calls of this method; all when absent.
    pub method: Option<String>,
    /// How many requests it strikes; all until the reset when absent.
    pub times: Option<u64>,
    /// How many requests that it would strike it lets pass first.
    pub after: u64,
    /// For the kind `redirect`: the origin that the portal moved to.
    pub to: Option<String>,
}

impl Fault {
    /// A fault that strikes every request from now on.
    pub fn new(kind: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            method: None,
            times: None,
            after: 0,
            to: None,
        }
    }

    fn to_value(&self) -> Value {
        let mut value = json!({"kind": self.kind, "method": self.method, "times": self.times, "after": self.after});
        if let (Some(to), Some(map)) = (&self.to, value.as_object_mut()) {
            map.insert("to".to_owned(), json!(to));
        }
        value
    }
}

/// A fault that struck: its row, and where a redirect goes.
pub(crate) struct Struck {
    pub(crate) row: &'static Row,
    pub(crate) to: Option<String>,
}

/// The faults that are switched on, in the order in which they were.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults {
    active: Vec<Fault>,
}

impl Faults {
    /// Switches a fault on. `Err` holds what was given when no row fits it.
    pub(crate) fn add(&mut self, fault: Fault) -> Result<Value, String> {
        let Some(word) = word_of(&fault.kind) else {
            return Err(fault.kind);
        };
        let fault = Fault {
            kind: word.to_owned(),
            method: fault.method.map(|name| name.to_ascii_lowercase()),
            ..fault
        };
        let value = fault.to_value();
        self.active.push(fault);
        Ok(value)
    }

    pub(crate) fn clear(&mut self) {
        self.active.clear();
    }

    pub(crate) fn active(&self) -> Value {
        self.active.iter().map(Fault::to_value).collect()
    }

    /// The first fault that strikes at this place.
    pub(crate) fn take(&mut self, stage: Stage, on: On, method: &str) -> Option<Struck> {
        if self.active.is_empty() {
            return None;
        }
        let at = |word: &str| {
            TABLE.iter().find(|row| {
                row.word == word && row.stage == stage && (row.on == on || row.on == On::Any)
            })
        };
        let mut struck = None;
        for fault in &mut self.active {
            let Some(row) = at(&fault.kind) else { continue };
            if fault
                .method
                .as_ref()
                .is_some_and(|wanted| !wanted.eq_ignore_ascii_case(method))
            {
                continue;
            }
            if method == TOKEN_ENDPOINT && stage == Stage::Front && fault.method.is_none() {
                continue;
            }
            // A behaviour is asked for by its word, see `asks`.
            if matches!(row.what, What::Act) {
                continue;
            }
            if fault.strikes() {
                struck = Some(Struck {
                    row,
                    to: fault.to.clone(),
                });
                break;
            }
        }
        self.active.retain(|fault| fault.times != Some(0));
        struck
    }

    /// Whether a behaviour is switched on; counts as one strike when it is.
    pub(crate) fn asks(&mut self, word: &str, method: &str) -> bool {
        let struck = self
            .active
            .iter_mut()
            .filter(|fault| fault.kind == word)
            .filter(|fault| {
                fault
                    .method
                    .as_ref()
                    .is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            })
            .any(Fault::strikes);
        self.active.retain(|fault| fault.times != Some(0));
        struck
    }

    /// A failure at this place, if a fault asks for one.
    pub(crate) fn fail(&mut self, stage: Stage, on: On, method: &str) -> Result<(), Failure> {
        match self
            .take(stage, on, method)
            .and_then(|struck| struck.row.failure())
        {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }
}

impl Fault {
    /// Counts a request that it could strike, and tells whether it does.
    fn strikes(&mut self) -> bool {
        if self.after > 0 {
            self.after -= 1;
            return false;
        }
        match &mut self.times {
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
            None => true,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::{Fault, Faults, On, Stage, TABLE, word_of};

    #[test]
    fn every_row_is_reached_by_its_word() {
        for row in TABLE {
            assert_eq!(word_of(row.word), Some(row.word));
        }
    }

    #[test]
    fn a_kind_may_be_a_code_a_word_or_a_sentence() {
        assert_eq!(word_of("QUERY_LIMIT_EXCEEDED"), Some("rate-limit"));
        assert_eq!(word_of("method_confirm_waiting"), Some("confirm-waiting"));
        assert_eq!(word_of("server_andpoint"), Some("server-andpoint"));
        assert_eq!(word_of("200 with `error`"), Some("error-200"));
        assert_eq!(word_of("OVERLOAD_LIMIT"), Some("overload"));
        assert_eq!(word_of("sunshine"), None);
        assert_eq!(word_of(""), None);
    }

    #[test]
    fn a_fault_lets_pass_strikes_and_ends() {
        let mut faults = Faults::default();
        faults
            .add(Fault {
                times: Some(2),
                after: 1,
                ..Fault::new("429")
            })
            .unwrap();
        let struck: Vec<bool> = (0..5)
            .map(|_| faults.take(Stage::Limiter, On::Token, "a").is_some())
            .collect();
        assert_eq!(struck, [false, true, true, false, false]);
    }

    #[test]
    fn a_fault_of_one_method_spares_the_others() {
        let mut faults = Faults::default();
        faults
            .add(Fault {
                method: Some("Crm.Deal.List".into()),
                ..Fault::new("sql")
            })
            .unwrap();
        assert!(faults.take(Stage::Method, On::Any, "profile").is_none());
        assert!(
            faults
                .take(Stage::Method, On::Any, "crm.deal.list")
                .is_some()
        );
    }
}
