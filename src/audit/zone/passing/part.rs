//! A part of the text: its records as they are read, and what becomes of the names within it.

use std::ops::Range;

use crate::dns::canonical::canonicalize_rdata;
use crate::dns::denial::hash_of_label;
use crate::dns::{Class, RType};
use crate::rrset::{Collector, HashedOwners, Ordered, OwnerSpan, Shape};
use crate::zonefile::{Record, Sink};

use super::super::charter::Charter;
use super::super::judge::{Bench, Judged};
use super::super::standing::{Standing, standings};
use super::names::Chains;
use super::{Irregular, Road};

/// Records of the apex that may come behind it.
const MOST_LATE: usize = 4;

/// A part of the text, on its way from its records to what was found of them.
pub(super) struct Part<'r> {
    road: &'r Road<'r>,
    /// What the apex lays down; of the first part, which holds it, nothing is known.
    charter: Option<&'r Charter>,
    pub records: Collector,
    /// What there is of the apex.
    pub late: Vec<Late>,
    /// The record that came last is of the apex.
    at_apex: bool,
    pub irregular: Option<Irregular>,
    /// What became of the records, once all have come. There is nothing if none did.
    pub sorted: Option<Sorted>,
}

/// A record of the apex behind the apex: a zone transfer ends with the SOA.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Late {
    pub rtype: RType,
    pub class: Class,
    pub ttl: u32,
    /// In canonical form.
    pub rdata: Box<[u8]>,
    pub line: u64,
}

/// A part whose names are in order.
///
/// A *family* is a name directly below the apex with all names below it. What a name of the zone stands for
/// depends on its family alone. The first and the last family of a part may go on in the parts beside it.
pub(super) struct Sorted {
    pub ordered: Ordered,
    pub owners: Vec<(OwnerSpan, Standing)>,
    /// The families between the first and the last: among the owners. There may be none.
    pub within: Option<Range<usize>>,
    pub judged: Option<(Judged, Chains)>,
    pub hashed: HashedOwners,
    pub course: Course,
}

/// How the owners of a part follow each other.
pub(super) struct Course {
    /// The sort key of the owner that came first.
    pub first: Vec<u8>,
    /// That of the one that came last.
    pub last: Vec<u8>,
    /// Names come first, and behind them NSEC3 records begin anew.
    pub turns: bool,
    /// All owners but perhaps the first have NSEC3 records alone.
    pub hashed: bool,
    /// The first has, too.
    pub first_hashed: bool,
    /// Some name looks like a hash; where they turn, one before that.
    pub like_hash: bool,
}

impl<'r> Part<'r> {
    pub fn new(road: &'r Road<'r>) -> Self {
        let charter = road.charter.get();
        Self {
            road,
            charter,
            records: Collector::keeping(charter.map(|charter| &charter.apex)),
            late: Vec::new(),
            at_apex: false,
            irregular: None,
            sorted: None,
        }
    }

    fn take_late(&mut self, record: &Record<'_>) {
        if self.late.len() == MOST_LATE {
            self.irregular = Some(Irregular::Order);
            return;
        }
        let &Record { rtype, class, ttl, line, .. } = record;
        let mut rdata: Box<[u8]> = record.rdata.into();
        canonicalize_rdata(rtype, &mut rdata);
        self.late.push(Late { rtype, class, ttl, rdata, line });
    }
}

impl Sink for Part<'_> {
    fn record(&mut self, record: &Record<'_>) {
        if record.file != 0 {
            self.irregular = Some(Irregular::Records);
            return;
        }
        if let Some(charter) = self.charter {
            let apex = &charter.apex;
            if !record.same_owner {
                self.at_apex =
                    record.owner.as_wire().len() == apex.as_wire().len() && record.owner == apex;
            }
            if self.at_apex {
                return self.take_late(record);
            }
        }
        self.records.push(record);
    }

    fn end(&mut self) {
        let Some(charter) = self.charter else { return };
        if self.irregular.is_some() || self.records.is_empty() || self.road.is_given_up() {
            return;
        }
        let records = std::mem::take(&mut self.records);
        let road = self.road;
        match road.with_bench(|bench| sort(road, charter, records, bench)) {
            Ok(sorted) => self.sorted = Some(sorted),
            Err(irregular) => self.irregular = Some(irregular),
        }
    }
}

/// Puts the owners of a part into order, and judges those that the part has whole.
pub(super) fn sort(
    road: &Road<'_>,
    charter: &Charter,
    mut records: Collector,
    bench: &mut Bench,
) -> Result<Sorted, Irregular> {
    let mut order = std::mem::take(&mut bench.order);
    let sorted = order.time(|| {
        let hashed = records.take_hashed();
        let turns = records.is_disordered();
        let (first, last) = records.end_keys();
        let (first, last) = (first.to_vec(), last.to_vec());
        let ordered = records.order(&charter.apex, None);
        let owners: Vec<_> = standings(&ordered).collect();
        if owners.iter().any(|(_, standing)| *standing == Standing::Outside) {
            return Err(Irregular::Order);
        }
        let course = course(&ordered, &owners, (first, last), turns)?;
        let within = if turns { None } else { within(&ordered, &owners) };
        Ok(Sorted { ordered, owners, within, judged: None, hashed, course })
    });
    bench.order = order;
    let mut sorted = sorted?;
    if let Some(within) = sorted.within.clone().filter(|within| !within.is_empty()) {
        let owners = &sorted.owners[within];
        sorted.judged = Some(road.judge(charter, &sorted.ordered, owners, bench));
    }
    Ok(sorted)
}

/// The owners of the families between the first and the last; `None` where there is only one.
fn within(ordered: &Ordered, owners: &[(OwnerSpan, Standing)]) -> Option<Range<usize>> {
    let mut keys = ordered.keys();
    let above = ordered.apex_key().len();
    let mut family: Vec<u8> = Vec::new();
    let (mut second, mut last) = (None, 0);
    for (at, (owner, _)) in owners.iter().enumerate() {
        let key = keys.of(owner.id());
        if owner.below_apex || family.is_empty() || !key.starts_with(&family) {
            // A zero octet closes each label.
            let label = key[above.min(key.len())..].iter().position(|&octet| octet == 0);
            family.clear();
            family.extend_from_slice(&key[..label.map_or(key.len(), |end| above + end + 1)]);
            if at > 0 {
                second.get_or_insert(at);
                last = at;
            }
        }
    }
    second.map(|second| second..last)
}

fn course(
    ordered: &Ordered,
    owners: &[(OwnerSpan, Standing)],
    (first, last): (Vec<u8>, Vec<u8>),
    turns: bool,
) -> Result<Course, Irregular> {
    let hashed = |owner: &OwnerSpan| owner.shape == Shape::NSEC3;
    let above = ordered.apex_key().len();
    let mut keys = ordered.keys();
    let mut like_hash = |owner: &OwnerSpan| {
        // A sort key has a label's octets as they are, but for the least two.
        let key = keys.of(owner.id());
        owner.below_apex
            && key
                .get(above..)
                .is_some_and(|label| hash_of_label(&label[..label.len() - 1]).is_some())
    };
    if !turns {
        let first_hashed = owners.first().is_some_and(|(owner, _)| hashed(owner));
        let hashed = owners.iter().skip(1).all(|(owner, _)| hashed(owner));
        let all_hashed = first_hashed && hashed;
        let like_hash = all_hashed || owners.iter().any(|(owner, _)| like_hash(owner));
        return Ok(Course { first, last, turns, hashed, first_hashed, like_hash });
    }
    // As they came: each by itself, up to one place in order, and from there on too.
    let mut came: Vec<_> = (0..owners.len())
        .filter_map(|at| {
            ordered.lines(&owners[at].0).map(|(least, greatest)| (least, greatest, at))
        })
        .collect();
    came.sort_unstable();
    let apart = came.windows(2).all(|pair| pair[0].1 < pair[1].0);
    let mut turn = came.windows(2).enumerate().filter(|(_, pair)| pair[0].2 > pair[1].2);
    let (Some((turn, _)), None, true) = (turn.next(), turn.next(), apart) else {
        return Err(Irregular::Order);
    };
    let (names, behind) = came.split_at(turn + 1);
    if !behind.iter().all(|&(.., at)| hashed(&owners[at].0)) {
        return Err(Irregular::Order);
    }
    let like_hash = names.iter().any(|&(.., at)| like_hash(&owners[at].0));
    Ok(Course { first, last, turns, hashed: false, first_hashed: false, like_hash })
}
