//! The server around the core: two listeners on the loopback interface, the real clock, the delays,
//! the event POSTs.

use std::{
    io::{self, Write as _},
    net::Ipv4Addr,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody, to_bytes},
    extract::{Request as HttpRequest, State},
    http::{Response, StatusCode, header},
};
use callgate_portal::{Config, EventPost, MAX_BODY, Portal, Reply, Request, UnixMs};
use http_body_util::Full;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use tokio::net::TcpListener;

use crate::{
    Options,
    files::{self, Mount},
};

/// How long a handler may take over an event.
const HANDLER_PATIENCE: Duration = Duration::from_secs(10);

struct Shared {
    portal: Mutex<Portal>,
    root: PathBuf,
}

/// Serves until the process is ended.
pub(crate) fn run(options: &Options) -> io::Result<()> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?
        .block_on(serve(options))
}

async fn serve(options: &Options) -> io::Result<()> {
    let (listener, origin) = listen("--port", options.port).await?;
    let (app_listener, app_origin) = listen("--app-port", options.app_port).await?;
    let config = Config {
        origin: origin.clone(),
        app: app_origin.clone(),
        ..Config::default()
    };
    let shared = Arc::new(Shared {
        portal: Mutex::new(Portal::with_config(config)),
        root: options.root.clone(),
    });
    let portal = Router::new()
        .fallback(portal_port)
        .with_state(Arc::clone(&shared));
    let app = Router::new().fallback(app_port).with_state(shared);
    writeln!(io::stdout(), "portal {origin}\napp {app_origin}")?;
    let (portal, app) = (
        axum::serve(listener, portal),
        axum::serve(app_listener, app),
    );
    let app = tokio::spawn(async move { app.await });
    portal.await?;
    app.await.map_err(io::Error::other)?
}

async fn listen(flag: &str, port: u16) -> io::Result<(TcpListener, String)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("{flag}: cannot listen on port {port}: {error}"),
            )
        })?;
    let address = listener.local_addr()?;
    Ok((listener, format!("http://{address}")))
}

fn now() -> UnixMs {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

async fn portal_port(State(shared): State<Arc<Shared>>, request: HttpRequest) -> Response<Body> {
    let path = request.uri().path();
    if !Portal::has(path) {
        return file(&shared, &files::PORTAL, path).await;
    }
    let (head, body) = request.into_parts();
    if body.size_hint().lower() > MAX_BODY as u64 {
        return respond(Reply::too_large());
    }
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return respond(Reply::too_large());
    };
    let text =
        |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let request = Request {
        method: head.method.to_string(),
        url: head
            .uri
            .path_and_query()
            .map_or_else(|| "/".to_owned(), ToString::to_string),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect(),
        body: body.into(),
    };
    let mut reply = shared
        .portal
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .handle(now(), &request);
    for post in reply.effects.drain(..) {
        tokio::spawn(deliver(post));
    }
    if !reply.delay.is_zero() {
        tokio::time::sleep(reply.delay).await;
    }
    respond(reply)
}

/// The app's page is opened by a POST from the portal's page, so any verb gets it.
async fn app_port(State(shared): State<Arc<Shared>>, request: HttpRequest) -> Response<Body> {
    file(&shared, &files::APP, request.uri().path()).await
}

fn respond(reply: Reply) -> Response<Body> {
    let mut builder = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        builder = builder.header(name, value);
    }
    builder.body(Body::from(reply.body)).unwrap_or_else(|_| {
        plain(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the reply could not be written",
        )
    })
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response
}

async fn file(shared: &Shared, mount: &Mount, path: &str) -> Response<Body> {
    let Some(file) = files::read(&shared.root, mount, path).await else {
        return plain(StatusCode::NOT_FOUND, "there is no such file");
    };
    Response::builder()
        .header(header::CONTENT_TYPE, file.content_type)
        .header(header::CACHE_CONTROL, "no-store")
        .body(Body::from(file.bytes))
        .unwrap_or_else(|_| {
            plain(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the file could not be sent",
            )
        })
}

/// Sends an event once. What the handler answers is ignored, and so is its absence.
async fn deliver(post: EventPost) {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let request = axum::http::Request::post(post.url)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Full::from(post.body));
    if let Ok(request) = request {
        let _ = tokio::time::timeout(HANDLER_PATIENCE, client.request(request)).await;
    }
}
