//! The links of a chain, in whatever pieces they come: whether they are one ring.

/// Links between what a chain orders names by: their sort keys, or their hashes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Links<K> {
    /// Those that lead to something greater; such that follow each other as they come are one.
    forward: Vec<(K, K)>,
    /// The others: in a ring the last.
    back: Vec<(K, K)>,
}

impl<K> Default for Links<K> {
    fn default() -> Self {
        Self { forward: Vec::new(), back: Vec::new() }
    }
}

impl<K: Ord> Links<K> {
    /// Adds a link.
    pub fn push(&mut self, from: K, to: K) {
        if to <= from {
            self.back.push((from, to));
            return;
        }
        match self.forward.last_mut() {
            Some((_, last)) if *last == from => *last = to,
            _ => self.forward.push((from, to)),
        }
    }

    pub fn append(&mut self, other: Self) {
        other.forward.into_iter().for_each(|(from, to)| self.push(from, to));
        self.back.extend(other.back);
    }

    /// Whether they are a ring: each leads to the next in order, the last to the first, which is returned.
    /// No links are none.
    pub fn ring(mut self) -> Option<K> {
        self.forward.sort_unstable();
        let joined = self.forward.windows(2).all(|pair| pair[0].1 == pair[1].0);
        let [(last, back)] = <[_; 1]>::try_from(self.back).ok()?;
        let closed = match (self.forward.first(), self.forward.last()) {
            (Some((first, _)), Some((_, end))) => back == *first && last == *end,
            _ => back == last,
        };
        (joined && closed).then_some(back)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(pairs: &[(u8, u8)]) -> Links<u8> {
        let mut links = Links::default();
        pairs.iter().for_each(|&(from, to)| links.push(from, to));
        links
    }

    // RFC 4034 §4.1.1, RFC 5155 §3.1.7: the last record leads to the first.
    #[test]
    fn links_in_any_pieces_are_a_ring_or_not() {
        assert_eq!(links(&[(2, 2)]).ring(), Some(2));
        assert_eq!(links(&[(1, 3), (3, 4), (7, 1), (4, 7)]).ring(), Some(1));
        let mut apart = links(&[(5, 7), (7, 1)]);
        apart.append(links(&[(1, 5)]));
        assert_eq!(apart.ring(), Some(1));
        assert_eq!(links(&[]).ring(), None);
        assert_eq!(links(&[(1, 2), (2, 3)]).ring(), None);
        assert_eq!(links(&[(1, 2), (2, 1), (3, 3)]).ring(), None);
        assert_eq!(links(&[(1, 3), (2, 1), (3, 2)]).ring(), None);
    }

    #[test]
    fn a_ring_that_is_not_in_order_is_none() {
        assert_eq!(links(&[(1, 4), (4, 2), (2, 3), (3, 1)]).ring(), None);
        assert_eq!(links(&[(1, 3), (3, 2), (2, 1)]).ring(), None);
        // Two names with one record each, and one of them left out by the other.
        assert_eq!(links(&[(1, 4), (4, 1), (2, 4)]).ring(), None);
    }
}
