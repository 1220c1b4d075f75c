//! Headers: those that would make one request two, and those that end at the gate.

use super::request::{Doubts, Rejection, Request};
use crate::text::is_any_of;

/// Said of one connection, or of the way up to here.
const ENDING_HERE: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "host",
    "content-length",
    "expect",
    "forwarded",
    "via",
    "x-real-ip",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-rewrite-url",
];

/// What a request's meaning hangs on, so that it has to be there once at most.
const SINGLE: &[&str] = &[
    "host",
    "authorization",
    "content-type",
    "content-length",
    "content-encoding",
    "transfer-encoding",
    "x-bitrix-csrf-token",
];

/// What is carried out by some servers in the place of the verb or the path.
const OVERRIDING: &[&str] = &[
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-rewrite-url",
];

/// The names of the headers that end at the gate, a request's as well as an answer's. The others go on.
///
/// ```
/// use callgate::bitrix24::gate::ending;
/// let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
/// let headers = [header("Connection", "X-Hop"), header("X-Hop", "1"), header("Accept", "*/*")];
/// let names: Vec<&str> = ending(&headers).collect();
/// assert_eq!(names, ["Connection", "X-Hop"]);
/// ```
pub fn ending(headers: &[(String, String)]) -> impl Iterator<Item = &str> {
    let names = headers.iter().map(|(name, _)| name.as_str());
    names.filter(move |name| {
        is_any_of(name, ENDING_HERE)
            || name
                .get(..12)
                .is_some_and(|start| start.eq_ignore_ascii_case("x-forwarded-"))
            || named_by_connection(headers).any(|own| own.eq_ignore_ascii_case(name))
    })
}

/// The headers that `Connection` says end here.
fn named_by_connection(headers: &[(String, String)]) -> impl Iterator<Item = &str> {
    let connection = headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("connection"));
    connection.flat_map(|(_, value)| value.split(',').map(str::trim))
}

/// Refuses what is made to smuggle a second request, and doubts what may change the first.
pub(super) fn look_at(request: &Request<'_>, doubts: &mut Doubts) -> Result<(), Rejection> {
    for (name, value) in request.headers {
        let of_token =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(of_token) {
            return Err(Rejection::malformed(
                "header",
                "has a name that no header has",
            ));
        }
        if value.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return Err(Rejection::malformed(
                name,
                "holds a line's end or a null byte",
            ));
        }
        doubts.add_if(
            value
                .bytes()
                .any(|byte| byte < b' ' && byte != b'\t' || byte == 0x7f),
            name,
            "holds a control character",
        );
        doubts.add_if(
            is_any_of(name, OVERRIDING),
            name,
            "names another verb or path",
        );
        // CGI makes the same variable of both.
        let usual = name.replace('_', "-");
        doubts.add_if(
            name.contains('_') && (is_any_of(&usual, SINGLE) || is_any_of(&usual, OVERRIDING)),
            name,
            "some servers take it for the header with dashes",
        );
    }
    for name in SINGLE {
        if request.all(name).nth(1).is_some() {
            return Err(Rejection::malformed(name, "stands there more than once"));
        }
    }
    let lengths = request.header("content-length");
    let coding = request.header("transfer-encoding");
    if coding.is_some() && lengths.is_some() {
        let why = "stands beside Transfer-Encoding, so that nobody knows where the request ends";
        return Err(Rejection::malformed("content-length", why));
    }
    if coding.is_some_and(|coding| !coding.eq_ignore_ascii_case("chunked")) {
        let why = "is another than chunked";
        return Err(Rejection::malformed("transfer-encoding", why));
    }
    if let Some(length) = lengths {
        let digits = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || length.parse() != Ok(request.body.len()) {
            let why = "isn't the body's length";
            return Err(Rejection::malformed("content-length", why));
        }
    }
    for name in named_by_connection(request.headers) {
        if is_any_of(name, &["cookie", "accept"]) || is_any_of(name, SINGLE) {
            let why = "takes a header away that the request's meaning hangs on";
            return Err(Rejection::malformed("connection", why));
        }
    }
    let packed = request.header("content-encoding");
    doubts.add_if(
        packed.is_some_and(|it| !it.eq_ignore_ascii_case("identity")),
        "content-encoding",
        "a portal doesn't unpack bodies",
    );
    Ok(())
}
