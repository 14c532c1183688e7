"""Pages on a cluster of two nodes on this machine, one of which dies."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import hostile
from calls import CARD, empty_table, replaying, results, tenglu_alone
from tenglu.engines.replay import ReplaySpec
from tenglu.errors import EngineError, ExitCode
from tenglu.settings import Settings
from tenglu.workers import PageDone, PageTask
from tenglu.workers.local import LocalExecutor
from tenglu.workers.ray import RayExecutor

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
# Looked at as Ray is imported; else it takes this machine's address on the network for its own.
os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
pytest.importorskip("ray", reason="Ray is not installed: the extra tenglu[ray]")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="Ray clusters are made of posix machines"),
    pytest.mark.filterwarnings("default"),  # of Ray's own code
]
NODE = {
    "num_cpus": 1,
    "memory": 2_000_000_000,  # bytes
    "object_store_memory": 80_000_000,
    "node_ip_address": "127.0.0.1",
    "include_dashboard": False,
}
N_FILES = 8
N_PAGES = 5  # of each
MAX_ROUNDS = 100  # of the same pages, while a node starts


@pytest.fixture(scope="module")
def head():
    """A cluster of one node with one core."""
    import ray  # noqa: PLC0415 - may be missing
    from ray.cluster_utils import Cluster  # noqa: PLC0415

    cluster = Cluster(initialize_head=True, head_node_args=NODE)
    try:
        yield cluster
    finally:
        ray.shutdown()
        cluster.shutdown()


@pytest.fixture
def cluster(head):
    """The same with a second node."""
    head.add_node(**NODE)
    yield head
    for node in list(head.worker_nodes):
        head.remove_node(node, allow_graceful=False)


def kill_second(cluster) -> None:
    """Without a word, as when its power is cut."""
    [second] = cluster.worker_nodes
    cluster.remove_node(second, allow_graceful=False)


@pytest.fixture
def scans(tmp_path) -> Path:
    """Documents of several pages, all different, with a hopeless page in one."""
    folder = tmp_path / "scans"
    folder.mkdir()
    for number in range(N_FILES):
        sheets = [
            hostile.scanned(empty_table(400 + 20 * number, 300 + 10 * n), CARD)
            for n in range(N_PAGES)
        ]
        if number == 3:
            torn = {"P": hostile.jpeg_picture(b"\xff\xd8 no more", 600, 400)}
            sheets[2] = hostile.Sheet(hostile.shown(*CARD), torn, CARD)
        (folder / f"{number:02d}.pdf").write_bytes(hostile.pdf(sheets))
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in results(folder)}


def events(lines: Iterator[str]) -> Iterator[dict[str, object]]:
    for line in lines:
        yield json.loads(line)


@pytest.mark.usefixtures("scans")
def test_results_are_those_of_the_local_executor_though_a_node_dies(tmp_path, cluster):
    words = ("convert", "scans", "--to", "json,csv", "--log-json", *replaying(tmp_path))
    with tenglu_alone(*words, "-o", "here", "--jobs", 2, cwd=tmp_path) as process:
        process.communicate()
    assert process.returncode == ExitCode.REVIEW
    expected = contents(tmp_path / "here")
    assert len(expected) >= N_FILES
    words = (*words, "--executor", "ray", "--ray-address", cluster.address)
    n_pages = 0
    with tenglu_alone(*words, "-o", "there", cwd=tmp_path) as process:
        assert process.stderr is not None
        for event in events(process.stderr):
            n_pages += event["event"] == "page"
            if n_pages == N_FILES * N_PAGES // 3 and event["event"] == "page":
                kill_second(cluster)
        process.communicate()
    assert process.returncode == ExitCode.REVIEW
    assert n_pages == N_FILES * N_PAGES
    assert contents(tmp_path / "there") == expected


@pytest.fixture
def settings(tmp_path) -> Settings:
    recording = tmp_path / "recording.json"
    recording.write_text('{"name": "replay", "witness": "replay", "recorded": []}')
    return Settings(engine=ReplaySpec(recording=recording))


def test_a_node_that_dies_costs_its_page_in_flight_which_is_read_again(scans, cluster, settings):
    pages = [PageTask(path, n) for path in sorted(scans.iterdir()) for n in (1, 2, 4)]
    asked, found, pair = [], [], []

    def tasks():
        """The pages over and over, until the nodes have worked side by side; then once more."""
        for _ in range(MAX_ROUNDS):
            if pair:
                break
            for page in pages:
                asked.append(page)
                yield page
        asked.extend(pages)
        yield from pages

    with RayExecutor(settings, address=cluster.address) as executor:
        for task, result in executor.run(tasks()):
            found.append((task, result))
            busy = [worker for worker in executor.pool.workers if worker.task is not None]
            if not pair and len(executor.pool.workers) == sum(w.is_ready for w in busy) == 2:
                pair = list(executor.pool.workers)  # each has a page in hand
                kill_second(cluster)
        assert len(pair) == 2, "the nodes never worked side by side"
        assert sum(worker in executor.pool.workers for worker in pair) <= 1
        assert executor.engine_name == "replay"
    assert sorted(task for task, _ in found) == sorted(asked)
    with LocalExecutor(settings, 1) as alone:
        expected = {task: result.page_result for task, result in alone.run(iter(pages))}
    assert all(isinstance(result, PageDone) for _, result in found)
    assert {task: result.page_result for task, result in found} == expected


def test_a_cluster_that_is_not_there(settings):
    with (
        pytest.raises(EngineError, match=r"no Ray cluster at 127\.0\.0\.1:1 "),
        RayExecutor(settings, address="127.0.0.1:1"),
    ):
        pass
