//! Dates as portals write them: ATOM with the portal's offset.

use crate::http::UnixMs;

/// The portal's offset from UTC, in hours.
const OFFSET: u64 = 3;

/// `2018-01-29T17:35:31+03:00`.
pub(crate) fn atom(at: UnixMs) -> String {
    let seconds = at / 1000 + OFFSET * 3600;
    let (year, month, day) = civil(seconds / 86_400);
    let clock = seconds % 86_400;
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}+{OFFSET:02}:00",
        clock / 3600,
        clock / 60 % 60,
        clock % 60
    )
}

/// `2018-01-29T14:35:31.250Z`, in UTC.
pub(crate) fn utc(at: UnixMs) -> String {
    let (year, month, day) = civil(at / 86_400_000);
    let clock = at / 1000 % 86_400;
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
        clock / 3600,
        clock / 60 % 60,
        clock % 60,
        at % 1000
    )
}

/// The calendar date of a day counted from 1970-01-01.
fn civil(days: u64) -> (u64, u64, u64) {
    // Years are counted from 1 March, so that the leap day is the last one; eras have 400 years.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::atom;

    #[test]
    fn dates_carry_the_portals_offset() {
        assert_eq!(atom(1_517_236_531_000), "2018-01-29T17:35:31+03:00");
        assert_eq!(atom(0), "1970-01-01T03:00:00+03:00");
        assert_eq!(atom(1_709_164_800_000), "2024-02-29T03:00:00+03:00");
        assert_eq!(atom(1_735_678_799_000), "2024-12-31T23:59:59+03:00");
    }
}
