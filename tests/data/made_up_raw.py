"""Made-up rows in the layout of every raw source, with the quirks that the compiler corrects."""

import gzip
import json
from pathlib import Path

import made_up_studies
from tables import multi_power
from tables.aider import BOARDS

from scalewidgets.schedules import Schedule

CHINCHILLA = """\
x,y,color,Model Size,Training FLOP,hex_color,loss
1,2,#faebdd,100000000.5,6.0e+18,#faebdd,5.005581996196243
1,2,#faebdd,200000000,1.2e+19,#faebdd,4.1
1,2,#faebdd,300000000,1.8e+19,#faebdd,4.2
1,2,#faebdd,400000000,2.4e+19,#faebdd,2.5
1,2,#faebdd,500000000,3.0e+19,#faebdd,4.3
1,2,#faebdd,600000000,3.6e+19,#faebdd,4.4
"""

TRAJECTORIES = """\
index,data,epochs,token_num,loss,num_params,model_args,tokens_per_epoch,flops,checkpoint
0,c4,44,1000,6.5,2.8B,"{'tensorboard': 'a'}",9,5e23,x
1,c4,44,88000,3.5,2.8B,"{'tensorboard': 'a'}",9,4e23,x
2,oscar,3,1000,6.1,2.8B,"{'tensorboard': 'b'}",9,5e23,x
3,oscar,3,3000,3.1,2.8B,"{'tensorboard': 'b'}",9,4e23,x
4,oscar,4,1000,6.1,2.8B,"{'tensorboard': 'c'}",9,5e23,x
5,oscar,4,3000,3.1,2.8B,"{'tensorboard': 'c'}",9,4e23,x
"""

CONTOUR = """\
index,data,epochs,token_num,openLM_loss,num_params,model_args,tokens_per_epoch,flops,checkpoint
0,c4,4.0,16000000000,2.82,2810000000.0,{'name': '2b816b4b'},1500000000.0,2.0e20,x
"""

CODE = """\
index,data,epochs,token_num,loss,num_params,model_args,tokens_per_epoch,flops,checkpoint,Seed
0,c4,10,5242880000,3.57,4.2B,{},85B,3e22,x,1
1,c4,10,5242880000,0.71,4.2B,{},85B,3e22,x,2
"""

OPT = """\
model_name,model_size,steps,num_token,flops,ppl
OPT,125m,2000,9.0,17.875061,67.522654
OPT,175b,4000,9.903089987,22.9,25.976425
"""

T5 = """\
model_name,steps,val_perplexity,other
base,0,1.83,x
base,10000,1.05,x
xxl,10000,1.04,x
"""

OLMO = """\
Step,model_name,num_params,mc4_en-validation/CrossEntropyLoss,v2-small-mc4_en-validation/CrossEntropyLoss
1000,OLMo-1B ,1B,,3.1
1000,OLMo-7B,7B,2.9,
1000,OLMo-7B-Twin-2T,7B,2.8,
2000,OLMo-7B-Twin-2T,7B,,
"""

GPT3 = """\
model,step,train_loss,val_loss
small,10.5,3.4,
small,20.5,,3.3
175b,299.652555,,1.78
"""

GPT3_SIZES = """\
model_name,num_params,num_layers,width,num_heads,head_dim,batch_size,lr
GPT-3 Small,125M,12,768,12,64,0.5M,6.0×10−4
GPT-3 175B,175.0B,96,12288,96,128,3.2M,0.6×10−4
"""

OVERTRAIN = """\
n,dataset_name,name,N,D,loss_c4_val
0,rpj,rpj-open_lm_7b-1.0,6889410560,137788211200,2.5
1,c4_original,c4_original-tiny,10569312,52846560,5.97
"""

BIMIX = """\
dataset,mix,global_step,ArXiv,avg
Pile,Baseline,10000,2.2,2.9
Pile,Baseline,20000,2.1,2.7
"""

GZIP = {
    "dataset_name": "/gzipscale-0.12-10M",
    "dataset_gzip": [0.12, 0.003],
    "token_ct": 99695,
    "model_stats": {"hidden_size": 64, "num_hidden_layers": 2},
    "model_size": 4178368,
    "num_epochs": 1,
    "train_loss": [10.3, 10.0],
    "valid_loss": [10.1, 9.9],
}

ISOFLOP = """\
table,row,dataset,hparams,warmup,decay,param_count,loss_split,flops,params,tokens,loss
summary_df,0,rw,base,long,kaplan,kaplan,train,6e+16,1000000.0,10000000000.0,4.7
summary_df,4,rw,tuned,short,const,standard,val,6e+16,2000000.0,5000000000.0,4.5
"""

OVERTRAINED = """\
name,dataset,params,params_no_embed,tokens,chinchilla_multiplier,lr,wd,warmup,global_bs,loss_openlm,loss_c4_val
rpj-open_lm_7b-1.0,rpj,6889410560,6680000000,137788211200,1.0,0.0003,0.33,5000,2048,2.4,2.5
c4_original-tiny,c4_original,10569312,5000000,52846560,0.25,0.003,0.033,100,512,6.9,5.97
"""

REPEATED = """\
run,params,tokens,unique_tokens,loss
2b816b4b,2810000000.0,16000000000.0,4000000000.0,2.82
2b855b4bc4seed1,2810000000.0,55000000000.0,4000000000.0,2.6
"""

GEMSTONE = """\
{"run_name":"cooler_P-256x80_pretrain","params_active_precise":50000000,"width":256,"depth":80,"tokens":1000,"step":1,\
"num_nodes":32,"seconds_per_step":1.4,"final_loss":3.5}
{"run_name":"cooler_P-256x80_pretrain","params_active_precise":50000000,"width":256,"depth":80,"tokens":2000,"step":2,\
"num_nodes":32,"seconds_per_step":1.4,"final_loss":3.25}
"""

FINE_TUNED = """\
config name,0,200,1638400,size,family
org/a-124M,4.9,4.2,1.7,124440576,A
"""

SCORES = """\
Model,Model Family,Model Size (B),Pretraining Data Size (T),FLOPs (1E21),\
MMLU,ARC-C,HellaSwag,Winograd,TruthfulQA,GSM8K,XWinograd,HumanEval
org/a-6.7b,A,6.7,1.0,40.2,0.35,0.5,0.77,0.71,0.34,0.08,,0.12
cerebras/btlm-3b-8k-base,BTLM,3.0,627.0,11286.0,,,,,,0.01,,
org/b-110b,B,110.0,,,0.8,0.6,0.9,0.8,0.4,0.5,0.7,0.4
"""

MATH_COUNTS = """\
model,benchmark,problem_idx,n_samples,n_correct
Pythia 12B,MATH,142,10000,32
Pythia 12B,MATH,82,10000,122
Pythia 70M,MATH,82,10000,0
"""

PYTHIA_MODELS = """\
Model Family,Model Nickname,HuggingFace Path,Tokens,Parameters,Parameters Excluding Embeddings
Pythia,Pythia_70M_2M,EleutherAI/pythia-70m,2000000,70000000,18915328
Pythia,Pythia_70M_300B,EleutherAI/pythia-70m,300000000000,70000000,18915328
Pythia,Pythia_12B_300B,EleutherAI/pythia-12b,300000000000,12000000000,11327027200
"""

AGENT_RUNS = """\
total_inference_time,total_prompt_tokens,total_completion_tokens,total_tasks,total_cost,accuracy,strategy,model,run
1929.6,31154,53766,164,1.92452,0.9024390243902439,simple,gpt-4-turbo-2024-04-09,run2
2772.9,38759,68695,164,2.44,0.93,simple_incr_temp,gpt-4-turbo-0409-5step,run1
56632.7,9593044,1285730,164,134.5,0.88,lats,gpt-4-turbo-2024-04-09,run1
2449.4,416441,33500,164,2.18,0.91,ldb,gpt-3.5-turbo-0125+gpt-4-turbo-2024-04-09,run1
"""

AGENT_OUTCOMES = """\
strategy,model,run,task_id,is_solved
simple,gpt-4-turbo-2024-04-09,run1,HumanEval/0,1
simple,gpt-4-turbo-2024-04-09,run2,HumanEval/0,0
simple,gpt-4-turbo-2024-04-09,run1,HumanEval/10,1
simple_repeat,gpt-4-turbo-0409-8repeats-no-temp-incr,run1,HumanEval/0,1
"""

AIDER_ROW = """\
- dirname: {dirname}
  test_cases: {cases}
  model: {model}
  edit_format: {edit_format}
  pass_rate_1: 8.4
  pass_rate_2: {rate}
  date: 2025-08-23
  seconds_per_case: 10.0
  total_cost: {cost}
"""


def aider(board: str) -> str:
    """Rows of one leaderboard: all of them hold one run that is on the main board."""
    row = {
        "dirname": board,
        "cases": 133,
        "model": f"{board} (high)",
        "edit_format": "diff",
        "rate": 3.6,
        "cost": 1.5,
    }
    main = {**row, "dirname": "shared", "cases": 89, "model": "shared", "cost": 0.0}
    others = {
        "polyglot_leaderboard": [
            {**row, "cases": 224, "model": "m (32k thinking)\n  total_tests: 225\n  prompt_tokens: 0"},
            {**row, "dirname": "b", "model": "same", "edit_format": "whole"},
            {**row, "dirname": "c", "model": "same"},
            {**row, "dirname": "d", "model": "lead\n  editor_model: follower", "edit_format": "architect"},
        ],
        "edit_leaderboard": [
            row,
            {**row, "dirname": "e", "cases": 225},
            {**row, "dirname": "f", "cases": 33, "model": "g"},
        ],
        "refactor_leaderboard": [{**row, "cases": 89}],
    }
    text = "".join(AIDER_ROW.format_map(entry) for entry in [main, *others.get(board, [row])])
    return text.replace("  pass_rate_2: 3.6\n", "") if board == "refactor_leaderboard" else text


EMERGENT = """\
Model,parsinlu_qa_2_acc,word_unscrambling_2_exact_match,arithmetic_3ds_2_acc,arithmetic_2dm_2_acc,other
org/b-110b,,0.6,0.9,0.7,1.0
org/a-6.7b,0.25,0.08,0.8,0.4,1.0
org/unknown,0.25,0.08,0.8,0.4,1.0
"""

STREAMS = """\
dataset,parallel_streams,params_non_embedding,loss
pile,1,535813376,2.1113
pile,8,545340552,2.0364
"""

RESAMPLED = """\
lr_intercept,lr_coefN,lr_coefD,bs_intercept,bs_coefD
1.326793425765449,-0.7384425569030296,0.2982972637250051,-1.2815807885614934,0.6025624244893565
"""


def write(raw: Path) -> None:
    """Write the files, the long ones gzipped as they are in the real folder."""
    curves, data = raw / "colpret/aggregated_eval", raw / "colpret/raw_data"
    for folder in (curves, data / "gpt3", data / "redPajama", data / "overtrain", data / "bimix-law"):
        folder.mkdir(parents=True, exist_ok=True)
    for folder in (data / "gzip", data / "lm360_Amber", raw / "epoch-chinchilla"):
        folder.mkdir(parents=True)
    (data / "chinchila_extracted.csv").write_text(CHINCHILLA)
    (raw / "epoch-chinchilla/svg_extracted_data.csv").write_text(CHINCHILLA)
    zipped(curves / "datablations_losses.csv.gz", TRAJECTORIES)
    (curves / "datablations_contour_losses.csv").write_text(CONTOUR)
    (curves / "datablations_code_losses.csv").write_text(CODE)
    (curves / "opt_trajectories.csv").write_text(OPT)
    zipped(curves / "t5_pile.csv.gz", T5)
    zipped(curves / "olmo.csv.gz", OLMO)
    zipped(curves / "K2.csv.gz", long_curve("k2 training - lm loss", "tokens_seen", 2000))
    zipped(curves / "llm360Mamba3B.csv.gz", long_curve("loss", "step", 3000, skip_first=True))
    (data / "lm360_Amber/other.csv").write_text("Step,downstream_eval - math\n0,21.7\n")
    (data / "lm360_Amber/ppl.csv").write_text("Step,perplexity_eval - Pile-CC\n0,160.0\n359,14.3\n")
    (data / "gpt3/extracted.csv").write_text(GPT3)
    (data / "gpt3/gpt3_metadata.exported.csv").write_text(GPT3_SIZES)
    for size in ("2.4B", "6.7B"):
        (data / f"redPajama/{size}.csv").write_text("80.5, 2.3\n60.25, 2.4\n")
    (data / "overtrain/overtrain_downstreams.csv").write_text(OVERTRAIN)
    (data / "bimix-law/ppls.exported.csv").write_text(BIMIX)
    zipped(data / "gzip/results_new.jsonl.gz", json.dumps(GZIP) + "\n")
    for name, text in {
        "porian/isoflop_points.csv": ISOFLOP,
        "gadre-overtraining/models_tidy.exported.csv": OVERTRAINED,
        "datablations/runs_from_notebook.exported.csv": REPEATED,
        "gemstones/wandb_df_for_fitting_hot.jsonl": GEMSTONE,
        "gemstones/wandb_df_for_fitting_hot_100b+.jsonl": GEMSTONE,
        "gemstones/wandb_df_for_fitting_cool_end.jsonl": GEMSTONE,
        "rectified-finetuning/flan.csv": FINE_TUNED,
        "rectified-finetuning/wmt19.csv": FINE_TUNED,
        "monkeys-pass-at-k/monkeys_pythia_math_counts.csv": MATH_COUNTS,
        "monkeys-pass-at-k/models_pythia.csv": PYTHIA_MODELS,
        "agents-cost-accuracy/plot_data_0409.csv": AGENT_RUNS,
        "agents-cost-accuracy/humaneval_per_task.exported.csv": AGENT_OUTCOMES,
        **{f"aider-leaderboards/{board}.yml": aider(board) for board in BOARDS},
        **made_up_studies.FILES,
        "obsscaling/base_llm_benchmark_eval.csv": SCORES,
        "obsscaling/base_llm_emergent_capability_eval.csv": EMERGENT,
        "parscale/parscale_pile.exported.csv": STREAMS,
        "steplaw/1004_fitted_lr_bs_scaling_model_parameters.csv": RESAMPLED,
        **{
            f"multipowerlaw/csv_{size}/{name}.csv": under(plan)
            for size in multi_power.SIZES
            for name, plan in multi_power.SCHEDULES.items()
        },
    }.items():
        (raw / name).parent.mkdir(parents=True, exist_ok=True)
        (raw / name).write_text(text)


def under(plan: Schedule) -> str:
    """Two logged points of a run under a schedule."""
    steps = (2176, plan.total)
    return "step,lr,loss\n" + "".join(f"{step},{float(plan.lr(step))!r},{4e3 / step!r}\n" for step in steps)


def long_curve(loss: str, along: str, rows: int, skip_first: bool = False) -> str:
    lines = [f"{along},{loss}"]
    lines += [f"{row * 4},{8.0 / (row + 1) + 1.5!r}" for row in range(int(skip_first), rows)]
    return "\n".join(lines) + "\n"


def zipped(path: Path, text: str) -> None:
    path.write_bytes(gzip.compress(text.encode()))
