//! The labels that people register: how they look, and a sorted list of distinct ones.
//!
//! The list takes 16 octets for each label beside the label and its length.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::random::{Purpose, Random};

/// The label below which the registry keeps its own hosts; nobody else gets it.
pub const REGISTRY: &[u8] = b"nic";

/// Writes a label like those that people choose: words, some with hyphens or digits behind, numbers,
/// and a few that begin with `xn--`. Those are not all valid Punycode, which nothing here decodes.
pub fn append_label(random: &mut Random, label: &mut Vec<u8>) {
    match random.below(100) {
        0..3 => {
            label.extend_from_slice(b"xn--");
            append_from(random, label, ALPHANUMERIC, 3, 9);
            label.push(b'-');
            append_from(random, label, ALPHANUMERIC, 3, 7);
        }
        3..7 => append_from(random, label, DIGITS, 4, 9),
        _ => append_words(random, label),
    }
}

fn append_words(random: &mut Random, label: &mut Vec<u8>) {
    let hyphens = random.chance(0.12);
    let words = 1 + usize::from(random.chance(0.8)) + usize::from(random.chance(0.2));
    for word in 0..words {
        if hyphens && word > 0 {
            label.push(b'-');
        }
        if words > 1 && random.chance(0.3) {
            let word: &&[u8] = random.pick(WORDS);
            label.extend_from_slice(word);
        } else {
            for _ in 0..random.between(2, 4) {
                append_from(random, label, CONSONANTS, 1, 1);
                append_from(random, label, VOWELS, 1, 1);
            }
            append_from(random, label, CONSONANTS, 0, 1);
        }
    }
    if random.chance(0.1) {
        append_from(random, label, DIGITS, 1, 3);
    }
}

fn append_from(random: &mut Random, label: &mut Vec<u8>, set: &[u8], least: usize, most: usize) {
    for _ in 0..random.between(least, most) {
        label.push(*random.pick(set));
    }
}

const ALPHANUMERIC: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
const DIGITS: &[u8] = b"0123456789";
const CONSONANTS: &[u8] = b"bcdfghjklmnnprrssttvwxz";
const VOWELS: &[u8] = b"aaeeeiioouy";
const WORDS: &[&[u8]] = &[
    b"the",
    b"my",
    b"best",
    b"shop",
    b"online",
    b"web",
    b"data",
    b"home",
    b"auto",
    b"fit",
    b"news",
    b"group",
    b"media",
    b"tech",
    b"cloud",
    b"art",
    b"design",
    b"travel",
    b"hotel",
    b"green",
    b"city",
    b"law",
    b"house",
    b"world",
    b"pro",
    b"smart",
    b"studio",
    b"energy",
    b"service",
    b"consulting",
];

/// Labels in canonical order, all different.
#[derive(Debug, Default)]
pub struct Labels {
    /// Each label behind its length.
    octets: Vec<u8>,
    entries: Vec<Entry>,
}

/// A label by its first eight octets, which nearly always decide how two compare, and by its place.
#[derive(Clone, Copy, Debug)]
struct Entry {
    head: u64,
    place: u64,
}

/// Labels that one stream makes.
const CHUNK: usize = 4096;

impl Labels {
    /// So many labels: the given ones, which are distinct, and others as the seed has it.
    pub fn new(seed: u64, count: usize, given: &BTreeSet<Vec<u8>>) -> Self {
        let mut labels = Self::default();
        for label in given {
            labels.push(label);
        }
        let mut chunk = 0;
        while labels.len() < count {
            let missing = count - labels.len();
            let chunks = missing.div_ceil(CHUNK) as u64;
            let made: Vec<Vec<u8>> = (chunk..chunk + chunks)
                .into_par_iter()
                .map(|number| {
                    let made = (number - chunk) * CHUNK as u64;
                    make(seed, number, CHUNK.min(missing - to_usize(made)))
                })
                .collect();
            for labels_of_chunk in made {
                let mut rest = labels_of_chunk.as_slice();
                while let [len, label @ ..] = rest {
                    let (label, behind) = label.split_at(usize::from(*len));
                    labels.push(label);
                    rest = behind;
                }
            }
            labels.sort();
            chunk += chunks;
        }
        labels.sort();
        labels
    }

    fn push(&mut self, label: &[u8]) {
        let place = self.octets.len() as u64;
        let mut head = [0; 8];
        let common = label.len().min(8);
        head[..common].copy_from_slice(&label[..common]);
        #[allow(clippy::cast_possible_truncation, reason = "labels have at most 63 octets")]
        self.octets.push(label.len() as u8);
        self.octets.extend_from_slice(label);
        self.entries.push(Entry { head: u64::from_be_bytes(head), place });
    }

    /// Brings them into order and drops those that are there twice.
    fn sort(&mut self) {
        let octets = &self.octets;
        let full = |entry: &Entry| label_at(octets, entry.place);
        self.entries
            .par_sort_unstable_by(|a, b| a.head.cmp(&b.head).then_with(|| full(a).cmp(full(b))));
        self.entries.dedup_by(|a, b| a.head == b.head && full(a) == full(b));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The label with this number, counted from 0.
    pub fn get(&self, number: usize) -> &[u8] {
        label_at(&self.octets, self.entries[number].place)
    }

    /// How many labels sort before this one.
    pub fn rank(&self, label: &[u8]) -> usize {
        self.entries.partition_point(|entry| label_at(&self.octets, entry.place) < label)
    }
}

fn label_at(octets: &[u8], place: u64) -> &[u8] {
    let rest = &octets[to_usize(place)..];
    &rest[1..=usize::from(rest[0])]
}

#[allow(clippy::cast_possible_truncation, reason = "counts what memory holds")]
fn to_usize(number: u64) -> usize {
    number as usize
}

/// The labels of one stream, each behind its length.
fn make(seed: u64, number: u64, count: usize) -> Vec<u8> {
    let mut random = Random::new(seed, Purpose::Label, number);
    let (mut made, mut label) = (Vec::with_capacity(16 * count), Vec::new());
    for _ in 0..count {
        label.clear();
        while label.is_empty() || label == REGISTRY {
            label.clear();
            append_label(&mut random, &mut label);
        }
        #[allow(clippy::cast_possible_truncation, reason = "labels have at most 63 octets")]
        made.push(label.len() as u8);
        made.extend_from_slice(&label);
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 952 and RFC 1123 §2.1: letters, digits and hyphens, no hyphen at either end.
    #[test]
    fn labels_are_host_names_of_usual_length() {
        let labels = Labels::new(7, 20_000, &BTreeSet::new());
        assert_eq!(labels.len(), 20_000);
        let list: Vec<&[u8]> = (0..labels.len()).map(|number| labels.get(number)).collect();
        for pair in list.windows(2) {
            assert!(pair[0] < pair[1]);
        }
        for label in &list {
            let is_fit = |octet: &u8| octet.is_ascii_lowercase() || octet.is_ascii_digit();
            assert!(label.iter().all(|octet| is_fit(octet) || *octet == b'-'));
            assert!(is_fit(&label[0]) && is_fit(&label[label.len() - 1]) && label.len() < 64);
        }
        let mean = list.iter().map(|label| label.len()).sum::<usize>() as f64 / 20_000.0;
        assert!((12.0..=15.0).contains(&mean), "{mean}");
        let share = |test: &dyn Fn(&[u8]) -> bool| list.iter().filter(|label| test(label)).count();
        assert!(share(&|label| label.starts_with(b"xn--")) > 400);
        assert!(share(&|label| label.iter().all(u8::is_ascii_digit)) > 600);
        assert!(share(&|label| label.contains(&b'-') && !label.starts_with(b"xn--")) > 800);
    }

    #[test]
    fn given_labels_are_among_them() {
        let given = BTreeSet::from([b"hoster".to_vec(), b"zz".to_vec()]);
        let labels = Labels::new(1, 100, &given);
        assert_eq!(labels.len(), 100);
        for label in given {
            assert_eq!(labels.get(labels.rank(&label)), label);
        }
    }
}
