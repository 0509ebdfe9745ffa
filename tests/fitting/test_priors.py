"""Priors: weighed as documented, exact on both paths, kept in resamples and profiles, and said aloud."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize

import scalewidgets as sw
from scalewidgets.errors import FitError
from scalewidgets.fitting import Status, objective_value
from scalewidgets.fitting.model import General, make_model
from scalewidgets.fitting.objective import make_objective
from scalewidgets.fitting.penalty import Priors, penalised
from scalewidgets.fitting.priors import Prior

from .conftest import made_runs

PRIOR = {"alpha": ("normal", 0.33, 0.01), "E": ("lognormal", 1.8, 1.02)}


def quick(runs, law="chinchilla", **options):
    return sw.fit(runs, law, **{"resamples": 0, "starts": 0, **options})


def fitted_loss(runs, c):
    return c[0] + c[1] / runs["params"] ** c[3] + c[2] / runs["tokens"] ** c[4]


@pytest.mark.parametrize("scale", [None, 0.02])
@pytest.mark.parametrize("kind", ["fast", "general"])
def test_derivatives_carry_the_prior(kind, scale):
    runs = made_runs(40, 0.02)
    inputs = {"N": runs["params"].to_numpy(), "D": runs["tokens"].to_numpy()}
    law, loss = sw.law("chinchilla"), runs["loss"].to_numpy()
    model = make_model(law, inputs, loss) if kind == "fast" else General(law, inputs, loss)
    objective = make_objective("huber_log", 0.02)
    each = {
        "alpha": Prior("normal", 0.3, 0.03), "beta": Prior("lognormal", 0.4, 1.1),
        "A": Prior("normal", 400.0, 100.0), "B": Prior("lognormal", 2000.0, 1.3),
    }  # fmt: skip
    model = penalised(model, Priors(each, scale, objective))
    u = model.variables(np.array([[1.8, 480.0, 2100.0, 0.35, 0.37]]))
    weights = np.random.default_rng(0).integers(0, 3, (1, 40)).astype(float)
    value, gradient, hessian = model.derivatives(u, weights, objective)
    bare = objective.values(model.residuals(u, objective), weights)[0]
    distances = [0.05 / 0.03, math.log(0.37 / 0.4) / math.log(1.1), 0.8, math.log(1.05) / math.log(1.3)]
    extra = 0.5 * np.sum(np.square(distances))
    expected = bare + scale * extra if scale else bare * math.exp(2 * extra / weights.sum())
    assert value[0] == pytest.approx(expected, rel=1e-12)
    assert model.values(u, weights, objective)[0] == pytest.approx(expected, rel=1e-12)
    again, same = model.gradient(u, weights, objective)
    assert again[0] == pytest.approx(value[0], rel=1e-12)
    np.testing.assert_allclose(same, gradient, rtol=1e-10)
    size = np.abs(hessian).max()
    for i in range(5):
        step = np.zeros((1, 5))
        step[0, i] = 1e-6
        above, below = (model.derivatives(u + s * step, weights, objective) for s in (1, -1))
        assert gradient[0, i] == pytest.approx((above[0][0] - below[0][0]) / 2e-6, abs=1e-7 * size)
        np.testing.assert_allclose(hessian[0, i], (above[1][0] - below[1][0]) / 2e-6, atol=1e-5 * size)
    assert np.linalg.eigvalsh(model.robust_hessian(u, weights, objective)[0]).min() > 0


def test_a_gaussian_fit_with_priors_is_the_mode_of_the_posterior():
    runs = made_runs(60, 0.02)
    fit = quick(runs, objective="gaussian_log", prior=PRIOR)

    def posterior(x):
        e, a, b, alpha, beta, sigma = *np.exp(x[:3]), *x[3:5], math.exp(x[5])
        residuals = np.log(runs["loss"]) - np.log(fitted_loss(runs, (e, a, b, alpha, beta)))
        prior = ((alpha - 0.33) / 0.01) ** 2 + ((x[0] - math.log(1.8)) / math.log(1.02)) ** 2
        return np.sum(0.5 * (residuals / sigma) ** 2) + len(runs) * x[5] + 0.5 * prior

    c = fit.coefficients
    sigma = math.sqrt(np.mean(fit.residuals**2))
    start = np.array([math.log(c["E"]), math.log(c["A"]), math.log(c["B"]), c["alpha"], c["beta"], 0])
    start[5] = math.log(sigma)
    tight = {"xatol": 1e-10, "fatol": 1e-10, "maxiter": 20_000, "maxfev": 20_000}
    best = minimize(posterior, start + 0.003, method="Nelder-Mead", options=tight)
    assert posterior(start) <= best.fun + 1e-7
    constant = 0.5 * len(runs) * math.log(2 * math.pi)
    seen = fit.certificate
    assert seen.prior_scale is None
    assert fit.objective + seen.prior_term == pytest.approx(posterior(start) + constant, rel=1e-9)


def test_a_sum_of_penalties_takes_the_prior_at_the_scale_of_the_fit_without_it(chinchilla):
    bare = quick(chinchilla, objective="squared_log")
    fit = quick(chinchilla, objective="squared_log", prior={"alpha": ("normal", 0.33, 0.01)})
    seen = fit.certificate
    variance = float(np.mean(bare.residuals**2))
    assert seen.prior_scale == pytest.approx(variance, rel=1e-9)
    distance = (fit.coefficients["alpha"] - 0.33) / 0.01
    assert seen.prior_term == pytest.approx(variance * 0.5 * distance**2, rel=1e-9)
    said = seen.priors["alpha"]
    assert said["distance"] == pytest.approx(distance)
    assert said["without"] == pytest.approx(bare.coefficients["alpha"], rel=1e-6)
    assert said["moved"] == pytest.approx(
        (fit.coefficients["alpha"] - bare.coefficients["alpha"]) / 0.01, rel=1e-4
    )
    assert fit.objective == pytest.approx(
        objective_value("chinchilla", fit.coefficients, chinchilla, "squared_log"), rel=1e-12
    )
    # Held a little to either side, the sum of both parts is larger.
    for step in (-1e-3, 1e-3):
        alpha = fit.coefficients["alpha"] + step
        held = quick(chinchilla, objective="squared_log", fixed={"alpha": alpha}).objective
        total = held + variance * 0.5 * ((alpha - 0.33) / 0.01) ** 2
        assert total > fit.objective + seen.prior_term


@pytest.mark.parametrize(
    "objective", ["huber_log", "gaussian_log", "student_t", "absolute_log", "squared_raw"]
)
def test_a_tight_prior_fixes_and_a_wide_one_does_nothing(chinchilla, objective):
    options = {"objective": objective}
    held = quick(chinchilla, fixed={"alpha": 0.34}, **options)
    tight = quick(chinchilla, prior={"alpha": ("normal", 0.34, 1e-6)}, **options)
    assert tight.coefficients["alpha"] == pytest.approx(0.34, abs=1e-5)
    assert tight.objective == pytest.approx(held.objective, rel=2e-5)
    free = quick(chinchilla, **options)
    wide = quick(chinchilla, prior={"alpha": ("normal", 0.1, 1e5), "A": ("lognormal", 1.0, 1e30)}, **options)
    for name, value in free.coefficients.items():
        assert wide.coefficients[name] == pytest.approx(value, rel=2e-3)
    assert wide.objective == pytest.approx(free.objective, rel=1e-5)


def test_the_independent_check_and_the_resamples_include_the_prior(chinchilla):
    for objective in ("huber_log", "gaussian_log", "student_t"):
        fit = sw.fit(chinchilla, objective=objective, prior=PRIOR, resamples=60, starts=12)
        assert fit.status is Status.CONVERGED
        seen = fit.certificate
        assert abs(seen.gap) <= 1e-9
        assert seen.agreeing == seen.starts
        assert abs(seen.resample_gap) <= 1e-8
        free = sw.fit(chinchilla, objective=objective, resamples=60, starts=0)
        assert fit.standard_errors()["alpha"] < 0.9 * free.standard_errors()["alpha"]


def test_a_sharp_objective_with_a_prior_passes_its_check(chinchilla):
    fit = sw.fit(chinchilla, objective="absolute_log", prior=PRIOR, resamples=0, starts=4)
    assert abs(fit.certificate.gap) <= 1e-6


def test_the_general_path_takes_a_prior_as_the_fast_one_does(chinchilla):
    # The same law, written so that it cannot be projected.
    plain = quick(chinchilla, prior=PRIOR)
    law = sw.Law("E + (A/N**alpha + B/D**beta)**gamma", inputs=["N", "D"])
    other = sw.fit(chinchilla, law, fixed={"gamma": 1.0}, prior=PRIOR, resamples=0, starts=6)
    for name, value in plain.coefficients.items():
        assert other.coefficients[name] == pytest.approx(value, rel=1e-4)
    assert other.certificate.prior_term == pytest.approx(plain.certificate.prior_term, rel=1e-4)
    assert abs(other.certificate.gap) < 1e-8


def test_a_prior_alone_gives_its_own_width_not_none():
    # At one ratio of tokens to parameters only the prior tells the two exponents apart.
    runs = made_runs(80, 4e-3, spread=0.0)
    assert quick(runs).status is Status.REFUSED
    prior = {"alpha": ("normal", 0.348, 0.01), "beta": ("normal", 0.366, 0.01)}
    fit = sw.fit(runs, prior=prior, objective="gaussian_log", resamples=150, starts=4)
    errors = fit.standard_errors()
    for name in prior:
        assert fit.coefficients[name] == pytest.approx(prior[name][1], abs=0.01)
        assert 0.006 < errors[name] < 0.013
    # Neither with the first exponent known is the second.
    assert (
        sw.fit(runs, prior={"A": ("lognormal", 482, 3.0)}, resamples=50, starts=0).status
        is Status.NOT_IDENTIFIED
    )


def test_profiles_and_the_sandwich_include_the_prior():
    runs = made_runs(300, 4e-3)
    for objective in ("gaussian_log", "squared_log"):
        prior = {"alpha": ("normal", 0.3478, 0.004)}
        fit = sw.fit(runs, objective=objective, prior=prior, resamples=400, starts=0)
        low, high = fit.interval("alpha", method="profile")
        error = fit.standard_errors()["alpha"]
        assert (high - low) / 3.92 == pytest.approx(error, rel=0.15)
        assert math.sqrt(fit.covariance().loc["alpha", "alpha"]) == pytest.approx(error, rel=0.15)
        seen = fit.profile("alpha", points=9)
        assert seen["deviance"].min() > -1e-9
        assert np.interp(fit.coefficients["alpha"], seen["alpha"], seen["deviance"]) < 0.3
    wide = quick(runs, prior={"alpha": ("normal", 0.3, 1e4)})
    np.testing.assert_allclose(
        wide.interval("beta", method="profile"), quick(runs).interval("beta", method="profile"), rtol=2e-3
    )


def test_priors_are_in_the_certificate_the_report_and_the_dictionary(chinchilla):
    fit = sw.fit(chinchilla, prior=PRIOR, resamples=20, starts=0)
    text = fit.report()
    assert "Prior of alpha: normal, mean 0.33, standard deviation 0.01." in text
    assert "Prior of E: log-normal, median 1.8, factor 1.02." in text
    assert f"times {fit.certificate.prior_scale:.4g}" in text
    assert "each resample draws their centres anew" in text
    assert "Prior of alpha" in fit._repr_html_()
    said = fit.to_dict()["certificate"]
    assert said["priors"]["E"]["kind"] == "lognormal"
    assert said["prior_scale"] == fit.certificate.prior_scale
    likely = quick(chinchilla, prior=PRIOR, objective="gaussian_log")
    assert "added to the negative log-likelihood" in likely.report()
    assert "Prior" not in quick(chinchilla).report()


def test_a_prior_that_the_runs_contradict_is_said_to_be(chinchilla):
    fit = quick(chinchilla, prior={"alpha": ("normal", 0.6, 0.02)})
    assert "The runs and the prior of alpha disagree" in fit.report()
    assert "disagree" not in quick(chinchilla, prior={"alpha": ("normal", 0.35, 0.02)}).report()


def test_a_prior_goes_with_ties_bounds_weights_and_clusters(chinchilla):
    fit = sw.fit(
        chinchilla, tie=[("alpha", "beta")], bounds={"E": (1.7, 1.9)}, weight="params", cluster="params",
        resamples=20, starts=6,
        prior={"alpha": ("normal", 0.36, 0.005), "E": ("normal", 1.82, 0.01)},
    )  # fmt: skip
    assert fit.coefficients["alpha"] == fit.coefficients["beta"]
    assert abs(fit.certificate.gap) < 1e-9
    assert 1.7 <= fit.resamples[:, 0].min() <= fit.resamples[:, 0].max() <= 1.9


def test_other_bootstraps_and_refits_keep_the_prior(chinchilla):
    for kind in ("residuals", "parametric"):
        fit = sw.fit(chinchilla, prior=PRIOR, bootstrap=kind, resamples=30, starts=0)
        assert fit.certificate.resamples_converged == 30
    fit = quick(chinchilla, prior=PRIOR)
    seen = sw.holdout(chinchilla, prior=PRIOR, above=1e21)
    assert set(seen.fit.certificate.priors) == set(PRIOR)
    from scalewidgets.fitting.warm import without

    again = without(fit, np.zeros(len(chinchilla), dtype=bool))
    assert again.coefficients["alpha"] == pytest.approx(fit.coefficients["alpha"], rel=1e-9)


@pytest.mark.parametrize(
    ("prior", "words"),
    [
        ({"alhpa": ("normal", 0.3, 0.1)}, "Did you mean alpha"),
        ({"alpha": (0.34, 0.05)}, r'does not say what its two numbers are.*\("normal", 0.34, 0.05\)'),
        ({"alpha": 0.34}, "not a kind and two numbers"),
        ({"alpha": ("norml", 0.34, 0.05)}, "Did you mean normal"),
        ({"alpha": ("cauchy", 0.34, 0.05)}, "normal or lognormal"),
        ({"alpha": ("normal", 0.34, 0)}, "give it in fixed="),
        ({"alpha": ("normal", -0.34, 0.1)}, "alpha is positive"),
        ({"E": ("lognormal", 1.8, 0.1)}, "factor above 1"),
        ({"E": ("normal", "x", 0.1)}, "not a kind and two numbers"),
        ("alpha", "not a mapping"),
    ],
)
def test_priors_are_checked(chinchilla, prior, words):
    with pytest.raises(FitError, match=words):
        quick(chinchilla, prior=prior)


def test_a_coefficient_is_not_both_known_and_fixed_or_tied(chinchilla):
    with pytest.raises(FitError, match="both in fixed= and in prior="):
        quick(chinchilla, prior={"alpha": ("normal", 0.3, 0.1)}, fixed={"alpha": 0.3})
    with pytest.raises(FitError, match="stands in prior="):
        quick(chinchilla, prior={"beta": ("normal", 0.3, 0.1)}, tie=[("alpha", "beta")])


def test_the_map_of_exponents_includes_the_prior(chinchilla):
    fit = quick(chinchilla, prior={"alpha": ("normal", 0.33, 0.005)})
    seen = fit.exponent_map(points=5)
    lowest = np.unravel_index(np.argmin(seen.objective), seen.objective.shape)
    assert seen.coefficients["alpha"][lowest] == pytest.approx(fit.coefficients["alpha"], rel=1e-9)
    assert seen.lowest == pytest.approx(fit.objective + fit.certificate.prior_term, rel=1e-9)
