//! Fields of RDATA from text: one file per family of fields, one function per field.
//!
//! Each function takes the words it needs from the cursor and appends wire octets to `out`. Hot
//! fields first; the rest is in files named for what they read.

mod address;
mod special;
