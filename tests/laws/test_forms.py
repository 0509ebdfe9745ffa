"""What follows from a law's form: figures of test-time papers, optima, and refusals of its helpers."""

import numpy as np
import pytest

from scalewidgets import laws
from scalewidgets.errors import FormulaError
from scalewidgets.fitting.grid import HOFFMANN, multistart
from scalewidgets.laws.architecture import clark_dense_params
from scalewidgets.laws.batch import cheapest_batch, ema_timescale, weight_decay
from scalewidgets.laws.compression import mean_params
from scalewidgets.laws.gaussian import gaussian_mse
from scalewidgets.laws.precision import critical_tokens, precision_opt

# Law, inputs, coefficients, value: recomputed from the stated assumptions in double precision.
FIGURES = [
    ("coverage", {"k": 47.1168}, {"A": 4.192, "beta": 0.372}, np.exp(-1), 1e-5),
    ("coverage", {"k": 19970.3}, {"A": 4.192, "beta": 0.372}, 0.9, 1e-5),
    ("coverage_uniform", {"k": 10}, {"u": 0.2}, 0.5844997027, 1e-9),
    ("coverage_hyperbolic", {"k": 10}, {"b": 3.0}, 0.7692307692, 1e-9),
    ("saturation", {"k": 9}, {"F_max": 0.8, "p": 0.3}, 0.7677171144, 1e-9),
    ("saturation", {"k": 77}, {"F_max": 1.0, "p": 0.05}, 0.9807372802, 1e-9),
    ("overthinking", {"t": 5}, {"F_0": 0.4, "p": 0.2, "r": 0.05}, 0.705078, 1e-5),
    ("verifier", {"k": 16}, {"p": 0.2, "t": 0.9, "f": 0.1}, 0.6867100303, 1e-9),
    ("verifier_fallback", {"k": 4}, {"p": 0.2, "t": 0.9, "f": 0.1}, 0.4928128, 1e-9),
    ("verifier_fallback", {"k": 1}, {"p": 0.2, "t": 0.9, "f": 0.1}, 0.2, 1e-12),
    ("speculative_tokens", {"g": 8}, {"a": 0.9}, 6.12579511, 1e-9),
    ("speculative_speedup", {"g": 4}, {"a": 0.8, "c": 0.1}, 2.4011428571, 1e-9),
    ("scalerl", {"C": 50000}, {"R0": 0.1, "A": 0.61, "C_mid": 2000, "B": 1.5}, 0.6059523809, 1e-9),
    ("parscale", {"N": 2.8e9, "P": 4},
     {"E": 0.691207, "A": 0.011307e9, "alpha": 0.189358, "k": 0.393457}, 1.015482, 1e-5),
]  # fmt: skip


@pytest.mark.parametrize(("name", "inputs", "coefficients", "expected", "tolerance"), FIGURES)
def test_a_law_of_inference_gives_the_figure_of_its_derivation(
    name, inputs, coefficients, expected, tolerance
):
    assert float(laws.law(name).value(inputs, coefficients)) == pytest.approx(expected, rel=tolerance)


def test_no_number_of_samples_lifts_a_noisy_verifier_above_its_precision():
    rates = {"p": 0.2, "t": 0.9, "f": 0.1}
    for name in ("verifier", "verifier_fallback"):
        accuracy = laws.law(name).value({"k": [1, 10, 100, 10_000]}, rates)
        assert (np.diff(accuracy) >= 0).all()
        assert accuracy[-1] == pytest.approx(9 / 13, rel=1e-12)


def test_the_other_sign_of_the_offsets_would_not_give_the_papers_seven_to_eight_bits():
    known = laws.law("precision").published[0].values
    assert 7.0 <= precision_opt(known) <= 8.0
    flipped = known | {name: -known[name] for name in ("n_w", "n_a", "n_kv")}
    with pytest.raises(FormulaError, match="the end at 3"):
        precision_opt(flipped)
    none = known | dict.fromkeys(("n_w", "n_a", "n_kv"), 0.0)
    assert precision_opt(none) == pytest.approx(3.5, abs=0.05)


def test_more_data_hurt_a_model_that_will_be_quantised():
    law = laws.law("precision_post")
    known = law.published[0].values
    tokens = np.geomspace(1e9, 1e13, 200)
    loss = law.value({"N": 1e8, "D": tokens, "P_post": 4}, known)
    least = int(np.argmin(loss))
    assert 0 < least < 199
    # At the turn the last token removes as much as quantisation adds: arXiv:2411.04330, critical data size.
    at = tokens[least]
    gone = known["beta"] * known["B"] * at ** -known["beta"]
    added = known["gamma_D"] * laws.law("precision_ptq").value(
        {"N": 1e8, "D": at, "P_post": 4},
        {name: known[name] for name in laws.law("precision_ptq").coefficient_names},
    )
    assert gone == pytest.approx(float(added), rel=0.05)


def test_the_tokens_that_begin_to_hurt_a_quantised_model_are_where_its_loss_is_lowest():
    law = laws.law("precision_post")
    values = law.published[0].values
    for bits in (3.0, 4.0, 6.0):
        worst = critical_tokens(1e9, bits, values)
        near = law.value({"N": 1e9, "D": worst * np.array([0.9, 1.0, 1.1]), "P_post": bits}, values)
        assert near.argmin() == 1


def test_training_in_few_bits_makes_a_model_robust_to_as_many_bits_later():
    law, exact, low = (laws.law(f"precision_{name}") for name in ("unified", "post", "weights"))
    values = {**exact.published[0].values, "gamma_w": 2.6745, "n_w": 0.3037}
    run = {"N": 1e9, "D": 1e11}
    as_before = law.value({**run, "P_w": np.inf, "P_post": 4.0}, values)
    assert as_before == pytest.approx(
        exact.value({**run, "P_post": 4.0}, {name: values[name] for name in exact.coefficient_names})
    )
    robust = law.value({**run, "P_w": 4.0, "P_post": [4.0, 6.0]}, values)
    trained = low.value({**run, "P_w": 4.0}, {name: values[name] for name in low.coefficient_names})
    np.testing.assert_allclose(robust, trained, rtol=1e-14)
    assert law.value({**run, "P_w": 4.0, "P_post": 3.0}, values) > trained


def test_tokens_and_steps_to_one_loss_trade_off_whatever_the_batch():
    least_steps, critical = 1e4, 2e6
    batch = {"B": np.array([5e5, 2e6, 8e6])}
    steps = laws.law("mccandlish").value(batch, {"S_min": least_steps, "B_crit": critical})
    least = {"D_min": least_steps * critical}
    tokens = laws.law("mccandlish_data").value(batch, {**least, "B_crit": critical})
    traded = laws.law("mccandlish_tradeoff").value({"S": steps}, {**least, "S_min": least_steps})
    np.testing.assert_allclose(traded, tokens, rtol=1e-12)


def test_any_parts_of_a_shape_make_a_law_that_the_registered_ones_are_cases_of():
    whole = laws.shape_law(["tokens", "params", "width", "depth"])
    assert whole.formula == laws.law("gemstones_wdp").formula
    assert laws.shape_law(["params", "tokens"]).formula == "E + C / N**gamma + T / D**delta"
    assert laws.shape_law("depth").input_names == ("depth",)
    for wrong in ([], ["width", "width"], ["heads"]):
        with pytest.raises(FormulaError, match="shape"):
            laws.shape_law(wrong)


def test_best_size_and_best_tokens_share_the_compute():
    size, tokens = laws.law("best_params").verified, laws.law("best_tokens").verified
    for first, second in zip(size, tokens, strict=False):
        assert first.label == second.label
        # Printed to two digits each.
        assert first.values["a"] + second.values["a"] == pytest.approx(1.0, abs=0.005)
    kaplan = laws.law("kaplan_best_params")
    # arXiv:2001.08361, Fig. 14: 1.3e9 parameters at one PF-day.
    assert kaplan.value({"C_min_pfdays": [1.0, 10.0]}, kaplan.published[0].values) == pytest.approx(
        [1.3e9, 1.3e9 * 10**0.73]
    )


def test_logarithms_of_clark_are_base_ten():
    law = laws.law("clark_moe")
    for known in law.published:
        assert 2.3 < float(law.value({"N": 1e8, "E": 64}, known.values)) < 2.7


def test_a_routed_model_is_worth_the_dense_model_of_the_same_loss():
    law = laws.law("clark_moe")
    known = law.published[0].values
    dense = clark_dense_params(1e8, [1, 64], known)
    assert dense[0] == pytest.approx(1e8, rel=1e-9)
    assert dense[1] > 1e8
    assert law.value({"N": dense[1], "E": 1}, known) == pytest.approx(
        law.value({"N": 1e8, "E": 64}, known), rel=1e-12
    )


def test_step_law_and_bjorck_disagree_on_tokens_and_say_so():
    step, bjorck = laws.law("step_law_lr"), laws.law("bjorck_lr")
    assert step.published[0].values["n"] > 0 > bjorck.published[0].values["n"]
    assert not any(known.verified for known in bjorck.published)
    assert "sign" in step.summary


def test_the_cheapest_batch_costs_less_than_its_neighbours():
    steps, tokens = laws.law("mccandlish"), laws.law("mccandlish_data")

    def cost(b):
        return 3.0 * tokens.value({"B": b}, {"D_min": 1e4 * 2e6, "B_crit": 2e6}) + 7e5 * steps.value(
            {"B": b}, {"S_min": 1e4, "B_crit": 2e6}
        )

    best = cheapest_batch(2e6, per_token=3.0, per_step=7e5)
    assert cost(best) < min(cost(0.99 * best), cost(1.01 * best))


def test_weight_decay_and_timescale_undo_each_other():
    assert ema_timescale(5e5, 0.016, weight_decay(5e5, 0.016, 1.2e10, 0.21), 1.2e10) == pytest.approx(0.21)


def test_fewer_bits_mean_more_error_and_best_levels_beat_equal_steps():
    uniform = [gaussian_mse(bits) for bits in range(1, 7)]
    best = [gaussian_mse(bits, "lloyd") for bits in range(1, 7)]
    assert uniform[0] == pytest.approx(1 - 2 / np.pi, rel=1e-9)
    assert best[:4] == pytest.approx([0.3634, 0.1175, 0.03454, 0.009501], rel=1e-3)
    assert all(b < u for u, b in zip(uniform[1:], best[1:], strict=True))
    assert (np.diff(uniform) < 0).all()


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: gaussian_mse(0), "0 bits is not known"),
        (lambda: gaussian_mse(7, "lloyd"), "7 bits are not computed"),
        (lambda: gaussian_mse(4, "nf4"), "is not a quantiser"),
        (lambda: mean_params([0, 0.5], [1e9, 1e9]), "do not rise from 0 to 1"),
        (lambda: mean_params([0, 1], [1e9]), "as many parameters"),
        (lambda: multistart({"a": []}), "starts of a are empty"),
        (lambda: multistart(dict.fromkeys("abcd", range(100))), "100,000,000 starts"),
    ],
)
def test_what_cannot_be_computed_is_refused_in_words(ask, says):
    with pytest.raises(ValueError, match=says):
        ask()


def test_the_grid_of_hoffmann_holds_every_combination_once():
    grid = multistart()
    assert set(grid) == set(HOFFMANN)
    assert len(set(zip(*(values.tolist() for values in grid.values()), strict=True))) == 4500
