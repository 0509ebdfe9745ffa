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
from .rewards import (
    Resampling,
    best_attempts_two,
    reachable_by_resampling,
    resampling,
    reward_at_k,
)
from .saturation import (
    best_chain,
    forced_length_checks,
    hybrid,
    overthinking,
    samples_for_share,
    saturation_curve,
    saturation_point,
    token_budget,
)
from .single import (
    all_succeed,
    expected_attempts,
    guessing_floor,
    next_sample_gain,
    samples_needed,
    success_within,
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

__all__ = [
    "CoverageCurve",
    "Resampling",
    "all_succeed",
    "best_attempts_two",
    "best_chain",
    "beta_correlation",
    "beta_tail",
    "break_even_false_positives",
    "cascade",
    "coverage_beta",
    "coverage_ceiling_beta",
    "coverage_curve",
    "coverage_kumaraswamy",
    "coverage_power",
    "coverage_uniform",
    "design_effect",
    "expected_attempts",
    "expected_attempts_beta",
    "forced_length_checks",
    "g_pass_at_k",
    "guessing_floor",
    "hybrid",
    "local_exponent",
    "local_exponent_beta",
    "next_sample_gain",
    "overthinking",
    "pass_all_k",
    "pass_at_k",
    "pass_at_k_interval",
    "pass_at_k_plugin",
    "pass_at_k_until",
    "pass_at_k_variance",
    "pass_at_k_variance_estimate",
    "pass_until",
    "posterior_variance",
    "power_law_facts",
    "reachable_by_resampling",
    "relative_error_until",
    "resampling",
    "reward_at_k",
    "samples_for_coverage",
    "samples_for_share",
    "samples_needed",
    "samples_worth_paying",
    "sampling_of",
    "saturation_curve",
    "saturation_point",
    "success_within",
    "token_budget",
    "verified_at_k",
    "verifier_accuracy",
    "verifier_ceiling",
    "verifier_odds",
    "verifier_rates",
    "verifier_requirement",
    "verifier_samples",
    "verifier_wrong",
    "wilson",
]
