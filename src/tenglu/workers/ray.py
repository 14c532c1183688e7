"""Read pages on the machines of a Ray cluster. The only importer of ray.

Every machine must see the inputs under the same paths, and have the same tenglu. Results and store
stay with the caller.
"""

import os
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, Self

from tenglu.engines.runtime_env import stay_offline
from tenglu.errors import EngineError
from tenglu.settings import Settings
from tenglu.workers import PageFailed, PageTask
from tenglu.workers.cache_key import reading_key
from tenglu.workers.pool import PAGE_TIMEOUT, Answer, Done, Worker, WorkerPool
from tenglu.workers.ray_actor import PageReader, RayWorkerConfig, Unseen, size_of

CALL = 10.0  # seconds for a cluster to answer
LOOK = 5.0  # seconds between two looks at what the cluster has
START = 300.0  # seconds for the first of its cores to become free
MEMORY = 700_000_000  # bytes that Ray sets aside for each worker


class RayExecutor:
    """Read pages on a cluster, with a worker for each of its cores."""

    def __init__(
        self,
        settings: Settings,
        jobs: int | None = None,
        page_timeout: float | None = None,
        address: str | None = None,
    ) -> None:
        """Prepare; the cluster is looked for when the executor is entered.

        Args:
            settings: of all stages.
            jobs: pages read at the same time; None: as many as the cluster has cores, as they come
                and go.
            page_timeout: seconds a page; None: 600.
            address: of the cluster, such as 10.0.0.1:6379; None: RAY_ADDRESS, or a cluster of this
                machine alone.
        """
        self._settings = settings
        self._address = address
        self._cluster = _Cluster(settings, jobs)
        self.pool = WorkerPool(self._cluster, page_timeout or PAGE_TIMEOUT)
        self._is_ours = False

    @property
    def engine_name(self) -> str:
        """Return the name of the engine; "" until a page was read."""
        return self.pool.engine_name

    def __enter__(self) -> Self:
        """Join the cluster.

        Raises:
            EngineError: there is none, or Ray is not installed.
        """
        ray = _ray()
        if not ray.is_initialized():
            _join(ray, self._address)
            self._is_ours = True
        return self

    def __exit__(self, *error: object) -> None:
        self.pool.stop_all()
        if self._is_ours:
            _ray().shutdown()

    def run(self, tasks: Iterable[PageTask]) -> Iterator[Done]:
        """Yield the outcome of each page; see ``Executor``.

        Raises:
            EngineError: the engine is missing, or a machine reads otherwise or not the same files.
        """
        rest = iter(tasks)
        if first := list(islice(rest, 1)):  # else no engine is opened
            yield from self.pool.read(chain(first, rest))


def _ray() -> Any:  # noqa: ANN401 - its types are not looked at
    try:
        import ray  # noqa: PLC0415 - an extra, and takes a second
    except ModuleNotFoundError as missing:
        raise EngineError("Ray is not installed: pip install 'tenglu[ray]'") from missing
    return ray


def _join(ray: Any, address: str | None) -> None:  # noqa: ANN401
    stay_offline()
    known = address or os.environ.get("RAY_ADDRESS", "")
    try:
        _call(known)
        ray.init(address=address, configure_logging=False, log_to_driver=False)
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as refused:
        what = " ".join(str(refused).split())
        raise EngineError(f"no Ray cluster at {known} ({what}); see: ray status") from refused


def _call(address: str) -> None:
    """Find out within seconds whether a cluster answers; Ray tries for minutes.

    Raises:
        OSError: none does.
        ValueError: no address.
    """
    host, colon, port = address.rpartition("//")[2].rpartition(":")
    if colon:  # else a word that Ray knows, such as auto
        with socket.create_connection((host, int(port)), CALL):
            pass


class _Cluster:
    """Start workers on other machines."""

    def __init__(self, settings: Settings, jobs: int | None) -> None:
        self._settings = settings
        self._jobs = jobs
        self._n_threads = settings.engine.threads
        self._config: RayWorkerConfig | None = None
        self._size = 0
        self._looked = -LOOK
        self._since: float | None = None  # monotonic seconds since which no worker is ready

    def size(self) -> int:
        """Return how many cores there are; machines come and go."""
        if self._jobs is not None:
            return self._jobs
        if time.monotonic() - self._looked >= LOOK:
            n_cores = _ray().cluster_resources().get("CPU", 0)
            self._size = max(1, int(n_cores) // self._n_threads)
            self._looked = time.monotonic()
        return self._size

    def start(self) -> Worker:
        if self._config is None:
            key = reading_key(self._settings)
            self._config = RayWorkerConfig(self._settings.model_dump_json(), key, os.getcwd())  # noqa: PTH109
        return _ActorWorker(self._config, self._n_threads)

    def ready(self, workers: Sequence[Worker], timeout: float | None) -> list[Worker]:
        self._check_patience(workers)
        refs = {w.ref: w for w in workers if isinstance(w, _ActorWorker) and w.ref is not None}
        limit = LOOK if timeout is None else min(LOOK, timeout)
        ready, _ = _ray().wait(list(refs), num_returns=len(refs), timeout=0)
        if not ready:
            ready, _ = _ray().wait(list(refs), num_returns=1, timeout=limit)
        return [refs[ref] for ref in ready]

    def _check_patience(self, workers: Sequence[Worker]) -> None:
        if any(worker.is_ready for worker in workers):
            self._since = None
        elif self._since is None:
            self._since = time.monotonic()
        elif time.monotonic() - self._since > START:
            raise EngineError(
                f"no core of the cluster was free within {START:g} seconds; see: ray status"
            )


class _ActorWorker(Worker):
    """A handle to an actor."""

    def __init__(self, config: RayWorkerConfig, n_threads: int) -> None:
        super().__init__()
        ray = _ray()
        # Ray restarts nothing by itself: the pool knows which pages are lost.
        remote = ray.remote(num_cpus=n_threads, memory=MEMORY, max_restarts=0, max_task_retries=0)(
            PageReader
        )
        self._actor = remote.remote(config)
        self._size = 0  # bytes of the file that is read
        self._exit_reason = "it was stopped"
        self.ref: Any = self._actor.open.remote()

    @property
    def exit_reason(self) -> str:
        """Return what Ray says of its end."""
        return self._exit_reason

    def send(self, task: PageTask) -> None:
        """Send a page."""
        self._size = size_of(task)
        self.ref = self._actor.read.remote(task, self._size)

    def receive(self) -> str | Answer | EngineError:
        """Return its next message, or raise EOFError: the actor or its machine is dead."""
        ray = _ray()
        ref, self.ref = self.ref, None
        try:
            reply: str | Answer | EngineError | Unseen = ray.get(ref)
        except ray.exceptions.RayError as lost:
            self._exit_reason = next(iter(str(lost).splitlines()), type(lost).__name__)
            raise EOFError from lost
        return self._explained(reply) if isinstance(reply, Unseen) else reply

    def _explained(self, reply: Unseen) -> Answer | EngineError:
        assert self.task is not None  # noqa: S101 - only a page can be unseen
        path = self.task.path
        if size_of(self.task) == self._size:
            return EngineError(
                f"machine {reply.machine} of the cluster does not see {path} as this one does; "
                "give all machines the same files under the same paths"
            )
        return Answer(PageFailed(f"{path} changed while it was read", "input"), None)

    def stop(self) -> None:
        """End the actor."""
        _ray().kill(self._actor)

    def kill(self) -> None:
        """End the actor at once, as stop() does."""
        self.stop()

    def wait(self, timeout: float) -> None:  # noqa: ARG002 - as all workers have it
        """Do nothing: Ray frees the core in its own time."""
        return
