"""Recipes compared on screen: the same numbers as `compare_fits`, and what is drawn of them."""

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
from scalewidgets.errors import FitError
from scalewidgets.figures.recipes import (
    Choices,
    Recipe,
    Yardstick,
    make_view,
    recipe_scene,
    refused_recipes_scene,
)
from scalewidgets.figures.recipes.columns import apart
from scalewidgets.figures.recipes.model import PowerCurve, TableCurve, best_curve
from scalewidgets.figures.recipes.screen import arrays, behaviour_options
from scalewidgets.figures.recipes.verdict import bare, verdict
from scalewidgets.figures.still import unsupported
from scalewidgets.fitting.optimum import best_loss

LIB = Path(__file__).parents[2] / "labextension" / "lib"
TRUTH = {"E": 1.8172, "A": 482.0, "B": 2085.4, "alpha": 0.3478, "beta": 0.3658}
FAST = {**TRUTH, "E": 1.90, "A": 300.0, "B": 1300.0}
LOW = {**TRUTH, "E": 1.80}
BUDGETS = [3e18, 1e20, 1e21, 4e22, 1e25]


def made_runs(n, truth=TRUTH, seed=0):
    rng = np.random.default_rng(seed)
    params = 10 ** rng.uniform(7.5, 10.2, n)
    tokens = 20 * params * 10 ** rng.uniform(-1, 1, n)
    loss = sw.law("chinchilla").value({"N": params, "D": tokens}, truth)
    return pd.DataFrame({"params": params, "tokens": tokens, "loss": loss * np.exp(rng.normal(0, 0.004, n))})


def _fit(truth, seed=0, resamples=150, law="chinchilla", **options):
    runs = made_runs(80, truth, seed)
    return sw.fit(runs, law, resamples=resamples, starts=0, **options)


def _choices(*names, **more):
    given = {"pool": names, "yardsticks": {"loss": "Loss"}, "laws": {"chinchilla": "Chinchilla"}, **more}
    return Choices(law="chinchilla", **given)


@pytest.fixture(scope="module")
def recipes():
    return [Recipe("fast", _fit(FAST)), Recipe("low", _fit(LOW, 1)), Recipe("other", _fit(TRUTH, 2))]


@pytest.fixture(scope="module")
def view(recipes):
    pair = recipes[:2]
    other = Yardstick("b", "Loss on b", [_fit(LOW, 3, 60), _fit(FAST, 4, 60)])
    return make_view(pair, [Yardstick("loss", "Loss", [r.fit for r in pair]), other], budget=1e21)


@pytest.fixture(scope="module")
def table_view():
    """Two recipes whose law has no closed form of its best size, so that the browser reads a table."""
    fits = [_fit(t, s, 30, "coupled", fixed={"gamma": 0.9}) for t, s in ((FAST, 0), (LOW, 1))]
    pair = [Recipe(name, fit) for name, fit in zip(("fast", "low"), fits, strict=True)]
    return make_view(pair, [Yardstick("loss", "Loss", fits)], budget=1e21)


def test_the_best_loss_is_one_power_of_compute_and_its_inverse(recipes):
    curve = best_curve(recipes[0].fit, 1e18, 1e25)
    assert isinstance(curve, PowerCurve)
    flops = np.geomspace(1e17, 1e26, 12)
    fit = recipes[0].fit
    assert curve.at(flops)[0] == pytest.approx(best_loss(fit.law, fit.coefficients, flops), rel=1e-12)
    columns = {n: fit.resamples[:, j, None] for j, n in enumerate(fit.law.coefficient_names)}
    assert curve.at(flops)[1:] == pytest.approx(best_loss(fit.law, columns, flops), rel=1e-12)
    # Far out the loss is all floor: what is left above it has few digits.
    assert curve.reach(curve.at(flops)) == pytest.approx(np.broadcast_to(flops, (151, 12)), rel=1e-8)
    assert np.isinf(curve.reach(np.full((151, 1), 0.5))).all()


def test_a_tabulated_law_is_read_as_it_is_fitted(table_view):
    curve, fit = table_view.curves[0], table_view.recipes[0].fit
    assert isinstance(curve, TableCurve)
    flops = np.geomspace(*table_view.x, 37)
    exact = best_loss(fit.law, fit.coefficients, flops)
    assert curve.at(flops)[0] == pytest.approx(exact, abs=5e-5)
    inner = flops[5:-5]
    again = curve.reach(curve.at(inner))
    assert again == pytest.approx(np.broadcast_to(inner, again.shape), rel=1e-4)


def test_the_screen_says_what_compare_fits_says(view):
    known = view.comparison
    for flops in BUDGETS:
        at, seen = np.array([flops]), known.at(flops)
        assert view.twins.probability(at)[0] == seen["probability"]
        found = {"difference": view.twins.difference(at), "multiplier": view.twins.worth(at)}
        for name, (value, low, high) in found.items():
            expected = [seen[name], seen[f"{name}_low"], seen[f"{name}_high"]]
            np.testing.assert_allclose([value[0], low[0], high[0]], expected, rtol=1e-6, atol=1e-12)


def test_the_state_holds_the_verdict_and_the_sentence_prints_it(view):
    scene = recipe_scene(view, _choices("fast", "low"))
    seen = view.comparison.at(1e21)
    assert scene.state["answer.chance"] == seen["probability"]
    assert scene.state["loss.0"] == pytest.approx(seen["loss_a"], rel=1e-12)
    winner = "fast" if seen["probability"] >= 0.5 else "low"
    assert scene.state["answer.winner"] == winner
    assert scene.summary.startswith("At 1e21 FLOP, ")
    assert "The curves cross at" in scene.summary


def test_every_model_is_drawn_by_the_still_picture_and_none_is_unknown(view):
    scene = recipe_scene(view, _choices("fast", "low"))
    assert not unsupported(scene.document)
    for theme in ("light", "dark"):
        svg = scene.to_svg(theme)
        for words in ("Both recipes, each at its best size", "toss-up", "curves cross at", "fast better"):
            assert words in svg


def test_columns_of_a_source_are_of_one_length(view, table_view):
    # Bokeh draws as many marks as the shortest column has: a label would be gone without a word.
    for one in (view, table_view):
        for source in recipe_scene(one, _choices("fast", "low")).document.select({"type": ColumnDataSource}):
            lengths = {name: len(column) for name, column in source.data.items()}
            assert len(set(lengths.values())) <= 1, (source.name, lengths)


def test_another_text_that_reverses_the_verdict_is_said(view):
    scene = recipe_scene(view, _choices("fast", "low", yardsticks={"loss": "Loss", "b": "Loss on b"}))
    chances = scene.state["answer.chance"], scene.state["judged.0"]
    sure = max(chances[1], 1 - chances[1]) > 0.6
    assert scene.state["answer.reversed"] == (sure and (chances[0] >= 0.5) != (chances[1] >= 0.5))
    assert "judged" in [figure["root"] for figure in scene.frame["figures"]]


def test_curves_that_never_cross_are_not_given_a_crossing():
    pair = [Recipe("good", _fit({**TRUTH, "E": 1.6})), Recipe("bad", _fit({**TRUTH, "E": 1.9}, 1))]
    view = make_view(pair, [Yardstick("loss", "Loss", [r.fit for r in pair])], budget=1e23)
    scene = recipe_scene(view, _choices("good", "bad"))
    assert "do not cross up to" in scene.summary
    assert scene.state["answer.variant"] == "cannot"
    assert "bad can never match it" in scene.summary
    assert len(scene.document.get_model_by_name("crossing-ring").data["x"]) == 0
    assert json.dumps(scene.to_json())  # infinite multiples travel as nothing, not as broken JSON


@pytest.fixture(scope="module")
def split_view():
    """The fits have the second ahead, 63 of 100 resamples the first."""
    one, other = _fit(TRUTH, resamples=100), _fit({**TRUTH, "E": 1.79}, 1, resamples=100)
    names = list(one.law.coefficient_names)
    moved = np.tile([one.coefficients[name] for name in names], (100, 1))
    moved[:, names.index("E")] = other.coefficients["E"] + np.where(np.arange(100) < 63, -0.04, 0.04)
    still = np.tile([other.coefficients[name] for name in names], (100, 1))
    fits = [replace(one, resamples=moved), replace(other, resamples=still)]
    pair = [Recipe(name, fit) for name, fit in zip(("one", "other"), fits, strict=True)]
    return make_view(pair, [Yardstick("loss", "Loss", fits)], budget=1e22)


def test_no_probability_above_half_stands_beside_a_multiplier_below_one_without_a_word(split_view):
    scene = recipe_scene(split_view, _choices("one", "other"))
    assert scene.state["answer.share"] == pytest.approx(0.63)
    assert scene.state["answer.worth_value"] < 1
    assert scene.state["answer.variant"] == "split"
    middle = float(np.median(split_view.twins.worths(np.array([1e22]))[1:, 0]))
    assert middle > 1
    words = f"one wins in 63 % of the resamples, worth × {bare(middle)} the compute in the median one"
    assert (
        f"resamples and fit disagree: {words}, but by the fit of all runs it is worth × 0." in scene.summary
    )
    assert "beats" not in scene.summary
    assert "Resamples and fit disagree on the better one" in json.dumps(scene.to_json())


def test_the_sentence_never_contradicts_itself(view, split_view):
    for one in (view, split_view):
        for budget in np.geomspace(1e18, 1e26, 60):
            seen = verdict(one, float(budget))
            if seen["answer.variant"] in ("wins", "toss"):
                assert seen["answer.worth_value"] >= 1 - 1e-9
            assert seen["answer.variant"] != "toss" or np.isfinite(seen["answer.worth_value"])


def test_without_resamples_there_is_a_sentence_and_no_probability():
    pair = [Recipe("fast", _fit(FAST, resamples=0)), Recipe("low", _fit(LOW, 1, resamples=0))]
    scene = recipe_scene(
        make_view(pair, [Yardstick("loss", "Loss", [r.fit for r in pair])], budget=1e20),
        _choices("fast", "low"),
    )
    assert scene.state["answer.variant"] == "bare"
    assert "probability" not in scene.summary
    assert scene.to_svg()


def test_three_recipes_and_any_pair_of_them(recipes):
    yardstick = [Yardstick("loss", "Loss", [r.fit for r in recipes])]
    view = make_view(recipes, yardstick, pair=(2, 0), budget=1e21)
    scene = recipe_scene(view, _choices(*(r.name for r in recipes)))
    assert scene.state["answer.chance"] == view.comparison.at(1e21)["probability"]
    assert {scene.state["answer.winner"], scene.state["answer.loser"]} == {"other", "fast"}
    assert "All three recipes" in scene.to_svg()


def test_a_recipe_that_cannot_be_fitted_is_shown_with_its_reason(recipes):
    bad = sw.fit(made_runs(3), resamples=0, starts=0)
    both = [recipes[0], Recipe("tiny", bad)]
    with pytest.raises(FitError):
        make_view(both, [Yardstick("loss", "Loss", [r.fit for r in both])])
    scene = refused_recipes_scene(both, _choices("fast", "tiny"), "0-1", "loss")
    assert scene.summary.startswith("tiny could not be fitted")
    assert bad.reason in scene.summary
    assert not unsupported(scene.document)


def test_labels_that_would_stand_on_each_other_move_apart():
    moved = apart([0.0, 1.0, 100.0], 17)
    places = sorted(a + b for a, b in zip([0.0, 1.0, 100.0], moved, strict=True))
    assert np.diff(places).min() >= 17 - 1e-9


NODE = """
import { RecipeModel } from '%s/behaviours/recipes.js';
let text = '';
process.stdin.on('data', part => { text += part; }).on('end', () => {
  const out = JSON.parse(text).map(({ options, arrays, budgets, spending }) => {
    const model = new RecipeModel(options, arrays);
    return budgets.map(budget => {
      const verdict = model.verdict(budget, spending);
      const plain = v => (v === Infinity ? 'inf' : Number.isNaN(v) ? 'nan' : v);
      const values = Object.fromEntries(Object.entries(verdict.values).map(([k, v]) => [k, plain(v)]));
      const columns = model.columns(budget, verdict);
      const worth = model.worth(verdict.aWins, options.x);
      return { values, columns, worth: { y: Array.from(worth['worth-beyond'].y) },
               standing: { y: Array.from(model.standing(options.x)['beyond-0'].y) } };
    });
  });
  process.stdout.write(JSON.stringify(out));
});
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
@pytest.mark.skipif(not (LIB / "behaviours" / "recipes.js").exists(), reason="the browser part is not built")
def test_the_browser_says_and_draws_what_python_says_and_draws(view, table_view, split_view):
    # Far out the axis of the multiplier, which Python draws anew for each budget, is a wider one.
    asked_of = [(view, BUDGETS), (table_view, BUDGETS), (split_view, [1e21, 4e22])]
    asked = [
        {
            "options": behaviour_options(one),
            "arrays": {k: v.ravel().tolist() for k, v in arrays(one).items()},
            "budgets": budgets,
            "spending": {"unit": "flops", "utilisation": 0.4, "price": 2.5},
        }
        for one, budgets in asked_of
    ]
    run = subprocess.run(
        ["node", "--input-type=module", "-e", NODE % LIB],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    for (one, budgets), answers in zip(asked_of, json.loads(run.stdout), strict=True):
        for budget, seen in zip(budgets, answers, strict=True):
            moved = _at(one, budget)
            scene = recipe_scene(moved, _choices(*(recipe.name for recipe in one.recipes)))
            for key, theirs in seen["values"].items():
                ours = scene.state[key]
                if isinstance(ours, float) and np.isfinite(ours):
                    assert theirs == pytest.approx(ours, rel=1e-7, abs=1e-9), key
                elif isinstance(ours, float):
                    assert theirs == ("nan" if np.isnan(ours) else "inf"), key
                else:
                    assert theirs == ours, key
            for name, columns in seen["columns"].items():
                drawn = scene.document.get_model_by_name(name)
                if drawn is None:
                    continue
                for column, theirs in columns.items():
                    if name.startswith("judged") and column == "edge":
                        continue
                    ours = list(drawn.data[column])
                    if ours and isinstance(ours[0], str):
                        assert theirs == ours, (name, column)
                    elif (name, column) not in _FRAMED:
                        assert theirs == pytest.approx(ours, rel=1e-7, abs=1e-9), (name, column)


# Where a label stands depends on the range of the figure, which Python draws anew and the browser widens.
_FRAMED = {("answer-head", "y"), ("answer-lines", "y"), ("answer", "label"), ("answer", "floor")} | {
    (f"{name}-{part}", column)
    for name in ("answer", "chance", "gap", "worth")
    for part in ("head", "lines", "ends")
    for column in ("dx", "y")
}


def _at(view, budget):
    return make_view(
        view.recipes,
        [view.yardstick, *view.others],
        pair=view.pair,
        budget=budget,
        comparison=view.comparison,
    )
