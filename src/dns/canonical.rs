//! Canonical form and order (RFC 4034 §6, as amended by RFC 6840 §5.1).

use super::name::{MAX_NAME, wire_len};
use super::schema::{Field, walk};
use super::{Name, RType};

/// Lower-cases, in place, the names that canonical form lower-cases in RDATA of this type.
///
/// RDATA that does not fit its type's schema is left as it is: its octets are all that is known.
pub fn canonicalize_rdata(rtype: RType, rdata: &mut [u8]) {
    match rtype {
        // The hot types: no schema walk for what makes up nearly all of a signed zone.
        RType::A
        | RType::AAAA
        | RType::DS
        | RType::DNSKEY
        | RType::TXT
        | RType::NSEC
        | RType::NSEC3 => {}
        // All of NS's RDATA is one name; length octets are below 'A'.
        RType::NS | RType::CNAME | RType::PTR | RType::DNAME => {
            if has_uppercase(rdata) && wire_len(rdata) == Some(rdata.len()) {
                lowercase(rdata);
            }
        }
        RType::RRSIG => {
            if let Some(len) = rdata.get(18..).and_then(wire_len) {
                lowercase(&mut rdata[18..18 + len]);
            }
        }
        _ => canonicalize_by_schema(rtype, rdata),
    }
}

/// The plain twin of [`canonicalize_rdata`]: what the schema table alone says.
fn canonicalize_by_schema(rtype: RType, rdata: &mut [u8]) {
    let (mut at, mut names) = (0, [(0, 0); 2]);
    let mut count = 0;
    let fits = walk(rtype, rdata, |field, octets| {
        let name = match field {
            Field::LowerName => Some((at, at + octets.len())),
            // The prefix name follows the length octet and the address suffix (RFC 2874 §3.1).
            Field::A6 => Some((
                at + 1 + usize::from(128 - octets[0].min(128)).div_ceil(8),
                at + octets.len(),
            )),
            _ => None,
        };
        if let Some(range) = name {
            names[count] = range;
            count += 1;
        }
        at += octets.len();
    });
    if fits.is_ok() {
        for &(start, end) in &names[..count] {
            rdata[start..end].make_ascii_lowercase();
        }
    }
}

/// Lower-cases ASCII letters, as [`u8::make_ascii_lowercase`] does: faster where there are few octets.
pub fn lowercase(octets: &mut [u8]) {
    let (eights, rest) = octets.as_chunks_mut::<8>();
    for eight in eights.iter_mut() {
        let word = u64::from_le_bytes(*eight);
        // Bit 7 of each capital letter moves to bit 5.
        *eight = (word | capitals(word) >> 2).to_le_bytes();
    }
    if rest.is_empty() {
        return;
    }
    // What is lower-cased twice is still in lower case.
    match octets.last_chunk_mut::<8>() {
        Some(last) => {
            let word = u64::from_le_bytes(*last);
            *last = (word | capitals(word) >> 2).to_le_bytes();
        }
        None => octets.make_ascii_lowercase(),
    }
}

/// Appends octets, ASCII letters in lower case.
///
/// Each word is stored once: octets that are copied first and lower-cased in place are loaded before
/// the processor is done with storing them, and have it wait.
pub fn append_lowercase(octets: &[u8], out: &mut Vec<u8>) {
    let (eights, rest) = octets.as_chunks::<8>();
    let Some(last) = octets.last_chunk::<8>() else {
        out.extend(octets.iter().map(u8::to_ascii_lowercase));
        return;
    };
    let end = out.len() + octets.len();
    out.reserve(octets.len() + 8);
    for eight in eights {
        let word = u64::from_le_bytes(*eight);
        out.extend_from_slice(&(word | capitals(word) >> 2).to_le_bytes());
    }
    if !rest.is_empty() {
        let word = u64::from_le_bytes(*last) >> (8 * (8 - rest.len()));
        out.extend_from_slice(&(word | capitals(word) >> 2).to_le_bytes());
        out.truncate(end);
    }
}

/// Whether there are capital letters.
fn has_uppercase(octets: &[u8]) -> bool {
    let last = match octets.last_chunk::<8>() {
        Some(last) => u64::from_le_bytes(*last),
        None => return octets.iter().any(u8::is_ascii_uppercase),
    };
    let (eights, _) = octets.as_chunks::<8>();
    let all = |all, eight: &[u8; 8]| all | capitals(u64::from_le_bytes(*eight));
    eights.iter().fold(capitals(last), all) != 0
}

/// The highest bit of each of eight octets that is a capital letter.
fn capitals(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    // Sums of seven bits reach bit 7, and no further, from 'A' on and behind 'Z'.
    let low = word & (EACH * 0x7f);
    let (from_a, behind_z) = (low + EACH * (0x80 - 0x41), low + EACH * (0x80 - 0x5b));
    (from_a & !behind_z) & !word & (EACH * 0x80)
}

/// Makes the sort keys of names one after the other. Neighbours in a zone mostly have one parent, whose
/// key is made once.
#[derive(Clone, Debug, Default)]
pub struct SortKeys {
    /// The wire form of the last name's parent, and its key.
    parent: Vec<u8>,
    parent_key: Vec<u8>,
}

impl SortKeys {
    /// Appends what [`append_sort_key`] appends.
    pub fn append(&mut self, name_wire: &[u8], key: &mut Vec<u8>) {
        let (label, parent) = name_wire.split_at(usize::from(name_wire[0]) + 1);
        // The root has no parent, and octets that are escaped are hardly ever in a label.
        let is_plain =
            !parent.is_empty() && label[1..].iter().fold(true, |all, &octet| all & (octet > 1));
        if !is_plain {
            return append_sort_key(name_wire, key);
        }
        if *parent != *self.parent {
            self.parent.clear();
            self.parent.extend_from_slice(parent);
            self.parent_key.clear();
            append_sort_key(parent, &mut self.parent_key);
        }
        key.reserve(self.parent_key.len() + label.len());
        key.extend_from_slice(&self.parent_key);
        append_lowercase(&label[1..], key);
        key.push(0);
    }
}

/// Appends the *sort key* of an owner: octets whose plain comparison is the canonical order of
/// names (RFC 4034 §6.1).
///
/// Labels from the right in lower case, each closed by a zero octet. To keep the order, octet 0
/// inside a label becomes `1 1` and octet 1 becomes `1 2`; so the close of a label sorts before
/// any octet in one, and an absent label before any label. The key of a name is a prefix of the
/// keys of all names below it, and of no others.
pub fn append_sort_key(name_wire: &[u8], key: &mut Vec<u8>) {
    let mut starts = [0u8; MAX_NAME / 2 + 1];
    let (mut count, mut at) = (0, 0);
    while name_wire[at] != 0 {
        #[allow(clippy::cast_possible_truncation)] // a name has at most 255 octets
        {
            starts[count] = at as u8;
        }
        count += 1;
        at += usize::from(name_wire[at]) + 1;
    }
    let labels = starts[..count].iter().rev().map(|&start| {
        let start = usize::from(start);
        &name_wire[start + 1..=start + usize::from(name_wire[start])]
    });
    // Octets that are escaped are hardly ever there, so that a key is nearly always the name's labels,
    // lower-cased as a whole. (A length octet of 1 makes for the long way too, which does no harm.)
    if name_wire[..at].iter().fold(u8::MAX, |least, &octet| least.min(octet)) > 1 {
        key.reserve(at);
        for label in labels {
            append_lowercase(label, key);
            key.push(0);
        }
        return;
    }
    for label in labels {
        for &octet in label {
            if octet > 1 {
                key.push(octet.to_ascii_lowercase());
            } else {
                key.extend_from_slice(&[1, octet + 1]);
            }
        }
        key.push(0);
    }
}

/// The sort key of one name; see [`append_sort_key`].
#[must_use]
pub fn sort_key(name: &Name) -> Vec<u8> {
    let mut key = Vec::with_capacity(name.as_wire().len());
    append_sort_key(name.as_wire(), &mut key);
    key
}

/// Writes the lower-cased wire form of the name that a sort key stands for, and returns its octets.
///
/// `key` must be what [`append_sort_key`] wrote; `wire` is overwritten.
pub fn name_from_sort_key<'w>(key: &[u8], wire: &'w mut [u8; MAX_NAME]) -> &'w [u8] {
    // The key's first label is the name's last, so the name is built from its end.
    let mut at = MAX_NAME - 1;
    wire[at] = 0;
    let mut rest = key;
    while !rest.is_empty() {
        let close = rest.iter().position(|&octet| octet == 0).unwrap_or(rest.len());
        let label = &rest[..close];
        let escapes = label.contains(&1);
        let len = if escapes { unescaped(label).count() } else { label.len() };
        at -= len + 1;
        #[allow(clippy::cast_possible_truncation)] // a label has at most 63 octets
        {
            wire[at] = len as u8;
        }
        let places = &mut wire[at + 1..=at + len];
        if escapes {
            places.iter_mut().zip(unescaped(label)).for_each(|(place, octet)| *place = octet);
        } else {
            places.copy_from_slice(label);
        }
        rest = rest.get(close + 1..).unwrap_or(&[]);
    }
    &wire[at..]
}

/// The octets of a label of a sort key, its escapes undone.
fn unescaped(label: &[u8]) -> impl Iterator<Item = u8> {
    let mut octets = label.iter();
    std::iter::from_fn(move || match octets.next() {
        Some(1) => octets.next().map(|escaped| escaped - 1),
        other => other.copied(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn canonical(rtype: RType, rdata: &[u8]) -> Vec<u8> {
        let mut rdata = rdata.to_vec();
        canonicalize_rdata(rtype, &mut rdata);
        rdata
    }

    // RFC 4034 §6.2 and RFC 6840 §5.1: NSEC's next name keeps its case, RRSIG's signer does not.
    #[test]
    fn only_the_listed_types_have_their_names_lower_cased() {
        assert_eq!(canonical(RType::NS, b"\x02Ns\0"), b"\x02ns\0");
        assert_eq!(canonical(RType::MX, b"\x41\x42\x02Mx\0"), b"\x41\x42\x02mx\0");
        assert_eq!(canonical(RType::NSEC, b"\x02Ns\0\0\x01\x40"), b"\x02Ns\0\0\x01\x40");
        assert_eq!(canonical(RType::HINFO, b"\x03CPU\x02OS"), b"\x03CPU\x02OS");
        assert_eq!(canonical(RType::HTTPS, b"\0\x01\x02Ns\0"), b"\0\x01\x02Ns\0");
        assert_eq!(canonical(RType::LP, b"\0\x01\x02Ns\0"), b"\0\x01\x02Ns\0");
        let rrsig = [&b"ABCDEFGHIJKLMNOPQR"[..], b"\x02Ns\0", b"SIGNATURE"].concat();
        assert_eq!(canonical(RType::RRSIG, &rrsig), b"ABCDEFGHIJKLMNOPQR\x02ns\0SIGNATURE");
        assert_eq!(canonical(RType::A6, b"\x78A\x02Ns\0"), b"\x78A\x02ns\0");
        let naptr = b"\0A\0B\x01S\x01T\x01!\x02Ns\0";
        assert_eq!(canonical(RType::NAPTR, naptr), b"\0A\0B\x01S\x01T\x01!\x02ns\0");
    }

    #[test]
    fn rdata_that_does_not_fit_its_type_is_left_alone() {
        assert_eq!(canonical(RType::NS, b"\x02NsX"), b"\x02NsX");
        assert_eq!(canonical(RType::MX, b"A"), b"A");
        assert_eq!(canonical(RType::RRSIG, b"AB"), b"AB");
    }

    fn any_name() -> impl Strategy<Value = Name> {
        let octet = prop_oneof![0u8..3, Just(b'a'), Just(b'A'), Just(b'b'), any::<u8>()];
        let label = proptest::collection::vec(octet, 1..5);
        proptest::collection::vec(label, 0..5).prop_map(|labels| {
            let mut wire = Vec::new();
            for label in labels {
                wire.push(u8::try_from(label.len()).unwrap());
                wire.extend(label);
            }
            wire.push(0);
            Name::from_wire(&wire).unwrap()
        })
    }

    proptest! {
        // The fast order is the plain order of RFC 4034 §6.1.
        #[test]
        fn sort_keys_compare_as_names_do(a in any_name(), b in any_name()) {
            prop_assert_eq!(sort_key(&a).cmp(&sort_key(&b)), a.cmp(&b));
            prop_assert_eq!(sort_key(&a).starts_with(&sort_key(&b)), a.is_at_or_below(&b));
        }

        // The parent that is remembered is no other name's.
        #[test]
        fn sort_keys_in_a_row_are_those_of_each_name(
            names in proptest::collection::vec(any_name(), 0..20),
            again in proptest::collection::vec(0usize..20, 0..20),
        ) {
            let mut keys = SortKeys::default();
            let again = again.iter().filter_map(|&at| names.get(at));
            for name in names.iter().chain(again) {
                let mut key = b"before".to_vec();
                keys.append(name.as_wire(), &mut key);
                prop_assert_eq!(key, [&b"before"[..], &sort_key(name)].concat());
            }
        }

        #[test]
        fn octets_are_lower_cased_as_one_by_one(
            octets in proptest::collection::vec(prop_oneof![any::<u8>(), 0x3eu8..0x7f], 0..40),
        ) {
            let (mut fast, mut plain) = (octets.clone(), octets.clone());
            lowercase(&mut fast);
            plain.make_ascii_lowercase();
            prop_assert_eq!(has_uppercase(&octets), octets != plain);
            prop_assert_eq!(&fast, &plain);
            let mut appended = b"A".to_vec();
            append_lowercase(&octets, &mut appended);
            prop_assert_eq!(appended, [&b"A"[..], &plain].concat());
        }

        #[test]
        fn sort_keys_give_the_name_back_in_lower_case(a in any_name()) {
            let mut wire = [0; MAX_NAME];
            let lower = a.to_lowercase();
            prop_assert_eq!(name_from_sort_key(&sort_key(&a), &mut wire), lower.as_wire());
        }

        // The hot paths and the schema table are twins.
        #[test]
        fn hot_types_are_canonicalized_as_the_table_says(
            kind in 0usize..12,
            name in any_name(),
            head in proptest::collection::vec(any::<u8>(), 18),
            tail in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            let hot = [RType::A, RType::AAAA, RType::DS, RType::DNSKEY, RType::TXT, RType::NSEC,
                RType::NSEC3, RType::NS, RType::CNAME, RType::PTR, RType::DNAME, RType::RRSIG];
            for rdata in [
                name.as_wire().to_vec(),
                [&head[..], name.as_wire(), &tail[..]].concat(),
                [name.as_wire(), &tail[..]].concat(),
                tail.clone(),
            ] {
                let mut plain = rdata.clone();
                canonicalize_by_schema(hot[kind], &mut plain);
                prop_assert_eq!(canonical(hot[kind], &rdata), plain);
            }
        }
    }
}
