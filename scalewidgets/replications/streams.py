"""What parallel streams are worth in parameters (arXiv:2505.10475)."""

from __future__ import annotations

from scalewidgets.data import load
from scalewidgets.fitting import fit

from .declare import Figure, Study


def compute() -> dict[str, float]:
    """Fit the 24 losses on the Pile."""
    found = fit(
        load("parallel_streams"),
        law="parscale",
        columns={"N": "params_non_embed", "P": "streams"},
        resamples=0,
        starts=16,
    )
    return {"k": found.coefficients["k"]}


STUDY = Study(
    name="streams",
    title="Parallel streams",
    citation="Chen et al. 2025, arXiv:2505.10475, and github.com/QwenLM/ParScale",
    tables=("parallel_streams",),
    rows="All 24 losses on the Pile; N without embeddings. Huber penalties of log losses, delta 1e-3.",
    compute=compute,
    figures=(Figure("k", "k: P streams are worth k ln P + 1 times N", "0.3344", "parametric_fit.py"),),
)
