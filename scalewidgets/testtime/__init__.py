"""More compute at the answer: coverage, votes, verifiers, saturation, cost, frontiers and budgets.

Estimators are plain functions on arrays; results with several parts are frozen values. Samples of one problem
are taken as independent given its success rate, unless a docstring says otherwise.

Notes
-----
Closed forms that a browser can evaluate as they stand: everything in ``single``, ``verifiers``,
``saturation`` and ``cost``; pass@k and the Beta coverage through the logarithms of ``gammas``;
``majority_binary`` needs a regularised incomplete Beta. Fits, exact votes over several answers and the
bootstrap stay in the kernel.
"""

from .best_of import (
    auc_of_separation,
    best_of_k,
    best_of_k_model,
    best_of_n_kl,
    longest_of_k,
    samples_for_score,
    separation_of_auc,
    worst_of_k,
)
from .beta_fit import (
    BetaFit,
    fit_beta_binomial,
)
from .budget import (
    Allocation,
    allocate,
    allocate_continuous,
    allocate_posterior,
    next_problem,
    samples_for_estimate,
    solved_by_cap,
)
from .choices import (
    options_of,
)
from .compute import (
    GenerationFlops,
    acceptance_line,
    best_draft,
    crossover_batch,
    decode_seconds,
    generation_flops,
    kv_bytes_parallel,
    kv_bytes_per_token,
    kv_bytes_sequential,
    longest_exponential,
    longest_recorded,
    parallel_seconds,
    sequential_seconds,
    speculative_speedup,
    speculative_tokens,
)
from .cost import (
    dollars_until_success,
    parallel_dollars,
    sequential_dollars,
    tokens_parallel,
    tokens_sequential,
)
from .coverage import (
    g_pass_at_k,
    pass_all_k,
    pass_at_k,
    pass_at_k_interval,
    pass_at_k_plugin,
    pass_at_k_variance,
    pass_at_k_variance_estimate,
    posterior_variance,
)
from .curve import (
    CoverageCurve,
    coverage_curve,
    wilson,
)
from .exchange import (
    Rates,
    TrainOrSample,
    answer_costs,
    break_even_queries,
    flop_rates,
    inference_multiplier,
    lifetime_dollars,
    train_or_sample,
)
from .extrapolation import (
    Extrapolation,
    extrapolate,
)
from .frontiers import (
    Frontier,
    frontier,
)
from .iso import (
    iso_accuracy,
)
from .kumaraswamy_fit import (
    KumaraswamyFit,
    fit_kumaraswamy,
)
from .menu import (
    Menu,
    menu,
)
from .mixed_votes import (
    turning_point,
    vote_mixture,
)
from .mixtures import (
    beta_correlation,
    beta_tail,
    coverage_beta,
    coverage_ceiling_beta,
    coverage_kumaraswamy,
    coverage_power,
    coverage_uniform,
    design_effect,
    expected_attempts_beta,
    local_exponent,
    local_exponent_beta,
    power_law_facts,
    samples_for_coverage,
    samples_worth_paying,
)
from .noise import (
    Drawn,
    draw_configurations,
)
from .objectives import (
    objective_winners,
    pareto_many,
)
from .options import (
    Option,
    option,
)
from .pareto import (
    best_within,
    cheapest_for,
    convex_front,
    dominator,
    eps_dominates,
    eps_front,
    hypervolume_2d,
    knee,
    mixture_at,
    pareto_front,
    ties_of,
)
from .planner import (
    Advice,
    advise,
)
from .power_fit import (
    PowerFit,
    fit_coverage,
)
from .prices import (
    Price,
    PriceList,
    implied_prices,
    price_list,
)
from .rewards import (
    Resampling,
    best_attempts_two,
    reachable_by_resampling,
    resampling,
    reward_at_k,
)
from .saturation import (
    accuracy_at_tokens,
    best_chain,
    forced_length_checks,
    hybrid,
    overthinking,
    samples_for_share,
    saturation_curve,
    saturation_point,
    token_budget,
)
from .saturation_fit import (
    SaturationFit,
    fit_saturation,
)
from .selection import (
    adaptive_vote,
    adaptive_vote_recorded,
    filter_vote,
    leader_stays,
    weighted_vote_at_k,
    weighted_vote_limit,
)
from .selectors import (
    SELECTORS,
    SelectorCurves,
    selector_curves,
)
from .single import (
    all_succeed,
    expected_attempts,
    guessing_floor,
    next_sample_gain,
    samples_needed,
    success_within,
)
from .strategies import (
    Assignment,
    DifficultyPlan,
    assign_strategies,
    best_by_difficulty,
    rebase_children,
)
from .systems import (
    Systems,
    read_systems,
)
from .tail_fit import (
    fit_tail_mass,
)
from .tally import (
    Tally,
    tally,
)
from .temperatures import (
    split_over_temperatures,
    temperature_vote,
    union_coverage,
    union_pass_at_k,
)
from .training import (
    RewardFit,
    dco_factor,
    dco_loss,
    fit_rl_reward,
    rl_compute_for,
    rl_reward,
    streams_equivalent,
    verifier_gap_growth,
)
from .until import (
    pass_at_k_until,
    pass_until,
    relative_error_until,
    sampling_of,
)
from .verifiers import (
    break_even_false_positives,
    cascade,
    verified_at_k,
    verifier_accuracy,
    verifier_ceiling,
    verifier_odds,
    verifier_rates,
    verifier_requirement,
    verifier_samples,
    verifier_wrong,
)
from .vote_fit import (
    VoteFit,
    fit_votes,
    question_difficulty,
)
from .votes import (
    majority_at_k,
    majority_binary,
    majority_limit,
    majority_sampled,
    majority_vote,
    vote_failure_bound,
    votes_needed,
    votes_sufficient,
)

__all__ = [
    "SELECTORS", "Advice", "Allocation", "Assignment", "BetaFit", "CoverageCurve", "DifficultyPlan",
    "Drawn", "Extrapolation", "Frontier", "GenerationFlops", "KumaraswamyFit", "Menu", "Option",
    "PowerFit", "Price", "PriceList", "Rates", "Resampling", "RewardFit", "SaturationFit",
    "SelectorCurves", "Systems", "Tally", "TrainOrSample", "VoteFit", "acceptance_line",
    "accuracy_at_tokens", "adaptive_vote", "adaptive_vote_recorded", "advise", "all_succeed", "allocate",
    "allocate_continuous", "allocate_posterior", "answer_costs", "assign_strategies", "auc_of_separation",
    "best_attempts_two", "best_by_difficulty", "best_chain", "best_draft", "best_of_k", "best_of_k_model",
    "best_of_n_kl", "best_within", "beta_correlation", "beta_tail", "break_even_false_positives",
    "break_even_queries", "cascade", "cheapest_for", "convex_front", "coverage_beta",
    "coverage_ceiling_beta", "coverage_curve", "coverage_kumaraswamy", "coverage_power",
    "coverage_uniform", "crossover_batch", "dco_factor", "dco_loss", "decode_seconds", "design_effect",
    "dollars_until_success", "dominator", "draw_configurations", "eps_dominates", "eps_front",
    "expected_attempts", "expected_attempts_beta", "extrapolate", "filter_vote", "fit_beta_binomial",
    "fit_coverage", "fit_kumaraswamy", "fit_rl_reward", "fit_saturation", "fit_tail_mass", "fit_votes",
    "flop_rates", "forced_length_checks", "frontier", "g_pass_at_k", "generation_flops", "guessing_floor",
    "hybrid", "hypervolume_2d", "implied_prices", "inference_multiplier", "iso_accuracy", "knee",
    "kv_bytes_parallel", "kv_bytes_per_token", "kv_bytes_sequential", "leader_stays", "lifetime_dollars",
    "local_exponent", "local_exponent_beta", "longest_exponential", "longest_of_k", "longest_recorded",
    "majority_at_k", "majority_binary", "majority_limit", "majority_sampled", "majority_vote", "menu",
    "mixture_at", "next_problem", "next_sample_gain", "objective_winners", "option", "options_of",
    "overthinking", "parallel_dollars", "parallel_seconds", "pareto_front", "pareto_many", "pass_all_k",
    "pass_at_k", "pass_at_k_interval", "pass_at_k_plugin", "pass_at_k_until", "pass_at_k_variance",
    "pass_at_k_variance_estimate", "pass_until", "posterior_variance", "power_law_facts", "price_list",
    "question_difficulty", "reachable_by_resampling", "read_systems", "rebase_children",
    "relative_error_until", "resampling", "reward_at_k", "rl_compute_for", "rl_reward",
    "samples_for_coverage", "samples_for_estimate", "samples_for_score", "samples_for_share",
    "samples_needed", "samples_worth_paying", "sampling_of", "saturation_curve", "saturation_point",
    "selector_curves", "separation_of_auc", "sequential_dollars", "sequential_seconds", "solved_by_cap",
    "speculative_speedup", "speculative_tokens", "split_over_temperatures", "streams_equivalent",
    "success_within", "tally", "temperature_vote", "ties_of", "token_budget", "tokens_parallel",
    "tokens_sequential", "train_or_sample", "turning_point", "union_coverage", "union_pass_at_k",
    "verified_at_k", "verifier_accuracy", "verifier_ceiling", "verifier_gap_growth", "verifier_odds",
    "verifier_rates", "verifier_requirement", "verifier_samples", "verifier_wrong", "vote_failure_bound",
    "vote_mixture", "votes_needed", "votes_sufficient", "weighted_vote_at_k", "weighted_vote_limit",
    "wilson", "worst_of_k",
]  # fmt: skip
