//! Agreement with the public verifiers on every zone that a public signer made.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at what is not so

mod common;

use common::{Peer, Zone, judge, manifest};

#[test]
fn ldns_verify_zone_agrees_on_every_zone_as_signed() {
    agree(Peer::LdnsVerifyZone, |_| true);
}

// dnssec-verify has no option for the time, so zones whose validity is over are not for it.
#[test]
fn dnssec_verify_agrees_on_every_zone_that_is_valid_at_present() {
    agree(Peer::DnssecVerify, |zone| zone.peers.contains_key(Peer::DnssecVerify.name()));
}

/// A zone that the peer finds good must be found good. Where the manifest records that the peer
/// rejects a zone that is good (`datasets/README.md` says why), it must still do so: else the
/// record is out of date.
fn agree(peer: Peer, is_for_it: impl Fn(&Zone) -> bool) {
    if !peer.is_installed() {
        return;
    }
    let (mut wrong, mut compared) = (Vec::new(), 0);
    let zones = manifest();
    for zone in zones.iter().filter(|zone| zone.as_signed && zone.exit == 0 && is_for_it(zone)) {
        let (ours, theirs) = (judge(zone), peer.judge(zone));
        let recorded = zone.peers.get(peer.name()).map(String::as_str);
        compared += 1;
        if ours.exit != 0 {
            let findings = ours.json["findings"].to_string();
            wrong.push(format!("{}: sigmill exits {}: {findings}", zone.label, ours.exit));
        }
        if theirs.status.success() != (recorded == Some("pass")) {
            let said = String::from_utf8_lossy(&theirs.stderr).into_owned();
            let name = peer.name();
            wrong.push(format!("{}: {name} was seen to {recorded:?}, now: {said}", zone.label));
        }
    }
    assert!(compared > 50, "only {compared} zones were compared");
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}
