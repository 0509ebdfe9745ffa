"""The next-run advisor on screen: the numbers of `sw.next_runs`, and what is drawn of them."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from contourpy import contour_generator

import scalewidgets as sw
from scalewidgets.allocation import Machine, trained
from scalewidgets.allocation.information import Candidates
from scalewidgets.figures.advisor import Held, advisor_scene, make_view, moved
from scalewidgets.figures.advisor.columns import moving
from scalewidgets.figures.advisor.numbers import price_of, seen
from scalewidgets.figures.advisor.screen import arrays, behaviour_options
from scalewidgets.figures.advisor.shades import grid_of, levels_of, lines_of, narrowing
from scalewidgets.figures.still import unsupported

LIB = Path(__file__).parents[2] / "labextension" / "lib"
MACHINE = Machine()
BUDGET = MACHINE.flops_of_dollars(1e6)


@pytest.fixture(scope="module")
def runs():
    table = sw.load("chinchilla")
    return table.drop(index=table.attrs["default_exclusions"]["index"])


@pytest.fixture(scope="module")
def small(runs):
    cheap = runs[runs["flops"] < 1e20]
    return cheap.iloc[np.random.default_rng(1).choice(len(cheap), 30, replace=False)]


@pytest.fixture(scope="module")
def fit(small):
    return sw.fit(small, objective="squared_log", resamples=0, starts=0)


def viewed(fit, rest, **changes):
    advice = sw.next_runs(fit, flops=BUDGET, candidates=rest, machine=MACHINE, **changes)
    held = Held(
        answer=advice.answer,
        flops=BUDGET,
        unit="dollars",
        most=changes.get("most", 3),
        scatter=advice.scatter,
        table=rest is not None,
    )
    check = trained(advice) if rest is not None and "loss" in rest else None
    return make_view(advice, held, MACHINE, "" if rest is None else "rest", check)


@pytest.fixture(scope="module")
def view(fit, runs, small):
    return viewed(fit, runs.drop(index=small.index))


@pytest.fixture(scope="module")
def scene(view):
    return advisor_scene(view)


def test_the_screen_says_what_next_runs_says(view, scene):
    advice, found = view.advice, seen(view)
    for name, row in advice.designs.iterrows():
        assert [found.rows[name].low, found.rows[name].high] == pytest.approx(
            [row["low"], row["high"]], rel=1e-9
        )
    without = advice.batch[["without_low", "without_high"]].to_numpy()
    assert np.array([[r.low, r.high] for r in found.without]) == pytest.approx(without, rel=1e-9)
    assert found.narrower == pytest.approx(advice.narrower, rel=1e-9)
    assert price_of(view) == pytest.approx(advice.dollars, rel=1e-12)
    after = advice.coefficients["after"].to_numpy()
    assert found.spread_after == pytest.approx(after, rel=1e-9)
    said = (
        "Train these 3 runs for $2,113: N* at $1.0 M narrows from [68, 349] to [103, 229]\N{NO-BREAK SPACE}B."
    )
    assert scene.summary.startswith(said)


def test_the_shades_are_what_one_run_alone_takes_off(view):
    height = narrowing(view, lines_of(view))
    x, y = grid_of(view)
    advice = view.advice
    i, j = 7, 40
    alone = Candidates.of(advice.known, advice.slope, x[[j]], y[[i]], np.ones(1))
    expected = 1 - np.sqrt(1 - alone.gain(np.array([0])) / alone.variance)
    assert height[i, j] == pytest.approx(expected, rel=1e-9)
    assert levels_of(0.37) == [0.1, 0.2, 0.3]
    assert levels_of(0.05) == [0.01, 0.02, 0.03, 0.04]


def test_a_batch_that_is_moved_takes_all_figures_with_it(view):
    own = moved(view, replace(view.held, batch=((1e9, 1e10), *view.advised[1:])))
    scene = advisor_scene(own)
    assert scene.state["answer.own"]
    assert scene.summary.startswith("With these 3 runs of yours for ")
    assert scene.state["answer.best"] == "[103, 229]"
    answer = scene.document.get_model_by_name("design-answer").data
    now = scene.document.get_model_by_name("design-now").data
    assert now["x"][0] < answer["x"][0] < seen(view).rows["batch"].low
    assert not scene.document.get_model_by_name("design-checks").data["x"], "these runs have no losses"


def test_a_batch_beyond_the_data_is_said_in_amber(view, scene):
    state = scene.state
    assert state["answer.leaning"].startswith("Runs 1 and 3 trust the law at 0.46 tokens per parameter")
    amber = [item for item in scene.frame["trust"] if item.get("level") == "warning"]
    words = json.dumps(amber)
    assert "does not cover the law being wrong" in words
    assert "All 240 runs say 82 B, outside the prediction" in words
    inside = moved(view, replace(view.held, batch=((1e9, 2e10),)))
    assert advisor_scene(inside).state["answer.leans"] is False


def test_what_the_check_gave_is_drawn_and_said_only_where_losses_are_known(view, fit, runs, small, scene):
    check = trained(view.advice)
    drawn = scene.document.get_model_by_name("design-checks").data
    assert drawn["middle"] == pytest.approx(check["value"].to_numpy(), rel=1e-12)
    assert "Once trained, these three gave 114 B [75, 175] B." in scene.summary
    blind = viewed(fit, runs.drop(index=small.index)[["params", "tokens"]])
    other = advisor_scene(blind)
    assert "Once trained" not in other.summary
    assert not other.document.get_model_by_name("design-checks").data["x"]


def test_the_still_picture_has_every_part(scene):
    assert not unsupported(scene.document)
    svg = scene.to_svg()
    for words in ("Where the next run teaches most", "Run 1, $15", "Random 3", "best three", "[103, 229]"):
        assert words in svg, words
    assert scene.to_svg("dark") != svg


NODE = """
import { AdvisorModel } from '%s/behaviours/advisor-model.js';
import { readFileSync } from 'node:fs';
const { options, arrays, held } = JSON.parse(readFileSync(0, 'utf8'));
const packed = Object.fromEntries(Object.entries(arrays).map(([k, v]) => [k, Float64Array.from(v)]));
const model = new AdvisorModel(options, packed);
const plain = v => ArrayBuffer.isView(v) ? Array.from(v) : v;
const out = held.map(h => {
  const { values, columns } = model.see(h);
  const flat = Object.entries(columns).map(([name, data]) =>
    [name, Object.fromEntries(Object.entries(data).map(([c, v]) => [c, plain(v)]))]);
  return { values, columns: Object.fromEntries(flat) };
});
process.stdout.write(JSON.stringify(out));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
@pytest.mark.skipif(
    not (LIB / "behaviours" / "advisor-model.js").exists(), reason="the browser part is not built"
)
@pytest.mark.parametrize("kind", ["params", "tokens", "loss"])
def test_the_browser_says_and_draws_what_python_says_and_draws(kind, fit, runs, small):
    view = viewed(fit, runs.drop(index=small.index), answer=kind)
    own = ((1e9, 1e10), (2e8, 1e11), (8e9, 4e9))
    cases = [
        view.held,
        replace(view.held, batch=own),
        replace(view.held, batch=own, scatter=2 * view.held.scatter, unit="flops"),
        replace(view.held, batch=((3e8, 3e10), *own[1:]), spend=100.0),
    ]
    asked = [
        {
            "answer": h.answer,
            "flops": h.flops,
            "unit": h.unit,
            "setup": h.setup,
            "spend": h.spend,
            "scatter": h.scatter,
            "batch": moved(view, h).batch,
        }
        for h in cases
    ]
    told = json.dumps(
        {
            "options": behaviour_options(view),
            "arrays": {name: values.ravel().tolist() for name, values in arrays(view).items()},
            "held": asked,
        }
    )
    run = subprocess.run(
        ["node", "--input-type=module", "-e", NODE % LIB],
        input=told, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    for case, theirs in zip(cases, json.loads(run.stdout), strict=True):
        here = moved(view, case)
        state = advisor_scene(here).state
        for key, value in theirs["values"].items():
            expected = state[key]
            assert value == (
                pytest.approx(expected, rel=1e-5) if isinstance(expected, float) else expected
            ), key
        columns = moving(here)
        drawn = {k: v for k, v in theirs["columns"].items() if not k.startswith(("shade", "design-strip"))}
        for name, data in drawn.items():
            assert set(data) == set(columns[name]), name
            for column, values in data.items():
                ours = list(columns[name][column])
                if ours and isinstance(ours[0], str):
                    assert values == ours, (name, column)
                else:
                    assert values == pytest.approx(ours, rel=1e-5, abs=1e-7), (name, column)
        _alike(theirs["columns"], columns)


def _alike(theirs, ours):
    """Grounds and lines of the same lengths: where they begin is each one's own."""
    assert theirs["shade-labels"]["text"] == ours["shade-labels"]["text"]
    for name in ("shade", "shade-lines"):
        assert len(theirs[name]["xs"]) == len(ours[name]["xs"]), name
        for k in range(len(ours["shade"]["xs"])):
            mine, other = (_area(part["shade"], k) for part in (ours, theirs))
            assert other == pytest.approx(mine, rel=2e-3)


def _area(ground, k):
    x, y = np.log(ground["xs"][k]), np.log(ground["ys"][k])
    return float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)) / 2)


def test_grounds_of_one_polygon_leave_holes_open(view):
    height = np.zeros((9, 9))
    height[1:8, 1:8] = 1.0
    height[4, 4] = 0.0
    from scalewidgets.figures.advisor.shades import joined

    loops = [np.asarray(p) for p in contour_generator(z=height).lines(0.5)]
    path = joined(loops)
    ground = {"xs": [np.exp(path[:, 0])], "ys": [np.exp(path[:, 1])]}
    outer, hole = 7.0**2 - 0.5, 0.5
    assert abs(_area(ground, 0)) == pytest.approx(outer - hole, rel=0.03)
