"""Several families with coefficients in common: the joint optimum, its uncertainty, and its test."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import least_squares, minimize

import scalewidgets as sw
from scalewidgets.errors import FitError
from scalewidgets.fitting import Status
from scalewidgets.fitting.algebra import DENSE, Arrow

from .conftest import TRUTH, made_runs

ALL = ["E", "A", "B", "alpha", "beta"]
DELTA = 1e-3


@pytest.fixture(scope="module")
def overtrained():
    return sw.load("overtraining")


def made_families(count=3, runs=40, noise=2e-3, seed=0, **spread) -> pd.DataFrame:
    """Families of one E, their other coefficients a little apart."""
    parts = []
    for k in range(count):
        truth = {**TRUTH, "alpha": 0.33 + 0.01 * k, "beta": 0.36 - 0.01 * k, **spread}
        parts.append(made_runs(runs, noise, seed=seed + k, truth=truth).assign(family=f"corpus {k}"))
    return pd.concat(parts, ignore_index=True)


class Elsewhere:
    """The same joint objective, stated anew and minimised by SciPy."""

    def __init__(self, runs, shared):
        self.parts = [part for _, part in runs.groupby("family")]
        self.common = [name for name in ALL if name in shared]
        self.own = [name for name in ALL if name not in shared]

    def split(self, x):
        m, q = len(self.common), len(self.own)
        for f, part in enumerate(self.parts):
            own = range(m + f * q, m + (f + 1) * q)
            yield part, dict(zip(self.common + self.own, [*range(m), *own], strict=True))

    def residuals(self, x):
        """Log residuals and their derivatives."""
        values, slopes = [], []
        for part, at in self.split(x):
            n, d = np.log(part["params"].to_numpy()), np.log(part["tokens"].to_numpy())
            terms = {
                "E": np.exp(x[at["E"]]) * np.ones(len(n)),
                "A": np.exp(x[at["A"]] - x[at["alpha"]] * n),
                "B": np.exp(x[at["B"]] - x[at["beta"]] * d),
            }
            fitted = sum(terms.values())
            slope = np.zeros((len(n), len(x)))
            for name, term in terms.items():
                slope[:, at[name]] -= term / fitted
            slope[:, at["alpha"]] += terms["A"] / fitted * n
            slope[:, at["beta"]] += terms["B"] / fitted * d
            values.append(np.log(part["loss"].to_numpy()) - np.log(fitted))
            slopes.append(slope)
        return np.concatenate(values), np.vstack(slopes)

    def value(self, x):
        size = np.abs(self.residuals(x)[0])
        return np.sum(np.where(size <= DELTA, 0.5 * size**2, DELTA * (size - 0.5 * DELTA)))

    def scaled(self, x):
        r, slope = self.residuals(x)
        clipped = np.clip(r, -DELTA, DELTA)
        return 1e6 * np.sum(clipped * (r - 0.5 * clipped)), 1e6 * clipped @ slope

    @np.errstate(all="ignore")
    def best(self, seed=0, starts=2):
        rng = np.random.default_rng(seed)
        found = []
        middle = {"E": np.log(1.7), "A": np.log(400), "B": np.log(400), "alpha": 0.32, "beta": 0.32}
        names = self.common + self.own * len(self.parts)
        for _ in range(starts):
            x = np.array([middle[name] for name in names]) + rng.normal(0, 0.1, len(names))
            x = minimize(
                self.scaled, x, jac=True, method="L-BFGS-B",
                options={"maxiter": 20000, "maxfun": 20000, "ftol": 0, "gtol": 1e-10, "maxcor": 40},
            ).x  # fmt: skip
            x = least_squares(
                lambda x: self.residuals(x)[0], x, jac=lambda x: self.residuals(x)[1], loss="huber",
                f_scale=DELTA, x_scale="jac", xtol=1e-15, ftol=1e-15, gtol=1e-15, max_nfev=2000,
            ).x  # fmt: skip
            found.append(self.value(x))
        return min(found)


@pytest.mark.parametrize("shared", [["E"], ["alpha", "beta"], ["A", "alpha"]])
def test_no_solver_finds_a_better_joint_fit_of_bundled_families(overtrained, shared):
    fit = sw.fit_families(overtrained, shared=shared, resamples=20, starts=8)
    assert fit.status is Status.CONVERGED
    assert fit.objective <= Elsewhere(overtrained, shared).best() * (1 + 1e-10)
    assert abs(fit.certificate.gap) <= 1e-10
    assert abs(fit.certificate.resample_gap) <= 1e-10
    assert fit.certificate.agreeing == fit.certificate.starts == 8


def test_kaplan_and_chinchilla_with_one_pair_of_exponents():
    runs = sw.load("porian")
    few = sorted(runs["family"].unique())[:3]
    fit = sw.fit_families(runs, shared=["alpha", "beta"], families=few, resamples=0, starts=3)
    assert fit.objective <= Elsewhere(runs[runs["family"].isin(few)], ["alpha", "beta"]).best() * (1 + 1e-10)
    assert abs(fit.certificate.gap) <= 1e-10


def test_nothing_shared_is_every_family_for_itself(overtrained):
    together = sw.fit_families(overtrained, shared=[], resamples=0, starts=4)
    for family, runs in overtrained.groupby("family"):
        alone = sw.fit(runs, resamples=0, starts=0)
        assert dict(together[family].coefficients) == dict(alone.coefficients)
        assert together[family].objective == alone.objective
        assert dict(together.separate[family]) == dict(alone.coefficients)
    assert together.restriction is None
    assert together.coefficients == {}


PRIORS = {"E": ("normal", 1.8, 0.05), "alpha": ("lognormal", 0.33, 1.1)}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"objective": "squared_log"},
        {"fixed": {"E": 1.7}},
        {"tie": [("alpha", "beta")]},
        {"prior": PRIORS},
        {"prior": PRIORS, "tie": [("alpha", "beta")], "objective": "squared_log"},
    ],
)
def test_everything_shared_is_the_pooled_fit(overtrained, options):
    common = [name for name in ALL if name not in options.get("fixed", {})]
    together = sw.fit_families(overtrained, shared=common, resamples=0, starts=0, **options)
    pooled = sw.fit(overtrained, resamples=0, starts=0, **options)
    assert together.objective == pytest.approx(pooled.objective, rel=1e-12)
    for fit in together.values():
        assert dict(fit.coefficients) == pytest.approx(dict(pooled.coefficients), rel=1e-6)


def test_tied_coefficients_are_equal_in_every_family_and_each_has_its_own_name(overtrained):
    tie = [("alpha", "beta")]
    apart = sw.fit_families(overtrained, shared=[], tie=tie, resamples=0, starts=0)
    for family, runs in overtrained.groupby("family"):
        alone = sw.fit(runs, tie=tie, resamples=0, starts=0)
        assert dict(apart[family].coefficients) == pytest.approx(dict(alone.coefficients), rel=1e-9)
    fit = sw.fit_families(overtrained, shared=["beta"], tie=tie, resamples=30, starts=2)
    assert fit.shared == ("alpha", "beta"), "what is tied to a shared coefficient is shared"
    assert fit.coefficients["alpha"] == fit.coefficients["beta"]
    assert fit.certificate.ties == {"beta": "alpha"}
    for one in fit.values():
        at = [one.law.coefficient_names.index(name) for name in ("alpha", "beta")]
        np.testing.assert_array_equal(one.resamples[:, at[0]], one.resamples[:, at[1]])
        assert one.interval("alpha") == one.interval("beta")
    assert abs(fit.certificate.gap) <= 1e-10


def test_a_prior_counts_once_for_a_shared_coefficient_and_in_every_family_for_another(overtrained):
    free = sw.fit_families(overtrained, shared=["E"], resamples=60, starts=0)
    weak = {"E": ("normal", 1.8, 100.0), "alpha": ("normal", 0.3, 100.0)}
    same = sw.fit_families(overtrained, shared=["E"], prior=weak, resamples=0, starts=0)
    assert same.coefficients["E"] == pytest.approx(free.coefficients["E"], rel=1e-5)
    tight = {"E": ("normal", 1.8, 1e-6), "alpha": ("normal", 0.3, 1e-6)}
    held = sw.fit_families(overtrained, shared=["E"], prior=tight, resamples=0, starts=0)
    fixed = sw.fit_families(overtrained, shared=[], fixed={"E": 1.8, "alpha": 0.3}, resamples=0, starts=0)
    assert held.objective == pytest.approx(fixed.objective, rel=1e-4)
    for family, fit in held.items():
        assert dict(fit.coefficients) == pytest.approx(dict(fixed[family].coefficients), rel=1e-3)
    fit = sw.fit_families(overtrained, shared=["E"], prior=PRIORS, resamples=60, starts=4)
    assert abs(fit.certificate.gap) <= 1e-10, "an independent solver from other starts ends there"
    assert fit.certificate.resample_gap <= 1e-8
    seen = {family: one.certificate.priors for family, one in fit.items()}
    term = 0.5 * seen["C4"]["E"]["distance"] ** 2
    term += sum(0.5 * priors["alpha"]["distance"] ** 2 for priors in seen.values())
    assert fit.certificate.prior_term == pytest.approx(fit.certificate.prior_scale * term, rel=1e-9)
    assert np.ptp(fit.interval("E")) < 0.5 * np.ptp(free.interval("E"))
    assert fit.restriction == free.restriction, "the test of sharing is that of the runs"
    with pytest.raises(FitError, match="no sandwich covariance"):
        fit.covariance()


def test_a_joint_fit_with_priors_is_the_lowest_of_its_own_objective(overtrained):
    fit = sw.fit_families(overtrained, shared=["E"], prior=PRIORS, resamples=0, starts=0)
    scale = fit.certificate.prior_scale
    parts = dict(list(overtrained.groupby("family")))
    free = ALL[1:]

    def whole(x):
        values, at = 0.0, 1
        values += scale * 0.5 * ((x[0] - 1.8) / 0.05) ** 2
        for family in fit:
            found = dict(zip(free, x[at : at + 4], strict=True)) | {"E": x[0]}
            at += 4
            values += sw.fitting.objective_value("chinchilla", found, parts[family])
            values += scale * 0.5 * (np.log(found["alpha"] / 0.33) / np.log(1.1)) ** 2
        return values

    best = np.array([fit.coefficients["E"], *(one.coefficients[k] for one in fit.values() for k in free)])
    lowest = whole(best)
    assert lowest == pytest.approx(fit.objective + fit.certificate.prior_term, rel=1e-9)
    rng = np.random.default_rng(0)
    for size in (1e-2, 1e-4):
        for _ in range(20):
            assert whole(best * np.exp(size * rng.standard_normal(len(best)))) > lowest


def test_weights_deviations_and_clusters_mean_what_they_mean_in_a_single_fit():
    runs = made_families(2, 30)
    rng = np.random.default_rng(5)
    runs["count"], runs["spread"] = rng.integers(1, 4, len(runs)), rng.uniform(1e-3, 4e-3, len(runs))
    runs["run"] = [f"run {k // 3}" for k in range(len(runs))]
    twice = runs.loc[runs.index.repeat(runs["count"])].reset_index(drop=True)
    for options in ({"weight": "count"}, {"weight": runs["count"].to_numpy()}):
        weighted = sw.fit_families(runs, resamples=0, starts=0, **options)
        assert weighted.objective == pytest.approx(
            sw.fit_families(twice, resamples=0, starts=0).objective, rel=1e-10
        )
    for options in ({"sd": "spread"}, {"sd": runs["spread"]}):
        together = sw.fit_families(runs, shared=ALL, resamples=0, starts=0, **options)
        assert together.objective == pytest.approx(
            sw.fit(runs, resamples=0, starts=0, sd="spread").objective, rel=1e-10
        )
    drawn = sw.fit_families(runs, resamples=100, starts=0, cluster="run")
    assert drawn.certificate.resampled == "clusters"
    assert drawn["corpus 0"].certificate.clusters == 10
    low, high = drawn.interval("E")
    assert low < TRUTH["E"] < high


def test_bounds_hold_in_every_family(overtrained):
    fit = sw.fit_families(overtrained, shared=["E"], bounds={"alpha": (0.23, 1.0)}, resamples=0, starts=4)
    assert min(one.coefficients["alpha"] for one in fit.values()) == pytest.approx(0.23)
    assert fit.status is Status.ON_BOUND
    assert "lower bound, 0.23" in fit.reason
    assert abs(fit.certificate.gap) <= 1e-10
    held = sw.fit_families(overtrained, shared=["E"], bounds={"E": (1.0, 1.5)}, resamples=0, starts=0)
    assert held.coefficients["E"] == pytest.approx(1.5)


def test_one_coefficient_of_many_families_is_known_better_than_that_of_one():
    runs = made_families(4, 40, noise=4e-3)
    fit = sw.fit_families(runs, resamples=300, starts=0)
    alone = [sw.fit(part, resamples=300, starts=0).interval("E") for _, part in runs.groupby("family")]
    low, high = fit.interval("E")
    assert low < TRUTH["E"] < high
    assert high - low < min(above - below for below, above in alone)
    assert fit.restriction.verdict != "separate"
    # Every resample has one E, and the families are drawn apart from one another.
    columns = [one.resamples[:, 0] for one in fit.values()]
    assert all(np.array_equal(columns[0], column) for column in columns)
    alphas = np.array([one.resamples[:, 3] for one in fit.values()])
    assert not np.allclose(alphas[0], alphas[1])


def test_sandwich_and_resamples_agree_where_noise_is_gaussian():
    runs = made_families(3, 80, noise=2e-3)
    fit = sw.fit_families(runs, objective="squared_log", resamples=400, starts=0)
    table = fit.covariance()
    frame = fit.to_frame()
    assert table.shape == (13, 13)
    for name, family in (("E", "all"), ("alpha", "corpus 1"), ("beta", "corpus 2")):
        first_order = np.sqrt(table.loc[(name, family), (name, family)])
        assert first_order == pytest.approx(frame.loc[(name, family), "standard_error"], rel=0.25)


def test_families_that_differ_are_told_from_families_that_do_not():
    same = sw.fit_families(made_families(3), shared=["E"], resamples=0, starts=0).restriction
    assert same.verdict in ("shared", "not distinguishable")
    assert same.degrees == 2
    assert same.p_value > 0.01
    assert same.bic_difference < 0
    runs = made_families(3)
    runs.loc[runs["family"] == "corpus 2", "loss"] += 0.2
    apart = sw.fit_families(runs, shared=["E"], resamples=0, starts=0).restriction
    assert apart.verdict == "separate"
    assert apart.p_value < 1e-6
    assert "differ in E" in apart.sentence
    assert apart.together > apart.apart


def test_a_test_of_what_is_the_same_is_right_as_often_as_it_says():
    rejected = 0
    for k in range(40):
        runs = made_families(3, 30, seed=10 * k)
        found = sw.fit_families(runs, objective="squared_log", resamples=0, starts=0)
        rejected += found.restriction.p_value < 0.1
    assert 1 <= rejected <= 10


def test_other_laws_and_objectives():
    runs = made_families(2, 30)
    for law, shared in (("chinchilla_tied", ["alpha"]), ("kaplan_ND", ["alpha_N"]), ("power_N", ["alpha"])):
        names = sw.law(law).coefficient_names
        common = [name for name in shared if name in names] or [names[-1]]
        fit = sw.fit_families(runs, law, common, resamples=0, starts=4)
        assert fit.status in (Status.CONVERGED, Status.ON_BOUND, Status.NOT_IDENTIFIED)
        assert fit.certificate.gap <= 1e-8
    for objective in ("absolute_log", "quantile", "asymmetric", "gaussian_log", "squared_raw"):
        delta = DELTA if objective == "asymmetric" else None
        fit = sw.fit_families(runs, objective=objective, delta=delta, resamples=4, starts=1)
        assert fit.certificate.gap <= 1e-8
        assert np.isfinite(fit.restriction.p_value)


def test_residuals_are_drawn_family_by_family():
    runs = made_families(2, 30)
    for kind in ("residuals", "parametric"):
        fit = sw.fit_families(runs, resamples=50, starts=4, bootstrap=kind)
        low, high = fit.interval("E")
        assert low < TRUTH["E"] < high
        assert fit.certificate.resample_gap <= 1e-8


def test_a_family_is_a_fit_that_predicts(overtrained):
    fit = sw.fit_families(overtrained, resamples=50, starts=0)
    assert list(fit) == ["C4", "RedPajama", "RefinedWeb"]
    said = fit["C4"].predict(params=7e9, tokens=1.4e12)
    assert said.low < said.value < said.high
    assert fit.predict(params=7e9, tokens=1.4e12)["C4"].value == said.value
    assert fit.interval("alpha", "C4") == fit["C4"].interval("alpha")
    frame = fit.to_frame()
    assert frame.loc[("E", "all"), "value"] == fit.coefficients["E"]
    assert len(frame) == 1 + 3 * 4
    kept = json.loads(json.dumps(fit.to_dict()))
    assert kept["shared"]["E"]["value"] == fit.coefficients["E"]
    assert kept["restriction"]["degrees"] == 2
    for text in (fit.report(), fit._repr_html_(), repr(fit)):
        assert "3 families" in text or "RefinedWeb" in text
    assert "E = 1.648" in fit.report()


def test_rows_in_another_order_give_the_same_fit(overtrained):
    mixed = overtrained.sample(frac=1, random_state=1)
    one = sw.fit_families(overtrained, resamples=20, starts=0)
    two = sw.fit_families(mixed, resamples=20, starts=0)
    assert two.objective == one.objective
    np.testing.assert_array_equal(one["C4"].resamples, two["C4"].resamples)


def test_excluded_rows_and_rows_of_no_family_are_left_out():
    runs = made_families(2, 30)
    runs.loc[3, "loss"] = 9.0
    runs.loc[[4, 50], "family"] = None
    fit = sw.fit_families(runs, exclude=[3], resamples=0, starts=0)
    assert fit.certificate.n_runs == 57
    assert fit["corpus 0"].certificate.exclusions == ((3, "left out by request"),)
    assert fit["corpus 1"].certificate.exclusions == ()
    assert any("2 rows that belong to no family" in note for note in fit.certificate.notes)
    assert fit["corpus 1"].residuals.index.equals(runs.index[runs["family"] == "corpus 1"])


def test_a_family_with_too_few_runs_to_stand_alone_leans_on_the_others():
    alike = {"alpha": 0.34, "beta": 0.36}
    runs = made_families(2, 30, noise=1e-3, **alike)
    small = made_runs(4, 1e-3, seed=9, truth={**TRUTH, **alike, "B": 2500.0}).assign(family="small")
    runs = pd.concat([runs, small], ignore_index=True)
    with pytest.raises(FitError, match="family small cannot be fitted"):
        sw.fit_families(runs, shared=["E"], resamples=0)
    fit = sw.fit_families(runs, shared=["E", "A", "alpha", "beta"], resamples=0, starts=4)
    assert fit.restriction is None
    assert "sharing cannot be tested" in fit.report()
    assert fit["small"].coefficients["B"] > fit["corpus 0"].coefficients["B"]
    assert abs(fit.certificate.gap) <= 1e-10


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"shared": ["e"]}, "'e' in shared= is not a coefficient of chinchilla. Did you mean E"),
        ({"shared": "E"}, r"is not a list. Write shared=\['E'\]"),
        ({"shared": ["E"], "fixed": {"E": 1.7}}, "same in all families already"),
        ({"by": "famly"}, "not a column of the table. Did you mean family"),
        ({"families": ["corpus 0"]}, "names one family, corpus 0: nothing is there to be shared"),
        ({"families": ["corpus 0", "corpse 1"]}, "Did you mean corpus 1"),
        ({"tie": [("alpha", "beta")], "bounds": {"beta": (0.1, 1)}}, "tied to alpha and stands in bounds"),
        ({"prior": {"E": (1.8, 0.1)}}, "does not say what its two numbers are"),
        ({"resamples": -1}, "not a whole number"),
        ({"exclude": [999]}, "not in the index"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(options, words):
    with pytest.raises(FitError, match=words):
        sw.fit_families(made_families(2, 12), **options)
    with pytest.raises(FitError, match="Every family has alpha of its own"):
        sw.fit_families(made_families(2, 12), resamples=0, starts=0).interval("alpha")


def test_the_arrow_is_solved_like_the_matrix_it_stands_for():
    rng = np.random.default_rng(0)
    for shared, own, families in ((1, 4, 3), (2, 3, 5), (5, 0, 4), (0, 5, 3)):
        arrow = Arrow(shared, own, families)
        p, k = shared + families * own, shared + own
        half = rng.normal(size=(6, families, k, k + 2))
        hessian = np.einsum("bfij,bfkj->bfik", half, half)
        full = arrow.full(hessian)
        np.testing.assert_allclose(arrow.diagonal(hessian), np.einsum("bii->bi", full))
        gradient, scale = rng.normal(size=(6, p)), arrow.diagonal(hessian)
        damping, stuck = np.full(6, 0.1), rng.random((6, p)) < 0.2
        step, definite = arrow.step(gradient, hessian, scale, damping, stuck)
        expected, sound = DENSE.step(gradient, full, scale, damping, stuck)
        np.testing.assert_allclose(step, expected, rtol=1e-9, atol=1e-12)
        assert definite.all()
        assert sound.all()
        assert np.all(step[stuck] == 0)
        assert not arrow.step(gradient, -hessian, scale, np.zeros(6), stuck & False)[1].any()
