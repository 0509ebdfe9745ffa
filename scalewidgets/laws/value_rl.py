"""Value-based reinforcement learning: data, compute and settings by the updates-to-data ratio."""

from __future__ import annotations

from .core import Law
from .registry import register
from .symbols import Symbol
from .terms import exponent, signed

_THEME = "reinforcement learning"
_RYBKIN = "Rybkin et al. 2025, arXiv:2502.04327"
_CONSTANTS = "Constants belong to one environment and one level of performance."

_SIGMA = Symbol("sigma", "updates to data: gradient steps for each environment step", start=(0.25, 16.0),
                kind="ratio")  # fmt: skip
_D_MIN = Symbol("D_min", "data that no number of updates saves", "environment steps", start=(1e4, 1e6))
_BETA = Symbol("beta", "ratio at which one step is saved", start=(1e5, 1e8))
_ALPHA = exponent("alpha", "updates to data", (0.2, 1.5))
_BATCH = [
    Symbol("b_0", "batch at one update for each step", "samples", start=(32.0, 1024.0)),
    signed("b_1", "exponent of the batch", (-1.0, -0.05)),
]

register(
    Law(
        "D_min + (sigma / beta)**(-alpha)",
        inputs=[_SIGMA],
        name="value_rl_data",
        title="Data to reach a performance",
        theme=_THEME,
        output="environment steps",
        cite=_RYBKIN,
        mark="P",
        summary=f"More updates for each step need fewer steps, down to a least number. {_CONSTANTS}",
        coefficients=[_D_MIN, _BETA, _ALPHA],
    )
)

register(
    Law(
        "k * sigma * (D_min + (sigma / beta)**(-alpha)) * b_0 * sigma**b_1",
        inputs=[_SIGMA],
        name="value_rl_compute",
        title="Compute to reach a performance",
        theme=_THEME,
        output="FLOP",
        cite=_RYBKIN,
        mark="P",
        summary=f"Updates, times data, times the best batch, times the FLOP of a sample. {_CONSTANTS}",
        coefficients=[
            Symbol("k", "compute of one sample in one update", "FLOP", start=(1e5, 1e9)),
            _D_MIN,
            _BETA,
            _ALPHA,
            *_BATCH,
        ],
    )
)

register(
    Law(
        "b_0 * sigma**b_1",
        inputs=[_SIGMA],
        name="value_rl_batch",
        title="Best batch by updates to data",
        theme=_THEME,
        output="samples per batch",
        cite=_RYBKIN,
        mark="P",
        summary="More updates want a smaller batch, against over-fitting. The exponent is best shared over "
        "the tasks of a benchmark, with an intercept for each.",
        coefficients=_BATCH,
    )
)

register(
    Law(
        "e_0 * sigma**e_1",
        inputs=[_SIGMA],
        name="value_rl_lr",
        title="Best learning rate by updates to data",
        theme=_THEME,
        output="learning rate",
        cite=_RYBKIN,
        mark="P",
        summary="More updates want a lower learning rate. The exponent is best shared over the tasks of a "
        "benchmark.",
        coefficients=[
            Symbol("e_0", "learning rate at one update for each step", start=(1e-5, 1e-2)),
            signed("e_1", "exponent of the learning rate", (-1.0, -0.05)),
        ],
    )
)

register(
    Law(
        "k * beta * (D_env - D_min)**(-1 / alpha) * D_env * b_0 * (beta * (D_env - D_min)**(-1 / "
        "alpha))**b_1",
        inputs=[Symbol("D_env", "data, more than D_min", "environment steps", start=(1e6, 1e8))],
        name="value_rl_isoperformance",
        title="Compute and data of equal performance",
        theme=_THEME,
        output="FLOP",
        cite=_RYBKIN,
        mark="R",
        summary=f"value_rl_data and value_rl_compute without sigma: what more data saves in compute. "
        f"{_CONSTANTS}",
        coefficients=[
            Symbol("k", "compute of one sample in one update", "FLOP", start=(1e5, 1e9)),
            Symbol("D_min", "data that no number of updates saves", "environment steps", start=(1e4, 5e5)),
            _BETA,
            _ALPHA,
            *_BATCH,
        ],
    )
)
