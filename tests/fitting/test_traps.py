"""Where others went wrong, with the numbers that show it."""

import numpy as np
import pytest
from scipy.optimize import minimize

import scalewidgets as sw
from scalewidgets.fitting import Fit, Status, objective_value

from .conftest import advice, made_runs

OPTIMUM = 0.0010182740178006
REPORTED = {"E": 1.69, "A": 406.4, "B": 410.7, "alpha": 0.34, "beta": 0.28}
UNROUNDED = {"E": 1.693374, "A": 406.401, "B": 410.7228, "alpha": 0.33917084, "beta": 0.2849083}


def quick(runs, **options):
    return sw.fit(runs, **{"resamples": 0, "starts": 0, **options})


def lbfgs(runs, scale, **tight):
    """SciPy's L-BFGS-B from the reported coefficients; gap of where it stops."""
    used = runs.drop(index=runs.attrs["default_exclusions"]["index"])
    size, data, loss = (np.log(used[name].to_numpy()) for name in ("params", "tokens", "loss"))

    def objective(u):
        a, b, e, alpha, beta = u
        terms = np.exp(np.stack([a - alpha * size, b - beta * data, np.full_like(size, e)]))
        fitted = terms.sum(axis=0)
        residual = loss - np.log(fitted)
        slope = np.clip(residual, -1e-3, 1e-3)
        share = terms / fitted
        gradient = np.stack([share[0], share[1], share[2], -share[0] * size, -share[1] * data]) @ slope
        return scale * float(slope @ (residual - 0.5 * slope)), -scale * gradient

    start = [np.log(406.4), np.log(410.7), np.log(1.69), 0.34, 0.28]
    found = minimize(objective, start, jac=True, method="L-BFGS-B", options=tight)
    return found.fun / scale / OPTIMUM - 1


def test_absolute_tolerances_stop_far_from_the_optimum_and_the_engine_does_not(chinchilla):
    assert lbfgs(chinchilla, 1.0) > 0.05
    assert lbfgs(chinchilla, 1 / 240) > 0.05
    tight = {"ftol": 1e-15, "gtol": 1e-9, "maxiter": 5000, "maxfun": 20000}
    assert abs(lbfgs(chinchilla, 1e6, **tight)) < 1e-6
    assert quick(chinchilla).objective / OPTIMUM - 1 < 1e-10


def test_the_scale_of_the_objective_does_not_matter(chinchilla):
    # 1 / 240 is the mean, with which L-BFGS-B's default tolerances stop 15 % above the optimum.
    plain = quick(chinchilla)
    for factor in (1 / 240, 1e6):
        fit = sw.fit(chinchilla, weight=np.full(len(chinchilla), factor), resamples=0, starts=4)
        assert fit.objective == pytest.approx(factor * OPTIMUM, rel=1e-10)
        assert abs(fit.certificate.gap) < 1e-10
        for name, value in plain.coefficients.items():
            assert fit.coefficients[name] == pytest.approx(value, rel=1e-6)


def test_rounded_coefficients_are_another_law(chinchilla):
    used = chinchilla.drop(index=chinchilla.attrs["default_exclusions"]["index"])
    inputs = {"N": used["params"].to_numpy(), "D": used["tokens"].to_numpy()}
    bias = np.mean(np.log(used["loss"].to_numpy()) - np.log(sw.law("chinchilla").value(inputs, REPORTED)))
    assert bias == pytest.approx(-0.017, abs=1e-3)
    assert advice(REPORTED)[1] == pytest.approx(92.7, abs=0.1)
    assert advice(UNROUNDED)[1] == pytest.approx(58.9, abs=0.1)
    fit = quick(chinchilla)
    assert advice(fit.coefficients)[1] == pytest.approx(17.9, abs=0.06)
    # The coefficients of the replication as they are printed.
    printed = {"E": 1.82, "A": 482.01, "B": 2085.43, "alpha": 0.35, "beta": 0.37}
    assert objective_value("chinchilla", printed, chinchilla) == pytest.approx(0.0047, abs=1e-4)


def test_nothing_is_rounded_on_its_way_out(chinchilla):
    fit = quick(chinchilla)
    stored = fit.to_dict()["coefficients"]
    assert objective_value("chinchilla", stored, chinchilla) == fit.objective


def test_each_outlier_moves_the_exponent_of_data(chinchilla):
    betas = [
        quick(chinchilla, exclude=list(chinchilla["loss"].nlargest(k).index)).coefficients["beta"]
        for k in range(6)
    ]
    assert betas == sorted(betas, reverse=True)
    assert (betas[0], betas[5]) == (pytest.approx(0.453, abs=5e-4), pytest.approx(0.367, abs=5e-4))


def test_the_advice_has_the_interval_that_is_known(reference: Fit):
    ratios = {}
    for flops in (5.76e23, 3.8e25, 1e27):
        names = reference.law.coefficient_names
        drawn = [advice(dict(zip(names, row, strict=True)), flops)[1] for row in reference.resamples]
        ratios[flops] = np.quantile(drawn, [0.025, 0.975])
    assert ratios[5.76e23] == pytest.approx((7.6, 35.7), rel=0.2)
    assert ratios[3.8e25] == pytest.approx((4.7, 41.6), rel=0.25)
    assert ratios[1e27] == pytest.approx((3.2, 47.0), rel=0.3)


def test_the_loss_of_the_best_model_far_out_has_the_interval_that_is_known(reference: Fit):
    flops, names, lowest = 3.8e25, reference.law.coefficient_names, []
    for row in reference.resamples:
        drawn = dict(zip(names, row, strict=True))
        size = np.sqrt(flops / 6 / advice(drawn, flops)[1])
        lowest.append(float(reference.law.value({"N": size, "D": flops / 6 / size}, drawn)))
    assert np.quantile(lowest, [0.025, 0.975]) == pytest.approx((1.860, 1.928), abs=0.006)


def test_resamples_that_do_not_leave_their_start_are_reported(chinchilla, monkeypatch):
    from scalewidgets.fitting.job import Job
    from scalewidgets.fitting.objective import make_objective
    from scalewidgets.fitting.outcome import result
    from scalewidgets.fitting.problem import read_problem
    from scalewidgets.fitting.resampling import Resampling

    problem = read_problem(chinchilla, sw.law("chinchilla"), "default", None)
    job = Job(problem, make_objective("huber_log", 1e-3), {}, 0)
    for _ in job.solve():
        pass
    # A solver whose tolerance is met before the first step.
    monkeypatch.setattr(Resampling, "_pass", lambda *_: iter(()))
    for _ in job.resample(50):
        pass
    assert any("did not move from their start" in note for note in result(job, 0.95).certificate.notes)


@pytest.mark.parametrize(("spread", "error"), [(0.15, 0.019), (0.5, 0.0076), (1.0, 0.0059)])
def test_a_design_off_the_line_determines_the_exponent_as_known(spread, error):
    fits = [quick(made_runs(240, 4e-3, spread, seed=s), objective="squared_log") for s in range(30)]
    assert all(fit.status is Status.CONVERGED for fit in fits)
    assert np.std([fit.coefficients["alpha"] for fit in fits], ddof=1) == pytest.approx(error, rel=0.45)
