"""Laws of language-model pre-training: loss from parameters N and training tokens D."""

from __future__ import annotations

from .core import Law
from .registry import register
from .symbols import Published, Symbol

register(
    Law(
        "E + A / N**alpha + B / D**beta",
        inputs=["N", "D"],
        name="chinchilla",
        title="Chinchilla",
        theme="language pre-training",
        cite="Hoffmann et al. 2022, arXiv:2203.15556, Eq. 2",
        mark="P",
        summary="A floor, a part that a larger model removes, and a part that more data remove. "
        "N counts all parameters; every token is seen once.",
        coefficients=[
            Symbol("E", "irreducible loss", "nats per token", start=(0.3, 3.0), kind="loss"),
            Symbol("A", "amplitude of the parameter term", "nats per token", start=(1.0, 1e11)),
            Symbol("B", "amplitude of the token term", "nats per token", start=(1.0, 1e11)),
            Symbol("alpha", "exponent of parameters", start=(0.05, 2.0), kind="exponent"),
            Symbol("beta", "exponent of tokens", start=(0.05, 2.0), kind="exponent"),
        ],
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
        ],
    )
)

register(
    Law(
        "((N_c / N)**(alpha_N / alpha_D) + D_c / D)**alpha_D",
        inputs=["N", "D"],
        name="kaplan_ND",
        title="Kaplan",
        theme="language pre-training",
        cite="Kaplan et al. 2020, arXiv:2001.08361, Eq. 1.5",
        mark="S",
        summary="Model size and data limit each other; no floor, so the loss goes to zero. "
        "N excludes embeddings; D is the size of a data set trained on until early stopping.",
        coefficients=[
            Symbol("N_c", "scale of parameters", "parameters", start=(1e6, 1e17), kind="params"),
            Symbol("D_c", "scale of tokens", "tokens", start=(1e6, 1e17), kind="tokens"),
            Symbol("alpha_N", "exponent of parameters", start=(0.02, 1.0), kind="exponent"),
            Symbol("alpha_D", "exponent of tokens", start=(0.02, 1.0), kind="exponent"),
        ],
        published=[
            Published(
                "Kaplan et al., joint fit",
                {"alpha_N": 0.076, "alpha_D": 0.103, "N_c": 6.4e13, "D_c": 1.8e13},
                cite="arXiv:2001.08361, Table 2",
                mark="S",
                note="A separate fit: not to be mixed with the constants of the one-dimensional laws.",
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
        theme="language pre-training",
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
        theme="language pre-training",
        cite="nests Hoffmann et al. 2022, arXiv:2203.15556, Eq. 2 (gamma = 1) and Kaplan et al. 2020, "
        "arXiv:2001.08361, Eq. 1.5 (E = 0, beta = 1)",
        mark="R",
        summary="Size and data limit each other, above a floor: gamma = 1 is Chinchilla, no floor is Kaplan. "
        "A question put to the runs rather than a paper's claim: is the sum of two powers the right shape?",
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
