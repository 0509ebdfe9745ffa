"""The bundled tables: intact, honest about what they hold, and with every quirk corrected."""

import hashlib
import json
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from scalewidgets.data import check, datasets, load
from scalewidgets.data.columns import LAYOUTS, RUNS
from scalewidgets.data.loading import load as load_function
from scalewidgets.data.registry import TABLES_FOLDER, registry
from scalewidgets.errors import TableError, UnknownNameError

NAMES = tuple(registry())


@pytest.fixture(scope="module")
def chinchilla():
    return load("chinchilla")


@pytest.fixture(scope="module")
def collection():
    return load("hitchhikers")


@pytest.mark.parametrize("name", NAMES)
def test_checksums_match(name):
    entry = registry()[name]
    content = (TABLES_FOLDER / entry.file).read_bytes()
    assert hashlib.sha256(content).hexdigest() == entry.sha256
    assert len(content) == entry.bytes


def test_tables_stay_small():
    assert sum(path.stat().st_size for path in TABLES_FOLDER.iterdir()) < 8_000_000


def test_nothing_lies_in_the_folder_that_the_manifest_does_not_know():
    known = {entry.file for entry in registry().values()} | {"manifest.json"}
    assert {path.name for path in TABLES_FOLDER.iterdir()} == known


@pytest.mark.parametrize("name", NAMES)
def test_counts_and_descriptions_are_those_of_the_table(name):
    entry, table = registry()[name], load(name)
    models = table["base_model" if entry.kind == "systems" else "model"]
    families = table["family" if "family" in table else "benchmark"]
    assert (len(table), families.nunique(), models.nunique()) == (
        entry.rows,
        entry.families,
        entry.models,
    )
    assert f"{entry.rows:,}" in entry.description
    assert "485" not in entry.title + entry.description
    assert entry.licence
    assert "arXiv" in entry.citation or "https://" in entry.citation
    assert all("@" in source for source in entry.sources)


def test_the_collection_says_how_many_models_it_really_holds(collection):
    assert f"{collection['model'].nunique()} distinct models" in collection.attrs["description"]
    assert (collection["note"].str.contains("tokens_unknown")).sum() == 240


@pytest.mark.parametrize("name", NAMES)
def test_columns_have_their_types_and_their_meaning(name):
    table, entry = load(name), registry()[name]
    columns = entry.layout
    assert tuple(table.columns) == tuple(column.name for column in columns)
    assert columns[: len(LAYOUTS[entry.kind])] == LAYOUTS[entry.kind]
    assert table.attrs["kind"] == entry.kind
    assert all(column.meaning for column in columns)
    types = {"number": np.dtype("float64"), "flag": np.dtype("bool")}
    for column in columns:
        assert types.get(column.kind, table[column.name].dtype) == table[column.name].dtype
    filled = [name for name in table.columns if table[name].notna().any() and name != "is_final"]
    assert [name for name in entry.columns if name != "is_final"] == filled


@pytest.mark.parametrize(
    "name", [name for name in NAMES if LAYOUTS[registry()[name].kind][: len(RUNS)] == RUNS]
)
def test_runs_have_sizes_and_losses_that_can_be(name):
    table = load(name)
    size = table["params"].fillna(table["params_non_embed"])
    without_size = table["note"].str.contains("size_unknown", na=False)
    assert (size[~without_size] > 0).all()
    assert size[without_size].isna().all()
    assert table["score"].between(0, 1).all() if "score" in table else (table["loss"] > 0).all()
    unknown = table["note"].str.contains("tokens_unknown", na=False)
    assert (table.loc[~unknown, "tokens"] > 0).all()
    ruled = table[table["flops_rule"] == "6ND"]
    assert (ruled["flops"] == 6 * ruled["params"] * ruled["tokens"]).all()


@pytest.mark.parametrize("name", NAMES)
def test_attrs_survive_a_copy_and_a_filter(name):
    table = load(name)
    for other in (table.copy(), table[table["source"] == "none"], pickle.loads(pickle.dumps(table))):
        assert other.attrs == table.attrs
    json.dumps(table.attrs)  # so that a frame can be stored as Parquet
    wanted = {"name", "title", "licence", "citation", "description", "url", "notes", "source_name"}
    assert wanted <= table.attrs.keys()


def test_loading_twice_gives_independent_frames(chinchilla):
    other = load("chinchilla")
    other.loc[0, "loss"] = 0.0
    other.attrs["notes"].append("mine")
    assert load("chinchilla")["loss"][0] == chinchilla["loss"][0]
    assert load("chinchilla").attrs["notes"] == chinchilla.attrs["notes"]


def test_chinchilla_is_the_245_points(chinchilla):
    assert len(chinchilla) == 245
    assert (chinchilla["tokens"] == chinchilla["flops"] / (6 * chinchilla["params"])).all()
    assert chinchilla["params"].between(57e6, 16.2e9).all()
    assert chinchilla["tokens"].between(244e6, 318e9).all()
    assert chinchilla["loss"].between(2.077, 5.006).all()
    assert chinchilla["loss"][0] == 5.005581996196243
    assert set(chinchilla["loss_kind"]) == {"figure"}


def test_the_five_highest_losses_are_proposed_for_exclusion_and_still_there(chinchilla):
    proposed = chinchilla.attrs["default_exclusions"]
    kept = chinchilla.drop(index=proposed["index"])
    assert len(kept) == 240
    assert kept["loss"].max() < chinchilla["loss"][proposed["index"]].min()
    assert "2404.10102" in proposed["reason"]


def test_opt_is_in_nats(collection):
    opt = collection[collection["family"] == "OPT"]
    assert (len(opt), opt["model"].nunique()) == (142, 6)
    assert np.exp(opt["loss"]).min() == pytest.approx(9.768875, rel=1e-6)
    assert opt["tokens"].min() == 1e9
    assert set(opt["loss_kind"]) == {"ppl_converted"}


def test_curves_of_the_published_protocol_are_not_thinned(collection):
    rows = collection.groupby("family").size()
    assert rows["gpt3"] == 6506
    assert rows["t5-pile"] == 803
    assert rows[[name for name in rows.index if name.startswith("GPT2-")]].sum() == 9261
    assert rows["chinchilla"] == 245


def test_repetition_runs_have_plausible_unique_tokens(collection):
    runs = collection[collection["family"].str.startswith("GPT2-", na=False)]
    assert runs["model"].nunique() == 48
    assert np.allclose(runs["epochs"], runs["family"].str.rsplit("-").str[-1].astype(float))
    final = runs[runs["is_final"]]
    assert np.allclose(final["tokens"], final["unique_tokens"] * final["epochs"])
    twice = set(runs.loc[runs["note"].str.contains("same_curve_twice"), "model"])
    assert twice == {"GPT2-2.8B-oscar-3", "GPT2-2.8B-oscar-4"}


def test_mamba_is_not_counted_twice(collection):
    mamba = collection[collection["model"] == "Mamba-3B"]
    assert mamba["tokens"].is_unique
    assert mamba["tokens"].max() < 500e9


def test_each_curve_ends_once(collection):
    keys = ["run", "eval_data", "loss_kind"]
    ends = collection.groupby(keys, dropna=False)["is_final"].sum()
    assert (ends == 1).all()


def test_the_list_of_datasets_is_a_table():
    table = datasets()
    assert list(table.columns) == [
        *("name", "title", "kind", "rows", "families", "models", "bytes", "licence", "citation")
    ]
    assert list(table["name"]) == list(NAMES)


def test_a_misspelt_name_is_answered_with_the_right_one():
    with pytest.raises(UnknownNameError, match="Did you mean chinchilla"):
        load("Chinchila")
    with pytest.raises(UnknownNameError):
        load(None)


def test_a_damaged_table_is_not_loaded(monkeypatch, tmp_path):
    (tmp_path / "chinchilla.csv.gz").write_bytes(b"not what was compiled")
    monkeypatch.setitem(load_function.__globals__, "TABLES_FOLDER", tmp_path)
    with pytest.raises(TableError, match="Install scalewidgets again"):
        load("chinchilla")


def test_the_registry_needs_no_pandas():
    code = "import sys, scalewidgets.data.registry as r; r.registry(); assert 'pandas' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_numbers_come_back_to_the_last_bit(chinchilla):
    # The first point as it stands in the public file.
    assert chinchilla["params"][0] == 6795600349.289497
    assert chinchilla["flops"][0] == 9.993852799709755e18
    assert isinstance(chinchilla, pd.DataFrame)


@pytest.mark.parametrize("name", ["chinchilla", "fine_tuning", "llm_line", "pythia_math", "aider"])
def test_a_bundled_table_can_be_checked_like_an_own_one(name):
    assert check(load(name)).attrs["source_name"] == registry()[name].title
