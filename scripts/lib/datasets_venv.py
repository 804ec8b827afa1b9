"""The environment with dnspython and cryptography, for scripts that sign. Standard library only."""

import os
import subprocess
import sys
from pathlib import Path

VENV = Path(__file__).resolve().parent.parent.parent / "target" / "datasets-venv"
PACKAGES = ("dnspython==2.9.2", "cryptography==50.0.2")


def enter():
    """Goes on in the environment, which is made when it is missing."""
    try:
        import cryptography  # noqa: F401
        import dns  # noqa: F401
    except ModuleNotFoundError:
        python = VENV / "bin" / "python"
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
            subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        elif Path(sys.prefix) == VENV:
            raise
        os.execv(python, [python, *sys.argv])
