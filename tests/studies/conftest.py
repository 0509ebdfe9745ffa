"""The guide's study, made once; and a small made-up family whose answer is known."""

import numpy as np
import pandas as pd
import pytest

import scalewidgets as sw

TRUTH = {"E": 1.7, "A": 400.0, "B": 900.0, "alpha": 0.34, "beta": 0.3}


def made_up(sizes=(1e8, 2e8, 4e8, 8e8, 3e9), checkpoints=60, noise=2e-3, name="made up"):
    rng = np.random.default_rng(3)
    tokens = np.tile(np.linspace(2e9, 1.2e11, checkpoints), len(sizes))
    params = np.repeat(sizes, checkpoints)
    loss = sw.law("chinchilla").value({"N": params, "D": tokens}, TRUTH)
    loss = loss * np.exp(noise * rng.standard_normal(len(loss)))
    return pd.DataFrame({"family": name, "params": params, "tokens": tokens, "loss": loss})


@pytest.fixture(scope="session")
def runs():
    return made_up()


@pytest.fixture(scope="session")
def guide():
    """The preset at the shares that published figures are known for."""
    return sw.study(preset="hitchhikers", fractions=[0.4, 1.0], progress=False)
