//! Sets of RR types as NSEC, NSEC3 and CSYNC carry them: windows of bits (RFC 4034 §4.1.2).

use super::RType;

/// A set of RR types in wire form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TypeBitmap<'a>(&'a [u8]);

impl<'a> TypeBitmap<'a> {
    /// Takes octets for a bitmap; `None` when they are none: windows must ascend, and each has one
    /// to 32 octets. Trailing zero octets, which RFC 4034 forbids to writers, are read.
    #[must_use]
    pub fn new(octets: &'a [u8]) -> Option<Self> {
        let (mut rest, mut last) = (octets, None);
        while !rest.is_empty() {
            let [window, len @ 1..=32, bits @ ..] = rest else { return None };
            if last.is_some_and(|last| last >= *window) || bits.len() < usize::from(*len) {
                return None;
            }
            last = Some(*window);
            rest = &bits[usize::from(*len)..];
        }
        Some(Self(octets))
    }

    /// The octets.
    #[must_use]
    pub fn as_wire(self) -> &'a [u8] {
        self.0
    }

    /// The types of the set, ascending.
    pub fn types(self) -> impl Iterator<Item = RType> + 'a {
        let mut rest = self.0;
        let windows = std::iter::from_fn(move || {
            let [window, len, bits @ ..] = rest else { return None };
            let (bits, behind) = bits.split_at_checked(usize::from(*len))?;
            rest = behind;
            Some((*window, bits))
        });
        windows.flat_map(|(window, bits)| {
            let set =
                bits.iter().flat_map(|octet| (0..8).map(move |bit| octet & (0x80 >> bit) != 0));
            let numbers = (0u8..=255).zip(set).filter(|&(_, is_set)| is_set);
            numbers.map(move |(low, _)| RType(u16::from_be_bytes([window, low])))
        })
    }

    /// Whether the type is in the set.
    #[must_use]
    pub fn contains(self, rtype: RType) -> bool {
        self.types().any(|member| member == rtype)
    }
}

/// Builds the wire form of a set of types, which come in any order, each as often as it likes.
#[derive(Clone, Debug, Default)]
pub struct TypeBitmapBuilder {
    low: Window,
    /// Types above 255 are rare: only they are worth an allocation.
    high: Vec<u16>,
}

impl TypeBitmapBuilder {
    /// Adds a type.
    pub fn insert(&mut self, rtype: RType) {
        match u8::try_from(rtype.0) {
            Ok(number) => self.low.insert(number),
            Err(_) => self.high.push(rtype.0),
        }
    }

    /// Appends the wire form; nothing for the empty set.
    pub fn append_to(mut self, out: &mut Vec<u8>) {
        self.low.append(0, out);
        self.high.sort_unstable();
        for types in self.high.chunk_by(|a, b| a >> 8 == b >> 8) {
            let mut window = Window::default();
            types.iter().for_each(|number| window.insert(number.to_be_bytes()[1]));
            window.append(types[0].to_be_bytes()[0], out);
        }
    }
}

/// One window of 256 types.
#[derive(Clone, Debug, Default)]
struct Window {
    bits: [u8; 32],
    /// Octets up to the last that is not zero.
    len: usize,
}

impl Window {
    fn insert(&mut self, number: u8) {
        let at = usize::from(number / 8);
        self.bits[at] |= 0x80 >> (number % 8);
        self.len = self.len.max(at + 1);
    }

    fn append(&self, window: u8, out: &mut Vec<u8>) {
        if let Ok(len @ 1..) = u8::try_from(self.len) {
            out.extend_from_slice(&[window, len]);
            out.extend_from_slice(&self.bits[..self.len]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(types: &[u16]) -> Vec<u8> {
        let mut builder = TypeBitmapBuilder::default();
        types.iter().for_each(|&number| builder.insert(RType(number)));
        let mut wire = Vec::new();
        builder.append_to(&mut wire);
        wire
    }

    // RFC 4034 §4.3: the bitmap of A, MX, RRSIG, NSEC and TYPE1234.
    #[test]
    fn the_example_of_rfc_4034_reads_and_writes() {
        let mut expected = vec![0, 6, 0x40, 0x01, 0, 0, 0, 0x03, 0x04, 0x1b];
        expected.resize(8 + 2 + 26, 0);
        expected.push(0x20);
        let types = [1, 15, 46, 47, 1234];
        assert_eq!(wire(&[1234, 47, 1, 15, 46, 1]), expected);
        let bitmap = TypeBitmap::new(&expected).unwrap();
        assert!(bitmap.types().map(|rtype| rtype.0).eq(types));
        assert!(bitmap.contains(RType::MX) && !bitmap.contains(RType::AAAA));
    }

    // BIND GL#5834: bitmaps with all 256 windows must be cheap and right.
    #[test]
    fn all_windows_read_and_write() {
        let types: Vec<u16> = (0..=255).map(|window| window << 8 | 0xff).collect();
        let wire = wire(&types);
        assert_eq!(wire.len(), 256 * 34);
        assert!(TypeBitmap::new(&wire).unwrap().types().map(|rtype| rtype.0).eq(types));
    }

    #[test]
    fn octets_that_are_no_bitmap_are_refused() {
        let cases: [&[u8]; 5] = [&[0], &[0, 0], &[0, 2, 1], &[1, 1, 1, 0, 1, 1], &[0, 33, 1]];
        for octets in cases {
            assert_eq!(TypeBitmap::new(octets), None, "{octets:?}");
        }
        assert_eq!(TypeBitmap::new(&[]).unwrap().types().count(), 0);
    }
}
