"""Whoever does the work, and however often it is stopped: the same study, bit for bit."""

import os
import signal
from concurrent.futures import Executor, Future, ThreadPoolExecutor

import pytest

import scalewidgets as sw
from scalewidgets.studies import Study, study_steps
from scalewidgets.studies import plan as planning

SETTINGS = {"fractions": [0.3, 0.6, 1.0], "resamples": 12, "choices": "every"}


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Many small tasks, so that there is something to share out and to stop."""
    monkeypatch.setattr(planning, "TOGETHER", 4)


@pytest.fixture(scope="module")
def alone(runs):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planning, "TOGETHER", 4)
        return sw.study(runs, progress=False, **SETTINGS).to_dict()


class Backwards(Executor):
    """Does the last task first."""

    def __init__(self):
        self.waiting = []

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        self.waiting.append((future, fn, args, kwargs))
        if len(self.waiting) >= 3:
            for made, call, given, named in reversed(self.waiting):
                made.set_result(call(*given, **named))
            self.waiting = []
        return future


def test_processes_give_the_same_bits(runs, alone):
    assert sw.study(runs, executor="processes", progress=False, **SETTINGS).to_dict() == alone


def test_threads_give_the_same_bits(runs, alone):
    with ThreadPoolExecutor(3) as pool:
        assert sw.study(runs, executor=pool, progress=False, **SETTINGS).to_dict() == alone


def test_the_order_in_which_parts_are_done_does_not_matter(runs):
    settings = {"fractions": [0.6], "choices": "every", "model_counts": [2, 3]}
    one = sw.study(runs, progress=False, **settings).to_dict()
    assert sw.study(runs, executor=Backwards(), progress=False, **settings).to_dict() == one


def test_dask_gives_the_same_bits_and_a_killed_worker_costs_nothing(runs, alone):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs="CRITICAL"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        killed = []
        steps = study_steps(runs, executor=client, **SETTINGS)
        while True:
            try:
                state = next(steps)
            except StopIteration as stop:
                made = stop.value
                break
            if state.done and not killed:
                worker = next(iter(client.run(os.getpid).values()))
                os.kill(worker, signal.SIGKILL)
                killed.append(worker)
        assert killed
    assert made.to_dict() == alone


def test_a_stopped_study_goes_on_from_its_file(runs, alone, tmp_path, monkeypatch):
    path = tmp_path / "made.study"

    def stop(state):
        if state.done >= 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sw.study(runs, file=path, progress=stop, **SETTINGS)
    part = Study.load(path)
    assert 8 <= len(part) < len(alone["cells"])
    assert "laws" in part.report()
    # The power went off in the middle of a line.
    with path.open("ab") as file:
        file.write(b'{"family": "made up", "cel')
    again = []
    from scalewidgets.studies import executors

    monkeypatch.setattr(
        executors, "work", lambda task, work=executors.work: again.append(task.key) or work(task)
    )
    made = sw.study(runs, file=path, progress=False, **SETTINGS)
    assert made.to_dict() == alone
    assert "made up/0" not in again
    assert Study.load(path).to_dict() == alone


def test_a_file_of_another_study_is_refused(runs, tmp_path):
    path = tmp_path / "made.study"
    sw.study(runs, file=path, fractions=[1.0], model_counts=[2], progress=False)
    with pytest.raises(sw.errors.StudyError, match="drop, scored differ"):
        sw.study(runs, file=path, fractions=[1.0], model_counts=[2], drop=1e9, scored=0.2, progress=False)
    with pytest.raises(sw.errors.StudyError, match="other runs"):
        sw.study(runs.iloc[:-1], file=path, fractions=[1.0], model_counts=[2], progress=False)
    path.write_text("family,loss\n1,2\n")
    with pytest.raises(sw.errors.StudyError, match="is not a study"):
        Study.load(path)


def test_an_executor_that_is_none_is_refused(runs):
    with pytest.raises(sw.errors.StudyError, match="a Dask client"):
        sw.study(runs, executor="thread", progress=False)


def test_an_executor_that_was_shut_down_is_a_sentence(runs):
    with ThreadPoolExecutor(1) as over:
        pass
    with pytest.raises(sw.errors.StudyError, match="was shut down"):
        sw.study(runs, executor=over, progress=False)


def test_a_lost_process_is_a_sentence(runs):
    from concurrent.futures.process import BrokenProcessPool

    class Broken(Executor):
        def submit(self, fn, /, *args, **kwargs):
            future = Future()
            future.set_exception(BrokenProcessPool("gone"))
            return future

    with pytest.raises(sw.errors.StudyError, match="goes on where it stopped"):
        sw.study(runs, executor=Broken(), progress=False)
