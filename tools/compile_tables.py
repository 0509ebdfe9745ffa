"""Compile the bundled tables of figures from the public raw files.

    python tools/compile_tables.py RAW_FOLDER [--out FOLDER] [--only NAME]

RAW_FOLDER holds one folder a source, with the files of the public repositories under their own
paths (long ones may be gzipped):

    colpret/            github.com/IBM/ColPret at 16f23bbe054277ddc4afd07a972dd7cfbe3f48c3
                        (arXiv:2410.11840, MIT): aggregated_eval/ and raw_data/
    epoch-chinchilla/   github.com/epoch-research/analyzing-chinchilla at
                        92258837425e1b5f2851d624287f0120583a3d0e (arXiv:2404.10102):
                        data/svg_extracted_data.csv; optional, only compared with the copy in ColPret

Every table is the work of one module in ``tools/tables``: it names its files, its licence, its
citation, the quirks it corrects and what it leaves out. The output is deterministic, and
``manifest.json`` beside the tables holds their checksums and counts.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

import tables  # noqa: E402
from tables.table import Table, to_bytes  # noqa: E402

DEFAULT_OUT = ROOT / "scalewidgets" / "data" / "tables"


def declared() -> list[Table]:
    """Every table that a module of ``tools/tables`` declares, by name."""
    modules = [
        importlib.import_module(f"tables.{info.name}") for info in pkgutil.iter_modules(tables.__path__)
    ]
    found = [module.TABLE for module in modules if hasattr(module, "TABLE")]
    return sorted(found, key=lambda table: table.name)


def compile_tables(raw: Path, out: Path, only: set[str] | None = None) -> list[dict[str, Any]]:
    """Write every table and the manifest; tables not in ``only`` keep the entry they have."""
    out.mkdir(parents=True, exist_ok=True)
    manifest = out / "manifest.json"
    before = json.loads(manifest.read_text(encoding="utf-8"))["tables"] if only and manifest.exists() else []
    entries = {entry["name"]: entry for entry in before}
    for table in declared():
        if only and table.name not in only:
            continue
        frame = table.compile(raw).reset_index(drop=True)
        content = to_bytes(frame)
        entry = table.entry(frame, content)
        (out / entry["file"]).write_bytes(content)
        entries[table.name] = entry
    ordered = [entries[name] for name in sorted(entries)]
    text = json.dumps({"version": 1, "tables": ordered}, indent=1, ensure_ascii=False) + "\n"
    manifest.write_text(text, encoding="utf-8")
    return ordered


def main(argv: list[str] | None = None) -> None:
    """Run from the command line and say what was written."""
    parser = argparse.ArgumentParser(description="Compile the bundled tables of figures.")
    parser.add_argument("raw", type=Path, help="folder with the public raw files")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT)
    parser.add_argument("--only", action="append", help="compile this table alone (may be repeated)")
    arguments = parser.parse_args(argv)
    for entry in compile_tables(arguments.raw, arguments.out, set(arguments.only or ()) or None):
        print(
            f"{entry['name']:<14}{entry['rows']:>8,} rows {entry['families']:>4} families "
            f"{entry['models']:>5} models {entry['bytes'] / 1e3:>9,.1f} kB"
        )


if __name__ == "__main__":
    main()
