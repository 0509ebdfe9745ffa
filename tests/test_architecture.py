"""What keeps the house in order: imports flow one way, one version, one set of npm packages."""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VERSION = re.search(r'__version__ = "(.+)"', (ROOT / "scalewidgets/_version.py").read_text())[1]


def read_json(name):
    return json.loads((ROOT / name).read_text(encoding="utf-8"))


def test_every_room_imports_only_the_rooms_below_it():
    lint_imports = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([lint_imports, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_python_package_extension_and_citation_carry_one_version():
    lock = read_json("labextension/package-lock.json")
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert {
        "package.json": read_json("labextension/package.json")["version"],
        "package-lock.json": lock["version"],
        "package-lock.json, its root": lock["packages"][""]["version"],
        "CITATION.cff": re.search(r"^version: (.+)$", citation, re.MULTILINE)[1],
    } == dict.fromkeys(
        ["package.json", "package-lock.json", "package-lock.json, its root", "CITATION.cff"], VERSION
    )


def test_changelog_tells_of_this_version():
    assert re.search(rf"^## {re.escape(VERSION)}\b", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


def test_lock_file_matches_the_packages_asked_for():
    asked, locked = read_json("labextension/package.json"), read_json("labextension/package-lock.json")
    for kind in ("dependencies", "devDependencies"):
        assert locked["packages"][""][kind] == asked[kind]
    packages = {name: entry for name, entry in locked["packages"].items() if name}
    unsealed = [
        name for name, entry in packages.items() if not entry.get("link") and "integrity" not in entry
    ]
    assert unsealed == []


def test_lock_file_names_no_server():
    lock = read_json("labextension/package-lock.json")
    assert [name for name, entry in lock["packages"].items() if "resolved" in entry] == []


def test_palette_offers_only_commands_that_the_source_names():
    source = (ROOT / "labextension/src/plugins/commands.ts").read_text(encoding="utf-8")
    schema = (ROOT / "labextension/schema/commands.json").read_text(encoding="utf-8")
    offered = set(re.findall(r'"(scalewidgets:[a-z-]+)"', schema))
    assert offered
    assert offered <= set(re.findall(r"'(scalewidgets:[a-z-]+)'", source))
