//! When something was seen, and how often: exactly, or in as many spans as fit.

use super::memory::allocated;

/// How many spans are kept before neighbours are put together.
const MOST_SPANS: usize = 256;

/// The times at which something was seen, in Unix seconds.
///
/// Times are kept as they are until there are 256 different ones; then spans of two, four, … seconds
/// are put together, each under the first time in it. Memory is bounded however long it goes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seen {
    /// Seconds of a span, as a power of two.
    shift: u32,
    /// The first time in each span and how often, ascending.
    spans: Vec<(i64, u64)>,
}

impl Seen {
    /// Seen once.
    pub fn once(at: i64) -> Self {
        Self { shift: 0, spans: vec![(at, 1)] }
    }

    /// Seen once more.
    pub fn add(&mut self, at: i64) {
        let span = at >> self.shift;
        match self.spans.binary_search_by_key(&span, |&(first, _)| first >> self.shift) {
            Ok(place) => {
                let (first, count) = &mut self.spans[place];
                *first = at.min(*first);
                *count += 1;
            }
            Err(place) => self.spans.insert(place, (at, 1)),
        }
        while self.spans.len() > MOST_SPANS {
            self.shift += 1;
            let shift = self.shift;
            self.spans.dedup_by(|next, kept| {
                let same = next.0 >> shift == kept.0 >> shift;
                kept.1 += if same { next.1 } else { 0 };
                same
            });
        }
    }

    /// Octets that the times take besides itself.
    pub fn octets(&self) -> usize {
        allocated(size_of::<(i64, u64)>() * self.spans.capacity())
    }

    /// The first time of each span, ascending, and how often it was seen in it.
    pub fn spans(&self) -> &[(i64, u64)] {
        &self.spans
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_exact_while_they_are_few() {
        let mut seen = Seen::once(10);
        [5, 10, 7, 10].into_iter().for_each(|at| seen.add(at));
        assert_eq!(seen.spans(), [(5, 1), (7, 1), (10, 3)]);
    }

    #[test]
    fn many_times_are_put_together_and_none_is_lost() {
        let mut seen = Seen::once(1_000_003);
        (1..10_000).for_each(|i| seen.add(1_000_003 + (i * 7919) % 10_000));
        assert!(seen.spans().len() <= MOST_SPANS);
        assert!(seen.spans().is_sorted());
        assert_eq!(seen.spans().iter().map(|&(_, count)| count).sum::<u64>(), 10_000);
        assert_eq!(seen.spans()[0].0, 1_000_003);
    }
}
