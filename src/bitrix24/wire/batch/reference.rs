//! References such as `$result[me][ID]`.
//!
//! The portal reads one from the `$` to the next blank, whatever stands there, and puts everything
//! it has in the place of one that leads nowhere. So what is no clean reference isn't sent.

use super::push_key;
use crate::text::{cut, has};

/// What a reference looks into, in the portal's spelling.
const ROOTS: [&str; 4] = ["result", "next", "total", "time"];

/// What the portal looks into as well, though nothing can refer to it safely: these are there only
/// when a command has failed, or by chance.
const UNSAFE_ROOTS: [&str; 8] = [
    "error",
    "error_description",
    "argument",
    "extended_error",
    "sessid",
    "signature",
    "type",
    "validation",
];

/// The text of a reference to what the command called `name` answers, or to a part of that. It may
/// be a parameter's whole value, or stand in one between blanks; whole, it keeps its type.
///
/// # Errors
///
/// What is wrong: the name is empty or holds `]`, or a step of the path is empty or holds a
/// bracket, a blank, a control character or `$`.
///
/// ```
/// use callgate::bitrix24::wire::batch::reference;
/// assert_eq!(reference("me", &["UF_DEPARTMENT", "0"]).unwrap(), "$result[me][UF_DEPARTMENT][0]");
/// assert!(reference("me", &["A B"]).is_err());
/// ```
pub fn reference(name: &str, path: &[&str]) -> Result<String, crate::error::Error> {
    let refuse = |what: &str, text: &str, why: &str| {
        let message = ["reference: the ", what, " `", text, "` ", why].concat();
        Err(crate::error::Error::invalid(message))
    };
    if name.is_empty() || has(name, b']') {
        return refuse("name", name, "is empty or holds `]`");
    }
    let mut text = ["$result[", name, "]"].concat();
    for step in path {
        if !is_step(step) {
            let why = "is empty or holds a bracket, a blank, a control character or `$`";
            return refuse("step", step, why);
        }
        text.push('[');
        text.push_str(step);
        text.push(']');
    }
    Ok(text)
}

/// A reference as it stands in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reference<'t> {
    pub(super) root: &'static str,
    /// The command that it refers to.
    pub(super) name: &'t str,
    /// The rest of the path: empty, or steps in brackets.
    path: &'t str,
}

impl<'t> Reference<'t> {
    /// The steps of the path behind the name.
    pub(super) fn steps(&self) -> impl Iterator<Item = &'t str> {
        let path = self.path.strip_prefix('[').unwrap_or_default();
        let path = path.strip_suffix(']').unwrap_or_default();
        let mut rest = Some(path);
        let steps = std::iter::from_fn(move || {
            let path = rest.take()?;
            let (step, after) = cut(path, "][").unzip();
            rest = after;
            step.or(Some(path))
        });
        steps.filter(|step| !step.is_empty())
    }

    /// Appends the reference as the portal is to read it, the command called by its key.
    pub(super) fn push(&self, place: usize, out: &mut String) {
        out.push('$');
        out.push_str(self.root);
        out.push('[');
        push_key(place, out);
        out.push(']');
        out.push_str(self.path);
    }
}

/// A text, cut where its first reference stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found<'t> {
    pub(super) before: &'t str,
    pub(super) reference: Reference<'t>,
    pub(super) after: &'t str,
}

/// Finds the first reference in `text`.
///
/// # Errors
///
/// Why the portal would misread what stands there.
pub(super) fn find(text: &str) -> Result<Option<Found<'_>>, &'static str> {
    let mut searched = 0;
    while let Some((before, from)) = text.get(searched..).and_then(|rest| rest.split_once('$')) {
        let start = searched + before.len();
        searched = start + 1;
        let word = from.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let Some((root, path)) = from.strip_suffix(word).zip(word.strip_prefix('[')) else {
            continue;
        };
        if among(&UNSAFE_ROOTS, root).is_some() {
            return Err("only results, `next`, `total` and `time` can be referred to");
        }
        let Some(known) = among(&ROOTS, root) else {
            continue;
        };
        if known != root {
            return Err("the portal finds references in small letters only");
        }
        let (reference, after) = read(known, path)?;
        let before = text.get(..start).unwrap_or_default();
        return Ok(Some(Found {
            before,
            reference,
            after,
        }));
    }
    Ok(None)
}

fn among(roots: &[&'static str], root: &str) -> Option<&'static str> {
    let is = |known: &&&str| known.eq_ignore_ascii_case(root);
    roots.iter().find(is).copied()
}

/// Reads a reference behind `$root[`, and gives what follows it.
fn read<'t>(root: &'static str, text: &'t str) -> Result<(Reference<'t>, &'t str), &'static str> {
    let Some((name, behind)) = text.split_once(']').filter(|(name, _)| !name.is_empty()) else {
        return Err("the reference names no command");
    };
    let mut rest = behind;
    while let Some((step, after)) = rest.strip_prefix('[').and_then(|it| it.split_once(']')) {
        if !is_step(step) {
            return Err("a step of the reference is empty or holds a bracket, a blank or `$`");
        }
        rest = after;
    }
    if !rest.is_empty() && !rest.starts_with([' ', '\t', '\n', '\r', '\u{c}']) {
        return Err("a reference ends at a blank, so what follows it would be lost");
    }
    let path = behind.strip_suffix(rest).unwrap_or_default();
    Ok((Reference { root, name, path }, rest))
}

fn is_step(text: &str) -> bool {
    let breaks = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '[' | ']' | '$');
    !text.is_empty() && !text.contains(breaks)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn references_are_found_where_they_stand() {
        for (text, before, root, name, steps, after) in [
            ("$result[a]", "", "result", "a", &[][..], ""),
            ("$result[a][ID][0]", "", "result", "a", &["ID", "0"], ""),
            ("$next[a]", "", "next", "a", &[], ""),
            ("deal $total[b] of\n", "deal ", "total", "b", &[], " of\n"),
            ("5$, x$time[7][start]", "5$, x", "time", "7", &["start"], ""),
            (
                "$$result[a]\t$result[b]",
                "$",
                "result",
                "a",
                &[],
                "\t$result[b]",
            ),
            (
                "$price[x] $result[my deal]",
                "$price[x] ",
                "result",
                "my deal",
                &[],
                "",
            ),
            ("ö$result[имя][Ä]", "ö", "result", "имя", &["Ä"], ""),
        ] {
            let found = find(text).unwrap().unwrap();
            let reference = found.reference;
            assert_eq!((found.before, found.after), (before, after), "{text}");
            assert_eq!((reference.root, reference.name), (root, name), "{text}");
            assert!(reference.steps().eq(steps.iter().copied()), "{text}");
        }
    }

    #[test]
    fn texts_with_dollars_are_texts() {
        for text in [
            "",
            "$",
            "5$ and $",
            "$result",
            "$price[a]",
            "US$[1]",
            "result[a]",
            "$ result[a]",
        ] {
            assert_eq!(find(text), Ok(None), "{text}");
        }
    }

    #[test]
    fn what_the_portal_would_misread_is_refused_with_the_reason() {
        for (text, why) in [
            ("$result[a][ID],5", "would be lost"),
            ("$result[a]$result[b]", "would be lost"),
            ("$result[a]\u{b}x", "would be lost"),
            ("$result[a]\u{a0}x", "would be lost"),
            ("$result[a]]", "would be lost"),
            ("$result[a][", "would be lost"),
            ("$result[a][ID", "would be lost"),
            ("$result[", "names no command"),
            ("$result[]", "names no command"),
            ("$result[x y", "names no command"),
            ("$result[a][]", "a step"),
            ("$result[a][b c]", "a step"),
            ("$result[a][$b]", "a step"),
            ("$result[a][b[c]", "a step"),
            ("$RESULT[a]", "small letters"),
            ("x $Next[a]", "small letters"),
            ("$error[a]", "can be referred to"),
            ("$Error_Description[a]", "can be referred to"),
        ] {
            let error = find(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_built_is_found_again() {
        for (name, path) in [
            ("me", &["ID"][..]),
            ("my [deal $ ", &[]),
            ("0", &["a.b", "0"]),
        ] {
            let text = reference(name, path).unwrap();
            let found = find(&text).unwrap().unwrap();
            assert_eq!((found.reference.name, found.after), (name, ""), "{text}");
            assert!(found.reference.steps().eq(path.iter().copied()), "{text}");
        }
        for (name, path) in [
            ("", &[][..]),
            ("a]", &[]),
            ("a", &[""]),
            ("a", &["$b"]),
            ("a", &["b]"]),
        ] {
            assert!(reference(name, path).is_err(), "{name} {path:?}");
        }
    }
}
