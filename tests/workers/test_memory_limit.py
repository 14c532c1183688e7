"""How much memory a process may take: enough for the largest page, and no more than there is."""

import subprocess
import sys

import pytest

from tenglu.workers.memory_limit import BASE, LEAST, PER_PIXEL, memory_limit

TAKE = """
from tenglu.workers.memory_limit import limit_memory
limit_memory(500_000_000)
kept = []
for _ in range(20):
    kept.append(bytes(100_000_000))
"""


def test_small_pages_need_little():
    assert (
        memory_limit(10_000_000, 1) == memory_limit(10_000_000, 99) == BASE + 10_000_000 * PER_PIXEL
    )


def test_many_processes_share_the_machine_but_large_scans_stay_possible():
    alone = memory_limit(1_000_000_000, 1)
    assert LEAST <= memory_limit(1_000_000_000, 4) <= alone
    assert memory_limit(1_000_000_000, 1_000_000) == LEAST


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other kernels do not keep it")
def test_a_process_that_wants_more_fails():
    done = subprocess.run([sys.executable, "-c", TAKE], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "MemoryError"
