"""The compiled engine gives NumPy's numbers, says what it does not serve, and needs Numba only once."""

import importlib
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import scalewidgets as sw
from scalewidgets.errors import FitError
from scalewidgets.fitting import Status
from scalewidgets.fitting import api as fitting
from scalewidgets.fitting.bootstrap import counts
from scalewidgets.fitting.compiled import choice, machine
from scalewidgets.fitting.compiled.refit import sets_of
from scalewidgets.fitting.job import fitted_model
from scalewidgets.fitting.newton import minimise
from scalewidgets.fitting.steps import drained
from scalewidgets.fitting.warm import _Warm

from .conftest import made_runs

OBJECTIVE, COEFFICIENTS = 1e-12, 1e-9
"""How far apart the engines may be, relatively: see the docstring of ``scalewidgets.fitting.compiled``."""


@pytest.fixture(scope="module", autouse=True)
def kernel():
    """Compile before any fit is looked at: the first time on a machine takes half a minute."""
    return machine.kernel()


def both(runs, *law, **options):
    options = {"starts": 0, "resamples": 0, **options}
    one, other = (sw.fit(runs, *law, engine=engine, **options) for engine in ("numpy", "compiled"))
    assert one.certificate.engine == "numpy"
    assert other.certificate.engine == "compiled"
    return one, other


def agree(one, other, coefficients=COEFFICIENTS):
    assert one.status is other.status
    assert other.objective == pytest.approx(one.objective, rel=OBJECTIVE, abs=0)
    for name, value in one.coefficients.items():
        assert other.coefficients[name] == pytest.approx(value, rel=coefficients, abs=0)
    np.testing.assert_allclose(other.resamples, one.resamples, rtol=coefficients)


def runs_of(name, n=90, noise=5e-3, seed=3):
    """Runs of a registered law at coefficients from the middle of their starting ranges."""
    law = sw.law(name)
    rng = np.random.default_rng(seed)
    truth = {}
    for symbol in law.coefficients:
        low, high = symbol.start or (1e-3, 1e3)
        middle = (low * high) ** 0.5 if low > 0 else 0.5 * (low + high)
        truth[symbol.name] = 0.4 + 0.02 * len(truth) if symbol.kind == "exponent" else middle
    inputs = {symbol.name: 10 ** rng.uniform(1, 4, n) for symbol in law.inputs}
    loss = law.value(inputs, truth) * np.exp(rng.normal(0, noise, n))
    return pd.DataFrame({**inputs, "loss": loss})


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"delta": 3e-2},
        {"delta": 1e-4},
        {"objective": "squared_log"},
        {"objective": "gaussian_log"},
        {"objective": "squared_raw"},
        {"objective": "asymmetric", "factor": 3.0},
        {"fixed": {"alpha": 0.34}},
        {"fixed": {"E": 1.8}},
        {"tie": [("alpha", "beta")]},
        {"bounds": {"beta": (0.1, 0.36)}},
        {"bounds": {"A": (None, 400.0)}},
        {"exclude": None},
    ],
    ids=str,
)
def test_choice_of_engine_changes_no_number_of_the_chinchilla_fit(chinchilla, options):
    agree(*both(chinchilla, resamples=30, **options))


@pytest.mark.parametrize("objective", ["absolute_log", "quantile"])
def test_choice_of_engine_changes_no_quantile(chinchilla, objective):
    # Such an optimum lies where some runs are met exactly; the way to it goes through Huber penalties.
    one, other = both(chinchilla, objective=objective)
    assert other.objective == pytest.approx(one.objective, rel=1e-11, abs=0)
    assert other.coefficients["alpha"] == pytest.approx(one.coefficients["alpha"], rel=1e-6)


def test_weights_and_standard_deviations_count_the_same(chinchilla):
    rng = np.random.default_rng(0)
    some = 10 ** rng.uniform(-1, 1, len(chinchilla))
    agree(*both(chinchilla, weight=some, resamples=20))
    agree(*both(chinchilla, sd=4e-3 * some, resamples=20))
    agree(*both(chinchilla, sd=4e-3 * some, objective="squared_log"))


@pytest.mark.parametrize("kind", ["residuals", "parametric"])
def test_made_up_losses_are_refitted_alike(chinchilla, kind):
    agree(*both(chinchilla, resamples=30, bootstrap=kind))


@pytest.mark.parametrize("n", [1, 3, 240, 256, 70_001])
def test_a_seed_draws_the_same_runs_for_both_engines(n):
    one, other = (np.vstack(list(counts(n, 7, 3, 5, compiled=engine))) for engine in (False, True))
    np.testing.assert_array_equal(other, one)
    np.testing.assert_array_equal(one.sum(axis=1), n)


def test_whole_clusters_are_resampled_alike(chinchilla):
    agree(*both(chinchilla, resamples=30, cluster=np.arange(len(chinchilla)) // 5))


@pytest.mark.parametrize(
    "law",
    [
        "bahri_variance", "power_N", "chinchilla_tied", "gadre_overtrain", "nmt_bivariate", "kaplan_overfit",
        "step_law_lr", "moe_granularity", "gemstones_wd", "sovit",
    ],
)  # fmt: skip
def test_laws_of_every_shape_come_out_the_same(law):
    # Terms without exponents, with one, with several that they share; known factors; up to three axes.
    columns = {name: name for name in sw.law(law).input_names} | {sw.law(law).output: "loss"}
    # With more noise resamples of this law are still on their way, along a valley without end, when they are
    # given up: where rounding has led them is no number to agree on.
    noise = 1e-4 if law == "moe_granularity" else 5e-3
    one, other = both(runs_of(law, noise=noise), law, delta=1e-2, resamples=10, columns=columns)
    assert one.certificate.resamples_converged == 10
    agree(one, other)


def test_long_tables_are_run_through_in_blocks_alike():
    agree(*both(made_runs(n=2500, noise=4e-3), resamples=5))


def test_noiseless_runs_give_the_law_back():
    _, fit = both(made_runs(n=40))
    assert fit.coefficients["A"] == pytest.approx(482.0, rel=1e-6)


def test_a_term_that_goes_to_zero_ends_alike():
    runs = runs_of("power_N").assign(params=lambda t: t["N"], tokens=lambda t: t["N"][::-1].to_numpy())
    one, other = both(runs, "chinchilla", objective="squared_log")
    assert one.status is other.status
    assert other.objective == pytest.approx(one.objective, rel=1e-9)


def test_every_way_to_say_how_a_fit_came_about_names_the_engine(chinchilla):
    one, other = both(chinchilla)
    assert other.to_dict()["certificate"]["engine"] == "compiled"
    assert "Engine: NumPy." in one.report()
    for text in (other.report(), other._repr_html_()):
        assert re.search(r"Engine: compiled", text)


@pytest.mark.parametrize(
    ("law", "options", "words"),
    [
        ("chinchilla", {"objective": "student_t"}, "student_t"),
        ("chinchilla", {"prior": {"alpha": ("normal", 0.35, 0.05)}}, "priors"),
        ("E + A / (N**alpha + D**beta)", {}, "sum of positive power laws"),
    ],
    ids=["student_t", "priors", "law"],
)
def test_what_the_compiled_engine_does_not_serve_is_fitted_by_numpy_and_said(chinchilla, law, options, words):
    law = law if law in sw.catalogue().index else sw.Law(law, ["N", "D"])
    asked, plain = (
        sw.fit(chinchilla, law, starts=0, resamples=0, engine=engine, **options)
        for engine in ("compiled", "numpy")
    )
    assert asked.certificate.engine == "numpy"
    assert [note for note in asked.certificate.notes if words in note]
    assert asked.coefficients == plain.coefficients


def test_an_engine_that_does_not_exist_is_told_apart_from_one_that_is_missing(chinchilla, monkeypatch):
    with pytest.raises(FitError, match=r"Did you mean compiled"):
        sw.fit(chinchilla, engine="compild")
    monkeypatch.setattr(machine, "installed", lambda: False)
    with pytest.raises(FitError, match=re.escape('pip install "scalewidgets[fast]"')):
        sw.fit(chinchilla, engine="compiled")
    assert sw.fit(chinchilla, resamples=300, starts=0).certificate.engine == "numpy"


def test_auto_takes_the_engine_that_pays(chinchilla):
    def engine(resamples, **options):
        return sw.fit(chinchilla, resamples=resamples, starts=0, **options).certificate.engine

    assert engine(0) == engine(20) == "numpy"
    assert engine(200) == "compiled"
    assert engine(200, objective="student_t") == "numpy"


def test_a_variable_chooses_for_programs_that_cannot_be_changed(chinchilla, monkeypatch):
    monkeypatch.setenv(choice.VARIABLE, "compiled")
    assert sw.fit(chinchilla, resamples=0, starts=0).certificate.engine == "compiled"
    assert sw.fit(chinchilla, resamples=0, starts=0, engine="numpy").certificate.engine == "numpy"
    monkeypatch.setenv(choice.VARIABLE, "fast")
    with pytest.raises(FitError, match=f"{choice.VARIABLE}=.fast"):
        sw.fit(chinchilla)


def test_the_caller_gets_its_turn_between_chunks_of_resamples(chinchilla):
    steps = [s for s in fit_steps(chinchilla) if s.phase == "resample"]
    assert len(steps) > 3


def fit_steps(runs):
    return fitting.fit_steps(runs, resamples=20_000, starts=0, engine="compiled")


@pytest.mark.parametrize("options", [{}, {"fixed": {"E": 1.8}}, {"objective": "squared_log"}], ids=str)
def test_leaving_runs_out_one_by_one_gives_what_numpy_gives(chinchilla, options):
    fit = sw.fit(chinchilla, starts=0, resamples=0, **options)
    kept = ~np.eye(int(fit.used.sum()), dtype=bool)
    plain = _Warm(fit)
    assert plain.stays()
    expected, _ = plain.descend(kept[::7].astype(float))
    found, converged = sets_of(fit, len(kept)).descend(kept[::7].astype(float))
    assert converged.all()
    np.testing.assert_allclose(found, expected, rtol=COEFFICIENTS)
    assert sets_of(fit, 3) is None


def test_a_refit_is_repeatable_and_leaves_the_start_alone(chinchilla):
    fit = sw.fit(chinchilla, starts=0, resamples=0, engine="compiled")
    goal, model = fit.setting.goal, fitted_model(fit.setting.problem, {}, {})
    model.engine = "compiled"
    start = model.variables(np.array([list(fit.coefficients.values())]))
    before, weights = start.copy(), np.ones((1, model.n))
    first = minimise(model, goal, start, weights)
    weights[0, 5] = 0.0
    other = minimise(model, goal, start, weights)
    assert other.variables != pytest.approx(first.variables, rel=1e-9)
    weights[0, 5] = 1.0
    # The room of a refit is that of the one before: neither the runs nor the penalty of that may stay in it.
    minimise(model, replace(goal, delta=2e-3), start, weights)
    minimise(model.with_loss(model.loss * 1.01), goal, start, weights)
    again = minimise(model, goal, start, weights)
    np.testing.assert_array_equal(again.variables, first.variables)
    np.testing.assert_array_equal(start, before)
    assert again.value == first.value == pytest.approx(fit.objective, rel=OBJECTIVE)
    assert again.converged.all()


def test_losses_made_up_in_blocks_are_the_same_for_both_engines(chinchilla):
    # More resamples than the compiled engine takes at once.
    agree(*both(chinchilla, resamples=600, bootstrap="parametric", objective="squared_log"))


@pytest.mark.parametrize("options", [{}, {"tie": [("alpha", "beta")]}, {"fixed": {"beta": 0.3658}}])
def test_resamples_leave_their_common_start_by_a_step_that_saves_an_evaluation(chinchilla, options):
    fit = sw.fit(chinchilla, starts=0, resamples=0, **options)
    setting = fit.setting
    job_model = fitted_model(setting.problem, setting.fixed, setting.bounds)
    names = setting.problem.law.coefficient_names
    optimum = job_model.variables(np.array([[setting.coefficients[name] for name in names]]))
    weights = next(counts(job_model.n, 300, 300, 0))
    free = job_model.is_free(setting.fixed)
    start = np.repeat(optimum, 300, axis=0)
    slow = minimise(job_model, setting.goal, start, weights, free)
    job_model.engine = "compiled"
    fast = minimise(job_model, setting.goal, start, weights, free)
    np.testing.assert_allclose(fast.value, slow.value, rtol=OBJECTIVE)
    np.testing.assert_allclose(fast.variables, slow.variables, rtol=COEFFICIENTS)
    assert fast.iterations.mean() < slow.iterations.mean() - 0.5
    # Nor does it matter whether the start is the optimum of all runs.
    elsewhere = minimise(job_model, setting.goal, start + 0.02 * free, weights, free)
    np.testing.assert_allclose(elsewhere.value, slow.value, rtol=OBJECTIVE)


def test_fits_that_take_turns_do_not_write_into_each_other(chinchilla):
    def steps(seed, **options):
        return fitting.fit_steps(
            chinchilla, starts=0, resamples=1500, seed=seed, engine="compiled", **options
        )

    kinds = [{"seed": 1}, {"seed": 2, "delta": 3e-3}]
    waiting, ends = {k: steps(**kind) for k, kind in enumerate(kinds)}, {}
    while waiting:
        for k in list(waiting):
            try:
                next(waiting[k])
            except StopIteration as stop:
                ends[k] = stop.value
                del waiting[k]
    for k, kind in enumerate(kinds):
        alone = drained(steps(**kind))
        np.testing.assert_array_equal(ends[k].resamples, alone.resamples)


def test_both_sides_of_the_kernel_mean_the_same_sizes():
    bridge = importlib.import_module("scalewidgets.fitting.compiled.bridge")
    search = importlib.import_module("scalewidgets.fitting.compiled.search")
    inside = [importlib.import_module(f"scalewidgets.fitting.compiled.{name}") for name in machine.SOURCES]
    for name in ("HEAD", "PLACES", "OPTIONS", "STARTS", "LANES", "EXTRA", "BLOCK", "RUNS", "SOME"):
        said = {getattr(module, name) for module in (bridge, search, *inside) if hasattr(module, name)}
        assert len(said) == 1


def in_a_fresh_process(code, **variables):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"import sys\n{code}"],
        capture_output=True, text=True, check=False, env={**os.environ, **variables},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_a_fresh_process_finds_the_machine_code_and_never_imports_numba(tmp_path):
    code = """
import scalewidgets as sw
from scalewidgets.fitting.compiled import machine
fit = sw.fit(sw.load("chinchilla"), starts=0, resamples=200, engine="auto")
print(fit.certificate.engine, machine.kernel().origin, "numba" in sys.modules)
"""
    assert in_a_fresh_process(code) == ["compiled", "disk", "False"]


def test_a_fit_without_numba_works(tmp_path):
    code = """
sys.modules["numba"] = None
import scalewidgets as sw
fit = sw.fit(sw.load("chinchilla"), starts=0, resamples=200)
print(fit.certificate.engine, round(fit.coefficients["alpha"], 4), "llvmlite" in sys.modules)
"""
    assert in_a_fresh_process(code) == ["numpy", "0.3473", "False"]


def test_a_numba_that_cannot_be_imported_is_said_and_no_obstacle(chinchilla, monkeypatch):
    def broken():
        raise ImportError("Numba needs NumPy 2.0 or less")

    monkeypatch.setattr(machine, "_loaded", None)
    monkeypatch.setattr(machine, "_from_disk", lambda: None)
    monkeypatch.setattr(machine, "_from_compiler", broken)
    with pytest.raises(FitError, match=r"Numba needs NumPy 2.0 or less"):
        sw.fit(chinchilla, starts=0, resamples=0, engine="compiled")
    monkeypatch.setattr(choice, "WORTH_COMPILING", 0.0)
    assert sw.fit(chinchilla, starts=0, resamples=200).certificate.engine == "numpy"


def stored():
    return next(path for path in machine._files() if path.is_file()).read_bytes()


def test_damaged_machine_code_is_not_run():
    content = stored()
    assert machine._load(content).origin == "disk"
    for bad in (content[:-1], content[:100] + b"?" + content[101:], content[:-9] + b"x" + content[-8:], b""):
        with pytest.raises(ValueError):  # noqa: PT011
            machine._load(bad)


def test_machine_code_goes_where_it_can_be_written(tmp_path, monkeypatch):
    installed = tmp_path / "package"
    installed.mkdir()
    (installed / "__pycache__").write_text("a folder that cannot be written to")
    machine._stamp()
    monkeypatch.setattr(machine, "HERE", installed)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv(machine.VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    machine._keep(b"code")
    assert [path.read_bytes() for path in (tmp_path / "home" / "scalewidgets").iterdir()] == [b"code"]
    monkeypatch.setenv(machine.VARIABLE, str(tmp_path / "asked"))
    machine._keep(b"code")
    assert len(list((tmp_path / "asked" / "scalewidgets").iterdir())) == 1


def test_changed_sources_are_compiled_anew(tmp_path, monkeypatch):
    before = machine._stamp.__wrapped__()
    for name in machine.SOURCES:
        (tmp_path / f"{name}.py").write_bytes((machine.HERE / f"{name}.py").read_bytes())
    monkeypatch.setattr(machine, "HERE", tmp_path)
    assert machine._stamp.__wrapped__() == before
    with Path(tmp_path / "evaluate.py").open("a") as file:
        file.write("# changed\n")
    assert machine._stamp.__wrapped__() != before


def test_kernel_modules_are_all_watched():
    here = Path(machine.__file__).parent
    kernels = {path.stem for path in here.glob("*.py") if "from numba import" in path.read_text("utf-8")}
    kernels |= {path.stem for path in here.glob("*.py") if "from .arithmetic" in path.read_text("utf-8")}
    assert kernels - {"machine"} == set(machine.SOURCES)


def test_status_of_runs_that_determine_nothing_is_the_same():
    runs = made_runs(n=40, noise=4e-3, spread=0.0)
    one, other = (sw.fit(runs, starts=0, resamples=0, engine=engine) for engine in ("numpy", "compiled"))
    assert one.status is other.status is Status.REFUSED
