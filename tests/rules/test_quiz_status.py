"""The status of an item: only a ready one is drawn, counted and asked to be complete."""

from dataclasses import replace

import pytest

from quizzes.interchange.convert import from_item, to_item
from quizzes.interchange.formats import FORMATS, read_any
from quizzes.rules.drawing import candidates_of
from quizzes.rules.editing import changes_of, obstacles
from quizzes.rules.item import BlueprintLine, Status, Topic
from quizzes.rules.preflight import preflight_of
from tests.factories.items import SINGLE

BLUEPRINT = (BlueprintLine("All", ("topic",), 2),)
TOPICS = (Topic("topic", "Topic"),)
THREE = tuple(replace(SINGLE, lineage=f"item-{one}", topic="topic") for one in "abc")


@pytest.mark.parametrize(("status", "drawn"), [(Status.READY, 3), (Status.DRAFT, 2), (Status.RETIRED, 2)])
def test_only_ready_items_are_drawn_and_counted(status: Status, drawn: int) -> None:
    items = [replace(THREE[0], status=status), *THREE[1:]]
    assert len(candidates_of(items)) == drawn
    found = preflight_of(BLUEPRINT, items)
    assert found.lines[0].at_hand == drawn
    assert found.attempts == {3: 3, 2: 1}[drawn]


def test_a_retired_item_is_missed_where_the_blueprint_needs_it() -> None:
    items = [replace(one, status=Status.RETIRED) for one in THREE[:2]] + [THREE[2]]
    assert obstacles(BLUEPRINT, TOPICS, THREE) == []
    assert "only 1 questions" in obstacles(BLUEPRINT, TOPICS, items)[0].sentence


def test_an_unfinished_item_stands_in_the_way_only_when_it_is_ready() -> None:
    bare = replace(THREE[0], stem="", choices=(), references=(), lineage="bare")
    assert obstacles(BLUEPRINT, TOPICS, [*THREE, bare])
    for status in (Status.DRAFT, Status.RETIRED):
        assert obstacles(BLUEPRINT, TOPICS, [*THREE, replace(bare, status=status)]) == []


def test_a_change_of_status_is_told() -> None:
    assert changes_of(THREE[0], replace(THREE[0], status=Status.RETIRED)) == ("status",)


@pytest.mark.parametrize("key", ["yaml", "qti3", "moodle"])
@pytest.mark.parametrize("status", list(Status))
def test_our_formats_bring_it_back_and_others_say_that_they_do_not(key: str, status: Status) -> None:
    item = replace(THREE[0], status=status)
    back = read_any(FORMATS[key].write([from_item(item)], "T"), "x").entries[0]
    assert to_item(back).status is status
    said = [reason.code for reason in FORMATS["gift"].losses([from_item(item)])[0].reasons]
    assert ("status_not_carried" in said) is (status is not Status.READY)
