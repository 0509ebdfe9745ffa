"""``scalewidgets answer``: which model, how many samples, for a budget for each problem."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import TYPE_CHECKING

from ..errors import ScaleWidgetsError
from .tables import log_of
from .values import count, positive, print_json, share

if TYPE_CHECKING:
    import argparse

    import pandas as pd

    from ..testtime import Option, Rates


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command ``answer``."""
    answer = commands.add_parser("answer", help="choose a model, a number of samples and how to pick one")
    answer.set_defaults(run=_answer)
    answer.add_argument(
        "table", nargs="?", metavar="FILE", help="evaluation log, one row a sample or a problem"
    )
    answer.add_argument("--dataset", metavar="NAME", help="a bundled table of samples instead of a file")
    answer.add_argument(
        "--budget", type=positive, required=True, metavar="USD", help="dollars for one problem"
    )
    price = answer.add_argument_group("what a sample costs (one of; by default the column cost_usd)")
    price.add_argument(
        "--price", nargs="+", metavar="[MODEL=]USD", help="dollars of a sample, of all models or of each"
    )
    price.add_argument(
        "--prices",
        metavar="FILE",
        help="CSV: model, input, output (dollars for a million tokens), date",
    )
    price.add_argument("--batch", action="store_true", help="at the batch prices of --prices")
    price.add_argument("--device", metavar="NAME", help="a device that the models run on: 'H100 SXM'")
    price.add_argument("--device-price", type=positive, metavar="USD", help="an hour of it")
    price.add_argument("--utilisation", type=share, help="of its peak when answering (there is no default)")
    price.add_argument("--prompt-tokens", type=positive, metavar="S", help="of a prompt; by default recorded")
    price.add_argument("--output-tokens", type=positive, metavar="T", help="of a sample; by default recorded")
    pick = answer.add_argument_group("how an answer is picked")
    pick.add_argument(
        "--verifier",
        nargs=2,
        type=float,
        metavar=("T", "F"),
        help="shares of right and of wrong answers accepted",
    )
    pick.add_argument(
        "--judged", nargs=4, type=count, metavar="N",
        help="the same from a test: right answers, those accepted, wrong answers, those accepted",
    )  # fmt: skip
    pick.add_argument("--check-price", type=float, default=0.0, metavar="USD", help="of one check (0)")
    pick.add_argument("--abstain", action="store_true", help="no answer where the verifier accepts none")
    pick.add_argument("--vote", action="store_true", help="consider votes too")
    pick.add_argument("--oracle", action="store_true", help="consider a perfect verifier too")
    answer.add_argument("--most", type=count, default=1000, metavar="N", help="samples at most (1,000)")
    answer.add_argument("--level", type=share, default=0.95, help="level of the intervals (0.95)")
    answer.add_argument("--seed", type=count, default=0, help="seed of the draws (0)")
    answer.add_argument("--columns", nargs="+", default=[], metavar="NAME=COLUMN[:UNIT]", help="as for fit")
    answer.add_argument("--json", action="store_true", help="print the advice as JSON")


def _answer(asked: argparse.Namespace) -> int:
    from ..testtime import advise

    advice = advise(_options(asked, log_of(asked, "read_samples")), asked.budget, level=asked.level)
    if asked.json:
        print_json(advice.to_dict())
    else:
        print(advice.report())
    return 0 if advice.samples[0] else 1


def _options(asked: argparse.Namespace, samples: pd.DataFrame) -> list[Option]:
    from ..testtime import options_of

    given = [name for name in ("price", "prices", "device") if getattr(asked, name) is not None]
    if len(given) > 1:
        raise ScaleWidgetsError(
            f"--{given[0]} and --{given[1]} both say what a sample costs.", remedy="Give one."
        )
    price = prices = rates = None
    if asked.price:
        price = _prices_of(asked.price)
    elif asked.prices:
        from ..testtime import price_list

        prices = price_list(asked.prices)
    elif asked.device:
        rates = _rates(asked)
    t, f = asked.verifier or (None, None)
    verified = asked.verifier is not None or asked.judged is not None
    extra = [name for name in ("vote", "oracle") if getattr(asked, name)]
    return options_of(
        samples, price=price, prices=prices, rates=rates, prompt=asked.prompt_tokens,
        output=asked.output_tokens, batch=asked.batch, t=t, f=f,
        selectors=["once", *(["verifier"] if verified else []), *extra],
        judged=tuple(asked.judged) if asked.judged else None, check_price=asked.check_price,
        fallback=not asked.abstain, most=asked.most, seed=asked.seed,
    )  # fmt: skip


def _prices_of(words: list[str]) -> float | dict[str, float]:
    try:
        if len(words) == 1 and "=" not in words[0]:
            return positive(words[0])
        return {word.rpartition("=")[0]: positive(word.rpartition("=")[2]) for word in words}
    except (ValueError, ArgumentTypeError):
        raise ScaleWidgetsError(
            f"--price {' '.join(words)!r} is neither a price nor MODEL=USD.",
            remedy="Write small=0.0005 large=0.01.",
        ) from None


def _rates(asked: argparse.Namespace) -> Rates:
    from ..allocation import Machine, device
    from ..testtime import flop_rates

    if asked.utilisation is None:
        raise ScaleWidgetsError(
            "--device without --utilisation: answering token by token reaches a small share of the peak.",
            remedy="Measure it, and give it: --utilisation 0.2.",
        )
    machine = Machine(asked.device, 1, asked.utilisation, asked.device_price)
    return flop_rates(
        peak_flops=device(machine.device).peak(machine.precision).value,
        price_per_hour=machine.dollars_per_hour,
        utilisation_training=machine.utilisation,
        utilisation_prefill=machine.utilisation,
        utilisation_decode=machine.utilisation,
    )
