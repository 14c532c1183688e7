"""Train the network that sees the separators of tables, on pages that tables_html.py drew.

    python benchmarks/fit_separators.py --pages DIR --out STATE.pt --minutes 60 [--resume STATE.pt]
    python benchmarks/fit_separators.py --resume STATE.pt --onnx …/learned/separators.onnx

Needs torch, which tenglu itself does not. A run can be resumed; pages that are added to the folders
meanwhile are taken up.
"""

import argparse
import copy
import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, distributed, nn
from torch.nn import functional

from separator_pages import Drawn, load
from separator_scans import spoil

BATCH = 2
RATE, LAST_RATE = 3e-3, 2e-5
OUTSIDE = 0.3  # weight of what lies in no table
KEEP = 0.998  # of the average of the weights, a step
SEED = 17
TELL_EVERY = 25  # steps
SAVE_EVERY = 120  # s
MEET_EVERY = 8  # steps, after which the processes make their weights one


def conv(
    n_in: int, n_out: int, size: int | tuple[int, int], stride: int = 1, groups: int = 1
) -> nn.Sequential:
    """Convolution, norm and rectifier."""
    sides = (size, size) if isinstance(size, int) else size
    pad = (sides[0] // 2, sides[1] // 2)
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, sides, stride, pad, groups=groups, bias=False),
        nn.BatchNorm2d(n_out), nn.ReLU(inplace=True),
    )  # fmt: skip


class Near(nn.Module):
    """What lies around."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = conv(width, width, 3)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


class Along(nn.Module):
    """What lies in the same row and in the same column, however far."""

    def __init__(self, width: int) -> None:
        super().__init__()
        half = width // 2
        self.enter = conv(width, half, 1)
        self.level = nn.Conv2d(half, half, (1, 5), padding=(0, 4), dilation=(1, 2))
        self.plumb = nn.Conv2d(half, half, (5, 1), padding=(4, 0), dilation=(2, 1))
        self.leave = nn.Sequential(nn.Conv2d(half, width, 1, bias=False), nn.BatchNorm2d(width))
        self.row = nn.Conv2d(2 * half, width, (5, 1), padding=(2, 0))
        self.col = nn.Conv2d(2 * half, width, (1, 5), padding=(0, 2))

    def forward(self, x: Tensor) -> Tensor:
        h = self.enter(x)
        row = torch.cat([h.mean(3, keepdim=True), h.amax(3, keepdim=True)], 1)
        col = torch.cat([h.mean(2, keepdim=True), h.amax(2, keepdim=True)], 1)
        near = self.leave(functional.relu(self.level(h) + self.plumb(h)))
        return functional.relu(x + near + self.row(row) + self.col(col))


class Net(nn.Module):
    """A page, (N, 1, H, W) ink 0 to 1, H and W multiples of 16.

    Gives logits: table (N, 1, H/4, W/4), rows (N, 1, H/2, W/4), cols (N, 1, H/4, W/2).
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.PixelUnshuffle(2), conv(4, 16, 3))
        self.to4 = nn.Sequential(conv(16, 24, 3, 2), Near(24))
        self.to8 = nn.Sequential(conv(24, 48, 3, 2), Near(48), Along(48), Near(48), Along(48))
        self.to16 = nn.Sequential(
            conv(48, 96, 3, 2), Along(96), Near(96), Along(96), Near(96), Along(96)
        )
        self.from16 = conv(96, 48, 1)
        self.at8 = nn.Sequential(Near(48), Along(48))
        self.from8 = conv(48, 24, 1)
        self.at4 = Near(24)
        self.table = nn.Conv2d(24, 1, 1)
        self.row_end = End((1, 2), (2.0, 1.0), (1, 5))
        self.col_end = End((2, 1), (1.0, 2.0), (5, 1))

    def forward(self, page: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x2 = self.stem(page)
        x4 = self.to4(x2)
        x8 = self.to8(x4)
        x16 = self.to16(x8)
        x8 = self.at8(
            x8 + functional.interpolate(self.from16(x16), scale_factor=2.0, mode="nearest")
        )
        x4 = self.at4(x4 + functional.interpolate(self.from8(x8), scale_factor=2.0, mode="nearest"))
        return self.table(x4), self.row_end(x4, x2), self.col_end(x4, x2)


class End(nn.Module):
    """Separators of one direction, fine across it and coarse along it."""

    def __init__(
        self, fold: tuple[int, int], grow: tuple[float, float], along: tuple[int, int]
    ) -> None:
        super().__init__()
        self.grow = grow
        self.coarse = nn.Conv2d(24, 16, 1)
        self.fine = nn.Conv2d(16, 16, fold, fold)
        self.join = nn.Sequential(nn.BatchNorm2d(16), nn.ReLU(inplace=True), conv(16, 16, 3))
        self.leave = nn.Conv2d(16, 1, along, padding=(along[0] // 2, along[1] // 2))

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        grown = functional.interpolate(self.coarse(coarse), scale_factor=self.grow, mode="nearest")
        return self.leave(self.join(grown + self.fine(fine)))


def to_ink(gray: np.ndarray) -> np.ndarray:
    """Ink 0 to 1 of a picture, by its own lightest and darkest tones."""
    low, high = np.percentile(gray[::2, ::2], (0.5, 95))
    return np.clip((high - gray.astype(np.float32)) / max(high - low, 40.0), -0.2, 1.2)


class Pages(torch.utils.data.IterableDataset):  # type: ignore[type-arg]
    """Spoiled parts of drawn pages, without end."""

    def __init__(self, folders: Sequence[Path], seed: int) -> None:
        self.folders, self.seed = folders, seed

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        rng = np.random.default_rng(self.seed)
        cv2.setNumThreads(1)
        while True:
            stems = sorted(p.with_suffix("") for f in self.folders for p in f.glob("*.json"))
            for _ in range(20):
                yield self._batch(stems, rng)

    @staticmethod
    def _batch(stems: Sequence[Path], rng: np.random.Generator) -> tuple[Tensor, ...]:
        pages = []
        for _ in range(BATCH):
            stem = stems[int(rng.integers(len(stems)))]
            zoom = float(np.exp(np.clip(rng.normal(0, 0.15), -0.4, 0.4)))
            pages.append(spoil(load(stem, zoom), rng))
        return _stacked(pages)


def _stacked(pages: Sequence[Drawn]) -> tuple[Tensor, ...]:
    height = -(-max(p.gray.shape[0] for p in pages) // 16) * 16
    width = -(-max(p.gray.shape[1] for p in pages) // 16) * 16
    sizes = (
        (height, width),
        (height // 4, width // 4),
        (height // 2, width // 4),
        (height // 4, width // 2),
    )
    stacks = [np.zeros((len(pages), 1, *size), np.float32) for size in sizes]
    for number, page in enumerate(pages):
        down, right = height - page.gray.shape[0], width - page.gray.shape[1]
        stacks[0][number, 0] = np.pad(to_ink(page.gray), ((0, down), (0, right)))
        for stack, size, drawn in zip(stacks[1:], sizes[1:], page[1:], strict=True):
            full = np.pad(drawn, ((0, down), (0, right)))
            small = cv2.resize(full, size[::-1], interpolation=cv2.INTER_AREA)
            stack[number, 0] = small / 255.0
    return tuple(torch.from_numpy(stack) for stack in stacks)


def loss_of(said: Sequence[Tensor], truth: Sequence[Tensor]) -> tuple[Tensor, list[float]]:
    """The loss, and its parts."""
    table = truth[0]
    losses = []
    for number, (logits, wanted) in enumerate(zip(said, truth, strict=True)):
        each = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
        if number == 0:
            losses.append(each.mean())
            continue
        inside = functional.interpolate(table, size=wanted.shape[2:], mode="nearest")
        weight = OUTSIDE + (1 - OUTSIDE) * inside
        share = torch.sigmoid(logits) * weight
        overlap = (share * wanted).sum((1, 2, 3))
        whole = share.sum((1, 2, 3)) + (wanted * weight).sum((1, 2, 3))
        dice = 1 - ((2 * overlap + 50) / (whole + 50)).mean()
        losses.append((each * weight).sum() / weight.sum() * 2 + 0.5 * dice)
    return losses[0] + losses[1] + losses[2], [float(v.detach()) for v in losses]


def train(rank: int, options: argparse.Namespace) -> None:
    """Train as one of several processes that share each step; the first writes the state."""
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    store = f"file://{options.out.absolute()}.meet"
    distributed.init_process_group("gloo", store, rank=rank, world_size=options.processes)
    net = Net().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    state = torch.load(options.resume, weights_only=True) if options.resume else {}
    if state:
        net.load_state_dict(state["net"])
    average = copy.deepcopy(net)
    optimiser = torch.optim.AdamW(net.parameters(), RATE, weight_decay=1e-4)
    if state:
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
    step = state.get("step", 0)
    pages = Pages(options.pages, SEED + 1000 * step + rank)
    loader = torch.utils.data.DataLoader(pages, batch_size=None, num_workers=1, prefetch_factor=4)
    saved = start = time.monotonic()
    done, seen = 0.0, []
    for ink, *truth in loader:
        rate = LAST_RATE + (options.rate - LAST_RATE) * (1 + math.cos(math.pi * done)) / 2
        optimiser.param_groups[0]["lr"] = rate * min(1.0, (step + 1) / 50)
        loss, parts = loss_of(net(ink.contiguous(memory_format=torch.channels_last)), truth)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimiser.step()
        step += 1
        minutes = (time.monotonic() - start) / 60
        if step % MEET_EVERY == 0:
            done = min(1.0, _meet(net, minutes / options.minutes))
        _average(average, net, min(KEEP, (step + 1) / (step + 10)))
        seen.append(parts)
        if step % TELL_EVERY == 0 and rank == 0:
            means = np.mean(seen[-TELL_EVERY:], axis=0).round(4).tolist()
            print(f"{step} {done:.3f} {means} {minutes:.1f} min", flush=True)
        if rank == 0 and (time.monotonic() - saved > SAVE_EVERY or done >= 1):
            saved = time.monotonic()
            made = {"net": net, "average": average, "optimiser": optimiser}
            _save({name: thing.state_dict() for name, thing in made.items()}, step, options.out)
        if done >= 1:
            return


def _save(states: dict[str, object], step: int, path: Path) -> None:
    """Write a state to be resumed from, whole or not at all."""
    part = path.with_suffix(".part")
    torch.save(states | {"step": step}, part)
    part.replace(path)


def _meet(net: Net, done: float) -> float:
    """Make the weights of all processes their mean, and so how far they are."""
    tensors = [t for t in net.state_dict().values() if t.dtype.is_floating_point]
    flat = torch.cat([*(t.reshape(-1) for t in tensors), torch.tensor([done])])
    distributed.all_reduce(flat)
    flat /= distributed.get_world_size()
    at = 0
    for tensor in tensors:
        tensor.copy_(flat[at : at + tensor.numel()].reshape(tensor.shape))
        at += tensor.numel()
    return float(flat[-1])


def _average(average: Net, net: Net, keep: float) -> None:
    with torch.no_grad():
        for old, new in zip(average.state_dict().values(), net.state_dict().values(), strict=True):
            if old.dtype.is_floating_point:
                old.mul_(keep).add_(new, alpha=1 - keep)
            else:
                old.copy_(new)


def export(net: Net, path: Path) -> None:
    """Write the network, with logits turned into shares."""

    class Shares(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = net

        def forward(self, page: Tensor) -> tuple[Tensor, ...]:
            return tuple(torch.sigmoid(logits) for logits in self.net(page))

    names = ["ink", "table", "rows", "cols"]
    torch.onnx.export(
        Shares().eval(),
        (torch.zeros(1, 1, 320, 256),),
        str(path),
        dynamo=False,
        opset_version=17,
        input_names=names[:1],
        output_names=names[1:],
        dynamic_axes={name: {2: f"{name}_h", 3: f"{name}_w"} for name in names},
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="train the network of separators")
    parser.add_argument("--pages", type=Path, nargs="*", default=[])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--resume", type=Path)
    parser.add_argument("--onnx", type=Path)
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args(arguments)
    if options.onnx:
        net = Net()
        net.load_state_dict(torch.load(options.resume, weights_only=True)["average"])
        export(net, options.onnx)
        return
    Path(f"{options.out.absolute()}.meet").unlink(missing_ok=True)
    torch.multiprocessing.spawn(train, (options,), options.processes)


if __name__ == "__main__":
    main()
