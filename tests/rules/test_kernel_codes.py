"""Certificate codes and tokens: how random they are, and what of a mistyped one is understood."""

import itertools
import math

import pytest

from cme.kernel import codes
from cme.kernel.codes import ALPHABET, new_code, new_token, normalise_code, token_digest

CODE = "01AB-CDEF-GHJK-MNPQ-RSTV-WXYZ-2345"

SAME_CODE = {
    "as printed": CODE,
    "lower case": CODE.lower(),
    "without hyphens": CODE.replace("-", ""),
    "with spaces": CODE.replace("-", " "),
    "spaces around": f"  {CODE}\r\n",
    "typographic hyphens": CODE.replace("-", "\u2011"),
    "en dashes": CODE.replace("-", "\u2013"),
    "letter O for zero": CODE.replace("0", "O"),
    "small o for zero": CODE.replace("0", "o"),
    "letter I for one": CODE.replace("1", "I"),
    "letter L for one": CODE.replace("1", "l"),
    "one hyphen only": f"{CODE.replace('-', '')[:10]}-{CODE.replace('-', '')[10:]}",
}
NO_CODE = {
    "empty": "",
    "hyphens only": "------",
    "one short": CODE[:-1],
    "one long": CODE + "6",
    "letter U": CODE.replace("A", "U"),
    "sign": CODE.replace("A", "%"),
    "NUL": CODE.replace("A", "\0"),
    "cyrillic look-alike": CODE.replace("A", "А"),
    "arabic-indic digit": CODE.replace("2", "٢"),
    "path": "../../etc/passwd",
    "long": "A" * 10_000,
}


def test_a_code_holds_at_least_128_random_bits_in_readable_groups() -> None:
    code = new_code()
    groups = code.split("-")
    assert [len(group) for group in groups] == [4] * 7
    assert set("".join(groups)) <= set(ALPHABET)
    assert len(set(ALPHABET)) == len(ALPHABET) == 32
    assert len("".join(groups)) * math.log2(len(ALPHABET)) == 140


def test_no_letter_of_the_alphabet_can_be_taken_for_another() -> None:
    assert not set("ILOU") & set(ALPHABET)


def test_codes_come_from_the_system_source_and_use_every_letter_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def choice(letters: str) -> str:
        asked.append(letters)
        return letters[len(asked) % len(letters)]

    monkeypatch.setattr(codes.secrets, "choice", choice)
    new_code()
    assert asked == [ALPHABET] * 28


def test_ten_thousand_codes_differ_and_have_no_order() -> None:
    made = [new_code() for _ in range(10_000)]
    assert len(set(made)) == len(made)
    rising = sum(first < second for first, second in itertools.pairwise(made))
    assert 4_700 < rising < 5_300


@pytest.mark.parametrize("typed", SAME_CODE.values(), ids=SAME_CODE.keys())
def test_a_code_is_understood_as_people_type_it(typed: str) -> None:
    assert normalise_code(typed) == CODE


@pytest.mark.parametrize("typed", NO_CODE.values(), ids=NO_CODE.keys())
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert normalise_code(typed) is None


def test_a_new_code_is_already_in_canonical_form() -> None:
    for _ in range(200):
        code = new_code()
        assert normalise_code(code) == code


def test_tokens_have_256_bits_and_only_their_digest_is_kept() -> None:
    token = new_token()
    assert len(token) == 43  # 32 bytes in base 64 without padding
    assert token != new_token()
    assert len(token_digest(token)) == 64
    assert token_digest(token) == token_digest(token) != token_digest(token + "x")
    assert token not in token_digest(token)
