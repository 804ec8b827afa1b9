//! Empty non-terminals: names with nothing at them and names below them (RFC 5155 §1.3).
//!
//! They have no records, so they are found between the names of the zone as these pass by in
//! canonical order: an ancestor of a name that is not itself a name.

use super::Named;

/// An empty non-terminal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::audit) struct EmptyNonTerminal<Id> {
    /// The first name below it.
    pub descendant: Id,
    /// How many octets of the descendant's sort key make its own.
    pub key_len: usize,
    /// [`Named::Required`], or [`Named::InsecureDelegation`] when it is there for those alone.
    pub named: Named,
}

/// Finds the empty non-terminals of a zone.
#[derive(Debug)]
pub(in crate::audit) struct EmptyNonTerminals<Id> {
    /// The sort key of the last name that passed by, but for one directly below the apex: of that
    /// it is enough to know which it is.
    last: Vec<u8>,
    last_below_apex: Option<Id>,
    /// Room for the key of the name that passes by.
    key: Vec<u8>,
    apex_key_len: usize,
    /// Those that may still have names below them to come, outermost first.
    open: Vec<EmptyNonTerminal<Id>>,
    found: Vec<EmptyNonTerminal<Id>>,
}

impl<Id: Copy> EmptyNonTerminals<Id> {
    pub(in crate::audit) fn new(apex_key: &[u8]) -> Self {
        let last = apex_key.to_vec();
        Self {
            last,
            last_below_apex: None,
            key: Vec::new(),
            apex_key_len: apex_key.len(),
            open: Vec::new(),
            found: Vec::new(),
        }
    }

    /// The next name of the zone in canonical order, one that is directly below the apex: what was
    /// open has ended, and nothing lies between them. [`Named::Not`] is passed over.
    pub(in crate::audit) fn pass_below_apex(&mut self, id: Id, named: Named) {
        if named != Named::Not {
            self.found.extend(self.open.drain(..).rev());
            self.last_below_apex = Some(id);
        }
    }

    /// The next name of the zone in canonical order, whichever it is; [`Named::Not`] is passed over.
    /// `append_key` appends the sort key of this name, or of the one before it.
    pub(in crate::audit) fn pass(
        &mut self,
        id: Id,
        named: Named,
        mut append_key: impl FnMut(Id, &mut Vec<u8>),
    ) {
        if named == Named::Not {
            return;
        }
        if let Some(last) = self.last_below_apex.take() {
            self.last.clear();
            append_key(last, &mut self.last);
        }
        let mut key = std::mem::take(&mut self.key);
        key.clear();
        append_key(id, &mut key);
        let common = common_labels(&self.last, &key);
        while let Some(done) = self.open.pop_if(|open| open.key_len > common) {
            self.found.push(done);
        }
        if named == Named::Required {
            // What is required below the inner ones is below the outer ones, so that the outer ones
            // are marked whenever an inner one is.
            for open in self.open.iter_mut().rev() {
                if std::mem::replace(&mut open.named, Named::Required) == Named::Required {
                    break;
                }
            }
        }
        let behind = common.max(self.apex_key_len);
        for (at, _) in key.iter().enumerate().skip(behind).filter(|&(_, &octet)| octet == 0) {
            let key_len = at + 1;
            if key_len < key.len() {
                self.open.push(EmptyNonTerminal { descendant: id, key_len, named });
            }
        }
        self.key = std::mem::replace(&mut self.last, key);
    }

    /// All of them, when the last name has passed.
    pub(in crate::audit) fn finish(mut self) -> Vec<EmptyNonTerminal<Id>> {
        self.found.append(&mut self.open);
        self.found
    }
}

/// Octets of the longest run of whole labels that both sort keys begin with.
fn common_labels(a: &[u8], b: &[u8]) -> usize {
    let mut labels = 0;
    for (at, (x, y)) in a.iter().zip(b).enumerate() {
        if x != y {
            break;
        }
        if *x == 0 {
            labels = at + 1;
        }
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::Name;
    use crate::dns::canonical::sort_key;

    /// The empty non-terminals between these names of the zone `example.`, each with the first name
    /// below it; a name that ends in `!` is an insecure delegation.
    fn found(names: &[&'static str]) -> Vec<(&'static str, usize, Named)> {
        let key = |name: &str| sort_key(&Name::from_text(name.as_bytes(), None).unwrap());
        let key_of = |name: &'static str, out: &mut Vec<u8>| match name {
            "" => out.extend(key("example.")),
            name => out.extend(key(&format!("{}.example.", name.trim_end_matches('!')))),
        };
        // Whether names directly below the apex are told as such makes no difference.
        let found = [false, true].map(|tells| {
            let mut finder = EmptyNonTerminals::new(&key("example."));
            finder.pass("", Named::Required, key_of);
            for name in names {
                let insecure = name.ends_with('!');
                let named = if insecure { Named::InsecureDelegation } else { Named::Required };
                match tells && !name.contains('.') {
                    true => finder.pass_below_apex(name, named),
                    false => finder.pass(name, named, key_of),
                }
            }
            finder.finish()
        });
        assert_eq!(found[0], found[1]);
        let mut found: Vec<_> = found[0]
            .iter()
            .map(|empty| (empty.descendant, empty.key_len - "example.".len(), empty.named))
            .collect();
        found.sort_unstable_by_key(|&(name, len, _)| (name, len));
        found
    }

    // RFC 5155 §7.1 step 4: every empty non-terminal between the apex and a name counts.
    #[test]
    fn the_ancestors_of_a_name_that_are_no_names_are_found_once() {
        assert!(found(&["a", "b", "x.b"]).is_empty());
        let required = Named::Required;
        let expected = [("y.x.b", 2, required), ("y.x.b", 4, required)];
        assert_eq!(found(&["a", "y.x.b", "z.x.b", "c"]), expected);
        assert_eq!(found(&["b", "y.x.b"]), [("y.x.b", 4, required)]);
        assert_eq!(found(&["a", "x.b", "c", "y.c", "z.y.d", "e"]).len(), 3);
    }

    // jdnssec#2: an empty non-terminal above insecure delegations alone may be left out with them.
    #[test]
    fn only_what_is_above_insecure_delegations_alone_may_be_left_out() {
        let (required, insecure) = (Named::Required, Named::InsecureDelegation);
        assert_eq!(found(&["y.x!", "z.x!"]), [("y.x!", 2, insecure)]);
        assert_eq!(found(&["y.x!", "z.x"]), [("y.x!", 2, required)]);
        let mixed = found(&["a.y.x!", "b.y.x!", "z.x"]);
        assert_eq!(mixed, [("a.y.x!", 2, required), ("a.y.x!", 4, insecure)]);
    }
}
