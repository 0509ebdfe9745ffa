"""Families with coefficients in common under a likelihood: one scale of residuals for all, or one each."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.stats import t as student

import scalewidgets as sw
from scalewidgets.errors import FitError
from scalewidgets.fitting import Status
from scalewidgets.fitting.algebra import DENSE, Arrow
from scalewidgets.fitting.families import _members, _problems
from scalewidgets.fitting.joint import Joint
from scalewidgets.fitting.likelihoods import tails
from scalewidgets.fitting.objective import make_objective
from scalewidgets.fitting.penalty import Priors
from scalewidgets.fitting.priors import read_priors
from scalewidgets.fitting.problem import read_problem

from .conftest import TRUTH, made_runs
from .test_families import ALL, made_families

PRIORS = {"E": ("normal", 1.8, 0.05), "alpha": ("lognormal", 0.33, 1.1)}


@pytest.fixture(scope="module")
def overtrained():
    return sw.load("overtraining")


@pytest.fixture(scope="module")
def uneven():
    """Three families of one E, the last of which scatters ten times as much, with heavy tails."""
    runs = made_families(3, 40, noise=1e-3)
    rng = np.random.default_rng(3)
    last = runs["family"] == "corpus 2"
    runs.loc[last, "loss"] *= np.exp(1e-2 * rng.standard_t(3, int(last.sum())))
    return runs


def joint_of(runs, scale, objective, priors=None):
    table, members, _ = _members(runs, "family", None)
    whole = read_problem(table[members], sw.law("chinchilla"), None, None)
    problems = _problems(whole, table[members]["family"].to_numpy(dtype=object))
    law = sw.law("chinchilla")
    model = Joint(law, problems, ("E",), (), scale, tails(scale, objective, bool(priors)))
    if priors:
        model = model.known(Priors(read_priors(law, priors, {}), None, objective.working))
    return model


@pytest.mark.parametrize("priors", [None, PRIORS], ids=["runs", "priors"])
@pytest.mark.parametrize("scale", ["all", "family"])
@pytest.mark.parametrize(
    ("name", "options"),
    [("gaussian_log", {}), ("student_t", {}), ("student_t", {"nu": "free"})],
    ids=["gauss", "student", "free"],
)
def test_derivatives_carry_the_scales_of_all_families(name, options, scale, priors):
    runs = made_families(2, 20, noise=2e-2)
    goal = make_objective(name, None, **options)
    model, objective = joint_of(runs, scale, goal, priors), goal.working
    rng = np.random.default_rng(0)
    weights = rng.integers(0, 3, (1, model.n)).astype(float)
    natural = np.array([[1.8, 480.0, 2100.0, 0.35, 0.37]])
    parts = [part.variables(natural) for part in model.models]
    u = model.whole(model.shared_of(parts[0]), parts) + 1e-2 * rng.normal(size=(1, model.p))
    value, gradient, packed = model.derivatives(u, weights, objective)
    assert model.values(u, weights, objective)[0] == pytest.approx(value[0], rel=1e-12)
    again, same = model.gradient(u, weights, objective)
    assert again[0] == pytest.approx(value[0], rel=1e-12)
    np.testing.assert_allclose(same, gradient, rtol=1e-9, atol=1e-12)
    hessian = model.algebra.full(packed)[0]
    if model._coupled(objective):  # that of the logarithm, times the value
        hessian = hessian + np.outer(gradient[0], gradient[0]) / value[0]
    size = np.abs(hessian).max()
    for i in range(model.p):
        step = np.zeros((1, model.p))
        step[0, i] = 1e-5
        above, below = (model.gradient(u + s * step, weights, objective) for s in (1, -1))
        assert gradient[0, i] == pytest.approx((above[0][0] - below[0][0]) / 2e-5, abs=1e-5 * size)
        np.testing.assert_allclose(hessian[i], (above[1][0] - below[1][0]) / 2e-5, atol=1e-4 * size)


class Elsewhere:
    """Negative log posterior with the scales as coefficients, stated anew."""

    def __init__(self, runs, scale, nu, priors=()):
        self.parts = [
            tuple(part[name].to_numpy() for name in ("params", "tokens", "loss"))
            for _, part in runs.groupby("family")
        ]
        self.scale, self.nu, self.priors = scale, nu, priors

    def value(self, coefficients, log_scales):
        total = 0.0
        for f, (part, found) in enumerate(zip(self.parts, coefficients, strict=True)):
            n, d, loss = part
            fitted = found["E"] + found["A"] / n ** found["alpha"] + found["B"] / d ** found["beta"]
            size = np.exp(log_scales[0 if self.scale == "all" else f])
            scaled = (np.log(loss) - np.log(fitted)) / size
            density = -0.5 * scaled**2 - 0.5 * np.log(2 * np.pi)
            if self.nu is not None:
                density = student.logpdf(0.0, self.nu) - 0.5 * (self.nu + 1) * np.log1p(scaled**2 / self.nu)
            density = density - np.log(size)
            total -= np.sum(density)
            if self.priors:
                total += 0.5 * (np.log(found["alpha"] / 0.33) / np.log(1.1)) ** 2
        if self.priors:
            total += 0.5 * ((coefficients[0]["E"] - 1.8) / 0.05) ** 2
        return total

    def of(self, x):
        families = len(self.parts)
        out = []
        for f in range(families):
            e, (a, b, alpha, beta) = x[0], x[1 + 4 * f : 5 + 4 * f]
            # Amplitudes at 1e9 parameters and 2e10 tokens.
            out.append({"E": e, "A": np.exp(a) * 1e9**alpha, "B": np.exp(b) * 2e10**beta,
                        "alpha": alpha, "beta": beta})  # fmt: skip
        return self.value(out, x[1 + 4 * families :])

    def lowest_near(self, fit):
        x = [fit.coefficients["E"]]
        for one in fit.values():
            c = one.coefficients
            x += [
                np.log(c["A"] / 1e9 ** c["alpha"]),
                np.log(c["B"] / 2e10 ** c["beta"]),
                c["alpha"],
                c["beta"],
            ]
        sizes = [np.log(1.4826 * np.median(np.abs(one.residuals))) for one in fit.values()]
        x += [np.mean(sizes)] if self.scale == "all" else sizes
        start = np.array(x) * (1 + 1e-2 * np.random.default_rng(0).normal(size=len(x)))
        return minimize(self.of, start, method="BFGS", options={"maxiter": 300}).fun


@pytest.mark.parametrize(
    ("scale", "objective", "nu", "prior"),
    [("all", "student_t", 4, None), ("family", "student_t", 4, None), ("family", "gaussian_log", None, None),
     ("all", "gaussian_log", None, PRIORS), ("family", "student_t", 4, PRIORS)],
)  # fmt: skip
def test_no_solver_finds_a_likelier_joint_fit(uneven, scale, objective, nu, prior):
    fit = sw.fit_families(uneven, objective=objective, nu=nu, scale=scale, prior=prior, resamples=4, starts=2)
    assert fit.status is Status.CONVERGED
    reached = fit.objective + (fit.certificate.prior_term or 0.0)
    elsewhere = Elsewhere(uneven, scale, nu, prior).lowest_near(fit)
    assert elsewhere - 1e-3 < reached <= elsewhere + 1e-6
    assert abs(fit.certificate.gap) <= 1e-10
    assert fit.certificate.agreeing == 2
    assert abs(fit.certificate.resample_gap) <= 1e-8
    assert sum(one.objective for one in fit.values()) == pytest.approx(fit.objective, rel=1e-12)


@pytest.mark.parametrize(
    "options",
    [
        {"objective": "student_t"},
        {"objective": "student_t", "nu": "free"},
        {"objective": "student_t", "prior": PRIORS},
        {"objective": "gaussian_log", "prior": PRIORS},
    ],
)
def test_everything_shared_under_one_scale_is_the_pooled_fit(overtrained, options):
    together = sw.fit_families(overtrained, shared=ALL, resamples=0, starts=0, **options)
    pooled = sw.fit(overtrained, resamples=0, starts=0, **options)
    assert together.objective == pytest.approx(pooled.objective, rel=1e-10)
    seen, expected = together.certificate, pooled.certificate
    assert (seen.nu or 0.0) == pytest.approx(expected.nu or 0.0, rel=1e-6)
    assert (seen.prior_term or 0.0) == pytest.approx(expected.prior_term or 0.0, rel=1e-6)
    for fit in together.values():
        assert dict(fit.coefficients) == pytest.approx(dict(pooled.coefficients), rel=1e-5)


def test_nothing_shared_not_even_the_scale_is_every_family_for_itself(uneven):
    options = {"objective": "student_t", "resamples": 0, "starts": 0}
    apart = sw.fit_families(uneven, shared=[], scale="family", **options)
    for family, runs in uneven.groupby("family"):
        alone = sw.fit(runs, **options)
        assert dict(apart[family].coefficients) == dict(alone.coefficients)
        assert apart[family].objective == pytest.approx(alone.objective, rel=1e-12)
    # One scale for all is another fit: the family that scatters is then one of outliers.
    common = sw.fit_families(uneven, shared=[], **options)
    assert common.objective > apart.objective + 10
    assert common["corpus 0"].coefficients["alpha"] != apart["corpus 0"].coefficients["alpha"]


def test_a_family_that_scatters_counts_less_where_it_has_a_scale_of_its_own(uneven):
    options = {"objective": "gaussian_log", "resamples": 100, "starts": 0}
    one, each = (sw.fit_families(uneven, scale=scale, **options) for scale in ("all", "family"))
    clean = sw.fit_families(uneven[uneven["family"] != "corpus 2"], **options)
    widths = [np.ptp(fit.interval("E")) for fit in (one, each, clean)]
    assert widths[1] < 0.5 * widths[0]
    assert widths[1] < 1.2 * widths[2]
    assert each.coefficients["E"] == pytest.approx(TRUTH["E"], abs=widths[1])
    note = next(note for note in each.certificate.notes if "scale of their own" in note)
    assert "corpus 0 0.095" in note
    # First order says the same as the resamples.
    error = np.sqrt(each.covariance().loc[("E", "all"), ("E", "all")])
    assert error == pytest.approx(each.to_frame().loc[("E", "all"), "standard_error"], rel=0.3)


def test_outliers_in_one_family_do_not_move_what_all_share():
    runs = made_families(3, 40, noise=1e-3)
    clean = sw.fit_families(runs, objective="student_t", resamples=0, starts=0)
    runs.loc[runs.index[[3, 50]], "loss"] *= 1.2
    robust = sw.fit_families(runs, objective="student_t", resamples=0, starts=0)
    square = sw.fit_families(runs, objective="gaussian_log", resamples=0, starts=0)
    shift = abs(robust.coefficients["E"] - clean.coefficients["E"])
    assert shift < 0.1 * abs(square.coefficients["E"] - clean.coefficients["E"])


def test_degrees_of_freedom_are_those_of_all_or_of_each(uneven):
    uneven = uneven[uneven["family"] != "corpus 1"]
    options = {"objective": "student_t", "nu": "free", "starts": 0}
    common = sw.fit_families(uneven, resamples=8, **options)
    low, high = common.certificate.nu_interval
    assert low <= common.certificate.nu <= high
    assert common.certificate.nu_free
    assert "nu free" in common.certificate.description
    own = sw.fit_families(uneven, scale="family", resamples=0, **options)
    seen = [fit.certificate.nu for fit in own.values()]
    assert seen[1] < seen[0]
    assert own.objective < common.objective


def test_a_likelihood_tells_families_that_differ_from_families_that_do_not():
    options = {"objective": "student_t", "resamples": 0, "starts": 0}
    for scale in ("all", "family"):
        same = sw.fit_families(made_families(3), scale=scale, **options).restriction
        assert same.verdict != "separate"
        assert same.p_value > 0.01
        runs = made_families(3)
        runs.loc[runs["family"] == "corpus 2", "loss"] += 0.2
        apart = sw.fit_families(runs, scale=scale, **options).restriction
        assert apart.verdict == "separate"
        assert apart.p_value < 1e-6


def test_a_test_under_a_likelihood_is_right_as_often_as_it_says():
    rejected = 0
    for k in range(20):
        runs = made_families(2, 40, seed=10 * k)
        found = sw.fit_families(runs, objective="student_t", nu=20, resamples=0, starts=0)
        rejected += found.restriction.p_value < 0.1
    assert rejected <= 6


@pytest.mark.parametrize("kind", ["residuals", "parametric"])
def test_made_up_losses_of_families_are_refitted(uneven, kind):
    scale = "all" if kind == "residuals" else "family"
    fit = sw.fit_families(uneven, objective="student_t", scale=scale, bootstrap=kind, resamples=30, starts=1)
    low, high = fit.interval("E")
    assert low < TRUTH["E"] < high
    assert fit.certificate.resample_gap <= 1e-8


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"scale": "families", "objective": "student_t"}, "Did you mean family"),
        ({"scale": "family"}, "belongs to the likelihoods gaussian_log and student_t, not to huber_log"),
        ({"scale": "family", "objective": "student_t"}, 'corpus 0 has 12 runs.*Take scale="all"'),
        ({"nu": 3}, "nu= belongs to the objective student_t"),
    ],
)
def test_a_scale_that_makes_no_sense_is_refused_with_a_sentence(options, words):
    with pytest.raises(FitError, match=words):
        sw.fit_families(made_families(2, 12), **options)


def test_an_arrow_with_vectors_taken_off_is_solved_like_the_matrix_it_stands_for():
    rng = np.random.default_rng(0)
    for shared, own, families, off in ((1, 4, 3, 1), (2, 3, 5, 2), (0, 5, 3, 1), (5, 0, 4, 1)):
        arrow = Arrow(shared, own, families, off)
        p, k = shared + families * own, shared + own
        half = rng.normal(size=(6, families, k, k + 2))
        vectors = [0.1 * rng.normal(size=(6, p)) for _ in range(off)]
        hessian = arrow.packed(np.einsum("bfij,bfkj->bfik", half, half), vectors)
        assert hessian.shape[1:] == arrow.shape(p)
        full = arrow.full(hessian)
        np.testing.assert_allclose(arrow.diagonal(hessian), np.einsum("bii->bi", full))
        gradient, scale = rng.normal(size=(6, p)), arrow.diagonal(hessian)
        damping, stuck = np.full(6, 0.2), rng.random((6, p)) < 0.2
        step, definite = arrow.step(gradient, hessian, scale, damping, stuck)
        expected, sound = DENSE.step(gradient, full, scale, damping, stuck)
        np.testing.assert_array_equal(definite, sound)
        np.testing.assert_allclose(step[sound], expected[sound], rtol=1e-7, atol=1e-10)
        assert sound.any()
        # So much taken off that nothing positive is left.
        deep = arrow.packed(np.einsum("bfij,bfkj->bfik", half, half), [1e3 * v for v in vectors])
        assert not arrow.step(gradient, deep, np.ones((6, p)), np.zeros(6), stuck & False)[1].any()


def test_sharing_under_a_likelihood_with_a_single_small_family():
    alike = {"alpha": 0.34, "beta": 0.36}
    runs = made_families(2, 30, noise=1e-3, **alike)
    small = made_runs(4, 1e-3, seed=9, truth={**TRUTH, **alike, "B": 2500.0}).assign(family="small")
    runs = pd.concat([runs, small], ignore_index=True)
    shared = ["E", "A", "alpha", "beta"]
    fit = sw.fit_families(runs, shared=shared, objective="student_t", resamples=0, starts=4)
    assert fit.restriction is None
    assert fit["small"].coefficients["B"] > fit["corpus 0"].coefficients["B"]
    assert abs(fit.certificate.gap) <= 1e-10
