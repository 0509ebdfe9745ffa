"""Bad input, one by one: a sentence with file, row, column and remedy, and repairs that work."""

import contextlib
import gzip
import pickle
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scalewidgets.data import apply_repair, containers, load, read_runs, read_table
from scalewidgets.errors import TableError, UnknownNameError

HEAD = "params,tokens,loss\n"
ROWS = "1B,20B,3.2\n2.8B,40B,3.0\n7B,100B,2.7\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "runs.csv").write_text(HEAD + ROWS)
    return tmp_path


def refused(path_or_frame, **options):
    with pytest.raises(TableError) as caught:
        read_runs(path_or_frame, **options)
    error = caught.value
    assert error.message.endswith(".")
    assert error.remedy
    assert error.remedy[-1] in ".?"
    assert "Traceback" not in str(error)
    return error


def written(folder, content, name="bad.csv"):
    path = folder / name
    if isinstance(content, str):
        path.write_text(content)
    else:
        path.write_bytes(content)
    return path


@pytest.fixture
def one_perplexity(folder):
    """The 240 runs of the fit, and in row 41 of the file a perplexity."""
    runs = load("chinchilla")[["params", "tokens", "loss"]].iloc[5:].reset_index(drop=True)
    runs.loc[39, "loss"] = 24.9
    runs.to_csv(folder / "runs.csv", index=False)
    return folder / "runs.csv"


# --- the file -------------------------------------------------------------------------------


def test_missing_file_names_the_close_one(folder):
    error = refused(folder / "rums.csv")
    assert "rums.csv: there is no such file" in str(error)
    assert "Did you mean runs.csv?" in str(error)
    assert error.file == str(folder / "rums.csv")


def test_missing_folder(folder):
    assert "there is no folder" in str(refused(folder / "nowhere" / "runs.csv"))


def test_a_folder_instead_of_a_file(folder):
    assert "this is a folder, not a file. Name a table in it, such as runs.csv." in str(refused(folder))


def test_a_path_that_no_system_accepts(folder):
    assert "could not be read" in str(refused(folder / ("x" * 5000)))
    assert "could not be read" in str(refused("runs\0.csv"))


@pytest.mark.parametrize("content", ["", "\n\n  \n", ",,,\n,,\n"])
def test_empty_file(folder, content):
    assert "bad.csv: the file" in str(refused(written(folder, content)))


def test_header_only(folder):
    assert "there is a header but no row below it" in str(refused(written(folder, HEAD)))
    assert "there is a header but no row below it" in str(refused(written(folder, "params,tokens,loss")))
    assert "no row below it" in str(refused(pd.DataFrame({"N": [], "D": [], "loss": []})))


def test_numbers_where_the_header_should_be(folder):
    assert "the first row holds numbers" in str(refused(written(folder, "1e9,2e10,3.2\n2e9,2e10,3.0\n")))
    assert "the first row holds numbers" in str(
        refused(written(folder, "63.5, 2.39\n75.1, 2.36\n85, 2.34\n"))
    )


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"PK\x03\x04" + b"\0" * 99, "damaged"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 99, "old Excel"),
        (b"PAR1" + b"\0" * 99, "Parquet file is damaged"),
        (b"\x89PNG\r\n", "picture"),
        (b"params,tokens\n1,\x00\x01\x02", "line 2 holds a zero byte"),
        ("params,tokens,loss\n1e9,2e9,3\nä\x07,1,1\n".encode("latin-1"), "line 3 is not UTF-8"),
        ("params,tokens,loss,ü\n1e9,2e9,3,é\n".encode() + "1,1,1,ß\n".encode("latin-1"), "two encodings"),
        (b"\xff\xfe\x00", "not whole UTF"),
        (bytes(range(255, 0, -1)), "not whole UTF-16"),
    ],
)
def test_binary_garbled_and_wrongly_encoded_files(folder, content, what):
    assert what.lower() in str(refused(written(folder, content))).lower()


def test_a_damaged_gzip_file(folder):
    whole = gzip.compress((HEAD + ROWS * 50).encode())
    assert "damaged" in str(refused(written(folder, whole[:40], "bad.csv.gz")))
    assert "damaged" in str(refused(written(folder, b"\x1f\x8b" + b"x" * 50, "bad.csv.gz")))


def test_a_gzip_bomb_is_stopped_at_the_limit(folder, monkeypatch):
    monkeypatch.setattr(containers, "MAX_BYTES", 1_000_000)
    bomb = written(folder, gzip.compress(b"0" * 50_000_000), "bomb.csv.gz")
    assert "larger than 1 MB" in str(refused(bomb))


@pytest.mark.parametrize(
    "content", ["x" * 10_000_000, HEAD + "1," * 5_000_000, '"' + "a\n" * 5_000_000, "," * 10_000_000]
)
def test_ten_megabytes_in_one_line_or_cell_do_not_hang(folder, content):
    start = time.perf_counter()
    refused(written(folder, content))
    assert time.perf_counter() - start < 5


def test_a_row_with_too_many_cells(folder):
    error = refused(written(folder, HEAD + "1B,20B,3.2\n2B,20B,3.2,5\n"))
    assert "row 3 holds 4 cells, the header 3" in str(error)


def test_every_row_with_more_cells_than_the_header(folder):
    assert "cells" in str(refused(written(folder, HEAD + "1B,20B,3.2,7\n2B,20B,3.1,8\n")))


def test_a_row_with_too_few_cells(folder):
    error = refused(written(folder, HEAD + "1B,20B,3.2\n2B,20B\n"))
    assert (error.row, error.column) == (3, "loss")


def test_a_quotation_mark_that_is_never_closed(folder):
    assert "quotation mark" in str(refused(written(folder, HEAD + '"1B,20B,3.2\n2B,20B,3\n')))


# --- the columns ----------------------------------------------------------------------------


def test_no_column_is_recognised(folder):
    error = refused(written(folder, "a,b,c\n1,2,3\n"))
    assert "Found: a, b, c." in str(error)
    assert "Needed are loss and two of params, tokens and flops" in str(error)


def test_the_loss_is_missing(folder):
    error = refused(written(folder, "params,tokens,accuracy\n1B,20B,.3\n"))
    assert "no column was recognised as the loss." in str(error)
    assert 'columns={"loss": "..."}' in str(error)


def test_size_or_data_is_missing(folder):
    error = refused(written(folder, "compute,loss\n1e20,3\n"))
    assert "recognised as params or tokens" in str(error)


def test_a_column_twice(folder):
    error = refused(written(folder, "params,loss,tokens,loss\n1B,3.2,20B,3.1\n2B,3,30B,3\n"))
    assert error.column == "loss"
    assert "two columns have the name loss" in str(error)


def test_a_column_that_is_not_there():
    frame = pd.DataFrame({"size": [1e9, 2e9], "tokens": [1e10, 2e10], "val": [3.0, 2.9]})
    error = refused(frame, columns={"loss": "vall"})
    assert "there is no column 'vall'" in str(error)
    assert "Did you mean val?" in str(error)
    assert "Did you mean params?" in str(refused(frame, columns={"parms": "size"}))
    assert "not a unit" in str(refused(frame, columns={"params": ("size", "dozen")}))


# --- the cells ------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["params", "tokens", "loss"])
@pytest.mark.parametrize(
    ("cell", "what"),
    [
        ("abc", "'abc' is not a number"),
        ("=2+3", "'=2+3' is not a number"),
        ("true", "is not a number"),
        ("", "the cell is empty"),
        ("NaN", "NaN is not a number"),
        ("inf", "the value is infinite"),
        ("-inf", "the value is infinite"),
        ("1e999", "the value is infinite"),
        ("0", "0 must be greater than zero"),
        ("-2.5", "-2.5 must be greater than zero"),
        ("1e300", "1e+300 is beyond anything a run can have"),
        ("1e-300", "1e-300 is beyond anything a run can have"),
    ],
)
def test_a_cell_that_cannot_be_used(folder, column, cell, what):
    cells = {"params": "2.8B", "tokens": "40B", "loss": "3.0", column: cell}
    row = ",".join(cells.values())
    path = written(folder, f"{HEAD}1B,20B,3.2\n{row}\n7B,100B,2.7\n")
    error = refused(path)
    assert str(error).startswith(f"bad.csv, row 3, column {column}: ")
    assert what in str(error)
    assert (error.row, error.column, error.file) == (3, column, str(path))
    (exclude,) = error.repairs
    assert exclude["label"] == "Exclude the row"
    assert len(read_runs(apply_repair(read_table(path), exclude))) == 2


def test_a_column_of_text(folder):
    error = refused(written(folder, HEAD + "a,1B,3\nb,2B,3\n"))
    assert "the first of 2 rows that cannot be used" in str(error)
    assert error.repairs == ()  # nothing would be left


def test_truth_values_are_not_numbers():
    frame = pd.DataFrame({"N": [1e9, 2e9], "D": [1e10, 2e10], "loss": [True, False]})
    assert "True" in str(refused(frame))


def test_a_bad_cell_of_a_frame_is_found_by_its_label():
    frame = pd.DataFrame({"N": [1e9, 2e9], "D": [1e10, None], "loss": [3.0, 2.9]}, index=["a", "b"])
    error = refused(frame)
    assert "The table, row 'b', column D: the cell is empty." in str(error)
    assert error.row is None


def test_several_bad_rows_are_excluded_together(folder):
    path = written(folder, HEAD + ROWS + "1B,2B,-1\n1B,2B,x\n")
    error = refused(path)
    (exclude,) = error.repairs
    assert exclude["label"] == "Exclude the 2 rows"
    assert len(read_runs(apply_repair(read_table(path), exclude))) == 3


# --- the runs together ----------------------------------------------------------------------


def test_one_row(folder):
    error = refused(written(folder, HEAD + "1B,20B,3.2\n"))
    assert "row 2: there is one run" in str(error)
    assert error.row == 2


def test_one_model_size(folder):
    error = refused(written(folder, HEAD + "7B,20B,3.2\n7B,40B,3.0\n7e9,60B,2.9\n"))
    assert "all 3 runs have one model size, 7.0 B" in str(error)
    assert error.column == "params"


# --- perplexities ---------------------------------------------------------------------------


def test_one_perplexity_among_losses_reads_as_on_the_screen(one_perplexity):
    error = refused(one_perplexity)
    assert str(error) == (
        "runs.csv, row 41, column loss: 24.9 looks like a perplexity; the other 239 losses lie between "
        "2.08 and 3.41. Use ln, 3.21, or exclude the row."
    )
    assert [repair["label"] for repair in error.repairs] == ["Use ln, 3.21", "Exclude the row"]
    assert {repair["row"] for repair in error.repairs} == {41}


def test_the_offered_repairs_mend_the_table(one_perplexity):
    error = refused(one_perplexity)
    cells = read_table(one_perplexity)
    before = cells.copy()
    logarithm, exclude = error.repairs
    mended = read_runs(apply_repair(cells, logarithm))
    assert mended["loss"][39] == np.log(24.9)
    assert len(mended) == 240
    shorter = read_runs(apply_repair(cells, exclude))
    assert len(shorter) == 239
    assert 39 not in shorter.index
    assert 40 in shorter.index  # the other rows are still found where they were
    pd.testing.assert_frame_equal(cells, before)


def test_repairs_survive_a_worker_process(one_perplexity):
    error = refused(one_perplexity)
    assert pickle.loads(pickle.dumps(error)).repairs == error.repairs


def test_several_perplexities_are_mended_together(one_perplexity):
    cells = read_table(one_perplexity)
    cells.loc[50, "loss"] = 33.0
    error = refused(cells)
    assert "24.9 looks like a perplexity (so does row 52)" in str(error)
    logarithm, exclude = error.repairs
    assert list(read_runs(apply_repair(cells, logarithm))["loss"][[39, 50]]) == list(np.log([24.9, 33.0]))
    assert len(read_runs(apply_repair(cells, exclude))) == 238


def test_a_column_of_perplexities_is_mended_as_a_whole(folder):
    frame = pd.DataFrame(
        {"params": [1e8, 1e9, 1e10], "tokens": [1e10, 1e11, 1e12], "loss": [60.0, 20.0, 9.8]}
    )
    frame.to_csv(folder / "ppl.csv", index=False)
    error = refused(folder / "ppl.csv")
    assert "the losses lie between 9.8 and 60 and look like perplexities" in str(error)
    (logarithm,) = error.repairs
    mended = read_runs(apply_repair(read_table(folder / "ppl.csv"), logarithm))
    assert np.allclose(mended["loss"], np.log(frame["loss"]))


def test_a_repair_works_on_a_frame_with_names_and_on_text(folder):
    frame = pd.DataFrame({"N": [1e8, 1e9, 1e10], "D": [1e10, 1e11, 1e12], "loss": ["3.0", "24.9", "2.5"]})
    frame.index = ["a", "b", "c"]
    logarithm, _ = refused(frame).repairs
    assert read_runs(apply_repair(frame, logarithm))["loss"]["b"] == np.log(24.9)


def test_a_repair_of_another_table_is_refused(one_perplexity):
    repair = refused(one_perplexity).repairs[0]
    with pytest.raises(TableError, match="does not have"):
        apply_repair(pd.DataFrame({"loss": [1.0]}), repair)
    with pytest.raises(UnknownNameError):
        apply_repair(read_table(one_perplexity), {"action": "shout"})


# --- anything at all ------------------------------------------------------------------------


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")),
        st.text("0123456789.,;\t\n\"'eBN-xé", max_size=200).map(lambda text: (HEAD + text).encode()),
    )
)
def test_no_file_whatsoever_gets_anything_but_a_table_or_a_sentence(tmp_path, content):
    path = tmp_path / "any.csv"
    path.write_bytes(content)
    with contextlib.suppress(TableError):
        runs = read_runs(path)
        assert np.isfinite(runs[["params", "tokens", "flops", "loss"]].to_numpy()).all()
