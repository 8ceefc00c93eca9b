"""Has designs from outside judged and laid out by another process, which can neither run long nor reach out."""

import base64
import json
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from certificates.compiled import Compiled, RenderError
from certificates.design import Design, Laid

CHILD = Path(__file__).with_name("pressing") / "child.py"
CPU_SECONDS = 6
"""For each page, and for judging the files of one design: a page of a design that ships takes a tenth of a second."""
WALL_SECONDS = 60
"""Generous: a busy machine makes work take longer, not more."""
TIGHTER = ("fit-0", "fit-1", "fit-2", "fit-3", "fit-4", "fit-5")
_OUT_OF_TIME = {-signal.SIGXCPU, -signal.SIGKILL}


class PageError(RenderError):
    """A page of several could not be made: which one, counted from 0."""

    def __init__(self, place: int, reason: str) -> None:
        super().__init__(reason)
        self.place = place


def compile_apart(page: Laid) -> Compiled:
    """One page. Raises RenderError with the reason."""
    return compile_all([page])[0]


def compile_all(pages: Sequence[Laid], must_say: Sequence[Sequence[str]] = ()) -> list[Compiled]:
    """Pages of one design, all of them in one process. `must_say` has the sentences that have to be seen on each.

    Raises PageError for the first page that cannot be made, RenderError when the process had to be stopped.
    """
    wanted = {
        "work": "compile",
        "cpu_seconds": CPU_SECONDS,
        "design": _told(pages[0].design),
        "pages": [
            {
                "wanted": sorted(page.wanted),
                "htmls": {tightness: page.html(tightness) for tightness in TIGHTER},
                "must_say": list(must_say[place]) if must_say else [],
            }
            for place, page in enumerate(pages)
        ],
    }
    made: list[Compiled] = []
    for place, result in enumerate(_ask(wanted)):
        if "problem" in result:
            raise PageError(place, str(result["problem"]))
        made.append(Compiled.from_bytes(base64.b64decode(result["compiled"])))
    if len(made) != len(pages):
        raise RenderError("the design could not be laid out")
    return made


def judge_apart(files: Mapping[str, bytes], *, page: bool = True) -> tuple[list[str], dict[str, bytes]]:
    """What is wrong with the files of an upload, in sentences; and the files as they are kept. Raises RenderError."""
    told = {name: base64.b64encode(body).decode("ascii") for name, body in files.items()}
    answer = _ask({"work": "judge", "cpu_seconds": CPU_SECONDS, "files": told, "page": page})
    return list(answer["problems"]), {name: base64.b64decode(body) for name, body in answer["files"].items()}


def draw_apart(pdfs: Sequence[bytes]) -> list[bytes]:
    """PNG of the first page of each. Raises RenderError."""
    told = [base64.b64encode(pdf).decode("ascii") for pdf in pdfs]
    drawn = _ask({"work": "draw", "cpu_seconds": CPU_SECONDS, "pdfs": told})["pictures"]
    return [base64.b64decode(picture) for picture in drawn]


def _told(design: Design) -> dict[str, Any]:
    return {
        "name": design.name,
        "styles": list(design.styles),
        "assets": {
            name: [asset.kind, base64.b64encode(asset.body).decode("ascii")] for name, asset in design.assets.items()
        },
        "digest": design.digest,
        "pages": design.pages,
        "base_url": design.base_url,
    }


def _ask(wanted: dict[str, Any]) -> Any:
    try:
        done = subprocess.run(  # noqa: S603 - our own program, with no argument from outside
            [sys.executable, "-I", str(CHILD)],
            input=json.dumps(wanted).encode(),
            capture_output=True,
            timeout=WALL_SECONDS,
            env={},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise RenderError(f"laying out the design took more than {WALL_SECONDS} seconds, so it was stopped") from error
    if done.returncode in _OUT_OF_TIME:
        seconds = wanted["cpu_seconds"]
        raise RenderError(f"the design needs more than {seconds} seconds of computing to lay out, so it was stopped")
    if done.returncode != 0:
        raise RenderError("laying out the design took more memory than a certificate may need, so it was stopped")
    return json.loads(done.stdout)
