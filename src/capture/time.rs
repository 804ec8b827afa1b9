//! The time of a packet, from whatever a file counts in.

use std::fmt;

const NANOSECONDS: u32 = 1_000_000_000;

/// When a packet was captured. Its order is that of time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct PacketTime {
    /// Seconds since 1970-01-01T00:00:00Z, leap seconds not counted; rounded down.
    pub seconds: i64,
    /// Nanoseconds since that second began, below 10⁹.
    pub nanoseconds: u32,
}

impl PacketTime {
    /// Seconds and a fraction that may exceed a second, as damaged files have it.
    #[must_use]
    pub fn new(seconds: i64, nanoseconds: u32) -> Self {
        let carry = i64::from(nanoseconds / NANOSECONDS);
        Self { seconds: seconds.saturating_add(carry), nanoseconds: nanoseconds % NANOSECONDS }
    }

    /// Whole seconds from `earlier` to this; negative where this is the earlier one.
    #[must_use]
    pub fn seconds_since(self, earlier: Self) -> i64 {
        let borrow = i64::from(self.nanoseconds < earlier.nanoseconds);
        self.seconds.saturating_sub(earlier.seconds).saturating_sub(borrow)
    }
}

impl fmt::Display for PacketTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:09}", self.seconds, self.nanoseconds)
    }
}

/// What an interface counts time in: the option `if_tsresol` of pcapng
/// (draft-ietf-opsawg-pcapng §4.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Resolution {
    /// 10⁻ⁿ seconds.
    Decimal(u8),
    /// 2⁻ⁿ seconds.
    Binary(u8),
}

impl Resolution {
    /// Microseconds: what holds where nothing is stated.
    pub(super) const DEFAULT: Self = Self::Decimal(6);

    /// The highest bit tells the base, the others are n.
    pub(super) fn from_option(octet: u8) -> Self {
        match octet & 0x80 {
            0 => Self::Decimal(octet),
            _ => Self::Binary(octet & 0x7f),
        }
    }

    /// The time at which `units` have passed since 1970 and `offset` seconds.
    pub(super) fn time(self, units: u64, offset: i64) -> PacketTime {
        let units = u128::from(units);
        let billion = u128::from(NANOSECONDS);
        // A unit so small that 2⁶⁴ of it are no nanosecond leaves nothing to count.
        let (seconds, nanoseconds) = match self {
            Self::Decimal(n) => match 10u128.checked_pow(u32::from(n)) {
                Some(per_second) => scaled(units, per_second, billion),
                None => (0, 0),
            },
            Self::Binary(n) => scaled(units, 1 << n, billion),
        };
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        PacketTime::new(seconds.saturating_add(offset), nanoseconds)
    }
}

/// `units` of which there are `per_second`, as seconds and nanoseconds, rounded down.
fn scaled(units: u128, per_second: u128, billion: u128) -> (u128, u32) {
    let rest = units % per_second;
    // The rest is below 2⁶⁴, and so the product below 2⁹⁴.
    let nanoseconds = rest * billion / per_second;
    (units / per_second, u32::try_from(nanoseconds).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(option: u8, units: u64) -> (i64, u32) {
        let time = Resolution::from_option(option).time(units, 0);
        (time.seconds, time.nanoseconds)
    }

    // draft-ietf-opsawg-pcapng §4.2: "if the MSB is zero the remaining bits indicate the resolution
    // as a negative power of 10 … if the MSB is one, as a negative power of 2".
    #[test]
    fn resolutions_are_negative_powers_of_ten_and_of_two() {
        assert_eq!(time(6, 1_500_000_000_250_001), (1_500_000_000, 250_001_000));
        assert_eq!(time(9, 1_500_000_000_250_000_001), (1_500_000_000, 250_000_001));
        assert_eq!(time(0, 1_500_000_000), (1_500_000_000, 0));
        assert_eq!(time(3, 1_999), (1, 999_000_000));
        assert_eq!(time(12, 1_000_000_001_999), (1, 1));
        assert_eq!(time(19, 10_u64.pow(19) + 1), (1, 0));
        assert_eq!(time(0x80, 7), (7, 0));
        assert_eq!(time(0x80 | 10, 1024 + 512), (1, 500_000_000));
        assert_eq!(time(0x80 | 32, (5 << 32) + (1 << 31)), (5, 500_000_000));
        assert_eq!(time(0x80 | 63, u64::MAX), (1, 999_999_999));
        assert_eq!(time(0x80 | 64, 1 << 63), (0, 500_000_000));
    }

    #[test]
    fn no_resolution_and_no_count_overflow() {
        for option in 0..=u8::MAX {
            for units in [0, 1, u64::MAX / 2, u64::MAX] {
                for offset in [i64::MIN, -1, 0, i64::MAX] {
                    let time = Resolution::from_option(option).time(units, offset);
                    assert!(time.nanoseconds < NANOSECONDS);
                }
            }
        }
        assert_eq!(time(127, u64::MAX), (0, 0));
        assert_eq!(time(0xff, u64::MAX), (0, 0));
    }

    #[test]
    fn the_offset_is_whole_seconds_of_either_sign() {
        let before_1970 = Resolution::DEFAULT.time(250_000, -3);
        assert_eq!((before_1970.seconds, before_1970.nanoseconds), (-3, 250_000_000));
    }

    #[test]
    fn a_fraction_above_a_second_is_carried() {
        let time = PacketTime::new(10, 2_000_000_005);
        assert_eq!((time.seconds, time.nanoseconds), (12, 5));
        assert_eq!(time.to_string(), "12.000000005");
    }

    #[test]
    fn elapsed_seconds_are_rounded_down() {
        let (a, b) = (PacketTime::new(10, 900_000_000), PacketTime::new(12, 100_000_000));
        assert_eq!((b.seconds_since(a), a.seconds_since(b), a.seconds_since(a)), (1, -2, 0));
    }
}
