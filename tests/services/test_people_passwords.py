"""Passwords: parameters, edges, and which ones are refused."""

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type

from cme.people.services import passwords
from cme.people.services.passwords import fits, hash_password, is_dated, password_problem

GOOD = "leaves under quiet water"


def test_the_hash_is_argon2id_with_the_agreed_parameters():
    found = extract_parameters(hash_password(GOOD))
    assert (found.type, found.memory_cost, found.time_cost, found.parallelism) == (Type.ID, 19456, 2, 1)
    assert extract_parameters(passwords._NOBODY) == found, "where there is no account the check must cost the same"


def test_a_password_fits_its_own_hash_exactly_as_typed():
    stored = hash_password(GOOD)
    assert fits(stored, GOOD)
    for other in (GOOD.upper(), GOOD + " ", " " + GOOD, GOOD[:-1], ""):
        assert not fits(stored, other)


def test_every_character_of_the_longest_password_counts():
    longest = "ab cd ef " * 14 + "gh"
    assert len(longest) == 128
    stored = hash_password(longest)
    assert fits(stored, longest)
    assert not fits(stored, longest[:-1] + "x")
    assert not fits(stored, longest + "x")


@pytest.mark.parametrize("stored", [None, passwords.NO_PASSWORD, "", "not a hash", "$argon2id$broken"])
def test_nothing_fits_where_there_is_no_password(stored: str | None):
    assert not fits(stored, GOOD)
    assert not fits(stored, "")
    assert not fits(stored, passwords.NO_PASSWORD)


def test_a_hash_with_older_parameters_is_dated():
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(GOOD)
    assert is_dated(old)
    assert not is_dated(hash_password(GOOD))
    assert fits(old, GOOD)


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("x7#kQp2", "at least 8 characters; this has 7"),
        ("x7#kQp2v" * 16 + "y", "at most 128 characters; this has 129"),
        ("password", "top-10 common password"),
        ("12345678", "top-10 common password"),
        ("iloveyou", "common password"),
        ("aaaaaaaaaaaa", "Repeats"),
        ("abcdefgh", "Sequences"),
        ("qwertyuiop", "easy to guess"),
        ("anna.lopez@example.org", "your own name"),
        ("Lopez Anna", "your own name"),
        ("lopez_LOPEZ-Anna!", "your own name"),
        ("!!!!!!!!--", "easy to guess"),
        ("P@ssw0rd1", "easy to guess"),
    ],
)
def test_a_weak_password_is_refused_with_its_reason(password: str, words: str):
    assert words in (password_problem(password, ("Anna Lopez", "anna.lopez@example.org")) or "")


@pytest.mark.parametrize(
    "password",
    ["x7#kQp2v", GOOD, "только строчные буквы", "王小明喜欢游泳和读书吗", "x7#kQp2v" * 16, "        a tree       "],
)
def test_no_composition_is_asked_for(password: str):
    assert password_problem(password) is None


def test_only_the_beginning_is_judged_so_that_judging_is_no_weapon(monkeypatch: pytest.MonkeyPatch):
    """Judging 72 random characters takes half a second."""
    seen: list[str] = []

    def judge(password: str, **_: object) -> dict[str, object]:
        seen.append(password)
        return {"score": 4, "feedback": {"warning": ""}}

    monkeypatch.setattr(passwords, "zxcvbn", judge)
    assert password_problem("".join(chr(33 + number % 90) for number in range(128))) is None
    assert [len(password) for password in seen] == [32]
