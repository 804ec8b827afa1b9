//! sigmill as the verifier of a real NSD (`HOOKS.md`): a zone is signed here, transferred from one
//! NSD to another, and served by the latter only when sigmill finds it good.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at what is not so

mod common;
mod signers;

use std::net::{TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sigmill::dns::rdata::key_tag;
use sigmill::dns::{Name, RType, Timestamp};
use sigmill::source::Source;
use sigmill::zonefile::print::write_rdata;
use sigmill::zonefile::{Event, ReadOptions, read};

/// How long anything may take on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(60);

// nsd#232 and the issue behind it: the zone comes on standard input, the exit status decides.
#[test]
fn nsd_serves_what_sigmill_finds_good_and_refuses_what_it_does_not() {
    let Some(nsd) = installed_nsd() else { return };
    let primary = Server::start(&nsd, |directory| {
        std::fs::write(directory.join("zone"), signed_zone(1, GOOD)).unwrap();
        // The secondary asks; it is not known yet where to send it a NOTIFY.
        "zone:\n  name: example\n  zonefile: zone\n  provide-xfr: 127.0.0.1 NOKEY\n".to_owned()
    });
    let from = primary.port;
    let secondary = Server::start(&nsd, |_| {
        // As HOOKS.md says, but for where things are and for the zone.
        let documented = block("nsd")
            .replace("/usr/local/bin/sigmill", env!("CARGO_BIN_EXE_sigmill"))
            .replace("example.com", "example");
        let verify = format!("verify:\n    port: {}\n    ip-address: 127.0.0.1", free_port());
        documented.replace("verify:", &verify)
            + &format!(
                "    zonefile: zone\n    allow-notify: 127.0.0.1 NOKEY\n    \
                 request-xfr: AXFR 127.0.0.1@{from} NOKEY\n"
            )
    });
    let publish = |serial, address: &[u8; 4]| {
        primary.publish(&signed_zone(serial, *address));
        primary.wait_for("the new zone", |server| server.serial() == Some(serial));
        secondary.control(&["transfer", "example"]);
    };

    // A first version and a second one are let through.
    secondary.wait_for("a good zone", |server| server.serial() == Some(1));
    publish(2, &GOOD);
    secondary.wait_for("a second good zone", |server| server.serial() == Some(2));
    assert!(secondary.log().contains("example. is secure"), "{}", secondary.log());

    // One octet other than what was signed: the verifier says so, and the version before stays.
    publish(3, &BAD);
    secondary.wait_for("the refusal", |server| server.log().contains("exited with 1"));
    assert!(secondary.log().contains("example. is bogus"), "{}", secondary.log());
    secondary.wait_for("an answer", |server| server.serial().is_some());
    assert_eq!(secondary.serial(), Some(2), "{}", secondary.log());
    assert_eq!(secondary.address(), Some(GOOD));
    assert_eq!((primary.serial(), primary.address()), (Some(3), Some(BAD)));

    // A refusal is not the end: the next good version is let through again.
    publish(4, &GOOD);
    secondary.wait_for("the next good zone", |server| server.serial() == Some(4));
}

// Cascade's review: the zone is fetched by transfer, the exit status approves or rejects it.
#[test]
fn the_script_for_cascade_approves_and_rejects() {
    let Some(nsd) = installed_nsd() else { return };
    if !common::has_program("dig") {
        return;
    }
    let server = Server::start(&nsd, |directory| {
        std::fs::write(directory.join("zone"), signed_zone(1, GOOD)).unwrap();
        "zone:\n  name: example\n  zonefile: zone\n  provide-xfr: 127.0.0.1 NOKEY\n".to_owned()
    });
    let directory = tempfile::tempdir().unwrap();
    let review = script(directory.path(), "cascade", str::to_owned);
    let judged = |port: u16| {
        let mut command = Command::new(&review);
        command.env("PATH", path_with(directory.path())).stdin(Stdio::null());
        command.env("CASCADE_ZONE", "example").env("CASCADE_SERVER_IP", "127.0.0.1");
        command.env("CASCADE_SERVER_PORT", port.to_string());
        command.output().unwrap()
    };
    let good = judged(server.port);
    assert_eq!(good.status.code(), Some(0), "{good:?}");
    assert!(String::from_utf8_lossy(&good.stdout).contains("example. is secure"), "{good:?}");
    server.publish(&signed_zone(2, BAD));
    server.wait_for("the bad zone", |server| server.serial() == Some(2));
    let bad = judged(server.port);
    assert_eq!(bad.status.code(), Some(1), "{bad:?}");
    // No transfer is no approval.
    let nobody = judged(free_port());
    assert!(!nobody.status.success(), "{nobody:?}");
}

// Knot's external validation: a signal tells of a zone, a command commits or aborts it.
#[test]
fn the_script_for_knot_commits_and_aborts() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let signals = "Monitoring signals on object /cz/nic/knotd owned by cz.nic.knotd\n\
        The name cz.nic.knotd is owned by :1.5\n\
        /cz/nic/knotd: cz.nic.knotd.events.started ()\n\
        /cz/nic/knotd: cz.nic.knotd.events.external_verify ('example.', uint32 1)\n\
        /cz/nic/knotd: cz.nic.knotd.events.external_verify ('missing.', uint32 1)\n";
    std::fs::write(path("signals"), signals).unwrap();
    let here = directory.path().to_str().unwrap();
    executable(&path("gdbus"), &format!("#!/bin/sh\ncat '{here}/signals'\n"));
    executable(&path("knotc"), &format!("#!/bin/sh\necho \"$*\" >> '{here}/told'\n"));
    let judge = script(directory.path(), "knot", |text| text.replace("/var/lib/knot/review", here));
    for address in [GOOD, BAD] {
        std::fs::write(path("example.zone"), signed_zone(1, address)).unwrap();
        let output = Command::new(&judge)
            .env("PATH", path_with(directory.path()))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    let told = std::fs::read_to_string(path("told")).unwrap();
    let told: Vec<&str> = told.lines().collect();
    let aborted = "zone-abort missing.";
    assert_eq!(told, ["zone-commit example.", aborted, "zone-abort example.", aborted]);
}

/// What stands in `HOOKS.md` under a mark, as an executable file.
fn script(directory: &Path, mark: &str, adapt: impl Fn(&str) -> String) -> PathBuf {
    let file = directory.join(format!("{mark}.sh"));
    executable(&file, &adapt(block(mark)));
    file
}

/// The block of code in `HOOKS.md` under a mark.
fn block(mark: &str) -> &'static str {
    let text = include_str!("../HOOKS.md");
    let (_, rest) = text.split_once(&format!("<!-- {mark} -->\n```")).expect("a mark");
    let (_, rest) = rest.split_once('\n').expect("a block");
    rest.split_once("```").expect("the end of a block").0
}

fn executable(file: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(file, text).unwrap();
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// A search path that begins with this directory and with that of the built `sigmill`.
fn path_with(directory: &Path) -> std::ffi::OsString {
    let built = Path::new(env!("CARGO_BIN_EXE_sigmill")).parent().unwrap();
    let usual = std::env::var_os("PATH").unwrap_or_default();
    let mut paths = vec![directory.to_path_buf(), built.to_path_buf()];
    paths.extend(std::env::split_paths(&usual));
    std::env::join_paths(paths).unwrap()
}

/// The path of `nsd`: Debian keeps it where not every user looks.
fn installed_nsd() -> Option<PathBuf> {
    let usual = Path::new("/usr/sbin/nsd");
    let nsd = if usual.exists() { usual } else { Path::new("nsd") };
    common::has_program(nsd.to_str().unwrap()).then(|| nsd.to_path_buf())
}

// --- A running NSD ---

/// An NSD of its own directory and port, ended when it goes out of scope.
struct Server {
    child: Child,
    directory: tempfile::TempDir,
    control: PathBuf,
    port: u16,
}

impl Server {
    /// Starts one with the zones that `zones` configures, and waits until it answers.
    fn start(nsd: &Path, zones: impl Fn(&Path) -> String) -> Self {
        let mut said = String::new();
        // A port that was free may have been taken since.
        for _ in 0..5 {
            let directory = tempfile::tempdir().unwrap();
            let port = free_port();
            let configuration = configuration(directory.path(), port) + &zones(directory.path());
            std::fs::write(directory.path().join("nsd.conf"), configuration).unwrap();
            let child = Command::new(nsd)
                .args(["-d", "-c"])
                .arg(directory.path().join("nsd.conf"))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let control = nsd.with_file_name("nsd-control");
            let mut server = Self { child, directory, control, port };
            if server.answers() {
                return server;
            }
            said = server.log();
        }
        panic!("nsd does not start: {said}");
    }

    /// Waits until it answers at all; not when it has ended.
    fn answers(&mut self) -> bool {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline && self.child.try_wait().unwrap().is_none() {
            if query(self.port, "example", RType::SOA).is_some() {
                return true;
            }
            sleep(Duration::from_millis(50));
        }
        false
    }

    fn wait_for(&self, what: &str, mut is_so: impl FnMut(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(self) {
            assert!(Instant::now() < deadline, "waited in vain for {what}:\n{}", self.log());
            sleep(Duration::from_millis(50));
        }
    }

    /// Puts another version of the zone in the place of the one that is served.
    fn publish(&self, zone: &str) {
        // NSD looks at the file's time, in whole seconds on some systems.
        let path = self.directory.path().join("zone");
        let before = path.metadata().unwrap().modified().unwrap();
        std::fs::write(&path, zone).unwrap();
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(before + Duration::from_secs(2)).unwrap();
        self.control(&["reload", "example"]);
    }

    fn control(&self, arguments: &[&str]) {
        let output = Command::new(&self.control)
            .arg("-c")
            .arg(self.directory.path().join("nsd.conf"))
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "nsd-control {arguments:?}: {output:?}");
    }

    fn log(&self) -> String {
        let log = std::fs::read(self.directory.path().join("log")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// The serial of the zone that is served.
    fn serial(&self) -> Option<u32> {
        let rdata = query(self.port, "example", RType::SOA)??;
        let numbers = rdata.last_chunk::<20>()?;
        Some(u32::from_be_bytes(*numbers.first_chunk()?))
    }

    /// The address of ns.example.
    fn address(&self) -> Option<[u8; 4]> {
        query(self.port, "ns.example", RType::A)??.try_into().ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // NSD ends its children when it is asked to end; they would stay if it were killed.
        let pid = self.child.id().to_string();
        let _ = Command::new("sh").args(["-c", "kill -TERM \"$1\"", "sh", &pid]).status();
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline && matches!(self.child.try_wait(), Ok(None)) {
            sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// All but the zones: everything in one directory, no other user, no fixed port.
fn configuration(directory: &Path, port: u16) -> String {
    let directory = directory.to_str().unwrap();
    format!(
        "server:\n  ip-address: 127.0.0.1@{port}\n  server-count: 1\n  username: \"\"\n  \
         chroot: \"\"\n  database: \"\"\n  zonesdir: \"{directory}\"\n  \
         zonelistfile: \"{directory}/zone.list\"\n  xfrdfile: \"{directory}/xfrd.state\"\n  \
         xfrdir: \"{directory}\"\n  pidfile: \"{directory}/nsd.pid\"\n  \
         logfile: \"{directory}/log\"\n  verbosity: 2\n  rrl-ratelimit: 0\n\
         remote-control:\n  control-enable: yes\n  control-interface: \"{directory}/control\"\n"
    )
}

/// A port of the loopback interface that is free for UDP and TCP.
fn free_port() -> u16 {
    loop {
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = tcp.local_addr().unwrap().port();
        if UdpSocket::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Asks for a record: nothing when there is no answer, `Some(None)` when it has no such record,
/// else its RDATA, of which the names may be compressed.
fn query(port: u16, name: &str, rtype: RType) -> Option<Option<Vec<u8>>> {
    let name = Name::from_text(name.as_bytes(), Some(&Name::root())).unwrap();
    let header = [0x51, 0x67, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    let question = [name.as_wire(), &rtype.0.to_be_bytes(), &[0, 1]].concat();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    socket.send_to(&[&header[..], &question].concat(), ("127.0.0.1", port)).ok()?;
    let mut octets = [0; 4096];
    let len = socket.recv(&mut octets).ok()?;
    let answer = octets.get(header.len() + question.len()..len)?;
    let (id, answers) = (&octets[..2], u16::from_be_bytes([octets[6], octets[7]]));
    if id != &header[..2] || answers == 0 {
        return Some(None);
    }
    // The owner is a pointer to the question; then type, class, TTL and the length.
    let [0xc0, _, _, _, _, _, _, _, _, _, high, low, rdata @ ..] = answer else {
        return Some(None);
    };
    let len = usize::from(u16::from_be_bytes([*high, *low]));
    Some(rdata.get(..len).map(<[u8]>::to_vec))
}

// --- A signed zone ---

/// The address of ns.example. that is signed.
const GOOD: [u8; 4] = [192, 0, 2, 53];
/// The same with one octet changed.
const BAD: [u8; 4] = [192, 0, 2, 54];

/// A whole zone of two names, signed by one key of algorithm 15 for the days around today, with
/// `address` put in the place of the one that was signed.
fn signed_zone(serial: u32, address: [u8; 4]) -> String {
    let signer = signers::ed25519();
    let dnskey = [&[1, 1, 3, signer.algorithm.0][..], &signer.dnskey].concat();
    let tag = key_tag(&dnskey);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let day = |days: i64| Timestamp(u32::try_from(now.cast_signed() + days * 86_400).unwrap());
    let mut zone = format!(
        "example. 3600 IN SOA ns.example. hostmaster.example. {serial} 3600 600 86400 3600\n\
         example. 3600 IN NS ns.example.\n\
         example. 3600 IN NSEC ns.example. NS SOA RRSIG NSEC DNSKEY\n\
         ns.example. 3600 IN A 192.0.2.53\n\
         ns.example. 3600 IN NSEC example. A RRSIG NSEC\n\
         example. 3600 IN DNSKEY "
    );
    write_rdata(&mut zone, RType::DNSKEY, &dnskey);
    zone.push('\n');

    let mut signatures = String::new();
    let source = Source::from_bytes("example", zone.clone().into_bytes());
    read(source, &ReadOptions::default(), &mut |event| {
        let Event::Record(record) = event else { return };
        // RFC 4034 §3.1: every RRset here has one record, in canonical form.
        let mut rdata = record.rtype.0.to_be_bytes().to_vec();
        rdata.extend([signer.algorithm.0, record.owner.rrsig_labels()]);
        rdata.extend(record.ttl.to_be_bytes());
        rdata.extend(day(7).0.to_be_bytes());
        rdata.extend(day(-1).0.to_be_bytes());
        rdata.extend(tag.to_be_bytes());
        rdata.extend(b"\x07example\0");
        let (rtype, class) = (record.rtype.0.to_be_bytes(), record.class.0.to_be_bytes());
        let len = u16::try_from(record.rdata.len()).unwrap().to_be_bytes();
        let ttl = record.ttl.to_be_bytes();
        let owner = record.owner.as_wire();
        let rr = [owner, &rtype, &class, &ttl, &len, record.rdata].concat();
        let signature = signer.sign(&[&rdata[..], &rr].concat());
        rdata.extend(signature);
        signatures += &format!("{} 3600 IN RRSIG ", record.owner);
        write_rdata(&mut signatures, RType::RRSIG, &rdata);
        signatures.push('\n');
    })
    .unwrap();
    let [a, b, c, d] = address;
    zone.replace("192.0.2.53", &format!("{a}.{b}.{c}.{d}")) + &signatures
}
