"""Judging a library folder: each kind of mistake is named with file and place, and nothing is written."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from cme.activities.library.validating import Folder, validate_folder
from cme.part import House
from tests.support.stores import settings_for
from wsgi import create_app

Edit = Callable[[str, str, str], None]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    app: Flask = create_app(settings_for("sqlite://", tmp_path_factory.mktemp("instance")))
    return app.extensions["house"]


@pytest.fixture
def folder(tmp_path: Path, data_folder: Path) -> Path:
    path = tmp_path / "minimal-module"
    shutil.copytree(data_folder / "minimal-module", path)
    return path


def replace(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text()
    assert old in text, f"{file} has no {old!r}"
    path.write_text(text.replace(old, new, 1))


def problems(found: Folder) -> list[str]:
    return [str(problem) for problem in found.problems]


def test_the_minimal_module_is_without_fault(folder: Path, house: House) -> None:
    found = validate_folder(folder, house.loaders)
    assert problems(found) == []
    assert found.facts is not None
    assert found.facts.anchors == {"p-reading-scale", "p-fig-scale", "p-place-sites", "p-place-table"}
    assert found.facts.references == {"first2001", "second2011", "third2021"}
    assert found.facts.objectives == {"read", "place"}
    assert (found.facts.slug, found.facts.total_points, found.facts.pass_points) == ("minimal-module", 3, 2)


def test_every_shipped_module_is_without_fault(house: House) -> None:
    shipped = sorted(Path("cme/library").resolve().glob("*/activity.toml"))
    assert shipped
    for path in shipped:
        assert problems(validate_folder(path.parent, house.loaders)) == []


CASES = [
    # activity.toml: by key path
    ("activity.toml", 'slug = "minimal-module"', 'slug = "Minimal Module"', r"slug: .*does not fit"),
    ("activity.toml", 'title = "Taking a temperature"\n', "", r"title: “title” is missing"),
    ("activity.toml", 'title = "Taking a temperature"', "title = 3", r"title: .*must be a text"),
    ("activity.toml", 'title = "Taking', f'title = "{"x" * 200} Taking', r"title: .*200 are the limit"),
    ("activity.toml", "language =", "langauge =", r"langauge: “langauge” is not known here"),
    ("activity.toml", '["s-reading"]', '["s-reading", "s-nowhere"]', r"preview\[1\]: .*“s-nowhere”"),
    ("activity.toml", '["s-reading"]', '["s-place-sites"]', r"preview\[0\]: .*no ## section"),
    ("activity.toml", '[provider]\nkey = "demonstration"\n', "", r"provider: the group “provider” is missing"),
    ("activity.toml", "number = 1", 'number = "1"', r"release\.number: .*whole number"),
    ("activity.toml", "number = 1", "number = true", r"release\.number: .*whole number"),
    ("activity.toml", "expires_on = 2029-01-05", 'expires_on = "2029-01-05"', r"release\.expires_on: .*must be a day"),
    (
        "activity.toml",
        "expires_on = 2029-01-05",
        "expires_on = 2029-01-05T00:00:00",
        r"release\.expires_on: .*without a time",
    ),
    (
        "activity.toml",
        "expires_on = 2029-01-05",
        "expires_on = 2029-01-06",
        r"release: The term may last until 5 January 2029",
    ),
    ("activity.toml", "expires_on = 2029-01-05", "expires_on = 2026-01-04", r"release: The term ends before"),
    ("activity.toml", "Pacific/Honolulu", "Hawaii Time", r"release\.zone: .*not a time zone"),
    ("activity.toml", "grace_days = 7", "grace_days = 367", r"release\.grace_days: .*0 to 366"),
    ("activity.toml", "estimated_minutes = 15", "estimated_minutes = 30", r"release: The estimated time"),
    ("activity.toml", "pass_points = 2", "pass_points = 4", r"release: The pass mark"),
    ("activity.toml", "repeat_credit = true", 'repeat_credit = "yes"', r"release\.repeat_credit: .*true or false"),
    ("activity.toml", "maximum_quarters = 1", "maximum_quarters = 0", r"release\.offers\[0\]\.maximum_quarters"),
    (
        "activity.toml",
        '[[release.offers]]\ntype = "ama-pra-category-1"\nmaximum_quarters = 1\n',
        "",
        r"release\.offers: .*is missing",
    ),
    ("activity.toml", 'fees = "None."\n', "", r"front_matter\.fees: .*missing"),
    ("activity.toml", 'fees = "None."', 'fees = ""', r"front_matter\.fees: .*empty"),
    (
        "activity.toml",
        'method = ["Read.", "Answer three questions.", "Evaluate and claim."]',
        "method = [1]",
        r"front_matter\.method: .*list of texts",
    ),
    ("activity.toml", 'key = "place"', 'key = "read"', r"front_matter\.objectives\[1\]\.key: “read” is already used"),
    ("activity.toml", "[release]", "[release", r"line 12: this is not valid TOML"),
    # article.md: by line
    ("article.md", "{#p-reading-scale}\n", "", r"line 4: This paragraph has no anchor"),
    ("article.md", "@third2021", "@thirst2021", r"line 18: “thirst2021” is cited"),
    ("article.md", "(term:clinical-thermometer)", "(term:thermometer)", r"line 5: “thermometer” does not stand"),
    ("article.md", "A [clinical", "<script>x</script> A [clinical", r"line 5: HTML is not taken"),
    ("article.md", "eye level,", "eye [level](javascript:alert(1)),", r"line 6: A link may begin"),
    ("article.md", "![[scale]]", "![[scales]]", r"line 9: There is no figure “scales”"),
    # references.yaml: by line
    ("references.yaml", "type: book", "type: novel", r"line 13: “novel” is not one of"),
    ("references.yaml", "year: 2011", 'year: "2011"', r"line 17: .*whole number"),
    ("references.yaml", "year: 2021", "year: 2027", r"line 22: 2027 lies after the article's review"),
    ("references.yaml", 'doi: "10.', 'doi: "https://doi.org/10.', r"line 10: a DOI begins with 10"),
    ("references.yaml", 'pmid: "12345678"', "pmid: 12345678", r"line 11: .*must be a text"),
    ("references.yaml", 'pmid: "12345678"', 'pmid: "PMID1"', r"line 11: a PMID is digits"),
    ("references.yaml", 'url: "https:', 'url: "ftp:', r"line 23: an address begins"),
    ("references.yaml", "accessed: 2025-12-01", "accessed: yesterday", r"line 24: .*must be a day"),
    ("references.yaml", "key: second2011", "key: first2001", r"line 12: “first2001” is already used at line 1"),
    ("references.yaml", '  publisher: "Example Press"\n', "", r"line 12: nobody could find this source"),
    ("references.yaml", '  title: "A book of examples"\n', "", r"line 12: “title” is missing"),
    ("references.yaml", "type: book", "type: &x book", r"line 13: anchors and aliases"),
    # glossary.yaml and figures.yaml
    ("glossary.yaml", "definition:", "meaning:", r"line 3: “meaning” is not known here"),
    (
        "glossary.yaml",
        "- key: clinical-thermometer",
        "key: clinical-thermometer",
        r"line \d: .*(not valid YAML|a list is expected)",
    ),
    ("figures.yaml", "file: figures/scale.svg", "file: ../../etc/passwd", r"line 2: “file” must be figures/scale\.svg"),
    ("figures.yaml", "alt:", "alternative:", r"line 4: “alternative” is not known"),
    (
        "figures.yaml",
        "[@second2011]",
        "[@second2012]",
        r"article\.md: line 9: The caption of “scale”: “second2012” is cited",
    ),
    ("figures/scale.svg", "<text", "<script/><text", r"line 4: <script> is not taken"),
    ("figures/scale.svg", 'font-size="14"', 'onload="x"', r"line 4: The attribute “onload”"),
    # evaluation.yaml
    ("evaluation.yaml", "kind: scale", "kind: slider", r"line 4: “slider” is not one of"),
    ("evaluation.yaml", "key: bias", "key: objectives", r"line 12: “objectives” is already used at line 3"),
    ("evaluation.yaml", "measures: outcome", "measures: comment", r"A required question about what will be done"),
    ("evaluation.yaml", '{key: "yes", text: "Yes"}', "{key: yes, text: Yes}", r"line 18: .*must be a text"),
    ("evaluation.yaml", "max_length: 500", "max_length: 50000", r"line 33: .*from 1 to 4000"),
    ("evaluation.yaml", "max_length: 500", "max_length: 500\n    options: []", r"line 34: .*takes no options"),
    # quiz.yaml, judged by the wing that owns it
    ("quiz.yaml", "passages: [p-fig-scale]", "passages: [p-nowhere]", r"line \d+: .*p-nowhere"),
    ("quiz.yaml", "references: [second2011]", "references: [second2099]", r"line \d+: .*second2099"),
    ("quiz.yaml", "draw: 2", "draw: 1", r".*"),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"), CASES, ids=[f"{case[0]}-{n}" for n, case in enumerate(CASES)]
)
def test_each_mistake_is_named_with_file_and_place(
    folder: Path, house: House, file: str, old: str, new: str, expected: str
) -> None:
    replace(folder, file, old, new)
    found = problems(validate_folder(folder, house.loaders))
    # Named after its own file, unless the text that uses it is where the mistake shows.
    wanted = expected if expected.startswith("article") else f"{re.escape(file)}: {expected}"
    assert any(re.fullmatch(f"{wanted}.*", problem) for problem in found), found


@pytest.mark.parametrize(
    "file",
    ["activity.toml", "article.md", "references.yaml", "glossary.yaml", "figures.yaml", "evaluation.yaml", "quiz.yaml"],
)
def test_each_missing_file_is_named(folder: Path, house: House, file: str) -> None:
    (folder / file).unlink()
    # And not a flood of sentences about everything that refers to it.
    assert problems(validate_folder(folder, house.loaders)) == [f"{file}: this file is missing; add it to the folder."]


def test_a_missing_picture_and_one_too_many_are_named(folder: Path, house: House) -> None:
    (folder / "figures/scale.svg").rename(folder / "figures/other.svg")
    found = problems(validate_folder(folder, house.loaders))
    assert (
        "figures.yaml: line 2: the picture figures/scale.svg is missing or cannot be read; add it to the folder."
        in found
    )
    assert "figures/other.svg: this picture is not in figures.yaml; add it there or remove it." in found


def test_several_mistakes_are_named_at_once(folder: Path, house: House) -> None:
    replace(folder, "activity.toml", "number = 1", "number = 0")
    replace(folder, "article.md", "{#p-place-sites}\n", "")
    replace(folder, "references.yaml", "type: book", "type: novel")
    replace(folder, "evaluation.yaml", "kind: scale", "kind: slider")
    files = {problem.file for problem in validate_folder(folder, house.loaders).problems}
    assert {"activity.toml", "article.md", "references.yaml", "evaluation.yaml"} <= files


def test_what_is_no_folder_is_named(tmp_path: Path, house: House) -> None:
    assert "this is not a folder" in problems(validate_folder(tmp_path / "nowhere", house.loaders))[0]
