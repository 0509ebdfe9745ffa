"""Tables given to a widget: those that hold no runs are refused in words."""

import pytest

import scalewidgets as sw
from scalewidgets.data.registry import registry
from scalewidgets.errors import TableError
from scalewidgets.widgets.tables import named_table

OTHERS = [name for name, entry in registry().items() if entry.kind != "runs"]


@pytest.mark.parametrize("name", OTHERS)
def test_a_table_without_runs_is_refused_with_those_that_have_them(name):
    with pytest.raises(TableError, match=r"is a table of .*rows? .*Tables of runs are chinchilla"):
        named_table(name)
    with pytest.raises(TableError, match="a loss"):
        sw.LawFitter(name)


def test_rows_of_another_kind_that_are_runs_are_taken():
    table = sw.load("llm_line")
    c4 = table[(table["eval_data"] == "C4") & table["tokens"].notna()]
    assert named_table(c4)[1:3] == ("own", f"{table.attrs['title']}, {len(c4)} rows of it")


def test_a_fetched_table_is_named_by_how_it_was_fetched():
    runs = sw.load("chinchilla")
    runs.attrs |= {"name": "misfitting", "title": "Misfitting", "fetched": True}
    _, source, title, code = named_table(runs)
    assert (source, title) == ("own", "Misfitting")
    assert code.startswith("sw.fetch('misfitting')")
