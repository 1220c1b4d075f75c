//! What becomes of the requests of the two systems that go by verbs and headers: 1E and TelecomX.

use callgate::http::{Failure, Response, RestRequest};
use callgate::time::Instant;
use callgate_portal::{Portal, Request};

/// What becomes of a request.
pub(crate) enum Fate {
    /// Something happens at the server just before it comes.
    After(fn(&mut Portal)),
    /// It certainly never left.
    Refused,
    /// The connection breaks before the server saw it.
    BrokenBefore,
    /// The connection breaks after the server ran it.
    BrokenAfter,
    /// The server runs it, and nothing comes back until the test says so.
    Silence,
    /// Something else answers in the server's place.
    Instead(u16, &'static str),
}

/// What a client hears of a request.
pub(crate) enum Heard {
    Response(Response),
    Failure(Failure),
    /// Nothing; this is still on its way.
    Nothing(Response),
}

/// Carries a request to the portal, which it knows by this origin, as far as its fate lets it.
pub(crate) fn carry(
    portal: &mut Portal,
    now: Instant,
    origin: &str,
    request: &RestRequest,
    fate: Option<Fate>,
) -> Heard {
    if let Some(Fate::After(happens)) = fate {
        happens(portal);
    }
    let mut ask = || {
        let reply = portal.handle(now.as_millis(), &as_server_sees(origin, request));
        let (status, body) = (reply.status, reply.body);
        Response { status, body }
    };
    let failure = |sent| {
        Heard::Failure(Failure {
            sent,
            reason: "connection reset".to_owned(),
        })
    };
    match fate {
        None | Some(Fate::After(_)) => Heard::Response(ask()),
        Some(Fate::Refused) => failure(false),
        Some(Fate::BrokenBefore) => failure(true),
        Some(Fate::BrokenAfter) => {
            ask();
            failure(true)
        }
        Some(Fate::Silence) => Heard::Nothing(ask()),
        Some(Fate::Instead(status, body)) => {
            let body = body.to_owned();
            Heard::Response(Response { status, body })
        }
    }
}

fn as_server_sees(origin: &str, request: &RestRequest) -> Request {
    let url = request.url.strip_prefix(origin).unwrap();
    let mut seen = Request::new(request.verb.as_str(), url);
    for (name, value) in &request.headers {
        seen = seen.with_header(*name, value.expose());
    }
    match &request.body {
        Some(body) => seen
            .with_header("Content-Type", "application/json")
            .with_body(body.clone()),
        None => seen,
    }
}
