//! The second tier: what else the documentation says of a method, for those who ask for it.
//!
//! `catalogue/README.md` describes the file from the outside. Like the first tier it is read as it
//! lies: nothing is unpacked, a walk allocates nothing, and no content whatever can panic.

use super::Pieces;

/// What the second tier knows of one method.
#[derive(Clone, Copy, Debug)]
pub struct Details<'a> {
    text: &'a str,
}

impl<'a> Details<'a> {
    /// The address of the documentation's page.
    pub fn page(&self) -> Option<String> {
        None
    }

    /// Whether the method is deprecated, and then what to use instead: perhaps nothing.
    pub fn deprecation(&self) -> Option<Pieces<'a>> {
        None
    }

    /// The documented error codes.
    pub fn errors(&self) -> Pieces<'a> {
        Pieces::of(self.text, b' ')
    }

    /// How the method pages, in the words of the readable catalogue, such as `start+next+total`.
    pub fn paging(&self) -> Option<&'a str> {
        None
    }

    /// Whether the method works with an application's token only, and not through a webhook.
    pub fn wants_application(&self) -> bool {
        false
    }

    /// Whether a batch may not contain the method.
    pub fn is_unbatched(&self) -> bool {
        false
    }

    /// Whether the method has no parameters.
    pub fn is_parameterless(&self) -> bool {
        false
    }

    /// Whether the method takes the parameters of any list: order, filter, select, start.
    pub fn takes_list_parameters(&self) -> bool {
        false
    }

    /// Groups of parameters; of each group one is needed.
    pub fn one_of(&self) -> impl Iterator<Item = Pieces<'a>> + use<'a> {
        std::iter::empty()
    }

    /// Alternative sets of required parameters: one whole set is needed.
    pub fn sets(&self) -> impl Iterator<Item = Pieces<'a>> + use<'a> {
        std::iter::empty()
    }

    /// The parameters, outermost ones, in the documented order.
    pub fn parameters(&self) -> Parameters<'a> {
        Parameters { rest: "" }
    }
}

/// Parameters one after the other, in the documented order.
#[derive(Clone, Debug)]
pub struct Parameters<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Parameters<'a> {
    type Item = Parameter<'a>;

    fn next(&mut self) -> Option<Parameter<'a>> {
        self.rest = "";
        None
    }
}

/// What is known of one parameter.
#[derive(Clone, Copy, Debug)]
pub struct Parameter<'a> {
    text: &'a str,
}

impl<'a> Parameter<'a> {
    /// Its documented spelling, or its pattern.
    pub fn name(&self) -> &'a str {
        self.text
    }

    /// Whether it must be there, as far as is known.
    pub fn presence(&self) -> Presence {
        Presence::Optional
    }

    /// Whether a value of this kind is one of those documented. Where the documentation names no
    /// kind, or one that isn't a kind of value, all are.
    pub fn accepts(&self, _kind: Kind) -> bool {
        true
    }

    /// The values that it may have, where all are known.
    pub fn values(&self) -> Option<Pieces<'a>> {
        None
    }

    /// The values that the items of its list may have.
    pub fn item_values(&self) -> Option<Pieces<'a>> {
        None
    }

    /// What it is if it is left out.
    pub fn default(&self) -> Option<&'a str> {
        None
    }

    /// Its other names.
    pub fn also(&self) -> Pieces<'a> {
        Pieces::of(self.text, b' ')
    }

    /// Whether its name is a pattern, such as `UF_*`.
    pub fn is_pattern(&self) -> bool {
        false
    }

    /// Whether it is not to be used any more.
    pub fn is_deprecated(&self) -> bool {
        false
    }

    /// Groups of parameters nested in this one; of each group one is needed.
    pub fn one_of(&self) -> impl Iterator<Item = Pieces<'a>> + use<'a> {
        std::iter::empty()
    }

    /// The parameters that nest in this one.
    pub fn nested(&self) -> Parameters<'a> {
        Parameters { rest: "" }
    }
}

/// Whether a parameter must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Its lack may refuse a call.
    Required,
    /// Documented as required, but not beyond doubt: its lack may only warn.
    Doubtful,
    /// It may be left out.
    Optional,
}

/// A kind of value that a parameter may have. The documentation is loose about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Kind {
    Text,
    Integer,
    Number,
    Flag,
    Date,
    DateTime,
    Object,
    List,
    File,
}

/// What is known of an event that a handler can be bound to.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    text: &'a str,
}

impl<'a> Event<'a> {
    /// Its documented spelling. Events are told apart without regard to case.
    pub fn name(&self) -> &'a str {
        self.text
    }

    /// The scopes that a token needs to hear of it: one code of each group. `None`: not known.
    pub fn needed(&self) -> Option<impl Iterator<Item = Pieces<'a>> + use<'a>> {
        None::<std::iter::Empty<Pieces<'a>>>
    }
}
