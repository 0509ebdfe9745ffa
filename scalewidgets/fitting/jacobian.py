"""How the fitted loss moves with the coefficients, at every run: looked at once for all that hangs on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .model import General, LogAffine

Array: TypeAlias = NDArray[np.float64]

LONG, BLOCK = 20_000, 4096
"""Runs from which on the Jacobian is looked at in pieces, and runs in a piece."""


@dataclass(frozen=True)
class Slopes:
    """A law and its derivatives at one row of variables.

    Attributes
    ----------
    fitted : ndarray, shape (n,)
    sensitivity : ndarray, shape (k, p)
        Jacobian of the log of the fitted loss; or, for a long table, a matrix of far fewer rows that has its
        singular values.
    shares : ndarray, shape (terms,), or None
        Largest share of each term in the fitted loss of any run, for a law of straight lines.
    """

    fitted: Array
    sensitivity: Array
    shares: Array | None


def slopes_at(model: LogAffine | General, variables: Array) -> Slopes:
    """Look once at every run.

    A long table gives the triangles of a QR decomposition of some thousand runs each in place of these: for a
    million runs a tenth of the time, and no matrix as long as the table.
    """
    if not isinstance(model, LogAffine):
        fitted, jacobian = model.jacobian(variables)
        return Slopes(fitted, jacobian / fitted[:, None], None)
    terms = len(model.level)
    if model.n <= LONG:
        fitted, jacobian = model.jacobian(variables)
        sensitivity = jacobian / fitted[:, None]
        return Slopes(fitted, sensitivity, np.maximum.reduce(sensitivity[:, :terms]))
    fitted, triangles, shares = np.empty(model.n), [], np.zeros(terms)
    for first in range(0, model.n, BLOCK):
        rows = slice(first, min(first + BLOCK, model.n))
        fitted[rows], jacobian = model.some_runs(rows).jacobian(variables)
        part = jacobian / fitted[rows, None]
        shares = np.maximum(shares, part[:, :terms].max(axis=0))
        if not np.isfinite(part).all():
            return Slopes(fitted, np.full((1, model.p), np.nan), shares)
        triangles.append(np.linalg.qr(part, mode="r"))
    return Slopes(fitted, np.vstack(triangles), shares)
