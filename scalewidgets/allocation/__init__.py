"""What compute buys: counting it, paying for it, and splitting it between parameters and tokens."""

from .accounting import (
    ExactFlops,
    flops,
    flops_deepseek,
    flops_exact,
    flops_inference,
    kaplan_forward_flops,
    kaplan_params,
)
from .allocate import allocate
from .approaches import Approach, ApproachLines, ThreeApproaches, approach_lines, three_approaches
from .bits import Precision, best_bits, effective_share
from .closed_forms import (
    ChinchillaOptimum,
    IsoLoss,
    LogGradient,
    Overtraining,
    ces,
    chinchilla_grad,
    chinchilla_isoloss,
    chinchilla_opt,
    frontier_flops,
    overtraining_cost,
    smallest_isoloss,
)
from .costs import Cost, cost
from .hardware import Device, Rating, device, devices
from .isoflop import approach2_bias
from .kaplan import KaplanExponents, kaplan_alloc, kaplan_ND_opt
from .kaplan_path import KAPLAN_TO_CHINCHILLA, PathStep
from .machine import Machine, price_list
from .memory import ServingMemory, TrainingMemory, kv_bytes
from .next_runs import Advice, next_runs
from .plan import Estimate, Plan
from .rules import SIX_ND, FlopRule, mixture_of_experts, with_attention
from .serving import InferenceAware, implied_inference, inference_aware
from .simulation import simulated
from .steps import Batch, BatchLine, Schedule, best_batch_size, critical_steps
from .surface import Best, Surface
from .trained import trained
from .uncertainty import DeltaMethod, delta_method
from .wrong import Wrong

__all__ = [
    "KAPLAN_TO_CHINCHILLA",
    "SIX_ND",
    "Advice",
    "Approach",
    "ApproachLines",
    "Batch",
    "BatchLine",
    "Best",
    "ChinchillaOptimum",
    "Cost",
    "DeltaMethod",
    "Device",
    "Estimate",
    "ExactFlops",
    "FlopRule",
    "InferenceAware",
    "IsoLoss",
    "KaplanExponents",
    "LogGradient",
    "Machine",
    "Overtraining",
    "PathStep",
    "Plan",
    "Precision",
    "Rating",
    "Schedule",
    "ServingMemory",
    "Surface",
    "ThreeApproaches",
    "TrainingMemory",
    "Wrong",
    "allocate",
    "approach2_bias",
    "approach_lines",
    "best_batch_size",
    "best_bits",
    "ces",
    "chinchilla_grad",
    "chinchilla_isoloss",
    "chinchilla_opt",
    "cost",
    "critical_steps",
    "delta_method",
    "device",
    "devices",
    "effective_share",
    "flops",
    "flops_deepseek",
    "flops_exact",
    "flops_inference",
    "frontier_flops",
    "implied_inference",
    "inference_aware",
    "kaplan_ND_opt",
    "kaplan_alloc",
    "kaplan_forward_flops",
    "kaplan_params",
    "kv_bytes",
    "mixture_of_experts",
    "next_runs",
    "overtraining_cost",
    "price_list",
    "simulated",
    "smallest_isoloss",
    "three_approaches",
    "trained",
    "with_attention",
]
