//! Who is measured when: in rounds in which all take a turn, in another order each time, so that
//! whatever drifts (clock rates, temperature, other programs) hits all alike.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::Error;
use super::progress::Progress;
use super::slice::{Slice, Workload};

/// One measurement in the making.
pub(super) struct Cell<'w> {
    pub workload: &'w dyn Workload,
    pub threads: usize,
    /// What was measured so far, each with its round and its start, in seconds since the beginning.
    pub slices: Vec<(usize, f64, Slice)>,
    /// Time that was spent on it.
    spent: Duration,
}

/// How many rounds there are, and how long each turn takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Rounds {
    pub count: usize,
    pub turn: Duration,
    /// Time for each cell in all.
    pub time: Duration,
}

/// Fewest rounds: what one of them comes to says nothing of the spread.
const FEWEST: usize = 5;
/// Most rounds.
const MOST: usize = 100;
/// A turn that is long beside what starting it costs, and short beside what drifts.
const TURN: Duration = Duration::from_millis(50);
/// A turn with the work of an audit, so long that small inputs are verified as a whole.
const AUDIT_TURN: Duration = Duration::from_millis(200);

impl Rounds {
    /// Rounds that take so long for each cell.
    pub(super) fn of(time: Duration, is_audit: bool) -> Self {
        let turn = if is_audit { AUDIT_TURN } else { TURN };
        let wanted = time.as_nanos() / turn.as_nanos();
        let count = usize::try_from(wanted).unwrap_or(MOST).clamp(FEWEST, MOST);
        #[allow(clippy::cast_possible_truncation)] // at most a hundred
        let turn = time / count as u32;
        Self { count, turn, time }
    }
}

impl<'w> Cell<'w> {
    pub(super) fn new(workload: &'w dyn Workload, threads: usize) -> Self {
        Self { workload, threads, slices: Vec::new(), spent: Duration::ZERO }
    }

    /// Whether it has had its time, or more: a call may take longer than a turn.
    fn is_done(&self, rounds: Rounds) -> bool {
        self.slices.len() >= FEWEST && self.spent + rounds.turn / 2 >= rounds.time
    }
}

/// Measures all cells, after a turn for each that is not counted.
///
/// # Errors
/// When a thread cannot be started, or the comparison is told to stop.
pub(super) fn run(
    cells: &mut [Cell<'_>],
    rounds: Rounds,
    begun: Instant,
    progress: &Progress,
    stop: &AtomicBool,
) -> Result<(), Error> {
    progress.expect(rounds.turn * turns(cells.len(), rounds.count + 1));
    for cell in &mut *cells {
        let slice = turn(cell, rounds, stop)?;
        progress.add(Duration::from_secs_f64(slice.seconds));
    }
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for round in 0..rounds.count {
        let mut order: Vec<usize> = (0..cells.len()).collect();
        random.shuffle(&mut order);
        for place in order {
            let cell = &mut cells[place];
            if cell.is_done(rounds) {
                progress.add(rounds.turn);
                continue;
            }
            let (start, started) = (begun.elapsed().as_secs_f64(), Instant::now());
            let slice = turn(cell, rounds, stop)?;
            cell.spent += started.elapsed();
            cell.slices.push((round, start, slice));
            progress.add(rounds.turn);
        }
    }
    Ok(())
}

fn turns(cells: usize, rounds: usize) -> u32 {
    u32::try_from(cells.saturating_mul(rounds)).unwrap_or(u32::MAX)
}

fn turn(cell: &Cell<'_>, rounds: Rounds, stop: &AtomicBool) -> Result<Slice, Error> {
    if stop.load(Ordering::Relaxed) {
        return Err(Error::Stopped);
    }
    cell.workload.slice(cell.threads, rounds.turn).map_err(Error::Threads)
}

/// Numbers that look random and are the same each time (Marsaglia, Xorshift RNGs, 2003).
#[derive(Clone, Copy, Debug)]
pub(super) struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Puts items into another order, any as likely as any other (Fisher and Yates).
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            #[allow(clippy::cast_possible_truncation)] // below a length
            let other = (self.next() % (last as u64 + 1)) as usize;
            items.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::io;

    use super::super::slice::{Check, Slice};
    use super::*;
    use crate::engine::histogram::new_histogram;

    /// Writes down its turns, each of which takes as long as it says.
    struct Logged<'l> {
        name: usize,
        takes: Duration,
        log: &'l RefCell<Vec<usize>>,
    }

    impl Workload for Logged<'_> {
        fn check(&self) -> Check {
            Check::default()
        }

        fn slice(&self, _: usize, duration: Duration) -> io::Result<Slice> {
            self.log.borrow_mut().push(self.name);
            std::thread::sleep(self.takes.max(duration));
            Ok(Slice {
                seconds: 0.0,
                signatures: 1,
                wrong: 0,
                per_second: 1.0,
                wall_per_second: 1.0,
                waiting: None,
                thread_seconds: 0.0,
                nanoseconds: new_histogram(),
                audit: None,
            })
        }
    }

    #[test]
    fn all_take_turns_in_each_round_in_another_order() {
        let log = RefCell::new(Vec::new());
        let takes = Duration::ZERO;
        let workloads = [0, 1, 2, 3].map(|name| Logged { name, takes, log: &log });
        let mut cells: Vec<_> = workloads.iter().map(|one| Cell::new(one, 1)).collect();
        let rounds = Rounds { count: 8, turn: takes, time: Duration::from_secs(1) };
        let (progress, stop) = (Progress::default(), AtomicBool::new(false));
        run(&mut cells, rounds, Instant::now(), &progress, &stop).unwrap();
        let log = log.borrow();
        assert_eq!(log.len(), 4 * 9);
        assert_eq!(log[..4], [0, 1, 2, 3]); // warming up
        let mut orders: Vec<&[usize]> = log[4..].chunks(4).collect();
        for order in &orders {
            let mut sorted = order.to_vec();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3]);
        }
        orders.sort_unstable();
        orders.dedup();
        assert!(orders.len() >= 4, "{orders:?}");
        for cell in &cells {
            let rounds: Vec<usize> = cell.slices.iter().map(|slice| slice.0).collect();
            assert_eq!(rounds, [0, 1, 2, 3, 4, 5, 6, 7]);
        }
    }

    // A call of a slow library may take longer than its turn: the run must not take much longer.
    #[test]
    fn who_has_had_his_time_sits_out() {
        let log = RefCell::new(Vec::new());
        let slow = Logged { name: 0, takes: Duration::from_millis(4), log: &log };
        let mut cells = [Cell::new(&slow, 1)];
        let rounds =
            Rounds { count: 100, turn: Duration::from_micros(10), time: Duration::from_millis(1) };
        let (progress, stop) = (Progress::default(), AtomicBool::new(false));
        run(&mut cells, rounds, Instant::now(), &progress, &stop).unwrap();
        assert_eq!(cells[0].slices.len(), FEWEST);
        stop.store(true, Ordering::Relaxed);
        let stopped = run(&mut cells, rounds, Instant::now(), &progress, &stop);
        assert!(matches!(stopped, Err(Error::Stopped)));
    }

    #[test]
    fn rounds_share_the_time_that_was_given() {
        let second = Duration::from_secs(1);
        assert_eq!(Rounds::of(second, false).count, 20);
        assert_eq!(Rounds::of(second, false).turn, Duration::from_millis(50));
        assert_eq!(Rounds::of(Duration::from_millis(10), false).turn, Duration::from_millis(2));
        assert_eq!(Rounds::of(Duration::from_secs(60), false).count, 100);
        assert_eq!(Rounds::of(Duration::ZERO, false).count, FEWEST);
        assert_eq!(Rounds::of(second, true).turn, Duration::from_millis(200));
    }
}
