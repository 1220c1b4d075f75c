//! Scopes: the codes of rights that a token carries, and which of them meet which need.
//!
//! Codes are an open set. [`KNOWN`] tells what is known of one; a code that isn't there is kept and
//! compared like any other.

use std::fmt;

use crate::error::Error;

/// The code of one scope, spelled as it came. Compared without ASCII case.
///
/// ```
/// use callgate::bitrix24::rights::scope::Scope;
/// let scope = Scope::parse("CRM").unwrap();
/// assert_eq!(scope, Scope::parse("crm").unwrap());
/// assert_eq!(scope.as_str(), "CRM");
/// ```
#[derive(Clone, Debug)]
pub struct Scope(String);

impl Scope {
    /// Takes `text` for the code of a scope.
    ///
    /// # Errors
    ///
    /// An error of kind `invalid` when the text is empty, or has a comma, a blank or a control
    /// character in it, which stand between the codes of a list.
    ///
    /// ```
    /// use callgate::bitrix24::rights::scope::Scope;
    /// assert!(Scope::parse("not.yet.known").is_ok());
    /// assert!(Scope::parse("crm,im").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.is_empty() {
            return Err(Error::invalid("scope: the code is empty"));
        }
        if text.contains(separates) {
            return Err(Error::invalid(
                "scope: a code has no comma, blank or control character in it",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The code as it was spelled.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::scope::Scope;
    /// assert_eq!(Scope::parse("sign.b2e").unwrap().as_str(), "sign.b2e");
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Scope {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Scope {}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The scopes of a token: each once, in the order in which they came.
///
/// ```
/// use callgate::bitrix24::rights::scope::ScopeSet;
/// let granted = ScopeSet::parse("crm, user_brief,CRM");
/// assert_eq!(granted.iter().collect::<Vec<_>>(), ["crm", "user_brief"]);
/// assert!(granted.meets("user") && !granted.meets("im"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopeSet(Vec<Scope>);

impl ScopeSet {
    /// Reads a list such as the portal writes: codes between commas, blanks, or both.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::scope::ScopeSet;
    /// assert_eq!(ScopeSet::parse("crm,im  disk"), ["crm", "im", "disk"].into_iter().collect());
    /// ```
    pub fn parse(list: &str) -> Self {
        Self::from_iter([list])
    }

    /// Whether this very code is in the set, without ASCII case.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::scope::ScopeSet;
    /// assert!(ScopeSet::parse("crm").contains("CRM"));
    /// assert!(!ScopeSet::parse("user_brief").contains("user"));
    /// ```
    pub fn contains(&self, code: &str) -> bool {
        self.iter().any(|own| own.eq_ignore_ascii_case(code))
    }

    /// Whether a token with these scopes has what `code` stands for.
    ///
    /// Beyond the code itself: `basic` is every token's; some codes stand in for others
    /// (`user_brief` for `user`, `task` for version 3's `tasks`, the three names of the workgroups
    /// for each other); and of a version 3 code such as `module.controller.method` any dotted
    /// beginning will do, whatever fields it names in brackets. A code that the lists know
    /// (`user.userfield`) is no part of another.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::scope::ScopeSet;
    /// assert!(ScopeSet::parse("task").meets("tasks.task.list"));
    /// assert!(ScopeSet::parse("main.eventlog[id:name]").meets("main.eventlog.list"));
    /// assert!(!ScopeSet::parse("user").meets("user.userfield"));
    /// assert!(ScopeSet::default().meets("basic"));
    /// ```
    pub fn meets(&self, code: &str) -> bool {
        let mut needed = without_fields(code);
        loop {
            if needed.eq_ignore_ascii_case("basic") || self.meets_exactly(needed) {
                return true;
            }
            match needed.rsplit_once('.') {
                Some((beginning, _)) if known(needed).is_none() => needed = beginning,
                _ => return false,
            }
        }
    }

    fn meets_exactly(&self, needed: &str) -> bool {
        let same = |code: &str, other: &str| code.eq_ignore_ascii_case(other);
        self.iter().map(without_fields).any(|own| {
            same(own, needed)
                || STAND_INS
                    .iter()
                    .any(|(a, b)| same(own, a) && same(needed, b))
        })
    }

    /// Whether the absence of a code from this set proves anything. A list that is empty or only
    /// `app`, as some answers to a refresh give it, does not.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::scope::ScopeSet;
    /// assert!(!ScopeSet::parse("app").proves_anything());
    /// assert!(ScopeSet::parse("app,crm").proves_anything());
    /// ```
    pub fn proves_anything(&self) -> bool {
        self.iter().any(|code| !code.eq_ignore_ascii_case("app"))
    }

    /// The codes as they were spelled, in the order in which they came.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::scope::ScopeSet;
    /// assert_eq!(ScopeSet::parse("im,crm").iter().next(), Some("im"));
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(Scope::as_str)
    }
}

impl<T: AsRef<str>> FromIterator<T> for ScopeSet {
    /// Takes codes, or lists of codes.
    fn from_iter<I: IntoIterator<Item = T>>(lists: I) -> Self {
        let mut set = Self::default();
        for list in lists {
            for code in list.as_ref().split(separates) {
                if !code.is_empty() && !set.contains(code) {
                    set.0.push(Scope(code.to_owned()));
                }
            }
        }
        set
    }
}

/// What stands between the codes of a list.
fn separates(character: char) -> bool {
    character == ',' || character.is_whitespace() || character.is_control()
}

/// A version 3 code without the fields that it is narrowed to: `main.eventlog[id:name]`.
fn without_fields(code: &str) -> &str {
    code.split_once('[').map_or(code, |(code, _)| code)
}

/// The first of a pair is as good as the second. [`LESSER`] ones apart, it means the same.
const STAND_INS: &[(&str, &str)] = &[
    ("user_basic", "user"),
    ("user_brief", "user"),
    ("task", "tasks"),
    ("sonet_group", "socialnetwork"),
    ("sonet_group", "sonet"),
    ("socialnetwork", "sonet_group"),
    ("socialnetwork", "sonet"),
    ("sonet", "socialnetwork"),
    ("sonet", "sonet_group"),
];

/// Codes that the server takes for another, but that open less: they meet a need, and yet nobody
/// should ask for them in the other's stead, unless a method's page names them.
const LESSER: &[&str] = &["user_basic", "user_brief"];

/// The codes that mean the same as `code`, without ASCII case.
pub(crate) fn aliases(code: &str) -> impl Iterator<Item = &'static str> {
    let stand_ins = STAND_INS.iter().map(|(own, needed)| (*own, *needed));
    stand_ins
        .filter(move |(own, needed)| code.eq_ignore_ascii_case(needed) && !LESSER.contains(own))
        .map(|(own, _)| own)
}

/// What is known of a scope code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownScope {
    /// The code.
    pub code: &'static str,
    /// Whether the current documentation lists it.
    pub listed: bool,
    /// Whether the documentation of 2024 listed it.
    pub older: bool,
    /// Whether the documentation says not to use it.
    pub unwanted: bool,
}

/// Finds what is known of a code, without ASCII case. `None`: the code is in none of the lists,
/// which says nothing against it.
///
/// ```
/// use callgate::bitrix24::rights::scope::known;
/// assert!(known("tasks").unwrap().unwanted);
/// assert!(known("Forum").is_some_and(|scope| scope.older && !scope.listed));
/// assert!(known("tomorrow").is_none());
/// ```
pub fn known(code: &str) -> Option<&'static KnownScope> {
    KNOWN
        .iter()
        .find(|scope| scope.code.eq_ignore_ascii_case(code))
}

const fn both(code: &'static str) -> KnownScope {
    KnownScope {
        code,
        listed: true,
        older: true,
        unwanted: false,
    }
}

const fn current(code: &'static str) -> KnownScope {
    KnownScope {
        older: false,
        ..both(code)
    }
}

const fn older(code: &'static str) -> KnownScope {
    KnownScope {
        listed: false,
        ..both(code)
    }
}

const fn unwanted(code: &'static str) -> KnownScope {
    KnownScope {
        unwanted: true,
        ..older(code)
    }
}

/// In neither list, and yet named on the page of a method.
const fn unlisted(code: &'static str) -> KnownScope {
    KnownScope {
        listed: false,
        ..current(code)
    }
}

/// All codes that the documentation names, of 2026 and of 2024. The facts' source is
/// `catalogue/scopes.txt`.
pub const KNOWN: &[KnownScope] = &[
    both("ai_admin"),
    unlisted("basic"),
    both("biconnector"),
    both("bizproc"),
    current("booking"),
    both("calendar"),
    both("call"),
    both("cashbox"),
    both("catalog"),
    older("configuration.import"),
    both("contact_center"),
    both("crm"),
    older("crm.documentgenerator"),
    both("delivery"),
    both("department"),
    both("disk"),
    current("documentgenerator"),
    both("entity"),
    older("forum"),
    current("humanresources"),
    current("humanresources.hcmlink"),
    older("iblock"),
    both("im"),
    both("imbot"),
    current("imconnector"),
    both("imopenlines"),
    both("intranet"),
    both("landing"),
    older("landing_cloud"),
    both("lists"),
    both("log"),
    unlisted("mail"),
    both("mailservice"),
    current("main"),
    both("messageservice"),
    both("mobile"),
    unlisted("note"),
    both("pay_system"),
    both("placement"),
    both("pull"),
    older("pull_channel"),
    older("rating"),
    both("rpa"),
    both("sale"),
    both("salescenter"),
    current("sign.b2e"),
    older("smile"),
    current("socialnetwork"),
    unlisted("sonet"),
    both("sonet_group"),
    both("task"),
    unwanted("tasks"),
    unwanted("tasks_extended"),
    unwanted("tasksmobile"),
    both("telephony"),
    both("timeman"),
    both("user"),
    both("user.userfield"),
    both("user_basic"),
    both("user_brief"),
    both("userconsent"),
    both("userfieldconfig"),
    current("vote"),
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    /// The list of 2024, as it was published.
    const OLDER: &str = "ai_admin biconnector bizproc calendar call catalog contact_center crm \
        crm.documentgenerator delivery department disk entity forum im imbot imopenlines intranet \
        landing lists log mailservice messageservice mobile pay_system placement pull rpa sale \
        sonet_group task tasks tasks_extended tasksmobile telephony timeman user user_brief \
        user_basic user.userfield userfieldconfig userconsent rating smile iblock \
        configuration.import salescenter cashbox landing_cloud pull_channel";

    #[test]
    fn every_code_of_the_older_list_is_known_as_such() {
        for code in ScopeSet::parse(OLDER).iter() {
            assert!(known(code).is_some_and(|scope| scope.older), "{code}");
        }
        assert_eq!(KNOWN.iter().filter(|scope| scope.older).count(), 50);
        let unwanted = KNOWN
            .iter()
            .filter(|scope| scope.unwanted)
            .map(|scope| scope.code);
        assert!(unwanted.eq(["tasks", "tasks_extended", "tasksmobile"]));
    }

    #[test]
    fn the_table_says_what_the_fact_file_says() {
        let facts = include_str!("../../../catalogue/scopes.txt");
        let lines = facts
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let facts: Vec<KnownScope> = lines
            .map(|line| {
                let words: Vec<&'static str> = line.split(", ").collect();
                let says = |word| words.contains(&word);
                KnownScope {
                    code: words.first().unwrap(),
                    listed: says("listed"),
                    older: says("older"),
                    unwanted: says("unwanted"),
                }
            })
            .collect();
        assert_eq!(KNOWN, facts);
    }

    #[test]
    fn a_code_that_nobody_knows_is_kept_as_it_came() {
        let granted = ScopeSet::parse("crm,Tomorrow.B2B");
        assert_eq!(granted.iter().collect::<Vec<_>>(), ["crm", "Tomorrow.B2B"]);
        assert!(granted.meets("tomorrow.b2b"));
    }

    #[test]
    fn a_list_is_read_whatever_stands_between_its_codes() {
        for list in [
            "crm,im",
            "crm im",
            " crm ,, im,",
            "crm\tim\n",
            "crm\0im",
            "crm,im,CRM",
        ] {
            assert_eq!(
                ScopeSet::parse(list),
                ["crm", "im"].into_iter().collect(),
                "{list:?}"
            );
        }
        assert_eq!(ScopeSet::parse("crm,im"), ["crm,im"].into_iter().collect());
        assert_eq!(ScopeSet::parse(" , "), ScopeSet::default());
    }

    #[test]
    fn codes_stand_in_for_others_only_where_the_table_says() {
        for (granted, needed, met) in [
            ("user_basic", "user", true),
            ("user_brief", "user", true),
            ("user", "user_brief", false),
            ("user_brief", "user_basic", false),
            ("task", "tasks", true),
            ("tasks", "task", false),
            ("tasks_extended", "tasks", false),
            ("sonet_group", "sonet", true),
            ("sonet", "socialnetwork", true),
            ("socialnetwork", "sonet_group", true),
            ("CRM", "crm", true),
            ("crm", "im", false),
            ("crm", "", false),
            ("crm", "$module", false),
        ] {
            assert_eq!(
                ScopeSet::parse(granted).meets(needed),
                met,
                "{granted} for {needed}"
            );
        }
    }

    #[test]
    fn a_dotted_code_is_met_by_its_beginning_unless_the_lists_know_it() {
        for (granted, needed, met) in [
            ("note", "note.file.get", true),
            ("note.file", "note.file.get", true),
            ("note.file.get", "note.file", false),
            ("note.fil", "note.file", false),
            ("task", "tasks.task.get[title:id]", true),
            ("note.file[a:b]", "note.file.get", true),
            ("user", "user.userfield", false),
            ("user.userfield", "user", false),
            ("humanresources", "humanresources.hcmlink", false),
            ("humanresources", "humanresources.node.get", true),
            ("crm", "crm.documentgenerator", false),
        ] {
            assert_eq!(
                ScopeSet::parse(granted).meets(needed),
                met,
                "{granted} for {needed}"
            );
        }
    }

    #[test]
    fn an_absurd_code_is_refused_alone_and_met_by_nothing() {
        for text in ["", " ", "a b", "a,b", "a\0", "\u{7f}", "a\u{2028}b"] {
            assert!(Scope::parse(text).is_err(), "{text:?}");
        }
        let long = "a.".repeat(5_000);
        for code in ["....", "[", "[]", "\0", "\u{1f600}", &long] {
            assert!(!ScopeSet::parse("crm").meets(code), "{code:?}");
        }
    }
}
