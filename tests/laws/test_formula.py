"""A formula from a stranger is read, never run; the same text means the same on both sides."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalewidgets.errors import FormulaError
from scalewidgets.laws import Law
from scalewidgets.laws.formula import parse
from scalewidgets.laws.scan import FUNCTIONS, MAX_DEPTH
from scalewidgets.laws.tree import Binary, Call, Name, Node, Number, Unary, depth, names

CASES = json.loads(Path(__file__).with_name("formula_cases.json").read_text(encoding="utf-8"))


def shown(node: Node) -> str:
    """A tree with all its parentheses."""
    match node:
        case Number(value=value):
            return repr(value)
        case Name(name=name):
            return name
        case Unary(op=op, operand=operand):
            return f"({op}{shown(operand)})"
        case Binary(op=op, left=left, right=right):
            return f"({shown(left)} {op} {shown(right)})"
        case Call(function=function, arguments=arguments):
            return f"{function}({', '.join(shown(argument) for argument in arguments)})"


def refusal(call) -> str | None:
    """What a call is refused with; any other error is the test's."""
    try:
        call()
    except FormulaError as error:
        return str(error)
    return None


@pytest.mark.parametrize("case", CASES["accepted"], ids=lambda case: case["formula"])
def test_arithmetic_is_read_with_the_usual_precedence(case):
    assert shown(parse(case["formula"])) == case["reads"]


@pytest.mark.parametrize("case", CASES["refused"], ids=lambda case: ascii(case["formula"])[:40])
def test_what_is_not_arithmetic_is_refused_with_a_sentence(case):
    with pytest.raises(FormulaError) as refused:
        parse(case["formula"])
    assert str(refused.value) == case["says"]
    assert case["says"].endswith(".")


def test_a_formula_built_to_exhaust_the_parser_is_refused_at_once():
    start = time.perf_counter()
    for case in CASES["refused_long"]:
        with pytest.raises(FormulaError) as refused:
            parse(case["repeat"] * case["times"] + case["end"])
        assert str(refused.value) == case["says"]
    assert time.perf_counter() - start < 2


def test_formulas_at_the_limits_are_still_read():
    for case in CASES["accepted_long"]:
        assert depth(parse(case["repeat"] * case["times"] + case["end"])) <= MAX_DEPTH


def test_a_refusal_says_which_character():
    with pytest.raises(FormulaError) as refused:
        parse("E + A^2")
    assert refused.value.position == 5
    assert refused.value.remedy == "Write ** for a power."


def test_only_a_text_is_a_formula():
    for thing in (None, 3, b"a + b", ["a"]):
        with pytest.raises(FormulaError, match="A formula is a text"):
            parse(thing)  # type: ignore[arg-type]


@given(st.text(max_size=60))
def test_no_text_does_anything_but_be_read_or_refused(text):
    said = refusal(lambda: parse(text))
    assert said is None or said.endswith(".")


@given(
    st.lists(
        st.sampled_from(["a", "N", "2", ".5", "1e3", *"+-*/(),", "**", " ", *FUNCTIONS, "(", ")"]),
        max_size=16,
    )
)
def test_what_is_read_is_read_the_same_once_its_parentheses_are_written(tokens):
    text = "".join(tokens)
    if refusal(lambda: parse(text)) is None:
        assert parse(shown(parse(text))) == parse(text)


@pytest.mark.parametrize(
    "formula",
    [
        # Numbers in disguise: simplification would raise them to towers.
        "x*" + "(" * 40 + "(c + c)" + "**(x/x + x/x))" * 40,
        "x + 10**(10**(c - c + 9))",
        "exp((x/x + x/x)*log(" * 12 + "c + c" + "))" * 12 + "*x",
        "x*(" + "*".join(["(c + c)"] * 60) + ")",
    ],
    ids=["powers", "tower", "exponentials", "products"],
)
def test_a_formula_built_to_exhaust_the_algebra_is_refused_or_done_quickly(formula):
    start = time.perf_counter()
    law = Law(formula, inputs=["x"])
    said = refusal(lambda: law.gradient({"x": 1.5}, dict.fromkeys(law.coefficient_names, 1.1)))
    assert said is None or "its own terms too often" in said
    assert time.perf_counter() - start < 5


def test_reading_a_hostile_formula_loads_and_writes_nothing(tmp_path):
    """In a process of its own, with an audit hook that sees every compile, exec, open and import."""
    code = """
import sys
from scalewidgets.errors import FormulaError
from scalewidgets.laws.formula import parse
import json
texts = [case["formula"] for case in json.loads(sys.stdin.read())["refused"]]
seen = []
def hook(event, args):
    # ast.parse is compile() of an `ast` only; anything that would run is an exec, open or import.
    if armed and event in ("exec", "open", "import", "os.system", "subprocess.Popen"):
        seen.append(event)
armed = False
sys.addaudithook(hook)
armed = True
for text in texts:
    try:
        parse(text)
    except FormulaError:
        pass
armed = False
print(seen)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(CASES),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        cwd=tmp_path,
        timeout=60,
    )
    assert done.stdout.strip() == "[]"


def test_names_come_in_the_order_in_which_they_are_written():
    assert names(parse("E + A / N**alpha + E")) == ("E", "A", "N", "alpha")
