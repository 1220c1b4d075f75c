//! What to do about a decision, in one sentence with the exact action.

use super::nearest::nearest_method;
use super::{NO_BATCH, NO_WEBHOOK, Question};
use crate::decision::{Decision, Layer, Problem, Severity, Verdict};
use crate::text::join;

impl Question<'_> {
    pub(super) fn remedy(&self, decision: &Decision) -> Option<String> {
        let first = self.first(decision);
        // What is odd about the parameters is worth a word beside another layer's.
        let warning = decision.problems.iter().find(|it| !it.path.is_empty());
        match (warning, decision.layer) {
            (Some(problem), Some(layer))
                if layer != Layer::Parameters && decision.verdict != Verdict::Denied =>
            {
                let first = first.map_or_else(String::new, |first| first + " ");
                Some(first + &look_at(problem))
            }
            _ => first,
        }
    }

    /// What to do about the layer that decided.
    fn first(&self, decision: &Decision) -> Option<String> {
        let text = match (decision.verdict, decision.layer?) {
            (Verdict::Denied, Layer::Method) => self.no_such_method("The portal knows no "),
            (Verdict::Unknown, Layer::Method) => self.no_such_method("The catalogue knows no "),
            (Verdict::Allowed, Layer::Method) => return self.another_way(decision),
            (Verdict::Denied, Layer::Scope) => self.scope_remedy(decision),
            (Verdict::Unknown, Layer::Scope) if decision.needed.is_none() => {
                "Its documentation doesn't say which scope it needs: call it, and the portal will."
                    .to_owned()
            }
            (Verdict::Unknown, Layer::Scope) if decision.provided.is_none() => {
                let needed = self.missing_scopes(decision);
                let parts = [
                    "Make sure that ",
                    &needed,
                    " is granted (loadGrant() asks the portal).",
                ];
                parts.concat()
            }
            (Verdict::Unknown, Layer::Scope) => {
                ["If the portal refuses it: ", &self.scope_remedy(decision)].concat()
            }
            (Verdict::Denied, Layer::Parameters) => {
                let errors = decision.problems.iter();
                let errors = errors.filter(|problem| problem.severity == Severity::Error);
                let missing = join(&mut errors.map(|problem| problem.path.as_str()), " and ");
                ["Add ", &missing, " to the parameters."].concat()
            }
            (Verdict::Allowed, Layer::Parameters) => look_at(decision.problems.first()?),
            (Verdict::Denied, Layer::Confirmation) => {
                "An administrator refused this method for this token; it can be asked for again \
                 with the next token."
                    .to_owned()
            }
            (Verdict::Pending, Layer::Confirmation) => {
                "An administrator has been asked in the portal: repeat the call with the same \
                 token once that request is answered, or call with confirmation: 'wait'."
                    .to_owned()
            }
            (Verdict::Allowed, Layer::Confirmation) if self.confirmation.is_none() => {
                "The first call asks an administrator in the portal to confirm it.".to_owned()
            }
            (Verdict::Denied, Layer::Right) => {
                "The user behind the token lacks the right in the portal: let an administrator \
                 give it, or call for another user."
                    .to_owned()
            }
            (Verdict::Denied, Layer::Plan) => {
                "The portal's plan doesn't include this; the portal's owner can change the plan."
                    .to_owned()
            }
            _ => return None,
        };
        Some(text)
    }

    /// Names the method that was meant, if one is near.
    fn no_such_method(&self, nobody: &str) -> String {
        let given = self.method.as_str();
        let mut text = [nobody, given].concat();
        match nearest_method(self.catalogue, given) {
            Some(name) => {
                text.push_str("; did you mean ");
                text.push_str(&name);
                text.push('?');
            }
            None => text.push_str(": check its name and REST version."),
        }
        text
    }

    fn another_way(&self, decision: &Decision) -> Option<String> {
        let notes = self.notes();
        if notes & NO_WEBHOOK != 0 {
            let text = "Call it with an application's token: the portal refuses it to webhooks.";
            return Some(text.to_owned());
        }
        if notes & NO_BATCH != 0 {
            return Some("Call it by itself: the portal refuses it in a batch.".to_owned());
        }
        let replacements = decision.deprecated.as_ref()?.replacements.iter();
        Some(match join(&mut replacements.map(String::as_str), " or ") {
            none if none.is_empty() => "Deprecated, with nothing named to use instead.".to_owned(),
            names => ["Deprecated: use ", &names, " instead."].concat(),
        })
    }

    /// Names the scopes to add.
    fn scope_remedy(&self, decision: &Decision) -> String {
        let missing = match self.missing_scopes(decision) {
            none if none.is_empty() => "that this method needs".to_owned(),
            missing => missing,
        };
        let (whom, then) = match self.webhook {
            true => ("webhook", " in the portal."),
            false => (
                "application",
                " in the portal, then let it get a new token.",
            ),
        };
        ["Give the ", whom, " the scope ", &missing, then].concat()
    }

    /// Of each group that isn't met all codes, of which any one will do.
    fn missing_scopes(&self, decision: &Decision) -> String {
        let met = |code: &String| {
            self.grant
                .scopes()
                .is_some_and(|granted| granted.meets(code))
        };
        let groups = decision.needed.iter().flatten();
        let missing: Vec<String> = groups
            .filter(|group| !group.iter().any(met))
            .map(|group| join(&mut group.iter().map(String::as_str), " or "))
            .collect();
        join(&mut missing.iter().map(String::as_str), " and ")
    }
}

fn look_at(problem: &Problem) -> String {
    let what = match problem.path.as_str() {
        "" => "the parameters",
        path => path,
    };
    ["Check ", what, " (", &problem.reason, ")."].concat()
}
