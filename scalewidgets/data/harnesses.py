"""Logs of evaluation harnesses, brought to one flat record a sample.

Recognised by their own marks, whatever the file is called:

* OpenAI evals: JSON lines of events, of which those that judge a sample are kept;
* Inspect: one document (or archive) with ``eval`` and ``samples``;
* EvalPlus and BigCodeBench: an object ``eval`` from task to the attempts at it;
* the ``code_eval`` results of the BigCode harness: from task to pairs of an attempt's number and its verdict;
* HELM: instances, each with its ``stats``;
* lm-evaluation-harness, HumanEval-style and LiveCodeBench results are flat already and need only their names,
  but for shares over repeats.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any

from .findings import Source

Record = dict[str, Any]

_JUDGED = ("match", "metrics")
"""Types of OpenAI evals events that say whether a sample is right."""

_HELM_VERDICTS = (
    *("exact_match", "quasi_exact_match", "prefix_exact_match", "quasi_prefix_exact_match"),
    *("math_equiv_chain_of_thought", "math_equiv", "final_number_exact_match", "exact_match_indicator"),
    *("chain_of_thought_correctness", "pass", "code_eval_acc", "equivalent"),
)
"""Metrics of HELM that are 1 for a right answer, the plainest first."""


def flat(
    source: Source, labels: Sequence[int], records: Sequence[Record]
) -> tuple[list[int], list[Record], list[str]]:
    """Return labels, records and remarks; records that no harness wrote are returned as they are."""
    if len(records) == 1 and is_inspect(records[0]):
        found, remarks = inspect_samples(records[0])
        return list(range(len(found))), found, remarks
    if len(records) == 1 and _is_evalplus(records[0]):
        found = _evalplus(records[0])
        return (
            list(range(len(found))),
            found,
            ["Read as results of EvalPlus or BigCodeBench: a sample is right if all tests pass."],
        )
    if len(records) == 1 and is_code_eval(records[0]):
        found = _code_eval(records[0])
        return list(range(len(found))), found, ["Read as results of code_eval, one row an attempt."]
    if records and all(_is_helm(record) for record in records):
        return _helm(source, labels, records)
    if any("resps" in record and "pass@1" in record for record in records[:20]):
        return list(labels), *_shares_of_repeats(records)
    if any(is_event(record) for record in records[:20]):
        return _openai_events(labels, records)
    return list(labels), list(records), []


def is_event(names: Container[str]) -> bool:
    """Whether these are names of an event of OpenAI evals."""
    return "event_id" in names and "sample_id" in names


def is_inspect(document: Mapping[str, Any]) -> bool:
    """Whether this is a log of Inspect."""
    return isinstance(document.get("eval"), dict) and isinstance(document.get("samples"), list)


def inspect_samples(log: Mapping[str, Any]) -> tuple[list[Record], list[str]]:
    """One record a sample and epoch, with model and benchmark beside it."""
    header = log["eval"]
    remarks = ["Read as a log of Inspect: C counts as right, P (partial), I and N as wrong."]
    records: list[Record] = []
    scorers: set[str] = set()
    for sample in log["samples"]:
        if not isinstance(sample, dict):
            continue
        record: Record = {
            "model": header.get("model"),
            "benchmark": header.get("task"),
            "problem_id": sample.get("id"),
            "sample": sample.get("epoch"),
            "seconds": sample.get("total_time"),
        }
        scores = sample.get("scores") or ({"score": sample["score"]} if sample.get("score") else {})
        if isinstance(scores, dict) and scores:
            name = next(iter(scores))
            scorers.update(scores)
            score = scores[name] if isinstance(scores[name], dict) else {"value": scores[name]}
            record["correct"], record["answer"] = score.get("value"), score.get("answer")
        elif sample.get("error"):
            record["error"] = str(sample["error"])[:200]
        usage = [use for use in (sample.get("model_usage") or {}).values() if isinstance(use, dict)]
        if usage:
            record["prompt_tokens"] = sum(use.get("input_tokens") or 0 for use in usage)
            record["completion_tokens"] = sum(use.get("output_tokens") or 0 for use in usage)
        records.append(record)
    if len(scorers) > 1:
        remarks.append(f"Of the scorers {', '.join(sorted(scorers))}, the first of each sample is read.")
    if log.get("status") not in (None, "success"):
        remarks.append(f"The log says that the evaluation did not end well ({log['status']}).")
    return records, remarks


def _is_evalplus(document: Mapping[str, Any]) -> bool:
    tasks = document.get("eval")
    return (
        isinstance(tasks, dict) and bool(tasks) and all(isinstance(tries, list) for tries in tasks.values())
    )


def _evalplus(document: Mapping[str, Any]) -> list[Record]:
    records = []
    for task, tries in document["eval"].items():
        for at, one in enumerate(tries):
            if isinstance(one, dict):
                verdict = one.get("plus_status") or one.get("base_status") or one.get("status")
                records.append({"problem_id": task, "sample": at, "passed": verdict == "pass"})
    return records


def is_code_eval(document: Mapping[str, Any]) -> bool:
    """Whether this is what ``code_eval`` logs: pairs of a number and a verdict for each task."""
    return bool(document) and all(
        isinstance(tries, list)
        and bool(tries)
        and all(isinstance(one, list) and len(one) == 2 and isinstance(one[1], dict) for one in tries)
        and all("passed" in one[1] for one in tries)
        for tries in document.values()
    )


def _code_eval(document: Mapping[str, Any]) -> list[Record]:
    return [
        {"problem_id": task, "sample": number, "passed": one["passed"]}
        for task, tries in document.items()
        for number, one in tries
    ]


def _is_helm(record: Record) -> bool:
    return "instance_id" in record and "train_trial_index" in record and "stats" in record


def _helm(
    source: Source, labels: Sequence[int], records: Sequence[Record]
) -> tuple[list[int], list[Record], list[str]]:
    """One record an instance and trial; its verdict is the plainest metric that all instances have."""
    rows: list[tuple[int, Record, dict[str, Any]]] = []
    for label, record in zip(labels, records, strict=True):
        if not record.get("perturbation"):
            rows.append((label, record, _helm_stats(record["stats"])))
    judges = [name for name in _HELM_VERDICTS if rows and all(name in stats for _, _, stats in rows)]
    if not judges:
        seen = ", ".join(sorted({name for _, _, stats in rows for name in stats})[:12]) or "none"
        raise source.refusal(
            f"this log of HELM has no metric that says of every instance whether it is right. Found: {seen}.",
            "Write a table of the metric you mean, with columns problem_id and correct.",
        )
    found = []
    for _, record, stats in rows:
        entry: Record = {"problem_id": record["instance_id"], "sample": record["train_trial_index"]}
        entry["correct"] = stats[judges[0]]
        said = record.get("mapped_output") or record.get("predicted_text") or ""
        entry["answer"] = str(said).strip() or None
        entry["prompt_tokens"] = stats.get("num_prompt_tokens")
        entry["completion_tokens"] = stats.get("num_completion_tokens", stats.get("num_output_tokens"))
        entry["seconds"] = stats.get("inference_runtime")
        found.append({name: value for name, value in entry.items() if value is not None})
    remark = f"Read as a log of HELM: {judges[0]} says whether an instance is right"
    remark += f", not {', '.join(judges[1:])}." if judges[1:] else "."
    remarks = [remark]
    if len(rows) < len(records):
        remarks.append(f"{len(records) - len(rows):,} perturbed instances are left out.")
    return [label for label, _, _ in rows], found, remarks


def _helm_stats(stats: Any) -> dict[str, Any]:
    """Values by name, from either of the two files that HELM writes."""
    if isinstance(stats, dict):
        return dict(stats)
    found: dict[str, Any] = {}
    for stat in stats if isinstance(stats, list) else ():
        name = stat.get("name") if isinstance(stat, dict) else None
        if isinstance(name, dict) and not name.get("perturbation"):
            found[str(name.get("name"))] = stat.get("mean")
    return found


def _shares_of_repeats(records: Sequence[Record]) -> tuple[list[Record], list[str]]:
    """Rows of lm-evaluation-harness that judge several responses at once: counts instead of a share."""
    found, most = [], 1
    for record in records:
        said, share = record.get("resps"), record.get("pass@1")
        count = len(said[0]) if isinstance(said, list) and said and isinstance(said[0], list) else 1
        if count > 1 and isinstance(share, int | float):
            most = max(most, count)
            rest = {name: value for name, value in record.items() if name != "pass@1"}
            record = {**rest, "n_samples": count, "n_correct": round(share * count, 9)}
        found.append(record)
    if most == 1:
        return list(records), []
    return found, ["Read as repeats of lm-evaluation-harness: pass@1 is the share of the responses of a row."]


def _openai_events(
    labels: Sequence[int], records: Sequence[Record]
) -> tuple[list[int], list[Record], list[str]]:
    spec: Record = next((one["spec"] for one in records if isinstance(one.get("spec"), dict)), {})
    model = (spec.get("completion_fns") or [None])[0]
    judged: dict[str, list[tuple[int, Record]]] = {kind: [] for kind in _JUDGED}
    for label, record in zip(labels, records, strict=True):
        data = record.get("data")
        if record.get("type") not in judged or not isinstance(data, dict):
            continue
        entry = {
            "model": model,
            "benchmark": spec.get("base_eval") or spec.get("eval_name"),
            "problem_id": record.get("sample_id"),
            "correct": data.get("correct", data.get("accuracy", data.get("score"))),
            "answer": data.get("picked", data.get("sampled")),
        }
        if entry["correct"] is not None:
            judged[record["type"]].append((label, entry))
    kind = next((kind for kind in _JUDGED if judged[kind]), None)
    if kind is None:
        return list(labels), list(records), []
    kept = judged[kind]
    remark = (
        f"Read as a log of OpenAI evals: {len(kept):,} events of type {kind} are kept, the other "
        f"{len(records) - len(kept):,} lines are left out."
    )
    return [label for label, _ in kept], [entry for _, entry in kept], [remark]
