"""The allocator on screen: the numbers of `sw.allocate`, and what is drawn of them."""

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
from scalewidgets.allocation import Machine
from scalewidgets.errors import FitError
from scalewidgets.figures.allocator import Held, Limit, allocator_scene, default_budget, first_plan, make_view
from scalewidgets.figures.allocator.columns import GROWTH_PIXELS, LABEL_ROOM
from scalewidgets.figures.allocator.numbers import answer, state_of
from scalewidgets.figures.allocator.screen import arrays, behaviour_options
from scalewidgets.figures.still import unsupported
from scalewidgets.widgets.compute_allocator import planned

LIB = Path(__file__).parents[2] / "labextension" / "lib"
MACHINE = Machine(gpus=1024, serving_utilisation=0.15, watts=700.0)
BUDGET = MACHINE.flops_of_dollars(1e6)


@pytest.fixture(scope="module")
def fit():
    return sw.fit(sw.load("chinchilla"), resamples=120)


@pytest.fixture(scope="module")
def held():
    return Held(BUDGET, 30e9, BUDGET / 6 / 30e9, MACHINE, unit="dollars")


@pytest.fixture(scope="module")
def view(fit, held):
    return make_view(fit, held)


@pytest.fixture(scope="module")
def scene(view):
    return allocator_scene(view)


def test_the_screen_says_what_allocate_says(fit, view):
    plan = sw.allocate(fit, flops=BUDGET, machine=MACHINE)
    found = answer(view)
    for name in ("params", "tokens", "loss"):
        ours = getattr(found.best, name)
        known = getattr(plan, name)
        assert ours[0] == pytest.approx(known.value, rel=1e-12)
        assert np.quantile(ours[1:], [0.025, 0.975]) == pytest.approx([known.low, known.high], rel=1e-12)
    wrong = plan.wrong(params=30e9)
    assert found.waste[0] == pytest.approx(wrong.waste, rel=1e-9)
    assert np.quantile(found.waste[1:], [0.025, 0.975]) == pytest.approx(
        [float(wrong.waste_low), float(wrong.waste_high)], rel=1e-9
    )
    assert found.equal_flops[0] == pytest.approx(wrong.optimal, rel=1e-9)


@pytest.mark.parametrize(
    "limits",
    [
        {"rule": "attention", "context": 32768.0},
        {"rule": "attention", "context": 1048576.0},
        {"unique": Limit(True, 2e10)},
        {"rule": "moe", "active": 0.1},
        {"unique": Limit(True, 2e11)},
        {"memory": Limit(True, 48.0), "machine": replace(MACHINE, gpus=128)},
        {"deadline": Limit(True, 5.0)},
        {"rule": "attention", "unique": Limit(True, 2e11), "deadline": Limit(True, 9.0)},
    ],
)
def test_the_screen_says_what_allocate_says_under_every_limit(fit, held, limits):
    case = replace(held, **limits)
    found = answer(make_view(fit, case))
    plan = planned(fit, case)
    for name in ("params", "tokens", "loss"):
        ours, known = getattr(found.best, name), getattr(plan, name)
        # The search of `allocate` ends where the loss is flat; its sizes agree to that.
        assert ours[0] == pytest.approx(known.value, rel=1e-5)
        ends = np.quantile(ours[1:], [0.025, 0.975])
        assert ends == pytest.approx([known.low, known.high], rel=1e-4)


@pytest.mark.parametrize(
    "more", [{}, {"unique": Limit(True, 3e11)}, {"rule": "attention", "context": 65536.0}]
)
def test_the_cheapest_run_as_good_as_the_plan_is_one_that_the_memory_holds(fit, held, more):
    small = replace(held.machine, gpus=8)
    case = replace(held, machine=small, memory=Limit(True, 80.0), **more)
    size = 0.6 * case.most_params
    tokens = case.budget / float(case.counted.per_token(np.array(size)))
    case = replace(case, params=size, tokens=tokens)
    view = make_view(fit, case)
    found = answer(view)
    most = case.most_params
    assert size < most < answer(make_view(fit, replace(case, memory=Limit(False, 80.0)))).equal.params[0]
    assert found.equal.params.max() <= most
    loss = view.surface.loss(found.equal.params[:, None], found.equal.tokens[:, None])[:, 0]
    assert loss == pytest.approx(found.plan.loss, rel=1e-7)
    # Every smaller size needs more compute for this loss.
    for other in (0.75 * most, 0.9 * most):
        tokens = view.surface.tokens_with(found.plan.loss[:, None], other)[:, 0]
        assert (view.surface.flops(np.full(1, other), tokens) > found.equal_flops).all()
    state = state_of(view)
    assert "; without that limit $" in state["answer.limits"]
    drawn = allocator_scene(view).document.get_model_by_name("waste-curve").data
    assert max(drawn["x"]) <= most * (1 + 1e-9), "no price of sizes that the memory does not hold"


def test_the_sentence_and_the_table_hold_the_published_case(scene):
    assert scene.summary.startswith("For $1.0 M, train 73 B [")
    assert " parameters on 1.3 T [" in scene.summary
    assert "to reach a loss of 1.97 [1.9" in scene.summary
    table = scene.table.set_index("model")
    assert table.loc["optimum", "training_dollars"] == pytest.approx(1e6)
    assert table.loc["optimum", "kwh"] == pytest.approx(400_000 * 0.7 * 0.8 * 1.2)
    assert table.loc["equal to plan", "loss"] == pytest.approx(table.loc["plan", "loss"], rel=1e-9)
    assert table.loc["plan", "life_dollars"] < table.loc["optimum", "life_dollars"], (
        "small models serve cheap"
    )


def test_energy_is_said_only_where_the_watts_are_given(fit, held, scene):
    assert scene.state["costs.energy.best"] == "269 MWh"
    bare = allocator_scene(make_view(fit, replace(held, machine=replace(MACHINE, watts=None))))
    assert "kwh" not in bare.table
    tables = [figure["table"] for figure in (scene.frame["figures"][-1], bare.frame["figures"][-1])]
    assert [len(table["rows"]) for table in tables] == [8, 7]


def test_a_plan_earns_back_what_it_wastes_where_both_lives_cost_the_same(fit, view):
    found = answer(view)
    said = state_of(view)["plan.pays"]
    assert said.startswith("Your plan pays back after 77")
    served = 0.772e12
    even = make_view(fit, replace(view.held, served=served))
    table = allocator_scene(even).table.set_index("model")["life_dollars"]
    assert table["plan"] == pytest.approx(table["equal to plan"], rel=1e-3)
    larger = make_view(fit, replace(view.held, params=2e11, tokens=BUDGET / 6 / 2e11))
    assert state_of(larger)["plan.pays"].startswith("Your plan is dearer to serve")
    assert found.waste.min() >= 0


def test_the_bar_on_the_budget_ends_where_the_band_of_the_frontier_does(scene):
    bar = scene.document.get_model_by_name("budget-bar").data
    band = scene.document.get_model_by_name("frontier-band").data
    x = np.log([bar["x"][0], bar["x"][-1]])
    edges = [np.exp(np.interp(x, np.log(band["x"]), np.log(band[side]))) for side in ("low", "high")]
    # At the smallest size of the interval few frontiers pass below, at the largest few above.
    assert bar["y"][0] == pytest.approx(edges[1][0], rel=0.02)
    assert bar["y"][-1] == pytest.approx(edges[0][1], rel=0.02)


def test_contours_are_of_the_loss_that_they_say(view, scene):
    label = scene.document.get_model_by_name("contour-labels").data
    assert len(label["x"]) > 4
    loss = view.surface.loss(np.array([label["x"]]), np.array([label["y"]]))[0]
    assert loss == pytest.approx([float(words) for words in label["text"]], rel=1e-9)


def test_every_model_is_drawn_by_the_still_picture_and_columns_are_of_one_length(scene):
    assert not unsupported(scene.document)
    for theme in ("light", "dark"):
        svg = scene.to_svg(theme)
        for words in ("Loss for every size and token count", "Optimum", "Your plan, 30 B", "$1.0 M budget"):
            assert words in svg
    for source in scene.document.select({"type": ColumnDataSource}):
        lengths = {len(column) for column in source.data.values()}
        assert len(lengths) <= 1, source.name
    assert json.dumps(scene.to_json())


def test_without_resamples_nothing_claims_an_interval(held):
    bare = make_view(sw.fit(sw.load("chinchilla"), resamples=0), held)
    scene = allocator_scene(bare)
    assert "[" not in scene.summary
    assert "No resamples, so no intervals" in json.dumps(scene.frame["trust"])
    assert len(scene.document.get_model_by_name("budget-bar").data["x"]) == 0
    assert scene.to_svg()


def test_names_of_curves_that_end_close_together_do_not_cover_each_other(view, scene):
    low, high = view.growth
    at = []
    for name in ("tokens", "params"):
        label = scene.document.get_model_by_name(f"grow-{name}-label").data
        at.append(label["dy"][0] - np.log(label["y"][0]) * GROWTH_PIXELS / np.log(high / low))
    assert at[1] - at[0] >= LABEL_ROOM - 1e-9


def test_a_budget_inside_the_runs_and_one_far_beyond_are_both_drawn(fit, held):
    for budget in (1e19, 1e27):
        view = make_view(fit, replace(held, budget=budget))
        scene = allocator_scene(view)
        assert scene.state["answer.beyond"] == (budget > view.edge)
        optimum = scene.document.get_model_by_name("optimum").data
        assert view.params[0] < optimum["x"][0] < view.params[1]
        assert view.tokens[0] < optimum["y"][0] < view.tokens[1]
    below = allocator_scene(make_view(fit, replace(held, budget=1e17))).state
    assert below["answer.below"]
    assert "times below the smallest run" in below["answer.reach"]


def test_an_own_price_is_told_from_a_round_figure(fit, held):
    assert allocator_scene(make_view(fit, held)).state["answer.round_price"] is True
    own = replace(held, machine=replace(MACHINE, price=1.9, dated="2026-01-02"))
    scene = allocator_scene(make_view(fit, own))
    assert scene.state["answer.round_price"] is False
    assert "your entry of 2026-01-02" in json.dumps(scene.frame["trust"])


def test_what_carries_no_advice_is_refused_in_words(held):
    rng = np.random.default_rng(0)
    params = 10 ** rng.uniform(8, 10, 40)
    line = pd.DataFrame({"params": params, "tokens": 20 * params, "loss": 2 + 30 * params**-0.2})
    with pytest.raises(FitError, match="no advice"):
        make_view(sw.fit(line, resamples=20), held)
    other = sw.fit(sw.load("chinchilla"), "coupled", resamples=0, starts=0, fixed={"gamma": 0.9})
    with pytest.raises(FitError, match=r"sw\.allocate"):
        make_view(other, held)


def test_the_first_plan_is_on_the_budget_and_smaller_than_the_best(fit, held):
    budget = default_budget(fit)
    size, tokens = first_plan(fit, replace(held, budget=budget))
    assert 6 * size * tokens == pytest.approx(budget)
    assert size < sw.allocate(fit, flops=budget).params.value


NODE = """
import { AllocatorModel } from '%s/behaviours/allocator.js';
let text = '';
process.stdin.on('data', part => { text += part; }).on('end', () => {
  const { options, arrays, held } = JSON.parse(text);
  const model = new AllocatorModel(options, arrays);
  const out = held.map(one => {
    const { values, columns, ticks, waste } = model.see(one);
    const plain = value =>
      ArrayBuffer.isView(value) || Array.isArray(value) ? Array.from(value, plain) : value;
    return { values, waste, ticks: [...ticks.values()],
      columns: Object.fromEntries(Object.entries(columns).map(([name, c]) =>
        [name, Object.fromEntries(Object.entries(c).map(([k, v]) => [k, plain(v)]))])) };
  });
  process.stdout.write(JSON.stringify(out));
});
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
@pytest.mark.skipif(
    not (LIB / "behaviours" / "allocator.js").exists(), reason="the browser part is not built"
)
@pytest.mark.parametrize("resamples", [0, 120, 450])
def test_the_browser_says_and_draws_what_python_says_and_draws(resamples, held):
    fit = sw.fit(sw.load("chinchilla"), resamples=resamples)
    # Ranges are those of the largest budget, so that all stand in one picture.
    wide = make_view(fit, replace(held, budget=4e25))
    cheap = Machine("A100 SXM 80 GB", gpus=1, utilisation=0.35, price=1.1, serving_utilisation=0.2)
    cases = [
        held,
        replace(held, budget=3e19, unit="flops", params=2e9, tokens=3e19 / 6 / 2e9),
        replace(held, budget=4e25, unit="hours", machine=cheap, served=5e13),
        replace(held, params=5e11, tokens=4e11),
        replace(held, budget=2e22, params=1e8, tokens=3e13, keep=False),
        replace(held, rule="attention", context=65536.0),
        replace(held, rule="moe", active=0.1, deadline=Limit(True, 4.0)),
        replace(
            held, unique=Limit(True, 2e11), machine=replace(held.machine, gpus=8), memory=Limit(True, 80.0)
        ),
        replace(held, unique=Limit(True, 3e11), rule="attention", context=16384.0, budget=3e24),
        replace(
            held,
            params=1.5e10,
            tokens=BUDGET / 6 / 1.5e10,
            memory=Limit(True, 80.0),
            machine=replace(held.machine, gpus=8),
        ),
    ]
    # One kind of rows is enough for what is searched.
    cases = cases if resamples == 120 else cases[:5]
    asked = [
        {
            "budget": h.budget,
            "unit": h.unit,
            "device": h.machine.device,
            "gpus": h.machine.gpus,
            "utilisation": h.machine.utilisation,
            "price": h.machine.dollars_per_hour,
            "served": h.served,
            "servingUtilisation": h.machine.serving_utilisation,
            "params": h.params,
            "tokens": h.tokens,
            "rule": h.rule,
            "context": h.context,
            "active": h.active,
            **{name: vars(getattr(h, name)) for name in ("unique", "memory", "deadline")},
        }
        for h in cases
    ]
    run = subprocess.run(
        ["node", "--input-type=module", "-e", NODE % LIB],
        input=json.dumps(
            {
                "options": behaviour_options(wide),
                "arrays": {name: values.ravel().tolist() for name, values in arrays(wide).items()},
                "held": asked,
            }
        ),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    for case, seen in zip(cases, json.loads(run.stdout), strict=True):
        moved = wide.moved(case)
        scene = allocator_scene(moved)
        for key, theirs in seen["values"].items():
            ours = scene.state[key]
            assert theirs == (
                pytest.approx(ours, rel=1e-9, abs=1e-12) if isinstance(ours, float) else ours
            ), key
        assert set(seen["values"]) >= {key for key in scene.state if key.startswith(("answer.", "costs."))}
        for name, columns in seen["columns"].items():
            drawn = scene.document.get_model_by_name(name).data
            assert set(columns) == set(drawn), name
            for column, theirs in columns.items():
                ours = [list(v) if isinstance(v, list | np.ndarray) else v for v in drawn[column]]
                if ours and isinstance(ours[0], str | list):
                    assert theirs == (
                        ours if isinstance(ours[0], str) else [pytest.approx(v) for v in ours]
                    ), name
                else:
                    assert theirs == pytest.approx(ours, rel=1e-7, abs=1e-9), (name, column)
        overrides = scene.document.get_model_by_name("waste-dollars").major_label_overrides
        assert seen["ticks"] == list(overrides.values())
        x = scene.document.get_model_by_name("waste-x")
        assert seen["waste"] == pytest.approx([x.start, x.end])
