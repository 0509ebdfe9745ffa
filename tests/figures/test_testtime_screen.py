"""The test-time screen: the numbers of its engine, what is drawn of them, and the browser's twin."""

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
from scalewidgets.figures.still import unsupported
from scalewidgets.figures.testtime import (
    first_held,
    make_view,
    read_systems_view,
    sampling_scene,
)
from scalewidgets.figures.testtime.screen import arrays, behaviour_options
from scalewidgets.figures.testtime.view import advice

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
    assert (found.saturation, found.saturation_low) == (91, 82)
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
    const { values, columns, found } = model.see(one);
    const { solved, low, high, ceiling } = found;
    return { values, exact: { solved, low, high, ceiling },
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
            "hour": h.hour, "utilisation": h.utilisation, "factor": h.factor,
        }
        for h in cases
    ]  # fmt: skip
    from scalewidgets.figures.scene import _plain

    given = {
        "options": _plain(behaviour_options(view)),
        "arrays": {name: _plain(values.ravel()) for name, values in arrays(view).items()},
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
