"""Runs the servers, the resolvers and the recorder of scripts/record-capture, and stops them again.

All of it happens in network and process namespaces of its own (`run_inside`): port 53 is free
there on every address, nothing but our own traffic is on the loopback interface, and when the
script ends, for whatever reason, the kernel ends what it started.
"""

import contextlib
import signal
import subprocess
import sys
import time

import dns.exception
import dns.message
import dns.query

from lib import signers
from lib.tree import ADDRESSES, KNOT, NSD, ROOT, TLD, file_of

# Every resolver is asked at its own addresses and starts with an empty cache.
RESOLVERS = {
    "plain": {"at": ("127.0.0.53", "2001:db8::53"), "minimise": "no", "edns": 1232},
    "minimised": {"at": ("127.0.0.54", "2001:db8::54"), "minimise": "yes", "edns": 1232},
    "small": {"at": ("127.0.0.55", "2001:db8::55"), "minimise": "no", "edns": 512},
    "stub": {"at": ("127.0.0.56", "2001:db8::56"), "minimise": "no", "edns": 1232},
    # Not recorded: it validates nothing, so that delv sees all and judges by itself.
    "bare": {
        "at": ("127.0.0.57", "2001:db8::57"), "minimise": "no", "edns": 1232, "modules": "iterator"
    },
}
CLIENT = ("127.0.0.9", "2001:db8::9")
PROGRAMS = {
    "nsd": ["nsd", "-v"],
    "knotd": ["knotd", "-V"],
    "unbound": ["unbound", "-V"],
    "dig": ["dig", "-v"],
    "kdig": ["kdig", "-V"],
    "delv": ["delv", "-v"],
    "tcpdump": ["tcpdump", "--version"],
    "tshark": ["tshark", "--version"],
}


def run_inside(script, *arguments):
    """Runs a script as the first process of new namespaces; returns its exit status."""
    command = ["unshare", "--net", "--pid", "--mount-proc", "--fork", "--kill-child"]
    command += [sys.executable, script, *arguments]
    return subprocess.run([str(word) for word in command], check=False).returncode


def bring_up_loopback():
    """The loopback interface with packets as Ethernet has them: long messages by TCP take several,
    which would otherwise be recorded as one (`gso_max_segs`)."""
    link = ["ip", "link", "set", "lo", "mtu", "1500", "gso_max_segs", "1", "up"]
    subprocess.run(link, check=True)
    addresses = [*ADDRESSES.values(), CLIENT, *(r["at"] for r in RESOLVERS.values())]
    for _, six in addresses:
        subprocess.run(
            ["ip", "-6", "address", "add", f"{six}/128", "dev", "lo", "nodad"], check=True
        )


class Servers(contextlib.ExitStack):
    """What runs, and where its files are; the end of the block stops all of it."""

    def __init__(self, directory, zones):
        super().__init__()
        self.directory = directory
        self.zones = zones

    def start(self, name, command):
        """Starts a program that stays in the foreground; what it says goes to NAME.out."""
        with open(self.directory / f"{name}.out", "wb") as said:
            process = subprocess.Popen([str(word) for word in command], stdout=said, stderr=said)
        self.callback(stop, process)
        return process

    def start_authoritative(self):
        for name, write in ((ROOT, self.knot), (TLD, self.nsd), (NSD, self.nsd), (KNOT, self.knot)):
            held = [zone for zone in self.zones if zone.server == name]
            process = self.start(name, write(name, held))
            for address in ADDRESSES[name]:
                for zone in held:
                    self.wait_for(name, process, address, zone.origin, "SOA")

    def start_resolver(self, name, anchor):
        process = self.start(f"resolver-{name}", self.unbound(name, anchor))
        for address in RESOLVERS[name]["at"]:
            # Names of local zones are answered without asking anyone.
            self.wait_for(f"resolver-{name}", process, address, "localhost.", "A")

    def wait_for(self, name, process, address, origin, rtype):
        """Until the server answers with data."""
        for _ in range(200):
            if process.poll() is not None:
                break
            query = dns.message.make_query(origin, rtype)
            try:
                if dns.query.udp(query, address, timeout=0.5).answer:
                    return
            except (dns.exception.DNSException, OSError):
                pass
            time.sleep(0.05)
        said = (self.directory / f"{name}.out").read_text(errors="replace")[-2000:]
        raise RuntimeError(f"{name} does not answer {origin} {rtype} at {address}\n{said}")

    def nsd(self, name, held):
        home = self.directory / name
        home.mkdir()
        listen = "".join(f"    ip-address: {address}\n" for address in ADDRESSES[name])
        text = f"""\
server:
{listen}    username: ""
    chroot: ""
    zonesdir: "{self.directory}"
    database: ""
    pidfile: "{home}/pid"
    xfrdfile: ""
    xfrdir: "{home}"
    zonelistfile: "{home}/list"
    server-count: 1
    rrl-ratelimit: 0
remote-control:
    control-enable: no
"""
        for zone in held:
            text += f'zone:\n    name: "{zone.origin}"\n    zonefile: "{file_of(zone)}"\n'
        (home / "conf").write_text(text)
        return ["nsd", "-d", "-c", home / "conf"]

    def knot(self, name, held):
        home = self.directory / name
        (home / "db").mkdir(parents=True)
        listen = "".join(f'    listen: "{address}@53"\n' for address in ADDRESSES[name])
        text = f"""\
server:
    rundir: "{home}"
{listen}    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: info
database:
    storage: "{home}/db"
policy:
  - id: online
    manual: on
    algorithm: ecdsap256sha256
    single-type-signing: on
    rrsig-lifetime: {signers.KNOT_LIFETIME_DAYS}d
    rrsig-refresh: 7d
    cds-cdnskey-publish: none
mod-onlinesign:
  - id: online
    policy: online
template:
  - id: default
    storage: "{self.directory}"
    semantic-checks: off
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
zone:
"""
        for zone in held:
            text += f'  - domain: "{zone.origin}"\n    file: "{file_of(zone)}"\n'
            text += "    module: mod-onlinesign/online\n" if zone.signer == "online" else ""
        (home / "conf").write_text(text)
        for zone in held:
            if zone.signer == "online":
                signers.knot_import(home / "conf", zone.origin, zone.keys, home)
        return ["knotd", "-c", home / "conf"]

    def unbound(self, name, anchor):
        home = self.directory / f"resolver-{name}"
        home.mkdir()
        settings = RESOLVERS[name]
        ours = "".join(
            f"    interface: {a}\n    outgoing-interface: {a}\n" for a in settings["at"]
        )
        four, six = ADDRESSES[ROOT]
        hints = f". 3600 IN NS ns.\nns. 3600 IN A {four}\nns. 3600 IN AAAA {six}\n"
        (home / "hints").write_text(hints)
        (home / "conf").write_text(f"""\
server:
{ours}    username: ""
    chroot: ""
    directory: "{home}"
    pidfile: ""
    use-syslog: no
    logfile: "{home}/log"
    verbosity: 1
    num-threads: 1
    access-control: 0.0.0.0/0 allow
    access-control: ::/0 allow
    do-not-query-localhost: no
    module-config: "{settings.get("modules", "validator iterator")}"
    trust-anchor-file: "{anchor}"
    root-hints: "{home}/hints"
    qname-minimisation: {settings["minimise"]}
    edns-buffer-size: {settings["edns"]}
    max-udp-size: {settings["edns"]}
    prefetch: no
    aggressive-nsec: no
    ede: yes
    val-log-level: 2
    val-max-restart: 1
    target-fetch-policy: "0 0 0 0 0"
remote-control:
    control-enable: no
""")
        return ["unbound", "-d", "-c", home / "conf"]

    def log_of(self, resolver):
        return (self.directory / f"resolver-{resolver}" / "log").read_text(errors="replace")


class Recorder:
    """tcpdump on the loopback interface; the end of the block writes the capture as pcapng."""

    def __init__(self, servers, target, *expression):
        self.raw = servers.directory / f"{target.name}.pcap"
        self.said = servers.directory / f"{target.name}.out"
        self.target = target
        self.command = ["tcpdump", "-i", "lo", "-n", "-U", "--immediate-mode", "-B", "65536"]
        self.command += ["-Z", "root", "-w", str(self.raw), *expression]
        self.process = None

    def __enter__(self):
        with open(self.said, "wb") as said:
            self.process = subprocess.Popen(self.command, stdout=said, stderr=said)
        for _ in range(200):
            if "listening on" in self.said.read_text():
                return self
            time.sleep(0.05)
        stop(self.process)
        raise RuntimeError(f"tcpdump does not record: {self.said.read_text()}")

    def __exit__(self, kind, _value, _trace):
        time.sleep(0.5)
        stop(self.process, signal.SIGINT)
        if kind is not None:
            return
        if "\n0 packets dropped by kernel" not in self.said.read_text():
            raise RuntimeError(f"packets were lost: {self.said.read_text()}")
        subprocess.run(["editcap", "-F", "pcapng", self.raw, self.target], check=True)


def stop(process, by=signal.SIGTERM):
    if process.poll() is None:
        process.send_signal(by)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def versions():
    found = {}
    for name, command in PROGRAMS.items():
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        lines = (done.stdout + done.stderr).splitlines()
        found[name] = next(line for line in lines if any(c.isdigit() for c in line)).strip()
    return found
