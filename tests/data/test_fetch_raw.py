"""The public files that the checksums and counts of the loaders were taken from still give them."""

import os

import numpy as np
import pytest

import scalewidgets as sw
from scalewidgets.data.remotes import remotes

FOLDERS = {
    "isoflops": "isoflops",
    "loss_to_loss": "loss-to-loss",
    "misfitting": "misfitting",
    "mixing_laws": "mixinglaws",
    "mixing_laws_five": "mixinglaws",
    "o1_aime": "o1-aime-tokens",
    "open_clip": "openclip-segmentation",
    "step_law": "steplaw",
}


@pytest.mark.parametrize("name", FOLDERS)
def test_counts_are_those_of_the_files(name):
    if name == "open_clip":
        pytest.importorskip("pyarrow")
    entry, table = remotes()[name], sw.fetch(name, path=f"{os.environ['SCALEWIDGETS_RAW']}/{FOLDERS[name]}")
    families = table["family" if "family" in table else "benchmark"]
    models = table["base_model" if "base_model" in table else "model"]
    assert (len(table), families.nunique(), models.nunique()) == (entry.rows, entry.families, entry.models)
    assert [column for column in table.columns if table[column].notna().any()] == list(entry.columns)
    if name == "mixing_laws":
        two = table[table["family"] == "70M, 2 domains"].query("step == 30000").sort_values("r_github")
        assert (np.diff(two["loss_github"]) < 0).all()  # so the first share is that of Github
    if name == "misfitting":
        assert table.duplicated(["model", "tokens", "lr_peak"]).sum() == 21
    if name == "isoflops":
        assert (table["flops"] / (6 * table["params"] * table["tokens"])).between(0.74, 1.12).all()


PARTS = {
    "academic": ["arxiv", "philpapers", "freelaw", "pubmed_central", "nih_exporter"],
    "prose": ["pg19", "books3", "bookcorpus2"],
    "dialogue": ["opensubtitles", "europarl", "enron_emails", "youtubesubtitles"],
    "symbolic": ["dm_mathematics", "github"],
    "internet": ["pile_cc", "openwebtext2", "stackexchange", "wikipedia_en"],
}


@pytest.mark.parametrize("size", ["70M", "160M", "305M", "410M"])
def test_the_loss_on_each_part_falls_with_its_own_share(size):
    table = sw.fetch("mixing_laws_five", path=f"{os.environ['SCALEWIDGETS_RAW']}/mixinglaws")
    rows = table[(table["family"] == f"{size}, 5 domains") & (table["step"] == 30000)]
    assert len(rows) == 26
    for part, domains in PARTS.items():
        loss = rows[[f"loss_{domain}" for domain in domains]].mean(axis=1)
        falls = {other: rows[f"r_{other}"].corr(loss) for other in PARTS}
        assert falls[part] < -0.7
        assert min(value for other, value in falls.items() if other != part) > -0.4


def test_reference_figures_come_out_of_the_fetched_tables():
    raw = os.environ["SCALEWIDGETS_RAW"]
    runs = sw.fetch("misfitting", path=f"{raw}/misfitting")
    best = runs.loc[runs.groupby(["params", "tokens"])["loss"].idxmin()]
    for table, alpha, beta, limit in ((runs, 0.200, 0.636, 1.81), (best, 0.138, 0.670, 1.40)):
        found = sw.fit(table, law="chinchilla", resamples=0).coefficients
        assert found["alpha"] == pytest.approx(alpha, abs=1e-3)
        assert found["beta"] == pytest.approx(beta, abs=1e-3)
        assert found["E"] == pytest.approx(limit, abs=5e-3)
    points = sw.fetch("isoflops", path=f"{raw}/isoflops")
    again = sw.fit(points[points["family"] == "ml_scalefit, massivetext"], law="chinchilla", resamples=0)
    assert again.coefficients["alpha"] == pytest.approx(0.3777, abs=1e-4)
    assert again.coefficients["beta"] == pytest.approx(0.3928, abs=1e-4)
    sweep = sw.fetch("step_law", path=f"{raw}/steplaw")
    dense = sweep[sweep["family"] == "dense"]
    cells = dense.loc[dense.groupby(["params_non_embed", "tokens"])["smooth_loss"].idxmin()]
    inputs = np.column_stack([np.ones(len(cells)), np.log(cells[["params_non_embed", "tokens"]])])
    rate = np.linalg.lstsq(inputs, np.log(cells["lr_peak"]), rcond=None)[0]
    assert rate[1:] == pytest.approx([-0.823, 0.288], abs=1e-3)
    batch = np.polyfit(np.log(cells["tokens"]), np.log(cells["batch_tokens"]), 1)
    assert batch[0] == pytest.approx(0.498, abs=1e-3)
