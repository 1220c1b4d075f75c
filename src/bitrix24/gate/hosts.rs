//! Which portals a gate serves. A request goes to one of them or nowhere.

use super::request::Rejection;
use crate::error::Error;
use crate::origin::Origin;

/// The portals of a gate.
///
/// ```
/// use callgate::bitrix24::gate::{Hosts, Scheme};
/// let hosts = Hosts::map([("gate.example", "portal.example")], Scheme::Https).unwrap();
/// assert_eq!(hosts.portal("gate.example").unwrap().as_str(), "https://portal.example");
/// assert_eq!(hosts.portal("other.example").unwrap_err().status, 404);
/// ```
#[derive(Clone, Debug)]
pub struct Hosts {
    /// The gate's host, as an origin, and the portal's; without a gate's host it serves every one.
    served: Vec<(Option<Origin>, Origin)>,
}

/// How portals are spoken to.
///
/// ```
/// use callgate::bitrix24::gate::{Hosts, Scheme};
/// assert!(Hosts::list(["http://127.0.0.1:8024"], Scheme::Https).is_err());
/// assert!(Hosts::list(["http://127.0.0.1:8024"], Scheme::HttpToLoopbackForTests).is_ok());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// By https alone, and not to the machine itself.
    Https,
    /// Also by http, to the machine that the gate itself runs on.
    HttpToLoopbackForTests,
}

impl Hosts {
    /// Portals under their own hosts. One alone is served under every host.
    ///
    /// # Errors
    ///
    /// An error of kind `invalid`: none, one twice, no host, a path, http.
    ///
    /// ```
    /// use callgate::bitrix24::gate::{Hosts, Scheme};
    /// let hosts = Hosts::list(["portal.example"], Scheme::Https).unwrap();
    /// assert!(hosts.portal("anything.example").is_ok());
    /// ```
    pub fn list<'a>(
        portals: impl IntoIterator<Item = &'a str>,
        scheme: Scheme,
    ) -> Result<Self, Error> {
        let portals = portals.into_iter().map(|portal| (portal, portal));
        let mut hosts = Self::map(portals, scheme)?;
        if let [(gate, _)] = hosts.served.as_mut_slice() {
            *gate = None;
        }
        Ok(hosts)
    }

    /// Portals under hosts of the gate: pairs of the gate's and the portal's.
    ///
    /// # Errors
    ///
    /// As [`list`](Self::list).
    ///
    /// ```
    /// use callgate::bitrix24::gate::{Hosts, Scheme};
    /// let error = Hosts::map([("gate.example", "portal.example/rest")], Scheme::Https).unwrap_err();
    /// assert!(error.message.starts_with("portals: "));
    /// ```
    pub fn map<'a>(
        portals: impl IntoIterator<Item = (&'a str, &'a str)>,
        scheme: Scheme,
    ) -> Result<Self, Error> {
        let mut served: Vec<(Option<Origin>, Origin)> = Vec::new();
        for (gate, portal) in portals {
            let portal = Origin::read("portals", portal)?;
            let local = is_loopback(portal.host());
            if scheme == Scheme::Https && (portal.as_str().starts_with("http:") || local) {
                let why = "portals: only https, and not to the gate's own machine";
                return Err(Error::invalid(why));
            }
            let gate = Some(as_host(Origin::read("portals", gate)?));
            if served.iter().any(|(known, _)| *known == gate) {
                return Err(Error::invalid(
                    "portals: a host of the gate stands there twice",
                ));
            }
            served.push((gate, portal));
        }
        match served.is_empty() {
            true => Err(Error::invalid("portals: at least one is wanted")),
            false => Ok(Self { served }),
        }
    }

    /// The portals, one for each host of the gate.
    ///
    /// ```
    /// use callgate::bitrix24::gate::{Hosts, Scheme};
    /// let hosts = Hosts::list(["a.example", "b.example"], Scheme::Https).unwrap();
    /// assert!(hosts.portals().any(|portal| portal.host() == "b.example"));
    /// ```
    pub fn portals(&self) -> impl Iterator<Item = &Origin> {
        self.served.iter().map(|(_, portal)| portal)
    }

    /// The portal for a request's `Host`.
    ///
    /// # Errors
    ///
    /// [`Rejection`] with status 404 where none is served under it, or it is no host.
    ///
    /// ```
    /// use callgate::bitrix24::gate::{Hosts, Scheme};
    /// let hosts = Hosts::list(["a.example", "b.example"], Scheme::Https).unwrap();
    /// assert_eq!(hosts.portal("B.example:443").unwrap().host(), "b.example");
    /// assert!(hosts.portal("a.example@b.example").is_err());
    /// ```
    pub fn portal(&self, host: &str) -> Result<&Origin, Rejection> {
        let odd = host.contains(['/', ' ', '\t']) || !host.is_ascii();
        let asked = Origin::parse(host).ok().filter(|_| !odd).map(as_host);
        let Some(asked) = asked else {
            return Err(Rejection::foreign_host());
        };
        let mut served = self.served.iter();
        served
            .find(|(gate, _)| gate.as_ref().is_none_or(|gate| *gate == asked))
            .map(|(_, portal)| portal)
            .ok_or_else(Rejection::foreign_host)
    }
}

/// A host of the gate, whatever the scheme and without the usual port.
fn as_host(origin: Origin) -> Origin {
    let host = origin.host();
    let host = host.strip_suffix(":443").unwrap_or(host);
    Origin::parse(host).unwrap_or(origin)
}

fn is_loopback(host: &str) -> bool {
    let name = host.split(':').next().unwrap_or_default();
    name == "localhost" || name.starts_with("127.") || host.starts_with("[::1]")
}
