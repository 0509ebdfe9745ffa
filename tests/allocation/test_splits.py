"""What a user decides by: the best split, the price of straying from it, its uncertainty, hours and money."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from scalewidgets import allocation, laws
from scalewidgets.errors import QuantityError, UnknownNameError

EPOCH = {"E": 1.8172, "A": 482.01, "B": 2085.43, "alpha": 0.3478, "beta": 0.3658}
NAMES = ("A", "B", "E", "alpha", "beta")


def test_the_least_compute_of_the_loss_of_the_best_split_is_the_compute_it_was_given():
    flops = np.geomspace(1e18, 1e26, 9)
    best = allocation.chinchilla_opt(flops, EPOCH)
    assert allocation.frontier_flops(best.loss, EPOCH) == pytest.approx(flops, rel=1e-9)
    assert 6 * best.params * best.tokens == pytest.approx(flops, rel=1e-12)


@pytest.mark.parametrize("served", [0.0, 1e12, 3e14])
def test_no_other_model_of_the_loss_is_cheaper_to_train_and_serve(served):
    loss = 2.0

    def total(log_size):
        above = loss - EPOCH["E"] - EPOCH["A"] * np.exp(-EPOCH["alpha"] * log_size)
        tokens = (EPOCH["B"] / above) ** (1 / EPOCH["beta"])
        return np.log(np.exp(log_size) * (6 * tokens + 2 * served))

    least = np.log(EPOCH["A"] / (loss - EPOCH["E"])) / EPOCH["alpha"]
    found = minimize_scalar(
        total, bounds=(least + 1e-6, least + 8), method="bounded", options={"xatol": 1e-10}
    )
    best = allocation.inference_aware(loss, served, EPOCH)
    assert np.log(best.flops) == pytest.approx(found.fun, abs=1e-10)
    assert np.log(best.params) == pytest.approx(found.x, abs=1e-4)
    implied = allocation.implied_inference(best.params, best.tokens, EPOCH)
    assert implied == pytest.approx(served, rel=1e-6, abs=1e3)


def test_the_gradient_of_the_best_size_is_that_of_small_changes_and_gives_its_standard_error():
    said = allocation.delta_method(1e23, EPOCH)
    for k, name in enumerate(NAMES):
        step = 1e-6
        ends = []
        for sign in (1, -1):
            scale = np.exp(sign * step)
            moved = EPOCH[name] * scale if name.isupper() else EPOCH[name] + sign * step
            ends.append(np.log(allocation.chinchilla_opt(1e23, EPOCH | {name: moved}).params))
        assert said.gradient[k] == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-5, abs=1e-7)
    only_alpha = np.diag([0, 0, 0, 4e-4, 0])
    size, power = said.standard_errors(only_alpha)
    assert size == pytest.approx(0.02 * abs(said.gradient[3]))
    assert power == pytest.approx(0.02 * abs(said.exponent_gradient[3]))
    with pytest.raises(QuantityError, match="5 by 5"):
        said.standard_errors(np.eye(4))


def test_columns_of_resamples_give_columns_of_answers():
    many = {name: np.array([[entry], [entry * 1.01]]) for name, entry in EPOCH.items()}
    flops = np.array([1e20, 1e22, 1e24])
    one = allocation.chinchilla_opt(flops, EPOCH)
    both = allocation.chinchilla_opt(flops, many)
    assert both.params.shape == (2, 3)
    assert both.params[0] == pytest.approx(one.params)
    assert allocation.delta_method(flops, many).gradient.shape == (2, 3, 5)
    assert allocation.overtraining_cost(flops, 200.0, many).factor.shape == (2, 3)
    assert allocation.inference_aware(2.3, [0.0, 1e12, 1e13], many).params.shape == (2, 3)


def test_kaplans_split_is_the_lowest_point_of_the_law():
    values = laws.law("kaplan_ND").published[0].values
    best = allocation.kaplan_ND_opt(1e22, values)
    for size in (best.params * 0.99, best.params * 1.01):
        assert laws.law("kaplan_ND").value({"N": size, "D": 1e22 / (6 * size)}, values) > best.loss
    shares = allocation.kaplan_alloc(0.076, 0.21, 0.76)
    assert shares.params + shares.batch + shares.steps == pytest.approx(1.0)


def test_elasticity_away_from_the_best_split_is_that_of_the_curve_of_equal_loss():
    def tokens(size):
        above = 2.0 - EPOCH["E"] - EPOCH["A"] * size ** -EPOCH["alpha"]
        return (EPOCH["B"] / above) ** (1 / EPOCH["beta"])

    def slope(size):
        gains = allocation.chinchilla_grad(size, tokens(size), EPOCH)
        return np.log(gains.params / gains.tokens * tokens(size) / size), np.log(tokens(size) / size), gains

    (high, up, _), (low, down, _) = slope(1e11 * 1.0001), slope(1e11 / 1.0001)
    gains = slope(1e11)[2]
    share = gains.params / (gains.params + gains.tokens)
    said = allocation.ces(EPOCH["alpha"], EPOCH["beta"], share)
    assert said == pytest.approx((up - down) / (high - low), rel=1e-5)


def test_a_causal_mask_grouped_queries_and_a_gate_change_the_count_as_they_should():
    shape = {"layers": 2, "d_model": 64, "ffw": 256, "kv": 16, "heads": 4, "seq": 128}
    plain = allocation.flops_exact(**shape)
    masked, grouped, gated = (
        allocation.flops_exact(**shape, **more)
        for more in ({"causal": True}, {"kv_heads": 1}, {"gated": True})
    )
    assert plain.attention - masked.attention == 2 * 128**2 * (4 * 64 + 3 * 4) / 2
    assert plain.attention - grouped.attention == 2 * 2 * 128 * 64 * 16 * 2 * 3
    assert gated.mlp == 1.5 * plain.mlp


def test_money_and_energy_are_left_out_unless_asked_and_impossible_shares_are_refused():
    peak = allocation.device("H100 SXM").peak()
    assert peak.verified
    assert not allocation.device("H100 SXM").peak("fp8").verified
    bare = allocation.cost(1e21, peak_flops=peak.value, utilisation=0.4)
    assert (bare.dollars, bare.kwh) == (None, None)
    for wrong in ({"utilisation": 40}, {"utilisation": 0.4, "pue": 0.9}, {"utilisation": 0.4, "load": 1.2}):
        with pytest.raises(QuantityError):
            allocation.cost(1e21, peak_flops=peak.value, **wrong)
    with pytest.raises(UnknownNameError, match="H100"):
        allocation.device("H100 SMX")
    with pytest.raises(UnknownNameError):
        allocation.device("A100 SXM 80 GB").peak("fp8")


def test_what_cannot_be_is_refused_with_what_to_do():
    with pytest.raises(QuantityError, match="never reaches"):
        allocation.chinchilla_isoloss(0.14, 0.3478, 0.3658)
    with pytest.raises(QuantityError, match="above E"):
        allocation.inference_aware(1.8, 1e12, EPOCH)
    with pytest.raises(QuantityError, match="no beta"):
        allocation.chinchilla_opt(1e20, {name: EPOCH[name] for name in ("E", "A", "B", "alpha")})
    with pytest.raises(QuantityError, match="not above zero"):
        allocation.chinchilla_opt(-1e20, EPOCH)
    with pytest.raises(QuantityError, match="above 1"):
        allocation.approach2_bias(0.34, 0.28, half_width=1.0)
