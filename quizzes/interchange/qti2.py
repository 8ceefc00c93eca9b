"""QTI 2.1 and 2.2: the same packages in the older spelling; cases stand inside each item."""

from collections.abc import Mapping, Sequence

from quizzes.interchange.carrying import Capacity
from quizzes.interchange.entry import Entry
from quizzes.interchange.qti_names import V21, V22
from quizzes.interchange.qti_package import read_package, write_package
from quizzes.interchange.report import Report

CAPACITY = Capacity()


def read(data: bytes, name: str) -> Report:
    """A package, or a single item, of either version."""
    return read_package(data, name, "qti2")


def write(entries: Sequence[Entry], title: str, media: Mapping[str, bytes] | None = None) -> bytes:
    """A package in version 2.2."""
    return write_package(entries, title, V22, media)


def write_21(entries: Sequence[Entry], title: str, media: Mapping[str, bytes] | None = None) -> bytes:
    """A package in version 2.1, for programs that stopped there."""
    return write_package(entries, title, V21, media)
