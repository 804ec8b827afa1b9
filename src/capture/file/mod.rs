//! The containers: files of packets, and files of messages.

pub(super) mod dnstap;
pub(super) mod guess;
pub(super) mod input;
pub(super) mod pcap;
pub(super) mod pcapng;
