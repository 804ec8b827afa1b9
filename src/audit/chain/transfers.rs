//! Zone transfers under way, whose RRsets may lie in several messages (RFC 5936 §2.2).

use std::collections::HashMap;
use std::net::SocketAddr;

use crate::dns::message::{Message, Section};

use super::groups::Groups;
use super::intake::Sighting;

/// The two ends of a transfer: who sends, who receives.
pub(super) type Between = (SocketAddr, SocketAddr);

/// A zone transfer.
#[derive(Debug)]
pub(super) struct Transfer {
    /// Its records; `None` once they were too many.
    pub groups: Option<Groups>,
    /// When and where it began.
    pub begun: Sighting,
    soa_records: usize,
}

impl Transfer {
    /// Whether it ended with the SOA that it began with.
    pub fn is_whole(&self) -> bool {
        self.soa_records >= 2
    }
}

/// Zone transfers under way.
#[derive(Debug, Default)]
pub(super) struct Transfers {
    under_way: HashMap<Between, Transfer>,
    octets: usize,
}

/// Zone transfers under way at once.
const MOST_TRANSFERS: usize = 64;

/// What becomes of a message of a transfer.
pub(super) enum Step {
    /// Others follow.
    GoesOn,
    /// There are too many transfers.
    NotTaken,
    /// It was the last.
    Ended(Box<Transfer>),
}

impl Transfers {
    /// Octets that their records take.
    pub fn octets(&self) -> usize {
        self.octets
    }

    /// Whether there is one between two ends.
    pub fn is_under_way(&self, between: &Between) -> bool {
        self.under_way.contains_key(between)
    }

    /// Takes a message with so many SOA records; `room` is how many octets all transfers may take.
    pub fn take(
        &mut self,
        seen: &Sighting,
        between: Between,
        message: &Message<'_>,
        soa_records: usize,
        room: usize,
    ) -> Step {
        if self.under_way.len() >= MOST_TRANSFERS && !self.is_under_way(&between) {
            return Step::NotTaken;
        }
        let transfer = self.under_way.entry(between).or_insert_with(|| Transfer {
            groups: Some(Groups::default()),
            begun: *seen,
            soa_records: 0,
        });
        transfer.soa_records += soa_records;
        if let Some(groups) = &mut transfer.groups {
            self.octets -= groups.octets();
            gather(message, groups);
            if self.octets + groups.octets() > room {
                transfer.groups = None;
            }
        }
        self.octets += transfer.groups.as_ref().map_or(0, Groups::octets);
        match transfer.is_whole() {
            true => self.end(&between).map_or(Step::GoesOn, |ended| Step::Ended(Box::new(ended))),
            false => Step::GoesOn,
        }
    }

    /// Ends one that is under way.
    fn end(&mut self, between: &Between) -> Option<Transfer> {
        let transfer = self.under_way.remove(between)?;
        self.octets -= transfer.groups.as_ref().map_or(0, Groups::octets);
        Some(transfer)
    }

    /// Ends all; how many there were.
    pub fn close(&mut self) -> usize {
        self.octets = 0;
        std::mem::take(&mut self.under_way).len()
    }
}

fn gather(message: &Message<'_>, groups: &mut Groups) {
    let Ok(mut records) = message.records() else { return };
    while let Ok(Some(record)) = records.next_record() {
        if record.section == Section::Answer {
            let (owner, class) = (record.owner, record.class);
            let (rtype, ttl) = (record.rtype, record.ttl);
            groups.push(Section::Answer, owner, class, rtype, ttl, record.rdata);
        }
    }
}
