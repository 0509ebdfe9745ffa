"""What a reader of the documentation would lose: pages that are out of date, links that lead nowhere."""

import importlib.util
import re
import sys
from functools import cache
from pathlib import Path

import pytest

from scalewidgets.laws import law, names

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
REMEDY = "run: python tools/make_docs.py"
NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
WRITTEN = sorted(page.name for page in DOCS.glob("*.md"))


@cache
def make_docs():
    spec = importlib.util.spec_from_file_location("make_docs", ROOT / "tools" / "make_docs.py")
    module = importlib.util.module_from_spec(spec)
    before = list(sys.path)
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path[:] = before
    return module


def pages():
    return sorted(DOCS.rglob("*.md"))


def prose(page):
    return re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)


def anchors(page):
    return {make_docs().slug(heading) for heading in re.findall(r"(?m)^#+ (.+)$", prose(page))}


def alike(made, kept):
    """Equal, but for a tenth of a pixel on a picture: the last bit of a fit is the machine's."""
    if made == kept or made is None or kept is None or not made.startswith(b"<svg"):
        return made == kept
    (words, numbers), (other_words, other_numbers) = (
        (NUMBER.sub("#", text), [float(n) for n in NUMBER.findall(text)])
        for text in (made.decode(), kept.decode())
    )
    return words == other_words and numbers == pytest.approx(other_numbers, abs=0.1)


@pytest.mark.parametrize("part", ["reference", "pictures"])
def test_generated_pages_and_pictures_are_those_of_the_code(part, tmp_path):
    assert make_docs().main(["--out", str(tmp_path), "--only", part]) == 0
    made = {f.relative_to(tmp_path): f.read_bytes() for f in tmp_path.rglob("*") if f.is_file()}
    kept = {f.relative_to(DOCS): f.read_bytes() for f in (DOCS / part).rglob("*") if f.is_file()}
    changed = sorted(
        str(name) for name in made.keys() | kept.keys() if not alike(made.get(name), kept.get(name))
    )
    assert changed == [], REMEDY


@pytest.mark.parametrize("page", WRITTEN)
def test_python_of_a_written_page_runs_and_prints_what_the_page_shows(page):
    text = (DOCS / page).read_text("utf-8")
    assert make_docs().with_outputs(text) == text, REMEDY


def test_every_link_leads_somewhere():
    lost = []
    for page in [*pages(), ROOT / "README.md"]:
        for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
            if target.startswith("https://"):
                continue
            path, _, anchor = target.partition("#")
            there = (page.parent / path).resolve() if path else page
            if not there.is_file() or (anchor and anchor not in anchors(there)):
                lost.append(f"{page.relative_to(ROOT)}: {target}")
    assert lost == []


def test_every_law_has_a_page_and_every_unverified_part_says_so():
    silent = []
    index = (DOCS / "reference" / "index.md").read_text("utf-8")
    for name in names():
        item = law(name)
        page = DOCS / "reference" / make_docs().slug(item.theme) / f"{name}.md"
        text = page.read_text("utf-8")
        doubts = (item.mark == "U") + len(item.published) - len(item.verified)
        listed = next(line for line in index.splitlines() if f"| `{name}` |" in line)
        if doubts and not re.search(r"(?m)^> .*\*\*UNVERIFIED\*\*", text):
            silent.append(name)
        if bool(doubts) != ("UNVERIFIED" in listed) or bool(doubts) != ("UNVERIFIED" in text):
            silent.append(f"{name}: the list and the page disagree with the law")
    assert silent == []


def test_written_pages_say_unverified_where_they_name_an_unverified_form():
    silent = []
    for page in WRITTEN:
        for paragraph in (DOCS / page).read_text("utf-8").split("\n"):
            for name in re.findall(r"\(reference/[\w-]+/(\w+)\.md\)", paragraph):
                if law(name).mark == "U" and "UNVERIFIED" not in paragraph:
                    silent.append(f"{page}: {name}")
    assert silent == []


def test_no_example_shows_unverified_coefficients():
    for name in names():
        known = sys.modules["pages.examples"].whole_set(law(name)) if make_docs() else None
        assert known is None or known.verified


def test_pictures_are_small_have_words_for_those_who_do_not_see_them_and_are_all_shown():
    guide = (DOCS / "how-to-choose-a-law.md").read_text("utf-8")
    shown = re.findall(r"!\[([^\]]+)\]\(pictures/([\w-]+)\.svg\)", guide)
    assert all(len(words) > 20 for words, _ in shown)
    assert sorted(name for _, name in shown) == sorted(f.stem for f in (DOCS / "pictures").glob("*.svg"))
    assert max(f.stat().st_size for f in (DOCS / "pictures").glob("*.svg")) < 20_000


def test_every_row_of_the_decision_table_has_its_section_with_a_picture_and_five_answers():
    guide = (DOCS / "how-to-choose-a-law.md").read_text("utf-8")
    rows = re.findall(r"(?m)^\| \[[^\]]+\]\(#([\w-]+)\)", guide)
    sections = {make_docs().slug(text.split("\n")[0]): text for text in guide.split("\n## ")[1:]}
    assert list(sections) == rows
    for name, text in sections.items():
        assert "](pictures/" in text, name
        for answer in ("Fit", "Columns", "Runs", "Trap", "Next"):
            assert f"\n- **{answer}**" in text, f"{name}: {answer}"
