"""Description pages: complete, current, and the same in Python, in a terminal and in the documentation."""

import subprocess
import sys

import make_dataset_pages
import pytest

import scalewidgets as sw
from scalewidgets.cli import main
from scalewidgets.data.columns import LAYOUTS
from scalewidgets.data.pages import KINDS, page
from scalewidgets.data.registry import registry
from scalewidgets.data.remotes import remotes
from scalewidgets.errors import UnknownNameError

ENTRIES = {**registry(), **remotes()}


def test_the_pages_in_the_documentation_are_current():
    """If this fails: python tools/make_dataset_pages.py."""
    written = make_dataset_pages.pages()
    folder = make_dataset_pages.DEFAULT_OUT
    assert {path.name for path in folder.iterdir()} == set(written)
    for name, text in written.items():
        assert (folder / name).read_text(encoding="utf-8") == text, name


def test_pages_of_tables_that_are_gone_are_removed(tmp_path, capsys):
    (tmp_path / "gone.md").write_text("old")
    make_dataset_pages.main(["--out", str(tmp_path)])
    assert {path.name for path in tmp_path.iterdir()} == set(make_dataset_pages.pages())
    assert f"{len(ENTRIES) + 1} pages" in capsys.readouterr().out


@pytest.mark.parametrize("name", ENTRIES)
def test_a_page_says_all_that_a_reader_needs(name):
    entry = ENTRIES[name]
    text = page(entry)
    assert f'sw.{"load" if name in registry() else "fetch"}("{name}")' in text
    for said in (
        entry.title,
        entry.description,
        entry.licence,
        entry.citation,
        entry.url,
        f"{entry.models:,}",
    ):
        assert said in text
    assert all(f"- {note}\n" in text for note in (*entry.notes, *entry.left_out))
    assert all(source in text for source in entry.sources)
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    units = {column.name: (column.unit, column.meaning) for column in entry.layout}
    assert rows == [f"| `{column}` | {units[column][0]} | {units[column][1]} |" for column in entry.columns]
    assert entry.notes
    assert entry.left_out
    assert "{" not in text.replace("```", "")


def test_every_kind_of_table_has_words():
    assert set(KINDS) >= set(LAYOUTS)


def test_proposed_exclusions_and_codes_are_on_the_page():
    assert "Proposed for exclusion from fits: 5 rows, the five highest losses" in page(
        sw.dataset("chinchilla")
    )
    assert "`cost_unknown` 18" in page(sw.dataset("aider"))
    counted = sw.load("aider")["note"].str.contains("cost_unknown").sum()
    assert counted == sw.dataset("aider").codes["cost_unknown"] == 18


def test_a_notebook_and_the_command_line_show_the_same_page(capsys):
    entry = sw.dataset("pythia_math")
    assert str(entry) == entry._repr_markdown_() == page(entry)
    assert main(["datasets", "pythia_math"]) == 0
    assert capsys.readouterr().out == page(entry)
    assert main(["datasets", "step_law"]) == 0
    assert capsys.readouterr().out == str(sw.dataset("step_law"))


def test_a_misspelt_name_is_answered_on_the_command_line_too(capsys):
    assert main(["datasets", "pythia_maths"]) == 2
    assert "Did you mean pythia_math" in capsys.readouterr().err
    with pytest.raises(UnknownNameError, match="Did you mean step_law"):
        sw.dataset("steplaw")


def test_a_page_needs_no_pandas():
    code = (
        "import sys; from scalewidgets.cli import main; main(['datasets', 'aider']); "
        "assert 'pandas' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
