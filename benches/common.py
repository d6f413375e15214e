"""Paths of this checkout, and how its programs are run."""
import subprocess
from pathlib import Path

BENCHES = Path(__file__).resolve().parent
REPOSITORY = BENCHES.parent


def run(*command, **options):
    """Returns what a program prints. A program that fails ends the run."""
    return subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True, **options).stdout
