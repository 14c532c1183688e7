"""Accuracy, speed and memory of tenglu over documents whose truth is known.

    python benchmarks/accuracy.py [DOCUMENT-or-FOLDER ...] [--jobs N] [--out DIR] [--errors N]

Convert each document X.pdf (or .png, .jpg, ...) that has X.truth.json beside it with the tenglu
command, in a process of its own. Print the figures of each document, of each group (folder and
profile: how a document was scanned) with its worst document, and of all together.
docs/evaluate.md explains the figures.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tenglu.evaluation.matching import Json
from tenglu.evaluation.scoring import Score, aligned, described, figures, score, together

SAMPLE = Path(__file__).parents[1] / "scans"
SUFFIXES = {".pdf", ".tif", ".tiff", ".png", ".jpg", ".jpeg", ".bmp", ".webp"}
TRUTH = ".truth.json"
FINISHED = {0, 10}  # exit codes: nothing to review, cells to review
UNIT = 1 if sys.platform == "darwin" else 1024  # bytes in which the system counts memory
NOTHING: Json = {"tables": []}


class Measured(NamedTuple):
    """One document or several together."""

    name: str
    group: str  # folder and profile
    score: Score
    pages: int  # of the documents that were converted
    seconds: float  # start of the command included
    megabytes: float  # at the peak of the largest single process
    documents: int = 1
    proved: int = 0  # documents with no wrong number once the flagged cells were looked at

    def report(self) -> Json:
        """Everything that is reported, by its name."""
        return {
            "name": self.name,
            **figures(self.score)._asdict(),
            "proved": self.proved,
            "documents": self.documents,
            "pages": self.pages,
            "seconds_a_page": round(self.seconds / self.pages, 2) if self.pages else None,
            "peak_megabytes": round(self.megabytes),
        }


def documents_in(given: Path) -> list[Path]:
    """The document itself, or all documents in a folder; with truth beside each.

    Raises:
        FileNotFoundError: a document without truth, a truth without document, neither in a folder.
    """
    if not given.is_dir():
        if not (given.is_file() and truth_of(given).is_file()):
            raise FileNotFoundError(f"give documents with truth: {given} or its truth is missing")
        return [given]
    truths = sorted(given.rglob(f"*{TRUTH}"))
    if not truths:
        raise FileNotFoundError(f"give a folder of documents with truth: {given} holds no *{TRUTH}")
    return [document_of(truth) for truth in truths]


def truth_of(document: Path) -> Path:
    return document.with_name(document.stem + TRUTH)


def document_of(truth: Path) -> Path:
    stem = truth.name.removesuffix(TRUTH)
    for path in sorted(truth.parent.iterdir()):
        if path.stem == stem and path.suffix.lower() in SUFFIXES:
            return path
    raise FileNotFoundError(f"put the document beside its truth: nothing belongs to {truth}")


def measure(document: Path, folder: Path, jobs: int) -> Measured:
    """Convert a document into ``folder`` and score the result; no result has no tables."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tenglu", "convert", str(document), "-o", str(folder)]
    command += ["--to", "json", "--jobs", str(jobs)]
    log = folder / "log.txt"
    start = time.perf_counter()
    with log.open("wb") as sink:
        process = subprocess.Popen(command, stdout=sink, stderr=sink)  # noqa: S603 - our own command
        # Tells of this process and of those it waited for, so of its workers, and of no other.
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    result = NOTHING
    if process.returncode in FINISHED:
        result = read(folder / f"{document.stem}.json")
    else:
        said = log.read_text(encoding="utf-8", errors="replace").splitlines() or ["nothing"]
        tell(f"{document.name}: exit code {process.returncode}, it said: {said[-1]}")
    truth = read(truth_of(document))
    scored = score(truth, result)
    return Measured(
        name=document.name,
        group=f"{document.parent.name} {truth.get('profile', '')}".strip(),
        score=scored,
        pages=result["source"]["n_pages"] if "source" in result else 0,
        seconds=seconds,
        megabytes=usage.ru_maxrss * UNIT / 1e6,
        proved=int(has_no_wrong_number_left(scored)),
    )


def has_no_wrong_number_left(scored: Score) -> bool:
    """Whether every number was found, and every wrong one is flagged."""
    numbers = [v for v in scored.verdicts if v.truth.is_number]
    return not any(v.silent for v in scored.verdicts) and all(v.found for v in numbers)


def measure_all(documents: Sequence[Path], folder: Path, jobs: int) -> Iterator[Measured]:
    """One after the other; two documents of one name get folders of their own."""
    for number, document in enumerate(documents, 1):
        measured = measure(document, folder / f"{number:03}-{document.stem}", jobs)
        tell(f"{number}/{len(documents)} {document.name}: {measured.seconds:.1f} s")
        yield measured


def joined(name: str, parts: Sequence[Measured]) -> Measured:
    return Measured(
        name=name,
        group=name,
        score=together(part.score for part in parts),
        pages=sum(part.pages for part in parts),
        seconds=sum(part.seconds for part in parts),
        megabytes=max(part.megabytes for part in parts),
        documents=sum(part.documents for part in parts),
        proved=sum(part.proved for part in parts),
    )


def by_group(measured: Sequence[Measured]) -> list[Measured]:
    names = dict.fromkeys(one.group for one in measured)
    return [joined(name, [m for m in measured if m.group == name]) for name in names]


def worst_of(measured: Sequence[Measured]) -> list[str]:
    """Name the document of each group with the smallest share of right cells."""
    lines = []
    for name in dict.fromkeys(one.group for one in measured):
        shares = [(figures(m.score).cell or 0.0, m.name) for m in measured if m.group == name]
        share, worst = min(shares)
        lines.append(f"worst of {name}: {worst}, cell {share}")
    return lines


def headline(everything: Measured) -> str:
    return (
        f"{everything.proved} of {everything.documents} documents have no wrong number left "
        "once only the flagged cells were looked at"
    )


def tabled(title: str, measured: Iterable[Measured]) -> str:
    """Figures as lines of text, one line each."""
    reports = [one.report() for one in measured]
    head = [title, *list(reports[0])[1:]]
    return aligned([head, *(list(report.values()) for report in reports)])


def wrong_cells(measured: Measured, most: int) -> list[str]:
    """The first cells whose text is wrong."""
    wrong = [verdict for verdict in measured.score.verdicts if not verdict.right]
    return [described(verdict) for verdict in wrong[:most]]


def read(path: Path) -> Any:  # noqa: ANN401 - JSON
    return json.loads(path.read_text(encoding="utf-8"))


def tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def run(documents: Sequence[Path], folder: Path, given: argparse.Namespace) -> None:
    measured = list(measure_all(documents, folder, given.jobs))
    groups, everything = by_group(measured), joined("all together", measured)
    for title, parts in (("document", measured), ("group", groups), ("", [everything])):
        print(tabled(title, parts), end="\n\n")
    print(*worst_of(measured), headline(everything), sep="\n", end="\n\n")
    for one in measured:
        if lines := wrong_cells(one, given.errors):
            print(f"{one.name}:", *lines, sep="\n  ")
    if given.out:
        report = {
            "jobs": given.jobs,
            "documents": [{**one.report(), "group": one.group} for one in measured],
            "groups": [one.report() for one in groups],
            "all": everything.report(),
        }
        text = json.dumps(report, ensure_ascii=False, indent=2) + "\n"
        (folder / "accuracy.json").write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Score tenglu over documents with truth.")
    parser.add_argument("paths", nargs="*", type=Path, default=[SAMPLE], help="default: scans/")
    parser.add_argument("--jobs", type=int, default=2, help="processes of tenglu (default: 2)")
    parser.add_argument("--out", type=Path, help="folder for accuracy.json and the results")
    parser.add_argument("--errors", type=int, default=0, help="wrong cells to list per document")
    given = parser.parse_args()
    try:
        documents = [document for path in given.paths for document in documents_in(path)]
    except FileNotFoundError as missing:
        parser.error(str(missing))
    if given.out:
        run(documents, given.out, given)
        return
    with tempfile.TemporaryDirectory() as folder:
        run(documents, Path(folder), given)


if __name__ == "__main__":
    main()
