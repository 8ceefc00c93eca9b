"""QTI 3.0: packages with one file per item; our own fields ride in the manifest."""

from collections.abc import Mapping, Sequence

from quizzes.interchange.carrying import Capacity
from quizzes.interchange.entry import Entry
from quizzes.interchange.qti_names import V3
from quizzes.interchange.qti_package import read_package, write_package
from quizzes.interchange.report import Report

CAPACITY = Capacity()


def read(data: bytes, name: str) -> Report:
    """A package, or a single item."""
    return read_package(data, name, V3.key)


def write(entries: Sequence[Entry], title: str, media: Mapping[str, bytes] | None = None) -> bytes:
    """A package."""
    return write_package(entries, title, V3, media)
