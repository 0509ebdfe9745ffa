"""Starts for an independent check of a joint fit, that know nothing of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .check import quasi_newton_steps
from .joint import Joint, family_seed
from .model import General, LogAffine
from .objective import Objective
from .problem import Problem
from .starts import random_starts
from .steps import drained

Array: TypeAlias = NDArray[np.float64]


def joint_places(
    model: Joint,
    problems: Mapping[str, Problem],
    objective: Objective,
    fixed: Mapping[str, float],
    count: int,
    seed: int,
    scale: float,
) -> Array:
    """Starts for an independent check, by the same independent solver.

    Each family goes down from random places of its own, all its coefficients free; then, the shared ones held
    at what the families make of them, its own ones again. Best ends go with best ends.
    """
    loose, own = model.models[0].is_free(fixed), model.models[0].is_free(fixed)
    own[model.shared_index] = False
    smooth = replace(objective, free=False)
    if objective.delta is not None or objective.sharp:
        smooth = Objective("huber_log", max(scale, objective.delta or 0.0), objective.up, objective.down)
    ends = []
    for part, (name, problem) in zip(model.models, problems.items(), strict=True):
        rows = random_starts(part, problem, objective, fixed, count, family_seed(seed, name))
        ends.append(_down(part, smooth, rows, loose))
    if not model.m:
        return model.whole(np.empty((count, 0)), ends)
    shares = np.stack([model.shared_of(rows) for rows in ends])
    shared = np.median(shares, axis=0)
    # Half of the starts have the middle of all families, half what one of them would have.
    picked = np.random.default_rng([seed, 10]).integers(0, len(shares), count)
    odd = np.arange(count) % 2 == 1
    shared[odd] = shares[picked[odd], 0]
    names = model.law.coefficient_names
    for f, (part, (name, problem)) in enumerate(zip(model.models, problems.items(), strict=True)):
        ends[f][:, model.shared_index] = shared
        natural = part.coefficients(ends[f])
        for k in range(count):
            # An amplitude that has gone to zero where the family was free would not come back.
            held = {**fixed, **{names[j]: float(natural[k, j]) for j in model.shared_places}}
            start = random_starts(part, problem, objective, held, 1, family_seed(seed + k, name))[0]
            ends[f][k] = np.where(own, start, ends[f][k])
        ends[f] = _down(part, smooth, ends[f], own)
    return model.whole(shared, ends)


def _down(part: LogAffine | General, objective: Objective, rows: Array, free: NDArray[np.bool_]) -> Array:
    """Where quasi-Newton takes rows of variables of one family, the best first."""
    if not free.any():
        return rows
    steps = quasi_newton_steps(part, objective, rows, part.weight[None], free)
    best_first = sorted(drained(steps), key=lambda end: end.value)
    return np.stack([end.variables for end in best_first])
