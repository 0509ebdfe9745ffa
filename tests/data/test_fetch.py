"""Data that is not bundled: checked, kept, and without a connection a sentence that says what to do."""

import dataclasses
import gzip
import hashlib
import json
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from made_up_remote import FILES

import scalewidgets as sw
from scalewidgets.data import fetching, remote_tables, remotes
from scalewidgets.data.registry import registry
from scalewidgets.errors import FetchError, TableError, UnknownNameError

NAMES = tuple(remotes.remotes())


@pytest.fixture
def made_up(monkeypatch, tmp_path):
    """The catalogue with the checksums of made-up files; each test has a cache of its own."""

    def entry(name):
        known = remotes.remotes()[name]
        files = [
            remotes.File(path, len(content), hashlib.sha256(content).hexdigest())
            for path, content in FILES[name].items()
        ]
        assert [file.path for file in known.files] == [file.path for file in files]
        return dataclasses.replace(known, files=tuple(files))

    monkeypatch.setattr(fetching, "remote", entry)
    monkeypatch.setenv(fetching.CACHE_VARIABLE, str(tmp_path / "cache"))
    return entry


@pytest.fixture
def server(monkeypatch):
    """Serve the made-up files on this machine, and remember what was asked for."""

    class Asked(list):
        cut = None  # bytes after which the connection is lost

    asked = Asked()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            path = self.path.split("/", 4)[4]
            content = next((files[path] for files in FILES.values() if path in files), None)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write((content or b"")[: asked.cut])

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
        thread = threading.Thread(target=served.serve_forever)
        thread.start()
        monkeypatch.setattr(remotes, "HOST", f"http://127.0.0.1:{served.server_port}")
        yield asked
        served.shutdown()
        thread.join()


def copy(name, folder, rename=str, zipped=False):
    """Save the made-up files of one data set as a reader would."""
    for number, (path, content) in enumerate(FILES[name].items()):
        target = folder / rename(path, number) if rename is not str else folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(gzip.compress(content) if zipped else content)
    return folder


def test_addresses_name_a_commit_and_every_file_a_checksum():
    for entry in remotes.remotes().values():
        assert re.fullmatch(r"[0-9a-f]{40}", entry.commit)
        for file in entry.files:
            assert entry.address(file).startswith("https://raw.githubusercontent.com/")
            assert f"/{entry.commit}/" in entry.address(file)
            assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
        assert "none stated" in entry.licence
        assert entry.name not in registry()
        assert f"{entry.rows:,}" in entry.description


def test_a_download_is_kept_and_not_made_twice(made_up, server):
    first = sw.fetch("step_law")
    assert len(server) == 2
    again = sw.fetch("step_law")
    assert len(server) == 2
    assert first.equals(again)
    assert first.attrs["citation"].endswith("arXiv:2503.04715")


def test_a_kept_file_that_was_changed_is_downloaded_again(made_up, server):
    sw.fetch("misfitting")
    kept = fetching.cache_folder(made_up("misfitting")) / "data/scaling_results_last_ckpt_only.csv"
    kept.write_bytes(b"changed")
    assert len(sw.fetch("misfitting")) == 2
    assert len(server) == 2


def test_without_a_connection_the_sentence_says_what_to_do(made_up, monkeypatch):
    monkeypatch.setattr(remotes, "HOST", "http://127.0.0.1:9")
    with pytest.raises(FetchError) as refusal:
        sw.fetch("misfitting")
    entry, said = made_up("misfitting"), str(refusal.value)
    assert "there is no connection to the server" in said
    assert entry.address(entry.files[0]) in said
    assert str(fetching.cache_folder(entry) / entry.files[0].path) in said
    assert entry.files[0].sha256 in said
    # What the sentence says works.
    target = fetching.cache_folder(entry) / entry.files[0].path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(FILES["misfitting"][entry.files[0].path])
    assert len(sw.fetch("misfitting")) == 2


def test_what_comes_back_is_checked(made_up, server, monkeypatch):
    monkeypatch.setitem(FILES["misfitting"], "data/scaling_results_last_ckpt_only.csv", b"another file")
    entry = dataclasses.replace(made_up("misfitting"), files=remotes.remotes()["misfitting"].files)
    monkeypatch.setattr(fetching, "remote", lambda name: entry)
    with pytest.raises(FetchError, match="not the file with this checksum"):
        sw.fetch("misfitting")


def test_a_download_that_breaks_off_leaves_nothing_behind_and_can_be_made_again(made_up, server):
    content = FILES["misfitting"]["data/scaling_results_last_ckpt_only.csv"]
    server.cut = len(content) // 2
    with pytest.raises(FetchError, match="broke off in the middle"):
        sw.fetch("misfitting")
    folder = fetching.cache_folder(made_up("misfitting"))
    assert not [path for path in folder.rglob("*") if path.is_file()]
    server.cut = None
    assert len(sw.fetch("misfitting")) == 2


def test_a_cache_that_cannot_be_written_is_not_called_a_lost_connection(
    made_up, server, monkeypatch, tmp_path
):
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv(fetching.CACHE_VARIABLE, str(tmp_path / "file"))
    with pytest.raises(FetchError, match="cannot be kept in") as refusal:
        sw.fetch("misfitting")
    assert fetching.CACHE_VARIABLE in str(refusal.value)


def test_a_path_that_is_none_is_a_sentence(made_up):
    with pytest.raises(TableError, match="not int"):
        sw.fetch("misfitting", path=3)


def test_a_page_that_is_gone_is_said(made_up, server, monkeypatch):
    entry = made_up("misfitting")
    gone = dataclasses.replace(entry, files=(entry.files[0]._replace(path="data/gone.csv"),))
    monkeypatch.setattr(fetching, "remote", lambda name: gone)
    with pytest.raises(FetchError, match="the server answered 404"):
        sw.fetch("misfitting")


def test_without_pooch_the_sentence_says_what_to_install(made_up, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(FetchError, match=r"pip install 'scalewidgets\[fetch\]'"):
        sw.fetch("loss_to_loss")
    assert len(sw.fetch("loss_to_loss", path=copy("loss_to_loss", tmp_path / "own"))) == 8


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_an_own_copy_is_known_by_its_content_and_not_by_its_name(made_up, tmp_path, name, zipped):
    folder = copy(
        name, tmp_path / "x", lambda path, number: f"deep/{number}.{'gz' if zipped else 'txt'}", zipped
    )
    (folder / "another.txt").write_text("something else")
    table = sw.fetch(name, path=folder)
    assert tuple(table.columns) == tuple(column.name for column in made_up(name).layout)
    assert table.attrs["name"] == name
    json.dumps(table.attrs)
    assert [column for column in table.columns if table[column].notna().any()] == list(made_up(name).columns)


def test_a_single_file_may_be_named(made_up, tmp_path):
    copy("misfitting", tmp_path, lambda path, number: "mine.csv")
    assert len(sw.fetch("misfitting", path=tmp_path / "mine.csv")) == 2


def test_a_copy_that_is_another_file_is_refused_with_the_address(made_up, tmp_path):
    (tmp_path / "mine.csv").write_bytes(
        FILES["misfitting"]["data/scaling_results_last_ckpt_only.csv"] + b"\n"
    )
    entry = made_up("misfitting")
    for path in (tmp_path, tmp_path / "mine.csv"):
        with pytest.raises(TableError) as refusal:
            sw.fetch("misfitting", path=path)
        assert entry.files[0].sha256 in str(refusal.value)
        assert entry.address(entry.files[0]) in str(refusal.value)
    with pytest.raises(TableError, match="there is no such file or folder"):
        sw.fetch("misfitting", path=tmp_path / "nothing")
    (tmp_path / "broken.gz").write_bytes(gzip.compress(b"x" * 100)[:20])
    with pytest.raises(TableError, match="does not hold"):
        sw.fetch("misfitting", path=tmp_path)


def test_names_are_looked_up_with_help():
    with pytest.raises(UnknownNameError, match="Did you mean misfitting"):
        sw.fetch("misfiting")
    with pytest.raises(UnknownNameError, match=r"use sw\.load\('chinchilla'\)"):
        sw.fetch("chinchilla")
    with pytest.raises(UnknownNameError, match=r"use sw\.fetch\('step_law'\)"):
        sw.load("step_law")


def test_what_can_be_fetched_is_listed():
    table = sw.datasets(bundled=False)
    assert list(table["name"]) == list(NAMES)
    assert list(table.columns) == list(sw.datasets().columns)


def test_the_catalogue_needs_neither_pandas_nor_pooch():
    code = (
        "import sys, scalewidgets.data.remotes as r; r.remotes(); assert 'pandas' not in sys.modules; "
        "import scalewidgets.data.fetching; assert 'pooch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture
def table(made_up, tmp_path):
    return lambda name: sw.fetch(name, path=copy(name, tmp_path))


def test_compute_beyond_64_bit_integers_is_read(table):
    runs = table("misfitting")
    assert runs["flops"][0] == 9456351902178213888.0
    assert runs["flops"].dtype == np.float64
    assert runs["epochs"].isna().all()  # those of the source are stretches between evaluations
    assert runs["run"].is_unique


def test_compute_of_the_corpora_is_the_budget_and_not_the_wrong_column(table):
    runs = table("loss_to_loss")
    assert set(runs["flops"]) == {1.2e18}
    assert runs.set_index("eval_data").loc["StarCoder", "loss"] == 2.875
    assert set(runs["family"]) == {"StarCoder"}


def test_batches_are_in_tokens_and_sizes_say_what_they_count(table):
    runs = table("step_law").set_index("family")
    assert runs.loc["dense", "batch_tokens"] == 736 * 2048
    assert runs.loc["dense", "params_non_embed"] == 214663680
    assert np.isnan(runs.loc["dense", "params"])
    assert runs.loc["mixture of experts", "params_active"] == 187973632
    assert (runs.loc["dense", "loss"], runs.loc["dense", "smooth_loss"]) == (2.41, 2.39)


def test_points_beside_their_curve_keep_its_budget(table):
    points = table("isoflops")
    assert points["family"].nunique() == 4
    assert set(points["flops"]) == {6.5e19}
    assert list(points["loss_kind"]) == ["figure", "figure", "val", "val"]


def test_shares_are_read_from_the_names_of_the_runs(table):
    runs = table("mixing_laws").set_index("run")
    assert runs.loc["70M, 2 domains, 0.25-0.75", ["r_github", "r_books3", "r_pile_cc"]].tolist() == [
        0.25,
        0,
        0.75,
    ]
    assert runs.loc["70M, 2 domains, 0.25-0.75", ["loss_github", "loss"]].tolist() == [1.44, 3.49]
    three = runs.loc["70M, 3 domains, 0.25-0.25-0.5"]
    assert (three["loss_books3"], three["step"]) == (3.5, 60000)  # once, and not the one called last
    assert runs.loc["160M, 3 domains, 0.25-0.25-0.5", "is_final"].tolist() == [False, True]
    assert runs.loc["410M, 3 domains, 0.0-0.0-1.0", "r_pile_cc"] == 1


def test_five_parts_are_in_the_order_of_the_authors(table):
    runs = table("mixing_laws_five")
    assert runs.filter(regex="^r_").iloc[0].tolist() == [0.125, 0, 0, 0.125, 0.75]
    assert runs.filter(regex="^r_").columns[0] == "r_academic"
    assert sorted(runs["params"]) == [70e6, 160e6, 305e6, 410e6, 1e9]
    assert (runs["loss"] == runs["loss_pile_cc"]).all()
    assert runs["loss_wikipedia_en"][0] == 29 / 8


def test_votes_follow_single_answers_without_repeating_them(table):
    points = table("o1_aime")
    assert list(points["strategy"]) == ["single", "vote"]
    assert points["completion_tokens"][1] == 42867.5 * 30
    assert points["accuracy_se"][1] == pytest.approx(0.0855, abs=1e-4)


def test_pairs_of_images_and_texts_are_not_passed_off_as_tokens(table):
    pytest.importorskip("pyarrow")
    run = table("open_clip").iloc[0]
    assert (run["flops"], run["samples"], run["params"]) == (2.2818816e17, 3072000, 510630000)
    assert np.isnan(run["tokens"])
    assert (run["model"], run["score"]) == ("MaMMUT ViT-L-32", 0.11)


def test_without_pyarrow_the_sentence_says_what_to_install(table, monkeypatch):
    def missing(*_):
        raise ImportError("no engine")

    monkeypatch.setattr(remote_tables.pd, "read_parquet", missing)
    with pytest.raises(FetchError, match="pip install pyarrow"):
        table("open_clip")
