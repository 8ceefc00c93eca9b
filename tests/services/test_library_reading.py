"""Data files with positions: every mistake has its place, and nothing in a file can run or grow."""

from datetime import date
from pathlib import Path

import pytest

from cme.activities.library.reading import key_path, read_toml, read_yaml


def written(tmp_path: Path, text: str | bytes, name: str = "x.yaml") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_yaml_gives_plain_values_and_the_line_of_each(tmp_path: Path) -> None:
    document = read_yaml(
        written(tmp_path, '# note\n- key: a\n  year: 2020\n  on: 2025-12-01\n  "more": [x, true, null]\n')
    )
    assert document.problems == []
    assert document.value == [{"key": "a", "year": 2020, "on": date(2025, 12, 1), "more": ["x", True, None]}]
    assert document.place(0, "year") == "line 3"
    assert document.place(0, "more", 2) == "line 5"
    assert document.place(0, "absent") == "line 2"  # the nearest thing that is there
    assert document.place() == "line 2"


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        pytest.param(BOMB, "line 1", "anchors and aliases", id="alias-bomb"),
        pytest.param("a: 1\nb: *a\n", "line 2", "anchors and aliases", id="alias"),
        pytest.param("[" * 5000, "line 1", "levels deep", id="deep-nesting"),
        pytest.param("a: 1\nb: 2\na: 3\n", "line 3", "“a” stands here twice", id="key-twice"),
        pytest.param("a: 1\nb: !!python/object/apply:os.system [x]\n", "line 2", "tag", id="python-tag-on-a-list"),
        pytest.param("a: !!python/name:os.system x\n", "line 1", "tag", id="python-tag"),
        pytest.param("a: !secret x\n", "line 1", "the tag “!secret” is not taken", id="own-tag"),
        pytest.param("a: 1\n b: 2\n", "line 2", "not valid YAML", id="indentation"),
        pytest.param("a: [1\n", "line 2", "not valid YAML", id="unclosed"),
        pytest.param("a: 1\n---\nb: 2\n", "line 2", "second document", id="two-documents"),
        pytest.param("? [a]\n: 1\n", "line 1", "plain word", id="list-as-key"),
        pytest.param("a: 2025-13-40\n", "line 1", "not a valid value", id="no-such-day"),
        pytest.param("", "line 1", "empty", id="empty"),
        pytest.param("# only a note\n", "line 1", "empty", id="only-a-comment"),
        pytest.param(b"a: 1\nb: \xff\n", "line 2", "not UTF-8", id="not-utf-8"),
        pytest.param(b"a: \x00\n", "", "not valid YAML", id="control-character"),
        pytest.param(b"#" * (2 * 1024 * 1024 + 1), "", "larger than 2 MB", id="too-large"),
    ],
)
def test_bad_yaml_is_named_with_its_line(tmp_path: Path, text: str | bytes, place: str, words: str) -> None:
    document = read_yaml(written(tmp_path, text))
    assert document.problems, document.value
    problem = document.problems[0]
    assert (problem.file, problem.place) == ("x.yaml", place), problem
    assert words in problem.sentence


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert [str(one) for one in read_yaml(tmp_path / "no.yaml").problems] == [
        "no.yaml: this file is missing; add it to the folder."
    ]
    assert "is missing" in str(read_toml(tmp_path / "no.toml").problems[0])
    assert "cannot be read" in str(read_yaml(tmp_path, "folder").problems[0])


def test_a_byte_order_mark_and_foreign_line_ends_do_no_harm(tmp_path: Path) -> None:
    document = read_yaml(written(tmp_path, "\ufeffa: 1\r\nb: 2\r\n"))
    assert document.value == {"a": 1, "b": 2}
    assert document.place("b") == "line 2"


def test_toml_problems_name_the_line_or_the_key_path(tmp_path: Path) -> None:
    broken = read_toml(written(tmp_path, 'a = 1\nb = "x\n', "x.toml"))
    assert broken.problems[0].place == "line 2"
    assert "not valid TOML" in broken.problems[0].sentence
    twice = read_toml(written(tmp_path, "a = 1\na = 2\n", "x.toml"))
    assert twice.problems[0].place == "line 2"
    good = read_toml(written(tmp_path, "[release]\nnumber = 1\n[[release.offers]]\ntype = 'x'\n", "x.toml"))
    assert good.problems == []
    assert good.place("release", "offers", 0, "type") == "release.offers[0].type"
    assert key_path(("a", 0, "b")) == "a[0].b"
