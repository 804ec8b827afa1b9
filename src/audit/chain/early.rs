//! Responses whose query has not come yet: capture tools that read several queues of a network card
//! write packets out of order.

use std::collections::VecDeque;

use hashbrown::HashMap;

use super::intake::Sighting;
use super::memory::{allocated, in_table};
use super::queries::Exchange;

/// A response as it was captured.
#[derive(Debug)]
pub(super) struct EarlyResponse {
    pub exchange: Exchange,
    pub seen: Sighting,
    pub octets: Box<[u8]>,
}

/// Responses of the last second without a query, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Early {
    list: VecDeque<Option<EarlyResponse>>,
    /// The number of the first place in the list.
    first: u64,
    places: HashMap<Exchange, u64>,
    octets: usize,
}

/// Seconds that a query may come behind its response.
const PATIENCE: u64 = 1;

/// Octets of responses that wait.
const MOST_WAITING: usize = 16 << 20;

impl Early {
    /// Octets that they take.
    pub fn octets(&self) -> usize {
        self.octets
    }

    /// Puts in a response; gives one of the same exchange that waited before.
    pub fn put(&mut self, response: EarlyResponse) -> Option<EarlyResponse> {
        let before = self.take(&response.exchange);
        self.places.insert(response.exchange, self.first + self.list.len() as u64);
        self.octets += cost(&response);
        self.list.push_back(Some(response));
        before
    }

    /// The response to a query.
    pub fn take(&mut self, exchange: &Exchange) -> Option<EarlyResponse> {
        let place = self.places.remove(exchange)?;
        let place = usize::try_from(place - self.first).ok()?;
        let response = self.list.get_mut(place)?.take()?;
        self.octets -= cost(&response);
        Some(response)
    }

    /// The next response that is not waited for any longer.
    pub fn next_due(&mut self, now: i64) -> Option<EarlyResponse> {
        loop {
            if let Some(response) = self.list.front()?
                && response.seen.at.abs_diff(now) <= PATIENCE
                && self.octets <= MOST_WAITING
            {
                return None;
            }
            if let Some(response) = self.next() {
                return Some(response);
            }
        }
    }

    /// The next response in any case, or `None` where it was taken out.
    pub fn next(&mut self) -> Option<EarlyResponse> {
        let response = self.list.pop_front()?;
        self.first += 1;
        let response = response?;
        self.places.remove(&response.exchange);
        self.octets -= cost(&response);
        Some(response)
    }

    /// Whether there are no more.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

fn cost(response: &EarlyResponse) -> usize {
    size_of::<Option<EarlyResponse>>()
        + in_table::<(Exchange, u64)>()
        + allocated(response.octets.len())
}
