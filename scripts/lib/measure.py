"""Runs of programs, measured: wall time, processor time, peak memory. Standard library only."""

import os
import platform
import re
import resource
import signal
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

# Linux counts ru_maxrss in KiB, macOS in octets.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024
MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """What one run may take: seconds, and octets of resident memory (Linux only; None for all)."""

    seconds: float
    memory: int | None = None


@dataclass(frozen=True)
class Run:
    """What one run took: seconds, and octets at the peak."""

    status: int
    wall: float
    cpu: float
    peak: int
    stopped: str | None = None
    """The limit that it was stopped at: `time`, `memory`, or None."""
    own: int | None = None
    """Octets at the peak without pages of mapped files, as often as it was looked at (Linux)."""


def measure(command, limits, output=os.devnull):
    """Runs a command, its standard output into a file, the rest thrown away. Memory is the peak
    resident set of the process, as the kernel counts it for wait4."""
    start = time.monotonic()
    pid = os.fork()
    if pid == 0:
        try:
            nothing = os.open(os.devnull, os.O_RDWR)
            file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
            for source, stream in ((nothing, 0), (file, 1), (nothing, 2)):
                os.dup2(source, stream)
            os.execvp(command[0], command)
        finally:
            os._exit(127)
    guard = Guard(pid, limits)
    try:
        _, status, usage = os.wait4(pid, 0)
    except BaseException:
        os.kill(pid, signal.SIGKILL)
        os.wait4(pid, 0)
        raise
    finally:
        guard.release()
    wall = time.monotonic() - start
    cpu = usage.ru_utime + usage.ru_stime
    code = os.waitstatus_to_exitcode(status)
    stopped = guard.stopped if code < 0 else None
    return Run(code, wall, cpu, usage.ru_maxrss * RSS_UNIT, stopped, guard.own)


class Guard:
    """Looks at a process from time to time, and ends it at a limit."""

    EVERY = 0.01

    def __init__(self, pid, limits):
        self.pid, self.limits, self.stopped, self.own = pid, limits, None, None
        self.end = time.monotonic() + limits.seconds
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        while not self.done.wait(min(self.EVERY, max(0, self.end - time.monotonic()))):
            if time.monotonic() >= self.end:
                self.stopped = "time"
            elif self.limits.memory is not None and resident(self.pid) > self.limits.memory:
                self.stopped = "memory"
            own = anonymous(self.pid)
            self.own = own if self.own is None else max(self.own, own or 0)
            if self.stopped:
                os.kill(self.pid, signal.SIGKILL)
                return

    def release(self):
        self.done.set()
        self.thread.join()


def resident(pid):
    """Octets of a process that are in memory; 0 where the system does not tell."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * resource.getpagesize()


def anonymous(pid):
    """Octets of a process that are in memory and of no file; None where the system does not tell."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return None
    found = re.search(r"^RssAnon:\s*([0-9]+) kB$", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def memory_floor():
    """A child begins as a copy of this program, and the kernel's peak counts that too: what is not
    above this cannot be told. In octets."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT * 1.1


def machine():
    return f"{cpu_name()}, {os.cpu_count()} processors, {platform.system()} {platform.release()}"


def cpu_name():
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return platform.processor() or platform.machine()
    found = re.search(r"^model name\s*:\s*(.*)$", text, re.MULTILINE)
    return found.group(1) if found else platform.machine()


def memory_size(text):
    """Octets of a size as typed: a number of GiB."""
    return int(float(text) * (1 << 30))


def octets(text):
    """A size as typed: a number, with K, M or G behind it for its thousands, millions or thousands of
    millions."""
    number, unit = (text[:-1], text[-1].upper()) if text[-1:].isalpha() else (text, "")
    if unit not in ("", "K", "M", "G"):
        raise ValueError(f"{unit} is no unit")
    return int(float(number) * 1000 ** ("", "K", "M", "G").index(unit))
