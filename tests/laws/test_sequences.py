"""Laws over learning-rate schedules: published values, their gradient, and a sum that may be shortened."""

import numpy as np
import pytest

from scalewidgets import laws, schedules
from scalewidgets.errors import FormulaError, ScheduleError, UnknownNameError
from scalewidgets.laws.schedules import ANNEALING_DECAY, annealing_areas, continual_areas, sequence_law
from scalewidgets.laws.sequence import drops

MPL = sequence_law("multi_power_law")
RELEASED = {known.label: known.values for known in MPL.published}
STEEP = [
    schedules.cosine(3e-4, 24_000, 2_160, 3e-5),
    schedules.wsd(3e-4, 24_000, 20_000, 2_160, 3e-5),
    schedules.wsd_ld(3e-4, 24_000, 20_000, 2_160, 0.0),
    schedules.two_stage(3e-4, 16_000, 3e-5, 8_000, 2_160),
    schedules.custom({0: 0, 2_000: 3e-4, 6_000: 1e-5, 8_000: 3e-4, 12_000: 0}),
]


@pytest.mark.parametrize(
    ("plan", "step", "expected"),
    [
        (schedules.constant(3e-4, 1_000), 1_000, 3.47055717459),
        (schedules.two_stage(3e-4, 1_000, 3e-5, 500), 1_000, 3.67157083703),
        (schedules.cosine(3e-4, 24_000, 2_160, 3e-5), 23_999, 2.75706856537),
    ],
    ids=lambda part: getattr(part, "shape", ""),
)
def test_the_multi_power_law_gives_the_loss_of_the_released_coefficients(plan, step, expected):
    # arXiv:2503.12811 with the authors' released 400M coefficients.
    found = MPL.value(plan, step, RELEASED["400M model"], exact=True)
    assert float(found) == pytest.approx(expected, rel=1e-10)
    assert float(MPL.value(plan, step, RELEASED["400M model"])) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("plan", STEEP, ids=lambda plan: plan.shape)
def test_taking_far_drops_together_changes_no_digit_that_is_read(plan):
    steps = np.arange(2_200, plan.total + 1, 1_450)
    for values in RELEASED.values():
        short = MPL.value(plan, steps, values)
        assert short == pytest.approx(MPL.value(plan, steps, values, exact=True), abs=2.5e-6)


def test_blocks_hold_every_drop_once_and_need_few_of_them():
    plan = schedules.cosine(3e-4, 24_000, 2_160, 3e-5)
    steps = np.array([100, 5_000, 24_000])
    whole, short = drops(plan, steps, exact=True), drops(plan, steps)
    rates = plan.lr(steps)
    for found in (whole, short):
        assert np.bincount(found.owner, found.drop) == pytest.approx(-rates, rel=1e-9)
    assert len(short.drop) < len(whole.drop) / 15


def test_the_gradient_is_that_of_the_value_also_inside_the_sum():
    features = MPL.features(STEEP[0], np.arange(2_200, 24_000, 2_000))
    values = dict(RELEASED["25M model"])
    loss, gradient = MPL.value_and_gradient(features, values)
    assert loss == pytest.approx(MPL.evaluate(features, values), rel=1e-14)
    for j, name in enumerate(MPL.coefficient_names):
        step = 1e-5 * values[name]
        above = MPL.evaluate(features, {**values, name: values[name] + step})
        below = MPL.evaluate(features, {**values, name: values[name] - step})
        assert gradient[:, j] == pytest.approx((above - below) / (2 * step), rel=2e-5)


def test_annealing_areas_of_a_short_schedule_by_hand():
    rates = [3e-4] * 5 + [2e-4] * 3 + [1e-4] * 2
    forward, annealing = annealing_areas(rates, 0.9)
    assert (forward[-1], annealing[-1]) == pytest.approx((2.3e-3, 5.9951e-4), rel=1e-9)
    with pytest.raises(FormulaError, match="between 0 and 1"):
        annealing_areas(rates, 1.0)


def test_the_annealing_law_is_its_formula_over_the_areas():
    law, plan = sequence_law("lr_annealing"), STEEP[0]
    values = {"L0": 2.5, "A": 0.6, "alpha": 0.5, "C": 10.0}
    forward, annealing = annealing_areas(plan.lr(), ANNEALING_DECAY)
    expected = 2.5 + 0.6 * forward[20_000] ** -0.5 - 10.0 * annealing[20_000]
    assert float(law.value(plan, 20_000, values)) == pytest.approx(expected, rel=1e-12)
    assert "Not for choosing a schedule" in law.law.summary


def test_the_decay_of_the_annealing_momentum_is_the_users_choice():
    plan, values = STEEP[0], {"L0": 2.5, "A": 0.6, "alpha": 0.5, "C": 10.0}
    for decay in (0.99, 0.999):
        forward, annealing = annealing_areas(plan.lr(), decay)
        expected = 2.5 + 0.6 * forward[20_000] ** -0.5 - 10.0 * annealing[20_000]
        found = sequence_law("lr_annealing", decay=decay).value(plan, 20_000, values)
        assert float(found) == pytest.approx(expected, rel=1e-12)
    with pytest.raises(FormulaError, match="has no annealing momentum"):
        sequence_law("multi_power_law", decay=0.99)
    with pytest.raises(FormulaError, match="between 0 and 1"):
        sequence_law("lr_annealing", decay=1.0)


def test_continual_pre_training_goes_on_from_the_area_of_the_first_run():
    before, after = schedules.cosine(3e-4, 1_000), schedules.linear(1e-4, 500, end=0.0)
    columns = continual_areas(before, after, [0, 500], 0.99)
    assert columns["S1_pt"] == pytest.approx([before.lr().sum()] * 2)
    assert columns["S1_cpt"] == pytest.approx([1e-4, after.lr().sum()])
    values = {"L0": 2.0, "A": 0.5, "alpha": 0.5, "C1": 1.0, "C2": 2.0, "B": 0.3, "E": 100.0, "beta": 0.5}
    inputs = {"S1_pt": 1.0, "S1_cpt": 0.2, "S2_pt": 0.05, "S2_cpt": 0.02}
    law = laws.law("cpt_dynamics")
    assert float(law.value(inputs, values)) == pytest.approx(2.60097009752, rel=1e-9)
    assert law.mark == "U"


def test_wrong_names_and_steps_are_refused():
    values = RELEASED["25M model"]
    with pytest.raises(UnknownNameError, match="gamma"):
        MPL.value(STEEP[0], 5_000, {**values, "gama": 1.0})
    with pytest.raises(FormulaError, match="coefficient C of"):
        MPL.value(STEEP[0], 5_000, {k: v for k, v in values.items() if k != "C"})
    with pytest.raises(ScheduleError, match="outside"):
        MPL.value(STEEP[0], 30_000, values)
    with pytest.raises(UnknownNameError, match="multi_power_law"):
        sequence_law("multi_power")
