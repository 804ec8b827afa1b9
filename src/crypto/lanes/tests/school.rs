//! Numbers of 32-bit digits, least significant first: school arithmetic, slow and plain.

pub type Number = Vec<u32>;

pub fn of(words: &[u64]) -> Number {
    words.iter().flat_map(|word| [*word as u32, (*word >> 32) as u32]).collect()
}

pub fn to_words<const N: usize>(number: &Number) -> [u64; N] {
    let digit = |i: usize| u64::from(number.get(i).copied().unwrap_or(0));
    assert!(number.iter().skip(2 * N).all(|&digit| digit == 0));
    std::array::from_fn(|i| digit(2 * i) | digit(2 * i + 1) << 32)
}

pub fn add(a: &Number, b: &Number) -> Number {
    let mut carry = 0;
    let digit = |number: &Number, i: usize| u64::from(number.get(i).copied().unwrap_or(0));
    (0..=a.len().max(b.len()))
        .map(|i| {
            let sum = digit(a, i) + digit(b, i) + carry;
            carry = sum >> 32;
            sum as u32
        })
        .collect()
}

pub fn mul(a: &Number, b: &Number) -> Number {
    let mut product = vec![0_u32; a.len() + b.len()];
    for (i, &x) in a.iter().enumerate() {
        let mut carry = 0;
        for (j, &y) in b.iter().enumerate() {
            let sum = u64::from(product[i + j]) + u64::from(x) * u64::from(y) + carry;
            product[i + j] = sum as u32;
            carry = sum >> 32;
        }
        product[i + b.len()] = carry as u32;
    }
    product
}

/// Bit by bit: shift one in, subtract the modulus when it fits.
pub fn rem(a: &Number, m: &Number) -> Number {
    let mut rest = vec![0_u32; m.len() + 1];
    for bit in (0..32 * a.len()).rev() {
        let mut carry = (a[bit / 32] >> (bit % 32)) & 1;
        for digit in &mut rest {
            let top = *digit >> 31;
            *digit = *digit << 1 | carry;
            carry = top;
        }
        let padded: Number = m.iter().copied().chain([0]).collect();
        if !rest.iter().rev().lt(padded.iter().rev()) {
            let mut borrow = 0;
            for (digit, &m) in rest.iter_mut().zip(&padded) {
                let difference = i64::from(*digit) - i64::from(m) - borrow;
                *digit = difference as u32;
                borrow = i64::from(difference < 0);
            }
        }
    }
    rest.truncate(m.len());
    rest
}
