"""The command line: what a person or a script gets back, and with which exit code."""

import json
import re
import subprocess
import sys

import pytest

from scalewidgets import __version__
from scalewidgets.cli import main
from scalewidgets.data import load


def run(capsys, *words):
    code = main(list(words))
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, out, err


@pytest.fixture
def table(tmp_path):
    """The 240 runs of the fit as a file of the user's."""
    path = tmp_path / "runs.csv"
    runs = load("chinchilla")
    kept = runs.drop(index=runs.attrs["default_exclusions"]["index"])
    kept[["params", "tokens", "loss"]].to_csv(path, index=False)
    return path


def test_version(capsys):
    with pytest.raises(SystemExit) as done:
        main(["--version"])
    assert done.value.code == 0
    assert capsys.readouterr().out == f"scalewidgets {__version__}\n"


def test_datasets_are_listed_for_people_and_for_scripts(capsys):
    code, out, _ = run(capsys, "datasets")
    assert code == 0
    assert "245 rows, 43 models, 1 family, licence MIT" in out
    code, out, _ = run(capsys, "datasets", "--json")
    listed = {entry["name"]: entry for entry in json.loads(out)}
    assert (listed["chinchilla"]["kind"], listed["hitchhikers"]["kind"]) == ("runs", "runs")
    assert listed["chinchilla"]["bundled"]
    assert not listed["step_law"]["bundled"]
    assert listed["step_law"]["files"][0].keys() == {"path", "bytes", "sha256"}
    code, out, _ = run(capsys, "datasets", "chinchilla", "--json")
    assert json.loads(out) == listed["chinchilla"]


def test_listing_the_datasets_starts_no_numerics():
    code = (
        "import sys; from scalewidgets.cli import main; main(['datasets']); "
        "assert not {'numpy', 'pandas', 'sympy', 'bokeh', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_it_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "scalewidgets", "fit", "nope.csv"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("scalewidgets: nope.csv: there is no such file")


def test_a_closed_pipe_is_no_error():
    command = f"{sys.executable} -m scalewidgets datasets --json | head -c 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert done.stderr == ""


def test_the_bundled_fit_as_json(capsys):
    words = ("fit", "--dataset", "chinchilla", "--law", "chinchilla", "--resamples", "50", "--json")
    code, out, err = run(capsys, *words)
    assert (code, err) == (0, "")
    fit = json.loads(out)
    for name, value in {
        "A": 477.826,
        "B": 2143.417,
        "E": 1.817218,
        "alpha": 0.347311,
        "beta": 0.367172,
    }.items():
        assert fit["coefficients"][name] == pytest.approx(value, rel=2e-5)
    assert fit["objective"] == pytest.approx(0.0010182740178006, rel=1e-10)
    assert fit["status"].upper() == "CONVERGED"
    assert run(capsys, *words)[1] == out  # the same seed gives the same bytes


def test_the_same_runs_from_a_file_give_the_same_fit(capsys, table):
    words = ("--law", "chinchilla", "--objective", "huber_log", "--delta", "1e-3")
    options = (*words, "--resamples", "20", "--seed", "0", "--json")
    from_file = json.loads(run(capsys, "fit", str(table), *options)[1])
    bundled = json.loads(run(capsys, "fit", "--dataset", "chinchilla", *options)[1])
    for name, value in bundled["coefficients"].items():
        assert from_file["coefficients"][name] == pytest.approx(value, rel=1e-9)


def test_rows_can_be_left_out_as_the_file_counts_them(capsys, table):
    base = ("fit", str(table), "--resamples", "0", "--json")
    fit = json.loads(run(capsys, *base, "--exclude", "2,41")[1])
    everything = json.loads(run(capsys, *base, "--exclude", "none")[1])
    assert fit["certificate"]["n_excluded"] == 2
    assert everything["certificate"]["n_excluded"] == 0
    code, _, err = run(capsys, *base, "--exclude", "1")
    assert code == 2
    assert "row 1, which the table does not have" in err
    assert run(capsys, *base, "--exclude", "some")[0] == 2


def test_the_report_is_for_people(capsys):
    code, out, _ = run(capsys, "fit", "--dataset", "chinchilla", "--resamples", "50")
    assert code == 0
    assert re.search(r"1\.8", out)


def test_one_family_of_a_collection(capsys):
    code, out, _ = run(
        capsys, "fit", "--dataset", "hitchhikers", "--family", "overtrain-C4", "--resamples", "0", "--json"
    )
    fit = json.loads(out)
    # The published check of the over-trained runs, Huber 1e-3 on all points.
    assert code == 0
    assert fit["coefficients"]["E"] == pytest.approx(1.620, abs=5e-3)
    assert fit["coefficients"]["alpha"] == pytest.approx(0.2526, abs=1e-3)
    assert fit["coefficients"]["beta"] == pytest.approx(0.2622, abs=1e-3)


def test_doubts_about_a_file_are_said(capsys, tmp_path):
    runs = load("chinchilla").iloc[5:14]
    runs[["params", "tokens", "loss"]].to_csv(tmp_path / "few.csv", index=False)
    _, _, err = run(capsys, "fit", str(tmp_path / "few.csv"), "--resamples", "0")
    assert "warning: 9 runs are few" in err


def test_runs_that_cannot_tell_size_from_data_exit_with_one(capsys, tmp_path):
    runs = load("chinchilla").iloc[5:]
    runs = runs.assign(tokens=runs["params"] * 20)
    runs[["params", "tokens", "loss"]].to_csv(tmp_path / "line.csv", index=False)
    code, _, err = run(capsys, "fit", str(tmp_path / "line.csv"), "--resamples", "0")
    assert code == 1
    assert err


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("fit",), "Exactly one table is needed"),
        (("fit", "runs.csv", "--dataset", "chinchilla"), "Exactly one table is needed"),
        (("fit", "--dataset", "chinchila"), "Did you mean chinchilla?"),
        (("fit", "--dataset", "chinchilla", "--law", "chinchila"), "Did you mean chinchilla or"),
        (("fit", "--dataset", "hitchhikers"), "holds 31 families"),
        (("fit", "--dataset", "hitchhikers", "--family", "gpt-3"), "Did you mean gpt3"),
        (("fit", "--dataset", "chinchilla", "--columns", "params=N"), "is for a FILE"),
        (("fit", "runs.csv", "--columns", "params"), "is not NAME=COLUMN"),
    ],
)
def test_bad_requests_are_a_sentence_and_exit_code_two(capsys, words, what):
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert what in err


@pytest.mark.parametrize(
    "words", [("--delta", "0"), ("--resamples", "-1"), ("--level", "2"), ("--objective", "x")]
)
def test_bad_options_exit_with_two(capsys, words):
    with pytest.raises(SystemExit) as done:
        main(["fit", "--dataset", "chinchilla", *words])
    assert done.value.code == 2


def test_a_bad_cell_is_reported_with_its_row(capsys, table):
    lines = table.read_text().splitlines()
    lines[40] = "1e9,2e10,24.9"
    table.write_text("\n".join(lines))
    code, _, err = run(capsys, "fit", str(table), "--json")
    assert code == 2
    assert "runs.csv, row 41, column loss: 24.9 looks like a perplexity" in err


def test_columns_can_be_named(capsys, tmp_path, table):
    text = table.read_text().replace("params,tokens,loss", "size,seen,y", 1)
    (tmp_path / "odd.csv").write_text(text)
    words = ("--columns", "params=size", "tokens=seen:1", "loss=y", "--resamples", "0", "--json")
    code, out, _ = run(capsys, "fit", str(tmp_path / "odd.csv"), *words)
    assert code == 0
    assert json.loads(out)["coefficients"]["alpha"] == pytest.approx(0.347311, rel=1e-4)


def test_the_command_line_offers_every_objective_of_the_fit():
    from scalewidgets import fitting
    from scalewidgets.cli.fit import OBJECTIVES

    assert tuple(fitting.OBJECTIVES) == OBJECTIVES


def test_a_plan_answers_the_question_of_the_budget(capsys, table):
    asked = (
        "plan",
        str(table),
        "--resamples",
        "50",
        "--dollars",
        "1e6",
        "--price",
        "2",
        "--utilisation",
        "0.5",
    )
    code, out, _ = run(capsys, *asked)
    assert code == 0
    assert "parameters on" in out
    assert "$2.00 an hour" in out
    code, out, _ = run(capsys, *asked, "--serve-tokens", "1e12", "--json")
    plan = json.loads(out)
    assert plan["dollars"][0] == pytest.approx(1e6)
    assert plan["flops"][0] < plan["total"][0] == pytest.approx(5e5 * 3600 * 989.4e12 * 0.5)


def test_a_plan_without_a_question_or_with_two_is_refused(capsys, table):
    code, _, err = run(capsys, "plan", str(table), "--resamples", "0")
    assert code == 2
    assert "no budget" in err
    code, _, err = run(capsys, "plan", str(table), "--resamples", "0", "--flops", "1e22", "--loss", "2")
    assert code == 2
    assert "one question" in err


ANSWER = ("answer", "--dataset", "pythia_math", "--budget", "0.0003")


def test_advice_for_a_budget_per_problem_names_what_would_change_it(capsys, tmp_path):
    prices = ("--price", "Pythia-410M=1e-6", "Pythia-12B=3e-5")
    code, out, _ = run(capsys, *ANSWER, *prices, "--verifier", "0.9", "0.01", "--abstain")
    assert code == 0
    assert out.startswith("With $0.0003 per problem: Pythia-")
    assert "false-positive rate is below" in out
    assert "draws of what is uncertain" in out
    code, out, _ = run(capsys, *ANSWER, *prices, "--judged", "200", "180", "800", "8", "--vote", "--json")
    advice = json.loads(out)
    assert code == 0
    assert len(advice["names"]) == 6
    log = tmp_path / "log.jsonl"
    rows = [{"task_id": i % 4, "passed": i % 3 == 0, "model": "m"} for i in range(40)]
    log.write_text("\n".join(map(json.dumps, rows)))
    listed = tmp_path / "prices.csv"
    listed.write_text("model,input,output,date\nm,1,3,2024-05-01\n")
    tokens = ("--prompt-tokens", "100", "--output-tokens", "300")
    code, out, err = run(
        capsys, "answer", str(log), "--budget", "0.01", "--prices", str(listed), *tokens, "--oracle"
    )
    assert code == 0
    assert "m behind a perfect verifier, 10 samples" in out
    assert "4 problems of m are few" in err


@pytest.mark.parametrize(
    ("words", "code", "what"),
    [
        (("--price", "cheap"), 2, "neither a price nor MODEL=USD"),
        (("--price", "1e-5", "--device", "H100 SXM"), 2, "both say what a sample costs"),
        (("--device", "H100 SXM"), 2, "without --utilisation"),
        ((), 2, "not known is not free"),
        (("--price", "1"), 1, "no option can be paid"),
    ],
)
def test_advice_without_a_price_is_refused_and_without_money_says_so(capsys, words, code, what):
    seen, out, err = run(capsys, *ANSWER, *words)
    assert seen == code
    assert what in out + err


def test_advice_on_a_device_asks_for_its_use(capsys):
    tokens = ("--prompt-tokens", "80", "--output-tokens", "240")
    words = ("--device", "H100 SXM", "--device-price", "2.5", "--utilisation", "0.2", *tokens, "--json")
    code, out, _ = run(capsys, *ANSWER, *words)
    assert code == 0
    dollars = dict(zip(*(json.loads(out)[key] for key in ("names", "dollars")), strict=True))
    assert dollars["Pythia-12B"] == pytest.approx(2 * 12e9 * 320 * 2.5 / 3600 / (989.4e12 * 0.2))


def test_what_is_not_beaten_and_what_a_budget_buys(capsys, tmp_path):
    code, out, _ = run(capsys, "pareto", "--dataset", "agents", "--budget", "2", "--reach", "0.9")
    assert code == 0
    assert out.startswith("6 of 13 configurations are not beaten")
    assert "Best at 2: single: gpt-4-turbo-2024-04-09" in out
    assert "By mixing: 79% to warming" in out
    assert "Cheapest for 0.9: LDB: gpt-3.5-turbo-0125, gpt-4-turbo-2024-04-09" in out
    path = tmp_path / "systems.csv"
    path.write_text("system,total_cost,accuracy\na,1,0.5\nb,2,0.7\nc,0,0.9\n")
    code, out, _ = run(capsys, "pareto", str(path), "--budget", "0.5", "--reach", "0.99", "--json")
    found = json.loads(out)
    assert (code, found["names"], found["best"], found["cheapest"]) == (0, ["a", "b"], None, None)
    assert "c" in found["left_out"]
    assert "nothing is that cheap" in run(capsys, "pareto", str(path), "--budget", "0.5")[1]
    code, out, _ = run(capsys, "pareto", str(path), "--cost", "seconds")
    assert code == 1
    assert "there is no frontier" in out
    assert run(capsys, "pareto", str(path), "--cost", "secs")[0] == 2
    assert "Exactly one table" in run(capsys, "pareto")[2]


def test_a_study_from_the_command_line(capsys, tmp_path):
    words = [
        "study",
        "--preset",
        "hitchhikers",
        "--families",
        "OPT",
        "--fractions",
        "0.9,1",
        "--models",
        "3,5",
    ]
    out_file = tmp_path / "laws.csv"
    code, out, _ = run(capsys, *words, "--out", str(out_file), "--file", str(tmp_path / "a.study"))
    assert code == 0
    assert "its largest is missed by 7.4 %" in out
    assert len(out_file.read_text().splitlines()) == 5
    code, out, _ = run(capsys, *words, "--json", "--file", str(tmp_path / "a.study"))
    assert json.loads(out)["protocol"]["fractions"] == [0.9, 1.0]
    code, _, err = run(capsys, "study", "--preset", "hitchhikers", "--fractions", "some")
    assert code == 2
    assert "Separate them by commas" in err
