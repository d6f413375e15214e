"""Where this checkout is, and how its programs are run."""
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
HOUSE = HERE.parent


def run(*command, **more):
    """What a program printed; a program that fails ends the run."""
    return subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True, **more).stdout
