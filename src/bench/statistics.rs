//! What many slices of one measurement come to: medians, which outliers do not move, and how sure
//! they are.

use serde::Serialize;

/// A quantity that was measured again and again.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct Estimate {
    /// The median.
    pub median: f64,
    /// Below this the true median is with a chance of 2.5 % at most; the least value where there are
    /// fewer than six.
    pub low: f64,
    /// Above this it is with a chance of 2.5 % at most; the greatest value where there are fewer than
    /// six.
    pub high: f64,
}

impl Estimate {
    /// The estimate of values in any order; `None` when there are none.
    ///
    /// The interval is that of order statistics: between two of the sorted values lies the median of
    /// whatever distribution they were drawn from, with a chance that the binomial distribution tells
    /// (Conover, Practical Nonparametric Statistics, §3.2).
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_unstable_by(f64::total_cmp);
        let median = median_of_sorted(&values)?;
        let below = ranks_below(values.len());
        let (low, high) = (values[below], values[values.len() - 1 - below]);
        Some(Self { median, low, high })
    }

    /// Half the interval, as a part of the median; 0 when that is 0.
    #[must_use]
    pub fn uncertainty(&self) -> f64 {
        if self.median == 0.0 { 0.0 } else { (self.high - self.low) / 2.0 / self.median }
    }
}

/// The median of values in any order.
pub(super) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_unstable_by(f64::total_cmp);
    median_of_sorted(&values)
}

fn median_of_sorted(values: &[f64]) -> Option<f64> {
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    if values.len() % 2 == 1 { Some(upper) } else { Some((values[middle - 1] + upper) / 2.0) }
}

/// How many of so many sorted values lie below the interval: the most for which the chance that so
/// few values or fewer are below the median is at most 2.5 %.
fn ranks_below(count: usize) -> usize {
    // The chance that exactly k of them are is C(count, k) / 2^count.
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap
    )]
    let mut chance = 0.5_f64.powi(count.min(1000) as i32);
    let mut sum = 0.0;
    for below in 0..count / 2 {
        sum += chance;
        if sum > 0.025 {
            return below.saturating_sub(1);
        }
        #[allow(clippy::cast_precision_loss)] // counts of slices
        {
            chance *= (count - below) as f64 / (below + 1) as f64;
        }
    }
    0
}

/// How many values lie outside three times the distance of the quartiles (Tukey's outer fences).
#[must_use]
pub(super) fn outliers(values: impl IntoIterator<Item = f64>) -> u64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_unstable_by(f64::total_cmp);
    if values.len() < 4 {
        return 0;
    }
    let quarter = values.len() / 4;
    let (lower, upper) = (values[quarter], values[values.len() - 1 - quarter]);
    let reach = 3.0 * (upper - lower);
    let is_far = |value: &&f64| **value < lower - reach || **value > upper + reach;
    values.iter().filter(is_far).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_stand_in_the_middle() {
        assert_eq!(median([]), None);
        assert_eq!(median([3.0]), Some(3.0));
        assert_eq!(median([9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median([9.0, 1.0, 2.0, 3.0]), Some(2.5));
    }

    // Conover, table of the binomial distribution with p = 1/2: for 20 values the sixth from either
    // end (P = 0.0207 for five or fewer below), for 10 the second, for five none.
    #[test]
    fn the_interval_is_that_of_order_statistics() {
        for (count, below) in [(1, 0), (5, 0), (6, 0), (8, 0), (9, 1), (10, 1), (20, 5), (100, 39)]
        {
            assert_eq!(ranks_below(count), below, "{count}");
        }
        let estimate = Estimate::of((1..=20).map(f64::from)).unwrap();
        assert_eq!((estimate.low, estimate.median, estimate.high), (6.0, 10.5, 15.0));
        assert!((estimate.uncertainty() - 4.5 / 10.5).abs() < 1e-12);
        assert_eq!(Estimate::of([]), None);
        assert_eq!(Estimate::of([2.0]).unwrap(), Estimate { median: 2.0, low: 2.0, high: 2.0 });
    }

    #[test]
    fn what_lies_far_out_is_counted_whatever_else_is_there() {
        let near = (0..20).map(|number| 100.0 + f64::from(number % 5));
        assert_eq!(outliers(near.clone()), 0);
        assert_eq!(outliers(near.chain([10.0, 1000.0])), 2);
        assert_eq!(outliers([1.0, 1000.0]), 0);
    }
}
