//! Those who run name servers for others: few have most customers.

use std::collections::{BTreeMap, BTreeSet};

use sigmill::dns::Name;

use super::delegation::below;
use super::labels::{Labels, REGISTRY, append_label};
use super::options::Options;
use super::random::{Purpose, Random};

/// All hosters, the largest first.
#[derive(Debug)]
pub struct Hosters {
    /// The name servers of each, two to four.
    servers: Vec<Vec<Name>>,
    /// The sum of the shares of each and of those before it, by Zipf's law: the customers of a hoster
    /// are in proportion to 1 / its rank.
    shares: Vec<f64>,
    /// Labels of those whose own domain lies in the zone.
    domains: BTreeMap<Vec<u8>, usize>,
}

/// Where name servers outside the zone lie.
const ELSEWHERE: [&[u8]; 6] = [b"com", b"net", b"org", b"info", b"example", b"test"];
/// How hosts are numbered.
const STYLES: [[&[u8]; 4]; 5] = [
    [b"ns1", b"ns2", b"ns3", b"ns4"],
    [b"dns1", b"dns2", b"dns3", b"dns4"],
    [b"ns-a", b"ns-b", b"ns-c", b"ns-d"],
    [b"ns01", b"ns02", b"ns03", b"ns04"],
    [b"a", b"b", b"c", b"d"],
];

impl Hosters {
    /// As many as the options ask for.
    pub fn new(options: &Options) -> Self {
        let elsewhere: Vec<Name> = ELSEWHERE
            .into_iter()
            .map(|label| below(label, &Name::root()))
            .filter(|top| !top.is_at_or_below(&options.origin))
            .collect();
        let most_inside = if options.glue > 0.0 { options.delegations as usize / 4 } else { 0 };
        let mut hosters =
            Self { servers: Vec::new(), shares: Vec::new(), domains: BTreeMap::new() };
        let mut sum = 0.0;
        for rank in 0..options.hosters {
            let mut random = Random::new(options.seed, Purpose::Hoster, rank.into());
            let mut label = Vec::new();
            append_label(&mut random, &mut label);
            let inside = random.chance(0.25)
                && hosters.domains.len() < most_inside
                && label != REGISTRY
                && !hosters.domains.contains_key(&label);
            let domain = if inside {
                hosters.domains.insert(label.clone(), rank as usize);
                below(&label, &options.origin)
            } else {
                below(&label, random.pick(&elsewhere))
            };
            let style = random.pick(&STYLES);
            let count = *random.pick(&[2, 2, 2, 3, 4]);
            hosters.servers.push(style[..count].iter().map(|host| below(host, &domain)).collect());
            sum += 1.0 / f64::from(rank + 1);
            hosters.shares.push(sum);
        }
        hosters
    }

    /// The labels of hosters that are delegated in the zone.
    pub fn labels(&self) -> BTreeSet<Vec<u8>> {
        self.domains.keys().cloned().collect()
    }

    /// The name servers of hosters that are delegated in the zone, by the number of the delegation.
    pub fn by_delegation(&self, labels: &Labels) -> BTreeMap<usize, Vec<Name>> {
        let place = |(label, &hoster): (&Vec<u8>, &usize)| {
            (labels.rank(label), self.servers[hoster].clone())
        };
        self.domains.iter().map(place).collect()
    }

    /// The name servers of a hoster that some customer chose.
    pub fn draw(&self, random: &mut Random) -> &[Name] {
        let total = self.shares.last().copied().unwrap_or_default();
        let drawn = random.fraction() * total;
        let rank = self.shares.partition_point(|&sum| sum <= drawn);
        &self.servers[rank.min(self.servers.len() - 1)]
    }
}
