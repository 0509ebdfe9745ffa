"""Readings that would be wrong without a word: each of them gave a wrong number once, or a wrong remedy."""

import numpy as np
import pandas as pd
import pytest

from scalewidgets.data import check, read_runs, read_samples, read_systems, values
from scalewidgets.errors import TableError
from scalewidgets.laws import law

SIZES, TOKENS = np.repeat([7.5e7, 3.1e8, 1.2e9, 2.8e9], 4), np.tile([1.5e9, 6e9, 2.4e10, 9.6e10], 4)
LOSS = law("chinchilla").value(
    {"N": SIZES, "D": TOKENS}, {"E": 1.69, "A": 406.4, "B": 410.7, "alpha": 0.34, "beta": 0.28}
)


@pytest.fixture
def good():
    return pd.DataFrame({"params": SIZES, "tokens": TOKENS, "loss": LOSS})


def comma(values, digits):
    return [f"{value:.{digits}f}".replace(".", ",") for value in values]


def warned(runs):
    return [found.message for found in runs.attrs["findings"] if found.level == "warning"]


def refused(frame, reader=read_runs, **given):
    with pytest.raises(TableError) as caught:
        reader(frame, **given)
    return str(caught.value)


def test_a_loss_of_three_decimals_behind_a_comma_is_not_thousands(good):
    runs = read_runs(good.assign(loss=comma(LOSS, 3)))
    assert runs["loss"].to_numpy() == pytest.approx(LOSS, abs=5e-4)
    assert "read with decimal commas (3,651 is 3.651)" in warned(runs)[0]


def test_one_column_with_decimal_commas_decides_for_all(good, tmp_path):
    table = pd.DataFrame({"params_b": comma(SIZES / 1e9, 3), "tokens_b": comma(TOKENS / 1e9, 3)})
    path = tmp_path / "a.tsv"
    table.assign(loss=comma(LOSS, 4)).to_csv(path, sep="\t", index=False)
    runs = read_runs(path)  # 1,500 billion would be a thousand times too many
    assert runs["tokens"].to_numpy() == pytest.approx(TOKENS)
    assert runs["params"].to_numpy() == pytest.approx(SIZES)


def test_thousands_in_a_file_with_semicolons(good, tmp_path):
    path = tmp_path / "a.csv"
    grouped = good.assign(params=[f"{n:,.0f}" for n in SIZES], tokens=[f"{d:,.0f}" for d in TOKENS])
    grouped.to_csv(path, sep=";", index=False)
    runs = read_runs(path)
    assert list(runs["params"]) == list(SIZES)
    assert list(runs["tokens"]) == list(TOKENS)
    assert list(runs["loss"]) == list(LOSS)


@pytest.mark.parametrize("decimal_comma", [False, True])
def test_many_numbers_are_read_as_few_are(monkeypatch, decimal_comma):
    rng = np.random.default_rng(0)
    whole = [f"{value:,}" for value in rng.integers(1, 10**12, 40)] + ["7", "-12", "+3", "1500"]
    texts = (
        [text.replace(",", "")[:5] + ",25" for text in whole] if decimal_comma else [*whole, "1,234.5", "2."]
    )
    for odd in ([], ["2.8B"], ["x"], ["1,2,3"], ["1.234.567"]):
        column = pd.Series([*texts, *odd], dtype=object)
        slow = values.numbers(column, suffixes=True, decimal_comma=decimal_comma)
        monkeypatch.setattr(values, "MANY", 1)
        fast = values.numbers(column, suffixes=True, decimal_comma=decimal_comma)
        monkeypatch.undo()
        for one, other in zip(slow, fast, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("name", "factor"),
    [
        ("loss (bits/token)", np.log(2)),
        ("val_loss_bits", np.log(2)),
        ("nll [bits]", np.log(2)),
        ("val_loss_nats", 1.0),
        ("loss (nats per token)", 1.0),
    ],
)
def test_the_unit_in_the_name_of_a_loss_is_read(good, name, factor):
    runs = read_runs(good.rename(columns={"loss": name}))
    assert runs["loss"].to_numpy() == pytest.approx(LOSS * factor)
    assert not warned(runs)


@pytest.mark.parametrize("name", ["ppl_bits", "loss_per_byte", "val_bits_per_char", "error_rate", "lr"])
def test_a_name_that_says_something_else_is_not_guessed_to_be_the_loss(good, name):
    assert "no column was recognised as the loss" in refused(good.rename(columns={"loss": name}))


@pytest.mark.parametrize("name", ["gflops", "bytes_read", "examples", "embedding_params", "train_time"])
def test_a_name_that_says_something_else_is_not_guessed_to_be_a_count(good, name):
    said = refused(good.rename(columns={"tokens": name}))
    assert 'columns={"tokens": "..."}' in said


@pytest.mark.parametrize(
    "name", ["non_emb_params", "n_params_non_embedding", "N_nonemb", "params w/o embeddings"]
)
def test_sizes_without_embeddings_are_called_that_however_they_are_written(good, name):
    runs = read_runs(good.rename(columns={"params": name}))
    assert set(runs["flops_rule"]) == {"6ND_non_embed"}
    assert "without embeddings" in warned(runs)[0]
    both = read_runs(good.assign(**{name: SIZES * 0.7}))
    assert list(both["params"]) == list(SIZES)
    assert both["params_non_embed"].to_numpy() == pytest.approx(SIZES * 0.7)


def test_names_of_common_loggers_need_no_guess(good):
    compute = 6 * SIZES * TOKENS
    for names in (
        {"train/total_flos": compute, "train/num_input_tokens_seen": TOKENS, "eval/loss": LOSS},
        {"trainer/tokens": TOKENS, "model.n_params": SIZES, "val_loss_epoch": LOSS},
        {"consumed_tokens": TOKENS, "params": SIZES, "PPL (val)": np.exp(LOSS)},
        {"params": SIZES, "tokens_per_param": TOKENS / SIZES, "loss": LOSS},
    ):
        runs = read_runs(pd.DataFrame(names))
        assert not warned(runs)
        assert runs[["params", "tokens", "loss"]].to_numpy() == pytest.approx(good.to_numpy())


def test_the_report_says_the_unit_of_the_loss(good):
    assert "loss (nats per token) from loss" in str(check(good))
    bytes_ = good.assign(loss=LOSS / 4.3).rename(columns={"loss": "bpb"})
    found = check(bytes_)
    assert "loss (nats per byte) from bpb" in str(found)
    assert dict(found.read_as[["name", "unit"]].to_numpy())["loss"] == "nats per byte"


def test_gaps_follow_from_the_rest_of_their_row_and_it_is_said(good):
    whole = good.assign(flops=7 * SIZES * TOKENS)
    gaps = whole.copy()
    gaps.loc[[2, 5], "flops"] = np.nan
    gaps.loc[7, "tokens"] = np.nan
    runs = read_runs(gaps)
    assert list(runs["flops"][[2, 5]]) == list(6 * SIZES[[2, 5]] * TOKENS[[2, 5]])
    assert list(runs["flops_rule"][[1, 2, 5]]) == ["reported", "6ND", "6ND"]
    assert runs["tokens"][7] == pytest.approx(7 / 6 * TOKENS[7])
    assert [found for found in warned(runs) if "empty" in found] == [
        "1 empty cell follows from D = C / 6N (row 7 is the first).",
        "2 empty cells follow from C = 6ND (row 2 is the first).",
    ]
    gaps.loc[9, ["tokens", "flops"]] = np.nan
    assert "row 9, column tokens: the cell is empty" in refused(gaps)


def test_findings_are_not_believed_of_a_table_that_was_changed(good):
    runs = read_runs(good)
    assert "nothing" in check(runs).summary or "note" in check(runs).summary
    later = runs.copy()
    later.loc[3, "loss"] = -5.0
    found = check(later)
    assert found["level"].iloc[0] == "error"
    assert found["row"].iloc[0] == 3
    assert "not as it was read" in str(found)
    assert "one model size" in str(check(runs[runs["params"] < 1e8]))
    assert "not as it was read" not in str(check(runs.copy()))


def test_what_an_integer_of_32_bits_left_is_not_offered_to_be_left_out(good):
    wrapped = good.assign(tokens=TOKENS.astype("int64").astype("int32"))
    with pytest.raises(TableError, match="integer of 32 bits keeps") as caught:
        read_runs(wrapped)
    assert caught.value.repairs == ()  # the rows that stay would look right and be wrong
    assert "may be wrong too" in caught.value.remedy


@pytest.mark.parametrize("thing", [42, None, [1, 2], {"params": [1]}, np.ones((2, 3)), b"runs.csv"])
@pytest.mark.parametrize("reader", [read_runs, read_samples, read_systems])
def test_what_is_no_table_at_all_is_a_sentence(thing, reader):
    assert "A table is a file or a DataFrame, not" in refused(thing, reader)


@pytest.mark.parametrize("text", ["Our runs\n\n", "Our runs,,\n,,\n", "Kim; 3 May\nask first\n"])
def test_a_title_above_the_header_is_passed_over_and_rows_keep_their_numbers(good, tmp_path, text):
    path = tmp_path / "a.csv"
    bad = good.astype(object)
    bad.loc[1, "loss"] = "?"
    path.write_text(text + bad.to_csv(index=False))
    header = text.count("\n") + 1
    assert f"row {header + 2}, column loss" in refused(path)
    path.write_text(text + good.to_csv(index=False))
    runs = read_runs(path)
    assert list(runs["loss"]) == list(LOSS)
    assert f"Rows above row {header} hold no names" in runs.attrs["findings"][0].message


def test_the_sheet_with_the_runs_is_found_behind_one_with_words(good, tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["Scaling runs of 2024"])
    sheet = book.create_sheet("all")
    sheet.append(["Kim's table"])
    sheet.append(list(good.columns))
    for row in good.to_numpy().tolist():
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    runs = read_runs(tmp_path / "a.xlsx")
    assert runs["loss"].to_numpy() == pytest.approx(LOSS)
    said = [found.message for found in runs.attrs["findings"]]
    assert "The sheet all is read; Sheet is not (choose with sheet=)." in said
    assert "Rows above row 2 hold no names of columns and are left out." in said


def test_prices_with_their_sign_are_prices_and_without_end_are_none():
    log = pd.DataFrame({"problem_id": np.arange(40), "correct": np.arange(40) % 2, "cost": 0.25})
    signed = read_samples(log.assign(cost="$0.25"))
    assert list(signed["cost_usd"].unique()) == [0.25]
    assert "infinite" in refused(log.assign(cost=np.inf), read_samples)
    board = pd.DataFrame({"model": list("abc"), "accuracy": [0.2, 0.4, 0.6], "n_tasks": [100, 0, 100]})
    assert "row 1, column n_tasks: 0 tasks have no accuracy" in refused(board, read_systems)


def test_sizes_beyond_any_model_are_a_doubt_with_their_row(good):
    runs = read_runs(good, columns={"params": ("params", "B")})  # they are plain numbers already
    assert "beyond any run so far" in warned(runs)[0]
    assert "row 0 is the first above" in warned(runs)[0]
    assert not warned(read_runs(good))


@pytest.mark.parametrize("given", ["params", ["params"], 3])
def test_columns_of_another_kind_are_a_sentence(good, given):
    assert 'Write columns={"loss": "val/ce"}' in refused(good, columns=given)


def test_complex_numbers_do_not_lose_their_imaginary_part(good):
    assert "is not a number" in refused(good.assign(loss=LOSS.astype(complex)))
