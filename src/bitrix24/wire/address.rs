//! Where a portal's REST interface is, and who calls it.

use std::fmt;

use crate::bitrix24::rights::method::{MethodName, Version};
use crate::bitrix24::wire::form;
use crate::error::Error;
use crate::secret::Secret;
use crate::text::cut;

pub use crate::origin::Origin;

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
    origin: Origin,
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
            origin,
            before_version: "/rest/".to_owned(),
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
            origin,
            before_version: ["/", path, "/"].concat(),
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
            origin: webhook.origin.clone(),
            before_version: "/rest/".to_owned(),
            behind_version: [&webhook.user, "/", webhook.secret.expose(), "/"].concat(),
        }
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Goes to another server from now on, by the same path.
    pub(crate) fn move_to(&mut self, origin: Origin) {
        self.origin = origin;
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
        let parts = [
            self.origin.as_str(),
            &self.before_version,
            version,
            &self.behind_version,
        ];
        let mut url = parts.concat();
        form::escape(method.as_str(), &mut url);
        url
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Endpoint(…)")
    }
}
