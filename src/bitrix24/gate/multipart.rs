//! The text fields of a `multipart/form-data` body. Files are not parameters.

use super::request::{Doubts, Limits, Rejection};
use super::tree::{Members, Tree};
use crate::text::cut;

/// Reads the fields of a body whose content type is `header`.
pub(super) fn read(
    header: &str,
    body: &[u8],
    limits: &Limits,
    doubts: &mut Doubts,
) -> Result<Members, Rejection> {
    let mut tree = Tree::default();
    let Some(boundary) = boundary(header) else {
        doubts.add("content-type", "a multipart body without a plain boundary");
        return Ok(tree.finish());
    };
    let delimiter = ["\r\n--", boundary].concat();
    // The first delimiter begins the body, without a line's end before it.
    let mut rest = match body.strip_prefix(["--", boundary].concat().as_bytes()) {
        Some(rest) => rest,
        None => {
            doubts.add("body", "doesn't begin with its boundary");
            return Ok(tree.finish());
        }
    };
    let mut files = 0;
    loop {
        if let Some(end) = rest.strip_prefix(b"--") {
            doubts.add_if(
                end.iter().any(|byte| !byte.is_ascii_whitespace()),
                "body",
                "goes on behind its last boundary",
            );
            return Ok(tree.finish());
        }
        let part = rest.strip_prefix(b"\r\n");
        let Some((part, after)) = part.and_then(|part| split(part, delimiter.as_bytes())) else {
            doubts.add(
                "body",
                "isn't closed by its boundary, or by something like it",
            );
            return Ok(tree.finish());
        };
        match split(part, b"\r\n\r\n").and_then(|(head, value)| Some((field(head)?, value))) {
            Some((Field::Text(name), value)) => {
                tree.add(name.as_bytes(), value, limits, doubts)?;
            }
            Some((Field::File, _)) => files += 1,
            None => doubts.add("body", "has a part whose header readers read in two ways"),
        }
        if files > limits.variables {
            return Err(Rejection::limit("body", "more files than the portal takes"));
        }
        rest = after;
    }
}

enum Field<'h> {
    Text(&'h str),
    File,
}

/// The boundary, where nobody can read it in another way.
fn boundary(header: &str) -> Option<&str> {
    let mut parameters = header.split(';').skip(1).map(str::trim);
    let (name, value) = parameters.next()?.split_once('=')?;
    let quoted = value.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    let value = quoted.unwrap_or(value);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=?".contains(&byte);
    let good = !value.is_empty() && value.len() <= 70 && value.bytes().all(plain);
    (good && name.eq_ignore_ascii_case("boundary") && parameters.next().is_none()).then_some(value)
}

/// What a part's header says of it; `None` where that is more or other than usual.
fn field(head: &[u8]) -> Option<Field<'_>> {
    let head = str::from_utf8(head).ok()?;
    let mut disposition = None;
    for line in head.split("\r\n") {
        let (name, value) = line.split_once(": ")?;
        if name.eq_ignore_ascii_case("content-disposition") && disposition.is_none() {
            disposition = Some(value);
        } else if !name.eq_ignore_ascii_case("content-type") || line.chars().any(char::is_control) {
            return None;
        }
    }
    let (kind, rest) = cut(disposition?, "; name=\"")?;
    let (name, rest) = rest.split_once('"')?;
    let plain = |text: &str| !text.contains(['\\', ';', '%', '\r', '\n', '\0']);
    if !kind.eq_ignore_ascii_case("form-data") || !plain(name) {
        return None;
    }
    if rest.is_empty() {
        return Some(Field::Text(name));
    }
    let file = rest.strip_prefix("; filename=\"")?.strip_suffix('"')?;
    (plain(file) && !file.contains('"')).then_some(Field::File)
}

/// What stands before and behind the first `separator`.
fn split<'b>(bytes: &'b [u8], separator: &[u8]) -> Option<(&'b [u8], &'b [u8])> {
    let at = bytes
        .windows(separator.len())
        .position(|window| window == separator)?;
    Some((bytes.get(..at)?, bytes.get(at + separator.len()..)?))
}
