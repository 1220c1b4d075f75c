//! The TypeScript declarations of the catalogue, `pkg/methods.d.ts`: of each method its parameters
//! and its result, as the portal sends it and as `decode()` makes it.
//!
//! A compiler reads the whole file but looks at the methods that a program calls alone: all is in
//! interfaces, which are resolved member by member, and sets of fields that occur again have a name.

mod parameters;
mod results;
#[cfg(test)]
mod tests;
mod types;

use std::collections::HashMap;
use std::fmt::Write;

use super::Lines;
use super::facts::{Method, Methods};
use super::results::{Return, Returns};
use super::shapes::Shaper;
use types::{Printer, Type, quoted};

/// What stands before the methods. The generated part names nothing else.
const HEAD: &str = include_str!("typescript/head.d.ts");

/// Where they stand, from the catalogue's folder.
pub(super) const FILE: &str = "../pkg/methods.d.ts";

/// The declarations.
pub(super) fn write(methods: &Methods, returns: &Returns) -> String {
    let shaper = Shaper::new(returns);
    let returns: HashMap<_, _> = returns.list.iter().map(|one| (one.key(), one)).collect();
    let known: Vec<Known> = methods
        .list
        .iter()
        .map(|method| Known::new(method, returns.get(&method.key()).copied(), &shaper))
        .collect();
    let in_both = |known: &&Known| {
        let (name, version) = known.method.key();
        version == 3
            && methods
                .list
                .iter()
                .any(|other| other.key() == (name.clone(), 2))
    };
    let (third, documented): (Vec<_>, Vec<_>) = known.iter().partition(in_both);

    let mut parameters = Printer::closed();
    let mut results = Printer::open();
    for known in &known {
        let name = pascal(&known.method.name);
        parameters.count_inside(&known.parameters, &name);
        results.count_twice(results::opened(&known.result), &format!("{name}Result"));
        results.count_twice(&known.result, &format!("{name}Result"));
    }
    let mut out = HEAD.replace("{date}", &methods.date);
    out = out.replace("{count}", &methods.list.len().to_string());
    let mut part = |out: &mut String, head: &str, list: &[&Known]| {
        let _ = writeln!(out, "\n{head} {{");
        for known in list {
            known.write(out, &mut parameters, &mut results);
        }
        out.push_str("}\n");
    };
    part(
        &mut out,
        "/** By name; of version 3 those that version 2 lacks. */\nexport interface Documented",
        &documented,
    );
    part(
        &mut out,
        "/** What a call of version 3 means by the names that are in both versions. */\nexport interface Documented3",
        &third,
    );
    out.push_str(
        "\n/** Deprecated methods, and what to use instead. */\nexport interface Deprecated {\n",
    );
    for known in documented.iter().filter(|known| known.is_deprecated()) {
        let instead: Vec<_> = known.instead().map(quoted).collect();
        let instead = if instead.is_empty() {
            "unknown".to_owned()
        } else {
            instead.join(" | ")
        };
        let _ = writeln!(out, "{}: {instead}", quoted(&known.method.name));
    }
    out.push_str("}\n");
    for definition in parameters.definitions().iter().chain(results.definitions()) {
        let _ = write!(out, "\n{definition}\n");
    }
    out
}

/// What the file says, by the names of methods and of sets of fields.
pub(super) fn lines(file: &[u8]) -> Option<Lines> {
    let text = std::str::from_utf8(file)
        .ok()
        .filter(|text| !text.is_empty())?;
    let named = text.lines().filter_map(|line| {
        let line = line.strip_prefix("interface ").unwrap_or(line);
        let (name, _) = line.split_once([':', '<', ' '])?;
        Some((name.trim_matches('"').to_owned(), vec![line.to_owned()]))
    });
    Some(named.collect())
}

/// One method with its types.
struct Known<'a> {
    method: &'a Method,
    parameters: Type,
    result: Type,
}

impl<'a> Known<'a> {
    fn new(method: &'a Method, returns: Option<&Return>, shaper: &Shaper) -> Self {
        Known {
            method,
            parameters: parameters::of(method),
            result: returns
                .and_then(|one| one.result.as_ref())
                .map_or(Type::UNKNOWN, |result| results::of(result, shaper)),
        }
    }

    fn is_deprecated(&self) -> bool {
        self.method
            .facts
            .has_any(&["deprecated", "outdated-folder"])
    }

    fn instead(&self) -> impl Iterator<Item = &'a str> {
        let groups = self.method.facts.get("instead").into_iter().flatten();
        groups.flatten().map(String::as_str)
    }

    fn write(&self, out: &mut String, parameters: &mut Printer, results: &mut Printer) {
        let mut about = Vec::new();
        if self.is_deprecated() {
            let instead: Vec<_> = self.instead().collect();
            about.push(match instead.is_empty() {
                true => "@deprecated".to_owned(),
                false => format!("@deprecated use {}", instead.join(", ")),
            });
        }
        if let Some(page) = self.method.facts.get("page") {
            let page = page.concat().concat();
            let page = page.strip_suffix(".md").unwrap_or(&page);
            about.push(format!("https://apidocs.bitrix24.com/{page}.html"));
        }
        if !about.is_empty() {
            let _ = writeln!(out, "/** {} */", about.join(" "));
        }
        let name = quoted(&self.method.name);
        let parameters = parameters.text(&self.parameters, "");
        let sent = results.text(&self.result, "Sent");
        let meant = results.text(results::opened(&self.result), "Meant");
        let decoded = if meant == sent {
            String::new()
        } else {
            format!(", {meant}")
        };
        let _ = writeln!(out, "{name}: Known<{parameters}, {sent}{decoded}>");
    }
}

/// `crm.lead.userfield.add` as `CrmLeadUserfieldAdd`.
fn pascal(name: &str) -> String {
    let mut out = String::new();
    let mut upper = true;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() {
            upper = true;
        } else {
            out.push(if upper { c.to_ascii_uppercase() } else { c });
            upper = false;
        }
    }
    out
}
