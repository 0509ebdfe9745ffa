"""Compute-optimal size and data as published: one power of the compute each."""

from __future__ import annotations

from .core import Law
from .registry import register
from .symbols import Published, Symbol
from .terms import exponent

_THEME = "compute-optimal training"

register(
    Law(
        "A * C**alpha",
        inputs=["C"],
        name="llama3",
        title="Llama 3, best tokens for a compute",
        theme=_THEME,
        output="tokens",
        cite="Llama team 2024, arXiv:2407.21783, section 3.2.1",
        mark="S",
        summary="The paper writes N*(C), but the quantity is tokens, not parameters. Parameters follow from "
        "C = 6ND.",
        coefficients=[
            Symbol("A", "tokens at 1 FLOP", "tokens", start=(1e-3, 1e3)),
            exponent("alpha", "compute", (0.3, 0.7)),
        ],
        published=[
            Published(
                "Llama 3",
                {"A": 0.299, "alpha": 0.537},
                cite="arXiv:2407.21783, section 3.2.1",
                mark="S",
                note="Rounded: at 3.8e25 FLOP they give 1.63e13 tokens, the paper quotes 1.655e13.",
            )
        ],
    )
)

register(
    Law(
        "K2 * (C18 / 6)**((beta - alpha) / (alpha + beta))",
        inputs=[
            Symbol("C18", "training compute", "1e18 FLOP", start=(1.0, 1e8), label="C", latex="C"),
        ],
        name="minicpm",
        title="MiniCPM, best parameters per token",
        theme=_THEME,
        output="parameters per token",
        cite="MiniCPM, arXiv:2404.06395",
        mark="S",
        summary="N/D = K^2 (C/6)^eta with eta = (beta - alpha) / (alpha + beta) from the exponents of a "
        "Chinchilla surface: with alpha above beta, larger budgets want more tokens per parameter.",
        coefficients=[
            Symbol("K2", "parameters per token at C = 6, squared K of the paper", start=(1e-4, 1.0)),
            exponent("alpha", "parameters", (0.05, 1.0)),
            exponent("beta", "tokens", (0.05, 1.0)),
        ],
        published=[
            Published(
                "MiniCPM, average over tasks",
                {"K2": 0.01, "alpha": 0.29, "beta": 0.23},
                cite="arXiv:2404.06395",
                mark="S",
                note="The paper's mean eta is -0.10, the rounded exponents give -0.115. The paper's 192 "
                "tokens per parameter come out with N and D in billions, C in 1e18 FLOP: that unit is "
                "inferred.",
            )
        ],
    )
)

for _name, _title, _output, _values, _what in (
    (
        "deepseek_model",
        "DeepSeek, best model for a compute",
        "FLOP per token",
        {"A": 0.1715, "a": 0.5243},
        "M counts FLOP per token, attention included, in place of 6N; C = M D.",
    ),
    (
        "deepseek_data",
        "DeepSeek, best tokens for a compute",
        "tokens",
        {"A": 5.8316, "a": 0.4757},
        "C = M D, with M the FLOP per token, attention included.",
    ),
):
    register(
        Law(
            "A * C**a",
            inputs=["C"],
            name=_name,
            title=_title,
            theme=_THEME,
            output=_output,
            cite="DeepSeek LLM, arXiv:2401.02954",
            mark="S",
            summary=_what,
            coefficients=[
                Symbol("A", f"{_output} at 1 FLOP", start=(1e-3, 1e3)),
                exponent("a", "compute", (0.3, 0.7)),
            ],
            published=[Published("DeepSeek LLM", _values, cite="arXiv:2401.02954", mark="S")],
        )
    )
