//! Records to text, in one of two styles.

use std::fmt::Write as _;

use sigmill::dns::{Name, RType};
use sigmill::zonefile::print::write_rdata;

use super::bind::Bind;
use super::options::LayoutKind;
use super::zone::Zone;

/// A style of text, at some place of it.
pub trait Layout {
    /// Appends a record.
    fn record(&mut self, out: &mut String, owner: &Name, ttl: u32, rtype: RType, rdata: &[u8]);
}

/// The style that the options name, at the beginning of a part of the zone, which must read by itself.
pub fn begin(zone: &Zone) -> Box<dyn Layout + '_> {
    match zone.options.layout {
        LayoutKind::OneLine => Box::new(OneLine::default()),
        LayoutKind::Bind => Box::new(Bind::new(zone)),
    }
}

/// All fields of a record on one line, with tabs between, names absolute.
#[derive(Debug, Default)]
pub struct OneLine {
    /// The last owner and its text, since owners mostly repeat.
    owner: Option<(Name, String)>,
}

impl Layout for OneLine {
    fn record(&mut self, out: &mut String, owner: &Name, ttl: u32, rtype: RType, rdata: &[u8]) {
        let text = match &mut self.owner {
            Some((last, text)) if last == owner => text,
            place => &mut place.insert((*owner, owner.to_string())).1,
        };
        append(out, format_args!("{text}\t{ttl}\tIN\t{rtype}\t"));
        write_rdata(out, rtype, rdata);
        out.push('\n');
    }
}

/// Appends formatted text.
pub fn append(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text); // a String takes all it is given
}
