//! The decision about a batch, made of those about its commands.

use super::Question;
use crate::decision::{Decision, Verdict};

impl Question<'_> {
    /// The decision about a batch, given what was decided about each of its commands: a batch is
    /// denied if one of them is, and waits or is unknown if one of them does or is.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::{catalogue::Catalogue, grant::Grant, method::MethodName};
    /// # use callgate::bitrix24::rights::{params::Params, preflight::Question};
    /// use callgate::decision::{Decision, Evidence, Verdict};
    /// let (grant, params) = (Grant::unknown(), Params::parse(r#"{"cmd":["a"]}"#).unwrap());
    /// let batch = MethodName::parse("batch").unwrap();
    /// let catalogue = Catalogue::bundled();
    /// let entry = catalogue.get("batch", None);
    /// let denied = Decision::new(Verdict::Denied, Evidence::Grant);
    /// let decision = Question::new(catalogue, entry, &grant, &batch, &params)
    ///     .check_batch(vec![("0".to_owned(), denied)]);
    /// assert!(decision.is_denied());
    /// assert_eq!(decision.commands[0].0, "0");
    /// ```
    pub fn check_batch(&self, commands: Vec<(String, Decision)>) -> Decision {
        let mut whole = self.check();
        for verdict in [Verdict::Denied, Verdict::Pending, Verdict::Unknown] {
            if whole.verdict == verdict {
                break;
            }
            let worst = commands.iter().find(|(_, own)| own.verdict == verdict);
            let Some((name, own)) = worst else {
                continue;
            };
            whole.verdict = verdict;
            whole.layer = own.layer;
            whole.evidence = own.evidence;
            let remedy = own.remedy.as_deref().unwrap_or_default();
            whole.remedy = Some(["Command ", name, ": ", remedy].concat());
            break;
        }
        whole.commands = commands;
        whole
    }
}
