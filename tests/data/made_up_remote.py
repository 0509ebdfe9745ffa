"""Made-up files of the public data that is not bundled, with their quirks."""

import io
import json

import pandas as pd

_CORPORA = (
    "c4",
    "fineweb_100b",
    "fineweb_1T",
    "fineweb_edu_100b",
    "proof_pile_2",
    "slimpajama",
    "smollm",
    "starcoder",
)
_LOSSES = ",".join(f"eval/{name}_val/CrossEntropyLoss" for name in _CORPORA)
_MOE = "exp_name,D,ti,lr,bs,h,numl,loss,smooth loss,N,Na"
_POINTS = "source,provenance,dataset,model,condition,experiment,tokens,params,budget,loss\n"
_FOLDER = "/somewhere/ckpts/Github-Books3-PileCC//"
FIVE_PARTS = (
    *("ArXiv", "PubMed_Abstracts", "PhilPapers", "NIH_ExPorter", "FreeLaw", "USPTO_Backgrounds"),
    *("PubMed_Central", "PG19", "Books3", "BookCorpus2", "Ubuntu_IRC", "OpenSubtitles", "EuroParl"),
    *("Enron_Emails", "HackerNews", "YoutubeSubtitles", "DM_Mathematics", "Github", "Pile-CC"),
    *("OpenWebText2", "StackExchange", "Wikipedia_en"),
)


def lines(*rows: tuple[str, str, str]) -> bytes:
    """Log lines of the mixing study: checkpoint, validation file, loss."""
    return "".join(
        f"{_FOLDER}{run}\t/data/pile.valid.{domain}.bin\t{loss}\n" for run, domain, loss in rows
    ).encode()


def network() -> bytes:
    """One network in a Parquet file, or nothing where there is no pyarrow."""
    columns = {
        **{"namespace": "mammut", "name": "a", "model_simple": "ViT-L-32", "model_mparams": 510.63},
        **{"gflops": 228188160.0, "steps": 3000, "lr": 0.0005, "lr_scheduler": "cosine", "miou": 0.11},
        **{"train_contrastive_loss": 4.48, "samples_seen": 3072000, "global_batch_size": 1024},
    }
    file = io.BytesIO()
    try:
        pd.DataFrame([columns]).to_parquet(file)
    except ImportError:
        return b""
    return file.getvalue()


FILES: dict[str, dict[str, bytes]] = {
    "loss_to_loss": {
        "data/sweep.csv": (
            f"name,n_layers,d_model,params,flops,data,iso_flop,tokens,{_LOSSES}\n"
            f"a,4,256,20000000,7,starcoder,1.2e18,1e10,{','.join(str(2 + i / 8) for i in range(8))}\n"
        ).encode()
    },
    "misfitting": {
        "data/scaling_results_last_ckpt_only.csv": (
            b"loss,C4 Eval Loss,N,N_no_emb,D,C,model,total_steps,current_steps,total_epochs,peak_lr\n"
            b"3.2,3.2,93940416,35842752,16777216000,9456351902178213888,m_35m,16000,16000,125,0.002\n"
            b"3.3,3.3,93940416,35842752,16777216000,9456351902178213888,m_35m,16000,16000,125,0.001\n"
        )
    },
    "step_law": {
        "data/dense_lr_bs_loss.csv": (
            b"h,ffnh,numh,numl,lr,bs,ti,loss,smooth loss,exp_name,D,N,D/N\n"
            b"960,9368,15,7,0.0003453,736,66342,2.41,2.39,dense_a,100000000000,214663680,465.8\n"
        ),
        "data/moe_lr_bs_loss.csv": (
            f"{_MOE}\nmoe_a,2000000000,30517,1.726e-04,32,1408,16,2.72,2.68,2150612992,187973632\n".encode()
        ),
    },
    "isoflops": {
        f"data/isoflops/extract/{source}/isoflops.csv": (
            f"{_POINTS}{source},chinchilla,{data},{model},,{source}__x,1e10,1e9,6.5e19,2.5\n".encode()
        )
        for source, data, model in (
            ("epochai_chinchilla", "massivetext", "chinchilla"),
            ("ml_scalefit", "massivetext", "chinchilla"),
            ("misfitting", "fineweb_c4", "transformer"),
            ("marin_202603", "comma", "llama_2"),
        )
    },
    "mixing_laws": {
        "data/2Mix/70M.txt": lines(
            ("70M_base2_1-0.25-0.75/30000", "Github", "1.44"),
            ("70M_base2_1-0.25-0.75/30000", "Pile-CC", "3.49"),
        ),
        "data/2Mix/160M.txt": lines(("160M_base2_1-0.25-0.75/30000", "Github", "1.3")),
        "data/3Mix/70M.txt": lines(
            ("70M_14-0.25-0.25-0.5/60000", "Books3", "3.5"),
            ("70M_14-0.25-0.25-0.5/60000/", "Books3", "9.9"),
            ("70M_14-0.25-0.25-0.5/last", "Books3", "3.4"),
        ),
        "data/3Mix/160M.txt": lines(
            ("160M_14-0.25-0.25-0.5/1000", "Pile-CC", "4.0"),
            ("160M_14-0.25-0.25-0.5/2000", "Pile-CC", "3.9"),
        ),
        "data/3Mix/410M.txt": lines(("0-0.0-0.0-1.0/30000", "Pile-CC", "2.9")),
    },
    "mixing_laws_five": {
        f"data/5Mix/{size}.txt": lines(
            *(
                (f"{size}_3-0.125-0-0-0.125-0.75/13000", domain, str(number / 8))
                for number, domain in enumerate(FIVE_PARTS, start=8)
            )
        )
        for size in ("70M", "160M", "305M", "410M", "1B")
    },
    "o1_aime": {
        "helpers/results_log_just_ask_nicely.json": json.dumps(
            [{"token_limit": 16, "accuracy": 0.2, "avg_tokens_used": 363.5}]
        ).encode(),
        "helpers/results_log_majority_vote.json": json.dumps(
            [
                {"token_limit": 16, "accuracy": 0.2, "avg_tokens_used": 363.5},
                {"token_limit": 8192, "accuracy": 0.675, "avg_tokens_used": 42867.5},
            ]
        ).encode(),
    },
    "open_clip": {"scaling_laws/data/segmentation_results.parquet": network()},
}
