"""Accounts: names, waits, link addresses and browsers, from facts alone."""

from datetime import UTC, datetime, timedelta

import pytest

from cme.people import rules
from cme.people.countries import COUNTRIES, UNKNOWN, country_name
from cme.people.rules import DAY_COUNT, Limit, Purpose, account_wait, device_name, name_problem, plain_wait, wait_phrase

AT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # begins a minute, a quarter of an hour and an hour
MINUTE, QUARTER = rules.ACCOUNT_LIMITS


@pytest.mark.parametrize(
    "name",
    [
        "Nguyễn Thị Minh Khai",
        "Łukasz Ødegård",
        "Дмитрий Иванов",
        "Λαμπρινή Παπαδοπούλου",
        "محمد عبد الله",
        "王明",
        "O’Connor-Smith III",
        "x" * 90,
        "x" * 120,
        "<script>alert(1)</script>",
        "{{7*7}}",
        "=cmd()",
    ],
)
def test_a_name_people_have_or_type_is_taken(name: str):
    assert name_problem(name) is None


@pytest.mark.parametrize(("name", "words"), [("", "two"), ("x", "two"), ("x" * 121, "120")])
def test_a_name_outside_the_edges_is_refused_with_the_edge(name: str, words: str):
    assert words in (name_problem(name) or "")


def test_the_first_check_that_objects_gives_the_sentence():
    checks = [lambda _: None, lambda name: f"No letter for {name}.", lambda _: "never asked"]
    assert name_problem("王明", checks) == "No letter for 王明."
    assert rules.credentials_problem("王", checks) == "No letter for 王."
    assert rules.credentials_problem("", checks) is None


@pytest.mark.parametrize(("length", "taken"), [(40, True), (41, False)])
def test_credentials_have_an_edge(length: int, taken: bool):
    assert (rules.credentials_problem("x" * length) is None) is taken


@pytest.mark.parametrize(
    ("counts", "at", "wait"),
    [
        ({MINUTE: 5, QUARTER: 5}, AT, 0),
        ({MINUTE: 6, QUARTER: 6}, AT, 60),
        ({MINUTE: 6, QUARTER: 6}, AT + timedelta(seconds=59), 1),
        ({MINUTE: 6, QUARTER: 6}, AT + timedelta(seconds=59, microseconds=1), 1),
        ({MINUTE: 1, QUARTER: 10}, AT + timedelta(minutes=5), 0),
        ({MINUTE: 1, QUARTER: 11}, AT + timedelta(minutes=5), 600),
        ({MINUTE: 1, QUARTER: 4, DAY_COUNT: 30}, AT, 0),
        ({MINUTE: 1, QUARTER: 3, DAY_COUNT: 31}, AT, 0),
        ({MINUTE: 1, QUARTER: 4, DAY_COUNT: 31}, AT, 900),
    ],
)
def test_the_wait_for_an_account_grows_and_ends(counts: dict[Limit, int], at: datetime, wait: int):
    assert account_wait(counts, at) == wait


def test_no_number_of_tries_makes_anybody_wait_longer_than_a_quarter_of_an_hour():
    worst = {MINUTE: 10**6, QUARTER: 10**6, DAY_COUNT: 10**6}
    assert max(account_wait(worst, AT + timedelta(seconds=second)) for second in range(0, 3600, 7)) <= 900


@pytest.mark.parametrize(("tries", "wait"), [(2, 0), (3, 1800)])
def test_a_plain_limit_stands_for_itself(tries: int, wait: int):
    assert plain_wait({Limit(3600, 2): tries}, AT + timedelta(minutes=30)) == wait


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 second"), (2, "2 seconds"), (59, "59 seconds"), (60, "1 minute"), (61, "2 minutes"), (900, "15 minutes")],
)
def test_a_wait_is_said_so_that_it_is_enough(seconds: int, words: str):
    assert wait_phrase(seconds) == words


@pytest.mark.parametrize("purpose", list(Purpose))
def test_every_link_has_an_address_and_a_life(purpose: Purpose):
    assert purpose.path("abc").endswith("/abc")
    assert timedelta(0) < purpose.lasts <= timedelta(days=7)


def test_a_reset_link_lives_an_hour():
    assert Purpose.RESET.lasts == timedelta(hours=1)


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19.0 Mobile Safari/604.1",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.0", "Unknown browser"),
        ("", "Unknown browser"),
        ("<script>\r\nX-Evil: 1", "Unknown browser"),
    ],
)
def test_a_browser_is_named_by_a_fixed_list(agent: str, name: str):
    assert device_name(agent) == name


def test_countries_are_the_249_of_iso_3166():
    assert len(COUNTRIES) == 249
    assert all(len(code) == 2 and code.isascii() and code.isupper() and name for code, name in COUNTRIES.items())
    assert len(set(COUNTRIES.values())) == 249
    assert UNKNOWN not in COUNTRIES
    assert (country_name("VN"), country_name(UNKNOWN)) == ("Viet Nam", "")
