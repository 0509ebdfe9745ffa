"""Compile the bundled tables of figures from the public raw files.

    python tools/compile_tables.py RAW_FOLDER [--out FOLDER] [--only NAME]

RAW_FOLDER holds one folder a source, with the files of the public repositories under their own
paths (long ones may be gzipped):

    colpret/            github.com/IBM/ColPret at 16f23bbe054277ddc4afd07a972dd7cfbe3f48c3
                        (arXiv:2410.11840, MIT): aggregated_eval/ and raw_data/
    epoch-chinchilla/   github.com/epoch-research/analyzing-chinchilla at
                        92258837425e1b5f2851d624287f0120583a3d0e (arXiv:2404.10102):
                        data/svg_extracted_data.csv; optional, only compared with the copy in ColPret
    multipowerlaw/      github.com/thu-yao-01-luo/MultiPowerLaw at
                        8da9f1902602f3391b971a811e3cc51604541769 (arXiv:2503.12811, MIT):
                        loss_curve_repo/csv_25 and csv_100
    porian/             github.com/formll/resolving-scaling-law-discrepancies at
                        0dc60d91b8a525858a3067fc9e4a46ff5374cc6f (arXiv:2406.19146, MIT): the points of
                        data/summary_df*.pickle.xz as isoflop_points.csv
    gadre-overtraining/ github.com/mlfoundations/scaling at a003c4913793ac2ae7ef87b28ecb562955d026d5
                        (arXiv:2403.08540, MIT): exp_data, one row a model, as models_tidy.exported.csv
    datablations/       github.com/huggingface/datablations at 13701315b163f1c54642b94ad237b2699187c3ee
                        (arXiv:2305.16264, Apache-2.0): the values typed in utils/parametric_fit.ipynb as
                        runs_from_notebook.exported.csv
    gemstones/          github.com/mcleish7/gemstone-scaling-laws at
                        5f420478f6057b0cbb4d13405fb10ca64675bccb (arXiv:2502.06857, MIT): wandb_dfs/*.jsonl
    rectified-finetuning/ github.com/linhaowei1/Fine-tuning-Scaling-Law at
                        5214568013af65e3cefd03860ecd7bc9358b308c (arXiv:2402.02314, Apache-2.0): benchmark/
    obsscaling/         github.com/ryoungj/ObsScaling at 4d6e1e43fd2635d04654aa77d1df9d5266ea0382
                        (arXiv:2405.10938, Apache-2.0): eval_results/base_llm_benchmark_eval.csv and
                        base_llm_emergent_capability_eval.csv
    monkeys-pass-at-k/  github.com/RylanSchaeffer/KoyejoLab-Large-How-Do-Language-Monkey-Power-Get-Their-Power
                        at cd078aef2a13e4310fab204860b99c4c39c25d40 (arXiv:2502.17578): the success counts of
                        the stored pass@k tables as monkeys_pythia_math_counts.csv, and models_pythia.csv
    agents-cost-accuracy/ github.com/benediktstroebl/agent-evals at
                        5ce7c0c5f988d5c8b5453bf26d3d8831232ca037 (arXiv:2407.01502, MIT): plot_data_0409.csv,
                        and task and outcome of LLMDebugger/output_data as humaneval_per_task.exported.csv
    aider-leaderboards/ github.com/Aider-AI/aider at 5dc9490bb35f9729ef2c95d00a19ccd30c26339c
                        (Apache-2.0): aider/website/_data/*.yml
    parscale/           github.com/QwenLM/ParScale at cd6acb48ba6d3b1f9715785ff0d212751210177d
                        (arXiv:2505.10475, no licence stated): the losses typed in parametric_fit.py as
                        parscale_pile.exported.csv
    steplaw/            github.com/step-law/steplaw at 32a8f4cc50247695fb56cc6c9117abdf67c97763
                        (arXiv:2503.04715, no licence stated):
                        data/1004_fitted_lr_bs_scaling_model_parameters.csv
    pythia-evals/       github.com/EleutherAI/pythia at a19eecb807ec2c79a39ebf18108816e6ffffc1d5
                        (arXiv:2304.01373, Apache-2.0): evals/, flattened, as pythia_evals.exported.csv
    sloth/              github.com/felipemaiapolo/statistical-scaling-law at
                        ec189676fb1ff21115536651f46bf9d279578cb8 (arXiv:2412.06540, MIT): data/
    regmix/             github.com/sail-sg/regmix at b004d3a3f39846dcec6b3740da22bcd1ba95a5d0
                        (arXiv:2407.01492, MIT): data/
    inference-flaws/    github.com/benediktstroebl/inference-scaling-limits at
                        11a8f6ed1aee5b996f659c3fedb549c07aeb34ad (arXiv:2411.17501, MIT): the figures printed
                        by evalplus/visualizations.ipynb as humaneval_plus_rates.exported.csv
    llm-line/           github.com/brendel-group/llm-line at e57749dab976fbe2dc58596ad1c0f61518ac0644
                        (arXiv:2502.12120, MIT): latest_pm_hf.csv

Every table is the work of one module in ``tools/tables``: it names its files, its licence, its
citation, the quirks it corrects and what it leaves out. The output is deterministic, and
``manifest.json`` beside the tables holds their checksums and counts.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

import tables  # noqa: E402
from tables.table import Table  # noqa: E402

DEFAULT_OUT = ROOT / "scalewidgets" / "data" / "tables"


def declared() -> list[Table]:
    """Every table that a module of ``tools/tables`` declares, by name."""
    modules = [
        importlib.import_module(f"tables.{info.name}") for info in pkgutil.iter_modules(tables.__path__)
    ]
    found = [module.TABLE for module in modules if hasattr(module, "TABLE")]
    return sorted(found, key=lambda table: table.name)


def compile_tables(raw: Path, out: Path, only: set[str] | None = None) -> list[dict[str, Any]]:
    """Write every table and the manifest; tables not in ``only`` keep the entry they have."""
    out.mkdir(parents=True, exist_ok=True)
    manifest = out / "manifest.json"
    before = json.loads(manifest.read_text(encoding="utf-8"))["tables"] if only and manifest.exists() else []
    entries = {entry["name"]: entry for entry in before}
    for table in declared():
        if only and table.name not in only:
            continue
        frame = table.compile(raw).reset_index(drop=True)
        content = table.to_bytes(frame)
        entry = table.entry(frame, content)
        (out / entry["file"]).write_bytes(content)
        entries[table.name] = entry
    ordered = [entries[name] for name in sorted(entries)]
    text = json.dumps({"version": 1, "tables": ordered}, indent=1, ensure_ascii=False) + "\n"
    manifest.write_text(text, encoding="utf-8")
    return ordered


def main(argv: list[str] | None = None) -> None:
    """Run from the command line and say what was written."""
    parser = argparse.ArgumentParser(description="Compile the bundled tables of figures.")
    parser.add_argument("raw", type=Path, help="folder with the public raw files")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT)
    parser.add_argument("--only", action="append", help="compile this table alone (may be repeated)")
    arguments = parser.parse_args(argv)
    for entry in compile_tables(arguments.raw, arguments.out, set(arguments.only or ()) or None):
        print(
            f"{entry['name']:<14}{entry['rows']:>8,} rows {entry['families']:>4} families "
            f"{entry['models']:>5} models {entry['bytes'] / 1e3:>9,.1f} kB"
        )


if __name__ == "__main__":
    main()
