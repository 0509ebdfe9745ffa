"""Ticks, labels, colours and scales of the still picture are those of the browser.

The reference values were read from BokehJS 3.9.2 itself.
"""

import math

import bokeh.models as bm
import numpy as np
import pytest

from scalewidgets.figures.still.formats import format_ticks, js_number
from scalewidgets.figures.still.mappers import map_values
from scalewidgets.figures.still.ranges import ends
from scalewidgets.figures.still.scales import Scale
from scalewidgets.figures.still.ticks import get_ticks


def _never(name):
    raise AssertionError(f"reported {name}")


TICKS = [
    ("LogTicker", {}, 1e18, 1e24, [1e18, 1e19, 1e20, 1e21, 1e22, 1e23, 1e24], 30),
    ("LogTicker", {}, 1.95, 3.9, [2, 2.5, 3, 3.5], 20),
    ("LogTicker", {}, 0.37, 2100, [1, 10, 100, 1000], 20),
    ("LogTicker", {}, 1e-05, 1e15, [1e-05, 0.01, 10, 1e4, 1e7, 1e10, 1e13], 31),
    ("LogTicker", {"num_minor_ticks": 0}, 3, 9000, [10, 100, 1000], 0),
    ("BasicTicker", {}, 0.3, 0.4, [0.3, 0.32, 0.34, 0.36, 0.38, 0.4], 26),
    ("BasicTicker", {}, -1.66, 1.63, [-1.5, -1, -0.5, 0, 0.5, 1, 1.5], 33),
    ("BasicTicker", {"desired_num_ticks": 4}, 1.94, 2.12, [1.95, 2, 2.05, 2.1], 19),
    ("BasicTicker", {}, -0.00033, 0.00033, [-0.0003, -0.0002, -0.0001, 0, 0.0001, 0.0002, 0.0003], 33),
    ("AdaptiveTicker", {"base": 2, "mantissas": [1]}, 3, 70, [16, 32, 48, 64], 21),
    ("SingleIntervalTicker", {"interval": 0.25}, 0.1, 1.6, [0.25, 0.5, 0.75, 1, 1.25, 1.5], 30),
    ("FixedTicker", {"ticks": [2, 3], "minor_ticks": [2.5]}, 0, 9, [2, 3], 1),
]


@pytest.mark.parametrize(("kind", "options", "low", "high", "major", "minor_count"), TICKS)
def test_ticks_lie_where_the_browser_puts_them(kind, options, low, high, major, minor_count):
    found, minor = get_ticks(getattr(bm, kind)(**options), low, high, _never)
    assert found == pytest.approx(major, rel=1e-12, abs=1e-18)
    assert len(minor) == minor_count


LABELS = [
    ("BasicTickFormatter", {}, [0.3, 0.32, 0.34], ["0.3", "0.32", "0.34"]),
    ("BasicTickFormatter", {}, [0, 100000, 200000], ["0.000e+0", "1.000e+5", "2.000e+5"]),
    ("BasicTickFormatter", {}, [-1.5, 0, 1.5], ["−1.5", "0", "1.5"]),
    ("BasicTickFormatter", {"precision": 2}, [1, 2.345], ["1", "2.35"]),
    ("BasicTickFormatter", {"use_scientific": False}, [0, 1500000], ["0", "1500000"]),
    ("BasicTickFormatter", {}, [0.0001, 0.0002], ["1.000e−4", "2.000e−4"]),
    ("LogTickFormatter", {}, [1e18, 1e20], ["10^18", "10^20"]),
    ("LogTickFormatter", {}, [2, 2.5, 3], ["2", "2.5", "3"]),
    ("LogTickFormatter", {"min_exponent": 4}, [0.1, 10, 100000], ["0.1", "10", "10^5"]),
    ("PrintfTickFormatter", {"format": "%.2f x"}, [1.005, 2], ["1.00 x", "2.00 x"]),
    ("PrintfTickFormatter", {"format": "%+d %%"}, [-2, 2], ["-2 %", "+2 %"]),
    ("PrintfTickFormatter", {"format": "%e"}, [1e21, 250], ["1e+21", "2.5e+2"]),
    ("PrintfTickFormatter", {"format": "%s"}, [0.1, 1e22], ["0.1", "1e+22"]),
    ("PrintfTickFormatter", {"format": "%.1e"}, [1e21], ["1.0e+21"]),
    ("PrintfTickFormatter", {"format": "%5.1f|"}, [1.25], ["  1.3|"]),
    ("NumeralTickFormatter", {"format": "0,0"}, [1234567.8, -12], ["1,234,568", "-12"]),
    ("NumeralTickFormatter", {"format": "0.0a"}, [500000, 2000000, 12], ["500.0k", "2.0m", "12.0"]),
    ("NumeralTickFormatter", {"format": "0.[00]"}, [1.5, 2, 1.257], ["1.5", "2", "1.26"]),
    ("NumeralTickFormatter", {"format": "0.0%"}, [0.0105], ["1.1%"]),
    ("NumeralTickFormatter", {"format": "$0,0.00"}, [1234.5, -3], ["$1,234.50", "-$3.00"]),
    ("NumeralTickFormatter", {"format": "0 a"}, [7000000000], ["7 b"]),
    ("NumeralTickFormatter", {"format": "+0.0"}, [1.25, -1], ["+1.3", "-1.0"]),
]


@pytest.mark.parametrize(("kind", "options", "ticks", "labels"), LABELS)
def test_ticks_are_labelled_as_in_the_browser(kind, options, ticks, labels):
    found = format_ticks(getattr(bm, kind)(**options), ticks, 10.0, _never)
    assert [text + ("^" + exponent if exponent else "") for text, exponent in found] == labels


def test_numbers_are_written_as_javascript_writes_them():
    pairs = {1e21: "1e+21", 1e20: "100000000000000000000", 1e-7: "1e-7", 0.001: "0.001", -2.5: "-2.5", 0: "0"}
    assert {value: js_number(value) for value in pairs} == pairs


PALETTE = ["#000000", "#111111", "#222222", "#333333"]
COLOURS = [
    ("LinearColorMapper", {"low": 0, "high": 8}, [-1, 0, 1.99, 2, 4, 7.9, 8, 9, math.nan], "00012333n"),
    ("LinearColorMapper", {}, [3, 1, 2, 5], "2013"),
    ("LogColorMapper", {"low": 1, "high": 10000}, [0.5, 1, 9.9, 10, 999, 10000, 20000], "0000233"),
    ("LogColorMapper", {"low": 10000, "high": 1}, [0.5, 1, 10, 5000, 10000, 20000], "333000"),
    ("LogColorMapper", {}, [1, 10, 100, 1000], "0123"),
]


@pytest.mark.parametrize(("kind", "options", "values", "bins"), COLOURS)
def test_a_value_gets_the_colour_it_has_in_the_browser(kind, options, values, bins):
    mapper = getattr(bm, kind)(palette=PALETTE, **options)
    names = {"n": "gray", **{str(i): colour for i, colour in enumerate(PALETTE)}}
    assert map_values(mapper, values) == [names[bin_] for bin_ in bins]


def test_colours_beyond_the_ends_and_categories_are_kept():
    mapper = bm.LinearColorMapper(palette=PALETTE, low=0, high=8, low_color="red", high_color="lime")
    assert map_values(mapper, [-1, 8, 9]) == ["red", "#333333", "lime"]
    factors = bm.CategoricalColorMapper(palette=PALETTE, factors=["a", "b"])
    assert map_values(factors, ["b", "a", "c"]) == ["#111111", "#000000", "gray"]


def test_a_log_scale_maps_decades_evenly_and_drops_what_is_not_positive():
    scale = Scale(1e18, 1e24, 50, 650, log=True)
    assert scale.screen(np.array([1e18, 1e20, 1e24])) == pytest.approx([50, 250, 650])
    assert np.isnan(scale.screen(np.array([0.0, -3.0]))).all()
    assert scale.invert(250) == pytest.approx(1e20)


def test_a_turned_axis_stays_turned():
    scale = Scale(10, 0, 0, 100)
    assert scale.compute(10) == 0
    assert scale.compute(0) == 100


def test_an_automatic_range_ends_where_the_browser_ends_it():
    # x from 1 to 1e7 and y from 1e-5 to 1e5, padded by a tenth of the decades.
    log = ends(bm.DataRange1d(), [(bm.GlyphRenderer(), (1.0, 1e7))], log=True)
    assert log == pytest.approx((0.4466835921509626, 22387211.385683425))
    linear = ends(bm.DataRange1d(), [(bm.GlyphRenderer(), (0.0, 2e6))], log=False)
    assert linear == pytest.approx((-100000, 2100000))
    assert ends(bm.DataRange1d(start=0), [(bm.GlyphRenderer(), (1.0, 10.0))], log=False)[0] == 0
    assert ends(bm.FactorRange("a", "b"), [], log=False) == (0, 2)
