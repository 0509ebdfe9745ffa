"""Tests of the data room; the compiler's modules are imported from ``tools``."""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

# Compiling again needs the public raw files, which are no part of the repository.
collect_ignore = [] if os.environ.get("SCALEWIDGETS_RAW") else ["test_recompile.py", "test_fetch_raw.py"]


@pytest.fixture(scope="session")
def raw(tmp_path_factory):
    """A folder laid out like the public raw files, with a few made-up rows of every source."""
    from made_up_raw import write

    folder = tmp_path_factory.mktemp("raw")
    write(folder)
    return folder
