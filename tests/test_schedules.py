"""Schedules: the rates that training would see, and refusals instead of extrapolation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalewidgets import schedules
from scalewidgets.errors import ScheduleError, UnknownNameError

EVERY = [
    schedules.constant(3e-4, 1000, 100),
    schedules.cosine(3e-4, 1000, 100),
    schedules.linear(3e-4, 1000, 100, end=0.0),
    schedules.wsd(3e-4, 1000, 800, 100),
    schedules.wsd_ld(3e-4, 1000, 800, 100, end=0.0),
    schedules.two_stage(3e-4, 1000, 3e-5, 500, 100),
    schedules.inverse_sqrt(3e-4, 1000, 100),
    schedules.custom({0: 0.0, 100: 3e-4, 900: 3e-4, 1000: 1e-5}),
]


@pytest.mark.parametrize("plan", EVERY, ids=lambda plan: plan.shape)
def test_every_shape_starts_at_zero_peaks_after_warm_up_and_ends_where_it_says(plan):
    rates = plan.lr()
    assert rates.shape == (1001,)
    assert rates[0] == 0
    assert rates[100] == pytest.approx(3e-4, rel=1e-12)
    assert rates.max() <= 3e-4 * (1 + 1e-12)
    assert rates[-1] == pytest.approx(plan.end, rel=1e-12, abs=1e-18)
    assert (np.diff(rates[100:]) <= 1e-18).all()


@pytest.mark.parametrize("plan", EVERY, ids=lambda plan: plan.shape)
def test_a_schedule_survives_a_table_as_one_line_of_text(plan):
    again = schedules.parse(plan.text)
    assert again == plan
    assert (again.lr() == plan.lr()).all()


def test_shapes_pass_through_their_middle():
    assert float(schedules.cosine(1.0, 100, end=0.0).lr(50)) == pytest.approx(0.5)
    assert float(schedules.linear(1.0, 100, end=0.2).lr(50)) == pytest.approx(0.6)
    assert float(schedules.wsd(1.0, 100, 0, end=0.01).lr(50)) == pytest.approx(0.1)
    assert float(schedules.wsd_ld(1.0, 100, 80, end=0.0).lr(90)) == pytest.approx(0.5)
    assert list(schedules.two_stage(1.0, 100, 0.3, 50).lr([49, 50])) == [1.0, 0.3]
    assert float(schedules.inverse_sqrt(1.0, 400, 100).lr(400)) == pytest.approx(0.5)


@given(st.integers(1, 500), st.integers(0, 500))
def test_warm_up_never_passes_the_peak(total, warmup):
    if warmup > total:
        with pytest.raises(ScheduleError, match="Warm-up takes"):
            schedules.cosine(1e-3, total, warmup)
        return
    rates = schedules.cosine(1e-3, total, warmup).lr()
    assert np.isfinite(rates).all()
    assert ((rates >= 0) & (rates <= 1e-3 * (1 + 1e-12))).all()


@pytest.mark.parametrize("step", [-1, 1001, 2.5, float("nan")])
def test_no_rate_is_made_up_for_a_step_outside(step):
    with pytest.raises(ScheduleError):
        EVERY[0].lr(step)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: schedules.constant(0.0, 10), "above zero"),
        (lambda: schedules.constant(1e-3, 0), "at least one step"),
        (lambda: schedules.constant(1e-3, 10.5), "whole number"),
        (lambda: schedules.cosine(1e-3, 10, end=1.0), "not between zero and the peak"),
        (lambda: schedules.wsd(1e-3, 10, 12), "not between the end of warm-up"),
        (lambda: schedules.wsd(1e-3, 10, 5, end=0.0), "ends above zero"),
        (lambda: schedules.inverse_sqrt(1e-3, 10, 0), "warmup=1"),
        (lambda: schedules.custom({0: 1e-3}), "two corners"),
        (lambda: schedules.custom({1: 1e-3, 5: 0.0}), "step 0"),
        (lambda: schedules.custom([(0, 1e-3), (5, 1e-3), (5, 0.0)]), "in order"),
        (lambda: schedules.parse("cosine peak=x"), "does not read as a schedule"),
    ],
)
def test_a_schedule_that_cannot_be_is_a_sentence(make, says):
    with pytest.raises(ScheduleError, match=says):
        make()


def test_a_misspelt_shape_names_the_right_one():
    with pytest.raises(UnknownNameError, match="cosine"):
        schedules.parse("cosin peak=0.001 total=10")
