//! Method names and REST versions.

/// The version of the REST interface that a call goes through.
///
/// ```
/// use callgate::bitrix24::rights::method::Version;
/// assert!(Version::V2 < Version::V3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// Versions 1 and 2, below `/rest/`.
    V2,
    /// Version 3, below `/rest/api/`.
    V3,
}
