"""What answers cost: dollars, tokens, FLOP, memory, seconds; prices that carry their day."""

import numpy as np
import pandas as pd
import pytest

import scalewidgets as sw
from scalewidgets import allocation
from scalewidgets import testtime as tt
from scalewidgets.errors import QuantityError, TableError, UnknownNameError

PRICE = {"input_price": 3e-6, "output_price": 15e-6}


def test_known_dollars_of_samples_and_rounds():
    assert tt.parallel_dollars(500, 2000, 8, **PRICE) == pytest.approx(0.2520, rel=1e-12)
    assert tt.parallel_dollars(500, 2000, 8, **PRICE, shared_prompt=True) == pytest.approx(0.2415, rel=1e-12)
    assert tt.sequential_dollars(500, 2000, 8, **PRICE, feedback=50) == pytest.approx(0.4242, rel=1e-12)


def test_rounds_cost_what_a_loop_over_them_adds_up_to():
    s, t, f, hit = 500, 2000, 50, 0.3e-6
    for rounds in range(6):
        plain = sum((s + r * (t + f)) * 3e-6 + t * 15e-6 for r in range(rounds))
        assert tt.sequential_dollars(s, t, rounds, **PRICE, feedback=f) == pytest.approx(plain)
    # An answer that the provider keeps too: only the feedback is new.
    for rounds in (1, 2, 5):
        cached = sum(
            (s if r == 0 else f) * 3e-6 + (0 if r == 0 else s + r * t + (r - 1) * f) * hit + t * 15e-6
            for r in range(rounds)
        )
        seen = tt.sequential_dollars(s, t, rounds, **PRICE, feedback=f, cached_price=hit)
        assert seen == pytest.approx(cached)
    same = tt.sequential_dollars(s, t, 7, **PRICE, feedback=f, cached_price=3e-6)
    assert same == pytest.approx(float(tt.sequential_dollars(s, t, 7, **PRICE, feedback=f)))


def test_cost_is_linear_in_samples_and_quadratic_in_rounds():
    n = np.arange(1, 6)
    assert np.diff(tt.parallel_dollars(500, 2000, n, **PRICE), 2) == pytest.approx(np.zeros(3), abs=1e-15)
    bend = np.diff(tt.sequential_dollars(500, 2000, n, **PRICE), 2)
    assert bend == pytest.approx(np.full(3, 2000 * 3e-6))
    assert tt.tokens_parallel(500, 2000, 3) == 7500
    assert tt.tokens_parallel(500, 2000, 3, shared_prompt=True) == 6500
    assert tt.tokens_sequential(500, 2000, 2, feedback=50) == 500 + 2000 + 2550 + 2000
    cached = tt.parallel_dollars(500, 0, 3, **PRICE, cached_price=1e-6)
    assert cached == pytest.approx(500 * 5e-6)


def test_stopping_at_the_first_success_costs_less():
    seen = tt.dollars_until_success([0, 0.1, 1], 10, per_sample=0.02, once=0.01)
    assert seen == pytest.approx([0.21, 0.01 + 0.02 * 6.513215599, 0.03])
    with pytest.raises(QuantityError, match="below zero"):
        tt.dollars_until_success(0.1, 10, per_sample=-1)


def test_the_published_cost_row_per_attempt():
    # arXiv:2407.21787, Table 1: dollars over 300 issues and attempts.
    implied = np.array([10.8 / 5, 39, 51]) / 300
    assert implied == pytest.approx([0.0072, 0.13, 0.17])
    # Secondary account of that table: both larger models cost over three times as much.
    assert (implied[1:] / (5 * implied[0]) > 3).all()


# -- prices ---


def test_prices_carry_their_day_and_can_be_edited():
    prices = tt.price_list(
        {
            "small": {"input": 0.5, "output": 1.5, "cached": 0.05, "batch": 0.5},
            "large": {"input": 3, "output": 15},
        },
        date="2024-04-09",
    )
    assert prices["small"].dollars(1e6, 2e6, 1e6) == pytest.approx(3.55)
    assert prices["small"].dollars(1e6, 2e6, batch=True) == pytest.approx(1.75)
    assert prices["large"].cached == 3
    changed = prices.with_price("large", input=2, output=10, date="2025-01-01")
    assert (changed["large"].output, prices["large"].output) == (10, 15)
    assert "2024-04-09 to 2025-01-01" in changed.report()
    again = tt.price_list(changed.to_frame())
    assert again.prices == changed.prices
    paid = tt.parallel_dollars(500, 2000, 8, **{**prices["large"].per_token, "cached_price": None})
    assert paid == pytest.approx(0.2520)
    with pytest.raises(UnknownNameError, match="small"):
        prices["smal"]


@pytest.mark.parametrize(
    ("rows", "date", "words"),
    [
        ({"a": {"input": 1, "output": 2}}, None, "no day"),
        ({"a": {"input": 1, "output": 2}}, "spring", "not a day"),
        ({"a": {"input": 1}}, "2024-04-09", "no column 'output'"),
        ({"a": {"input": 1, "output": 2}, "b": {"input": 1}}, "2024-04-09", "what is not known is not free"),
    ],
)
def test_a_price_without_a_day_or_a_part_is_refused(rows, date, words):
    with pytest.raises(TableError, match=words):
        tt.price_list(rows, date=date)


def test_a_price_list_is_edited_in_its_file(tmp_path):
    made = tt.price_list({"a": {"input": 1, "output": 2, "cached": 0.1, "batch": 0.5}}, date="2024-05-01")
    path = tmp_path / "prices.csv"
    made.with_price("b", input=3, output=6, date="2024-06").to_frame().to_csv(path)
    again = tt.price_list(path)
    assert again["a"] == made["a"]
    assert (again["b"].cached, again["b"].batch, again["b"].date) == (3, 1, "2024-06")
    path.write_text("model,input,output,cached,date\na,1,2,,2024-05-01\n")
    assert tt.price_list(str(path))["a"].cached == 1
    path.write_text("model,input,output,date\na,one,2,2024-05-01\n")
    with pytest.raises(QuantityError, match="input price of a"):
        tt.price_list(path)
    with pytest.raises(TableError, match="nowhere"):
        tt.price_list(tmp_path / "nowhere.csv")


def test_a_free_model_is_no_price():
    with pytest.raises(QuantityError, match="above zero"):
        tt.price_list({"a": {"input": 0, "output": 2}}, date="2024-04-09")


def test_public_runs_imply_the_prices_of_their_day():
    prices = tt.implied_prices(sw.load("agents"))
    assert prices["gpt-3.5-turbo-0125"].input == pytest.approx(0.5)
    assert prices["gpt-3.5-turbo-0125"].output == pytest.approx(1.5)
    assert prices["gpt-4-turbo-2024-04-09"].input == pytest.approx(10)
    assert prices["gpt-4-turbo-2024-04-09"].output == pytest.approx(30)
    assert set(prices.prices) == {"gpt-3.5-turbo-0125", "gpt-4-turbo-2024-04-09"}
    assert prices["gpt-3.5-turbo-0125"].date == "2024-04"
    with pytest.raises(TableError, match="base_model"):
        tt.implied_prices(pd.DataFrame({"cost_usd": [1.0]}))


# -- FLOP, memory, seconds ---


def test_known_flops_of_sixteen_samples():
    seen = tt.generation_flops(8.03e9, 1000, 2000, 16, layers=32, width=4096)
    assert seen.prefill == pytest.approx(1.6322406144e13, rel=1e-12)
    assert seen.decode == pytest.approx(3.4217676288e13, rel=1e-12)
    assert seen.total == pytest.approx(5.63805226752e14, rel=1e-12)
    assert tt.generation_flops(8.03e9, 1000, 2000, 16).total == pytest.approx(5.2998e14, rel=1e-12)
    token = allocation.flops_inference(8.03e9, 32, 4096, np.arange(1, 2001) + 1000)
    assert seen.decode == pytest.approx(token.sum(), rel=1e-12)


def test_known_cache_sizes_and_longest_answers():
    assert tt.kv_bytes_per_token([32, 80], 8, 128).tolist() == [131072, 327680]
    assert tt.kv_bytes_parallel(131072, 500, 2000, 8) == 131072 * 16500
    assert tt.kv_bytes_sequential(131072, 500, 2000, 8, 50) == 131072 * 16900
    assert tt.longest_exponential(1, [8, 64]) == pytest.approx([2.717857, 4.743891], abs=6e-7)
    rng = np.random.default_rng(0)
    lengths = rng.exponential(100, 4000)
    assert tt.longest_recorded(lengths, 8) == pytest.approx(float(tt.longest_exponential(100, 8)), rel=0.05)


def test_parallel_samples_are_free_in_time_up_to_the_crossover():
    about = {
        "n_active": 8e9,
        "weight_bytes": 16e9,
        "peak_flops": 989.4e12,
        "utilisation": 0.4,
        "bandwidth": 3.35e12,
    }
    batch = float(tt.crossover_batch(**about))
    below, above = int(batch * 0.9), int(batch * 1.5)
    assert tt.decode_seconds(below, **about) == tt.decode_seconds(1, **about)
    assert tt.decode_seconds(above, **about) > tt.decode_seconds(1, **about) * 1.4
    step = tt.decode_seconds(1, **about)
    wide = tt.parallel_seconds(0.1, tt.longest_exponential(500, 8), tt.decode_seconds(8, **about))
    assert wide < tt.sequential_seconds(0.1, 500, step, 8)
    slow = tt.decode_seconds(8, **about, context=4000, kv_per_token=131072)
    assert slow == pytest.approx((16e9 + 8 * 4000 * 131072) / 3.35e12)


@pytest.mark.parametrize(
    ("a", "g", "c", "tokens", "speed"),
    [
        (0.8, 4, 0.1, 3.3616, 2.4011428571),
        (0.6, 3, 0.05, 2.176, 1.8921739130),
        (0.9, 8, 0.05, 6.12579511, 4.3755679357),
    ],
)
def test_known_speedups_by_drafts(a, g, c, tokens, speed):
    assert tt.speculative_tokens(a, g) == pytest.approx(tokens, abs=6e-9)
    assert tt.speculative_speedup(a, g, c) == pytest.approx(speed, abs=6e-11)


def test_the_best_draft_is_the_fastest():
    assert tt.best_draft(0.8, 0.1) == np.argmax([tt.speculative_speedup(0.8, g, 0.1) for g in range(30)])
    assert tt.best_draft(0.1, 0.9) == 0
    assert tt.speculative_tokens(1.0, 4) == 5
    assert tt.acceptance_line(0.1, 0.05, [1, np.e**4, 1e30]).tolist() == pytest.approx([0.1, 0.3, 1.0])
