import numpy as np
import pandas as pd
import pytest

import scalewidgets as sw
from scalewidgets.fitting import Fit

TRUTH = {"E": 1.8172, "A": 482.0, "B": 2085.4, "alpha": 0.3478, "beta": 0.3658}


@pytest.fixture(scope="session")
def chinchilla() -> pd.DataFrame:
    return sw.load("chinchilla")


@pytest.fixture(scope="session")
def reference(chinchilla: pd.DataFrame) -> Fit:
    """The fit of the tutorial, with everything switched on."""
    return sw.fit(chinchilla)


def made_runs(
    n: int = 60,
    noise: float = 0.0,
    spread: float = 1.0,
    seed: int = 0,
    truth: dict[str, float] = TRUTH,
) -> pd.DataFrame:
    """Runs of a known law: tokens per parameter within ``spread`` decades of 20."""
    rng = np.random.default_rng(seed)
    params = 10 ** rng.uniform(7.5, 10.2, n)
    tokens = 20 * params * 10 ** rng.uniform(-spread, spread, n)
    loss = sw.law("chinchilla").value({"N": params, "D": tokens}, truth)
    return pd.DataFrame(
        {"params": params, "tokens": tokens, "loss": loss * np.exp(rng.normal(0, noise, n) if noise else 0.0)}
    )


def advice(coefficients: dict[str, float], flops: float = 5.76e23) -> tuple[float, float]:
    """Exponent of the best size, and the best tokens per parameter (arXiv:2203.15556, Eq. 4)."""
    c = coefficients
    g = (c["alpha"] * c["A"] / (c["beta"] * c["B"])) ** (1 / (c["alpha"] + c["beta"]))
    a = c["beta"] / (c["alpha"] + c["beta"])
    return a, g**-2 * (flops / 6) ** (1 - 2 * a)
