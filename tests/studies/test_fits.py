"""Laws of a study are those of a single fit, however few points stand for the checkpoints."""

import numpy as np
import pandas as pd
import pytest

import scalewidgets as sw
from scalewidgets.fitting.condense import condense, gauss, nodes_for
from scalewidgets.fitting.many import fit_many
from scalewidgets.fitting.objective import Objective, make_objective

from .conftest import TRUTH, made_up

LAW = sw.law("chinchilla")


def one_run(n=400, size=1e9):
    rng = np.random.default_rng(5)
    tokens = np.sort(rng.uniform(1e10, 3e11, n))
    loss = LAW.value({"N": np.full(n, size), "D": tokens}, TRUTH) + 0.02 * rng.standard_normal(n)
    return {"N": np.full(n, size), "D": tokens}, loss


@pytest.mark.parametrize("log", [False, True])
def test_condensed_checkpoints_give_every_law_the_same_objective(log):
    inputs, loss = one_run()
    few = condense(inputs, loss, log_loss=log)
    assert len(few.loss) < len(loss) / 10
    assert few.rows == len(loss)
    rng = np.random.default_rng(1)
    for _ in range(20):
        tried = {
            **TRUTH,
            "alpha": rng.uniform(0.05, 1),
            "beta": rng.uniform(0.05, 2.5),
            "B": 10 ** rng.uniform(1, 4),
        }
        tried["B"] *= 1e11 ** (tried["beta"] - 0.3)

        def squares(x, y, w, tried=tried):
            said = LAW.value(x, tried)
            off = np.log(y) - np.log(said) if log else y - said
            return np.sum(w * off**2)

        whole = squares(inputs, loss, np.ones(len(loss)))
        assert squares(few.inputs, few.loss, few.weight) + few.left == pytest.approx(whole, rel=1e-9)


def test_gauss_rule_keeps_the_moments():
    rng = np.random.default_rng(2)
    places = np.sort(rng.uniform(-1, 1, 200))
    nodes, weights, _, _ = gauss(places, rng.standard_normal(200), 7)
    for degree in range(14):
        assert np.sum(weights * nodes**degree) == pytest.approx(np.sum(places**degree), abs=1e-11)
    assert weights.min() > 0
    assert nodes_for(0.05) < nodes_for(1.7) <= 28


def test_runs_that_cannot_be_condensed_are_left_as_they_are():
    inputs, loss = one_run()
    odd = {**inputs, "N": inputs["N"] * np.linspace(1, 2, len(loss)) ** 0.5}
    assert condense(odd, loss, log_loss=False).weight.size == len(loss)
    short = {name: values[:7] for name, values in inputs.items()}
    assert condense(short, loss[:7], log_loss=False).weight.size == 7


@pytest.mark.parametrize("objective", ["squared_raw", "huber_log", "squared_log"])
def test_a_cell_is_the_fit_of_its_checkpoints(runs, objective):
    made = sw.study(runs, objective=objective, fractions=[0.6], model_counts=[4], progress=False)
    _cell, record = made.cell("made up", 4, 0.6)
    seen = runs[(runs["params"] < 3e9) & (runs["tokens"] < 0.6 * 1.2e11)]
    alone = sw.fit(seen, objective=objective, resamples=0, starts=0)
    assert record["seen"] == len(seen)
    assert record["objective"] == pytest.approx(alone.objective, rel=1e-9)
    for name, value in zip(LAW.coefficient_names, record["coefficients"], strict=True):
        assert value == pytest.approx(alone.coefficients[name], rel=1e-5)


def test_errors_are_taken_over_the_end_of_the_held_out_run(runs):
    made = sw.study(runs, fractions=[1.0], model_counts=[4], scored=0.2, progress=False)
    _cell, record = made.cell("made up", 4, 1.0)
    last = runs[(runs["params"] == 3e9) & (runs["tokens"] >= 0.8 * 1.2e11)]
    said = made.predict("made up", 4, 1.0, N=last["params"], D=last["tokens"])
    assert record["scored"] == len(last)
    assert record["are"] == pytest.approx(np.mean(np.abs(said - last["loss"]) / last["loss"]), rel=1e-12)
    assert record["are"] < 0.01


def test_dropped_tokens_and_later_checkpoints_are_not_seen(runs):
    made = sw.study(runs, fractions=[0.5], model_counts=[2], drop=1e10, progress=False)
    seen = runs[(runs["params"] <= 2e8) & (runs["tokens"] > 1e10) & (runs["tokens"] < 6e10)]
    assert made.cell("made up", 2, 0.5)[1]["seen"] == len(seen)
    none = sw.study(runs, fractions=[0.1, 0.5], model_counts=[2], drop=2e10, progress=False)
    assert none.cell("made up", 2, 0.1)[1]["status"] == "no checkpoints"
    assert np.isnan(none.to_frame()["are"].iloc[0])


def test_a_term_that_the_runs_do_not_need_goes_to_zero_not_on_and_on():
    inputs = {"N": np.repeat([1e8, 1e9, 1e10], 40), "D": np.tile(np.geomspace(1e9, 1e11, 40), 3)}
    loss = LAW.value(inputs, {**TRUTH, "E": 1e-12, "A": 15.0, "alpha": 0.08})
    loss = loss * np.exp(1e-3 * np.random.default_rng(0).standard_normal(len(loss)))
    made = fit_many(LAW, inputs, loss, np.ones((3, len(loss))), Objective("squared_raw"))
    assert made.converged.all()
    assert made.value == pytest.approx(made.value[0], rel=1e-13)
    assert made.coefficients[:, 0].max() < 1e-9


def test_a_law_without_amplitudes_can_be_studied(runs):
    law = sw.Law("E * (1 + (Nc / N)**alpha + (Dc / D)**beta)", inputs=["N", "D"])
    made = sw.study(runs, law, fractions=[1.0], model_counts=[4], progress=False)
    assert made.cell("made up", 4, 1.0)[1]["are"] < 0.02


def test_rows_in_another_order_change_nothing(runs):
    shuffled = runs.sample(frac=1.0, random_state=4)
    one, two = (
        sw.study(table, fractions=[0.5, 1.0], resamples=20, progress=False) for table in (runs, shuffled)
    )
    assert one.to_dict() == two.to_dict()


def test_intervals_cover_the_truth_and_narrow_as_more_is_seen(runs):
    made = sw.study(runs, fractions=[0.3, 1.0], model_counts=[4], resamples=100, progress=False)
    early, late = (made.cell("made up", 4, share)[1] for share in (0.3, 1.0))
    assert late["low"] <= late["are"] * 1.5
    assert late["high"] - late["low"] < early["high"] - early["low"]
    card = made.family("made up")
    truth = LAW.value({name: card.band[name] for name in ("N", "D")}, TRUTH)
    assert np.all(np.array(early["band_low"]) < truth * 1.003)
    assert np.all(truth * 0.997 < np.array(early["band_high"]))


def test_nearest_siblings_are_the_largest_others(runs):
    made = sw.study(runs, fractions=[1.0], model_counts=[2], choices="nearest", progress=False)
    assert made.to_frame()["chosen"].iloc[0] == "400 M, 800 M"
    down = sw.study(runs, fractions=[1.0], model_counts=[2], target="smallest", progress=False)
    assert down.to_frame()["scale_up"].iloc[0] < 1


def test_a_family_needs_three_sizes():
    pair = made_up(sizes=(1e8, 2e8), name="pair")
    with pytest.raises(sw.errors.StudyError, match="three sizes"):
        sw.study(pair, progress=False)
    both = pd.concat([pair, made_up()])
    assert [card.name for card in sw.study(both, fractions=[1.0], progress=False).families] == ["made up"]


def test_objectives_are_those_of_the_engine():
    assert make_objective("squared_raw", 1e-3).square
