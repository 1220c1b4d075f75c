//! The portal's page around an application: its files, and what the portal keeps for it between
//! two visits. What the page and the application say to each other is the page's business, in
//! `page/`.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use crate::{faults::Faults, http::Reply, methods::is_admin};

/// Where the page is.
const ROOT: &str = "/_portal/page";

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// Name below the root, type, text.
const FILES: &[(&str, &str, &str)] = &[
    ("", HTML, include_str!("../page/index.html")),
    ("/page.css", STYLE, include_str!("../page/page.css")),
    ("/document.css", STYLE, include_str!("../page/document.css")),
    ("/page.js", SCRIPT, include_str!("../page/page.js")),
    ("/control.js", SCRIPT, include_str!("../page/control.js")),
    ("/dom.js", SCRIPT, include_str!("../page/dom.js")),
    ("/layout.js", SCRIPT, include_str!("../page/layout.js")),
    ("/messages.js", SCRIPT, include_str!("../page/messages.js")),
    ("/commands.js", SCRIPT, include_str!("../page/commands.js")),
    (
        "/placements.js",
        SCRIPT,
        include_str!("../page/placements.js"),
    ),
    (
        "/selectors.js",
        SCRIPT,
        include_str!("../page/selectors.js"),
    ),
    ("/sliders.js", SCRIPT, include_str!("../page/sliders.js")),
];

/// The page or one of its files.
pub(crate) fn file(path: &str) -> Option<Reply> {
    let name = path.strip_prefix(ROOT)?;
    let (_, kind, text) = FILES.iter().find(|(known, ..)| *known == name)?;
    Some(Reply::new(200, kind, *text).with_header("Cache-Control", "no-store"))
}

/// The faults that act in the page, and the one command that each concerns, where it is one.
const FAULTS: &[(&str, Option<&str>)] = &[
    ("page-silent", None),
    ("page-texts-only", None),
    ("page-twice", None),
    ("page-again", None),
    ("page-other-origin", None),
    ("page-option-denied", Some("setAppOption")),
    ("page-known-paths", Some("openPath")),
    ("page-mobile", Some("openPath")),
];

/// The words of the faults that strike a command.
pub(crate) fn struck(faults: &mut Faults, command: &str) -> Vec<&'static str> {
    FAULTS
        .iter()
        .filter(|(_, only)| only.is_none_or(|only| only == command))
        .map(|(word, _)| *word)
        .filter(|word| faults.asks(word, command))
        .collect()
}

/// What the portal keeps for the applications on its pages.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    apps: IndexMap<String, App>,
}

#[derive(Debug, Default)]
struct App {
    /// Not yet, or not any more.
    uninstalled: bool,
    options: Map<String, Value>,
    users: IndexMap<u64, Visitor>,
}

/// A user, in one application's eyes.
#[derive(Debug, Default)]
struct Visitor {
    /// Whether the first run is over.
    ran: bool,
    options: Map<String, Value>,
}

/// What is to be changed; what isn't given stays, and options are added to those that are there.
#[derive(Debug, Default)]
pub(crate) struct Change {
    pub(crate) installed: Option<bool>,
    pub(crate) first_run: Option<bool>,
    pub(crate) app_options: Map<String, Value>,
    pub(crate) user_options: Map<String, Value>,
}

impl Pages {
    /// Changes what is kept for an application and one of its users, and tells all of it.
    pub(crate) fn change(&mut self, app: &str, user: u64, change: Change) -> Value {
        let app = self.apps.entry(app.to_owned()).or_default();
        let visitor = app.users.entry(user).or_default();
        if let Some(installed) = change.installed {
            app.uninstalled = !installed;
        }
        if let Some(first_run) = change.first_run {
            visitor.ran = !first_run;
        }
        app.options.extend(change.app_options);
        visitor.options.extend(change.user_options);
        json!({
            "installed": !app.uninstalled,
            "firstRun": !visitor.ran,
            "isAdmin": is_admin(user),
            "appOptions": app.options,
            "userOptions": visitor.options,
        })
    }
}
