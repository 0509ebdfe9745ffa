"""Laws of language-model pre-training: loss from parameters N and training tokens D."""

from __future__ import annotations

from .core import Law
from .registry import register
from .symbols import Published, Symbol
from .terms import amplitude, exponent, floor, signed, surface

_THEME = "language pre-training"
_SARDANA = (  # range of tokens per parameter, alpha, beta, A, B, E
    ("up to 100 tokens per parameter", 0.08, 0.13, 7.199, 25.97, 0.17),
    ("up to 250 tokens per parameter", 0.13, 0.16, 14.23, 39.54, 0.98),
    ("up to 500 tokens per parameter", 0.13, 0.16, 17.07, 35.80, 0.95),
    ("all runs", 0.18, 0.24, 33.66, 138.9, 1.45),
)
_GADRE = (  # training set, a, b, eta, E
    ("C4", 141.27, 189.52, 0.121236, 1.50826),
    ("RedPajama", 212.24, 366.69, 0.136425, 1.83665),
    ("RefinedWeb", 157.11, 246.21, 0.127197, 1.73446),
)

register(
    Law(
        "E + A / N**alpha + B / D**beta",
        inputs=["N", "D"],
        name="chinchilla",
        title="Chinchilla",
        theme=_THEME,
        cite="Hoffmann et al. 2022, arXiv:2203.15556, Eq. 2",
        mark="P",
        summary="A floor, a part that a larger model removes, and a part that more data remove. "
        "N counts all parameters; every token is seen once.",
        coefficients=surface(),
        published=[
            Published(
                "Hoffmann et al., as printed",
                {"E": 1.69, "A": 406.4, "B": 410.7, "alpha": 0.34, "beta": 0.28},
                cite="arXiv:2203.15556, Eq. 10",
                mark="P",
                note="Rounding beta to two digits alone spoils the fit: the sum of Huber losses on the 240 "
                "digitised runs is four times the optimum. Use the values of the TeX source.",
            ),
            Published(
                "Hoffmann et al., TeX source",
                {"E": 1.693374, "A": 406.401, "B": 410.7228, "alpha": 0.33917084, "beta": 0.2849083},
                cite="TeX source of arXiv:2203.15556, as quoted in arXiv:2404.10102",
                mark="P",
                note="ln A = 6.0073404, ln B = 6.0179186, ln E = 0.5267228.",
            ),
            Published(
                "Epoch replication",
                {"E": 1.8172, "A": 482.01, "B": 2085.43, "alpha": 0.3478, "beta": 0.3658},
                cite="Besiroglu et al. 2024, arXiv:2404.10102",
                mark="P",
                standard_errors={"E": 0.03, "A": 124.58, "B": 1293.23, "alpha": 0.02, "beta": 0.02},
                note="The tuple combines two optimisations: E is that of the grid search (A = 477.83, "
                "B = 2143.4, E = 1.81722), the rest that of a likelihood fit with a free scale (A = 482.006, "
                "B = 2085.434, E = 1.81686). The valley is flat and both are acceptable: compare "
                "the objective, not A and B.",
            ),
            Published(
                "Epoch replication, all 245 runs",
                {"E": 1.8913, "A": 495.7, "B": 12846.0, "alpha": 0.3493, "beta": 0.4531},
                cite="refitted from the data of arXiv:2404.10102",
                mark="R",
                note="Its five outliers left in. The paper's Table 3 prints E = 1.89, A = 463.3, B = 12530, "
                "alpha = 0.345, beta = 0.452.",
            ),
            Published(
                "Krajewski et al., dense models",
                {"E": 0.47, "A": 16.3, "B": 26.7, "alpha": 0.126, "beta": 0.127},
                cite="arXiv:2402.07871, Table 1",
                mark="S",
                note="N counts active parameters without embeddings.",
            ),
            *(
                Published(
                    f"Sardana et al., {span}",
                    {"E": E, "A": A, "B": B, "alpha": alpha, "beta": beta},
                    cite="arXiv:2401.00448, Table 1",
                    mark="S",
                    note="The floor rises with the range of tokens per parameter that is fitted.",
                )
                for span, alpha, beta, A, B, E in _SARDANA
            ),
        ],
    )
)

register(
    Law(
        "E + A / N**alpha + B / D**alpha",
        inputs=["N", "D"],
        name="chinchilla_tied",
        title="Chinchilla, one exponent",
        theme=_THEME,
        cite="Muennighoff et al. 2023, arXiv:2305.16264, the base law of its constants",
        mark="P",
        summary="Chinchilla with alpha = beta: the best tokens per parameter are the same at every compute. "
        "One coefficient less, which steadies fits of runs along a narrow band of tokens per parameter.",
        coefficients=[
            Symbol("E", "irreducible loss", "nats per token", start=(0.3, 3.0), kind="loss"),
            Symbol("A", "amplitude of the parameter term", "nats per token", start=(1.0, 1e11)),
            Symbol("B", "amplitude of the token term", "nats per token", start=(1.0, 1e11)),
            Symbol("alpha", "exponent of parameters and of tokens", start=(0.05, 2.0), kind="exponent"),
        ],
        published=[
            Published(
                "Muennighoff et al., base law",
                {"E": 1.8691437, "A": 520.82495, "B": 1487.7161, "alpha": 0.3526596},
                cite="arXiv:2305.16264, released code",
                mark="P",
                note="ln A = 6.255414, ln B = 7.3049974, ln E = 0.6254804; fitted to 54 single-epoch runs.",
            ),
        ],
    )
)

register(
    Law(
        "E + (A / N**alpha + B / D**beta)**gamma",
        inputs=["N", "D"],
        name="coupled",
        title="Coupled",
        theme=_THEME,
        cite="nests Hoffmann et al. 2022, arXiv:2203.15556, Eq. 2 (gamma = 1) and Kaplan et al. 2020, "
        "arXiv:2001.08361, Eq. 1.5 (E = 0, beta = 1)",
        mark="R",
        summary="Size and data limit each other, above a floor: gamma = 1 is Chinchilla, no floor is Kaplan. "
        "A question put to the runs rather than a paper's claim: is the sum of two powers the right shape? "
        "With A^(1/q), alpha/q and gamma = q it reads E + ((A N^-alpha)^(1/q) + (B D^-beta)^(1/q))^q.",
        coefficients=[
            Symbol("E", "irreducible loss", "nats per token", start=(0.3, 3.0), kind="loss"),
            Symbol("A", "amplitude of the parameter term", start=(1.0, 1e11)),
            Symbol("B", "amplitude of the token term", start=(1.0, 1e11)),
            Symbol("alpha", "exponent of parameters", start=(0.05, 2.0), kind="exponent"),
            Symbol("beta", "exponent of tokens", start=(0.05, 2.0), kind="exponent"),
            Symbol("gamma", "coupling of the two terms", start=(0.2, 2.0), kind="exponent"),
        ],
    )
)

register(
    Law(
        "E + ((A / N)**(alpha / beta) + B / D)**beta",
        inputs=["N", "D"],
        name="kaplan_floor",
        title="Kaplan with a floor",
        theme=_THEME,
        cite="Brandfonbrener et al. 2024, arXiv:2411.12925; also arXiv:2502.12120",
        mark="P",
        summary="Kaplan's joint law above an irreducible loss: the surface from which losses on one data set "
        "are carried over to another. Under C = 6ND its best size is "
        "(r A^r C / 6B)^(1/(1 + r)) with r = alpha / beta.",
        coefficients=[
            floor(),
            Symbol("A", "scale of parameters", "parameters", start=(1e3, 1e12), kind="params"),
            Symbol("B", "scale of tokens", "tokens", start=(1e3, 1e12), kind="tokens"),
            exponent("alpha", "parameters", (0.1, 1.0)),
            exponent("beta", "tokens", (0.1, 1.0)),
        ],
    )
)

register(
    Law(
        "E + (a * M**eta + b * M**(-eta)) * C**(-eta)",
        inputs=["C", Symbol("M", "tokens per parameter, D / N", start=(1.0, 1000.0), kind="ratio")],
        name="gadre_overtrain",
        title="Over-training",
        theme=_THEME,
        cite="Gadre et al. 2024, arXiv:2403.08540, Eq. 4",
        mark="P",
        summary="Loss of a small model trained for long: Chinchilla with equal exponents 2 eta, in compute "
        "and tokens per parameter. C is 6ND. The cheapest M is (b / a)^(1/(2 eta)).",
        coefficients=[
            floor(),
            Symbol("a", "amplitude of the parameter term", start=(1.0, 1e5)),
            Symbol("b", "amplitude of the token term", start=(1.0, 1e5)),
            exponent("eta", "compute", (0.05, 0.5)),
        ],
        published=[
            Published(
                f"Gadre et al., {name}",
                {"E": E, "a": a, "b": b, "eta": eta},
                cite="refitted from the released results of arXiv:2403.08540",
                mark="R",
                note="Loss on C4. a holds the factor 6**eta of the released code's coefficient. The runs "
                "were not chosen to find the cheapest M: these values put it at 3 to 7.",
            )
            for name, a, b, eta, E in _GADRE
        ],
    )
)

register(
    Law(
        "exp(a3 * N**gamma + b3) + exp(a2 * N**beta + b2) * D**(-exp(a1 * N**alpha + b1))",
        inputs=[
            Symbol(
                "N", "parameters without embeddings and head", "parameters", start=(1e8, 1e11), kind="params"
            ),
            "D",
        ],
        name="farseer",
        title="Farseer",
        theme=_THEME,
        cite="Predictable Scale: Part II, Farseer, arXiv:2506.10972, Eq. 3",
        mark="S",
        summary="The exponent of tokens depends on the size, so the best tokens per parameter rise with "
        "compute. Nine coefficients: it needs a full grid of runs.",
        coefficients=[
            signed("a3", "slope of the log floor", (-0.1, 0.1)),
            signed("gamma", "exponent of parameters in the floor", (0.05, 0.2)),
            signed("b3", "log floor without parameters", (-1.0, 1.0)),
            signed("a2", "slope of the log token term", (1.0, 90.0)),
            signed("beta", "exponent of parameters in the token term", (-0.2, -0.05)),
            signed("b2", "log token term of a very large model", (-8.0, 2.0)),
            signed("a1", "slope of the log token exponent", (-0.15, -0.02)),
            signed("alpha", "exponent of parameters in the token exponent", (0.05, 0.15)),
            signed("b1", "log token exponent without parameters", (-1.0, 0.5)),
        ],
        published=[
            Published(
                "Farseer, as reported elsewhere",
                {
                    "a3": -0.021,
                    "gamma": 0.169,
                    "b3": -0.091,
                    "a2": 88.01,
                    "beta": -0.1,
                    "b2": -6.287,
                    "a1": -0.124,
                    "alpha": 0.123,
                    "b1": 0.424,
                },
                cite="a secondary report of arXiv:2506.10972",
                mark="U",
                note="The level (0.4986 at N = 1e9, D = 1e11) looks like bits per character, not nats per "
                "token; rounded exponents inside exponentials are not fit for extrapolation.",
            )
        ],
    )
)

register(
    Law(
        "E + A / (N * exp(g_N * t))**alpha + B / (D * exp(g_D * t))**beta",
        inputs=[
            "N",
            "D",
            Symbol("t", "time since the reference year", "years", low=-100.0, start=(-6.0, 6.0)),
        ],
        name="progress",
        title="Algorithmic progress",
        theme=_THEME,
        cite="Ho et al. 2024, Algorithmic progress in language models",
        mark="S",
        summary="Chinchilla with parameters and tokens that count for more each year. The two rates trade "
        "off against each other in most collections of published models.",
        coefficients=[
            *surface(),
            signed("g_N", "growth of effective parameters", (-0.5, 1.5), unit="per year"),
            signed("g_D", "growth of effective tokens", (-0.5, 1.5), unit="per year"),
        ],
    )
)

register(
    Law(
        "L_T + L_T**(-c0) * (1 + (L_T / (L_own * d1))**(1 / f1))**(-c1 * f1) * (A / N_S**a + B / D_S**b)**g",
        inputs=[
            Symbol("L_T", "loss of the teacher", "nats per token", start=(1.5, 4.0), kind="loss"),
            Symbol(
                "L_own",
                "loss of the student trained without a teacher",
                "nats per token",
                start=(1.5, 4.0),
                kind="loss",
            ),
            Symbol("N_S", "parameters of the student", "parameters", start=(1e7, 1e12), kind="params"),
            Symbol("D_S", "tokens of distillation", "tokens", start=(1e9, 1e14), kind="tokens"),
        ],
        name="distillation",
        title="Distillation",
        theme=_THEME,
        cite="Busbridge et al. 2025, arXiv:2502.08606",
        mark="S",
        summary="Loss of a student from that of its teacher: a stronger teacher helps up to a point "
        "relative to the student's own strength (a broken power law), then hurts.",
        coefficients=[
            signed("c0", "exponent of the teacher's loss, strong students", (0.1, 3.0)),
            signed("c1", "change of the exponent for weak students", (0.1, 3.0)),
            Symbol("d1", "ratio of losses at the break", start=(0.5, 2.0)),
            Symbol("f1", "width of the break", start=(0.05, 1.0)),
            amplitude("A", "student", (1.0, 1e6)),
            amplitude("B", "token", (1.0, 1e6)),
            exponent("a", "the student's parameters", (0.1, 1.0)),
            exponent("b", "distillation tokens", (0.1, 1.0)),
            exponent("g", "the student term", (0.2, 2.0)),
        ],
    )
)
