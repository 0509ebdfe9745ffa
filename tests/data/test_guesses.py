"""What a column is and which unit it is in, read off its values; and doubts about the runs, each by name."""

import math

import numpy as np
import pandas as pd
import pytest

from scalewidgets.data import apply_repair, check, load, read_runs
from scalewidgets.data.guesses import units
from scalewidgets.errors import TableError


@pytest.fixture
def good():
    params = np.repeat([1e8, 4e8, 1.6e9], 4)
    tokens = np.tile([2e9, 8e9, 3.2e10, 1.28e11], 3)
    loss = 1.8 + 480 / params**0.35 + 2000 / tokens**0.37
    return pd.DataFrame({"params": params, "tokens": tokens, "loss": loss})


def said(runs, level=None):
    return " ".join(str(f) for f in runs.attrs["findings"] if level in (None, f.level))


def refused(frame, **options):
    with pytest.raises(TableError) as caught:
        read_runs(frame, **options)
    return caught.value


@pytest.mark.parametrize(("p", "p_word"), [(1e6, "millions"), (1e9, "billions")])
@pytest.mark.parametrize(("d", "d_word"), [(1e9, "billions"), (1e6, "millions"), (1e12, "trillions")])
def test_units_are_inferred_where_only_one_fits_the_losses(good, p, p_word, d, d_word):
    runs = read_runs(good.assign(params=good["params"] / p, tokens=good["tokens"] / d))
    for name, word in (("params", p_word), ("tokens", d_word)):
        assert np.allclose(runs[name], good[name], rtol=1e-12)
        assert f"is read in {word}" in said(runs, "warning")


def families():
    """Every bundled family of several sizes."""
    for name in ("chinchilla", "overtraining", "gemstones", "porian", "repetition", "hitchhikers"):
        table = load(name)
        table = table[(table["tokens"] > 0) & table["loss"].notna() & table["params"].notna()]
        parts = table.groupby("family") if name == "hitchhikers" else [(name, table)]
        yield from ((key, part) for key, part in parts if len(part["params"].unique()) > 1 and len(part) >= 6)


def test_units_of_real_tables_are_found_again_or_left_open_but_never_wrong():
    right = left_open = 0
    for name, table in families():
        n, d, loss = (table[column].to_numpy() for column in ("params", "tokens", "loss"))
        for p in (1e6, 1e9):
            for t in (1e6, 1e9, 1e12):
                if n.max() / p >= 1e5 or d.max() / t >= 1e6:
                    continue
                found = units({"params": n / p, "tokens": d / t}, loss, ["params", "tokens"])
                assert {key: unit.factor for key, unit in found.items()} in (
                    {"params": p, "tokens": t},
                    {},
                ), name
                right, left_open = right + bool(found), left_open + (not found)
    assert right > 2 * left_open


def test_plain_numbers_are_never_touched(good):
    assert "is read in" not in said(read_runs(good))
    toy = good.assign(
        params=[1000, 3000, 9000] * 4, tokens=1e6 * np.arange(1, 13), loss=np.linspace(6, 5.2, 12)
    )
    assert list(read_runs(toy)["params"])[:3] == [1000, 3000, 9000]


def test_logarithms_are_recognised_by_value_by_name_and_on_request(good):
    logs = good.assign(tokens=np.log10(good["tokens"]))
    assert np.allclose(read_runs(logs)["tokens"], good["tokens"])
    assert "tokens (9.3 to 11.1) is read in decimal logarithms" in said(read_runs(logs), "warning")
    named = logs.rename(columns={"tokens": "log10_tokens"})
    assert np.allclose(read_runs(named)["tokens"], good["tokens"])
    asked = read_runs(logs, columns={"D": ("tokens", "log10")})
    assert np.allclose(asked["tokens"], good["tokens"])


def test_columns_without_a_telling_name_are_read_by_their_values(good):
    odd = pd.DataFrame(
        {"a": [f"{p / 1e6:g}M" for p in good["params"]], "b": good["tokens"], "y": good["loss"]}
    )
    runs = read_runs(odd)
    assert runs.attrs["columns"] == {"params": "a", "tokens": "b", "loss": "y"}
    assert "a is read as params by its values" in said(runs, "warning")
    assert np.allclose(runs["params"], good["params"])


def test_two_columns_that_could_both_be_meant_are_not_guessed(good):
    error = refused(good.rename(columns={"loss": "y"}).assign(z=good["loss"] + 0.1))
    assert "no column was recognised as the loss" in str(error)
    error = refused(good.rename(columns={"loss": "loss_c4"}).assign(loss_pile=good["loss"] + 0.1))
    assert "several columns could be the loss: loss_c4, loss_pile" in str(error)
    assert 'columns={"loss": "loss_c4"}' in str(error)


def test_sizes_in_the_names_of_models(good):
    names = ["pythia-160m", "pythia-410m", "pythia-1.4b"] * 4
    runs = read_runs(good.drop(columns="params").assign(model=names))
    assert list(runs["params"][:3]) == [160e6, 410e6, 1.4e9]


def test_bits_become_nats_and_bits_per_byte_are_said(good):
    runs = read_runs(good.drop(columns="loss").assign(loss_bits=good["loss"] / math.log(2)))
    assert np.allclose(runs["loss"], good["loss"])
    assert "multiplied by ln 2" in said(runs)
    runs = read_runs(good.drop(columns="loss").assign(bpb=0.9 + good["loss"] / 10))
    assert set(runs["loss_kind"]) == {"other_unit"}
    assert "bits per byte" in said(runs, "warning")


def test_units_in_a_row_below_the_header(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("params,tokens,loss\n(B),(B),bits\n0.1,2,5.0\n1,20,4.0\n7,140,3.5\nx,1,1\n")
    with pytest.raises(TableError, match=r"row 6, column params"):
        read_runs(path)
    path.write_text("params,tokens,loss\n(B),(B),bits\n0.1,2,5.0\n1,20,4.0\n7,140,3.5\n")
    runs = read_runs(path)
    assert list(runs["params"]) == [1e8, 1e9, 7e9]
    assert np.allclose(runs["loss"], np.array([5, 4, 3.5]) * math.log(2))
    assert "Row 2 holds units ((B), (B), bits)" in said(runs)


@pytest.mark.parametrize(
    ("cells", "value"),
    [
        ("1 400 000 000", 1.4e9),
        ("1'400'000'000", 1.4e9),
        ("1\u202f400\u202f000\u202f000", 1.4e9),
        ("1.4x10^9", 1.4e9),
    ],
)
def test_thousands_and_powers_as_people_write_them(good, cells, value):
    frame = good.assign(params=[cells, *good["params"].astype(str)[1:]])
    assert read_runs(frame)["params"][0] == value


def test_a_decimal_comma_is_seen_in_any_table(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("params\ttokens\tloss\n1e9\t20B\t3,251\n2e9\t40B\t3,02\n")
    assert list(read_runs(path)["loss"]) == [3.251, 3.02]
    path.write_text("params;tokens;loss\n1.000.000.000;20B;3,251\n2e9;40B;3,02\n")
    assert list(read_runs(path)["params"]) == [1e9, 2e9]


def test_compute_follows_by_a_rule_with_a_name(good):
    active = read_runs(good.assign(params_active=good["params"] / 8))
    assert set(active["flops_rule"]) == {"6ND_active"}
    assert np.allclose(active["flops"], 6 * good["params"] / 8 * good["tokens"])
    bare = read_runs(good.rename(columns={"params": "non_embedding_params"}))
    assert set(bare["flops_rule"]) == {"6ND_non_embed"}
    assert "without embeddings" in said(bare, "warning")


def test_tokens_follow_from_steps_and_from_epochs(good):
    steps = good.drop(columns="tokens").assign(step=good["tokens"] / 5e5, batch_tokens=5e5)
    assert np.allclose(read_runs(steps)["tokens"], good["tokens"])
    epochs = good.drop(columns="tokens").assign(epochs=4, unique_tokens=good["tokens"] / 4)
    assert np.allclose(read_runs(epochs)["tokens"], good["tokens"])
    error = refused(steps.assign(step=[0, *steps["step"][1:]]))
    assert "there are none after 0 steps" in str(error)
    assert len(read_runs(apply_repair(steps.assign(step=[0, *steps["step"][1:]]), error.repairs[0]))) == 11


# --- mixed units, overflow, and what should be known ----------------------------------------


def test_a_size_without_unit_among_sizes_with_one_is_refused_with_a_repair():
    frame = pd.DataFrame(
        {"N": ["125M", "2.8B", "7", "13B"], "D": [1e10, 2e10, 3e10, 4e10], "loss": [3, 2.7, 2.6, 2.5]}
    )
    error = refused(frame)
    assert "row 2, column N: 7 has no unit, while others do ('125M'): units are mixed." in str(error)
    assert [repair["label"] for repair in error.repairs][-1] == "Exclude the row"
    frame.loc[2, "N"] = "7000"
    error = refused(frame)
    mend = error.repairs[0]
    assert read_runs(apply_repair(frame, mend))["params"][2] in (7e9, 7000e6)


def test_numbers_in_two_units_are_a_warning_with_the_row(good):
    good.loc[5, "params"] /= 1e9
    finding = next(f for f in read_runs(good).attrs["findings"] if "two units" in f.message)
    assert (finding.level, finding.row, finding.column) == ("warning", 5, "params")


@pytest.mark.parametrize("bits", [32, 64])
def test_compute_that_overflowed_an_integer_is_called_that(bits):
    dtype = f"int{bits}"
    n, d = np.array([10**9, 7 * 10**9, 70 * 10**9]), np.array([20 * 10**9, 140 * 10**9, 1400 * 10**9])
    with np.errstate(over="ignore"):
        flops = (6 * n.astype("int64") * d.astype("int64")).astype(dtype)
    frame = pd.DataFrame({"N": n, "D": d, "flops": flops, "loss": [2.9, 2.4, 2.0]})
    error = refused(frame)
    assert f"an integer of {bits} bits keeps of 6ND" in str(error)
    (mend,) = error.repairs
    assert np.allclose(read_runs(apply_repair(frame, mend))["flops"], 6.0 * n * d)


def test_doubts_are_said_by_name(good):
    for frame, words in (
        (good.assign(loss=1 - good["loss"] / 10), "low for nats"),
        (good.assign(loss=6 - good["loss"]), "grows with compute"),
        (good.assign(family=["a"] * 4 + ["b"] * 8), "1 of 2 families have one model size (a)"),
        (good.assign(run=["r"] * 12), "names of runs stand for several sizes"),
        (good.assign(epochs=4.0, unique_tokens=1.5e9), "should be tokens / epochs"),
        (
            good.assign(run=np.repeat(list("abc"), 4), flops=[4, 3, 2, 1] * 3 * np.array(1e19)),
            "falls along a run",
        ),
        (good.assign(model=["=cmd|' /C calc'!A0"] + ["m"] * 11), "begins like spreadsheet formulas"),
    ):
        assert words in said(read_runs(frame), "warning"), words


def test_check_lists_every_row_that_would_be_refused(good):
    good = good.astype(object)
    good.loc[2, "loss"] = "?"
    good.loc[4, "params"] = -1
    good.loc[6, "tokens"] = None
    table = check(good)
    errors = table[table["level"] == "error"]
    assert set(errors["row"]) == {2, 4, 6}
    assert "error (row 2, column loss): '?' is not a number" in repr(table)
    assert table.summary.startswith("The table: 3 errors, 1 warning, ")


def test_check_reads_as_sentences_and_carries_no_markup(good):
    good = good.rename(columns={"loss": "val/loss"}).assign(**{"<script>alert(1)</script>": 1.0})
    good.attrs["source_name"] = "<img src=x>.csv"
    table = check(read_runs(good))
    page = table._repr_html_()
    assert "<script" not in page
    assert "<img" not in page
    assert "<code>val/loss</code>" in page
    assert "nats per token" in page
    assert (
        "read as: params from params, tokens from tokens, loss (nats per token) from val/loss"
        in table.report()
    )
