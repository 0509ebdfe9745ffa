"""Names under which people keep what a tidy table calls by one name, and the units beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .columns import ATTEMPTS, RUNS, SAMPLES, SYSTEMS, Column

# For each tidy column its aliases, the better ones first. A held-out loss is better than a
# training loss, and a number of parameters in total better than anything that may leave some out.
ALIASES: dict[str, tuple[str, ...]] = {
    "params": (
        *("params", "param", "n_params", "num_params", "nparams", "n_param", "parameters", "n_parameters"),
        *("num_parameters", "parameter_count", "param_count", "params_total", "total_params"),
        *("total_parameters", "model_params", "model_parameters", "model_size", "n_total", "size", "n"),
    ),
    "params_non_embed": (
        *("params_non_embed", "non_embedding_params", "params_non_embedding", "non_embed_params"),
        *("n_non_embed", "params_no_embed", "params_no_emb", "n_no_emb", "non_embedding_parameters"),
    ),
    "params_active": ("params_active", "active_params", "active_parameters", "activated_params", "n_active"),
    "tokens": (
        *(
            "tokens",
            "token",
            "n_tokens",
            "num_tokens",
            "ntokens",
            "token_num",
            "token_ct",
            "tokens_seen",
            "tokens_total",
        ),
        *(
            "total_tokens",
            "train_tokens",
            "training_tokens",
            "n_train_tokens",
            "token_count",
            "tokens_trained",
        ),
        *("num_input_tokens_seen", "input_tokens_seen", "consumed_tokens", "consumed_train_tokens"),
        *("tokens_processed", "trained_tokens", "data_size", "dataset_size", "dataset_tokens", "d"),
    ),
    "tokens_per_param": ("tokens_per_param", "tokens_per_parameter", "d_n", "d_over_n", "tpp"),
    "unique_tokens": ("unique_tokens", "n_unique_tokens", "distinct_tokens"),
    "epochs": ("epochs", "epoch", "n_epochs", "num_epochs"),
    "flops": (
        *("flops", "flop", "total_flops", "total_flop", "train_flops", "train_flop", "training_flops"),
        *("training_flop", "training_compute", "train_compute", "compute", "compute_flops", "total_flos"),
        *("train_flos", "training_flos", "c"),
    ),
    "loss": (
        *("loss", "val_loss", "validation_loss", "valid_loss", "eval_loss", "heldout_loss", "test_loss"),
        *("val_ce", "eval_ce", "val_cross_entropy", "final_loss", "final_val_loss", "cross_entropy"),
        *("cross_entropy_loss", "crossentropyloss", "ce_loss", "ce", "nll", "nll_loss", "lm_loss"),
        *("loss_val", "loss_valid", "loss_validation", "loss_eval", "loss_test", "val_loss_epoch"),
        *("best_val_loss", "val_nll", "loss_train"),
        *("train_loss", "training_loss", "train_ce", "l"),
    ),
    "bits": (
        *("bits_per_token", "loss_bits", "loss_in_bits", "val_loss_bits", "log2_ppl", "log2_perplexity"),
        *("bits", "bpt"),
    ),
    "bits_per_byte": ("bits_per_byte", "bpb", "val_bpb", "val_bits_per_byte", "eval_bpb", "test_bpb"),
    "perplexity": (
        *("val_ppl", "validation_ppl", "eval_ppl", "val_perplexity", "validation_perplexity"),
        *(
            "ppl_val",
            "ppl_eval",
            "perplexity_val",
            "eval_perplexity",
            "ppl",
            "perplexity",
            "test_ppl",
            "train_ppl",
            "train_perplexity",
        ),
    ),
    "source": ("source",),
    "family": ("family", "scaled_set", "suite", "group"),
    "run": ("run", "run_id", "run_name", "experiment", "exp_name", "experiment_name"),
    "model": ("model", "model_name", "name"),
    "arch": ("arch", "architecture"),
    "step": ("step", "steps", "global_step", "iteration", "iter"),
    "step_max": ("step_max", "max_steps", "total_steps", "train_steps", "num_steps"),
    "lr_peak": ("lr_peak", "peak_lr", "max_lr", "lr", "learning_rate"),
    "lr_schedule": ("lr_schedule", "schedule", "scheduler"),
    "batch_tokens": ("batch_tokens", "tokens_per_batch", "tokens_per_step"),
    "width": ("width", "d_model", "hidden_size", "n_embd"),
    "depth": ("depth", "n_layers", "num_layers", "n_layer", "layers"),
    "seed": ("seed", "random_seed"),
    "train_data": ("train_data", "dataset", "data", "corpus"),
    "eval_data": ("eval_data", "eval_dataset", "val_data"),
    "flops_rule": ("flops_rule",),
    "loss_kind": ("loss_kind",),
    "is_final": ("is_final",),
    "state": ("state", "run_state"),
    "note": ("note", "notes"),
}

COUNTS = ("params", "params_non_embed", "params_active", "tokens", "unique_tokens", "flops", "batch_tokens")
"""Columns whose numbers may be written with a unit: 2.8B, or billions by name."""

SYMBOLS = {"N": "params", "D": "tokens", "C": "flops", "L": "loss"}
"""The letters of the literature, accepted wherever a tidy name is."""

UNITS = {
    **dict.fromkeys(("k", "thousand", "thousands"), 1e3),
    **dict.fromkeys(("m", "mn", "million", "millions"), 1e6),
    **dict.fromkeys(("b", "bn", "billion", "billions", "g"), 1e9),
    **dict.fromkeys(("t", "tn", "trillion", "trillions"), 1e12),
    **dict.fromkeys(("pf_days", "pfdays", "petaflop_days", "petaflops_days"), 8.64e19),
}

SAMPLES_ALIASES: dict[str, tuple[str, ...]] = {
    "source": ("source",),
    "model": ("model", "model_name", "model_id", "llm", "engine", "model_path", "pretrained"),
    "params": ("params", "n_params", "num_params", "parameters", "model_size", "size"),
    "train_tokens": ("train_tokens", "training_tokens", "tokens_trained"),
    "benchmark": ("benchmark", "dataset", "task_name", "bench", "eval", "eval_name", "task"),
    "problem_id": (
        *("problem_id", "problem_idx", "problem", "task_id", "doc_id", "question_id", "qid", "instance_id"),
        *(
            "orig_dset_idx",
            "sample_id",
            "problem_index",
            "example_id",
            "prompt_id",
            "prompt_idx",
            "item_id",
            "id",
            "idx",
        ),
    ),
    "n_samples": ("n_samples", "num_samples", "n", "samples", "n_attempts", "attempts", "n_tries", "trials"),
    "n_correct": (
        *("n_correct", "num_correct", "c", "n_success", "n_successes", "successes", "n_passed", "num_passed"),
        *("n_solved", "passes"),
    ),
    "correct": (
        *(
            "correct",
            "is_correct",
            "is_corrects",
            "graded_list",
            "passed",
            "is_solved",
            "solved",
            "pass",
            "success",
            "resolved",
            "exact_match",
        ),
        *("acc", "accuracy", "is_passed", "acc_norm", "verdict", "status", "result", "outcome", "pass_1"),
        *("score_match", "score_exact", "score_includes", "score_choice"),
    ),
    "answer": (
        *("answer", "extracted_answer", "pred_answer", "parsed_answer", "prediction", "pred", "picked"),
        *("filtered_resps", "model_answer", "final_answer"),
    ),
    "score": ("score", "reward", "reward_score", "rm_score", "verifier_score", "prm_score", "logprob"),
    "sample": (
        "sample",
        "sample_idx",
        "sample_index",
        "attempt",
        "attempt_id",
        "completion_id",
        "epoch",
        "try",
    ),
    "flops_per_sample": ("flops_per_sample", "inference_compute_at_k1", "inference_flops", "flops"),
    "sampling": ("sampling",),
    "prompt_tokens": ("prompt_tokens", "input_tokens", "n_prompt_tokens", "tokens_in", "prompt_length"),
    "completion_tokens": (
        *("completion_tokens", "output_tokens", "generated_tokens", "n_completion_tokens", "tokens_out"),
        *("n_tokens", "num_tokens", "tokens", "total_tokens", "response_tokens", "completion_length"),
    ),
    "cost_usd": ("cost_usd", "cost", "price", "usd", "total_cost", "cost_dollars", "dollars", "price_usd"),
    "seconds": ("seconds", "time", "latency", "duration", "total_time", "latency_s", "elapsed", "wall_time"),
    "note": ("note", "notes"),
}

SYSTEMS_ALIASES: dict[str, tuple[str, ...]] = {
    "source": ("source",),
    "system": ("system", "system_name", "agent", "name", "config", "configuration", "run_name", "dirname"),
    "strategy": ("strategy", "method", "edit_format", "scaffold", "approach"),
    "base_model": ("base_model", "model", "model_name", "llm", "engine"),
    "effort": ("effort", "reasoning_effort", "thinking_tokens", "thinking_budget", "budget_tokens"),
    "benchmark": ("benchmark", "dataset", "bench", "eval", "eval_name", "task"),
    "n_tasks": ("n_tasks", "total_tasks", "num_tasks", "tasks", "test_cases", "n_problems", "n_questions"),
    "accuracy": (
        *("accuracy", "acc", "pass_rate_2", "pass_rate", "pass_rate_1", "score", "resolved_rate", "pass_1"),
        *("success_rate", "percent_correct", "exact_match", "resolve_rate", "solve_rate"),
    ),
    "accuracy_se": ("accuracy_se", "se", "stderr", "acc_stderr", "accuracy_stderr", "standard_error"),
    "cost_usd": ("cost_usd", "total_cost", "cost", "price", "usd", "total_cost_usd", "dollars", "total_usd"),
    "cost_per_task": ("cost_per_task", "cost_per_problem", "average_cost", "mean_cost", "avg_cost"),
    "prompt_tokens": ("prompt_tokens", "total_prompt_tokens", "input_tokens"),
    "completion_tokens": ("completion_tokens", "total_completion_tokens", "output_tokens"),
    "seconds": ("seconds", "total_time", "total_seconds", "time"),
    "seconds_per_task": ("seconds_per_task", "seconds_per_case", "average_task_time", "latency"),
    "repeat": ("repeat", "run", "seed", "trial"),
    "date": ("date", "created", "timestamp"),
    "note": ("note", "notes"),
}


@dataclass(frozen=True)
class Vocabulary:
    """What one kind of table is asked for.

    Attributes
    ----------
    kind : str
        A key of :data:`~scalewidgets.data.columns.LAYOUTS`.
    aliases : mapping
        Tidy name to the names it goes by, better ones first.
    columns : tuple of Column
        The layout.
    symbols : mapping
        Letters that stand for a tidy name.
    counts : tuple of str
        Columns whose numbers may carry a unit.
    """

    kind: str
    aliases: Mapping[str, tuple[str, ...]]
    columns: tuple[Column, ...]
    symbols: Mapping[str, str] = field(default_factory=dict)
    counts: tuple[str, ...] = ()

    def __hash__(self) -> int:
        return hash(self.kind)


RUNS_WORDS = Vocabulary("runs", ALIASES, RUNS, SYMBOLS, COUNTS)
SAMPLES_WORDS = Vocabulary(
    "samples",
    SAMPLES_ALIASES,
    (*SAMPLES, *(column for column in ATTEMPTS if column.name in ("sample", "correct", "answer", "score"))),
    {"n": "n_samples", "c": "n_correct"},
    ("params", "train_tokens", "n_samples", "n_correct", "prompt_tokens", "completion_tokens"),
)
SYSTEMS_WORDS = Vocabulary(
    "systems", SYSTEMS_ALIASES, SYSTEMS, {}, ("n_tasks", "prompt_tokens", "completion_tokens")
)
VOCABULARIES = {words.kind: words for words in (RUNS_WORDS, SAMPLES_WORDS, SYSTEMS_WORDS)}
"""What each kind of table is asked for."""
