//! The guarded actions, as a table: where each goes, which right it takes, who may ask at all, and
//! what its parameters are.

use crate::http::Verb;
use crate::telecomx::right::{Level, Levels, Right};

/// An action's row.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) verb: Verb,
    /// With `{name}` where a parameter goes.
    pub(super) path: &'static str,
    /// Whether it only reads. Most GETs here change something, so the verb doesn't tell.
    pub(super) reads: bool,
    /// What it takes on the extension that it concerns; `None` where the map doesn't tell.
    pub(super) right: Option<Right>,
    /// The levels that may ask at all.
    pub(super) levels: Levels,
    /// The levels that need no right, for what belongs to their customers.
    pub(super) exempt: Levels,
    pub(super) takes: &'static [Parameter],
    /// Of these exactly one is given.
    pub(super) one_of: &'static [&'static str],
    pub(super) others: Others,
}

/// Which parameters beside its own an action takes. They go into the body as they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Others {
    None,
    /// All that the name of begins with this, and one at least.
    Begin(&'static str),
    /// All, and one at least.
    All,
}

pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) form: Form,
    pub(super) need: Need,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    Required,
    Optional,
    /// Says what the action concerns, for the check, and isn't sent.
    Checked,
}

#[derive(Clone, Copy)]
pub(super) enum Form {
    /// 24 hexadecimal digits.
    Id,
    /// Ids in a list.
    Ids,
    /// The id of a call, such as `pbx4.telecomx.dk:573636496893.3554`.
    Call,
    /// A phone number or an extension's.
    Number,
    /// An extension's id or a number.
    Callee,
    /// Either of the two, or the id of a call.
    Ringing,
    Flag,
    /// A whole number from one to another.
    Count(u32, u32),
    /// One of these words.
    Word(&'static [&'static str]),
    /// Any text.
    Text,
}

use Form::{Call, Callee, Count, Flag, Id, Ids, Number, Ringing, Text, Word};
use Need::{Checked, Optional, Required};

const fn parameter(name: &'static str, form: Form, need: Need) -> Parameter {
    Parameter { name, form, need }
}

const ABOUT: Parameter = parameter("extension", Id, Checked);
const DEVICE: Parameter = parameter("device", Id, Required);
const CALL: Parameter = parameter("target", Call, Required);
const QUEUE: Parameter = parameter("queue", Id, Required);
const EMPLOYEE: Parameter = parameter("employee", Id, Optional);
const FILTER: Parameter = parameter("filter", Text, Optional);
const OFFSET: Parameter = parameter("offset", Count(0, u32::MAX), Optional);

/// Who may use what the apps use.
pub(super) const APP: Levels = Levels::ANY.without(Level::ResellerAdmin);
/// Calendars are closed to those who sell.
const CALENDAR: Levels = APP.without(Level::Reseller).without(Level::Admin);
const SELLERS_AND_MANAGERS: Levels = Levels::ANY.without(Level::Personal).without(Level::Viewer);

/// A GET that does something.
const fn act(
    name: &'static str,
    path: &'static str,
    right: Option<Right>,
    takes: &'static [Parameter],
) -> Row {
    Row {
        name,
        verb: Verb::Get,
        path,
        reads: false,
        right,
        levels: APP,
        exempt: Levels::NONE,
        takes,
        one_of: &[],
        others: Others::None,
    }
}

/// A GET that reads.
const fn read(
    name: &'static str,
    path: &'static str,
    right: Option<Right>,
    takes: &'static [Parameter],
) -> Row {
    Row {
        reads: true,
        ..act(name, path, right, takes)
    }
}

/// A request whose verb says that it does something.
const fn write(
    verb: Verb,
    name: &'static str,
    path: &'static str,
    right: Right,
    takes: &'static [Parameter],
) -> Row {
    Row {
        verb,
        ..act(name, path, Some(right), takes)
    }
}

pub(super) const ACTIONS: &[Row] = &[
    act(
        "pickup",
        "/pbx/app/action/pickup",
        Some(Right::Pickup),
        &[ABOUT, DEVICE, parameter("target", Ringing, Required)],
    ),
    act(
        "steal",
        "/pbx/app/action/steal",
        Some(Right::Steal),
        &[ABOUT, DEVICE, CALL],
    ),
    act(
        "spy",
        "/pbx/app/action/spy",
        Some(Right::Spy),
        &[ABOUT, DEVICE, CALL],
    ),
    Row {
        one_of: &["device", "extension"],
        ..act(
            "queuePickup",
            "/pbx/app/action/queuepickup",
            None,
            &[
                parameter("device", Id, Optional),
                parameter("extension", Id, Optional),
                CALL,
            ],
        )
    },
    act(
        "call",
        "/pbx/app/action/call",
        Some(Right::ControlSipDevices),
        &[ABOUT, DEVICE, parameter("target", Callee, Required)],
    ),
    act(
        "hangup",
        "/pbx/app/action/hangup",
        Some(Right::ControlSipDevices),
        &[ABOUT, CALL],
    ),
    Row {
        one_of: &["destination", "target"],
        ..act(
            "transfer",
            "/pbx/app/action/transfer",
            Some(Right::ControlSipDevices),
            &[
                ABOUT,
                parameter("source", Call, Required),
                parameter("destination", Call, Optional),
                parameter("target", Callee, Optional),
            ],
        )
    },
    act(
        "hold",
        "/pbx/app/action/hold",
        Some(Right::ControlSipDevices),
        &[ABOUT, DEVICE, parameter("target", Call, Optional)],
    ),
    act(
        "unhold",
        "/pbx/app/action/unhold",
        Some(Right::ControlSipDevices),
        &[ABOUT, DEVICE, parameter("target", Call, Optional)],
    ),
    Row {
        levels: Levels::ANY,
        exempt: SELLERS_AND_MANAGERS,
        others: Others::Begin("presence"),
        ..write(
            Verb::Post,
            "setPresence",
            "/employee/{employee}",
            Right::SetPresence,
            &[ABOUT, parameter("employee", Id, Required)],
        )
    },
    Row {
        exempt: SELLERS_AND_MANAGERS,
        ..act(
            "redirect",
            "/pbx/extension/{extension}/redirect",
            Some(Right::SetPresence),
            &[
                parameter("extension", Id, Required),
                parameter("enable", Flag, Required),
                parameter("number", Number, Optional),
            ],
        )
    },
    Row {
        levels: APP.without(Level::Viewer),
        one_of: &["extension", "number"],
        ..write(
            Verb::Post,
            "joinQueue",
            "/pbx/queue/{queue}/member",
            Right::QueueMember,
            &[
                QUEUE,
                parameter("extension", Id, Optional),
                parameter("number", Number, Optional),
                parameter("priority", Count(1, 20), Optional),
                parameter("permanent", Flag, Optional),
            ],
        )
    },
    Row {
        levels: APP.without(Level::Viewer),
        ..write(
            Verb::Delete,
            "leaveQueue",
            "/pbx/queue/{queue}/member/{member}",
            Right::QueueMember,
            &[ABOUT, QUEUE, parameter("member", Id, Required)],
        )
    },
    read("queueMembers", "/pbx/queue/{queue}/member", None, &[QUEUE]),
    Row {
        levels: CALENDAR,
        ..read(
            "readCalendar",
            "/pbx/calendar",
            Some(Right::ReadCalendar),
            &[
                ABOUT,
                EMPLOYEE,
                OFFSET,
                parameter("limit", Count(1, 10_000), Optional),
                FILTER,
            ],
        )
    },
    Row {
        levels: CALENDAR,
        ..read(
            "readCalendarEvent",
            "/pbx/calendar/{event}",
            Some(Right::ReadCalendar),
            &[ABOUT, parameter("event", Id, Required)],
        )
    },
    Row {
        levels: CALENDAR,
        others: Others::All,
        ..write(
            Verb::Post,
            "addCalendarEvent",
            "/pbx/calendar",
            Right::WriteCalendar,
            &[ABOUT, EMPLOYEE],
        )
    },
    Row {
        levels: CALENDAR,
        ..write(
            Verb::Delete,
            "removeCalendarEvent",
            "/pbx/calendar/{event}",
            Right::WriteCalendar,
            &[
                ABOUT,
                parameter("event", Id, Required),
                parameter("applyToMaster", Flag, Optional),
            ],
        )
    },
    read(
        "readPhonebook",
        "/pbx/phonebook",
        Some(Right::ReadPhonebook),
        &[
            ABOUT,
            EMPLOYEE,
            parameter("type", Word(&["ALL", "PERSONAL", "SHARED"]), Optional),
            parameter("customer", Id, Optional),
            OFFSET,
            parameter("limit", Count(1, 50_000), Optional),
            FILTER,
        ],
    ),
    Row {
        levels: Levels::ANY,
        ..read(
            "readContact",
            "/pbx/phonebook/{contact}",
            Some(Right::ReadPhonebook),
            &[ABOUT, parameter("contact", Id, Required)],
        )
    },
    Row {
        levels: Levels::ANY,
        others: Others::All,
        ..write(
            Verb::Post,
            "addContact",
            "/pbx/phonebook",
            Right::WritePhonebook,
            &[ABOUT, EMPLOYEE],
        )
    },
    read(
        "employees",
        "/pbx/app/employees",
        None,
        &[
            parameter("ids", Ids, Optional),
            parameter("calls", Flag, Optional),
            parameter("standalone", Flag, Optional),
        ],
    ),
];

/// The row of an action.
pub(super) fn row(name: &str) -> Option<&'static Row> {
    ACTIONS.iter().find(|row| row.name == name)
}

/// What a check needs to know of a right or an action: the right, who may ask, who needs no right.
pub(super) fn rule(name: &str) -> Option<(Option<Right>, Levels, Levels)> {
    match row(name) {
        Some(row) => Some((row.right, row.levels, row.exempt)),
        None => Right::parse(name).map(|right| (Some(right), levels_of(right), Levels::NONE)),
    }
}

/// Who may use a right that isn't the name of an action.
fn levels_of(right: Right) -> Levels {
    match right {
        Right::QueueMember => APP.without(Level::Viewer),
        Right::WriteCalendar => CALENDAR,
        Right::WritePhonebook => Levels::ANY,
        _ => APP,
    }
}
