"""The three approaches on screen: the numbers of `sw.three_approaches`, and what is drawn of them."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bokeh.models import ColumnDataSource

import scalewidgets as sw
from scalewidgets.allocation import KAPLAN_TO_CHINCHILLA, Machine, approach_lines
from scalewidgets.errors import FitError
from scalewidgets.figures.approaches import Choices, Held, approaches_scene, make_view
from scalewidgets.figures.approaches.following import RATIO_PIXELS, RATIO_ROOM, clipped, moving
from scalewidgets.figures.approaches.numbers import answer, state_of
from scalewidgets.figures.approaches.screen import arrays, behaviour_options
from scalewidgets.figures.still import unsupported

LIB = Path(__file__).parents[2] / "labextension" / "lib"
MACHINE = Machine()
BUDGET = MACHINE.flops_of_dollars(1e6)


@pytest.fixture(scope="module")
def fit():
    return sw.fit(sw.load("chinchilla"), resamples=200, starts=0)


@pytest.fixture(scope="module")
def lines(fit):
    return approach_lines(fit, resamples=200)


@pytest.fixture(scope="module")
def view(lines):
    return make_view(lines, Held(BUDGET, MACHINE, "dollars"))


@pytest.fixture(scope="module")
def scene(view):
    return approaches_scene(
        view, Choices(datasets={"chinchilla": "Chinchilla"}, dataset="chinchilla", budgets=9)
    )


@pytest.fixture(scope="module")
def porian():
    runs = sw.load("porian")
    return sw.fit(runs[runs["family"] == "optimiser tuned"], resamples=60, starts=0)


def test_the_screen_says_what_three_approaches_says(fit, view):
    known = sw.three_approaches(fit, flops=BUDGET, machine=MACHINE, resamples=200)
    found = answer(view)
    for column, one in zip(found.columns, known.approaches, strict=True):
        for name in ("exponent", "params", "tokens", "waste"):
            ours, theirs = getattr(column, name), getattr(one, name)
            assert ours[0] == pytest.approx(theirs.value, rel=1e-6, abs=1e-12), name
            if name != "waste" or one is not known.approaches[2]:
                ends = np.quantile(ours[1:], [0.025, 0.975])
                assert ends == pytest.approx([theirs.low, theirs.high], rel=1e-5, abs=1e-9), name
    assert found.bias == pytest.approx(known.bias_params, rel=1e-9)
    assert found.agree == known.agree


def test_the_sentence_holds_the_published_case(scene):
    # 240 Chinchilla runs, $1 M of H100 hours; the nine budgets of arXiv:2203.15556, section 3.2.
    assert scene.summary.startswith("For $1.0 M all three approaches train about 73 B [")
    assert "parameters on 1.3 T [" in scene.summary
    assert "without noise its parabola would say 82 B" in scene.summary
    assert "Kaplan's recipe, fitted to other runs, says 2.9 T; with the optimiser tuned 76 B [69, 84]" in (
        scene.summary
    )
    assert scene.state["agree.title"] == "They agree"
    assert (
        scene.state["one.exponent"] == scene.state["two.exponent"] == scene.state["three.exponent"] == ".51"
    )
    assert scene.state["three.waste"] == "reference"
    assert scene.state["bias.said"] == "+12 %"


def test_the_path_is_that_of_the_paper():
    # arXiv:2406.19146, as released with it: five exponents, and what each would train for 5.7e23 FLOP.
    assert [round(step.exponent, 3) for step in KAPLAN_TO_CHINCHILLA] == [0.834, 0.701, 0.604, 0.571, 0.497]
    sizes = [float(step.params(5.7e23)) / 1e9 for step in KAPLAN_TO_CHINCHILLA]
    assert sizes == pytest.approx([2891, 720, 292, 180, 76], rel=4e-3)
    for step in KAPLAN_TO_CHINCHILLA:
        assert step.low < step.exponent < step.high
        low, high = step.interval(5.7e23)
        assert low < step.params(5.7e23) < high
        assert float(step.tokens(5.7e23) * step.params(5.7e23)) == pytest.approx(5.7e23 / 6)
    published = {p.label: p.values["a"] for p in sw.law("best_params").published}
    figures = [a for label, a in published.items() if "Porian" in label and "RefinedWeb" in label]
    assert [step.exponent for step in KAPLAN_TO_CHINCHILLA] == pytest.approx(figures, abs=0.006)


def test_a_chosen_step_reaches_sentence_rows_ratios_and_map(view):
    for step, times in ((0, "× 40"), (1, "× 9.9"), (4, "× 1.0")):
        moved = replace(view, held=replace(view.held, step=step))
        state, (columns, _) = state_of(moved), moving(moved)
        assert state["three.path"] == times
        assert state["path.label"].lower() == KAPLAN_TO_CHINCHILLA[step].name.lower()
        assert columns["path-ring"]["x"] == [float(step)]
        assert columns["ratio-name-step"]["text"] == [KAPLAN_TO_CHINCHILLA[step].short]
        line = columns["map-step"]
        n, d = np.array(line["x"]), np.array(line["y"])
        assert KAPLAN_TO_CHINCHILLA[step].params(6 * n * d) == pytest.approx(n, rel=1e-9)
    assert (
        "says 2.9 T [2.5, 3.4]." in approaches_scene(replace(view, held=replace(view.held, step=0))).summary
    )


def test_names_of_lines_keep_apart_and_inside_their_figure(view):
    for step in range(5):
        moved = replace(view, held=replace(view.held, step=step))
        columns, axes = moving(moved)
        low, high = axes.ratio
        places = []
        for name in ("one", "two", "three", "step"):
            label = columns[f"ratio-name-{name}"]
            at = np.log(high / label["y"][0]) / np.log(high / low) * RATIO_PIXELS
            places.append(at + label["dy"][0] + 7)
        places.sort()
        assert np.diff(places).min() >= RATIO_ROOM - 1e-9
        assert places[0] >= 0
        assert places[-1] <= RATIO_PIXELS


def test_disagreement_is_the_title(porian, view):
    lines = approach_lines(view.lines.fit, budgets=[6e18, 1e19, 3e19], resamples=0)
    found = make_view(lines, view.held)
    state = state_of(found)
    assert state["agree.title"].startswith("Approach 2 differs by ")
    assert state["answer.who"] == "approach 3 trains"
    far = make_view(approach_lines(porian, resamples=60, tolerance=0.02), Held(1e24))
    assert approaches_scene(far).to_svg()


def test_an_approach_without_runs_says_so_and_the_others_stay(fit, view):
    lines = approach_lines(fit, bins=9000, resamples=20)
    assert lines.refused[0] is not None
    scene = approaches_scene(make_view(lines, view.held))
    first = scene.frame["figures"][0]
    assert "bins of compute hold 3 runs" in first["note"][0]["runs"][0]["text"]
    assert first["note"][0]["runs"][0]["role"] == "warning"
    assert scene.state["one.params"] == "–"
    assert scene.state["two.params"].endswith("B")
    assert "approaches 2 and 3 train about" in scene.summary
    assert scene.state["agree.title"] == "Approaches 2 and 3 agree"
    assert "Approach 1: too few runs" in json.dumps(scene.frame["trust"])
    assert scene.to_svg()
    alone = approach_lines(fit, bins=9000, budgets=[1e15], resamples=0)
    bare = approaches_scene(make_view(alone, view.held))
    assert bare.state["agree.title"] == "Approach 3 stands alone"
    assert "Approaches 1 and 2 find no best size" in bare.summary
    assert bare.to_svg()
    result = alone.at(BUDGET, MACHINE, 0.95)
    assert [bool(one.missing) for one in result.approaches] == [True, True, False]
    assert "no best size" in result.sentence()
    assert "bins of compute" in result.report()
    json.dumps(result.to_dict(), allow_nan=False)


def test_resamples_without_a_line_are_counted_in_the_trust_line(view):
    lines = approach_lines(view.lines.fit, budgets=[1e19, 3e20, 3e21], tolerance=0.05, resamples=200)
    scene = approaches_scene(make_view(lines, view.held))
    assert answer(make_view(lines, view.held)).columns[1].lost > 0.05
    assert "of the resamples" in json.dumps(scene.frame["trust"], ensure_ascii=False)
    assert "NaN" not in json.dumps(scene.to_json())


def test_without_resamples_nothing_claims_an_interval(fit, view):
    bare = sw.fit(sw.load("chinchilla"), resamples=0, starts=0)
    scene = approaches_scene(make_view(approach_lines(bare, resamples=0), replace(view.held, step=1)))
    assert "No resamples" in scene.frame["conventions"][0]
    assert scene.state["three.params_range"] == ""
    assert scene.state["agree.title"].startswith("Approach"), "agreement needs intervals"
    assert len(scene.document.get_model_by_name("ratio-band-one").data["x"]) == 0


def test_every_model_is_drawn_by_the_still_picture_and_columns_are_of_one_length(scene):
    assert not unsupported(scene.document)
    for theme in ("light", "dark"):
        svg = scene.to_svg(theme)
        for words in ("A parabola per budget", "Approach 2", "tune the", "+12 %", "wastes"):
            assert words in svg, words
    for source in scene.document.select({"type": ColumnDataSource}):
        lengths = {len(column) for column in source.data.values()}
        assert len(lengths) <= 1, source.name
    assert json.dumps(scene.to_json(), allow_nan=False)


def test_small_waste_is_not_told_apart_from_none(view):
    state = state_of(view)
    assert state["two.waste"] == "< $100"
    assert state["one.waste_range"].startswith("[$0, $")


def test_a_budget_inside_the_runs_and_one_far_beyond_are_both_drawn(view):
    for budget in (1e19, 1e27):
        moved = replace(view, held=replace(view.held, budget=budget))
        columns, axes = moving(moved)
        assert axes.x[0] < budget < axes.x[1]
        assert state_of(moved)["answer.beyond"] == (budget > view.edge)
        assert axes.bias[0] < columns["bias-answer"]["y"][0] < axes.bias[1]


def test_a_line_is_cut_at_its_frame():
    cut = clipped((1.0, 100.0), (1.0, 100.0), (0.1, 10.0))
    assert cut["x"] == pytest.approx([1, 10])
    assert cut["y"] == pytest.approx([1, 10])
    assert clipped((1.0, 100.0), (20.0, 20.0), (0.1, 10.0)) == {"x": [], "y": []}
    assert clipped((1.0, 100.0), (20.0, 200.0), (0.1, 10.0)) == {"x": [], "y": []}


def test_what_carries_no_approach_3_is_refused_in_words():
    runs = sw.load("porian")
    weak = sw.fit(runs[runs["family"] == "Kaplan set-up"], resamples=20, starts=0)
    with pytest.raises(FitError, match="no advice"):
        approach_lines(weak)


NODE = """
import { ApproachesModel } from '%s/behaviours/approaches.js';
let text = '';
process.stdin.on('data', part => { text += part; }).on('end', () => {
  const { options, arrays, held } = JSON.parse(text);
  for (const name of Object.keys(arrays)) {
    arrays[name] = arrays[name].map(v => (v === null ? NaN : v));
  }
  const model = new ApproachesModel(options, arrays);
  const out = held.map(one => {
    const { values, columns, axes } = model.see(one);
    const plain = value => (ArrayBuffer.isView(value) ? Array.from(value) : value);
    return { values, axes: { ...axes, ratioTicks: [...axes.ratioTicks], biasTicks: [...axes.biasTicks] },
      columns: Object.fromEntries(Object.entries(columns).map(([name, c]) =>
        [name, Object.fromEntries(Object.entries(c).map(([k, v]) => [k, plain(v)]))])) };
  });
  process.stdout.write(JSON.stringify(out));
});
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
@pytest.mark.skipif(
    not (LIB / "behaviours" / "approaches.js").exists(), reason="the browser part is not built"
)
@pytest.mark.parametrize("case", ["chinchilla", "bare", "gaps", "porian"])
def test_the_browser_says_and_draws_what_python_says_and_draws(case, view, porian):
    if case == "porian":
        lines = approach_lines(porian, resamples=60)
    elif case == "bare":
        lines = approach_lines(sw.fit(sw.load("chinchilla"), resamples=0, starts=0), bins=9000, resamples=0)
    elif case == "gaps":
        lines = approach_lines(view.lines.fit, budgets=[1e19, 3e20, 3e21], tolerance=0.05, resamples=200)
    else:
        lines = view.lines
    cheap = Machine(utilisation=0.35, price=1.1)
    cases = [
        Held(BUDGET, MACHINE, "dollars"),
        Held(3e19, MACHINE, "flops", 0),
        Held(4e25, cheap, "hours", 2),
        Held(2e22, cheap, "dollars", 1),
    ]
    whole = make_view(lines, cases[0])
    asked = [
        {"budget": h.budget, "unit": h.unit, "utilisation": h.machine.utilisation,
         "price": h.machine.dollars_per_hour, "step": h.step}
        for h in cases
    ]  # fmt: skip
    gapless = {
        name: [None if np.isnan(v) else v for v in values.ravel().tolist()]
        for name, values in arrays(whole).items()
    }
    options = behaviour_options(whole)
    run = subprocess.run(
        ["node", "--input-type=module", "-e", NODE % LIB],
        input=json.dumps({"options": options, "arrays": gapless, "held": asked}),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    for held, seen in zip(cases, json.loads(run.stdout), strict=True):
        moved = replace(whole, held=held)
        state, (drawn, axes) = state_of(moved), moving(moved)
        assert set(seen["values"]) == set(state)
        for key, theirs in seen["values"].items():
            ours = state[key]
            known = pytest.approx(ours, rel=1e-9, abs=1e-12) if isinstance(ours, float) else ours
            assert theirs == known, key
        assert set(seen["columns"]) == set(drawn)
        for name, columns in seen["columns"].items():
            assert set(columns) == set(drawn[name]), name
            for column, theirs in columns.items():
                ours = list(drawn[name][column])
                if ours and isinstance(ours[0], str):
                    assert theirs == ours, (name, column)
                else:
                    assert theirs == pytest.approx(ours, rel=1e-7, abs=1e-9), (name, column)
        assert seen["axes"]["x"] == pytest.approx(axes.x)
        for name, span, ticks in (
            ("ratio", axes.ratio, axes.ratio_ticks),
            ("bias", axes.bias, axes.bias_ticks),
        ):
            assert seen["axes"][name] == pytest.approx(span)
            at, said = zip(*seen["axes"][f"{name}Ticks"], strict=True)
            assert list(at) == pytest.approx(list(ticks))
            assert list(said) == list(ticks.values())


def test_what_the_browser_moves_is_in_the_document(scene, view):
    columns, _ = moving(view)
    for name, data in columns.items():
        assert set(scene.document.get_model_by_name(name).data) == set(data), name
    for name in ("ratio", "bias"):
        for part in ("x", "y", "ticks", "axis"):
            assert scene.document.get_model_by_name(f"{name}-{part}") is not None
