//! The parameters of a query or a form as PHP makes a tree of them, and of two trees one.

use std::collections::{BTreeMap, BTreeSet};

use super::request::{Doubts, Limits, Rejection};
use crate::bitrix24::wire::form::{DEEPEST, insert, split_name, unescape_bytes};
use crate::text::from_bytes;
use crate::value::Value;

/// Names and values, in their order.
pub(super) type Members = Vec<(String, Value)>;

/// A tree under construction.
#[derive(Default)]
pub(super) struct Tree {
    members: Members,
    variables: usize,
}

impl Tree {
    /// Adds a variable, its name and value decoded.
    pub(super) fn add(
        &mut self,
        name: &[u8],
        value: &[u8],
        limits: &Limits,
        doubts: &mut Doubts,
    ) -> Result<(), Rejection> {
        self.variables += 1;
        if self.variables > limits.variables {
            let why = "more variables than the portal's PHP would read";
            return Err(Rejection::limit("parameters", why));
        }
        let (name, value) = (text(name, doubts), text(value, doubts));
        if name.matches('[').count() >= DEEPEST && split_name(&name).len() > DEEPEST {
            let why = "nested deeper than the 64 levels that PHP reads";
            return Err(Rejection::limit("parameters", why));
        }
        look_at(&name, doubts);
        doubts.add_if(value.contains('\0'), &name, "holds a null byte");
        let path = split_name(&name);
        doubts.add_if(path.is_empty(), &name, "a value without a name");
        doubts.add_if(
            collides(&self.members, &path),
            &name,
            "stands there more than once",
        );
        insert(&mut self.members, &path, value);
        Ok(())
    }

    pub(super) fn finish(self) -> Members {
        self.members
    }
}

/// Reads an encoded query or form.
pub(super) fn read(
    encoded: &str,
    limits: &Limits,
    doubts: &mut Doubts,
) -> Result<Members, Rejection> {
    let mut tree = Tree::default();
    for pair in encoded.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let separates = pair.split(';').skip(1).any(|part| part.contains('='));
        doubts.add_if(
            separates,
            "parameters",
            "hold a semicolon, which some servers separate by",
        );
        doubts.add_if(
            badly_encoded(pair),
            "parameters",
            "hold a % that encodes nothing",
        );
        tree.add(
            &unescape_bytes(name),
            &unescape_bytes(value),
            limits,
            doubts,
        )?;
    }
    Ok(tree.finish())
}

fn text(bytes: &[u8], doubts: &mut Doubts) -> String {
    doubts.add_if(
        str::from_utf8(bytes).is_err(),
        "parameters",
        "hold what isn't UTF-8",
    );
    from_bytes(bytes)
}

fn badly_encoded(pair: &str) -> bool {
    pair.split('%').skip(1).any(|after| {
        !matches!(after.as_bytes(), [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
    })
}

/// What PHP rewrites, cuts or passes over in a name, and other readers don't.
fn look_at(name: &str, doubts: &mut Doubts) {
    let (top, brackets) = name.split_at(name.find('[').unwrap_or(name.len()));
    let mut rest = brackets;
    let mut balanced = !top.contains(']');
    while balanced && !rest.is_empty() {
        let inside = rest.strip_prefix('[').and_then(|it| it.split_once(']'));
        match inside {
            Some((inside, after)) => {
                let blank = !inside.is_empty() && inside.trim().is_empty();
                let long = inside.len() > 15 && inside.bytes().all(|byte| byte.is_ascii_digit());
                balanced = !inside.contains('[') && !blank && !long;
                rest = after;
            }
            None => balanced = false,
        }
    }
    doubts.add_if(
        !balanced,
        name,
        "has brackets that readers read in two ways",
    );
    let odd = name.starts_with(' ') || name.chars().any(|c| c.is_control() || c == '\u{feff}');
    doubts.add_if(
        odd,
        name,
        "has a character that PHP cuts off or others drop",
    );
}

/// Whether something stands already where a value is to go, or above it.
fn collides(members: &[(String, Value)], path: &[String]) -> bool {
    let Some((name, deeper)) = path.split_first().filter(|(name, _)| !name.is_empty()) else {
        return false;
    };
    match members.iter().find(|(own, _)| own == name) {
        None => false,
        Some((_, Value::Map(inner))) if !deeper.is_empty() => collides(inner, deeper),
        Some(_) => true,
    }
}

/// The query, overridden by the body name by name.
pub(super) fn merge(mut query: Members, body: Members, doubts: &mut Doubts) -> Members {
    let places: BTreeMap<String, usize> = (0..)
        .zip(&query)
        .map(|(place, (name, _))| (name.clone(), place))
        .collect();
    for (name, value) in body {
        match places.get(&name).and_then(|place| query.get_mut(*place)) {
            Some(slot) => {
                doubts.add(&name, "stands in the query and in the body");
                slot.1 = value;
            }
            None => query.push((name, value)),
        }
    }
    let mut seen = BTreeSet::new();
    for (name, _) in &query {
        let again = !seen.insert(name.to_ascii_lowercase());
        doubts.add_if(again, name, "stands beside another spelling of it");
    }
    query
}
