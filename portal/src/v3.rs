//! Version 3 of the REST server, below `/rest/api/`.

use serde_json::json;

use crate::{
    front,
    http::{Reply, Request, UnixMs},
    request::Endpoint,
    world::World,
};

/// Answers one request of version 3.
pub(crate) fn answer(_: &mut World, _: UnixMs, _: &Request, endpoint: &Endpoint) -> Reply {
    let body = json!({"error": {
        "code": "BITRIX_REST_V3_EXCEPTION_METHODNOTFOUNDEXCEPTION",
        "message": format!("Method {} not found", endpoint.method),
    }});
    front::with_cors(Reply::new(
        404,
        "application/json; charset=utf-8",
        body.to_string(),
    ))
}
