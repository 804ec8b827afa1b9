//! RDATA that fits its type, made from random octets.

use sigmill::dns::RType;
use sigmill::dns::schema::{Field, fields};

/// Random octets that run out into zeros.
pub(crate) struct Entropy<'a>(std::slice::Iter<'a, u8>);

impl<'a> Entropy<'a> {
    pub(crate) fn new(octets: &'a [u8]) -> Self {
        Self(octets.iter())
    }

    fn octet(&mut self) -> u8 {
        self.0.next().copied().unwrap_or(0)
    }

    fn below(&mut self, end: u8) -> u8 {
        self.octet() % end
    }

    fn octets(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.octet()).collect()
    }

    /// Up to `max` octets.
    fn some(&mut self, max: u8) -> Vec<u8> {
        let len = self.below(max + 1);
        self.octets(len.into())
    }

    fn name(&mut self) -> Vec<u8> {
        let mut wire = Vec::new();
        for _ in 0..self.below(4) {
            let len = 1 + self.below(5);
            wire.push(len);
            wire.extend(self.octets(len.into()));
        }
        wire.push(0);
        wire
    }

    fn char_string(&mut self) -> Vec<u8> {
        let string = self.some(9);
        [vec![u8::try_from(string.len()).unwrap()], string].concat()
    }
}

/// Octets that fit a type which has a form of its own.
pub(crate) fn rdata(rtype: RType, entropy: &mut Entropy<'_>) -> Vec<u8> {
    fields(rtype).unwrap().iter().flat_map(|&field| octets(field, entropy)).collect()
}

fn octets(field: Field, entropy: &mut Entropy<'_>) -> Vec<u8> {
    match field {
        Field::U8 | Field::Algorithm | Field::DigestType | Field::Scheme => entropy.octets(1),
        Field::U16 | Field::TypeCode => entropy.octets(2),
        Field::CertType => vec![0, entropy.octet()],
        Field::U32 | Field::Period | Field::Time | Field::Ipv4 => entropy.octets(4),
        Field::Eui48 => entropy.octets(6),
        Field::U64 | Field::Locator64 | Field::Eui64 => entropy.octets(8),
        Field::Ipv6 => entropy.octets(16),
        Field::LowerName | Field::Name => entropy.name(),
        Field::CharString | Field::HexLen8 | Field::Base32Len8 => entropy.char_string(),
        Field::Tag => [&[5][..], b"issue"].concat(),
        Field::OptionalCharString if entropy.below(2) == 0 => Vec::new(),
        Field::OptionalCharString => entropy.char_string(),
        Field::CharStrings => (0..=entropy.below(3)).flat_map(|_| entropy.char_string()).collect(),
        Field::Text | Field::OptionalHex | Field::OptionalBase64 | Field::Base64OrDash => {
            entropy.some(20)
        }
        Field::Hex | Field::Base64 => entropy.some(20),
        Field::TypeBitmap => type_bitmap(entropy),
        Field::SvcParams => svc_params(entropy),
        Field::AddressPrefixes => address_prefixes(entropy),
        Field::Location => location(entropy),
        Field::WellKnownServices => [entropy.octets(5), entropy.some(9)].concat(),
        Field::Nsap => entropy.octets(1).into_iter().chain(entropy.some(19)).collect(),
        Field::IpsecKey => {
            let kind = entropy.below(4);
            let head = vec![entropy.octet(), kind, entropy.below(3)];
            [head, gateway(kind, entropy), entropy.some(9)].concat()
        }
        Field::AmtRelay => {
            let (kind, discovery) = (entropy.below(5), entropy.below(2) << 7);
            [vec![entropy.octet(), discovery | kind], gateway(kind, entropy)].concat()
        }
        Field::HostIdentity => {
            let (tag, key) = (entropy.some(5), entropy.some(9));
            let lens = [u8::try_from(tag.len()).unwrap(), 2, 0, u8::try_from(key.len()).unwrap()];
            let servers = (0..entropy.below(3)).flat_map(|_| entropy.name()).collect();
            [lens.to_vec(), tag, key, servers].concat()
        }
        Field::NxtBitmap => entropy.some(16),
        Field::A6 => {
            let prefix = entropy.below(129);
            let mut suffix = entropy.octets(usize::from(128 - prefix).div_ceil(8));
            if let Some(first) = suffix.first_mut().filter(|_| entropy.below(8) > 0) {
                *first &= 0xff >> (prefix % 8);
            }
            let name = if prefix == 0 { Vec::new() } else { entropy.name() };
            [vec![prefix], suffix, name].concat()
        }
        Field::AtmAddress => match entropy.below(3) {
            0 => [vec![1], (0..=entropy.below(9)).map(|_| b'0' + entropy.below(10)).collect()]
                .concat(),
            format => [vec![format - 1], entropy.octets(1), entropy.some(9)].concat(),
        },
    }
}

fn gateway(kind: u8, entropy: &mut Entropy<'_>) -> Vec<u8> {
    match kind {
        0 => Vec::new(),
        1 => entropy.octets(4),
        2 => entropy.octets(16),
        3 => entropy.name(),
        _ => entropy.some(9),
    }
}

fn type_bitmap(entropy: &mut Entropy<'_>) -> Vec<u8> {
    let (mut bitmap, mut window) = (Vec::new(), 0);
    for _ in 0..entropy.below(4) {
        let bits = entropy.some(31);
        bitmap.extend([window, u8::try_from(bits.len() + 1).unwrap()]);
        bitmap.extend(bits);
        bitmap.push(entropy.octet() | 1);
        window += 1 + entropy.below(60);
    }
    bitmap
}

fn svc_params(entropy: &mut Entropy<'_>) -> Vec<u8> {
    let (mut params, mut key) = (Vec::new(), 0);
    for _ in 0..entropy.below(5) {
        key += u16::from(1 + entropy.below(4));
        // Half of the values have their key's form.
        let value = match (entropy.below(2), key - 1) {
            (0, _) => entropy.some(9),
            (_, 0) => [vec![0, 1 + entropy.below(9)], vec![1, entropy.octet()]].concat(),
            (_, 1) => [vec![2], entropy.octets(2), vec![1, entropy.octet()]].concat(),
            (_, 2 | 8) => Vec::new(),
            (_, 3) => entropy.octets(2),
            (_, 4) => entropy.octets(8),
            (_, 6) => entropy.octets(32),
            (_, 9) => entropy.octets(4),
            _ => entropy.some(9),
        };
        params.extend((key - 1).to_be_bytes());
        params.extend([0, u8::try_from(value.len()).unwrap()]);
        params.extend(value);
    }
    params
}

fn address_prefixes(entropy: &mut Entropy<'_>) -> Vec<u8> {
    let mut prefixes = Vec::new();
    for _ in 0..entropy.below(4) {
        let family = entropy.below(4);
        let address = entropy.some(if family == 1 { 4 } else { 17 });
        let mark = entropy.below(2) << 7;
        let len = u8::try_from(address.len()).unwrap();
        prefixes.extend([0, family, entropy.below(if family == 1 { 33 } else { 130 }), mark | len]);
        prefixes.extend(address);
    }
    prefixes
}

fn location(entropy: &mut Entropy<'_>) -> Vec<u8> {
    if entropy.below(9) == 1 {
        return [vec![1], entropy.some(9)].concat();
    }
    let size = |entropy: &mut Entropy<'_>| entropy.below(10) << 4 | entropy.below(11);
    let mut rdata = vec![0, size(entropy), size(entropy), size(entropy)];
    for degrees in [90, 181] {
        let angle = entropy.octets(4).into_iter().fold(0u32, |n, octet| n << 8 | u32::from(octet));
        let angle = (1 << 31) - degrees * 3_600_000 + angle % (degrees * 7_200_000 + 1);
        rdata.extend(angle.to_be_bytes());
    }
    rdata.extend(entropy.octets(4));
    rdata
}
