"""Fills .venv with a pinned set: ``run`` (serves and analyses, no torch), ``test`` (and pytest) or
``all`` (everything).

Only the standard library, because nothing else is there yet. A stamp in .venv remembers what is
installed, so that the second time takes no time.
"""

# ruff: noqa: INP001

import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".venv"
PYTHON = FOLDER / "bin" / "python"
NEEDED_GB = {"run": 2, "test": 2, "all": 14}
WHAT = {
    "run": "about 250 MB",
    "test": "about 250 MB",
    "all": "with torch, about 4 GB on Linux",
}
# The sets that hold a set.
HOLDS = {"run": ("run", "test", "all"), "test": ("test", "all"), "all": ("all",)}
PIP = [PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-input"]
PIP_INSTALL = [*PIP, "install", "--progress-bar", "off", "--only-binary", ":all:"]


def main(chosen):
    pins = ROOT / "requirements" / f"{chosen}.txt"
    if is_installed(chosen):
        return
    require_room(chosen)
    make_environment()
    if chosen != "all":
        count = sum(line[:1].isalnum() for line in pins.read_text().splitlines())
        print(f"Installing {count} packages into .venv ({WHAT['run']}) …", flush=True)
        pip_install(pins, count)
    else:
        print(f"Installing everything into .venv ({WHAT['all']}) …", flush=True)
        pip_install(ROOT / "requirements" / "uv.txt", 1)
        uv = [FOLDER / "bin" / "uv", "pip", "install", "--python", PYTHON]
        if subprocess.run(
            [*uv, "--only-binary", ":all:", "--require-hashes", "-r", pins]
        ).returncode:
            sys.exit("uv could not install the packages; what it said stands above.")
    stamp(chosen).write_text(digest(chosen))


def is_installed(chosen):
    """Whether the set, or a larger one that holds it, is there as it is pinned today."""
    return PYTHON.exists() and any(
        stamp(name).exists() and stamp(name).read_text() == digest(name) for name in HOLDS[chosen]
    )


def stamp(name):
    return FOLDER / f".installed-{name}"


def digest(name):
    content = (ROOT / "requirements" / f"{name}.txt").read_bytes()
    return hashlib.sha256(content).hexdigest()


def require_room(chosen):
    free = shutil.disk_usage(ROOT).free
    if free < NEEDED_GB[chosen] * 1e9:
        sys.exit(
            f"Only {free / 1e9:.1f} GB are free on the disk that holds {ROOT}; installing needs "
            f"{NEEDED_GB[chosen]} GB. Make room, or clone Hairline onto another disk."
        )


def make_environment():
    """A .venv with pip, made anew where the one there does not work."""
    if works("--version", pip=True):
        return
    if works("-c", ""):
        subprocess.run([PYTHON, "-m", "ensurepip"], check=True, capture_output=True)
        return
    print(f"Making .venv with Python {sys.version.split()[0]} …", flush=True)
    venv.create(FOLDER, with_pip=True, clear=True)


def works(*arguments, pip=False):
    """Whether the environment's Python, or its pip, runs with these arguments."""
    command = [*(PIP if pip else [PYTHON]), *arguments]
    return PYTHON.exists() and subprocess.run(command, capture_output=True).returncode == 0


def pip_install(pins, count):
    """Runs pip, showing how far it is; its last words where it fails."""
    process = subprocess.Popen(
        [*PIP_INSTALL, "--require-hashes", "-r", pins],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said, done = [], 0
    for line in process.stdout:
        said.append(line)
        if line.startswith(("Collecting ", "Requirement already satisfied: ")):
            done += 1
            show(f"  {min(done, count)} of {count}: {line.split()[1].split('==')[0]}", done)
        elif line.startswith("Installing collected"):
            show("  unpacking", 0)
    show("", None)
    if process.wait():
        sys.stderr.write("".join(said[-15:]))
        sys.exit(
            "pip could not install the packages; its last words stand above. Check the network "
            "(or the package index that pip is set up for) and run this again."
        )


def show(text, number):
    """One line that renews itself on a terminal; elsewhere every twentieth."""
    if sys.stdout.isatty():
        sys.stdout.write(f"\r\033[K{text}")
    elif number is not None and number % 20 == 0:
        sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        sys.exit("\nStopped. Run it again to go on.")
    except subprocess.CalledProcessError as error:
        sys.exit(
            f"{error.cmd[0]} failed: {(error.stderr or b'').decode().strip()}\n"
            "Remove the folder .venv and run this again."
        )
    except OSError as error:
        sys.exit(
            f"{FOLDER} cannot be written ({error.strerror}). Clone Hairline to a folder of your "
            "own with room in it, and run this again there."
        )
