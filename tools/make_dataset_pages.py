"""Write the description pages of the data sets from the registry.

    python tools/make_dataset_pages.py [--out FOLDER]

One page a data set and a list of them; a test holds that the pages in ``docs/datasets`` are current.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scalewidgets.data.pages import index, page  # noqa: E402
from scalewidgets.data.registry import registry  # noqa: E402
from scalewidgets.data.remotes import remotes  # noqa: E402

DEFAULT_OUT = ROOT / "docs" / "datasets"


def pages() -> dict[str, str]:
    """Text of every page by file name."""
    entries = [*registry().values(), *remotes().values()]
    return {"README.md": index(), **{f"{entry.name}.md": page(entry) for entry in entries}}


def main(argv: list[str] | None = None) -> None:
    """Write the pages and remove those of data sets that are gone."""
    parser = argparse.ArgumentParser(description="Write the description pages of the data sets.")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT)
    out = parser.parse_args(argv).out
    out.mkdir(parents=True, exist_ok=True)
    written = pages()
    for old in out.glob("*.md"):
        if old.name not in written:
            old.unlink()
    for name, text in written.items():
        (out / name).write_text(text, encoding="utf-8")
    print(f"{len(written)} pages in {out}")


if __name__ == "__main__":
    main()
