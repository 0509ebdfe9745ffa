"""The surroundings of a joint optimum: the sandwich covariance of all coefficients of all families."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scalewidgets.errors import FitError

from . import likelihoods
from .joint import Joint
from .objective import Objective
from .profile import APPROXIMATE

Array: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class JointSetting:
    """What a joint fit was made of: model, solver's objective, optimum, what moved, clusters by family."""

    model: Joint
    objective: Objective
    variables: Array
    free: NDArray[np.bool_]
    clusters: tuple[NDArray[np.intp] | None, ...]

    def covariance(self) -> pd.DataFrame:
        """Sandwich covariance; see :meth:`FamilyFits.covariance`."""
        model, objective, variables, free, clusters = (
            self.model, self.objective, self.variables, self.free, self.clusters,
        )  # fmt: skip
        if len(model.known_distances(variables)):
            raise FitError(
                "A fit with priors of several families has no sandwich covariance.",
                remedy="Take the resamples: to_frame().",
            )
        if objective.sharp:
            raise FitError(
                f"The objective {objective.name} has a kink and no curvature, so no sandwich covariance.",
                remedy="Take the resamples: to_frame().",
            )
        fitted, slopes = model.jacobian(variables)
        row, ones = variables[None], model.weight[None]
        sensitivity = slopes / fitted[:, None] if objective.log else slopes
        if model.scale is None:
            first = objective.weighted(model.residuals(row, objective), ones)[1][0]
        else:
            first = likelihoods.slopes(model, variables, objective)
        score = (first if model.tilt is None else first * model.tilt)[:, None] * sensitivity[:, free]
        parts = []
        for cut, cluster in zip(model.cuts, clusters, strict=True):
            part = score[cut]
            if cluster is not None:
                summed = np.zeros((int(cluster.max()) + 1, part.shape[1]))
                np.add.at(summed, cluster, part)
                part = summed
            parts.append(part)
        score = np.vstack(parts)
        hessian = model.algebra.full(model.derivatives(row, ones, objective)[2])[0][np.ix_(free, free)]
        root = np.sqrt(np.abs(np.diag(hessian)) + np.finfo(float).tiny)
        inverse = np.linalg.pinv(hessian / np.outer(root, root), rcond=1e-12) / np.outer(root, root)
        inner = inverse @ (score.T @ score) @ inverse
        labels = [label for label, moves in zip(model.labels(), free, strict=True) if moves]
        turn = _turn(model, row, np.flatnonzero(free), labels)
        index = pd.MultiIndex.from_tuples(
            [(name, "all" if family is None else family) for name, family in labels],
            names=["coefficient", "family"],
        )
        frame: pd.DataFrame = pd.DataFrame(turn @ inner @ turn.T, index=index, columns=index)
        frame.attrs["label"] = APPROXIMATE
        return frame


def _turn(model: Joint, row: Array, places: NDArray[np.intp], labels: list[tuple[str, str | None]]) -> Array:
    """Derivatives of the natural coefficients by the free variables."""
    names = model.law.coefficient_names
    at = [(0 if family is None else model.names.index(family), names.index(name)) for name, family in labels]
    out, step = np.zeros((len(at), len(places))), 1e-6
    for j, k in enumerate(places):
        shift = np.zeros_like(row)
        shift[0, k] = step
        slope = (model.natural(row + shift) - model.natural(row - shift))[0] / (2 * step)
        out[:, j] = [slope[f, i] for f, i in at]
    return out
