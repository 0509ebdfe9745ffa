"""Limits of a plan beyond money: memory, batch size and time, number formats, mixtures of experts."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import scalewidgets as sw
from scalewidgets.allocation import (
    Batch,
    BatchLine,
    Machine,
    Precision,
    ServingMemory,
    Surface,
    TrainingMemory,
    best_batch_size,
    best_bits,
    critical_steps,
    effective_share,
    kv_bytes,
    mixture_of_experts,
)
from scalewidgets.errors import FitError, QuantityError
from scalewidgets.laws import law

KUMAR = {
    "E": 2.7648, "A": 4299.0, "B": 18060.0, "alpha": 0.4965, "beta": 0.4965,
    "gamma_w": 2.6745, "n_w": 0.3037, "gamma_a": 2.2102, "n_a": 1.4072, "gamma_kv": 0.9578, "n_kv": 2.4185,
}  # fmt: skip


@pytest.fixture(scope="module")
def fit():
    return sw.fit(sw.load("chinchilla"), resamples=60, starts=0)


# -- memory ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sharded", "gigabytes"), [("none", 120.0), ("optimizer", 31.4), ("gradients", 16.6), ("all", 1.88)]
)
def test_states_of_training_take_what_their_paper_prints(sharded, gigabytes):
    # arXiv:1910.02054, Fig. 1: 7.5 B parameters, 64 data-parallel devices, 16 bytes a parameter.
    memory = TrainingMemory(80, sharded=sharded, sequences=1e-9)
    assert float(memory.needed(7.5e9, 64)) / 1e9 == pytest.approx(gigabytes, abs=0.06)


def test_activations_are_those_of_their_paper():
    # arXiv:2205.05198, section 4: at 175 B, 96 layers of 12,288, context 2,048: 5 a s / h is 80 beside 34.
    shape = {"gigabytes": 80, "aspect": 128, "head": 128, "context": 2048, "tensor": 8, "sharded": "all"}
    size, many = 12 * 96 * 12288**2, 10**12
    kept = float(TrainingMemory(recompute="none", **shape).needed(size, many))
    selective = float(TrainingMemory(recompute="selective", **shape).needed(size, many))
    full = float(TrainingMemory(recompute="full", **shape).needed(size, many))
    assert kept == pytest.approx(2048 * 12288 * 96 / 8 * (34 + 80), rel=1e-3)
    assert kept / selective == pytest.approx(114 / 34, rel=1e-3)
    assert selective / full == pytest.approx(17, rel=1e-3)


def test_keys_and_values_take_what_the_shape_says():
    # 32 layers, 8 heads of 128 for keys and values, 16 bits: 131,072 bytes a token.
    assert float(kv_bytes(32, 8 * 128)) == 131072
    assert float(kv_bytes(80, 8 * 128)) == 327680


def test_the_largest_model_that_fits_is_the_largest_one(fit):
    machine = Machine(gpus=64, price=2.0)
    memory = TrainingMemory(80, sharded="optimizer", tensor=8)
    most = memory.most_params(machine.gpus)
    assert float(memory.needed(most, 64)) == pytest.approx(80e9, rel=1e-9)
    assert float(memory.needed(most * 1.001, 64)) > 80e9
    plan = sw.allocate(fit, flops=1e24, machine=machine, memory=memory)
    assert plan.params.value == pytest.approx(most, rel=1e-9)
    assert any("80 GB" in limit for limit in plan.binding)
    assert plan.loss.value > sw.allocate(fit, flops=1e24).loss.value
    served = ServingMemory(80, devices=1, cached_tokens=1e5, kv_share=0.125)
    both = sw.allocate(fit, flops=1e24, machine=machine, memory=[memory, served])
    assert both.params.value == pytest.approx(served.most_params(), rel=1e-9)
    assert both.params.value < 40e9, "the weights alone take 80 GB at 40 B"
    sparse = TrainingMemory(80, sharded="optimizer", tensor=8, total=4.0)
    assert sparse.most_params(64) == pytest.approx(most / 4, rel=1e-9), "memory is of all parameters"
    roomy = sw.allocate(fit, flops=1e22, machine=machine, memory=TrainingMemory(80))
    assert roomy.binding == ()


# -- batch and time ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("batch", "steps", "share"), [(2e6, 20_000.0, 2.0), (1e6, 30_000.0, 1.5)])
def test_steps_and_tokens_trade_as_published(batch, steps, share):
    data = 2e6 * 10_000.0
    took, processed = critical_steps(data, 2e6, batch)
    assert float(took) == pytest.approx(steps, rel=1e-12)
    assert float(processed) / data == pytest.approx(share, rel=1e-12)
    assert (took / 10_000 - 1) * (processed / data - 1) == pytest.approx(1.0, rel=1e-9)


def test_the_cheapest_batch_of_two_prices_is_the_lowest_point_of_their_sum():
    sizes = np.geomspace(1e3, 1e9, 20_001)
    steps, processed = critical_steps(1e11, 3e6, sizes)
    best = sizes[np.argmin(2e-9 * processed + 0.4 * steps)]
    assert best_batch_size(2e-9, 0.4, 3e6) == pytest.approx(best, rel=2e-3)


@pytest.mark.parametrize(
    "batch",
    [
        Batch(3e6, size=1e6),
        Batch(3e6, seconds_per_step=0.5),
        Batch(BatchLine(0.462, 4e6, 1.2e10), size=BatchLine.published("step_law_batch")),
        Batch(BatchLine(0.462, 4e6, 1.2e10), seconds_per_step=0.5),
    ],
)
def test_tokens_of_the_law_and_tokens_on_the_clock_are_inverse(batch):
    most = 200_000.0
    data = np.geomspace(1e6, 1e11, 30)
    processed = batch.processed(data, most)
    fine = np.isfinite(processed)
    assert fine.sum() > 10
    assert batch.reached(processed[fine], most) == pytest.approx(data[fine], rel=1e-9)
    assert (processed[fine] >= data[fine]).all()
    if batch.size is None:
        steps = processed[fine] / batch.batch_at(data[fine], most)
        assert steps == pytest.approx(most, rel=1e-9), "as small a batch as the deadline allows"


def test_published_lines_give_what_is_checked_and_refuse_what_is_not():
    step_law = BatchLine.published("step_law_batch")
    assert float(step_law.at(np.array(1e11))) == pytest.approx(1107714.88997, rel=1e-6)
    with pytest.raises(QuantityError, match="only the exponent"):
        BatchLine.published("power_lines_critical")
    own = BatchLine.published("power_lines_critical", batch=4e6, tokens=1e10)
    assert float(own.at(np.array(1e11)) / own.at(np.array(1e10))) == pytest.approx(2.8973435877, rel=1e-9)
    line = BatchLine.published("power_lines_batch", batch=4e6, tokens=1e10)
    assert float(line.at(np.array(1e11)) / line.at(np.array(1e10))) == pytest.approx(2.41546083444, rel=1e-9)
    with pytest.raises(QuantityError, match="not a checked power"):
        BatchLine.published("critical_batch")


def test_a_batch_costs_tokens_and_a_deadline_that_counts_steps_costs_more(fit):
    machine = Machine(gpus=4096, price=2.0)
    plain = sw.allocate(fit, flops=1e23, machine=machine)
    half = sw.allocate(fit, flops=1e23, machine=machine, batch=Batch(4e6, size=4e6))
    assert half.schedule.overhead == pytest.approx(2.0, rel=1e-12), "at the critical batch twice the tokens"
    assert half.params.value == pytest.approx(sw.allocate(fit, flops=5e22).params.value, rel=1e-6)
    assert half.flops.value == pytest.approx(1e23, rel=1e-9)
    assert half.schedule.steps == pytest.approx(half.schedule.processed / 4e6)
    assert half.days.value == pytest.approx(plain.days.value, rel=1e-9)
    quick = sw.allocate(fit, flops=1e23, days=3, machine=machine, batch=Batch(4e6, seconds_per_step=2.0))
    assert quick.schedule.days <= 3 * (1 + 1e-9)
    assert quick.schedule.steps == pytest.approx(3 * 86400 / 2.0, rel=1e-6)
    assert any("steps" in limit for limit in quick.binding)
    assert quick.loss.value > plain.loss.value
    # So few steps that the tokens have an end: D / B_crit steps at any batch.
    short = sw.allocate(fit, flops=1e23, days=1, machine=machine, batch=Batch(4e6, seconds_per_step=20.0))
    assert short.tokens.value < 4e6 * 86400 / 20.0
    assert short.loss.value > quick.loss.value
    fixed = sw.allocate(fit, flops=1e23, days=3, machine=machine,
                        batch=Batch(4e6, size=1e6, seconds_per_step=2.0))  # fmt: skip
    assert fixed.schedule.steps <= 3 * 86400 / 2.0 * (1 + 1e-6)
    most = 3 * 86400 / 2.0 / (1 / 1e6 + 1 / 4e6)
    assert fixed.tokens.value == pytest.approx(most, rel=1e-6), "what is left buys a larger model"
    assert fixed.params.value > quick.params.value
    assert "tokens are processed" in quick.report()
    json.dumps(quick.to_dict(), allow_nan=False)


def test_a_batch_that_nothing_fixes_is_refused(fit):
    with pytest.raises(QuantityError, match="one token"):
        Batch(4e6)
    with pytest.raises(QuantityError, match="follows from a deadline"):
        sw.allocate(fit, flops=1e22, batch=Batch(4e6, seconds_per_step=1.0))
    with pytest.raises(QuantityError, match="not above zero"):
        Batch(0.0, size=1e6)


# -- number formats ------------------------------------------------------------------------------------


def test_fewer_bits_count_for_fewer_parameters_as_published():
    assert best_bits(KUMAR) == pytest.approx(7.00210, abs=1e-3)
    for bits in (4, 8, 16):
        inputs = {"N": 2.2e8, "D": 2.6e10, "P_w": bits, "P_a": bits, "P_kv": bits}
        known = float(law("precision").value(inputs, KUMAR))
        share = float(effective_share(bits, KUMAR))
        values = {k: KUMAR[k] for k in ("E", "A", "B", "alpha", "beta")}
        mine = float(law("chinchilla").value({"N": 2.2e8 * share, "D": 2.6e10}, values))
        assert mine == pytest.approx(known, rel=1e-12)


def test_the_best_bits_are_taken_and_of_no_budget(fit):
    grid = np.arange(4.0, 16.5, 0.5)
    for budget in (1e21, 1e24):
        plan = sw.allocate(fit, flops=budget, precision=Precision(bits=grid))
        assert plan.bits.value == 7.0
    plain, chosen = (sw.allocate(fit, flops=1e23, **more) for more in ({}, {"precision": Precision()}))
    assert chosen.bits.value == 8.0
    assert chosen.loss.value < plain.loss.value
    assert any("2411.04330" in note for note in chosen.notes), "whose constants these are is said"
    same = sw.allocate(fit, flops=1e23, precision=Precision(bits=16))
    assert same.loss.value == pytest.approx(plain.loss.value, rel=1e-12)
    # Where eight bits are no cheaper, sixteen are better.
    dear = sw.allocate(fit, flops=1e23, precision=Precision((8, 16), cost={8: 1.0, 16: 1.0}))
    assert dear.bits.value == 16
    target = sw.allocate(fit, loss=2.0, precision=Precision((8, 16)))
    assert target.bits.value == 8
    assert target.flops.value < sw.allocate(fit, loss=2.0).flops.value
    assert "8" in chosen.report().split("trains in")[1]


@pytest.mark.parametrize(
    ("options", "words"),
    [({"bits": 2}, "below 3"), ({"bits": 8, "cost": {16: 1.0}}, "no cost"), ({"bits": ()}, "below 3")],
)
def test_bits_that_the_law_does_not_cover_are_refused(options, words):
    with pytest.raises(QuantityError, match=words):
        Precision(**options)


# -- mixtures and further inputs -----------------------------------------------------------------------


def test_a_mixture_pays_for_its_active_parameters_and_its_router():
    rule = mixture_of_experts(0.25, experts=64)
    size = 4e10
    layers = (0.25 * size / (12 * 128**2)) ** (1 / 3)
    router = 6 * layers * (128 * layers) * 64
    assert float(rule.per_token(np.array(size))) == pytest.approx(6 * 0.25 * size + router, rel=1e-12)
    with pytest.raises(QuantityError, match="above 1"):
        mixture_of_experts(2.0)


def test_a_law_with_a_further_input_is_split_at_its_value():
    values = {"c": 0.47, "g": 2.1, "gamma": 0.58, "a": 18.1, "alpha": 0.115, "b": 30.8, "beta": 0.147}
    columns = {name: np.full((1, 1), v) for name, v in values.items()}
    surfaces = [Surface(law("moe_granularity"), columns, given={"G": g}) for g in (1.0, 16.0)]
    for surface, known in zip(surfaces, (3.07755621986, 2.92261603962), strict=True):
        loss = surface.loss(np.array([[1e9]]), np.array([[1e11]]))
        assert float(loss[0, 0]) == pytest.approx(known, rel=1e-9)
        best = surface.best(np.array([1e21]))
        near = [surface.loss(best.params[:, None] * k, best.tokens[:, None] / k)[0, 0] for k in (0.98, 1.02)]
        assert best.loss[0] <= min(near)


def test_a_further_input_without_a_value_is_asked_for():
    rng = np.random.default_rng(1)
    n, d, g = 10 ** rng.uniform(8, 10, 60), 10 ** rng.uniform(10, 12, 60), 2.0 ** rng.integers(0, 5, 60)
    values = {"c": 0.47, "g": 2.1, "gamma": 0.58, "a": 18.1, "alpha": 0.115, "b": 30.8, "beta": 0.147}
    loss = law("moe_granularity").value({"N": n, "D": d, "G": g}, values) * np.exp(rng.normal(0, 1e-3, 60))
    runs = pd.DataFrame({"params": n, "tokens": d, "G": g, "loss": loss})
    fixed = {name: values[name] for name in ("gamma", "alpha", "beta")}
    fitted = sw.fit(runs, "moe_granularity", resamples=0, starts=0, fixed=fixed)
    with pytest.raises(FitError, match=r"given=\{'G'"):
        sw.allocate(fitted, flops=1e22)
    plan = sw.allocate(fitted, flops=1e22, given={"G": 16.0}, flops_rule=mixture_of_experts(0.5))
    assert (
        plan.loss.value
        < sw.allocate(fitted, flops=1e22, given={"G": 1.0}, flops_rule=mixture_of_experts(0.5)).loss.value
    )
