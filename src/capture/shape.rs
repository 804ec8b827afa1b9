//! Whether octets are laid out as a DNS message: what tells its beginning in a TCP stream whose
//! own beginning was not captured.
//!
//! The check passes over every name and record and must arrive at the stated length exactly. Text,
//! keys and signatures that happen to stand at the front of a segment do not pass it.

/// What the octets say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// They are laid out as a message of just this length.
    Message,
    /// Those that there are may begin one.
    Undecided,
    /// They are none.
    Other,
}

/// Octets of a header (RFC 1035 §4.1.1).
const HEADER: usize = 12;

/// The octets of a name at most (RFC 1035 §2.3.4).
const LONGEST_NAME: usize = 255;

/// The shape of what follows in a TCP stream: a length and a message (RFC 1035 §4.2.2).
pub(super) fn framed(octets: &[u8]) -> Shape {
    let Some((length, rest)) = octets.split_first_chunk::<2>() else { return Shape::Undecided };
    let len = usize::from(u16::from_be_bytes(*length));
    message(rest.get(..len).unwrap_or(rest), len)
}

/// The shape of a message of `len` octets of which the first ones are at hand.
fn message(octets: &[u8], len: usize) -> Shape {
    // One question about the root: anything less could be chance.
    if len < HEADER + 5 {
        return Shape::Other;
    }
    match (Walk { octets, len, at: 0 }).message() {
        Ok(()) => Shape::Message,
        Err(shape) => shape,
    }
}

struct Walk<'a> {
    octets: &'a [u8],
    len: usize,
    at: usize,
}

impl Walk<'_> {
    fn message(mut self) -> Result<(), Shape> {
        let _id = self.u16()?;
        let opcode = self.u16()? >> 11 & 0xf;
        // RFC 1035, 1996, 2136, 8490; 3 was never assigned.
        if opcode > 6 || opcode == 3 {
            return Err(Shape::Other);
        }
        let questions = usize::from(self.u16()?);
        let mut records = 0;
        for _section in 0..3 {
            records += usize::from(self.u16()?);
        }
        // RFC 9619: no more than one question. The last messages of a transfer may have none.
        let least = HEADER + 5 * questions + 11 * records;
        if questions > 1 || questions + records == 0 || least > self.len {
            return Err(Shape::Other);
        }
        for _ in 0..questions {
            self.name()?;
            self.pass(4)?;
        }
        for _ in 0..records {
            self.name()?;
            self.pass(8)?;
            let rdlength = self.u16()?;
            self.pass(rdlength.into())?;
        }
        if self.at == self.len { Ok(()) } else { Err(Shape::Other) }
    }

    /// Labels, and at most one pointer, to an earlier place (RFC 1035 §4.1.4).
    fn name(&mut self) -> Result<(), Shape> {
        let start = self.at;
        loop {
            let place = self.at;
            match self.u8()? {
                0 => break,
                label @ 1..=63 => self.pass(label.into())?,
                pointer @ 0xc0.. => {
                    let target = usize::from(pointer & 0x3f) << 8 | usize::from(self.u8()?);
                    if !(HEADER..place).contains(&target) {
                        return Err(Shape::Other);
                    }
                    break;
                }
                _ => return Err(Shape::Other),
            }
            if self.at - start > LONGEST_NAME {
                return Err(Shape::Other);
            }
        }
        Ok(())
    }

    fn u8(&mut self) -> Result<u8, Shape> {
        let octet = self.octets.get(self.at).copied();
        self.pass(1)?;
        octet.ok_or(Shape::Undecided)
    }

    fn u16(&mut self) -> Result<u16, Shape> {
        Ok(u16::from_be_bytes([self.u8()?, self.u8()?]))
    }

    /// Goes on by `n` octets, whether they are at hand or not.
    fn pass(&mut self, n: usize) -> Result<(), Shape> {
        self.at += n;
        match self.at {
            at if at > self.len => Err(Shape::Other),
            at if at > self.octets.len() => Err(Shape::Undecided),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A query for the root's DNSKEY with an OPT record.
    const QUERY: &[u8] =
        b"\0\x1c\x12\x34\x01\0\0\x01\0\0\0\0\0\x01\0\0\x30\0\x01\0\0\x29\x10\0\0\0\x80\0\0\0";

    #[test]
    fn a_message_is_told_only_once_it_is_whole() {
        for len in 0..QUERY.len() {
            assert_eq!(framed(&QUERY[..len]), Shape::Undecided, "{len}");
        }
        assert_eq!(framed(QUERY), Shape::Message);
        assert_eq!(framed(&[QUERY, b"more"].concat()), Shape::Message);
    }

    #[test]
    fn what_does_not_end_where_it_says_is_none() {
        for (at, value) in [(1, 0x1b), (1, 0x1d), (7, 2), (9, 1), (4, 0x19), (29, 1), (14, 0x40)] {
            let mut changed = QUERY.to_vec();
            changed[at] = value;
            changed.extend([0; 40]);
            assert_eq!(framed(&changed), Shape::Other, "octet {at}");
        }
    }

    #[test]
    fn pointers_lead_backwards_only() {
        let mut message = b"\0\x1d\x12\x34\x80\0\0\x01\0\x01\0\0\0\0\0\0\x30\0\x01".to_vec();
        message.extend(b"\xc0\x0c\0\x30\0\x01\0\0\0\0\0\0");
        message[1] = u8::try_from(message.len() - 2).unwrap();
        assert_eq!(framed(&message), Shape::Message);
        message[20] = 0x11;
        assert_eq!(framed(&message), Shape::Other);
        message[20] = 0x0b;
        assert_eq!(framed(&message), Shape::Other);
    }
}
