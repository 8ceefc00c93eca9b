"""Editing: every obstacle to publishing by an item that trips it, and what two versions differ in."""

from dataclasses import replace
from typing import Any

import pytest

from quizzes.rules.editing import ModuleFacts, changes_of, difference, obstacles
from quizzes.rules.item import BlueprintLine, ChoiceItem, Item, Topic
from quizzes.rules.limits import storage_problems

TOPICS = (Topic("one", "One"), Topic("two", "Two"))
BLUEPRINT = (BlueprintLine("First", ("one",), 1), BlueprintLine("Second", ("two",), 1))
MODULE = ModuleFacts(
    total_points=2,
    pass_points=1,
    anchors=frozenset({"p-one"}),
    references=frozenset({"one2020"}),
    objectives=frozenset({"know"}),
)


def choices(*changes: dict[str, Any]) -> tuple[ChoiceItem, ...]:
    found = [ChoiceItem(key, f"Text {key}", key == "a", f"Reason {key}") for key in "abcd"]
    for index, change in enumerate(changes):
        found[index] = replace(found[index], **change)
    return tuple(found)


def item(lineage: str = "first", topic: str = "one", **changes: Any) -> Item:
    values: dict[str, Any] = {"objective": "know", "stem": "What?", "choices": choices(), "passages": ("p-one",)}
    values |= {"references": ("one2020",), **changes}
    return Item(lineage, topic, **values)


ITEMS = (item(), item("second", "two"))


def found(*items: Item, blueprint: Any = BLUEPRINT, module: ModuleFacts = MODULE) -> list[str]:
    return [one.full for one in obstacles(blueprint, TOPICS, items or ITEMS, modules=[module])]


def test_a_sound_version_has_no_obstacle() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"stem": " \n"}, "first: The stem is empty."),
        ({"topic": "three"}, "first: The topic “three” is not one of this quiz."),
        ({"objective": ""}, "first: No learning objective is named."),
        ({"objective": "other"}, "first: The module has no learning objective “other”."),
        ({"passages": ()}, "first: No passage of the article is named that proves the key."),
        ({"passages": ("p-gone",)}, "first: The article has no passage “p-gone”."),
        ({"references": ()}, "first: No reference is named."),
        ({"references": ("gone",)}, "first: The reference list has no “gone”."),
        ({"apart": ("first",)}, "first: The question is kept apart from itself."),
        ({"apart": ("gone",)}, "first: It is kept apart from “gone”, which is not in this quiz."),
        ({"choices": choices()[:3]}, "first: There are 3 choices; 4 or 5 are needed."),
        ({"choices": choices({"correct": False})}, "first: No choice is marked as the key; mark one."),
        ({"choices": choices({}, {"correct": True})}, "first: 2 choices are marked as the key; mark one."),
        ({"choices": choices({"text": ""})}, "first: Choice A is empty."),
        ({"choices": choices({"text": "text  B"})}, "first: Two choices have the same text."),
        ({"choices": choices({"key": "b"})}, "first: Two choices are called “b”."),
        ({"choices": choices({"rationale": " "})}, "first: Choice A has no rationale: say why it is right."),
        ({"choices": choices({}, {"rationale": ""})}, "first: Choice B has no rationale: say why it is wrong."),
    ],
)
def test_each_flaw_of_an_item_is_named_with_the_item(change: dict[str, Any], sentence: str) -> None:
    assert sentence in found(replace(ITEMS[0], **change), ITEMS[1])


@pytest.mark.parametrize(
    ("blueprint", "sentence"),
    [
        ((), "The blueprint is empty: say how many questions to draw from which topics."),
        ((replace(BLUEPRINT[0], draw=0), BLUEPRINT[1]), "The blueprint line “First” draws nothing."),
        ((replace(BLUEPRINT[0], topics=()), BLUEPRINT[1]), "The blueprint line “First” names no topic."),
        (
            (replace(BLUEPRINT[0], topics=("x",)), BLUEPRINT[1]),
            "The blueprint line “First” names the unknown topic “x”.",
        ),
        ((BLUEPRINT[0],), "The blueprint draws 1 points, but the release promises 2."),
        ((replace(BLUEPRINT[0], draw=300),), "The blueprint draws 300 points; at most 200 are possible."),
        (
            (replace(BLUEPRINT[0], draw=2),),
            "The blueprint line “First” draws 2, but only 1 questions have its topics.",
        ),
    ],
)
def test_each_flaw_of_the_blueprint_is_named(blueprint: tuple[BlueprintLine, ...], sentence: str) -> None:
    assert sentence in found(blueprint=blueprint)


def test_a_blueprint_whose_items_are_all_kept_apart_is_refused() -> None:
    sentences = found(replace(ITEMS[0], apart=("second",)), ITEMS[1])
    assert sentences == [
        "No set of questions satisfies the blueprint: too many of them are kept apart from each other."
    ]


def test_two_items_of_one_name_are_refused() -> None:
    assert "first: This name is used by more than one question." in found(ITEMS[0], ITEMS[0], ITEMS[1])


def test_every_release_the_quiz_serves_is_asked_about_its_points() -> None:
    sentences = [
        one.full
        for one in obstacles(BLUEPRINT, TOPICS, ITEMS, modules=[MODULE, ModuleFacts(total_points=3, pass_points=1)])
    ]
    assert sentences == ["The blueprint draws 2 points, but the release promises 3."]


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({}, ()),
        ({"stem": "Which?"}, ("stem",)),
        ({"apart": ("x",), "tags": ("y",)}, ("tags", "apart")),
        ({"choices": choices({"text": "New"})}, ("choices",)),
        ({"choices": choices({"correct": False}, {"correct": True})}, ("key",)),
        ({"choices": choices({"rationale": "New"})}, ("rationale",)),
        ({"choices": choices()[::-1]}, ("choices",)),
    ],
)
def test_changed_parts_are_named(change: dict[str, Any], parts: tuple[str, ...]) -> None:
    assert changes_of(item(), item(**change)) == parts


def test_the_difference_of_two_versions() -> None:
    after = [item("third"), replace(ITEMS[1], stem="Which?"), ITEMS[0]]
    seen = difference(ITEMS, after, blueprints=(BLUEPRINT, BLUEPRINT[::-1]))
    assert (seen.added, seen.removed) == (("third",), ())
    assert seen.changed == (("second", ("stem",)),)
    assert seen.reordered
    assert seen.blueprint
    assert difference(after, ITEMS).removed == ("third",)
    assert difference(ITEMS, ITEMS, blueprints=(BLUEPRINT, BLUEPRINT)).is_empty


def test_the_fingerprint_changes_with_every_part() -> None:
    changed = [
        item(),
        item(stem="Which?"),
        item(ordered=True),
        item(tags=("x",)),
        item(apart=("x",)),
        item(choices=choices({"rationale": "New"})),
        item(choices=choices({"correct": False}, {"correct": True})),
    ]
    assert len({one.fingerprint for one in changed}) == len(changed)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lineage": "Not a name"}, "lineage"),
        ({"topic": "t" * 41}, "topic"),
        ({"topic": "with\0nul"}, "topic"),
        ({"objective": "With Space"}, "objective"),
        ({"stem": "s" * 20_001}, "stem"),
        ({"passages": ("no spaces here",)}, "passages"),
        ({"tags": tuple(f"t{number}" for number in range(101))}, "tags"),
        ({"choices": choices({}, {"correct": True})}, "choices"),
        ({"choices": choices({"key": "b"})}, "choices"),
        ({"choices": choices({"key": "longer-than-eight"})}, "choices"),
        ({"choices": choices({"text": "t" * 20_001})}, "choices"),
    ],
)
def test_what_a_draft_cannot_hold_is_refused_by_field(change: dict[str, Any], field: str) -> None:
    assert list(storage_problems(replace(item(), **change))) == [field]


def test_a_draft_may_hold_an_unfinished_item() -> None:
    assert storage_problems(Item("new", "one", "", "", ())) == {}
