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
