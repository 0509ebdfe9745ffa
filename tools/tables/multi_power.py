"""Loss curves of two model sizes under nine learning-rate schedules each (arXiv:2503.12811)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from scalewidgets import schedules
from scalewidgets.schedules import Schedule

from .raw import find, read_exact
from .rows import mark_final
from .table import Table

PEAK, WARMUP = 3e-4, 2160
SIZES = {"25": 25e6, "100": 100e6}
# What each file was trained under; the logged rates are checked against it.
SCHEDULES: dict[str, Schedule] = {
    "constant_24000": schedules.constant(PEAK, 24_000, WARMUP),
    "constant_72000": schedules.constant(PEAK, 72_000, WARMUP),
    "cosine_24000": schedules.cosine(PEAK, 24_000, WARMUP, 3e-5),
    "cosine_72000": schedules.cosine(PEAK, 72_000, WARMUP, 3e-5),
    "wsd_20000_24000": schedules.wsd(PEAK, 24_000, 20_000, WARMUP, 3e-5),
    "wsdld_20000_24000": schedules.wsd_ld(PEAK, 24_000, 20_000, WARMUP, 3e-5),
    "wsdcon_3": schedules.two_stage(PEAK, 16_000, 3e-5, 8_000, WARMUP),
    "wsdcon_9": schedules.two_stage(PEAK, 16_000, 9e-5, 8_000, WARMUP),
    "wsdcon_18": schedules.two_stage(PEAK, 16_000, 1.8e-4, 8_000, WARMUP),
}


def curve(raw: Path, size: str, name: str) -> pd.DataFrame:
    """One curve; stops when the logged learning rates are not those of its schedule."""
    points = read_exact(find(raw, f"multipowerlaw/csv_{size}/{name}.csv"), ["step", "lr", "loss"])
    plan = SCHEDULES[name]
    if not np.allclose(plan.lr(points["step"]), points["lr"], rtol=1e-12, atol=0):
        raise ValueError(f"{name}: the logged learning rates are not those of {plan.text}")
    frame = pd.DataFrame(
        {
            "source": "multipowerlaw",
            "family": f"{size}M",
            "run": f"{size}M {name}",
            "model": f"{size}M",
            "arch": "dec",
            "params": SIZES[size],
            "tokens": float("nan"),
            "step": points["step"],
            "step_max": float(plan.total),
            "lr_peak": PEAK,
            "lr_schedule": plan.text,
            "loss": points["loss"],
            "note": "nominal_size;tokens_unknown",
        }
    )
    return mark_final(frame)


def compile_table(raw: Path) -> pd.DataFrame:
    """Put the eighteen curves one below the other."""
    return pd.concat([curve(raw, size, name) for size in SIZES for name in SCHEDULES], ignore_index=True)


TABLE = Table(
    name="multi_power_curves",
    title="Multi-power law curves",
    kind="curves",
    licence="MIT",
    citation="Luo et al. 2025, A Multi-Power Law for Loss Curve Prediction Across Learning Rate Schedules, "
    "arXiv:2503.12811",
    url="https://github.com/thu-yao-01-luo/MultiPowerLaw",
    sources=tuple(
        f"thu-yao-01-luo/MultiPowerLaw@8da9f1902602f3391b971a811e3cc51604541769 : loss_curve_repo/csv_{size}"
        for size in SIZES
    ),
    description="{rows} points of {runs} loss curves: two model sizes, each under nine learning-rate "
    "schedules "
    "(constant, cosine, warm-up-stable-decay, two-stage), all with a peak of 3e-4 and 2,160 steps of "
    "warm-up. "
    "The points are those of the source, about one in 128 steps from the end of warm-up on.",
    notes=(
        "lr_schedule holds the whole schedule in one line that scalewidgets.schedules.parse reads; the "
        "logged "
        "learning rates agree with it to 12 digits, which the compiler checks.",
        "Sizes are the nominal ones and the tokens of a step are not in the files: no tokens, no compute.",
        "The two-stage runs are 16,000 steps long; the source logs those of the 25M model until step "
        "14,144, those of the 100M model until 15,936.",
    ),
    left_out=("The 400M curves: not in the files compiled here.", "The logged learning rate of each point."),
    compile=compile_table,
)
