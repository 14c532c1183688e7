"""Everything tenglu raises on purpose, with the exit code of each kind.

TengluError
├── InputError    3   the input cannot be read (torn, locked, empty, absurd)
├── EngineError   4   engine or weights are missing, or the engine died
│   └── PluginError   what another package adds does not load
└── OutputError   5   a result cannot be written

A fault in the document is a flag, never an exception; a fault in running is an exception, never
a flag.
"""

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What the command line returns; part of the documented interface."""

    OK = 0
    USAGE = 2
    INPUT = 3
    ENGINE = 4
    OUTPUT = 5
    REVIEW = 10
    INTERRUPTED = 130


class TengluError(Exception):
    """Base of all errors raised on purpose. The message says what to do next."""

    exit_code: ClassVar[ExitCode]


class InputError(TengluError):
    """The input cannot be read."""

    exit_code = ExitCode.INPUT


class EngineError(TengluError):
    """The engine or its weights are missing or broken."""

    exit_code = ExitCode.ENGINE


class PluginError(EngineError):
    """Something that another package adds is not there or does not load."""


class OutputError(TengluError):
    """A result cannot be written."""

    exit_code = ExitCode.OUTPUT
