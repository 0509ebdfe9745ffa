"""Write the generated part of the documentation: the reference and the pictures of the guide.

    python tools/make_docs.py [--out FOLDER] [--only reference|pictures|outputs]

FOLDER is ``docs`` unless said otherwise; ``reference/`` and ``pictures/`` in it are written anew. Of the
pages that a person wrote only the blocks of output are filled in: they hold what the Python above prints.
Everything is deterministic: a test compares it with what is committed.
"""

from __future__ import annotations

import argparse
import inspect
import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "tools"))

from pages.law_page import law_page, reference_index, theme_page  # noqa: E402
from pages.markdown import slug  # noqa: E402
from pages.outputs import with_outputs  # noqa: E402
from pages.pictures import PICTURES  # noqa: E402
from pages.room_page import room_page  # noqa: E402

from scalewidgets import laws, testtime  # noqa: E402
from scalewidgets.laws import Law, law, names  # noqa: E402

GUIDE = ROOT / "docs" / "how-to-choose-a-law.md"

TEST_TIME = (
    "Everything in `scalewidgets.testtime`. What it is for is said in "
    "[How many samples?](../how-many-samples.md); `help(sw.testtime.pass_at_k)` and so on has shapes, units, "
    "refusals and sources.",
)


def reference(folder: Path) -> None:
    """Write a page for each law, a list for each theme, and the list of all."""
    themes = by_theme()
    spoken = sections_of(GUIDE.read_text(encoding="utf-8")) if GUIDE.exists() else {}
    for theme, members in themes.items():
        place = folder / slug(theme)
        write(place / "index.md", theme_page(theme, members))
        for item in members:
            write(place / f"{item.name}.md", law_page(item, members, spoken.get(item.name, ())))
    write(folder / "index.md", reference_index(themes, functions()))
    write(folder / "test-time.md", room_page(testtime, "Reference: test time", *TEST_TIME))


def pictures(folder: Path) -> None:
    """Draw every picture of the guide."""
    for name, draw in PICTURES.items():
        write(folder / f"{name}.svg", draw())


def outputs(folder: Path) -> None:
    """Fill in what the Python of the written pages prints."""
    for page in written():
        write(folder / page.name, with_outputs(page.read_text(encoding="utf-8")))


def written() -> list[Path]:
    """The pages that a person wrote."""
    return sorted((ROOT / "docs").glob("*.md"))


def by_theme() -> dict[str, list[Law]]:
    """Every law of the registry, theme by theme."""
    themes: dict[str, list[Law]] = {}
    for name in names():
        themes.setdefault(law(name).theme, []).append(law(name))
    return themes


def sections_of(guide: str) -> dict[str, list[tuple[str, str]]]:
    """Heading and anchor of each section of the guide that links to a law, by the law."""
    found: dict[str, list[tuple[str, str]]] = {}
    for section in re.split(r"(?m)^(?=## )", guide):
        heading = re.match(r"## (.+)", section)
        if heading:
            for name in dict.fromkeys(re.findall(r"\(reference/[\w-]+/(\w+)\.md\)", section)):
                found.setdefault(name, []).append((heading[1], slug(heading[1])))
    return found


def functions() -> list[tuple[str, str]]:
    """Public functions of the laws beyond the registry: how to call them, and their first line."""
    rows = []
    for name in laws.__all__:
        item = getattr(laws, name)
        if inspect.isfunction(item) and name not in ("catalogue", "law", "names", "register"):
            first = inspect.getdoc(item).split("\n\n")[0]  # type: ignore[union-attr]
            asked = ", ".join(inspect.signature(item).parameters)
            rows.append((f"{name}({asked})", " ".join(first.split()).replace("``", "`")))
    return rows


def write(path: Path, text: str) -> None:
    """Write UTF-8 with Unix line ends, whatever the system."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8"))


PARTS = {"reference": reference, "pictures": pictures, "outputs": outputs}


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    parser.add_argument("--only", choices=PARTS)
    options = parser.parse_args(arguments)
    for part in [options.only] if options.only else PARTS:
        place = options.out if part == "outputs" else options.out / part
        if part != "outputs" and place.exists():
            shutil.rmtree(place)
        PARTS[part](place)
    return 0


if __name__ == "__main__":
    sys.exit(main())
