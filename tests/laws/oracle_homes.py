"""Where each law of the table of oracles lives, and how a row of the table is put to it.

A home is a function of the row's inputs and coefficients that returns what the row expects: a number, an
array, or a dictionary with at least the expected keys. The table uses the names of the papers; where a law or
function names a quantity otherwise, the home says so.
"""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

import scalewidgets as sw
from scalewidgets import allocation, conversions, laws, schedules
from scalewidgets.fitting import scores
from scalewidgets.fitting.grid import multistart
from scalewidgets.laws import (
    architecture,
    batch,
    compression,
    data,
    filtering,
    gaussian,
    hyperparameters,
    precision,
    theory,
    translation,
    vision,
)
from scalewidgets.laws.best_mixture import optimal_mixture
from scalewidgets.laws.broken_curves import m4
from scalewidgets.laws.schedules import annealing_areas, sequence_law

HOMES: dict[str, Callable] = {}

# The fit behind A = 482.01 of arXiv:2404.10102 with all its digits: least absolute deviations. Its E is
# 1.81686; the printed 1.8172 is that of another fit.
LIKELIHOOD_FIT = {"A": 482.0060, "B": 2085.4360, "E": 1.8168641, "alpha": 0.34781307, "beta": 0.36585416}


def value(name: str, inputs: dict, coefficients: dict) -> np.ndarray:
    """The law of the registry at exactly these names; a coefficient that it does not have is an error."""
    return laws.law(name).value(inputs, coefficients)


def some(name: str, coefficients: dict) -> dict:
    """Those of the coefficients that a law has."""
    return {key: coefficients[key] for key in laws.law(name).coefficient_names}


def renamed(given: dict, **names: str) -> dict:
    return {names.get(key, key): entry for key, entry in given.items()}


def home(*names: str) -> Callable:
    def add(function: Callable) -> Callable:
        for name in names:
            HOMES[name] = function
        return function

    return add


def in_the_registry(name: str, **names: str) -> None:
    """A law whose symbols are those of the table, but for ``names``."""
    HOMES[name] = lambda i, c: value(name, renamed(i, **names), renamed(c, **names))


for _name in (
    "chinchilla",
    "farseer",
    "hestness",
    "infinite_compute",
    "isik_log",
    "kaplan_C",
    "kaplan_Cmin",
    "kaplan_D",
    "kaplan_N",
    "kaplan_ND",
    "kaplan_NS",
    "kaplan_bcrit",
    "cpt_dynamics",
    "loss_to_loss",
    "moe_granularity",
    "moe_sparsity",
    "p2_law",
    "d_cpt",
    "transfer",
    "shifted_power",
    "unified_c",
    "value_rl_data",
    "passuntil",
    "precision_ptq",
    "scalerl",
):
    in_the_registry(_name)
in_the_registry("compression_capacity", L="L_sat")
in_the_registry("kaplan_overfit", exp="p")
in_the_registry("rectified_ft", D="D_f")
in_the_registry("zhai", C_corehours_k="C_days")


@home("power_const")
def _power_const(i, c):
    if "ratio_N" not in i:
        return value("power_const", i, c)
    # Henighan et al. print an exponent without a floor: of any amplitude the ratio of losses is the same.
    ends = value("power_N", {"N": [1e8, 1e8 * i["ratio_N"]]}, {"E": 0.0, "A": 7.0, "alpha": c["alpha_N"]})
    return ends[1] / ends[0]


# -- data ---


@home("data_constrained")
def _data_constrained(i, c):
    inputs = renamed(i, U_D="U")
    constants = {name: entry for name, entry in c.items() if name != "E"}
    return {"L": value("data_constrained", inputs, c), **data.repeated_parts(**inputs, **constants)}


@home("effective_data")
def _effective_data(i, c):
    return value("effective_data", renamed(i, U_D="U"), c)


@home("data_mixing_exp")
def _data_mixing_exp(i, c):
    domains = [
        {"c": c["c"][k], "k": c["k"][k], "t_1": c["t"][k][0], "t_2": c["t"][k][1]} for k in range(len(c["c"]))
    ]
    form = laws.law("data_mixing_exp")
    if "r" in i:
        shares = {"r_1": i["r"][0], "r_2": i["r"][1]}
        return [form.value(shares, domain) for domain in domains]
    best = optimal_mixture([(form, domain) for domain in domains], weights=i["weights"])
    return {"r1": best.shares["r_1"], "loss": best.value}


@home("data_mixing_additive")
def _data_mixing_additive(i, c):
    inputs = {"N": i["N"], "D": i["D"], "h_1": i["h"][0], "h_2": i["h"][1]}
    constants = {name: c[name] for name in ("E", "A", "alpha", "B", "beta")}
    constants |= {f"{name}_{k + 1}": c[name][k] for name in ("C", "gamma") for k in (0, 1)}
    return value("data_mixing_additive", inputs, constants)


@home("data_filtering_qqt")
def _data_filtering(i, c):
    return filtering.data_filtering_qqt(i["samples_seen"], i["pool"], **c)


# -- language and curves ---


@home("gadre_overtrain")
def _gadre(i, c):
    if not i:
        # The cheapest tokens per parameter is where the law is lowest at one compute.
        surface = {"E": 0.0, **c}
        found = minimize_scalar(
            lambda log_m: float(value("gadre_overtrain", {"C": 1.0, "M": np.exp(log_m)}, surface)),
            bracket=(0.0, 2.0),
            tol=1e-12,
        )
        return np.exp(found.x)
    loss = value("gadre_overtrain", i, {name: c[name] for name in ("a", "b", "eta", "E")})
    error = {name: c[f"err_{name}"] for name in ("k", "gamma", "epsilon")}
    return {"L": loss, "err_17task": value("gadre_error", {"L": loss}, error)}


@home("llama3")
def _llama3(i, c):
    tokens = value("llama3", i, c)
    return {"D": tokens, "N_6ND": i["C"] / (6 * tokens)}


@home("minicpm")
def _minicpm(i, c):
    # The exponent is the slope of the law in log compute.
    ends = value("minicpm", {"C18": [6.0, 6.0 * np.e]}, {"K2": 0.01, **c})
    return {"eta": np.log(ends[1] / ends[0])}


@home("bnsl")
def _bnsl(i, c):
    ((c1, d1, f1),) = c["breaks"]
    constants = {"a": c["a"], "b": c["b"], "c0": c["c0"], "c1": c1, "d1": d1, "f1": f1}
    if c["a"]:
        return value("bnsl", i, constants)
    y = value("bnsl", {"x": [i["x"], 10 * i["x"]]}, constants | {"a": 0.0})
    return np.log10(y[1] / y[0])


@home("m4")
def _m4(i, c):
    return m4(i["x"], **c)


# -- schedules ---


@home("lr_annealing")
def _lr_annealing(i, c):
    forward, annealing = annealing_areas(i["lrs"], i["lambda"])
    return {"S1": forward[-1], "S2": annealing[-1]}


@home("multi_power_law")
def _multi_power_law(i, c):
    if "warmup" in i:
        plan = schedules.cosine(i["peak"], i["total"], i["warmup"], i["end"])
        step = i["step"]
    elif i["schedule"].startswith("constant 3e-4, indices 0..1000"):
        plan, step = schedules.constant(3e-4, 1000), 1000
    else:
        assert i["schedule"] == "3e-4 for indices 0..499 then 3e-5 for 500..1000"
        plan, step = schedules.two_stage(3e-4, 1000, second=3e-5, switch=500), 1000
    return sequence_law("multi_power_law").value(plan, step, c, exact=True)


# -- other modalities, theory ---


@home("nmt_bivariate")
def _nmt_bivariate(i, c):
    encoder, decoder = translation.nmt_split(i["N_total"], **c)
    return {"N_e": encoder, "N_d": decoder}


@home("nmt_multilingual")
def _nmt_multilingual(i, c):
    effective = value("nmt_effective", i, c)
    # What it means: a model of the pair alone, of the effective size, has the loss of this one.
    mixed = value("nmt_multilingual", i, {"beta_p": c["beta_p"], "alpha": c["alpha"], "L_inf": 1.0})
    alone = {"beta_p": c["beta_1"], "alpha": c["alpha"], "L_inf": 1.0}
    assert value("nmt_multilingual", {"N": effective}, alone) == pytest.approx(mixed, rel=1e-12)
    return {"f": effective / i["N"], "N_eff": effective}


@home("sovit")
def _sovit(i, c):
    shape = {name: c[name] for name in ("alpha", "a", "beta", "b", "c")}
    best, later = (vision.sovit_optimum(t, **shape) for t in (i["t"], np.e * i["t"]))
    return {
        "x_star": best,
        "f_star": value("sovit", {"x": best, "t": i["t"]}, c),
        "s": np.log(later / best),
    }


@home("quantization_model")
def _quantization_model(i, c):
    return theory.quantization_exponents(**c)


@home("bahri")
def _bahri(i, c):
    return renamed(theory.bahri_exponents(**c), resolution_limited="resolution_limited_ce")


@home("bordelon")
def _bordelon(i, c):
    return theory.bordelon_exponents(**c)


@home("superposition")
def _superposition(i, c):
    ends = value("superposition", {"m": [512.0, 512.0 * i["m_ratio"]]}, {"A": 3.0, **c})
    return ends[1] / ends[0]


# -- precision and compression ---


@home("precision")
def _precision(i, c):
    parts = {**{"n_w": 0.0, "n_a": 0.0, "n_kv": 0.0, "gamma_a": 1.0, "gamma_kv": 1.0}, **c}
    exact = {"P_a": np.inf, "P_kv": np.inf}
    bits = {name: i.get(name, exact.get(name)) for name in ("P_w", "P_a", "P_kv")}
    shares = some("precision_params", parts)
    effective = value("precision_params", {"N": i["N"], **bits}, shares)
    if "D" not in i:
        return effective
    return {
        "frac": value("precision_params", {"N": 1.0, **bits}, shares),
        "N_eff": effective,
        "L": value("precision", i, c),
    }


@home("precision_opt")
def _precision_opt(i, c):
    return precision.precision_opt(c)


@home("sparsity")
def _sparsity(i, c):
    if "D" in i:
        return value("sparsity", renamed(i, N_nonzero="N"), c)
    return value("sparsity_gain", i, some("sparsity_gain", c))


@home("avg_params")
def _avg_params(i, c):
    last = i["N0"] * (1 - i["final_sparsity"])
    return compression.mean_params([0, i["prune_start"], i["prune_end"], 1], [i["N0"], i["N0"], last, last])


@home("gaussian_mse")
def _gaussian_mse(i, c):
    return {"mse": gaussian.gaussian_mse(i["bits"]), "step": gaussian.gaussian_step(i["bits"])}


# -- architecture ---


@home("clark_moe")
def _clark(i, c):
    if not i:
        return architecture.clark_cutoff(c)
    effective = value("clark_experts", {"E": i["E"]}, some("clark_experts", c))
    return {"E_hat": effective, "L": value("clark_moe", i, c)}


@home("gemstones_wd")
def _gemstones(i, c):
    scale, power = np.exp(c["log_coef"]), c["exp"]
    constants = {"E": np.exp(c["e"]), "A": scale[0], "B": scale[1], "C": scale[2]}
    constants |= {"alpha": power[0], "beta": power[1], "gamma": power[2]}
    return value("gemstones_wd", renamed(i, tokens="D"), constants)


@home("parscale")
def _parscale(i, c):
    multiplier = value("parscale_params", {"N": 1.0, "P": i["P"]}, {"k": c["k"]})
    return {"L": value("parscale", i, c), "param_multiplier": multiplier}


# -- batch, learning rate, weight decay ---


@home("mccandlish")
def _mccandlish(i, c):
    if "c_E" in i:
        return batch.cheapest_batch(i["B_crit"], per_token=i["c_E"], per_step=i["c_T"])
    steps = value("mccandlish", {"B": i["B"]}, {"S_min": i["S_min"], "B_crit": i["B_crit"]})
    least = i["S_min"] * i["B_crit"]
    tokens = value("mccandlish_data", {"B": i["B"]}, {"D_min": least, "B_crit": i["B_crit"]})
    return {"S": steps, "E_examples": tokens, "E_over_Emin": tokens / least}


@home("critical_batch")
def _critical_batch(i, c):
    return value("critical_batch" if "D" in i else "critical_batch_N", i, renamed(c, coef="c", exp="m"))


@home("power_lines")
def _power_lines(i, c):
    if "TPP" in i:
        return value("power_lines", i, c)
    if "tau" in i:
        return batch.weight_decay(i["B_tokens"], i["eta"], i["D"], i["tau"])
    if "D_ratio" in i:
        ratio = {"D": i["D_ratio"]}
        return {
            "B_opt_ratio": value("power_lines_batch", ratio, {"c": 1.0, "m": c["m_opt"]}),
            "B_crit_ratio": value("power_lines_critical", ratio, {"c": 1.0, "m": c["m_crit"]}),
        }
    if "D_min" in i:
        return value("power_lines_critical", renamed(i, D_min="D"), c)
    return value("power_lines_batch", i, c)


@home("step_law")
def _step_law(i, c):
    rate, size = laws.law("step_law_lr").published, laws.law("step_law_batch").published
    if not i:
        lr, bs = rate[1].values, size[1].values
        said = {"lr_coef": lr["c"], "lr_expN": lr["m"], "lr_expD": lr["n"]}
        return said | {"bs_coef": bs["c"], "bs_expD": bs["m"]}
    assert [rate[0].values[name] for name in ("c", "m", "n")] == c["lr"]
    assert [size[0].values[name] for name in ("c", "m")] == c["bs"]
    return hyperparameters.step_law(i["N"], i["D"])


@home("deepseek_hparams")
def _deepseek(i, c):
    said = hyperparameters.deepseek_hparams(i["C"])
    named = renamed(said, flops_per_token="M_opt", tokens="D_opt")
    return named | {"M_times_D": named["M_opt"] * named["D_opt"]}


@home("porian_hparams")
def _porian(i, c):
    return renamed(hyperparameters.porian_hparams(i["N"]), batch_sequences="batch_sequences_2048")


# -- downstream ---


@home("observational")
def _observational(i, c):
    inputs = {f"S_{k + 1}": score for k, score in enumerate(i["S"])}
    constants = {"h": c["h"], "alpha": c["alpha"]}
    constants |= {f"beta_{k + 1}": weight for k, weight in enumerate(c["beta"])}
    return value("observational", inputs, constants)


# -- statistics ---


@home("huber")
def _huber(i, c):
    return scores.huber(i["r"], c["delta"])


@home("huber_likelihood")
def _huber_likelihood(i, c):
    return scores.huber_likelihood(i["delta"])


@home("multistart")
def _multistart(i, c):
    given, own = multistart(c), multistart()
    assert all(np.array_equal(given[name], own[name]) for name in own)
    return len(given["alpha"])


@home("information_criteria")
def _information(i, c):
    said = scores.information_criteria(i["rss"], i["n"], i["k"])
    return renamed(said, aic="AIC", aicc="AICc", bic="BIC")


@home("metrics")
def _metrics(i, c):
    said = scores.metrics(i["y"], i["yhat"])
    return renamed(said, mse="MSE", nmse="NMSE", r2="R2", nmae="NMAE", are="ARE")


@home("epoch_fit")
def _epoch_fit(i, c):
    runs = sw.load("chinchilla")
    exclude = "default" if i["n"] == 240 else None
    if "resamples" in i:
        fit = sw.fit(runs, "chinchilla", resamples=i["resamples"], seed=42)
        names = fit.law.coefficient_names
        return {"se": fit.standard_errors(), "ci95": {name: fit.interval(name, 0.95) for name in names}}
    fit = sw.fit(runs, "chinchilla", resamples=0, exclude=exclude)
    assert fit.certificate.n_runs == i["n"]
    printed, tex = (known.values for known in laws.law("chinchilla").published[:2])
    published = {"published_A482_params": LIKELIHOOD_FIT, "hoffmann_tex": tex, "hoffmann_rounded": printed}
    objectives = {
        name: sw.fitting.objective_value("chinchilla", values, runs, exclude=exclude)
        for name, values in published.items()
    }
    return {**fit.coefficients, "objective": fit.objective, "grid_optimum": fit.objective, **objectives}


# -- units, accounting ---


@home("units")
def _units(i, c):
    return conversions.nats_to_bits_per_byte(i["loss"], tokens_per_byte=i["tokens_per_byte"])


@home("flops")
def _flops(i, c):
    if "N" in i:
        return allocation.flops(i["N"], i["D"])
    size = allocation.kaplan_params(i["n_layer"], i["d"])
    return {"N": size, "fwd_per_token": allocation.kaplan_forward_flops(i["n_layer"], i["d"], i["n_ctx"])}


@home("flops_exact")
def _flops_exact(i, c):
    said = allocation.flops_exact(**{name: entry for name, entry in i.items() if name != "N_reported"})
    if "N_reported" in i:
        return said.ratio_to_6n(i["N_reported"])
    return {
        "train_flops_per_sequence": said.train,
        "per_token": said.per_token,
        "params_approx": said.params,
        "ratio_to_6N": said.ratio_to_6n(),
    }


@home("flops_deepseek")
def _flops_deepseek(i, c):
    per_token = allocation.flops_deepseek(i["n_layer"], i["d"], i["l_seq"])
    return {"M": per_token, "six_N1": 6 * allocation.kaplan_params(i["n_layer"], i["d"])}


@home("flops_inference")
def _flops_inference(i, c):
    return allocation.flops_inference(i["N"], i["n_layer"], i["d"], i["n_kv"])


@home("cost")
def _cost(i, c):
    known = [rate.value for name in allocation.devices() for rate in allocation.device(name).peaks.values()]
    assert c["peak_flops"] in known
    said = allocation.cost(
        i["C"],
        peak_flops=c["peak_flops"],
        utilisation=i["MFU"],
        price_per_hour=i["price_per_hour"],
        watts=i["TDP_W"],
        pue=i["PUE"],
    )
    return {"gpu_hours": said.gpu_hours, "usd": said.dollars, "kWh": said.kwh}


# -- allocation ---

# What depends on the exponents alone is asked of a surface with any amplitudes.
ANY_SURFACE = {"E": 1.0, "A": 3.0, "B": 5.0}


@home("chinchilla_opt")
def _chinchilla_opt(i, c):
    if not i:
        return allocation.chinchilla_opt(1e20, ANY_SURFACE | c).loss_exponent
    best = allocation.chinchilla_opt(i["C"], c)
    return {
        "G": best.scale,
        "a": best.exponent,
        "b": best.tokens_exponent,
        "N_opt": best.params,
        "D_opt": best.tokens,
        "tokens_per_param": best.ratio,
        "L": best.loss,
    }


@home("chinchilla_grad")
def _chinchilla_grad(i, c):
    gains = allocation.chinchilla_grad(i["N"], i["D"], c)
    return {"dL_dlnN": gains.params, "dL_dlnD": gains.tokens}


@home("chinchilla_isoloss")
def _chinchilla_isoloss(i, c):
    exponents = (c["alpha"], c["beta"])
    if not i:
        return allocation.smallest_isoloss(*exponents)
    factor = i["k"] if "k" in i else i["size_factor"]
    traded = allocation.chinchilla_isoloss(factor, *exponents)
    if "k" in i:
        return {"q": traded.tokens, "compute_ratio": traded.compute}
    best = allocation.chinchilla_opt(i["C_opt"], c)
    size, tokens = factor * best.params, traded.tokens * best.tokens
    assert value("chinchilla", {"N": size, "D": tokens}, c) == pytest.approx(best.loss, rel=1e-12)
    return {"N": size, "D": tokens, "compute_ratio": traded.compute, "tokens_per_param": tokens / size}


@home("overtraining_cost")
def _overtraining_cost(i, c):
    said = allocation.overtraining_cost(i["C"], i["M"], c)
    return {
        "N": said.params,
        "D": said.tokens,
        "L": said.loss,
        "C_equiv_optimal": said.optimal_flops,
        "extra_compute_factor": said.factor,
    }


@home("approach2_bias")
def _approach2_bias(i, c):
    width = i["half_width_factor"] if "half_width_factor" in i else np.exp(i["half_width_ln"])
    return allocation.approach2_bias(c["alpha"], c["beta"], half_width=width, points=i["n_points"])


@home("inference_aware")
def _inference_aware(i, c):
    best = allocation.inference_aware(i["target_loss"], i["D_inf"], c)
    gains = allocation.chinchilla_grad(best.params, best.tokens, c)
    return {
        "N": best.params,
        "D_train": best.tokens,
        "total_flops": best.flops,
        "foc_lhs": gains.params / gains.tokens,
        "foc_rhs": 1 + i["D_inf"] / (3 * best.tokens),
    }


@home("kaplan_ND_opt")
def _kaplan_nd_opt(i, c):
    names = renamed(c, A="N_c", B="D_c", alpha="alpha_N", beta="alpha_D")
    best = allocation.kaplan_ND_opt(i["C"], names)
    return {"N_opt": best.params, "exponent": best.exponent}


@home("kaplan_alloc")
def _kaplan_alloc(i, c):
    if not i:
        return allocation.kaplan_alloc(**c).loss
    return allocation.KaplanExponents.params_at(i["C_min_pfdays"], c["coef"], c["exp"])


@home("delta_method")
def _delta_method(i, c):
    if i:
        return allocation.delta_method(i["C"], c).gradient
    said = allocation.delta_method(1e20, ANY_SURFACE | c)
    by_alpha, by_beta = said.exponent_gradient[3:]
    return {"a": said.exponent, "da_dalpha": by_alpha, "da_dbeta": by_beta}


@home("ces")
def _ces(i, c):
    return allocation.ces(**c)
