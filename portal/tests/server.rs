//! The program: its two lines, its files, its flags, and an event that really arrives.
#![cfg(feature = "server")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic, and says what is wrong by doing so"
)]

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_callgate-portal");

/// A running program, ended with the test.
struct Running {
    child: Child,
    portal: String,
    app: String,
    root: PathBuf,
}

impl Running {
    fn start(name: &str) -> Self {
        let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        for (file, text) in [
            ("www/index.html", "the portal's page"),
            ("www/style.css", "p{}"),
            ("www/app/index.html", "the app's page"),
            ("pkg/x.wasm", "\0asm"),
            ("pkg/x.js", "export {}"),
            ("secret.txt", "secret"),
        ] {
            let file = root.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let mut child = Command::new(PROGRAM)
            .args(["--port", "0", "--app-port", "0", "--root"])
            .arg(&root)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut address = |prefix: &str| {
            let line = lines.next().unwrap().unwrap();
            line.strip_prefix(prefix).unwrap().to_owned()
        };
        let (portal, app) = (address("portal http://"), address("app http://"));
        Self {
            child,
            portal,
            app,
            root,
        }
    }

    fn control(&self, path: &str, body: &Value) -> Value {
        let answer = send(
            &self.portal,
            "POST",
            &format!("/_portal/{path}"),
            &body.to_string(),
        );
        serde_json::from_str(&answer.body).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

fn send(host: &str, verb: &str, target: &str, body: &str) -> Answer {
    let length = body.len();
    raw(
        host,
        format!("{verb} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}")
            .as_bytes(),
    )
}

fn raw(host: &str, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(host).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(request);
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    Answer {
        status: head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .unwrap_or(0),
        head: head.to_ascii_lowercase(),
        body: body.to_owned(),
    }
}

#[test]
fn both_ports_give_out_their_files_and_no_others() {
    let running = Running::start("files");
    let (portal, app) = (running.portal.as_str(), running.app.as_str());
    for (host, target, body, kind) in [
        (portal, "/", "the portal's page", "text/html"),
        (portal, "/?x=1", "the portal's page", "text/html"),
        (portal, "/www/style.css", "p{}", "text/css"),
        (app, "/", "the app's page", "text/html"),
        (app, "/www/app/", "the app's page", "text/html"),
        (portal, "/pkg/x.js", "export {}", "text/javascript"),
        (app, "/pkg/x.js", "export {}", "text/javascript"),
        (app, "/pkg/x.wasm", "\0asm", "application/wasm"),
    ] {
        let answer = send(host, "GET", target, "");
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (200, body),
            "{target}"
        );
        assert!(
            answer.head.contains(&format!("content-type: {kind}")),
            "{}",
            answer.head
        );
        assert!(answer.head.contains("cache-control: no-store"));
    }
    // The portal's page opens the app with a POST.
    assert_eq!(
        send(app, "POST", "/?DOMAIN=x", "AUTH_ID=y").body,
        "the app's page"
    );
    #[cfg(unix)]
    {
        let link = running.root.join("www/link.txt");
        let _ = fs::remove_file(&link);
        std::os::unix::fs::symlink(running.root.join("secret.txt"), link).unwrap();
    }
    for (host, target) in [
        (portal, "/secret.txt"),
        (portal, "/www/link.txt"),
        (portal, "/www/../secret.txt"),
        (portal, "/www/%2e%2e/secret.txt"),
        (portal, "/www/..%2Fsecret.txt"),
        (app, "//secret.txt"),
        (app, "/pkg/../secret.txt"),
        (app, "/pkg/nothing.js"),
        (app, "/pkg"),
        (app, "/rest/profile"),
    ] {
        assert_eq!(send(host, "GET", target, "").status, 404, "{target}");
    }
}

#[test]
fn an_event_arrives_and_the_call_from_its_handler_goes_through() {
    let running = Running::start("event");
    let handler = TcpListener::bind("127.0.0.1:0").unwrap();
    let token =
        running.control("tokens", &json!({"scopes": ["telephony"]}))["access_token"].clone();
    let token = token.as_str().unwrap();
    let rest = |method: &str, query: &str| {
        send(
            &running.portal,
            "GET",
            &format!("/rest/{method}?auth={token}&{query}"),
            "",
        )
    };
    let bound = rest(
        "event.bind",
        &format!(
            "event=OnAppMethodConfirm&handler=http://{}/hook",
            handler.local_addr().unwrap()
        ),
    );
    assert_eq!(bound.status, 200, "{}", bound.body);
    assert_eq!(rest("voximplant.user.get", "USER_ID=1").status, 401);
    let decision = json!({"token": token, "method": "voximplant.user.get", "granted": true});
    assert_eq!(
        running.control("confirmations", &decision)["state"],
        "granted"
    );
    let (mut stream, _) = handler.accept().unwrap();
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !String::from_utf8_lossy(&request).contains("application_token") {
        let read = stream.read(&mut buffer).unwrap();
        assert_ne!(read, 0);
        request.extend_from_slice(&buffer[..read]);
    }
    let request = String::from_utf8_lossy(&request).to_ascii_lowercase();
    assert!(request.starts_with("post /hook http/1.1"));
    assert!(request.contains("content-type: application/x-www-form-urlencoded"));
    assert!(request.contains(&format!("data%5btoken%5d={token}")));
    assert_eq!(rest("voximplant.user.get", "USER_ID=1").status, 200);
}

#[test]
fn webhooks_name_the_port_and_latency_is_waited() {
    let running = Running::start("latency");
    let url = running.control("webhooks", &json!({"scopes": ["crm"]}))["url"].clone();
    let path = url
        .as_str()
        .unwrap()
        .strip_prefix(&format!("http://{}", running.portal))
        .unwrap()
        .to_owned();
    running.control("settings", &json!({"latency": 300, "work": 100}));
    let start = Instant::now();
    assert_eq!(
        send(
            &running.portal,
            "GET",
            &format!("{path}crm.deal.get?id=1"),
            ""
        )
        .status,
        200
    );
    assert!(start.elapsed() >= Duration::from_millis(400));
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn bodies_without_end_and_broken_requests_are_refused() {
    let running = Running::start("broken");
    let host = running.portal.as_str();
    let head = format!(
        "POST /rest/profile HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: 17000000\r\n\r\n"
    );
    assert_eq!(raw(host, head.as_bytes()).status, 413);
    for request in [
        "nonsense\r\n\r\n",
        "GET /rest/%%% HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ] {
        assert!(
            matches!(raw(host, request.as_bytes()).status, 400..500),
            "{request}"
        );
    }
    let bad = [
        b"GET /rest/profile?a=".as_slice(),
        &[0xFF, 0xFE],
        b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ]
    .concat();
    assert!(matches!(raw(host, &bad).status, 400..500));
    assert_eq!(send(host, "GET", "/rest/profile", "").status, 401);
}

#[test]
fn a_wrong_flag_ends_with_two_and_help_with_nothing() {
    let run = |arguments: &[&str]| {
        let output = Command::new(PROGRAM).args(arguments).output().unwrap();
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
            output.stdout.len(),
        )
    };
    let (code, complaint, printed) = run(&["--prot", "1"]);
    assert_eq!((code, printed), (Some(2), 0));
    assert!(complaint.contains("--prot") && complaint.contains("--port"));
    let (code, complaint, printed) = run(&["--help"]);
    assert_eq!((code, complaint.as_str()), (Some(0), ""));
    assert!(printed > 500);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, complaint, _) = run(&["--port", &port]);
    assert_eq!(code, Some(1));
    assert!(
        complaint.contains("--port") && complaint.contains(&port),
        "{complaint}"
    );
}
