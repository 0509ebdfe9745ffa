"""From a table and a price to advice: what a user would be told to buy, and what would change it."""

import numpy as np
import pandas as pd
import pytest

import scalewidgets as sw
from scalewidgets import testtime as tt
from scalewidgets.errors import QuantityError, TableError, UnknownNameError

PEAK = 989.4e12


@pytest.fixture(scope="module")
def pythia():
    return sw.load("pythia_math")


@pytest.fixture(scope="module")
def advised(pythia):
    rates = tt.flop_rates(
        peak_flops=PEAK, price_per_hour=2.5, utilisation_training=0.2, utilisation_prefill=0.2,
        utilisation_decode=0.2,
    )  # fmt: skip
    ways = tt.options_of(
        pythia, rates=rates, prompt=80, output=240, selectors=["verifier"], t=0.9, f=0.01, fallback=False
    )
    return ways, tt.advise(ways, 0.0003)


def log(**columns):
    base = {"problem_id": ["a", "b"] * 2, "model": ["s", "s", "l", "l"], "n_samples": 8.0,
            "n_correct": [1.0, 0.0, 6.0, 3.0]}  # fmt: skip
    return pd.DataFrame({**base, **columns})


def test_a_dollar_buys_what_the_flop_of_each_model_cost(pythia, advised):
    ways, _ = advised
    sizes = pythia.groupby("model", sort=False)["params"].first()
    for way, size in zip(ways, sizes, strict=True):
        assert way.price == pytest.approx(2 * size * 320 * 2.5 / 3600 / (PEAK * 0.2))


def test_the_small_model_wins_behind_a_good_verifier_and_loses_behind_a_bad_one(advised):
    ways, seen = advised
    assert seen.names[0] == "Pythia-2.8B behind the verifier"
    assert seen.samples[0] == 47
    assert seen.accuracy[0] == pytest.approx(0.255, abs=0.005)
    assert (seen.verified, seen.other) == (seen.names[0], "Pythia-12B behind the verifier")
    assert seen.lower_best == "Pythia-410M behind the verifier"
    assert seen.lower_false_positives == pytest.approx(0.0023, abs=0.0004)
    for rate in (seen.false_positives, seen.lower_false_positives):
        for f, first in ((0.97 * rate, rate == seen.false_positives), (1.03 * rate, rate < 0.01)):
            counts = {name: int(k) for name, k in zip(seen.names, seen.samples, strict=True)}
            value = {way.name: way.with_false_positives(f).accuracy(counts[way.name]).mean() for way in ways}
            assert (max(value, key=value.get) == seen.names[0]) == first
    assert "Below a false-positive rate of 0.2 %, Pythia-410M" in seen.report()


def test_stopping_at_the_first_accepted_sample_costs_what_it_says():
    way = tt.option("a", 0.001, p=[0.1, 0.4], selector="verifier", t=0.9, f=0.05)
    seen = tt.advise([way], 0.02)
    accepted = np.array([0.1, 0.4]) * 0.9 + np.array([0.9, 0.6]) * 0.05
    k = int(seen.samples[0])
    assert seen.spent[0] == pytest.approx(tt.dollars_until_success(accepted, k, per_sample=0.001).mean())
    assert seen.dollars[0] == pytest.approx(0.001 * k)
    assert "Stopping at the first sample that is accepted" in seen.report()
    once = tt.advise([tt.option("b", 0.01, p=0.4)], 0.02)
    assert once.spent[0] == once.dollars[0]
    assert "Stopping" not in once.report()


def test_more_samples_than_were_drawn_are_said_to_be_extrapolated():
    ways = tt.options_of(log(), price={"s": 0.001}, selectors=["oracle"])
    assert [way.drawn for way in ways] == [8]
    assert "8 that were drawn" in tt.advise(ways, 0.1).report()
    assert "drawn of a problem" not in tt.advise(ways, 0.005).report()


def test_prices_come_from_a_list_a_column_or_the_user():
    tokens = log(prompt_tokens=100.0, completion_tokens=200.0)
    prices = tt.price_list(
        {"s": {"input": 1, "output": 2}, "l": {"input": 10, "output": 20}}, date="2024-05-01"
    )
    ways = tt.options_of(tokens, prices=prices)
    assert [way.name for way in ways] == ["s", "l"]
    assert [way.price for way in ways] == pytest.approx([5e-4, 5e-3])
    assert tt.options_of(tokens, prices=prices, output=0)[0].price == pytest.approx(1e-4)
    half = tt.price_list({"s": {"input": 1, "output": 2, "batch": 0.5}}, date="2024-05-01")
    waiting = tt.options_of(tokens[tokens["model"] == "s"], prices=half, batch=True)
    assert waiting[0].price == pytest.approx(2.5e-4)
    paid = log(cost_usd=[0.001, 0.003, np.nan, 0.01])
    assert [way.price for way in tt.options_of(paid)] == pytest.approx([0.002, 0.01])
    assert [way.price for way in tt.options_of(log(), price=0.5)] == [0.5, 0.5]
    three = tt.options_of(
        log(), price=0.5, t=0.9, f=0.1, selectors=["once", "verifier", "vote"], check_price=0.1
    )
    assert [way.price for way in three[:3]] == pytest.approx([0.5, 0.6, 0.5])
    assert [way.name for way in three[:3]] == ["s", "s behind the verifier", "s by vote"]
    assert [way.name for way in tt.options_of(log().drop(columns="model"), price=1)] == ["the model"]


@pytest.mark.parametrize(
    ("table", "given", "error", "words"),
    [
        (log(), {}, QuantityError, "nothing in \"cost_usd\" of s|nothing in 'cost_usd' of s"),
        (log(cost_usd=0.0), {}, QuantityError, "not known is not free"),
        (log(), {"price": {"x": 1.0}}, QuantityError, "Name some of s, l"),
        (log(), {"price": {"s": 1.0, "x": 1.0}}, UnknownNameError, "x"),
        (log(), {"price": 0.0}, QuantityError, "above zero"),
        (log(), {"price": 1.0, "t": 0.9}, QuantityError, "two rates"),
        (log(), {"price": 1.0, "batch": True}, QuantityError, "those of a price list"),
        (log(), {"price": 1.0, "selectors": ["verifier"]}, QuantityError, "Nothing is known of the verifier"),
        (log(), {"price": 1.0, "selectors": ["votes"]}, UnknownNameError, "vote"),
        (log(benchmark=["x", "x", "y", "y"]), {"price": 1.0}, TableError, "several benchmarks"),
        (log().drop(columns="n_correct"), {"price": 1.0}, TableError, "n_correct"),
        (log().iloc[:0], {"price": 1.0}, TableError, "no rows"),
    ],
)
def test_what_cannot_be_priced_or_compared_is_refused(table, given, error, words):
    with pytest.raises(error, match=words):
        tt.options_of(table, **given)


def test_a_perfect_verifier_is_no_rival_of_a_real_one():
    kinds = ["once", "verifier", "oracle"]
    ways = tt.options_of(log(), price={"s": 0.001}, selectors=kinds, t=0.9, f=0.05)
    words = tt.advise(ways, 0.008).sentences[0]
    assert words.startswith("With $0.008 per problem: s behind a perfect verifier, 8 samples")
    assert "without that, s behind the verifier, 8 samples" in words


def test_many_problems_are_drawn_less_often_and_judged_alike():
    rng = np.random.default_rng(0)
    c = rng.binomial(10, rng.beta(1, 3, 20_000))
    way = tt.option("a", 1.0, n=np.full(20_000, 10), c=c, selector="verifier", judged=(50, 45, 100, 5))
    assert way.rates.shape == (200, 20_000)
    assert way.t.shape == way.f.shape == (200, 1)
    assert way.accuracy(3).shape == (200,)
