"""tenglu clean."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tenglu.cli.options import pages_option, path, settings_options
from tenglu.errors import ExitCode, TengluError
from tenglu.jobs.console import complain, counted, say

# Imported where it is used: `tenglu --help` must not wait for numpy, OpenCV and pdfium.
# ruff: noqa: PLC0415
if TYPE_CHECKING:
    from tenglu.jobs.clean import CleanPage, CleanRequest, Job
    from tenglu.jobs.inputs import Found, PageRange
    from tenglu.settings import Settings

CLEAN_HELP = """
Take watermarks and seals off scans, and write the scans again.

INPUT is a PDF, TIFF, PNG, JPEG, BMP or WebP, or a folder of them, searched recursively. Inputs are
never written to. No text is read and no engine is needed: this is for feeding another OCR system,
and for people. Pages are not turned; they keep their size and resolution.

\b
  PDF, or TIFF of several pages   gives a PDF of pictures alone: no text layer, no links
  any other picture               gives a PNG

OUT is a folder; for one INPUT it may be the file to write, ending with .pdf or .png. A page
without marks keeps its pixels. Marks of an input of three pages or more are learnt from up to
eight pages of it, so give whole documents rather than single pages.

\b
Examples:
  tenglu clean report.pdf -o clean.pdf
  tenglu clean report.pdf -o out --mask --report out/marks.json
  tenglu clean scans/ page.png -o out
  tenglu clean report.pdf -o out --pages 3-12,15 --set strip.min_glyph=2.0

\b
Exit codes:
    0  all is written
    2  wrong usage; a result would be written over an input
    3  an input cannot be read
    5  a result cannot be written
  130  interrupted
If an input fails nothing is written for it, the others go on, and the code of the first that
failed is returned.
"""


@click.command(help=CLEAN_HELP)
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True, type=path)
@click.option(
    "-o",
    "--out",
    required=True,
    type=path,
    metavar="OUT",
    help="Folder for results; for one INPUT it may be the file itself (.pdf, .png).",
)
@click.option(
    "--mask",
    is_flag=True,
    help="Also write what was changed, white on black, a PNG a page: report.masks/p001.png, ...",
)
@click.option(
    "--report",
    type=path,
    metavar="marks.json",
    help="Also write what was found on each page: marks, seals, share of pixels changed.",
)
@pages_option
@settings_options
@click.pass_context
def clean(  # noqa: PLR0913 - click hands over every option
    ctx: click.Context,
    *,
    inputs: tuple[Path, ...],
    out: Path,
    mask: bool,
    report: Path | None,
    pages: "list[PageRange] | None",
    password: str | None,
    settings: "Settings",
) -> None:
    from tenglu.jobs.clean import CleanRequest, RequestError, check_apart, is_file_name
    from tenglu.jobs.inputs import Skipped, find_inputs

    request = CleanRequest(out, pages, password, mask)
    found = find_inputs(inputs, out.parent if is_file_name(out) else out)
    codes: dict[int, ExitCode] = {}
    try:
        jobs = _open(found, request, settings, codes)
        results = [job.result for job in jobs.values()] + ([] if report is None else [report])
        check_apart([item.path for item in found if not isinstance(item, Skipped)], results)
    except RequestError as wrong:
        raise click.UsageError(str(wrong)) from wrong
    records = _clean(jobs, settings, codes)
    if report is not None and (records or not codes):
        _write_report(report, records)
    ctx.exit(codes[min(codes)] if codes else ExitCode.OK)


def _open(
    found: "Sequence[Found]",
    request: "CleanRequest",
    settings: "Settings",
    codes: dict[int, ExitCode],
) -> "dict[int, Job]":
    """Open every input before the first page is cleaned, so that what is wrong is told early."""
    from tenglu.jobs.clean import name_results, open_job
    from tenglu.jobs.inputs import Input, PagesError, Skipped

    targets = iter(name_results([item for item in found if isinstance(item, Input)], request))
    jobs = {}
    for place, item in enumerate(found):
        if isinstance(item, Skipped):
            say(f"{item.folder}: skipped {len(item.files)} files that are no documents")
            continue
        try:
            if not isinstance(item, Input):
                raise item.error
            jobs[place] = open_job(item.path, next(targets), request, settings)
        except TengluError as error:
            complain(str(error), error)
            codes[place] = error.exit_code
        except PagesError as wrong:
            complain(f"{item.path}: {wrong}", wrong)
            codes[place] = ExitCode.USAGE
    return jobs


def _clean(
    jobs: "dict[int, Job]", settings: "Settings", codes: dict[int, ExitCode]
) -> list[dict[str, Any]]:
    from tenglu.jobs.clean import clean as write_clean
    from tenglu.jobs.progress import reporter

    records = []
    n_pages = sum(len(job.numbers) for job in jobs.values())
    with reporter(n_pages, lambda counts: f"{counts.n_done} cleaned") as progress:
        for place, job in jobs.items():
            try:
                pages = write_clean(job, settings, progress.page_done)
            except TengluError as error:
                with progress.aside():
                    complain(str(error), error)
                codes[place] = error.exit_code
                continue
            records.append(_record(job, pages))
            with progress.aside():
                say(_summary(job, pages))
    return records


def _record(job: "Job", pages: "Sequence[CleanPage]") -> dict[str, Any]:
    told = [page.to_record() for page in pages]
    return {"input": str(job.path), "output": str(job.result), "pages": told}


def _summary(job: "Job", pages: "Sequence[CleanPage]") -> str:
    n_changed = sum(page.changed > 0 for page in pages)
    n_marks = sum(len(page.marks) for page in pages)
    n_seals = sum(len(page.seals) for page in pages)
    return (
        f"{job.path}: {counted(len(pages), 'page')}, {n_changed} changed, "
        f"{counted(n_marks, 'watermark')} and {counted(n_seals, 'seal')} removed -> {job.result}"
    )


def _write_report(report: Path, records: list[dict[str, Any]]) -> None:
    from tenglu.files.atomic import write_files

    text = json.dumps({"documents": records}, ensure_ascii=False, indent=1)
    write_files(report.parent, {report.name: f"{text}\n".encode("utf-8", "replace")})
