"""Laws over learning-rate schedules: annealing, multi-power, continual pre-training.

Registered are the formulas over columns; :func:`sequence_law` gives them together with the feature step that
makes the columns from a schedule of :mod:`scalewidgets.schedules`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scalewidgets.errors import FormulaError, UnknownNameError, quoted
from scalewidgets.schedules import Schedule

from .arguments import Array
from .core import Law
from .registry import register
from .sequence import SequenceLaw
from .symbols import Published, Symbol

THEME = "learning-rate schedules"

_S1 = Symbol(
    "S1", "area under the learning rate, warm-up included", "learning rate times steps", start=(0.1, 100.0)
)
_FLOOR = Symbol("L0", "irreducible loss", "nats per token", start=(0.3, 4.0), kind="loss")
_AMPLITUDE = Symbol("A", "amplitude of the area term", "nats per token", start=(0.05, 10.0))
_EXPONENT = Symbol("alpha", "exponent of the area", start=(0.1, 1.5), kind="exponent")

# -- annealing ---------------------------------------------------------------------------------------

ANNEALING_DECAY = 0.997
"""Decay of the annealing momentum in a step where none is given: the middle, in the logarithm of its distance
from one, of the 0.99 to 0.999 that are reported. The paper's own default is not known here."""


def annealing_areas(lr: ArrayLike, decay: float) -> tuple[Array, Array]:
    """Forward area and annealing area of a sequence of learning rates (arXiv:2408.11029).

    Parameters
    ----------
    lr : array_like, shape (T,)
        Learning rate of steps 0, 1, ...
    decay : float
        lambda, above 0 and below 1; 0.99 to 0.999 are reported.

    Returns
    -------
    S1, S2 : ndarray, shape (T,)
        ``S1[s]`` is the sum of the rates up to s. ``S2[s]`` is the sum up to s of a momentum
        ``m_i = decay m_{i-1} + (lr_{i-1} - lr_i)``, ``m_0 = 0``.

    Notes
    -----
    The definition of S2 is that of the abstract written out; it was not read again in the paper.
    """
    if not 0 < decay < 1:
        raise FormulaError(f"The decay of the annealing momentum lies between 0 and 1; {decay:g} does not.")
    from scipy.signal import lfilter

    rates = np.asarray(lr, dtype=np.float64)
    falls = np.concatenate([[0.0], rates[:-1] - rates[1:]])
    momentum = lfilter([1.0], [1.0, -decay], falls)
    return np.cumsum(rates), np.cumsum(momentum)


def _area(schedule: Schedule, steps: NDArray[np.int64]) -> dict[str, Array]:
    rates = schedule.lr(np.arange(int(steps.max(initial=0)) + 1))
    return {"S1": np.cumsum(rates)[steps]}


def _areas(schedule: Schedule, steps: NDArray[np.int64], decay: float = ANNEALING_DECAY) -> dict[str, Array]:
    forward, annealing = annealing_areas(schedule.lr(np.arange(int(steps.max(initial=0)) + 1)), decay)
    return {"S1": forward[steps], "S2": annealing[steps]}


_annealing = register(
    Law(
        "L0 + A / S1**alpha - C * S2",
        inputs=[
            _S1,
            Symbol("S2", "annealing area", "learning rate times steps", low=-math.inf, start=(0.001, 1.0)),
        ],
        name="lr_annealing",
        title="Learning-rate annealing",
        theme=THEME,
        cite="Tissue et al. 2024, arXiv:2408.11029",
        mark="P",
        summary="Loss along a run from the area under its learning rate and an annealing area with momentum, "
        "whose decay is chosen: sw.sequence_law('lr_annealing', decay=0.99). "
        "Not for choosing a schedule: the predicted loss keeps falling when steps at learning rate zero are "
        "appended, and falls when the whole schedule is scaled up.",
        coefficients=[
            _FLOOR,
            _AMPLITUDE,
            Symbol("C", "loss drop for a unit of annealing area", start=(0.01, 100.0)),
            _EXPONENT,
        ],
    )
)

register(
    Law(
        "L0 + A / S1**alpha - C * S2 + B / N**beta",
        inputs=[*_annealing.inputs, "N"],
        name="lr_annealing_size",
        title="Learning-rate annealing and size",
        theme=THEME,
        cite="after Tissue et al. 2024, arXiv:2408.11029",
        mark="U",
        summary="The annealing law for several sizes at once; how size enters was not checked. As there, "
        "not for choosing a schedule.",
        coefficients=[
            *_annealing.coefficients,
            Symbol("B", "amplitude of the parameter term", "nats per token", start=(1.0, 1e4)),
            Symbol("beta", "exponent of parameters", start=(0.1, 1.0), kind="exponent"),
        ],
    )
)

# -- multi-power -------------------------------------------------------------------------------------

_SUMMAND = Law(
    "drop * (1 - (1 + C * area / lr**gamma)**(-beta))",
    inputs=[
        Symbol("drop", "fall of the learning rate into a step", low=-math.inf, start=(1e-8, 1e-3)),
        Symbol("lr", "learning rate after the fall", start=(1e-7, 1e-3)),
        Symbol("area", "area under the learning rate since the fall", start=(1e-4, 100.0)),
    ],
    output="LD",
    coefficients=[
        Symbol("C", "scale of the response to a fall of the learning rate", start=(0.1, 20.0)),
        Symbol("beta", "exponent of the response", start=(0.1, 2.0), kind="exponent"),
        Symbol("gamma", "exponent of the learning rate in it", start=(0.1, 2.0), kind="exponent"),
    ],
)

_MPL_CITE = "released coefficients of arXiv:2503.12811"
_MPL = {
    "25M": (3.04045, 0.524686, 0.507869, 363.788, 2.06561, 0.582790, 0.641423),
    "100M": (2.65145, 0.601152, 0.452958, 437.946, 2.13246, 0.597852, 0.655236),
    "400M": (2.37474466, 0.65421216, 0.42878731, 523.42464371, 2.02462735, 0.59350493, 0.63472457),
}


def _published(names: tuple[str, ...]) -> tuple[Published, ...]:
    order = ("L0", "A", "alpha", "B", "C", "beta", "gamma")
    note = "Peak learning rate 3e-4, warm-up 2,160 steps; the area counts warm-up."
    return tuple(
        Published(
            f"{size} model",
            {name: value for name, value in zip(order, values, strict=True) if name in names},
            cite=_MPL_CITE,
            mark="P",
            note=note,
        )
        for size, values in _MPL.items()
    )


_multi_power = register(
    Law(
        "L0 + A / S1**alpha - B * LD",
        inputs=[
            _S1,
            Symbol(
                "LD",
                "sum over the falls of the learning rate, each times how far the run has answered to it",
                "learning rate",
                low=-math.inf,
                start=(1e-5, 1e-3),
            ),
        ],
        name="multi_power_law",
        title="Multi-power law",
        theme=THEME,
        cite="Luo et al. 2025, arXiv:2503.12811",
        mark="P",
        summary="Loss along a run under any learning-rate schedule: a power of the area under it, less a "
        "sum over "
        "the falls of the rate, LD = sum of drop (1 - (1 + C area / lr^gamma)^-beta). C, beta and gamma "
        "stand "
        "inside the sum; sw.sequence_law('multi_power_law') has them and makes both columns from a schedule.",
        coefficients=[
            _FLOOR,
            _AMPLITUDE,
            Symbol("B", "loss drop for a unit of learning rate", start=(50.0, 2000.0)),
            _EXPONENT,
        ],
        published=_published(("L0", "A", "alpha", "B")),
    )
)

# -- continual pre-training --------------------------------------------------------------------------


def continual_areas(before: Schedule, after: Schedule, steps: ArrayLike, decay: float) -> dict[str, Array]:
    """Columns of ``cpt_dynamics`` for a run that goes on, on other data, where ``before`` ended.

    Parameters
    ----------
    before, after : Schedule
        Of pre-training, taken whole, and of continual pre-training.
    steps : array_like of int, shape (n,)
        Steps of the second.
    decay : float
        As in :func:`annealing_areas`.

    Returns
    -------
    dict of str to ndarray
        ``S1_pt``, ``S2_pt``, ``S1_cpt``, ``S2_cpt``. The momentum of the annealing area starts anew.
    """
    at = np.atleast_1d(after.steps(steps))
    first = [area[-1] for area in annealing_areas(before.lr(), decay)]
    second = annealing_areas(after.lr(np.arange(int(at.max(initial=0)) + 1)), decay)
    whole = [np.full(at.shape, area) for area in first]
    return {"S1_pt": whole[0], "S2_pt": whole[1], "S1_cpt": second[0][at], "S2_cpt": second[1][at]}


def _pt(name: str, meaning: str, start: tuple[float, float]) -> Symbol:
    return Symbol(name, meaning, "learning rate times steps", low=-math.inf, start=start)


register(
    Law(
        "L0 + A / (S1_pt + S1_cpt)**alpha - C1 * S2_pt - C2 * S2_cpt + B * (1 - (1 + E * S1_cpt)**(-beta))",
        inputs=[
            Symbol("S1_pt", "area under the learning rate of pre-training", start=(0.1, 100.0)),
            Symbol("S1_cpt", "area under the learning rate since the data changed", start=(0.01, 100.0)),
            _pt("S2_pt", "annealing area of pre-training", (0.001, 1.0)),
            _pt("S2_cpt", "annealing area since the data changed", (0.001, 1.0)),
        ],
        name="cpt_dynamics",
        title="Continual pre-training",
        theme=THEME,
        cite="arXiv:2505.07796 (structure; the exact formula was not checked)",
        mark="U",
        summary="The annealing law carried on over a change of data, with a power-law term for the shift "
        "of the distribution: above zero where the old domain is forgotten, below zero where the new is "
        "learnt.",
        coefficients=[
            _FLOOR,
            _AMPLITUDE,
            Symbol("C1", "loss drop for a unit of annealing area before the change", start=(0.01, 100.0)),
            Symbol("C2", "loss drop for a unit of annealing area after it", start=(0.01, 100.0)),
            Symbol(
                "B", "loss that the change of data costs in the end", "nats per token", low=-math.inf,
                start=(-2.0, 2.0), kind="loss",
            ),
            _EXPONENT,
            Symbol("E", "speed of the change", start=(0.1, 1000.0)),
            Symbol("beta", "exponent of the change", start=(0.1, 2.0), kind="exponent"),
        ],
    )
)  # fmt: skip

SEQUENCE_LAWS: Mapping[str, SequenceLaw] = MappingProxyType(
    {
        "lr_annealing": SequenceLaw(_annealing, _areas),
        "multi_power_law": SequenceLaw(
            _multi_power,
            _area,
            {"LD": _SUMMAND},
            _published(("L0", "A", "alpha", "B", "C", "beta", "gamma")),
            # The centres are the values that the authors' optimiser starts from, and is stopped early near.
            # The spread has the lowest error of a training curve left out, over both sizes of the paper.
            MappingProxyType({"C": (1.0, 0.02), "beta": (0.5, 0.02), "gamma": (0.5, 0.02)}),
        ),
    }
)
"""Laws that predict the loss along a schedule, by name."""


def sequence_law(name: str | SequenceLaw, *, decay: float | None = None) -> SequenceLaw:
    """Look up a law together with the step that makes its columns from a schedule.

    Parameters
    ----------
    name : str or SequenceLaw
        Key of :data:`SEQUENCE_LAWS`; a law is returned as it is.
    decay : float, optional
        Of the momentum of ``lr_annealing``, 0.99 to 0.999 in its paper; without one :data:`ANNEALING_DECAY`,
        the choice of this package. Say which you took: the coefficients go with it.

    Raises
    ------
    UnknownNameError
        If no law over schedules has the name.
    FormulaError
        If the law has no such momentum, or the decay is not between 0 and 1.
    """
    if not isinstance(name, SequenceLaw) and name not in SEQUENCE_LAWS:
        raise UnknownNameError.of("a law over schedules", name, SEQUENCE_LAWS)
    found = name if isinstance(name, SequenceLaw) else SEQUENCE_LAWS[name]
    if decay is None:
        return found
    if found.name != "lr_annealing":
        raise FormulaError(f"{quoted(found.name)} has no annealing momentum.", remedy="Leave decay= out.")
    annealing_areas([0.0], decay)
    return SequenceLaw(_annealing, partial(_areas, decay=decay))
