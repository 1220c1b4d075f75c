//! What each layer of a check knows of the documented methods, counted.

use super::facts::{Method, Methods};
use super::pack::{Entry, is_doubted, may_deny};
use super::results::{Place, Returns};

/// A table of layers: how many methods each has facts about, and of how many it may deny a call.
pub(super) fn table(methods: &Methods, returns: &Returns) -> String {
    let all = methods.list.len();
    let count = |holds: &dyn Fn(&Method) -> bool| {
        let those = methods.list.iter().filter(|method| holds(method));
        those.count()
    };
    let scope = count(&|method| method.facts.has("scope"));
    // The first flag of a class: a missing scope may deny.
    let by_scope = |method: &Method| {
        let flags = Entry::of(method).class.bytes().next();
        flags.is_some_and(|flags| flags & 1 != 0)
    };
    let names =
        |method: &Method| !method.parameters.is_empty() || method.facts.has("parameterless");
    let lack = |method: &Method| {
        let doubted = is_doubted(method);
        let mut parameters = method.parameters.iter();
        parameters.any(|parameter| parameter.required && may_deny(doubted, parameter))
    };
    let results = returns.list.iter();
    let fields = results
        .filter(|it| it.result.as_ref().is_some_and(has_fields))
        .count();
    let share = |number: usize| format!("{number:>5} {:>4}%", (100 * number + all / 2) / all);
    let rows = [
        ("names and REST versions", all, None),
        ("scopes", scope, Some(count(&by_scope))),
        (
            "confirmations",
            count(&|it| it.facts.has("confirmed")),
            None,
        ),
        ("parameters", count(&names), Some(count(&lack))),
        (
            "deprecations",
            count(&|it| it.facts.has("deprecated")),
            None,
        ),
        ("fields of the result", fields, None),
    ];
    let mut out = String::from("layer                    known       may deny\n");
    for (layer, known, denies) in rows {
        let denies = denies.map(share).unwrap_or_default();
        let line = format!("{layer:24} {}  {denies}", share(known));
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn has_fields(place: &Place) -> bool {
    place.fields().next().is_some()
        || [place.item(), place.value()]
            .into_iter()
            .flatten()
            .any(has_fields)
}
