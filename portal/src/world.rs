//! The state of one portal: what a reset throws away.

use serde_json::{Value, json};

use crate::{
    auth::Access,
    confirmation::Notices,
    dates::atom,
    events::Bindings,
    faults::Faults,
    http::UnixMs,
    ids::Ids,
    limiter::Limiter,
    one_e::OneE,
    page::Pages,
    replays::Replays,
    settings::{Bucket, Settings},
    tables::Tables,
    telecomx::TelecomX,
};

/// What a portal is from birth, and stays through every reset.
///
/// ```
/// use callgate_portal::{Config, Portal};
/// let config = Config { origin: "https://portal.bitrix24.com".into(), ..Config::default() };
/// let mut portal = Portal::with_config(config);
/// assert!(portal.webhook(&["crm"], 1).starts_with("https://portal.bitrix24.com/rest/1/"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Scheme and host under which the portal is reached.
    pub origin: String,
    /// Scheme and host of the app that its page shows in an iframe.
    pub app: String,
    /// The OAuth server's REST address, as tokens and events name it.
    pub server_endpoint: String,
    /// The portal's identifier.
    pub member_id: String,
    /// The portal's language.
    pub language: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            origin: "http://127.0.0.1:8024".to_owned(),
            app: "http://127.0.0.1:8025".to_owned(),
            server_endpoint: "https://oauth.bitrix.info/rest/".to_owned(),
            member_id: "74ef8a46a75104de55d5d4a61b98ab6d".to_owned(),
            language: "de".to_owned(),
        }
    }
}

impl Config {
    /// The portal's host, with its port.
    pub(crate) fn domain(&self) -> &str {
        self.origin
            .split_once("://")
            .map_or(self.origin.as_str(), |(_, host)| host)
    }

    pub(crate) fn client_endpoint(&self) -> String {
        format!("{}/rest/", self.origin)
    }
}

/// Everything that changes.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) config: Config,
    pub(crate) settings: Settings,
    pub(crate) faults: Faults,
    pub(crate) ids: Ids,
    pub(crate) access: Access,
    pub(crate) notices: Notices,
    pub(crate) bindings: Bindings,
    pub(crate) tables: Tables,
    pub(crate) bucket: Bucket,
    pub(crate) limiter: Limiter,
    pub(crate) replays: Replays,
    pub(crate) one_e: OneE,
    pub(crate) pages: Pages,
    pub(crate) telecomx: TelecomX,
    /// Commands that ran since the request came in: what `work` is multiplied with.
    pub(crate) commands: u64,
}

impl World {
    /// A fresh portal of the same birth. The identifiers go on.
    pub(crate) fn renewed(&self) -> Self {
        Self {
            config: self.config.clone(),
            ids: self.ids.clone(),
            ..Self::default()
        }
    }

    /// The milliseconds that the commands so far took.
    pub(crate) fn worked(&self) -> u64 {
        self.settings.work().saturating_mul(self.commands)
    }

    /// The object `time` of a success: `start` and `processing` are whole numbers, as portals have
    /// written them since the end of 2025.
    pub(crate) fn time(
        &self,
        start: UnixMs,
        finish: UnixMs,
        operating: Option<(f64, u64)>,
    ) -> Value {
        let seconds = |at: UnixMs| at as f64 / 1000.0;
        let mut time = json!({
            "start": start / 1000,
            "finish": seconds(finish),
            "duration": seconds(finish.saturating_sub(start)),
            "processing": finish.saturating_sub(start) / 1000,
            "date_start": atom(start),
            "date_finish": atom(finish),
        });
        if let (Some((operating, reset_at)), Some(map)) = (operating, time.as_object_mut()) {
            map.insert("operating_reset_at".to_owned(), json!(reset_at));
            map.insert("operating".to_owned(), json!(operating));
        }
        time
    }
}
