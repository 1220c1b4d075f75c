//! What may be set, and who the users are.

/// How the body of a refusal looks. All of these have been seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ErrorForm {
    /// A list of one object with `ErrorCode`, `Message` and `Data`.
    #[default]
    Array,
    /// Such an object alone.
    Object,
    /// A page of the web server.
    Html,
    /// Nothing.
    Empty,
}

/// What may be set of a 1E server. The `status_…` settings are what nobody outside knows.
///
/// ```
/// use callgate_portal::{OneESettings, Portal};
/// let mut portal = Portal::new();
/// portal.one_e().settings = OneESettings { version: (3, 0), ..OneESettings::default() };
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneESettings {
    /// The API's version. Before 3.1 only the obsolete approval endpoints are there, before 3.2 no
    /// combined list, before 8.0 no management groups.
    pub version: (u32, u32),
    /// The consumers that may call.
    pub consumers: Vec<String>,
    /// The body of refusals.
    pub error_form: ErrorForm,
    /// Names begin with a small letter.
    pub camel_case: bool,
    /// CanApprove answers with a boolean in place of an object.
    pub bare_can_approve: bool,
    /// The combined list is a bare list of instructions.
    pub bare_notifications: bool,
    /// The status of a decision that was taken: 200 with a body, or 204 without one.
    pub status_decided: u16,
    /// The status for a consumer that isn't allowed.
    pub status_consumer: u16,
    /// The status where a permission is missing.
    pub status_permission: u16,
    /// The status where an item doesn't exist or isn't visible.
    pub status_invisible: u16,
    /// The status of a decision about one's own item.
    pub status_ownership: u16,
    /// The status of a decision that comes too late or too early.
    pub status_workflow: u16,
    /// The status of a wrong code; 200 says `Successful: false`.
    pub status_code: u16,
    /// Whether actions and schedules ask for a one-time code first.
    pub second_factor: bool,
    /// Seconds for which a code is good.
    pub code_life: u64,
    /// Seconds from the approval to the end.
    pub run_time: u64,
    /// The rows of responses that each instruction brings.
    pub responses: u64,
    /// The most rows in a page of them.
    pub page: u64,
    /// CORS headers; whether a real server has them is not known.
    pub cors: bool,
}

impl Default for OneESettings {
    fn default() -> Self {
        Self {
            version: (9, 0),
            consumers: vec!["Callgate".to_owned()],
            error_form: ErrorForm::Array,
            camel_case: false,
            bare_can_approve: false,
            bare_notifications: false,
            status_decided: 200,
            status_consumer: 401,
            status_permission: 401,
            status_invisible: 404,
            status_ownership: 400,
            status_workflow: 400,
            status_code: 200,
            second_factor: true,
            code_life: 600,
            run_time: 20,
            responses: 45,
            page: 20,
            cors: true,
        }
    }
}

/// A user of a 1E server.
///
/// ```
/// let user = callgate_portal::OneEUser::named("ann");
/// assert!(user.operations.contains(&"Approver".to_owned()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneEUser {
    /// The account's name.
    pub name: String,
    /// What goes in the header `X-Tachyon-Authenticate`; made up where it is empty.
    pub token: String,
    /// His management groups.
    pub groups: Vec<String>,
    /// His operations on the one instruction set that there is: Viewer, Questioner, Actioner,
    /// Approver.
    pub operations: Vec<String>,
    /// Whether he may approve what he issued himself.
    pub overrides: bool,
}

impl OneEUser {
    /// A user with all operations, in the one group `all`.
    pub fn named(name: &str) -> Self {
        let operations = ["Viewer", "Questioner", "Actioner", "Approver"];
        Self {
            name: name.to_owned(),
            token: String::new(),
            groups: vec!["all".to_owned()],
            operations: operations.map(str::to_owned).to_vec(),
            overrides: false,
        }
    }

    /// The same user with these operations alone.
    #[must_use]
    pub fn with_operations(mut self, operations: &[&str]) -> Self {
        self.operations = operations.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// The same user in these management groups.
    #[must_use]
    pub fn with_groups(mut self, groups: &[&str]) -> Self {
        self.groups = groups.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    pub(super) fn may(&self, operation: &str) -> bool {
        self.operations.iter().any(|name| name == operation)
    }
}
