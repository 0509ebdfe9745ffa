"""The wheel a user installs: complete, small, and in need of no node."""

import importlib.util
import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BUILT = [ROOT / "scalewidgets/labextension/static/style.js", ROOT / "scalewidgets/pane/static/standalone.js"]
SHARE = "share/jupyter/labextensions/scalewidgets"
MEGABYTE = 1e6


def run(*command, **options):
    """Run a program and return what it printed; show all of it when it fails."""
    done = subprocess.run(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **options,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def build(kind, folder):
    missing = [str(path.relative_to(ROOT)) for path in BUILT if not path.exists()]
    if missing:
        pytest.fail(f"Not built yet: {', '.join(missing)}. Run: make build", pytrace=False)
    # With the build tools in this environment there is nothing to download.
    tools = ("hatchling", "hatch_jupyter_builder", "jupyter_builder")
    isolation = ["--no-isolation"] if all(map(importlib.util.find_spec, tools)) else []
    run(sys.executable, "-m", "build", f"--{kind}", *isolation, "--outdir", folder, ROOT)
    (file,) = folder.iterdir()
    return file


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build("wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sizes(wheel):
    """Size of every file in the wheel by its name; the data part under the prefix it is installed to."""
    with zipfile.ZipFile(wheel) as archive:
        return {info.filename.split(".data/data/")[-1]: info.file_size for info in archive.infolist()}


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Install the wheel where no node is; return that Python and the variables to run it with."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, with_pip=False)
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / "python"
    paths = {name: str(home / "jupyter" / name) for name in ("config", "data", "runtime")}
    environ = {
        "PATH": str(scripts),
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": paths["config"],
        "JUPYTER_DATA_DIR": paths["data"],
        "JUPYTER_RUNTIME_DIR": paths["runtime"],
    }
    pip = [sys.executable, "-m", "pip", "--python", python]
    run(*pip, "install", "--no-deps", "--no-index", wheel, env=environ)
    # What scalewidgets depends on comes from this environment, scalewidgets itself does not: a path
    # file found on a path file's path is not read, so an editable install stays out of sight.
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", env=environ).strip()
    Path(site, "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python, environ


def test_wheel_holds_everything_the_browser_loads(sizes):
    assert {
        f"{SHARE}/package.json",
        f"{SHARE}/install.json",
        f"{SHARE}/static/style.js",
        f"{SHARE}/schemas/scalewidgets/commands.json",
        "etc/jupyter/jupyter_server_config.d/scalewidgets.json",
        "scalewidgets/pane/static/standalone.js",
        "scalewidgets/pane/static/standalone.css",
        "scalewidgets/py.typed",
    } <= set(sizes)
    assert any(name.startswith(f"{SHARE}/static/remoteEntry.") for name in sizes)
    assert sizes["scalewidgets/pane/static/standalone.js"] > 1000


def test_wheel_holds_every_table_in_under_five_megabytes(sizes):
    folder = "scalewidgets/data/tables"
    tables = {path.name for path in (ROOT / folder).iterdir() if path.is_file()}
    shipped = {
        name.removeprefix(f"{folder}/"): size for name, size in sizes.items() if name.startswith(folder)
    }
    assert tables <= set(shipped)
    assert sizes["scalewidgets/data/remotes.json"] > 1000  # what can be fetched
    assert sum(shipped.values()) < 5 * MEGABYTE


def test_wheel_holds_nothing_that_belongs_to_building(sizes):
    unwanted = [
        name
        for name in sizes
        if name.startswith(("scalewidgets/labextension/", "tests/", "labextension/"))
        or "node_modules" in name
        or name.endswith((".ts", ".tsbuildinfo", ".pyc", ".ipynb"))
    ]
    assert unwanted == []


def test_sdist_carries_the_built_extension_so_that_it_needs_no_node_either(tmp_path):
    with tarfile.open(build("sdist", tmp_path)) as archive:
        names = {name.split("/", 1)[-1] for name in archive.getnames()}
    assert {str(path.relative_to(ROOT).as_posix()) for path in BUILT} <= names
    assert not any("node_modules" in name or name.startswith("labextension/lib/") for name in names)


def test_installed_without_node_jupyterlab_lists_the_extension_as_enabled(installed, tmp_path):
    python, environ = installed  # and a folder without sources: `python -m` would import those
    listing = run(python, "-m", "jupyterlab.labextensions", "list", env=environ, cwd=tmp_path)
    (line,) = [line for line in listing.splitlines() if "scalewidgets v" in line]
    assert "enabled" in line
    assert "OK" in line
    assert "(python, scalewidgets)" in line


def test_installed_server_extension_is_on(installed, tmp_path):
    python, environ = installed
    listing = run(python, "-m", "jupyter_server.extension.serverextension", "list", env=environ, cwd=tmp_path)
    lines = [line for line in listing.splitlines() if "scalewidgets" in line]
    assert any("enabled" in line for line in lines), listing
    assert any("OK" in line for line in lines), listing


def test_installed_package_knows_its_tables(installed, tmp_path):
    python, environ = installed
    code = "import scalewidgets as sw; print(sw.__file__); print(len(sw.load('chinchilla')))"
    place, rows = run(python, "-c", code, env=environ, cwd=tmp_path).split()
    assert Path(place).is_relative_to(python.parents[1])
    assert int(rows) == 245
