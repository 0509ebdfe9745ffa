"""A mixing law is fitted to a wide table, and leads back to the best mixture of the law that made it."""

import numpy as np
import pandas as pd
import pytest

import scalewidgets as sw
from scalewidgets import laws

TRUTH = {
    "web": {"c": 1.5, "t_web": -1.0, "t_code": 0.5, "t_books": 0.0},
    "code": {"c": 1.0, "t_web": 0.4, "t_code": -1.2, "t_books": 0.3},
}


@pytest.fixture(scope="module")
def law():
    return laws.mixing_law(["web", "code", "books"], k=False)


@pytest.fixture(scope="module")
def table(law):
    rng = np.random.default_rng(4)
    shares = rng.dirichlet([1.5, 1.5, 1.5], 40)
    wide = pd.DataFrame(shares, columns=list(law.simplex))
    for target, coefficients in TRUTH.items():
        loss = law.value({name: wide[name] for name in law.simplex}, coefficients)
        wide[f"loss_{target}"] = loss * np.exp(rng.normal(0, 1e-3, len(wide)))
    return wide


def test_a_wide_table_gives_a_fit_for_each_domain_and_the_best_mixture_of_both(law, table):
    fits = [
        sw.fit(table, law=law, columns={"L": f"loss_{target}"}, objective="squared_log", resamples=0)
        for target in TRUTH
    ]
    assert [fit.status for fit in fits] == [sw.Status.CONVERGED] * 2
    found = laws.optimal_mixture([(law, fit.coefficients) for fit in fits])
    truth = laws.optimal_mixture([(law, coefficients) for coefficients in TRUTH.values()])
    for name, share in truth.shares.items():
        assert found.shares[name] == pytest.approx(share, abs=0.05)


def test_percentages_in_place_of_shares_are_refused_with_the_row_of_the_table(law, table):
    broken = table.copy()
    broken.loc[17, list(law.simplex)] *= 100
    with pytest.raises(ValueError, match=r"of row 18 sum to 100, not to 1\. .*divide percentages by 100"):
        sw.fit(broken, law=law, columns={"L": "loss_web"}, resamples=0)


def test_a_tie_of_coefficients_keeps_the_check_of_shares(law, table):
    broken = table.copy()
    broken.loc[17, list(law.simplex)] *= 100
    with pytest.raises(ValueError, match="of row 18 sum to 100"):
        sw.fit(broken, law=law, columns={"L": "loss_web"}, tie=[("t_code", "t_books")], resamples=0)


def test_a_mixture_may_leave_a_domain_out_where_the_law_is_smooth_there(law, table):
    bare = pd.DataFrame({"r_web": [0.0, 1.0, 0.5], "r_code": [1.0, 0.0, 0.5], "r_books": [0.0, 0.0, 0.0]})
    for target, coefficients in TRUTH.items():
        bare[f"loss_{target}"] = law.value({name: bare[name] for name in law.simplex}, coefficients)
    whole = pd.concat([table, bare], ignore_index=True)
    fit = sw.fit(whole, law=law, columns={"L": "loss_web"}, objective="squared_log", resamples=0)
    assert fit.status == sw.Status.CONVERGED
    assert fit.used.all()


def test_a_law_that_has_no_slope_at_zero_still_refuses_a_domain_that_is_left_out():
    additive = laws.additive_mixing_law(["web", "code"])
    shares = np.array([0.0, *np.linspace(0.1, 0.9, 15)])
    runs = {"N": np.geomspace(1e8, 1e10, 16), "D": np.geomspace(1e11, 1e9, 16)}
    table = {"params": runs["N"], "tokens": runs["D"], "h_web": shares, "h_code": 1 - shares}
    fit = sw.fit({**table, "loss": np.linspace(2, 3, 16)}, law=additive, resamples=0)
    assert fit.status == sw.Status.REFUSED
    assert "h_web is 0" in fit.reason
