//! The table of situations. A user names one by its word, by one of its other names, or by its error
//! code; the first row that fits is meant. Statuses and texts are the wire's.

use super::{
    On, Raw, Row, Stage,
    What::{self, Act, Fail, Raw as Made},
};

const fn row(
    word: &'static str,
    also: &'static [&'static str],
    (stage, on): (Stage, On),
    what: What,
    about: &'static str,
) -> Row {
    Row {
        word,
        also,
        stage,
        on,
        what,
        about,
    }
}

const FRONT: (Stage, On) = (Stage::Front, On::Any);
const SERVER: (Stage, On) = (Stage::Server, On::Any);
const TOKEN: (Stage, On) = (Stage::Credentials, On::Token);
const TOKEN_RIGHT: (Stage, On) = (Stage::Rights, On::Token);
const HOOK: (Stage, On) = (Stage::Credentials, On::Webhook);
const HOOK_RIGHT: (Stage, On) = (Stage::Rights, On::Webhook);
const SESSION: (Stage, On) = (Stage::Credentials, On::Session);
const METHOD: (Stage, On) = (Stage::Method, On::Any);
const SENT: (Stage, On) = (Stage::Sent, On::Any);
const REFRESH: (Stage, On) = (Stage::Refresh, On::Any);
const EVENT: (Stage, On) = (Stage::Event, On::Any);
const PAGE: (Stage, On) = (Stage::Page, On::Any);

/// All rows.
#[rustfmt::skip]
pub(crate) const TABLE: &[Row] = &[
    // Not made by PHP.
    row("rate-limit", &["503", "too many requests", "503 QUERY_LIMIT_EXCEEDED"], FRONT, Made(503, Raw::Json("QUERY_LIMIT_EXCEEDED", "Too many requests")), "the front end's request bucket is full"),
    row("redirect", &["302", "moved", "portal renamed", "302 to another host"], FRONT, Made(302, Raw::Redirect), "the portal has moved; `to` names the new origin"),
    row("server-error", &["breakdown"], FRONT, Made(500, Raw::Json("INTERNAL_SERVER_ERROR", "Internal server error")), "a breakdown with a JSON body"),
    row("unexpected-answer", &[], FRONT, Made(500, Raw::Json("ERROR_UNEXPECTED_ANSWER", "Server returned an unexpected response")), "a breakdown with a JSON body"),
    row("html-403", &["403 HTML"], FRONT, Made(403, Raw::Html("Forbidden")), "a page of the web server"),
    row("html-500", &["500 HTML"], FRONT, Made(500, Raw::Html("Internal Server Error")), "a page of the web server"),
    row("html-502", &["502", "502 HTML", "bad gateway"], FRONT, Made(502, Raw::Html("Bad Gateway")), "a page of the web server"),
    row("html-503", &["503 HTML"], FRONT, Made(503, Raw::Html("Service Temporarily Unavailable")), "a page of the web server"),
    row("html-504", &["504", "504 HTML", "gateway timeout"], FRONT, Made(504, Raw::Html("Gateway Time-out")), "a page of the web server"),
    row("long-call", &["timeout"], SENT, Made(504, Raw::Late("Gateway Time-out")), "the method ran, the gateway gave up after 60 seconds"),
    row("empty", &["empty 200", "empty body"], SENT, Made(200, Raw::Empty), "the method ran, the body is empty"),
    row("not-json", &["not JSON with 200", "html-200"], SENT, Made(200, Raw::NotJson), "the method ran, the body is a page"),
    row("truncated", &["truncated json"], SENT, Made(200, Raw::Half), "the method ran, the body breaks off in the middle"),
    // The server's first checks.
    row("wrong-transport", &[], SERVER, Fail(500, "INTERNAL_WRONG_TRANSPORT", "Wrong transport!"), "the transport is not supported"),
    row("portal-deleted", &[], SERVER, Fail(403, "PORTAL_DELETED", "Portal was deleted"), "the portal is gone"),
    row("wrong-handler", &["wrong handler class"], SERVER, Fail(500, "INTERNAL_WRONG_HANDLER_CLASS", "Wrong handler class!"), "the handler's class is wrong"),
    row("method-not-found", &["method unknown"], (Stage::Lookup, On::Any), Fail(404, "ERROR_METHOD_NOT_FOUND", "Method not found!"), "the method is not known, whatever the authorization"),
    row("switched-off", &["method switched off"], (Stage::Switch, On::Any), Fail(403, "", "Access denied"), "version 3 only: the method or its controller is switched off"),
    // A token, as the OAuth server and the portal judge it.
    row("invalid-token", &[], TOKEN, Fail(401, "invalid_token", "Unable to get application by token"), "the OAuth server does not know the token"),
    row("expired-token", &[], TOKEN, Fail(401, "expired_token", "The access token provided has expired"), "the token counts as expired"),
    row("error-oauth", &[], TOKEN, Fail(401, "ERROR_OAUTH", "Application not installed"), "the OAuth server's own complaint"),
    row("not-installed", &[], TOKEN, Fail(401, "NOT_INSTALLED", "Application not installed"), "the app is not installed"),
    row("payment-required", &[], TOKEN, Fail(401, "PAYMENT_REQUIRED", "Subscription has been ended"), "the app's subscription ended"),
    row("rest-invalid-client", &[], TOKEN, Fail(401, "invalid_client", "Invalid client"), "passed through from the OAuth server"),
    row("rest-invalid-grant", &[], TOKEN, Fail(400, "invalid_grant", "Invalid grant"), "passed through from the OAuth server with its own status"),
    row("barred", &["integration barred"], TOKEN, Fail(401, "QUERY_LIMIT_EXCEEDED", "Rate limit exceeded. Too many requests in a given amount of time."), "the vendor barred the integration; not the front end's 503"),
    row("user-context", &[], TOKEN, Fail(401, "ACCESS_DENIED", "Current user can't be authorized in this context"), "the user can't be authorized here"),
    row("connection-error", &[], TOKEN, Fail(401, "CONNECTION_ERROR", "Error connecting to authorization server"), "the portal could not reach the OAuth server"),
    row("overload", &[], TOKEN, Fail(401, "OVERLOAD_LIMIT", "REST API is blocked due to overload."), "REST is blocked"),
    row("plan", &["commercial plans"], TOKEN, Fail(401, "ACCESS_DENIED", "REST is available only on commercial plans."), "the portal's plan has no REST"),
    row("application-not-found", &[], TOKEN, Fail(401, "APPLICATION_NOT_FOUND", "Application not found"), "the app was removed"),
    row("insufficient-scope", &["scope"], TOKEN_RIGHT, Fail(401, "insufficient_scope", "The request requires higher privileges than provided by the access token"), "a scope is missing"),
    row("authorization-error", &[], TOKEN_RIGHT, Fail(401, "authorization_error", "Unable to authorize user"), "the user was dismissed"),
    row("user-access", &[], TOKEN_RIGHT, Fail(401, "user_access_error", "The user does not have access to the application."), "the user may not use the app"),
    // A webhook.
    row("https", &["https required"], HOOK, Fail(401, "INVALID_REQUEST", "Https required."), "plain HTTP counts as such: webhooks are refused"),
    row("invalid-credentials", &[], HOOK, Fail(401, "INVALID_CREDENTIALS", "Invalid request credentials"), "the webhook is not known"),
    row("insufficient-scope", &[], HOOK_RIGHT, Fail(401, "insufficient_scope", "The request requires higher privileges than provided by the webhook token"), "a scope is missing"),
    row("overload", &[], HOOK_RIGHT, Fail(401, "OVERLOAD_LIMIT", "REST API is blocked due to overload."), "REST is blocked"),
    row("plan", &["subscription"], HOOK_RIGHT, Fail(401, "ACCESS_DENIED", "REST is available only by subscription."), "the portal's plan has no REST"),
    row("authorization-error", &[], HOOK_RIGHT, Fail(401, "authorization_error", "Unable to authorize user"), "the user was dismissed"),
    // A session, and nothing at all.
    row("user-not-authorized", &[], SESSION, Fail(401, "access_denied", "User not authorized"), "the session's user is not logged in"),
    row("user-type", &[], SESSION, Fail(401, "access_denied", "Access denied for this type of user"), "an external user"),
    row("session-failed", &[], SESSION, Fail(401, "session_failed", "Sessid check failed"), "the session's key is wrong; the answer has the right one"),
    row("no-auth", &[], (Stage::Credentials, On::Any), Fail(401, "NO_AUTH_FOUND", "Wrong authorization data"), "no authorization was found"),
    // Between authorization and the method.
    row("connector", &["connector licence"], (Stage::Licence, On::Any), Fail(403, "WRONG_LICENSE", "This feature is not enabled for the current license: auth_connector"), "the authorization connector is not licensed"),
    row("operating-limit", &["429", "429 OPERATION_TIME_LIMIT"], (Stage::Limiter, On::Any), Fail(429, "OPERATION_TIME_LIMIT", "Method is blocked due to operation time limit."), "the method worked too long in the last ten minutes"),
    // The method itself.
    row("generic", &["no code"], METHOD, Fail(400, "", "Parameters check failed"), "the method complains without a code"),
    row("numeric", &["0"], METHOD, Fail(400, "0", "Action failed"), "the method complains with a numeric code"),
    row("html-text", &["html description"], METHOD, Fail(400, "ERROR_CORE", "Please fill in the field &quot;Title&quot;<br>"), "the text of an error has HTML in it"),
    row("permission", &["no permission", "ACCESS_DENIED"], METHOD, Fail(403, "ACCESS_DENIED", "Access denied!"), "the user lacks the right"),
    row("telephony-right", &["no right"], METHOD, Fail(403, "ACCESS_DENIED", "Access denied! You have no permission to query selected users"), "as voximplant.user.get words it"),
    row("link-check", &[], METHOD, Fail(403, "ACCESS_DENIED", "Access denied! Link check failed"), "a signed link is wrong"),
    row("access-error", &[], METHOD, Fail(403, "ACCESS_ERROR", "You don't have access to request this method"), "as im.department.managers.get answers an external user"),
    row("wrong-auth-type", &["wrong auth kind"], METHOD, Fail(403, "WRONG_AUTH_TYPE", "Current authorization type is denied for this method"), "the kind of authorization does not fit"),
    row("licence", &["license", "WRONG_LICENSE"], METHOD, Fail(403, "WRONG_LICENSE", "This feature is not enabled for the current license: rest"), "the licence lacks the feature"),
    row("argument", &[], METHOD, Fail(400, "ERROR_ARGUMENT", "Argument 'ID' is null or empty"), "an argument is wrong, and named"),
    row("exception", &["ERROR_CORE"], METHOD, Fail(400, "ERROR_CORE", "Internal error"), "another PHP exception"),
    row("sql", &[], METHOD, Fail(500, "ERROR_CORE", "SQL query error!"), "a PHP exception of the database"),
    row("php-error", &["php error"], METHOD, Made(500, Raw::Html("Internal Server Error")), "a PHP error, with a page"),
    row("php-error-empty", &[], METHOD, Made(500, Raw::Empty), "a PHP error, without a body"),
    row("d7-argument", &["100"], METHOD, Fail(400, "100", "Could not find value for parameter {id}"), "a controller misses an argument"),
    row("d7-action", &["22002"], METHOD, Fail(400, "22002", "Could not find description of action in controller"), "a controller does not know the action"),
    row("d7-action-old", &[], METHOD, Fail(400, "MAIN_CONTROLLER_22001", "Could not find description of action in controller"), "the same with the older code"),
    row("d7-verb", &[], METHOD, Fail(400, "invalid_http_method", "Wrong method for current action"), "a controller refuses the verb"),
    row("d7-intranet", &[], METHOD, Fail(400, "allowed_only_intranet_user", "Access denied for extranet users"), "a controller's filter"),
    row("d7-auth-type", &[], METHOD, Fail(400, "insufficient_auth_type", "Insufficient authorization type"), "a controller's filter"),
    row("d7-scope", &[], METHOD, Fail(400, "insufficient_scope", "The request requires higher privileges than provided by the access token"), "a controller's filter"),
    row("confirm-waiting", &["confirmation waiting"], METHOD, Fail(401, "METHOD_CONFIRM_WAITING", "Waiting for confirmation"), "without a notification being sent"),
    row("confirm-denied", &["confirmation denied"], METHOD, Fail(403, "METHOD_CONFIRM_DENIED", "Method call denied"), "without anybody having decided"),
    row("error-200", &["200 with error", "error with 200"], METHOD, Fail(200, "insufficient_scope", "The request requires higher privileges than provided by the access token"), "the method returns an error as its answer"),
    row("wrong-encoding", &[], SENT, Fail(200, "WRONG_ENCODING", "Wrong request encoding"), "the answer could not be encoded"),
    row("single-user-data", &["single object"], METHOD, Act, "im.department.managers.get with USER_DATA=Y gives one object for a department, not a list"),
    // The OAuth server's token endpoint.
    row("wrong-client", &["wrong_client with 200"], REFRESH, Fail(200, "wrong_client", ""), "a refresh fails with status 200 and nothing but `error`"),
    row("invalid-client", &["refresh-invalid-client"], REFRESH, Fail(400, "invalid_client", "Invalid client"), "a refresh fails"),
    row("invalid-grant", &["refresh-invalid-grant"], REFRESH, Fail(400, "invalid_grant", "Invalid grant"), "a refresh fails"),
    row("refresh-invalid-request", &[], REFRESH, Fail(400, "invalid_request", "No \"refresh_token\" parameter found"), "a refresh fails"),
    row("refresh-invalid-scope", &["invalid_scope"], REFRESH, Fail(403, "invalid_scope", ""), "a refresh fails; no description"),
    row("refresh-insufficient-scope", &[], REFRESH, Fail(403, "insufficient_scope", ""), "a refresh fails; no description"),
    row("refresh-not-installed", &[], REFRESH, Fail(401, "NOT_INSTALLED", "Application not installed"), "a refresh fails"),
    row("refresh-payment-required", &[], REFRESH, Fail(402, "PAYMENT_REQUIRED", "Subscription has been ended"), "a refresh fails"),
    row("refresh-app-scope", &["scope app"], REFRESH, Act, "the answer's scope is only `app`, whatever the token may do"),
    // Confirmations.
    row("server-andpoint", &["server_andpoint", "event with server_andpoint"], EVENT, Act, "the event as the old documentation prints it: server_andpoint, no event_handler_id"),
    row("wrong-application-token", &["event with wrong application_token"], EVENT, Act, "the event carries another application token"),
    row("confirmed-empty", &[], EVENT, Act, "a denial comes as an empty CONFIRMED, not as 0"),
    row("event-lost", &["approval event lost", "lost event"], EVENT, Act, "the event is not sent"),
    row("event-twice", &["event delivered twice", "duplicate event"], EVENT, Act, "the event is sent twice"),
    row("late-approval", &["late approval after token expiry", "late decision"], (Stage::Decision, On::Any), Act, "the record is gone when the administrator answers: nothing is written, the event is sent all the same"),
    row("cache-flush", &["cache flush (state forgotten)", "state forgotten"], (Stage::Memory, On::Token), Act, "the states of the calling token are forgotten before the call"),
    // The page around an application; their method is one of its commands.
    row("page-silent", &[], PAGE, Act, "the page doesn't hear the command"),
    row("page-texts-only", &[], PAGE, Act, "the page hears texts and no objects, as older portals do"),
    row("page-twice", &[], PAGE, Act, "each answer to the command comes twice"),
    row("page-again", &[], PAGE, Act, "once it is answered, the command is carried out and answered again"),
    row("page-other-origin", &[], PAGE, Act, "the answers come from a window of another origin"),
    row("page-option-denied", &[], PAGE, Act, "setAppOption: the portal knows the user for no administrator"),
    row("page-known-paths", &[], PAGE, Act, "openPath takes only the paths that portals took before 2026"),
    row("page-mobile", &[], PAGE, Act, "openPath answers as in the mobile application"),
];
