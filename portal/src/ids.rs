//! Identifiers that look random and are not: they come from a counter, so that the same requests
//! give the same tokens.

/// A source of identifiers. It goes on counting through a reset, so that no identifier of an
/// earlier world means something in a later one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ids {
    count: u64,
}

impl Ids {
    /// 32 characters of `0-9a-z`: the look of access tokens.
    pub(crate) fn token(&mut self) -> String {
        const ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
        self.characters(ALPHABET, 32)
    }

    /// 16 characters of `0-9a-z`: the look of a webhook's secret.
    pub(crate) fn secret(&mut self) -> String {
        self.token().chars().take(16).collect()
    }

    fn characters(&mut self, alphabet: &[u8], length: usize) -> String {
        self.count += 1;
        let mut state = mix(self.count.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        (0..length)
            .filter_map(|_| {
                state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
                let place = mix(state) % (alphabet.len() as u64);
                alphabet.get(usize::try_from(place).unwrap_or(0))
            })
            .map(|byte| char::from(*byte))
            .collect()
    }
}

/// 32 hexadecimal digits that depend on nothing but the texts: constants of an app or a portal.
pub(crate) fn digest(parts: &[&str]) -> String {
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    for byte in parts.join("\u{0}").bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
    }
    format!("{:016x}{:016x}", mix(hash), mix(hash.rotate_left(32)))
}

/// The finalizer of SplitMix64.
pub(crate) fn mix(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}
