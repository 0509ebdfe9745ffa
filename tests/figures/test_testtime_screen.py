"""The test-time screen: the numbers of its engine, what is drawn of them, and the browser's twin."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bokeh.models import ColumnDataSource

import scalewidgets as sw
from scalewidgets.figures.frame import render_text
from scalewidgets.figures.scene import plain
from scalewidgets.figures.still import unsupported
from scalewidgets.figures.testtime import (
    Held,
    first_held,
    make_view,
    read_selected,
    read_systems_view,
    sampling_scene,
    whole,
)
from scalewidgets.figures.testtime.difficulty import counted, expected
from scalewidgets.figures.testtime.placing import LETTER, Frame, meet
from scalewidgets.figures.testtime.ranked import amount
from scalewidgets.figures.testtime.screen import arrays, behaviour_options
from scalewidgets.figures.testtime.spent import _stay, spent_columns
from scalewidgets.figures.testtime.system_columns import PLOT, cost_range, system_columns, value_range
from scalewidgets.figures.testtime.systems import short
from scalewidgets.figures.testtime.view import advice, costs
from scalewidgets.figures.testtime.winners import _polygons, _runs, surface
from scalewidgets.testtime import menu
from scalewidgets.testtime.solved import fitted_solved, gains, saturation
from scalewidgets.testtime.tally import resample_weights

LIB = Path(__file__).parents[2] / "labextension" / "lib"


@pytest.fixture(scope="module")
def counts():
    return sw.testtime.tally(sw.load("pythia_math"))


@pytest.fixture(scope="module")
def systems():
    return read_systems_view(sw.load("agents"))


@pytest.fixture(scope="module")
def view(counts, systems):
    return make_view(counts, first_held(counts), systems=systems)


@pytest.fixture(scope="module")
def scene(view):
    return sampling_scene(view)


def drawn(scene, name):
    return scene.document.get_model_by_name(name).data


def test_the_sentence_is_that_of_the_worked_case(scene, view):
    assert scene.summary.startswith(
        "With $0.30 per 1,000 problems, sample the 2.8 B model 47 times: 26 % [21, 31] solved. Best in all"
    )
    assert "fewer than 0.2 % of wrong answers, 410 M with 325 samples would win" in scene.summary
    found = advice(view)
    assert found.solved[found.best] == pytest.approx(0.258, abs=5e-4)
    assert found.ceiling[found.best] == pytest.approx(0.340, abs=5e-4)
    assert found.saturation == 91
    assert found.saturation_low == pytest.approx(82, abs=2)
    assert found.saturation_high == pytest.approx(99, abs=2)
    table = scene.table.set_index("model")["samples"]
    assert table.to_dict() == {
        "Pythia-2.8B": 47, "Pythia-1B": 133, "Pythia-410M": 325, "Pythia-6.9B": 19, "Pythia-12B": 11,
        "Pythia-160M": 834, "Pythia-70M": 1908,
    }  # fmt: skip


def test_everything_is_drawn_by_the_still_picture_and_columns_are_of_one_length(scene):
    assert not unsupported(scene.document)
    for theme in ("light", "dark"):
        svg = scene.to_svg(theme)
        for words in ("Coverage is not accuracy", "Ceiling 34 %", "Saturates at 91 samples", "your verifier"):
            assert words in svg
    for source in scene.document.select({"type": ColumnDataSource}):
        assert len({len(column) for column in source.data.values()}) <= 1, source.name
    assert json.dumps(scene.to_json())


def test_what_is_dashed_is_the_models_own_fit_and_not_moved_to_meet_the_counts(scene, counts):
    inside, beyond = drawn(scene, "cov-curves"), drawn(scene, "cov-beyond")
    for m, fit in enumerate(counts.fits):
        assert beyond["xs"][m][0] == counts.least[m] == inside["xs"][m][-1]
        assert beyond["ys"][m] == pytest.approx(fit.coverage(np.rint(beyond["xs"][m])), rel=1e-3)
        assert beyond["ys"][m][0] != pytest.approx(inside["ys"][m][-1], abs=1e-6)


NODE = """
import { TestTimeModel } from '%s/behaviours/testtime.js';
let text = '';
process.stdin.on('data', part => { text += part; }).on('end', () => {
  const { options, arrays, held } = JSON.parse(text);
  const model = new TestTimeModel(options, arrays);
  const plain = v => (ArrayBuffer.isView(v) || Array.isArray(v) ? Array.from(v, plain) : v);
  process.stdout.write(JSON.stringify(held.map(one => {
    const { values, columns: moved, found, spent } = model.see(one);
    const columns = { ...moved, ...(spent ? spent.columns : {}) };
    const { solved, low, high, ceiling } = found;
    const axis = spent && { range: spent.range, ticks: Object.values(spent.ticks), title: spent.title };
    return { values, axis, exact: { solved, low, high, ceiling },
      columns: Object.fromEntries(Object.entries(columns).map(([name, c]) =>
        [name, Object.fromEntries(Object.entries(c).map(([k, v]) => [k, plain(v)]))])) };
  })));
});
"""


def browser(view, cases):
    """What the browser's model says and draws for what the controls hold."""
    asked = [
        {
            "unit": h.unit, "dollars": h.dollars, "tokens": h.tokens, "seconds": h.seconds, "worth": h.worth,
            "verifier": h.verifier, "right": h.right, "wrong": h.wrong, "sampleTokens": h.sample_tokens,
            "hour": h.hour, "utilisation": h.utilisation, "factor": h.factor, "shown": sorted(h.shown),
        }
        for h in cases
    ]  # fmt: skip
    given = {
        "options": plain(behaviour_options(view)),
        "arrays": {name: plain(values.ravel()) for name, values in arrays(view).items()},
        "held": asked,
    }
    run = subprocess.run(
        ["node", "--input-type=module", "-e", NODE % LIB],
        input=json.dumps(given), capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return json.loads(run.stdout)


def compare(view, cases):
    for case, seen in zip(cases, browser(view, cases), strict=True):
        moved = replace(view, held=case)
        found = advice(moved)
        for name, theirs in seen["exact"].items():
            ours = getattr(found, name)
            assert [np.nan if v is None else v for v in theirs] == pytest.approx(
                ours, rel=1e-12, nan_ok=True
            ), name
        scene = sampling_scene(moved)
        for key, theirs in seen["values"].items():
            assert theirs == scene.state[key], (case, key)
        if seen["axis"]:
            x = scene.document.get_model_by_name("systems-x")
            assert seen["axis"]["range"] == pytest.approx([x.start, x.end])
            ticks = scene.document.get_model_by_name("systems-cost-axis").major_label_overrides
            assert sorted(seen["axis"]["ticks"]) == sorted(ticks.values())
            assert seen["axis"]["title"] == scene.document.get_model_by_name("systems-cost-title").text
        assert set(seen["values"]) == {
            key for key in scene.state
            if key.startswith(("answer.", "menu.", "trust.", "price.note", "hard."))
        }  # fmt: skip
        for name, columns in seen["columns"].items():
            ours = drawn(scene, name)
            assert set(columns) == set(ours), name
            for column, theirs in columns.items():
                mine = [list(v) if isinstance(v, list | np.ndarray) else v for v in ours[column]]
                assert len(theirs) == len(mine), (case, name, column)
                if mine and isinstance(mine[0], list):
                    for one, two in zip(theirs, mine, strict=True):
                        assert one == pytest.approx(two, rel=1e-9, abs=1e-12), (case, name, column)
                elif mine and isinstance(mine[0], str):
                    assert theirs == mine, (case, name, column)
                else:
                    assert theirs == pytest.approx(mine, rel=1e-9, abs=1e-9), (case, name, column)


needs_node = pytest.mark.skipif(
    shutil.which("node") is None or not (LIB / "behaviours" / "testtime.js").exists(),
    reason="needs node and the built browser part",
)


@needs_node
def test_the_browser_says_and_draws_what_python_says_and_draws(view):
    held = view.held
    compare(
        view,
        [
            held,
            replace(held, dollars=3.0, right=0.6, wrong=0.0002, worth=0.3),
            replace(held, verifier="perfect", dollars=0.11),
            replace(held, dollars=9.0, wrong=0.3),  # more samples than were drawn, for some models
            replace(held, verifier="perfect", dollars=30.0),
            replace(held, dollars=0.001),  # nothing can be paid
            replace(held, unit="tokens", tokens=4000.0, sample_tokens=250.0),
            replace(held, unit="seconds", seconds=1.7, utilisation=0.4, hour=1.2),
        ],
    )


@needs_node
def test_without_systems_the_browser_draws_the_frontier_of_the_samples_with_its_doubt_as_python_does(counts):
    held = first_held(counts)
    compare(
        make_view(counts, held),
        [
            held,
            replace(held, dollars=3.0, right=0.6, wrong=0.0002, hour=1.1),
            replace(held, verifier="perfect"),
            replace(held, unit="tokens", tokens=4000.0),  # every model costs the same: ties in cost
        ],
    )


def test_the_frontier_of_samples_has_intervals_its_share_of_resamples_and_a_mix_above_its_steps(counts):
    columns = spent_columns(made := make_view(counts, first_held(counts)), advice(made))
    front, band, mix = columns["spent-front"], columns["spent-band"], columns["spent-mix"]
    assert (band["low"] <= front["y"]).all()
    assert (front["y"] <= band["high"]).all()
    shares = [float(words.split()[-2]) for words in columns["spent-shares"]["text"]]
    assert len(shares) == len(columns["spent-names"]["text"]) > 1
    assert all(0 < share <= 100 for share in shares)
    assert mix["xs"]
    for x, y in zip(mix["xs"], mix["ys"], strict=True):
        step = front["y"][np.searchsorted(front["x"], x * (1 + 1e-9), side="right") - 1]
        assert (y >= step - 1e-9).all()
        assert (y > step + 1e-6).any()


def test_a_point_that_half_of_the_resamples_beat_is_on_the_frontier_in_the_other_half():
    cost = np.array([1.0, 2.0, 2.0, 3.0])
    rows = np.array([[0.1, 0.5, 0.2, 0.6], [0.1, 0.5, 0.5, 0.4], [0.3, 0.2, 0.5, 0.6], [0.1, 0.2, 0.3, 0.3]])
    assert _stay(cost, rows).tolist() == [1.0, 0.5, 0.75, 0.5]


SYSTEMS_NODE = """
import { systemsAt } from '%s/behaviours/testtime-systems.js';
let text = '';
process.stdin.on('data', part => { text += part; }).on('end', () => {
  const { options, asked } = JSON.parse(text);
  process.stdout.write(JSON.stringify(asked.map(([unit, budget]) => systemsAt(options, unit, budget))));
});
"""


@needs_node
@pytest.mark.parametrize("name", ["agents", "aider"])
def test_the_browser_says_of_systems_alone_what_python_says(name):
    shown = read_systems_view(sw.load(name))
    asked = [(unit, amount) for unit in shown.axes for amount in (0.02, 9.0, 40.0, 5e3, 2e6)]
    given = {"options": plain(whole.behaviour_options(shown)), "asked": asked}
    run = subprocess.run(
        ["node", "--input-type=module", "-e", SYSTEMS_NODE % LIB],
        input=json.dumps(given), capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    for (unit, budget), seen in zip(asked, json.loads(run.stdout), strict=True):
        held = replace(Held(unit=unit), **{unit: budget})
        assert seen["values"] == whole.state_of(shown, held)
        for source, columns in whole.moving(shown, held).items():
            for column, ours in columns.items():
                theirs = seen["columns"][source][column]
                assert theirs == (ours if column == "text" else pytest.approx(ours, rel=1e-12)), source


def test_the_table_of_systems_alone_follows_the_unit_of_the_budget():
    shown = read_systems_view(sw.load("agents"))
    said = {unit: whole.state_of(shown, Held(unit=unit)) for unit in shown.axes}
    for unit, axis in shown.axes.items():
        for row in range(3):
            place = [short(name) for name in axis.front.names].index(said[unit][f"rank.{row}.name"])
            cost = float(axis.front.cost[place] * axis.factor)
            assert said[unit][f"rank.{row}.cost"] == amount(unit, cost, False)
            assert said[unit][f"rank.{row}.on"] == (place in axis.front.front)
    scene = whole.systems_scene(
        make_view(None, Held(unit="seconds"), systems=shown), "full", {"agents": "Agents"}, "agents"
    )
    table = scene.frame["figures"][1]["table"]
    first = [render_text(cell, scene.state) for cell in table["rows"][0]["cells"]]
    assert first[0] == said["seconds"]["rank.0.cost"] != said["dollars"]["rank.0.cost"]


def test_the_agents_have_six_undominated_systems_four_of_them_on_the_hull(systems):
    front = systems.axes["dollars"].front
    assert (len(front.front), len(front.convex)) == (6, 4)
    assert systems.axes["dollars"].factor == pytest.approx(1000 / 164)
    assert set(systems.axes) == {"dollars", "tokens", "seconds"}


def test_names_of_systems_lie_on_no_mark_and_on_no_other_name(systems):
    for axis in systems.axes.values():
        columns = system_columns(axis)
        left, right = (float(np.log(end)) for end in cost_range(axis))
        frame = Frame(left, right, *value_range(axis), PLOT)
        boxes = []
        for name in ("sys-names", "sys-shares", "sys-off-names"):
            data = columns[name]
            xs, ys = frame.pixels(np.array(data["x"]), np.array(data["y"]))
            for x, y, words, align in zip(xs, ys, data["text"], data["align"], strict=True):
                wide = LETTER * len(words)
                start = x if align == "left" else x - wide
                boxes.append((start, y - 5, start + wide, y + 5))
        assert len(boxes) > 8
        for i, one in enumerate(boxes):
            assert not any(meet(one, other) for other in boxes[:i])
        for name in ("sys-on", "sys-off"):
            xs, ys = frame.pixels(np.array(columns[name]["x"]), np.array(columns[name]["y"]))
            for x, y in zip(xs, ys, strict=True):
                assert not any(meet((x - 3, y - 3, x + 3, y + 3), box) for box in boxes)


def test_bars_and_fit_of_difficulty_count_every_problem(counts):
    for m in range(len(counts.models)):
        assert counted(counts, m).sum() == len(counts.problems)
        assert counted(counts, m)[0] == (counts.c[m] == 0).sum()
        a, b = counts.shapes[m, :1, 0], counts.shapes[m, :1, 1]
        assert expected(counts, m, a, b).sum() == pytest.approx(len(counts.problems), rel=1e-5)


def test_areas_of_the_plane_of_verifiers_agree_with_the_menu_at_any_verifier(view, counts):
    found = advice(view)
    wrong, right, values = surface(view, found)
    for i, j in ((0, 0), (10, 20), (16, 30), (5, 25)):
        known = menu(counts, costs(view)["dollars"], 3e-4, verifier=(float(right[i]), float(wrong[j])))
        assert values[:, i, j] == pytest.approx(known.solved, rel=1e-12)
        assert int(np.argmax(values[:, i, j])) == known.best
    area = 0.0
    for polygon in _polygons(right, [_runs(wrong, values[:, i, :]) for i in range(len(right))]):
        x, y = np.log(polygon[1]), polygon[2]
        area += 0.5 * abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))
    whole_plane = np.log(wrong[-1] / wrong[0]) * (right[-1] - right[0])
    assert area == pytest.approx(whole_plane, rel=0.01)


def test_resamples_of_the_problems_are_fair_and_the_same_everywhere():
    weights = resample_weights(128, 1000)
    assert (weights.sum(axis=1) == 128).all()
    # Each problem is drawn as often as any other, and as variably as a multinomial draw.
    assert weights.mean(axis=0) == pytest.approx(np.ones(128), abs=0.15)
    assert weights.var() == pytest.approx(127 / 128, rel=0.03)
    assert weights[0, :8].tolist() == resample_weights(128, 3)[0, :8].tolist()


def test_the_fitted_share_behind_a_verifier_is_that_of_many_drawn_problems():
    rng = np.random.default_rng(1)
    cases = (0.25, 11.7, 47, 0.9, 0.01), (0.065, 100.0, 1908, 0.8, 0.001), (19.0, 19.0, 2, 0.9, 0.1)
    for a, b, k, t, f in (*cases, (25.0, 80.0, 9, 0.9, 0.01), (3e6, 7e6, 3, 0.9, 0.01)):
        p = rng.beta(a, b, 400_000)
        known = sw.testtime.verifier_accuracy(p, t, f, k).mean()
        assert fitted_solved(a, b, k, (t, f)) == pytest.approx(known, rel=0.02)
    assert fitted_solved(0.3, 5.0, 40, None) == pytest.approx(float(sw.testtime.coverage_beta(0.3, 5.0, 40)))


def test_saturation_is_where_the_next_sample_earns_less_than_it_costs(counts):
    for rates in ((0.9, 0.01), None):
        at = saturation(counts, 4, 6.29e-4, rates, 0.95)[0]
        before, after = gains(counts, 4, np.array([at - 1, at]), rates).mean(axis=1)
        assert after <= 6.29e-4 < before
    assert saturation(counts, 4, 0.5, None, 0.95)[0] == 0
    assert np.isnan(saturation(counts, 4, 1e-9, None, 0.95)[0])


def test_ways_to_pick_that_the_log_allows_are_curves_and_the_others_say_what_they_lack():
    rng = np.random.default_rng(0)
    rows = [
        {
            "model": model, "params": size, "problem_id": f"p{i}", "sample": j,
            "correct": float(rng.random() < rate), "score": rng.random(),
        }
        for model, size, shift in (("a", 1e9, 0.0), ("b", 4e9, 0.15))
        for i, rate in enumerate(np.linspace(0.1, 0.7, 12) + shift)
        for j in range(16)
    ]  # fmt: skip
    log = pd.DataFrame(rows)
    log["answer"] = np.where(log["correct"] == 1, "right", rng.choice(list("xyz"), len(log)))
    counts = sw.testtime.tally(log)
    selected, lacking = read_selected(log, counts)
    assert set(selected) == {"vote", "best"}
    assert lacking == {"rounds": "needs a column round"}
    for m, model in enumerate(counts.models):
        known = sw.testtime.selector_curves(
            log[log["model"] == model], selected["vote"].k, selectors=["vote"]
        )
        assert selected["vote"].value[m] == pytest.approx(known.value[0])
        # A score that says nothing picks at random.
        assert selected["best"].value[m, 0] == pytest.approx(counts.rates[m].mean())
    view = make_view(counts, first_held(counts), selected=selected, lacking=lacking)
    shown = replace(view, held=replace(view.held, shown=frozenset({"vote"})))
    scene = sampling_scene(shown)
    best = advice(shown).best
    assert drawn(scene, "cov-vote")["y"] == pytest.approx(selected["vote"].value[best])
    assert len(drawn(scene, "cov-best")["x"]) == 0
    assert "needs a column round" in json.dumps(scene.frame["sections"])
    assert set(read_selected(None, counts)[1]) == {"vote", "best", "rounds"}
    if LIB.joinpath("behaviours", "testtime.js").exists() and shutil.which("node"):
        cases = [view.held, shown.held, replace(view.held, shown=frozenset({"best"}), verifier="perfect")]
        # More samples than were drawn.
        seconds = replace(view.held, unit="seconds", hour=1.0)
        compare(view, [*cases, replace(view.held, dollars=view.held.dollars * 40), seconds])


def test_rounds_keep_the_last_answer_of_a_chain_that_stopped():
    log = pd.DataFrame(
        {
            "problem_id": list("aaabbbcc"), "sample": 0, "round": [1, 2, 3, 1, 2, 3, 1, 2],
            "correct": [0, 1, 1, 1, 1, 0, 0, 1], "params": 1e9,
        }
    )  # fmt: skip
    rounds = read_selected(log, sw.testtime.tally(log))[0]["rounds"]
    assert rounds.k.tolist() == [1, 2, 3]
    assert rounds.value[0] == pytest.approx([1 / 3, 1, 2 / 3])
