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

_HOFFMANN = "Hoffmann et al. 2022, arXiv:2203.15556, Table 2"
_EXPONENT = "Exponent only: ratios can be computed from it."
_INVALID = " The printed interval is far too narrow for the number of runs: arXiv:2404.10102."


def _only(label: str, a: float, cite: str, note: str = "") -> Published:
    return Published(label, {"a": a}, cite=cite, mark="S", note=f"{_EXPONENT}{note}")


_PORIAN = (  # step by step from Kaplan's set-up to Chinchilla's; exponent on OpenWebText2, on RefinedWeb
    ("set-up of Kaplan et al.", 0.864, 0.835),
    ("FLOP of the head counted", 0.699, 0.706),
    ("warm-up as long as N tokens", 0.603, 0.602),
    ("cosine as long as the run", 0.574, 0.571),
    ("learning rate, batch and beta2 tuned", 0.518, 0.497),
)

register(
    Law(
        "A * C**a",
        inputs=["C"],
        name="best_params",
        title="Best parameters for a compute",
        theme=_THEME,
        output="parameters",
        cite=_HOFFMANN,
        mark="S",
        summary="A power of the compute, from envelopes of loss curves, from parabolas at one compute each, "
        "or implied by a surface. The exponent depends on what is counted and on how runs are "
        "tuned: about a half where both are done with care.",
        coefficients=[
            Symbol("A", "parameters at 1 FLOP", "parameters", start=(1e-3, 1e3), kind="params"),
            exponent("a", "compute", (0.3, 0.9)),
        ],
        published=[
            _only("Hoffmann et al., approach 1", 0.50, "arXiv:2203.15556, Table 2", " 0.488 to 0.502."),
            _only("Hoffmann et al., approach 2", 0.49, "arXiv:2203.15556, Table 2", " 0.462 to 0.534."),
            _only(
                "Hoffmann et al., approach 3",
                0.46,
                "arXiv:2203.15556, Table 2",
                f" 0.454 to 0.455.{_INVALID}",
            ),
            *(
                _only(f"Porian et al., {step}, {data}", a, "arXiv:2406.19146")
                for step, *both in _PORIAN
                for data, a in zip(("OpenWebText2", "RefinedWeb"), both, strict=True)
            ),
            *(
                _only(f"Henighan et al., {domain}", a, "arXiv:2010.14701")
                for domain, a in (("language", 0.73), ("images of 8x8", 0.64), ("images of 16x16", 0.75))
            ),
        ],
    )
)

register(
    Law(
        "A * C**a",
        inputs=["C"],
        name="best_tokens",
        title="Best tokens for a compute",
        theme=_THEME,
        output="tokens",
        cite=_HOFFMANN,
        mark="S",
        summary="The other half of best_params: under C = 6ND the two exponents sum to one.",
        coefficients=[
            Symbol("A", "tokens at 1 FLOP", "tokens", start=(1e-3, 1e3), kind="tokens"),
            exponent("a", "compute", (0.1, 0.7)),
        ],
        published=[
            _only("Hoffmann et al., approach 1", 0.50, "arXiv:2203.15556, Table 2", " 0.501 to 0.512."),
            _only("Hoffmann et al., approach 2", 0.51, "arXiv:2203.15556, Table 2", " 0.483 to 0.529."),
            _only(
                "Hoffmann et al., approach 3",
                0.54,
                "arXiv:2203.15556, Table 2",
                f" 0.542 to 0.543.{_INVALID}",
            ),
        ],
    )
)

_KAPLAN = "Kaplan et al. 2020, arXiv:2001.08361"


def _kaplan(name: str, what: str, unit: str, p: float, coef: float, checked: bool) -> None:
    exponent_only = Published(
        "Kaplan et al., exponent", {"p": p}, cite="arXiv:2001.08361", mark="S", note=_EXPONENT
    )
    whole = Published(
        "Kaplan et al.",
        {"coef": coef, "p": p},
        cite="arXiv:2001.08361, Fig. 14" if checked else "attributed to arXiv:2001.08361",
        mark="S" if checked else "U",
        note="" if checked else "The factor was not read in the paper.",
    )
    register(
        Law(
            "coef * C_min_pfdays**p",
            inputs=[
                Symbol(
                    "C_min_pfdays",
                    "least compute, at a batch far below the critical one",
                    "PF-days",
                    start=(1e-6, 1e6),
                    label="C",
                    latex="C",
                )
            ],
            name=name,
            title=f"Kaplan, best {what} for a compute",
            theme=_THEME,
            output=unit,
            cite=_KAPLAN,
            mark="S",
            summary=f"Best {what} by least compute in PF-days. Compute goes into size first: later work "
            "finds that half of it belongs to data (best_params).",
            coefficients=[
                Symbol("coef", f"{what} at one PF-day", unit, start=(coef / 100, coef * 100)),
                exponent("p", "compute", (p / 3, p * 1.3)),
            ],
            published=[whole] if checked else [exponent_only, whole],
        )
    )


_kaplan("kaplan_best_params", "size", "parameters", 0.73, 1.3e9, True)
_kaplan("kaplan_best_batch", "batch", "tokens", 0.24, 2.0e6, False)
_kaplan("kaplan_best_steps", "steps", "steps", 0.03, 5.4e3, False)
_kaplan("kaplan_best_tokens", "tokens processed", "tokens", 0.27, 2e10, False)
