//! Where a portal's REST interface is, and who calls it.

use std::fmt;

use crate::bitrix24::rights::method::{MethodName, Version};
use crate::bitrix24::wire::form;
use crate::error::Error;
use crate::secret::Secret;
use crate::text::cut;

/// The origin of a portal: `https://` and its host, or `http://` for the loopback host alone.
///
/// ```
/// use callgate::bitrix24::wire::address::Origin;
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
    /// use callgate::bitrix24::wire::address::Origin;
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
    /// use callgate::bitrix24::wire::address::Origin;
    /// assert_eq!(Origin::parse("https://A.example/").unwrap().as_str(), "https://a.example");
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host, with its port if it has one.
    ///
    /// ```
    /// use callgate::bitrix24::wire::address::Origin;
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

/// An inbound webhook: a portal, a user and that user's secret.
///
/// ```
/// use callgate::bitrix24::wire::address::Webhook;
/// let webhook = Webhook::parse("https://portal.example/rest/1/s3cr3t/").unwrap();
/// assert_eq!(webhook.origin().host(), "portal.example");
/// assert!(!format!("{webhook:?}").contains("s3cr3t"));
/// ```
#[derive(Clone, Debug)]
pub struct Webhook {
    origin: Origin,
    user: String,
    secret: Secret,
}

impl Webhook {
    /// Takes a webhook's address as the portal shows it: `https://HOST/rest/USER/SECRET/`.
    ///
    /// # Errors
    ///
    /// An error of kind `invalid` that never repeats the address, because it holds the secret.
    ///
    /// ```
    /// use callgate::bitrix24::wire::address::Webhook;
    /// let error = Webhook::parse("https://portal.example/rest/1/").unwrap_err();
    /// assert_eq!(error.message, "url: a webhook's address is https://HOST/rest/USER/SECRET/");
    /// ```
    pub fn parse(url: &str) -> Result<Self, Error> {
        let refuse =
            || Error::invalid("url: a webhook's address is https://HOST/rest/USER/SECRET/");
        let (origin, path) = cut(url, "/rest/")
            .filter(|(origin, _)| cut(origin, "://").is_some())
            .ok_or_else(refuse)?;
        let origin = Origin::read("url", origin)?;
        let path = path.strip_prefix("api/").unwrap_or(path);
        let path = path.strip_suffix('/').unwrap_or(path);
        let (user, secret) = path.split_once('/').ok_or_else(refuse)?;
        let plain = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        };
        if !plain(user) || !plain(secret) {
            return Err(refuse());
        }
        Ok(Self {
            origin,
            user: user.to_owned(),
            secret: Secret::new(secret),
        })
    }

    /// The portal.
    ///
    /// ```
    /// use callgate::bitrix24::wire::address::Webhook;
    /// let webhook = Webhook::parse("https://portal.example/rest/api/1/s3cr3t").unwrap();
    /// assert_eq!(webhook.origin().as_str(), "https://portal.example");
    /// ```
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The secret.
    ///
    /// ```
    /// use callgate::bitrix24::wire::address::Webhook;
    /// let webhook = Webhook::parse("https://portal.example/rest/1/s3cr3t/").unwrap();
    /// assert_eq!(webhook.secret().expose(), "s3cr3t");
    /// ```
    pub fn secret(&self) -> &Secret {
        &self.secret
    }
}

/// Where the requests of a connection go.
///
/// ```
/// use callgate::bitrix24::rights::method::{MethodName, Version};
/// use callgate::bitrix24::wire::address::{Endpoint, Origin};
/// let endpoint = Endpoint::token(Origin::parse("portal.example").unwrap());
/// let method = MethodName::parse("crm.deal.get").unwrap();
/// assert_eq!(endpoint.url(&method, Version::V2), "https://portal.example/rest/crm.deal.get");
/// assert_eq!(endpoint.url(&method, Version::V3), "https://portal.example/rest/api/crm.deal.get");
/// ```
#[derive(Clone)]
pub struct Endpoint {
    before_version: String,
    behind_version: String,
}

impl Endpoint {
    /// The endpoint for calls that carry a token, at the usual path `/rest`.
    ///
    /// ```
    /// use callgate::bitrix24::wire::address::{Endpoint, Origin};
    /// let _ = Endpoint::token(Origin::parse("portal.example").unwrap());
    /// ```
    pub fn token(origin: Origin) -> Self {
        Self {
            before_version: origin.0 + "/rest/",
            behind_version: String::new(),
        }
    }

    /// The endpoint at a path that the portal named in its frame, such as `/rest`.
    ///
    /// ```
    /// use callgate::bitrix24::rights::method::{MethodName, Version};
    /// use callgate::bitrix24::wire::address::{Endpoint, Origin};
    /// let endpoint = Endpoint::at_path(Origin::parse("portal.example").unwrap(), "/sub/rest/");
    /// let method = MethodName::parse("profile").unwrap();
    /// assert_eq!(endpoint.url(&method, Version::V2), "https://portal.example/sub/rest/profile");
    /// ```
    pub fn at_path(origin: Origin, path: &str) -> Self {
        let path = path.trim_matches('/');
        Self {
            before_version: [origin.as_str(), "/", path, "/"].concat(),
            behind_version: String::new(),
        }
    }

    /// A webhook's endpoint.
    ///
    /// ```
    /// use callgate::bitrix24::rights::method::{MethodName, Version};
    /// use callgate::bitrix24::wire::address::{Endpoint, Webhook};
    /// let endpoint = Endpoint::webhook(&Webhook::parse("https://portal.example/rest/1/abc/").unwrap());
    /// let method = MethodName::parse("profile").unwrap();
    /// assert_eq!(endpoint.url(&method, Version::V3), "https://portal.example/rest/api/1/abc/profile");
    /// ```
    pub fn webhook(webhook: &Webhook) -> Self {
        Self {
            before_version: [webhook.origin.as_str(), "/rest/"].concat(),
            behind_version: [&webhook.user, "/", webhook.secret.expose(), "/"].concat(),
        }
    }

    /// The address of a method.
    ///
    /// ```
    /// use callgate::bitrix24::rights::method::{MethodName, Version};
    /// use callgate::bitrix24::wire::address::{Endpoint, Origin};
    /// let endpoint = Endpoint::token(Origin::parse("portal.example").unwrap());
    /// let method = MethodName::parse("ä").unwrap();
    /// assert!(endpoint.url(&method, Version::V2).ends_with("/rest/%C3%A4"));
    /// ```
    pub fn url(&self, method: &MethodName, version: Version) -> String {
        let version = match version {
            Version::V2 => "",
            Version::V3 => "api/",
        };
        let mut url = [&self.before_version, version, &self.behind_version].concat();
        form::escape(method.as_str(), &mut url);
        url
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Endpoint(…)")
    }
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
