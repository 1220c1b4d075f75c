//! How strict preflight is: off, warning or enforcing, per connection, layer and method.

use crate::bitrix24::rights::method::MethodName;
use crate::decision::Layer;
pub use crate::decision::Mode;

/// The modes of a connection.
///
/// ```
/// use callgate::bitrix24::rights::preflight::{Mode, Modes};
/// assert_eq!(Modes::default().scope, Mode::Enforce);
/// assert_eq!(Modes::default().parameters, Mode::Warn);
/// ```
#[derive(Clone, Debug)]
pub struct Modes {
    /// For whether it may be called at all: methods and scopes, as far as that is proven.
    pub scope: Mode,
    /// For what goes against the documentation, above all in the parameters.
    pub parameters: Mode,
    /// For single methods, in all layers.
    pub methods: Vec<(MethodName, Mode)>,
}

impl Default for Modes {
    fn default() -> Self {
        Self {
            scope: Mode::Enforce,
            parameters: Mode::Warn,
            methods: Vec::new(),
        }
    }
}

impl Modes {
    /// The mode of a layer for a method. The layer `confirmation` enforces unless the method is
    /// set otherwise: a refusal there is the portal's own word, and final for the token.
    ///
    /// ```
    /// use callgate::bitrix24::rights::method::MethodName;
    /// use callgate::bitrix24::rights::preflight::{Mode, Modes};
    /// use callgate::decision::Layer;
    /// let method = MethodName::parse("user.get").unwrap();
    /// let modes = Modes { methods: vec![(method.clone(), Mode::Off)], ..Modes::default() };
    /// assert_eq!(modes.of(Layer::Scope, &method), Mode::Off);
    /// ```
    pub fn of(&self, layer: Layer, method: &MethodName) -> Mode {
        let own = self.methods.iter().find(|(name, _)| name == method);
        match (own, layer) {
            (Some((_, mode)), _) => *mode,
            (None, Layer::Scope | Layer::Method) => self.scope,
            (None, Layer::Parameters) => self.parameters,
            (None, _) => Mode::Enforce,
        }
    }
}
