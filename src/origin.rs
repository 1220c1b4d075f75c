//! Where a server is: its scheme, host and port.

use crate::error::Error;
use crate::text::cut;

/// The origin of a server: `https://` and its host, or `http://` for the loopback host alone.
///
/// ```
/// use callgate::origin::Origin;
/// assert_eq!(Origin::parse("portal.bitrix24.com").unwrap().as_str(), "https://portal.bitrix24.com");
/// assert!(Origin::parse("http://portal.bitrix24.com").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// Takes a host (`portal.example`, `portal.example:8443`) or an origin (`https://…`).
    ///
    /// # Errors
    ///
    /// An error of kind `invalid`: no host, a user name, a path, a character that a host can't
    /// have, another scheme than https, or http for a host that isn't loopback.
    ///
    /// ```
    /// use callgate::origin::Origin;
    /// assert!(Origin::parse("http://127.0.0.1:8024").is_ok());
    /// assert!(Origin::parse("user@portal.example").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::read("domain", text)
    }

    /// As [`parse`](Self::parse), with an error about the input called `input`.
    pub(crate) fn read(input: &str, text: &str) -> Result<Self, Error> {
        let refuse = |why: &str| Err(Error::invalid([input, ": ", why].concat()));
        let (scheme, host) = cut(text, "://").unwrap_or(("https", text));
        let host = host.strip_suffix('/').unwrap_or(host);
        let name = match host.rsplit_once(':') {
            Some((name, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => {
                name
            }
            Some(_) if !host.ends_with(']') => return refuse("the port isn't a number"),
            _ => host,
        };
        if name.is_empty() {
            return refuse("the host is empty");
        }
        let allowed = |c: char| is_of_word(c) || matches!(c, '-' | '.' | '_');
        let bracketed = name
            .strip_prefix('[')
            .and_then(|name| name.strip_suffix(']'));
        let good = match bracketed {
            Some(address) => address.bytes().all(|b| b.is_ascii_hexdigit() || b == b':'),
            None => name.chars().all(allowed),
        };
        if !good {
            return refuse("a host, or an origin such as https://portal.example, is wanted");
        }
        match scheme {
            "https" => {}
            "http" if is_loopback(name) => {}
            "http" => return refuse("http is for the loopback host alone: use https"),
            _ => return refuse("the scheme must be https"),
        }
        Ok(Self([scheme, "://", &host.to_ascii_lowercase()].concat()))
    }

    /// The origin, without a slash at its end.
    ///
    /// ```
    /// use callgate::origin::Origin;
    /// assert_eq!(Origin::parse("https://A.example/").unwrap().as_str(), "https://a.example");
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host, with its port if it has one.
    ///
    /// ```
    /// use callgate::origin::Origin;
    /// assert_eq!(Origin::parse("a.example:8443").unwrap().host(), "a.example:8443");
    /// ```
    pub fn host(&self) -> &str {
        cut(&self.0, "://").map_or("", |(_, host)| host)
    }
}

/// Whether a character may be a letter or a digit of some script: by the blocks that hold them, for
/// Unicode's own tables take two kilobytes of wasm. Blocks of punctuation and of look-alikes of
/// ASCII are not among them.
fn is_of_word(character: char) -> bool {
    let beyond_ascii = matches!(
        character,
        '\u{c0}'..='\u{1fff}'
            | '\u{2c00}'..='\u{2dff}'
            | '\u{3040}'..='\u{d7ff}'
            | '\u{f900}'..='\u{fdff}'
            | '\u{10000}'..
    );
    character.is_ascii_alphanumeric() || beyond_ascii
}

fn is_loopback(name: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    name == "localhost"
        || name == "[::1]"
        || name
            .strip_prefix("127.")
            .is_some_and(|rest| rest.split('.').all(digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_written_in_any_script_and_without_punctuation() {
        for host in ["портал.рф", "münchen.example", "例え.jp", "xn--80a.example"] {
            assert!(Origin::parse(host).is_ok(), "{host}");
        }
        for host in [
            "a／b",
            "a＠b",
            "a？b",
            "a。b",
            "a\u{2028}b",
            "a\u{a0}b",
            "a•b",
            "a b",
            "a\\b",
        ] {
            assert!(Origin::parse(host).is_err(), "{host}");
        }
    }
}
