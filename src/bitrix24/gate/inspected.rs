//! What the portal would see of a request.

use super::body::{self, Body};
use super::caller::{self, Caller};
use super::commands::{self, Command};
use super::headers;
use super::request::{Doubt, Doubts, Limits, Rejection, Request};
use super::{target, tree};
use crate::bitrix24::rights::method::{MethodName, Version};
use crate::bitrix24::rights::params::Params;
use crate::text::{is_any_of, push_number};
use crate::value::Value;

/// A request as the portal would see it.
///
/// ```
/// use callgate::bitrix24::gate::{Limits, Request, inspect};
/// let headers = [("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
/// let request = Request { verb: "POST", target: "/rest/CRM.deal.get.json", headers: &headers, body: b"id=5&auth=TOK" };
/// let seen = inspect(&request, &Limits::default()).unwrap();
/// assert_eq!(seen.method.as_str(), "CRM.deal.get");
/// assert_eq!(seen.params.as_json(), r#"{"id":"5"}"#);
/// assert!(seen.doubts.is_empty());
/// ```
#[derive(Clone, Debug)]
pub struct Inspected {
    /// The version of the REST interface.
    pub version: Version,
    /// The method, spelled as sent and without its suffix.
    pub method: MethodName,
    /// Who is calling.
    pub caller: Caller,
    /// The parameters, without the authorization: query and body, merged.
    pub params: Params,
    /// The commands of a batch.
    pub commands: Vec<Command>,
    /// Where two readers could read it in two ways.
    pub doubts: Vec<Doubt>,
    /// Whether the answer is to be XML.
    pub xml: bool,
    /// Whether it is a link with a signature, which the portal checks in its own way.
    pub signed_link: bool,
}

/// Reads a request as the portal would.
///
/// # Errors
///
/// [`Rejection`] where the request is past a limit, is no call, or is made to be taken for another
/// one on its way: whatever the modes, it goes nowhere.
///
/// ```
/// use callgate::bitrix24::gate::{Limits, Request, inspect};
/// let request = Request { verb: "GET", target: "/rest/user.get?a[b=1", headers: &[], body: b"" };
/// let seen = inspect(&request, &Limits::default()).unwrap();
/// assert_eq!(seen.doubts[0].what, "a[b");
/// ```
pub fn inspect(request: &Request<'_>, limits: &Limits) -> Result<Inspected, Rejection> {
    let mut doubts = Doubts::default();
    headers::look_at(request, &mut doubts)?;
    let target = target::read(request.target, limits, &mut doubts)?;
    match request.verb {
        "GET" | "POST" => {}
        "HEAD" | "PUT" | "PATCH" | "DELETE" => doubts.add("verb", "a call is a GET or a POST"),
        _ => return Err(Rejection::verb()),
    }
    let query = tree::read(target.query, limits, &mut doubts)?;
    // The variables of the portal's URL templates.
    for (name, _) in &query {
        let template = is_any_of(name, &["method", "aplogin", "ap", "transport"]);
        doubts.add_if(template, name, "stands in the path, and again in the query");
    }
    let batch = is_any_of(target.method.as_str(), &["batch"]);
    let body = body::read(request, limits, &mut doubts)?;
    let is_list = matches!(body, Body::List(_));
    let mut of_commands = Vec::new();
    let body = match body {
        Body::Nothing => Vec::new(),
        Body::Members(members) => members,
        Body::List(items) if batch && target.version == Version::V3 => {
            of_commands = items;
            Vec::new()
        }
        Body::List(items) => {
            let why = "version 3 takes a list for a batch alone";
            doubts.add_if(target.version == Version::V3, "body", why);
            members_of(items)
        }
    };
    let mut members = tree::merge(query, body, &mut doubts);
    let caller = caller::find(request, target.webhook, &mut members, &mut doubts);
    let commands = match (batch, target.version) {
        (false, _) => Vec::new(),
        (true, Version::V2) => commands::read(&members, limits, &mut doubts)?,
        (true, Version::V3) => {
            let alone = is_list && members.is_empty();
            doubts.add_if(!alone, "body", "a batch of version 3 is a JSON list alone");
            if !is_list {
                of_commands.extend(members.iter().map(|(_, value)| value.clone()));
            }
            commands::read_objects(&of_commands, limits, &mut doubts)?
        }
    };
    let link = is_any_of(target.method.as_str(), &["download", "upload"]);
    let token = members.iter().any(|(name, _)| name == "token");
    let why = "makes the portal take the call for a link with a signature";
    doubts.add_if(token && !link, "token", why);
    Ok(Inspected {
        version: target.version,
        method: target.method,
        caller,
        params: commands::params(members)?,
        commands,
        doubts: doubts.into_list(),
        xml: target.xml,
        signed_link: link || token,
    })
}

/// A list is to PHP an array with the names 0, 1, …
fn members_of(items: Vec<Value>) -> Vec<(String, Value)> {
    let name = |place: i64| {
        let mut name = String::new();
        push_number(place, &mut name);
        name
    };
    (0..)
        .zip(items)
        .map(|(place, item)| (name(place), item))
        .collect()
}
