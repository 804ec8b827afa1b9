//! Workers between two bounded channels: lots go in, outcomes come out in the order of the lots.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crossbeam::channel::bounded;

/// Lots under way for each worker: one being worked on, others waiting before and behind it.
const LOTS_PER_WORKER: usize = 4;

/// Runs `work` on every lot with `threads` workers (0 is one for each processor) and hands the
/// outcomes to `deliver`, on the calling thread, in the order of the lots.
///
/// At most `4 × threads` lots are under way at any time, finished ones that wait for an earlier one
/// included, so memory stays bounded however uneven the lots are.
///
/// # Errors
/// When the pool of threads cannot be started.
///
/// # Panics
/// Only with the panic of `lots`, `work` or `deliver`.
pub fn run<L: Send, O: Send>(
    threads: usize,
    lots: impl Iterator<Item = L> + Send,
    work: impl Fn(L) -> O + Sync,
    mut deliver: impl FnMut(O),
) -> Result<(), rayon::ThreadPoolBuildError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let workers = pool.current_num_threads();
    let under_way = workers * LOTS_PER_WORKER;
    let (lot_sender, lot_receiver) = bounded::<(u64, L)>(under_way);
    let (outcome_sender, outcome_receiver) = bounded(under_way);
    // A lot starts with a ticket, which comes back when its outcome has been delivered.
    let (ticket_sender, ticket_receiver) = bounded(under_way);
    for _ in 0..under_way {
        let _ = ticket_sender.send(()); // there is room for all of them
    }
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for lot in (0..).zip(lots) {
                if ticket_receiver.recv().is_err() || lot_sender.send(lot).is_err() {
                    break; // the receiving side has given up
                }
            }
        });
        let work = &work;
        pool.in_place_scope(move |pool| {
            for _ in 0..workers {
                let (lots, outcomes) = (lot_receiver.clone(), outcome_sender.clone());
                pool.spawn(move |_| {
                    for (number, lot) in lots {
                        let outcome = catch_unwind(AssertUnwindSafe(|| work(lot)));
                        if outcomes.send((number, outcome)).is_err() {
                            break;
                        }
                    }
                });
            }
            // Only the workers hold these now, so that each side sees when the other has ended.
            drop((lot_receiver, outcome_sender));
            let (mut waiting, mut next) = (BTreeMap::new(), 0);
            for (number, outcome) in outcome_receiver {
                match outcome {
                    Ok(outcome) => waiting.insert(number, outcome),
                    // This closure owns its ends of the channels: dropping them on the way out ends
                    // the feeder and the workers.
                    Err(panic) => resume_unwind(panic),
                };
                while let Some(outcome) = waiting.remove(&next) {
                    deliver(outcome);
                    next += 1;
                    let _ = ticket_sender.send(()); // fails only when the feeder has finished
                }
            }
        });
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    #[test]
    fn outcomes_come_in_the_order_of_the_lots_for_any_number_of_workers() {
        for threads in [1, 2, 7] {
            let mut delivered = Vec::new();
            let work = |lot: u64| {
                std::thread::sleep(Duration::from_micros((lot * 7919) % 300));
                lot * 2
            };
            run(threads, 0..500, work, |outcome| delivered.push(outcome)).unwrap();
            assert!(delivered.iter().copied().eq((0..500).map(|lot| lot * 2)));
        }
    }

    #[test]
    fn a_slow_lot_does_not_let_the_others_pile_up() {
        let (started, delivered) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let most = AtomicUsize::new(0);
        let work = |lot: usize| {
            let under_way =
                started.fetch_add(1, Ordering::SeqCst) + 1 - delivered.load(Ordering::SeqCst);
            most.fetch_max(under_way, Ordering::SeqCst);
            if lot == 0 {
                std::thread::sleep(Duration::from_millis(30));
            }
        };
        run(2, 0..1000, work, |()| {
            delivered.fetch_add(1, Ordering::SeqCst);
        })
        .unwrap();
        assert_eq!(delivered.load(Ordering::SeqCst), 1000);
        assert!(most.load(Ordering::SeqCst) <= 2 * LOTS_PER_WORKER + 1);
    }

    #[test]
    fn a_panic_in_a_worker_reaches_the_caller_and_nothing_hangs() {
        let result = catch_unwind(|| {
            run(2, 0.., |lot: u64| assert!(lot != 20, "lot twenty"), |()| {}).unwrap();
        });
        assert!(result.is_err());
    }
}
