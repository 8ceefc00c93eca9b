"""What the import contracts cannot say: read from the source tree."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("cme", "quizzes", "certificates")
ENTRANCES = re.compile(
    r"(views|admin|api|cli|jobs|forms)\.py$|/web/|/learning/|/office/|/operations/|/cli/|runner\.py$|session\.py$"
)


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_package_files_hold_a_docstring_and_nothing_else():
    for path in sources():
        if path.name == "__init__.py":
            body = tree(path).body
            assert len(body) == 1, relative(path)
            assert ast.get_docstring(tree(path)), relative(path)


def test_every_file_says_what_it_owns():
    assert [relative(path) for path in sources() if not ast.get_docstring(tree(path))] == []


def test_only_wsgi_knows_every_wing():
    known = {
        alias
        for node in ast.walk(tree(ROOT / "wsgi.py"))
        if isinstance(node, ast.ImportFrom)
        for alias in [node.module]
    }
    assert {"cme.wiring", "quizzes.wiring", "certificates.wiring"} <= known
    for path in sources():
        names = {
            node.module.split(".")[0]
            for node in ast.walk(tree(path))
            if isinstance(node, ast.ImportFrom) and node.module
        }
        assert "wsgi" not in names, relative(path)


def test_only_entrances_commit():
    for path in sources():
        if ENTRANCES.search(relative(path)):
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                assert node.func.attr != "commit", f"{relative(path)}:{node.lineno} commits"
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != "transaction", f"{relative(path)}:{node.lineno} opens a transaction"


def test_services_take_session_first_and_now_by_name():
    for path in sources():
        if not re.search(r"service(s)?(\.py|/)", relative(path)):
            continue
        for node in tree(path).body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            positional = [argument.arg for argument in [*node.args.posonlyargs, *node.args.args]]
            assert "now" not in positional, f"{relative(path)}: {node.name} takes now by position"
            if "session" in positional:
                assert positional[0] == "session", f"{relative(path)}: {node.name}"


def test_no_function_hides_an_import():
    """Except where a comment on the line says why (the web process must not load the renderer)."""
    for path in sources():
        lines = path.read_text(encoding="utf-8").splitlines()
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for inner in ast.walk(node):
                    if isinstance(inner, ast.Import | ast.ImportFrom):
                        assert "#" in lines[inner.lineno - 1], f"{relative(path)}:{inner.lineno}"


def test_templates_have_no_inline_code():
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.html"):
            if "designs" in path.parts:
                continue  # printed by the renderer, never sent to a browser
            if "offline" in path.parts:
                continue  # one file that works from a disk; its own policy names its script by hash
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"\sstyle=", text), relative(path)
            assert not re.search(r"<script(?![^>]*\bsrc=)", text), relative(path)
            assert not re.search(r"\son(click|change|submit|load|input|keydown)=", text), relative(path)


def test_ground_floor_templates_name_no_endpoint_of_a_wing():
    for path in (ROOT / "cme" / "templates").rglob("*.html"):
        assert not re.search(r"url_for\(['\"](quizzes|certificates|desk)\.", path.read_text(encoding="utf-8")), (
            relative(path)
        )


def test_nothing_in_the_project_names_a_machine():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    home = str(Path.home())
    for name in listed:
        path = ROOT / name
        if not name or not path.is_file() or path.suffix in {".png", ".ttf", ".woff2", ".pdf"}:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        assert f"{ROOT}/" not in text, name
        if len(home) > len("/root"):
            assert f"{home}/" not in text, name


def test_the_web_process_does_not_load_the_renderer():
    code = (
        "import sys, pathlib\n"
        "from wsgi import create_app\n"
        "from cme.config import Mode, Settings\n"
        "create_app(Settings(mode=Mode.TEST, secret_key='x' * 40, database_url='sqlite://', "
        "public_url='http://localhost', instance=pathlib.Path('/nonexistent')))\n"
        "assert 'weasyprint' not in sys.modules\n"
        "assert 'fontTools' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("package", PACKAGES)
def test_files_stay_small(package: str):
    long = {
        relative(path): count
        for path in (ROOT / package).rglob("*.py")
        if (count := len(path.read_text().splitlines())) > 400
    }
    assert long == {}
