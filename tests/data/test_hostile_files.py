"""Files made to break a reader: each gets its sentence, soon, and nothing of it is half read."""

import bz2
import contextlib
import gzip
import io
import lzma
import math
import os
import time
import zipfile

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalewidgets.data import check, containers, read_runs, read_samples, read_systems, read_table
from scalewidgets.errors import TableError

HEAD = "params,tokens,loss\n"
ROWS = "1B,20B,3.2\n2.8B,40B,3.0\n7B,100B,2.7\n"


def refused(folder, content, name="bad.csv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    start = time.process_time()
    with pytest.raises(TableError) as caught:
        read_runs(path)
    assert time.process_time() - start < 5
    assert caught.value.remedy
    return str(caught.value)


def zipped(members, **options):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("a.csv.gz", gzip.compress),
        ("a.csv.bz2", bz2.compress),
        ("a.csv.xz", lzma.compress),
        ("a.csv.zip", lambda data: zipped({"a.csv": data})),
    ],
)
def test_every_kind_of_bomb_stops_at_the_limit(tmp_path, monkeypatch, name, pack):
    monkeypatch.setattr(containers, "MAX_BYTES", 1_000_000)
    bomb = pack(b"0" * 20_000_000)
    assert len(bomb) < 100_000
    assert "larger than 1 MB" in refused(tmp_path, bomb, name)


@pytest.mark.parametrize(
    "pack", [gzip.compress, bz2.compress, lzma.compress, lambda data: zipped({"a.csv": data})]
)
def test_a_file_cut_short_is_damaged_not_half_read(tmp_path, pack):
    whole = pack((HEAD + ROWS * 500).encode())
    assert "damaged" in refused(tmp_path, whole[: len(whole) // 2], "cut.csv.gz")
    assert "damaged" in refused(tmp_path, whole[:-3] + b"xyz", "changed.csv.gz")


def test_several_streams_in_one_file_are_read_to_the_end(tmp_path):
    for pack in (gzip.compress, bz2.compress, lzma.compress):
        (tmp_path / "a.csv.gz").write_bytes(pack((HEAD + "1B,20B,3.2\n").encode()) + pack(b"2B,30B,3.0\n"))
        assert len(read_runs(tmp_path / "a.csv.gz")) == 2


def test_archives_with_no_table_or_several_say_what_they_hold(tmp_path):
    assert "it holds none" in refused(tmp_path, zipped({"a.exe": b"MZ"}), "a.zip")
    two = zipped({"a.csv": b"x", "b.csv": b"y", "__MACOSX/._a.csv": b""})
    assert "it holds 2 (a.csv, b.csv)" in refused(tmp_path, two, "a.zip")
    (tmp_path / "a.zip").write_bytes(zipped({"../../evil.csv": HEAD + ROWS, "readme.md": "x"}))
    assert len(read_runs(tmp_path / "a.zip")) == 3  # read, and nowhere written
    assert not (tmp_path.parent.parent / "evil.csv").exists()


def test_a_packing_that_is_not_known_is_said_and_not_called_damage(tmp_path):
    whole = bytearray(zipped({"a.csv": HEAD + ROWS}))
    for mark, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):  # method 93 is Zstandard
        place = whole.index(mark) + at
        whole[place : place + 2] = (93).to_bytes(2, "little")
    said = refused(tmp_path, bytes(whole), "a.zip")
    assert ("damaged" if hasattr(zipfile, "ZIP_ZSTANDARD") else "cannot unpack") in said


def test_an_archive_inside_an_archive_is_not_followed(tmp_path):
    inner = zipped({"a.csv": HEAD + ROWS})
    assert "archive inside" in refused(tmp_path, zipped({"a.csv": inner}), "a.zip")
    assert "gzip file inside" in refused(tmp_path, gzip.compress(gzip.compress(b"x")), "a.csv.gz")


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "json", "xlsx", "parquet"])
@pytest.mark.parametrize(
    "content",
    [
        b"x" * 10_000_000,
        b"\x00" * 10_000_000,
        b"[" * 10_000_000,
        b"{" * 10_000_000,
        b'"' * 10_000_000,
        b"\n" * 10_000_000,
        b"PK\x03\x04" + b"\xff" * 1_000_000,
        b"PAR1" + b"\xff" * 1_000_000 + b"PAR1",
        b"\xff\xfe" + b"\x00" * 1_000_000,
        b"\x1f\x8b\x08" + b"\x00" * 1000,
        b"BZh9" + b"\x00" * 1000,
        b"\xfd7zXZ\x00" + b"\x00" * 1000,
    ],
    ids=["x", "nul", "list", "object", "quote", "lines", "zip", "parquet", "utf16", "gzip", "bzip2", "xz"],
)
def test_ten_megabytes_of_anything_are_refused_soon(tmp_path, suffix, content):
    refused(tmp_path, content, f"bad.{suffix}")


def test_zero_bytes_between_good_rows(tmp_path):
    assert "line 3 holds a zero byte" in refused(tmp_path, HEAD.encode() + b"1B,20B,3.2\n2B,\x0030B,3.0\n")
    assert "zero byte" in refused(tmp_path, (HEAD + "1B,2\x00B,3\n").encode("utf-16"))


def test_two_encodings_in_one_file_are_both_named(tmp_path):
    mixed = "params,tokens,loss,name\n1B,20B,3.2,é\n".encode() + "2B,30B,3.0,ü\n".encode("latin-1")
    assert "two encodings are mixed: line 3 is not UTF-8 text (byte 0xfc), line 2 is" in refused(
        tmp_path, mixed
    )


def test_a_western_spreadsheet_is_read_with_a_warning(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("params;tokens;loss;name\n1B;20B;3,2;Größe\n2B;30B;3,0;b\n".encode("cp1252"))
    runs = read_runs(path)
    assert list(runs["model"]) == ["Größe", "b"]
    warning = next(f for f in runs.attrs["findings"] if "Windows-1252" in f.message)
    assert warning.level == "warning"


def test_a_million_columns_are_not_a_table(tmp_path):
    assert "the header has 400,001 columns" in refused(tmp_path, "a" + ",a" * 400_000 + "\n1\n")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(TableError, match="not an ordinary file"):
        read_table(tmp_path / "pipe.csv")


def test_an_address_is_not_a_file():
    with pytest.raises(TableError, match="an address"):
        read_table("https://example.org/runs.csv")


def test_old_line_ends_and_spreadsheet_marks(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes((HEAD + ROWS).replace("\n", "\r").encode())
    assert len(read_runs(path)) == 3
    path.write_text("sep=;\n" + (HEAD + ROWS).replace(",", ";"))
    assert list(read_runs(path).index) == [0, 1, 2]
    path.write_text("# made by a script\n# on a Friday\n" + HEAD + ROWS)
    runs = read_runs(path)
    assert "Lines above row 3 begin with #" in str(runs.attrs["findings"])
    path.write_text("# " + HEAD + "1e9 , 2e10 ,3\n2e9,3e10,2.9\n")
    assert len(read_runs(path)) == 2


NAMES = (
    *(
        "params",
        "tokens",
        "loss",
        "flops",
        "val_ppl",
        "bpb",
        "run",
        "model",
        "step",
        "batch_tokens",
        "family",
    ),
    *("State", "problem_id", "n", "c", "correct", "score", "accuracy", "cost", "n_tasks", "system", "filter"),
    *("doc_id", "latency_ms", "x", "Step", "a - train/loss", "b - train/loss", "is_final", "repeat", ""),
)
CELLS = (
    *(1, 0, -1, 1e9, 2.8e9, 3.1, 2.5, 1e300, 1e-300, math.nan, math.inf, None, True, 12345678901234567890),
    *(
        "",
        "2.8B",
        "7",
        "1,5",
        "=A1",
        "C",
        "P",
        "failed: x",
        "[1,0]",
        "[true,false]",
        "gpt-160m",
        "35%",
        "$3",
        "B",
    ),
    *([1, 2], [True, False], {"a": 1}),
)
tables = st.lists(st.sampled_from(NAMES), min_size=1, max_size=6).flatmap(
    lambda names: st.lists(
        st.lists(st.sampled_from(CELLS), min_size=len(names), max_size=len(names)), min_size=0, max_size=5
    ).map(lambda rows: pd.DataFrame(rows, columns=names))
)


@settings(deadline=None, max_examples=60)
@given(tables, st.sampled_from([read_runs, read_samples, read_systems]))
def test_no_table_whatsoever_gets_anything_but_a_table_or_a_sentence(frame, reader):
    with contextlib.suppress(TableError):
        assert "findings" in reader(frame).attrs
    assert "<div>" in check(frame)._repr_html_()
