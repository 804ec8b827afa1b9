"""Zones made by scripts/make-tld. Standard library only."""

import shlex
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent.parent / "make-tld"


def make(options, path):
    """Makes a zone at a path, by options as a list or as typed; returns what make-tld says of it."""
    words = shlex.split(options) if isinstance(options, str) else [str(word) for word in options]
    command = [str(SCRIPT), *words, "--output", str(path)]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{shlex.join(command)} failed:\n{done.stderr.strip()}")
    return done.stderr.strip().splitlines()[-1]
