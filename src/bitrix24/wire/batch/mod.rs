//! `batch`: many commands in one request, the later ones referring to the answers of the earlier.
//!
//! A command is known to its caller by a name, which may be any text, and to the portal by a key of
//! ours, `c` and the command's place: names could be numbers, which turn the answer's maps into
//! lists, or hold what ends a reference. References are rewritten to the keys on their way out.

mod command;
mod reference;
#[cfg(not(target_arch = "wasm32"))]
mod reply;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use reference::reference;
#[cfg(not(target_arch = "wasm32"))]
pub(super) use reply::split;

use crate::bitrix24::rights::method::Version;
use crate::text::push_number;

/// How many commands a portal runs in one request.
///
/// ```
/// assert_eq!(callgate::bitrix24::wire::batch::MOST, 50);
/// ```
pub const MOST: usize = 50;

/// The parameters of a request that carries these commands, each with its place, as JSON: an object
/// in version 2, from which a form can be made as well, and in version 3 a list, which knows no
/// `halt` because there all of it fails or nothing.
///
/// ```
/// use callgate::bitrix24::rights::{method::{MethodName, Version}, params::Params};
/// use callgate::bitrix24::wire::batch::{self, Command};
/// let (method, params) = (MethodName::parse("user.get").unwrap(), Params::parse(r#"{"ID":1}"#).unwrap());
/// let names = ["me".to_owned()];
/// let body = |version| {
///     let command = Command::write(version, &method, &params, &names, 0).unwrap();
///     batch::body(version, [(0, command.text.as_str())], true)
/// };
/// assert_eq!(body(Version::V2), r#"{"halt":1,"cmd":{"c0":"user.get?ID=1"}}"#);
/// assert_eq!(body(Version::V3), r#"[{"as":"c0","method":"user.get","query":{"ID":1}}]"#);
/// ```
pub fn body<'t>(
    version: Version,
    commands: impl IntoIterator<Item = (usize, &'t str)>,
    halt: bool,
) -> String {
    let mut body = String::from(match (version, halt) {
        (Version::V2, true) => r#"{"halt":1,"cmd":{"#,
        (Version::V2, false) => r#"{"halt":0,"cmd":{"#,
        (Version::V3, _) => "[",
    });
    for (place, text) in commands {
        if !body.ends_with(['{', '[']) {
            body.push(',');
        }
        body.push_str(match version {
            Version::V2 => "\"",
            Version::V3 => r#"{"as":""#,
        });
        push_key(place, &mut body);
        body.push_str(match version {
            Version::V2 => r#"":""#,
            Version::V3 => r#"","#,
        });
        body.push_str(text);
        body.push(match version {
            Version::V2 => '"',
            Version::V3 => '}',
        });
    }
    body.push_str(match version {
        Version::V2 => "}}",
        Version::V3 => "]",
    });
    body
}

/// Appends the key by which the portal knows the command at `place`.
fn push_key(place: usize, out: &mut String) {
    out.push('c');
    push_number(i64::try_from(place).unwrap_or(i64::MAX), out);
}
