"""One process a GPU: who is first, whose clock counts, how gradients and words travel."""

from __future__ import annotations

import multiprocessing
import queue
import sys
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from inference.training.fit.devices import Machine

# The others wait while the first validates and saves.
LONGEST_WAIT = timedelta(hours=2)


class Process(Protocol):
    """One of the processes that train together."""

    rank: int
    share: tuple[int, int]  # this one's number, and of how many: which samples it takes

    @property
    def is_first(self) -> bool:
        """Whether it validates, logs and saves."""

    def agree(self, value: float) -> float:
        """The first process's value, in all of them."""

    def share_gradients(self, network: nn.Module) -> nn.Module:
        """What is trained instead of the network."""


class Alone:
    """The only process."""

    rank = 0
    share = (0, 1)
    is_first = True

    def agree(self, value: float) -> float:
        """Its own value."""
        return value

    def share_gradients(self, network: nn.Module) -> nn.Module:
        """The network itself."""
        return network


class OneOfMany:
    """A process of a ``torch.distributed`` group that exists already."""

    def __init__(self, device: torch.device) -> None:
        self.rank = distributed.get_rank()
        self.share = (self.rank, distributed.get_world_size())
        self._device = device

    @property
    def is_first(self) -> bool:
        """Number 0."""
        return self.rank == 0

    def agree(self, value: float) -> float:
        """Broadcast from number 0."""
        told = torch.tensor([value], dtype=torch.float64, device=self._device)
        distributed.broadcast(told, src=0)
        return float(told.item())

    def share_gradients(self, network: nn.Module) -> nn.Module:
        """Mean gradients; on GPUs the batch norms see the whole batch, too."""
        if self._device.type == "cuda":
            nn.SyncBatchNorm.convert_sync_batchnorm(network)
            return DistributedDataParallel(
                network, device_ids=[self._device.index], static_graph=True
            )
        return DistributedDataParallel(network, static_graph=True)


def run_in_processes(
    work: Callable[..., None],
    machine: Machine,
    job: tuple[Any, ...],
    say: Callable[[str], None],
) -> None:
    """Run ``work(process, *job, say)`` once in each of the machine's processes.

    Raises:
        ValueError: the sentence of the process that failed first.
    """
    words: multiprocessing.Queue[tuple[str, str]] = multiprocessing.get_context("spawn").Queue()
    with tempfile.TemporaryDirectory(prefix="training-") as folder:
        meeting_point = (Path(folder) / "processes").as_uri()
        running = torch.multiprocessing.spawn(
            _enter,
            args=(machine, meeting_point, words, work, job),
            nprocs=machine.processes,
            join=False,
        )
        try:
            while not running.join(timeout=0.2):
                _pass_on(words, say)
        except torch.multiprocessing.ProcessExitedException:
            _pass_on(words, say)
            raise
        finally:
            for process in running.processes:
                if process.is_alive():
                    process.terminate()
        _pass_on(words, say)


def _enter(
    rank: int,
    machine: Machine,
    meeting_point: str,
    words: multiprocessing.Queue[tuple[str, str]],
    work: Callable[..., None],
    job: tuple[Any, ...],
) -> None:
    device = machine.device(rank)
    if device.type == "cuda":
        torch.cuda.set_device(device)
    distributed.init_process_group(
        machine.backend,
        init_method=meeting_point,
        rank=rank,
        world_size=machine.processes,
        timeout=LONGEST_WAIT,
    )
    try:
        work(OneOfMany(device), *job, lambda line: words.put(("line", line)))
    except (ValueError, OSError) as error:
        words.put(("error", str(error)))
        words.close()
        words.join_thread()
        sys.exit(1)
    finally:
        distributed.destroy_process_group()


def _pass_on(words: multiprocessing.Queue[tuple[str, str]], say: Callable[[str], None]) -> None:
    while True:
        try:
            kind, text = words.get(timeout=0.05)
        except queue.Empty:
            return
        if kind == "error":
            raise ValueError(text)
        say(text)
