"""A thousand questions: time and memory stay within what an editor waits for."""

import time
import tracemalloc
from dataclasses import replace

import pytest

from quizzes.interchange import own
from quizzes.interchange.entry import Entry
from quizzes.interchange.formats import FORMATS, read_any
from tests.rules.interchange_samples import SAMPLES

SECONDS = 10.0
MEMORY = 300 * 1024 * 1024
THOUSAND = tuple(
    replace(SAMPLES[index % 8], lineage=f"q-{index}", stem=f"{SAMPLES[index % 8].stem} (case {index})")
    for index in range(1000)
)


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return {
        key: FORMATS[key].write(THOUSAND, "A thousand") for key in ("qti3", "qti22", "qti12", "moodle", "yaml", "xlsx")
    }


@pytest.mark.parametrize("key", ["qti3", "qti22", "qti12", "moodle", "yaml", "xlsx"])
def test_a_thousand_questions_of_our_own(key: str, files: dict[str, bytes]):
    began = time.process_time()
    entries = read_any(files[key], "x").entries
    assert time.process_time() - began < SECONDS
    assert len(entries) == 1000


@pytest.mark.parametrize("key", ["qti3", "qti12", "moodle"])
def test_a_thousand_questions_of_another_program(key: str, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(own, "restore", lambda *_: (None, False))
    began = time.process_time()
    entries: tuple[Entry, ...] = read_any(files[key], "x").entries
    assert time.process_time() - began < SECONDS
    assert len(entries) == 1000
    assert entries[1].stem.startswith("Which two raise the risk?")


def test_a_thousand_qti_questions_in_little_memory(files: dict[str, bytes]):
    import subprocess
    import sys

    code = (
        "import pathlib, sys; from quizzes.interchange.formats import read_any\n"
        "data = sys.stdin.buffer.read(); assert len(read_any(data, 'x').entries) == 1000\n"
        "print(next(line.split()[1] for line in pathlib.Path('/proc/self/status').open() if line.startswith('VmHWM')))"
    )
    done = subprocess.run([sys.executable, "-c", code], input=files["qti3"], capture_output=True, check=True)
    assert int(done.stdout) * 1024 < MEMORY


def test_reading_one_question_keeps_nothing(files: dict[str, bytes]):
    small = FORMATS["qti3"].write(SAMPLES[:1], "T")
    read_any(small, "x")
    tracemalloc.start()
    try:
        for _ in range(20):
            read_any(small, "x")
        assert tracemalloc.get_traced_memory()[0] < 1024 * 1024
    finally:
        tracemalloc.stop()
