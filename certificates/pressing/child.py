"""A program by itself: judges and lays out designs that came from outside, under hard limits.

It is started by its path, with an empty environment: no keys, no database, no addresses are at hand, and whatever a
hostile design does to the libraries that read it happens in here.

Input: JSON. Output: JSON. `certificates.apart` is the other side.
"""

import base64
import contextlib
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MOST_SECONDS = 40
"""Of computing, for all pages of a design together; each page has its own limit within it."""
MEMORY, LARGEST_FILE = 768 * 1024 * 1024, 4 * 1024 * 1024


def limit(cpu_seconds: int) -> None:
    """Nothing that runs in here may take long, grow large or write much (fonts of a design pass through a file)."""
    try:
        import resource  # noqa: PLC0415 - there is none on Windows
    except ImportError:
        return
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, LARGEST_FILE),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):  # a lower limit from outside stays
            resource.setrlimit(what, (most, most))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, MOST_SECONDS))


def more_time(seconds: int) -> None:
    """So many seconds of computing from here on, for one page of several."""
    try:
        import resource  # noqa: PLC0415 - there is none on Windows
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 1 + seconds
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (min(soft, hard), hard))


@dataclass(frozen=True)
class Ready:
    """A page whose HTML was written outside."""

    design: Any
    wanted: frozenset[str]
    htmls: dict[str, str]
    must_say: list[str]

    def html(self, tightness: str) -> str:
        return self.htmls[tightness]


def compile_pages(asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Each page compiled, or why not. The first problem ends the work: those after it would say the same."""
    from certificates.compiled import RenderError  # noqa: PLC0415 - loaded after the limits are set
    from certificates.design import Asset, Design  # noqa: PLC0415 - as above

    told = asked["design"]
    design = Design(
        name=told["name"],
        template=None,  # pyright: ignore[reportArgumentType] - the HTML is here already
        styles=tuple(told["styles"]),
        assets={name: Asset(base64.b64decode(body), kind) for name, (kind, body) in told["assets"].items()},
        digest=told["digest"],
        trusted=False,
        pages=told["pages"],
        base_url=told["base_url"],
    )
    done: list[dict[str, Any]] = []
    for page in asked["pages"]:
        more_time(int(asked["cpu_seconds"]))
        ready = Ready(design, frozenset(page["wanted"]), page["htmls"], page["must_say"])
        try:
            done.append({"compiled": base64.b64encode(_compiled(ready)).decode("ascii")})
        except RenderError as problem:
            done.append({"problem": str(problem)})
            break
        except RecursionError:
            done.append({"problem": "the design is nested too deeply"})
            break
        except MemoryError:
            done.append({"problem": "laying out the design takes more memory than a certificate may need"})
            break
        except BaseException as problem:  # noqa: BLE001 - WeasyPrint's fatal error is no Exception
            done.append({"problem": str(problem)[:300] or type(problem).__name__})
            break
    return done


def _compiled(ready: Ready) -> bytes:
    from certificates import compiling  # noqa: PLC0415 - as above

    return compiling.compile_page(ready, ready.must_say).to_bytes()


def judge_files(asked: dict[str, Any]) -> dict[str, Any]:
    """The files of an upload, judged; the page written anew."""
    from certificates.pressing import judging  # noqa: PLC0415 - as above

    files = {name: base64.b64decode(body) for name, body in asked["files"].items()}
    try:
        problems, clean = judging.judge(files, page=asked["page"])
    except (RecursionError, MemoryError):
        problems, clean = ["The files are nested too deeply or too large to be read."], {}
    return {
        "problems": problems,
        "files": {name: base64.b64encode(body).decode("ascii") for name, body in clean.items()},
    }


def draw(asked: dict[str, Any]) -> dict[str, list[str]]:
    """Pictures of first pages."""
    from certificates import picture  # noqa: PLC0415 - as above

    bodies = [base64.b64decode(pdf) for pdf in asked["pdfs"]]
    return {"pictures": [base64.b64encode(picture.picture_of(body)).decode("ascii") for body in bodies]}


WORK = {"compile": compile_pages, "judge": judge_files, "draw": draw}


def main() -> None:
    """Read what is asked, do it, answer."""
    asked = json.load(sys.stdin)
    limit(int(asked["cpu_seconds"]))
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    with tempfile.TemporaryDirectory(prefix="cme-pressing-") as folder:
        tempfile.tempdir = folder  # what libraries write goes when this process goes
        answer = WORK[asked["work"]](asked)
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
