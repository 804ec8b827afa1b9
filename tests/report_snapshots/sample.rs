//! Audits as they might have gone: the data that report tests show. Built by hand, so that a report
//! can be tested without a zone, and so that every optional field is there at least once.

use sigmill::audit::findings::{Code, Excerpt, Finding, KeyRef, Place, Severity};
use sigmill::audit::zone::Summary;
use sigmill::audit::zone::summary::*;
use sigmill::dns::{Algorithm, Class, Name, RType};

/// 2020-10-20T00:00:00Z.
pub const NOW: i64 = 1_603_152_000;
const DAY: i64 = 86_400;

pub fn name(text: &str) -> Name {
    Name::from_text(text.as_bytes(), None).unwrap()
}

fn key(tag: u16, algorithm: u8) -> KeyRef {
    KeyRef { tag, algorithm: Algorithm(algorithm) }
}

fn distribution(min: u64, step: u64, count: u64) -> Distribution {
    Distribution {
        count,
        min,
        #[allow(clippy::cast_precision_loss)]
        mean: (min + step) as f64 + 0.4,
        p50: min + step,
        p90: min + 2 * step,
        p99: min + 3 * step,
        p99_9: min + 4 * step,
        p99_99: min + 20 * step,
        max: min + 1000 * step,
    }
}

fn lifetime(counts: [u64; 11]) -> Vec<LifetimeBucket> {
    let bounds = LIFETIME_BOUNDS.into_iter().map(Some).chain([None]);
    let rows = bounds.zip(counts);
    rows.map(|(up_to_seconds, signatures)| LifetimeBucket { up_to_seconds, signatures }).collect()
}

/// The root zone, all right and anchored.
pub fn good() -> Summary {
    Summary {
        input: InputFacts {
            files: vec!["root-20201019.zone".into()],
            transport: "mapped".into(),
            bytes: 2_180_437,
            lines: 22_617,
            apex: Name::root(),
            class: Class::IN,
            serial: Some(2_020_101_900),
            records: 22_611,
            rrsets: 13_541,
            owners: 10_215,
            delegations: 1_508,
            signatures: 2_884,
            types: [
                (RType::A, 5_231),
                (RType::NS, 7_420),
                (RType::SOA, 1),
                (RType::AAAA, 4_021),
                (RType::DS, 1_641),
                (RType::RRSIG, 2_884),
                (RType::NSEC, 1_509),
                (RType::DNSKEY, 2),
                (RType(65_280), 1),
            ]
            .map(|(rtype, records)| TypeCount { rtype, records })
            .to_vec(),
        },
        trust: Trust {
            kind: TrustKind::Anchored,
            anchors: vec![AnchorFacts {
                origin: "built in".into(),
                form: "DS",
                key: key(20326, 8),
                digest: Some("SHA-256".into()),
                matches: true,
                signs: true,
                ignored: None,
            }],
        },
        zonemd: Some(ZonemdFacts {
            status: ZonemdStatus::Verified,
            records: vec![ZonemdRow { scheme: 1, hash: 1, holds: true }],
        }),
        previous: None,
        denial: vec![DenialFacts::Nsec { records: 1_509 }],
        keys: vec![
            key_facts(key(20326, 8), 257, Role::KeySigning, 1),
            key_facts(key(26116, 8), 256, Role::ZoneSigning, 2_883),
        ],
        times: vec![time(Some(NOW), [1_369, 0, 0], [2_884, 0, 0])],
        algorithms: vec![algorithm(8, 2_884, 2_884)],
        reasons: vec![],
        findings: vec![],
        lifetime: LifetimeFacts {
            earliest: Some(expiry(NOW + 12 * DAY + 4 * 3600, Name::root(), RType::SOA)),
            latest: Some(expiry(NOW + 21 * DAY, name("zw."), RType::NSEC)),
            remaining: lifetime([0, 0, 0, 0, 0, 2_811, 72, 1, 0, 0, 0]),
        },
        rrset_octets: distribution(36, 61, 2_884),
        performance: performance(),
    }
}

fn key_facts(key: KeyRef, flags: u16, role: Role, valid: u64) -> KeyFacts {
    KeyFacts {
        key,
        flags,
        bits: Some(2048),
        exponent: Some("65537".into()),
        role,
        anchored: role == Role::KeySigning,
        unusable: None,
        backend: Some("aws-lc"),
        valid,
    }
}

pub fn time(at: Option<i64>, rrsets: [u64; 3], signatures: [u64; 3]) -> TimeFacts {
    let [secure, insecure, bogus] = rrsets;
    TimeFacts {
        at,
        rrsets: StatusCounts { secure, insecure, bogus },
        signatures_valid: signatures[0],
        signatures_expired: signatures[1],
        signatures_not_yet_valid: signatures[2],
    }
}

fn algorithm(number: u8, signatures: u64, valid: u64) -> AlgorithmFacts {
    let algorithm = Algorithm(number);
    AlgorithmFacts { algorithm, mnemonic: algorithm.to_string(), signatures, valid }
}

fn expiry(at: i64, owner: Name, rtype: RType) -> Expiry {
    Expiry { at, owner, rtype, key: key(26116, 8) }
}

fn performance() -> Performance {
    let stage = |stage, busy_seconds, items, unit, bytes| StageFacts {
        stage,
        kernel: (stage == "read").then_some("avx2"),
        busy_seconds,
        items,
        unit,
        bytes,
    };
    Performance {
        threads: 2,
        in_passing: true,
        wall_seconds: 0.064_2,
        stages: vec![
            stage("read", 0.012_7, 22_611, "records", Some(2_180_437)),
            stage("order", 0.004_1, 22_611, "records", None),
            stage("canonicalize", 0.001_9, 2_884, "rrsets", Some(417_220)),
            stage("verify", 0.078_4, 2_884, "signatures", Some(417_220)),
            stage("judge", 0.000_812, 13_541, "rrsets", None),
        ],
        latency: vec![
            LatencyFacts {
                algorithm: Algorithm(8),
                backend: "aws-lc",
                kernel: None,
                nanoseconds: distribution(17_210, 1_330, 2_884),
            },
            LatencyFacts {
                algorithm: Algorithm(13),
                backend: "lanes",
                kernel: Some("adx"),
                nanoseconds: distribution(7_210, 330, 12_884),
            },
        ],
        tables: TableFacts { key_bytes: 868_352, base_point_bytes: 1_736_704 },
    }
}

fn place(line: u64, column: Option<u32>) -> Option<Place> {
    Some(Place { file: "example.zone".into(), line, column })
}

/// A zone in which much is wrong, with its findings in the order of the audit.
pub fn bad() -> (Summary, Vec<Finding>) {
    let zsk = key(34505, 13);
    let mut findings = vec![
        Finding {
            detail: Some("expected an IPv4 address".into()),
            place: place(17, Some(23)),
            excerpt: Some(Excerpt {
                line: "www   3600 IN A        192.0.2.300".into(),
                caret: 23,
                len: 11,
            }),
            ..Finding::new(Code::RecordUnreadable)
        },
        Finding {
            detail: Some("'(' is never closed".into()),
            place: place(4_096, Some(31)),
            excerpt: Some(Excerpt {
                line: r"mail.example. 3600 IN TXT ( \127 \255".into(),
                caret: 26,
                len: 1,
            }),
            ..Finding::new(Code::RecordUnreadable)
        },
        Finding {
            owner: Some(name("www.elsewhere.test.")),
            rtype: Some(RType::A),
            place: Some(Place { file: "keys.inc".into(), line: 211, column: None }),
            ..Finding::new(Code::RecordOutOfZone)
        },
        Finding {
            owner: Some(name("example.")),
            key: Some(key(12_000, 7)),
            detail: Some("1024 bits".into()),
            place: place(3, None),
            ..Finding::new(Code::KeySha1)
        },
        Finding {
            owner: Some(name("a.example.")),
            rtype: Some(RType::A),
            key: Some(zsk),
            place: place(102, None),
            ..Finding::new(Code::SignatureInvalid)
        },
        Finding {
            owner: Some(name("mail.example.")),
            rtype: Some(RType::MX),
            key: Some(zsk),
            severity: Severity::Violation,
            detail: Some("beside a signature that holds".into()),
            place: place(118, None),
            ..Finding::new(Code::SignatureInvalid)
        },
    ];
    for host in 0..20 {
        findings.push(Finding {
            owner: Some(name(&format!("host{host}.example."))),
            rtype: Some(RType::AAAA),
            key: Some(zsk),
            at: Some(NOW),
            detail: Some(format!("expired 2020-10-17T0{}:00:00Z", host % 10)),
            place: place(300 + host, None),
            ..Finding::new(Code::SignatureExpired)
        });
    }
    findings.push(Finding {
        owner: Some(name("unsigned.example.")),
        rtype: Some(RType::TXT),
        place: place(998, None),
        ..Finding::new(Code::RrsetUnsigned)
    });
    let mut counts: Vec<CodeCount> = Vec::new();
    for finding in &findings {
        let same =
            |row: &&mut CodeCount| (row.code, row.severity) == (finding.code, finding.severity);
        match counts.iter_mut().find(same) {
            Some(row) => row.count += 1,
            None => {
                counts.push(CodeCount { code: finding.code, severity: finding.severity, count: 1 })
            }
        }
    }
    counts.sort_by_key(|row| row.code);
    let base = good();
    let summary = Summary {
        input: InputFacts {
            files: vec!["example.zone".into(), "keys.inc".into()],
            transport: "gzip".into(),
            apex: name("example."),
            serial: None,
            records: 1_204,
            rrsets: 640,
            owners: 380,
            delegations: 1,
            signatures: 312,
            bytes: 91_733,
            lines: 1_310,
            ..base.input
        },
        zonemd: Some(ZonemdFacts {
            status: ZonemdStatus::Failed,
            records: vec![ZonemdRow { scheme: 1, hash: 1, holds: false }],
        }),
        previous: Some(PreviousFacts {
            files: vec!["example.zone.old".into()],
            serial: Some(2_020_101_900),
            unreadable: 2,
            records: RecordChanges { added: 1_012, removed: 1 },
            rrsets: RrsetChanges { added: 3, removed: 0, changed: 12 },
            signatures: SignatureChanges { kept: 250, renewed: 40, added: 22, removed: 1 },
            keys_added: vec![key(34505, 13), key(61_000, 15)],
            keys_removed: vec![key(4711, 15)],
        }),
        denial: vec![DenialFacts::Nsec3 {
            records: 1_012,
            opt_out: 3,
            empty_non_terminals: 2,
            iterations: 1,
            salt: "ba5eba11".into(),
        }],
        trust: Trust {
            kind: TrustKind::NotAnchored,
            anchors: vec![
                AnchorFacts {
                    origin: "--ds".into(),
                    form: "DS",
                    key: key(34505, 13),
                    digest: Some("SHA-256".into()),
                    matches: true,
                    signs: false,
                    ignored: None,
                },
                AnchorFacts {
                    origin: "anchors.txt".into(),
                    form: "DNSKEY",
                    key: key(4711, 15),
                    digest: None,
                    matches: false,
                    signs: false,
                    ignored: None,
                },
                AnchorFacts {
                    origin: "--ds".into(),
                    form: "DS",
                    key: key(34505, 13),
                    digest: Some("SHA-1".into()),
                    matches: true,
                    signs: false,
                    ignored: Some("a SHA-1 DS beside a SHA-2 one".into()),
                },
            ],
        },
        keys: vec![
            KeyFacts {
                bits: Some(1024),
                exponent: Some("3".into()),
                anchored: false,
                ..key_facts(key(12_000, 7), 385, Role::Unused, 0)
            },
            KeyFacts {
                bits: Some(256),
                exponent: None,
                backend: Some("ring"),
                anchored: true,
                ..key_facts(zsk, 257, Role::CombinedSigning, 310)
            },
            KeyFacts {
                bits: None,
                exponent: None,
                backend: None,
                unusable: Some(Code::KeyMalformed),
                ..key_facts(key(61_000, 15), 0, Role::Unused, 0)
            },
        ],
        times: vec![time(Some(NOW), [274, 0, 23], [289, 20, 1])],
        algorithms: vec![algorithm(13, 311, 309), algorithm(253, 1, 0)],
        reasons: vec![
            CodeCount { code: Code::SignatureInvalid, severity: Severity::Bogus, count: 2 },
            CodeCount {
                code: Code::SignatureUnsupportedAlgorithm,
                severity: Severity::Advice,
                count: 1,
            },
        ],
        findings: counts,
        lifetime: LifetimeFacts {
            earliest: Some(expiry(NOW - 3 * DAY, name("host0.example."), RType::AAAA)),
            latest: Some(expiry(NOW + 400 * DAY, name("example."), RType::DNSKEY)),
            remaining: lifetime([20, 0, 3, 40, 80, 161, 0, 0, 2, 1, 3]),
        },
        ..base
    };
    (summary, findings)
}

/// A small island, judged for several times.
pub fn island_over_time() -> (Summary, Vec<Finding>) {
    let base = good();
    let times = vec![
        time(Some(NOW), [12, 0, 0], [12, 0, 0]),
        time(Some(NOW + 30 * DAY), [1, 0, 11], [1, 11, 0]),
        time(Some(NOW - 300 * DAY), [0, 0, 12], [0, 0, 12]),
        time(None, [12, 0, 0], [12, 0, 0]),
    ];
    let findings = [
        (NOW + 30 * DAY, Code::SignatureExpired, "expired 9 d before"),
        (NOW - 300 * DAY, Code::SignatureNotYetValid, "valid from 2020-09-20T00:00:00Z"),
    ];
    let findings: Vec<Finding> = findings
        .into_iter()
        .map(|(at, code, detail)| Finding {
            owner: Some(name("example.")),
            rtype: Some(RType::SOA),
            key: Some(key(34505, 13)),
            at: Some(at),
            detail: Some(detail.into()),
            place: place(5, None),
            ..Finding::new(code)
        })
        .collect();
    let counts = [(Code::SignatureExpired, 11), (Code::SignatureNotYetValid, 12)];
    let summary = Summary {
        input: InputFacts {
            files: vec!["-".into()],
            transport: "read".into(),
            apex: name("example."),
            records: 31,
            rrsets: 12,
            owners: 5,
            delegations: 0,
            signatures: 12,
            ..base.input
        },
        trust: Trust { kind: TrustKind::Island, anchors: vec![] },
        keys: vec![KeyFacts {
            bits: Some(256),
            exponent: None,
            anchored: false,
            ..key_facts(key(34505, 13), 257, Role::CombinedSigning, 12)
        }],
        times,
        algorithms: vec![algorithm(13, 12, 12)],
        findings: counts
            .map(|(code, count)| CodeCount { code, severity: Severity::Bogus, count })
            .to_vec(),
        ..base
    };
    (summary, findings)
}

/// A zone without any signature.
pub fn unsigned() -> (Summary, Vec<Finding>) {
    let base = good();
    let summary = Summary {
        input: InputFacts { signatures: 0, apex: name("plain.test."), ..base.input },
        trust: Trust { kind: TrustKind::Unsigned, anchors: vec![] },
        zonemd: None,
        denial: vec![],
        keys: vec![],
        times: vec![time(Some(NOW), [0, 13_541, 0], [0, 0, 0])],
        algorithms: vec![],
        findings: vec![CodeCount {
            code: Code::ZoneUnsigned,
            severity: Severity::Violation,
            count: 1,
        }],
        lifetime: LifetimeFacts::default(),
        rrset_octets: Distribution::default(),
        performance: Performance {
            threads: 1,
            wall_seconds: 0.0,
            stages: vec![],
            latency: vec![],
            ..Performance::default()
        },
        ..base
    };
    (
        summary,
        vec![Finding { owner: Some(name("plain.test.")), ..Finding::new(Code::ZoneUnsigned) }],
    )
}
