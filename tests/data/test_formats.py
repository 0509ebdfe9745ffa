"""The same table in every format: written, packed, read back, and the same."""

import bz2
import gzip
import io
import json
import lzma
import sys
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scalewidgets.data import apply_repair, check, json_rows, json_tables, load, read_runs, read_table
from scalewidgets.data.columns import RUNS_NAMES
from scalewidgets.data.findings import Source
from scalewidgets.errors import TableError

WRITERS = {
    "runs.csv": lambda frame: frame.to_csv(index=False).encode(),
    "runs.tsv": lambda frame: frame.to_csv(index=False, sep="\t").encode(),
    "semicolons.csv": lambda frame: frame.to_csv(index=False, sep=";").encode(),
    "utf16.csv": lambda frame: frame.to_csv(index=False).encode("utf-16"),
    "unmarked.csv": lambda frame: frame.to_csv(index=False).encode("utf-16-le"),
    "runs.jsonl": lambda frame: frame.to_json(orient="records", lines=True, double_precision=15).encode(),
    "runs.json": lambda frame: json.dumps(frame.to_dict("records")).encode(),
    "columns.json": lambda frame: json.dumps({name: list(frame[name]) for name in frame}).encode(),
    "under.json": lambda frame: json.dumps({"by": "me", "runs": frame.to_dict("records")}).encode(),
    "runs.parquet": lambda frame: _bytes(frame.to_parquet, index=False),
    "runs.xlsx": lambda frame: _bytes(frame.to_excel, index=False),
}


def _bytes(write, **options):
    buffer = io.BytesIO()
    write(buffer, **options)
    return buffer.getvalue()


def zipped(data, name="inner.csv"):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return buffer.getvalue()


@pytest.fixture
def good():
    params = np.repeat([1e8, 4e8, 1.6e9], 4)
    tokens = np.tile([2e9, 8e9, 3.2e10, 1.28e11], 3)
    loss = 1.8 + 480 / params**0.35 + 2000 / tokens**0.37
    return pd.DataFrame(
        {"run": [f"r{i}" for i in range(12)], "params": params, "tokens": tokens, "loss": loss, "lr": 3e-4}
    )


def refused(path, **options):
    with pytest.raises(TableError) as caught:
        read_runs(path, **options)
    assert caught.value.remedy
    return str(caught.value)


rows = st.lists(
    st.tuples(
        st.text("abcxyz-0 é", min_size=1, max_size=8).filter(lambda text: text.strip() == text),
        st.floats(1e6, 1e13),
        st.floats(1e7, 1e15),
        st.floats(0.5, 11.9),
    ),
    min_size=2,
    max_size=8,
)


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows, st.sampled_from(sorted(set(WRITERS) - {"runs.jsonl"})))
def test_a_tidy_table_comes_back_from_every_format_as_it_was(tmp_path, rows, name):
    names, params, tokens, loss = zip(*rows, strict=True)
    family = [f"f {name}" for name in names]  # never read as a number
    frame = pd.DataFrame({"family": family, "params": params, "tokens": tokens, "loss": loss})
    if len(set(params)) < 2 or max(params) <= min(params) * (1 + 1e-6):
        return
    tidy = read_runs(frame)
    path = tmp_path / name
    path.write_bytes(WRITERS[name](tidy[[*frame.columns, "flops", "flops_rule", "is_final"]]))
    again = read_runs(path)
    pd.testing.assert_frame_equal(
        again.reset_index(drop=True), tidy, check_dtype=False, check_column_type=False,
        rtol=1e-15 if name == "runs.xlsx" else 0, atol=0,  # a workbook keeps sixteen digits
    )  # fmt: skip


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_gives_the_same_runs(good, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(WRITERS[name](good))
    runs = read_runs(path)
    assert tuple(runs.columns) == RUNS_NAMES
    for column in ("params", "tokens", "loss"):
        assert np.allclose(runs[column], good[column], rtol=1e-14, atol=0)
    assert list(runs["run"]) == list(good["run"])
    assert runs.attrs["source_name"] == name


@pytest.mark.parametrize(
    ("suffix", "pack"),
    [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress), (".zip", zipped)],
)
def test_packed_tables_are_unpacked_whatever_they_are_called(good, tmp_path, suffix, pack):
    for name in (f"runs.csv{suffix}", "runs.dat"):
        (tmp_path / name).write_bytes(pack(good.to_csv(index=False).encode()))
        assert len(read_runs(tmp_path / name)) == 12


@pytest.mark.parametrize("name", WRITERS)
def test_rows_are_counted_as_their_owner_counts_them(good, tmp_path, name):
    good.loc[4, "loss"] = -1.0
    path = tmp_path / name
    path.write_bytes(WRITERS[name](good))
    with pytest.raises(TableError) as caught:
        read_runs(path)
    records = name.endswith((".json", ".jsonl", ".parquet"))
    assert caught.value.row == (5 if records else 6)
    (exclude,) = caught.value.repairs
    assert len(read_runs(apply_repair(read_table(path), exclude))) == 11


# --- spreadsheets ---------------------------------------------------------------------------


def test_a_workbook_says_which_sheet_and_counts_its_rows(good, tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "notes"
    sheet = book.create_sheet("runs")
    sheet.append([])
    sheet.append(["params", "tokens", "loss"])
    sheet.append(["B", "B", "nats"])
    for row in (good[["params", "tokens"]] / 1e9).assign(loss=good["loss"]).itertuples(index=False):
        sheet.append(list(row))
    book.create_sheet("other").append(["params", "tokens", "loss"])
    book.save(tmp_path / "book.xlsx")
    runs = read_runs(tmp_path / "book.xlsx")
    assert np.allclose(runs["params"], good["params"])
    said = str(check(runs))
    assert "The sheet runs is read; notes, other are not" in said
    assert "Row 3 holds units (B, B, nats)" in said
    assert "there is a header but no row" in refused(tmp_path / "book.xlsx", sheet="other")
    assert "Did you mean runs?" in refused(tmp_path / "book.xlsx", sheet="run")
    sheet["C7"] = "nothing"
    book.save(tmp_path / "book.xlsx")
    assert "book.xlsx, row 7, column loss: 'nothing' is not a number." in refused(tmp_path / "book.xlsx")


def test_a_formula_is_its_stored_result_and_never_computed(good, tmp_path):
    path = tmp_path / "book.xlsx"
    good[["params", "tokens"]].assign(loss=["=1+2", *good["loss"][1:]]).to_excel(path, index=False)
    assert "row 2, column loss: '=1+2' is not a number. Nothing is computed here" in refused(path)


def test_a_bomb_in_a_workbook_is_stopped(tmp_path, monkeypatch):
    from scalewidgets.data import containers

    monkeypatch.setattr(containers, "MAX_BYTES", 100_000)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"<x/>")
        archive.writestr("xl/sharedStrings.xml", b"a" * 1_000_000)
    (tmp_path / "bomb.xlsx").write_bytes(buffer.getvalue())
    assert "larger than 0 MB" in refused(tmp_path / "bomb.xlsx")


@pytest.mark.parametrize(("library", "name"), [("pyarrow", "runs.parquet"), ("openpyxl", "runs.xlsx")])
def test_without_the_optional_library_it_is_said_what_to_install(good, tmp_path, monkeypatch, library, name):
    (tmp_path / name).write_bytes(WRITERS[name](good))
    monkeypatch.setitem(sys.modules, library, None)
    said = refused(tmp_path / name)
    assert f"needs {library}, which is not installed" in said
    assert 'pip install "scalewidgets[tables]"' in said


def test_a_parquet_file_of_too_many_cells_is_not_unpacked(tmp_path, monkeypatch):
    from scalewidgets.data import workbooks

    monkeypatch.setattr(workbooks, "MAX_CELLS", 1000)
    pd.DataFrame({"params": np.ones(2000)}).to_parquet(tmp_path / "bomb.parquet")
    assert "2,000 rows" in refused(tmp_path / "bomb.parquet")


def test_nested_parquet_columns_get_dots(tmp_path):
    frame = pd.DataFrame(
        {"config": [{"n_params": 1e8}, {"n_params": 1e9}], "tokens": [1e10, 2e10], "loss": [3.1, 2.8]}
    )
    frame.to_parquet(tmp_path / "a.parquet")
    assert read_runs(tmp_path / "a.parquet").attrs["columns"]["params"] == "config.n_params"


# --- JSON -----------------------------------------------------------------------------------


def test_nested_json_lines_get_dots_and_lists_their_last_number(tmp_path):
    lines = [
        {"config": {"n_params": 1e8, "data": {"tokens": 2e9}}, "valid_loss": [3.9, 3.4]},
        {"config": {"n_params": 1e9, "data": {"tokens": 2e10}}, "valid_loss": [3.1, 2.7]},
    ]
    path = tmp_path / "runs.jsonl"
    path.write_text("\n\n".join(map(json.dumps, lines)))
    runs = read_runs(path)
    assert list(runs["loss"]) == [3.4, 2.7]
    assert list(runs["tokens"]) == [2e9, 2e10]
    assert list(runs.index) == [0, 2]  # lines 1 and 3
    assert "the last of each is read" in str(check(runs))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"params": 1}\n{"params": 2, "lo', "row 2: the JSON ends in the middle"),
        ('{"params": 1}\n{params: 2}\n', "row 2: this is not JSON"),
        ('{"loss": 1, "loss": 2}\n', "the name loss stands twice"),
        ('{"params": 1}\n[1, 2]\n', "row 2: this is a list"),
        ("[1, 2]", "entry 1 of the list is a number"),
        ('"text"', "a text"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": ' * 100_000, "nested too deeply"),
        ("[]", "no row"),
        ('{"loss": ' + "9" * 5000 + "}", "too many digits"),
        ('{"params": "1e9", "loss": null, "tokens": {}}', "row 1"),
    ],
)
def test_what_is_no_table_in_json_is_refused_with_its_line(tmp_path, text, said):
    path = tmp_path / ("a.jsonl" if "\n" in text else "a.json")
    path.write_text(text)
    assert said in refused(path)


def test_a_bundled_table_survives_every_format(tmp_path):
    runs = load("chinchilla")
    for name in ("runs.parquet", "runs.xlsx", "runs.csv", "runs.json"):
        path = tmp_path / name
        path.write_bytes(WRITERS[name](runs.astype({"is_final": bool})))
        again = read_runs(path)
        pd.testing.assert_series_equal(again["loss"].reset_index(drop=True), runs["loss"], rtol=1e-15)
        assert (again["flops_rule"].to_numpy() == runs["flops_rule"].to_numpy()).all()


LINES = [
    {"params": 1e9, "tokens": 2 * 10**10, "loss": 2.5, "run": "a"},
    {"params": 2e9, "tokens": 4 * 10**10, "loss": None, "run": "b, {c}"},
    {"params": 4e9, "tokens": None, "loss": 2.1, "run": "\u2028 c"},
]


@pytest.mark.parametrize(
    ("text", "quick"),
    [
        ("\n".join(map(json.dumps, LINES)), True),
        ("\n\n".join(map(json.dumps, LINES)) + "\r\n \n", True),
        ("\n".join(json.dumps({**line, "ok": True, "note": None}) for line in LINES), True),
        ("\n".join(json.dumps({**line, "loss": float("nan")}) for line in LINES), True),
        ("\n".join(json.dumps({**line, "seed": 10**30}) for line in LINES), True),
        ("\n".join(json.dumps(line) for line in [*LINES, {**LINES[0], "tokens": "20B"}] * 400), True),
        ("\n".join(json.dumps(line) for line in [*LINES * 400, {**LINES[0], "tokens": "20B"}]), False),
        ("\n".join(json.dumps(dict(reversed(line.items()))) for line in LINES) + json.dumps(LINES[0]), None),
        ("\n".join(map(json.dumps, [*LINES, {"params": 1e8, "loss": 3.0}])), False),
        ("\n".join(json.dumps({**line, "seed": 10**400}) for line in LINES), False),
        ("\n".join(json.dumps({**line, "config": {"lr": 1e-3}, "steps": [1, 2]}) for line in LINES), False),
        ('{"params": 1, "loss": 2}\n{"params": 1, "params": 2}', None),
        ('{"params": 1, "loss": 2}\n{"params": 1,\n"loss": 2}', None),
        ('{"params": 1, "loss": 2},\n{"params": 1, "loss": 2}', None),
        ('{"params": 1, "loss": 2}\n[1, 2]', None),
        ('{"params": 1, "loss": 2}\n{"params": 1, "lo', None),
        ('{"params": [{"a": 1}\n{"b": 2}]}\n{"c": 1}{"d": 2}', None),
    ],
)
def test_lines_that_are_alike_read_as_quickly_as_they_can_and_no_differently(monkeypatch, text, quick):
    source = Source("log.jsonl", None, 0)

    def read():
        try:
            return json_tables.json_table(source, text, ".jsonl")[0]
        except TableError as refused:
            return str(refused)

    assert (json_rows.alike(text) is not None) == bool(quick)
    at_once = read()
    monkeypatch.setattr(json_tables, "alike", lambda text: None)
    one_by_one = read()
    assert isinstance(at_once, str) == (quick is None)
    if isinstance(at_once, str):
        assert at_once == one_by_one
    else:
        pd.testing.assert_frame_equal(at_once, one_by_one)
