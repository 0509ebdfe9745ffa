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
