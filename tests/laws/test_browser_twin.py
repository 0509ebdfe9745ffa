"""The browser draws what Python fitted: every law, every refusal and every number agrees with its twin.

Questions are put to the compiled TypeScript in one run of node; every registered law is covered by being
registered.
"""

import json
import random
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from draws import at_random

from scalewidgets import laws, units
from scalewidgets.errors import FormulaError
from scalewidgets.laws.formula import parse
from scalewidgets.laws.scan import FUNCTIONS
from scalewidgets.laws.typeset import to_html

HERE = Path(__file__).parent
LIB = HERE.parents[1] / "labextension" / "lib"
POINTS = 400
# Beyond the registry: every function and operator, and numbers of every size.
FORMULAS = [
    "a*exp(-b*x) + c",
    "log(a*x) + log2(b + x) - log10(c*x)",
    "tanh(a/x)**2 + sqrt(b*x) / abs(c - x)",
    "min(a*x, b, c/x) + max(a, b*x, c)",
    "a**3 + b**-2 + c**0.5 + x**(1/3) + 2**a + a**b**c",
    "-a**2 * -b - (c - x) + +x",
    "6.4e13*a + 1e21/b + 0.5*c + 1e-7*x + 123456 + 1e6",
    "a - (b - c) - (x / (a * b)) / c",
    "x**alpha_N + a_1*lam + R_D_star + (a + b)**2**c",
]


def _texts() -> list[str]:
    """Texts near the grammar, most of them outside it: every order of tokens comes up."""
    rng = random.Random(20240415)
    tokens = [
        "a",
        "N_c",
        "2",
        "1.5e3",
        ".5",
        "+",
        "-",
        "*",
        "/",
        "**",
        "(",
        ")",
        ",",
        " ",
        "exp",
        "min(",
        "log(",
    ]
    tokens += ["1e400", "007", "__", "lambda", "inf", "^", ".", "[", "ln(", "5000", "0"]
    weights = [8, 3, 6, 2, 2, 5, 5, 5, 5, 5, 6, 6, 3, 4, 1, 3, 3] + [0.2] * 11
    return ["".join(rng.choices(tokens, weights, k=rng.randint(1, 14))) for _ in range(6000)]


def _quantities() -> list[tuple[float, str, int | None]]:
    rng = random.Random(7)
    kinds = list(units.KINDS)
    values = [rng.choice([1, -1]) * 10 ** rng.uniform(-12, 26) for _ in range(2000)]
    values += [
        rng.choice([1, -1]) * rng.randint(1, 10**6) / 2 ** rng.randint(0, 12) for _ in range(2000)
    ]  # ties
    values += [m * 10.0**e for m in (9.94, 9.95, 9.996, 9.9995, 0.5, 1.0) for e in range(-9, 20)]
    return [
        (value, rng.choice(kinds), rng.choice([None, 1, 2, 3, 4, 6])) for value in values for _ in range(3)
    ]


def _intervals() -> list[tuple[float, float, str]]:
    rng = random.Random(11)
    ends = [(s * 10 ** rng.uniform(-7, 16), rng.choice([-0.5, 0.01, 1.01, 1.4, 30])) for s in [1, -1] * 800]
    return [(low, low * factor, rng.choice(list(units.KINDS))) for low, factor in ends]


@pytest.fixture(scope="module")
def asked():
    rng = np.random.default_rng(3)
    every = [laws.law(name) for name in laws.names()]
    own = [laws.Law(formula, inputs=["x" if "x" in formula else "a"]) for formula in FORMULAS]
    questions = []
    for law in (*every, *own):
        questions.append((law, at_random(law, rng, POINTS, registered=law in every)))
    return questions


@pytest.fixture(scope="module")
def answers(asked):
    node = shutil.which("node")
    if node is None:
        pytest.fail("node is not on PATH: the browser's side cannot be tested. Install Node 18 or newer.")
    if not (LIB / "formula" / "index.js").is_file() or not (LIB / "frame" / "format.js").is_file():
        pytest.fail(f"{LIB} is not built. Run `npm run build:lib` in labextension.")
    questions = {
        "laws": [
            {
                "formula": law.formula,
                "labels": {symbol.name: symbol.label for symbol in (*law.inputs, *law.coefficients)},
                "env": {name: values.tolist() for name, values in env.items()},
            }
            for law, env in asked
        ],
        "texts": _texts(),
        "quantities": _quantities(),
        "intervals": _intervals(),
    }
    done = subprocess.run(
        [node, str(HERE / "browser_twin.mjs"), str(LIB)],
        input=json.dumps(questions),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_curves_in_the_browser_are_those_of_numpy_to_twelve_digits(asked, answers):
    for (law, env), answer in zip(asked, answers["laws"], strict=True):
        inputs = {name: env[name] for name in law.input_names}
        expected = law.value(inputs, {name: env[name] for name in law.coefficient_names})
        assert np.isfinite(expected).all(), law.formula
        for way in ("together", "each"):
            # JavaScript prints 1e20 as an integer that only a float64 can hold.
            drawn = np.array(answer[way], dtype=np.float64)
            np.testing.assert_allclose(drawn, expected, rtol=1e-12, atol=0, err_msg=f"{law.formula}, {way}")


def test_both_read_a_formula_into_the_same_tree(asked, answers):
    for (law, _), answer in zip(asked, answers["laws"], strict=True):
        assert answer["tree"] == law.tree


def test_a_formula_looks_the_same_in_python_and_in_the_browser(asked, answers):
    for (law, _), answer in zip(asked, answers["laws"], strict=True):
        labels = {symbol.name: symbol.label for symbol in (*law.inputs, *law.coefficients)}
        assert answer["html"] == to_html(law.syntax, labels)


def test_both_refuse_the_same_texts_with_the_same_sentence(answers):
    ours = [_refusal(text) for text in _texts()]
    for text, mine, theirs in zip(_texts(), ours, answers["refusals"], strict=True):
        assert theirs == mine, text
    assert ours.count(None) > 150  # the texts test the accepting side too


def _refusal(text: str) -> str | None:
    try:
        parse(text)
    except FormulaError as error:
        return str(error)
    return None


def test_numbers_are_written_the_same_everywhere(answers):
    for (value, kind, digits), text in zip(_quantities(), answers["quantities"], strict=True):
        assert text == units.format_quantity(value, kind, digits), (value, kind, digits)
    for (low, high, kind), text in zip(_intervals(), answers["intervals"], strict=True):
        assert text == units.format_interval(low, high, kind), (low, high, kind)


def test_every_function_of_the_grammar_is_put_to_the_browser():
    used = " ".join(FORMULAS)
    assert all(f"{function}(" in used for function in FUNCTIONS)
