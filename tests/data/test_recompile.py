"""Compiling the public raw files again gives the tables that are committed, to the last byte."""

import json
import os
from pathlib import Path

from compile_tables import DEFAULT_OUT, compile_tables


def test_recompiling_gives_identical_bytes(tmp_path):
    compile_tables(Path(os.environ["SCALEWIDGETS_RAW"]), tmp_path)
    for name in ["manifest.json", *(path.name for path in DEFAULT_OUT.glob("*.csv.gz"))]:
        assert (tmp_path / name).read_bytes() == (DEFAULT_OUT / name).read_bytes(), name
    assert json.loads((tmp_path / "manifest.json").read_text())["tables"]
