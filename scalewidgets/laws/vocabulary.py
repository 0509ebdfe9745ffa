"""The vocabulary as a part of the model that scales by itself."""

from __future__ import annotations

from .core import Law
from .registry import register
from .symbols import Published, Symbol
from .terms import amplitude, exponent

register(
    Law(
        "-E + A1 / N_nv**a1 + A2 / N_v**a2 + B / H**b",
        inputs=[
            Symbol(
                "N_nv", "parameters without the vocabulary", "parameters", start=(1e7, 1e11), kind="params"
            ),
            Symbol("N_v", "parameters of the vocabulary", "parameters", start=(1e6, 1e9), kind="params"),
            Symbol("H", "characters trained on", "characters", start=(1e9, 1e13)),
        ],
        name="vocabulary",
        title="Size of the vocabulary",
        output="unigram-normalised loss",
        theme="language pre-training",
        cite="Tao et al. 2024, arXiv:2407.13623",
        mark="S",
        summary="Loss relative to that of word frequencies alone, so that vocabularies of different size can "
        "be compared; it is below zero. Data count in characters. Larger models deserve larger "
        "vocabularies, growing more slowly than the rest.",
        coefficients=[
            Symbol(
                "E", "minus the loss that nothing is left to remove from", "nats per token", start=(1.0, 10.0)
            ),
            amplitude("A1", "non-vocabulary", (1.0, 1e4)),
            amplitude("A2", "vocabulary", (1.0, 1e4)),
            amplitude("B", "character", (1.0, 1e4)),
            exponent("a1", "non-vocabulary parameters", (0.1, 1.0)),
            exponent("a2", "vocabulary parameters", (0.1, 1.0)),
            exponent("b", "characters", (0.1, 1.0)),
        ],
        published=[
            Published(
                "Tao et al.",
                {"A1": 1.831, "A2": 0.196, "B": 2.124, "E": 5.533, "a1": 0.447, "a2": 0.671, "b": 0.447},
                cite="arXiv:2407.13623",
                mark="U",
                note="The units in which sizes and characters are counted were not recovered.",
            )
        ],
    )
)
