"""Made-up rows of the sources with scores, mixtures and many losses, with their quirks."""

from tables import llm_line, regmix

PYTHIA_EVALS = """\
suite,model,setting,step,task,metric,value
pythia-v1,pythia-12b-deduped,zero-shot,1000,lambada_openai,acc,0.5
pythia-v1,pythia-12b-deduped,zero-shot,1000,lambada_openai,ppl,10.0
pythia-v1,pythia-12b-deduped,zero-shot,1000,lambada_openai,ppl,11.0
pythia-v1,pythia-70m,zero-shot,143000,arc_easy,acc,0.25
pythia-v1,pythia-70m,zero-shot,143000,arc_easy,acc_norm,0.3
pythia-v1,pythia-70m,zero-shot,0,arc_easy,acc,0.2
pythia-v1,pythia-70m,five-shot,143000,arc_easy,acc,0.4
pythia-v0,pythia-70m,zero-shot,143000,arc_easy,acc,0.4
pythia-v1,pythia-70m,zero-shot,143000,blimp_causative,acc,0.4
"""

SLOTH = """\
,model,family,size,tokens,flops,ifeval,bbh,math,mmlu-pro,gpqa,musr
1,old-7b,old,7.0,2.0,84.0,0.14,0.31,0.0,0.11,0.26,0.37
2,tuned-8b,tuned,8.0,15.0,720.0,0.237406,0.288202,0.052115,0.242668,0.076063,0.102112
3,tuned-8b,tuned,8.0,15.0,720.0,0.241327,0.281631,0.052115,0.241744,0.090604,0.091818
"""

SLOTH_OLDER = """\
,model,family,size,tokens,flops,arc,hellaswag,mmlu,truthfulqa,winogrande,gsm8k
1,old-7b,old,7.0,2.0,84.0,0.28,0.42,0.26,0.41,0.55,0.0
"""

WEAK_TESTS = "model,pass_plus_rate,pass_plus_given_base_pass\nA,0.3,0.75\n"

LLM_LINE_HEADER = ("Name", "Architecture", "Size", "Pretraining Data", "Steps", "Tokenizer", "Tokens")


def mixtures(first: int) -> dict[str, str]:
    """Shares in one order of the mixtures and losses in the other."""
    shares = "index," + ",".join(f"train_the_pile_{name}" for name in regmix.DOMAINS)
    measured = [name for name in regmix.DOMAINS if name not in regmix.UNMEASURED]
    losses = "index," + ",".join(f"metric/the_pile_{name}_val_loss" for name in measured)
    numbers = (first, first + 1)
    for number in numbers:
        shares += f"\n{number},{0.1 * number:.1f},{1 - 0.1 * number:.1f}" + ",0.0" * (len(regmix.DOMAINS) - 2)
    for number in reversed(numbers):
        losses += f"\n{number}" + f",{number}.5" * len(measured)
    return {"shares": shares + "\n", "losses": losses + "\n"}


def line() -> str:
    """Two checkpoints with the same losses and one of unknown size, below the second line of headers."""
    names = (*llm_line.CORPORA, *llm_line.TESTS)
    header = [*LLM_LINE_HEADER]
    for name in names:
        header += [f"{name} Loss", f"{name} BPB"] + ([f"{name} Accuracy"] if name in llm_line.TESTS else [])
    values = ["3.5" if name.endswith("Loss") else "0.5" for name in header[len(LLM_LINE_HEADER) :]]
    rows = [
        [""] * len(header),
        ["org/a", "GPT", "123689472", "The Pile", "1000", "gpt2-HF", "1e9", *values],
        ["org/a", "GPT", "123689472", "The Pile", "2000", "gpt2-HF", "2e9", *values],
        ["org/m", "Mamba", "", "The Pile", "", "", "", "2.5", *[""] * (len(values) - 1)],
    ]
    return "\n".join(",".join(row) for row in [header, *rows]) + "\n"


FILES = {
    "pythia-evals/pythia_evals.exported.csv": PYTHIA_EVALS,
    "sloth/df_full_v2.csv": SLOTH,
    "sloth/df_full.csv": SLOTH_OLDER,
    "inference-flaws/humaneval_plus_rates.exported.csv": WEAK_TESTS,
    "llm-line/latest_pm_hf.csv": line(),
    **{
        f"regmix/{file}.csv": mixtures(int("1B" not in family))[kind]
        for family, (shares, losses, _) in regmix.SETS.items()
        for kind, file in (("shares", shares), ("losses", losses))
    },
}
