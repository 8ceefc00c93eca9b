"""Items of every kind for tests, and a quiz that draws one of each."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from quizzes.models.quiz import QuizVersion
from quizzes.rules.delivery import TODAY, DeliveryRules
from quizzes.rules.item import BlueprintLine, ChoiceItem, Item, Kind, Numeric, StemItem, Topic
from quizzes.services.writing import add_draft
from tests.factories.modules import Module, make_module

TOPIC = Topic("one", "One")


def choices(right: str, keys: str = "abcd") -> tuple[ChoiceItem, ...]:
    """Choices of which these are right."""
    return tuple(ChoiceItem(key, f"Option {key}", key in right, f"Because of {key}.") for key in keys)


def item(lineage: str, kind: Kind, **values: Any) -> Item:
    """An item of that kind with everything publishing asks for."""
    rests = {"topic": "one", "objective": "one", "passages": ("p-one",), "references": ("one2020",)}
    return Item(lineage=lineage, stem=f"What about {lineage}?", **{"choices": (), "kind": kind, **rests, **values})


SINGLE = item("single", Kind.SINGLE, choices=choices("a"))
MULTIPLE = item("multiple", Kind.MULTIPLE, choices=choices("ac", "abcde"), points=2, partial=True)
MATCHING = item(
    "matching",
    Kind.MATCHING,
    choices=choices("", "abc"),
    stems=(StemItem("s1", "First stem", "b"), StemItem("s2", "Second stem", "a")),
    rationale="They match like this.",
    points=2,
    partial=True,
)
ORDERING = item(
    "ordering", Kind.ORDERING, choices=choices("", "abc"), order=("b", "c", "a"), rationale="First things first."
)
NUMERIC = item(
    "numeric", Kind.NUMERIC, numeric=Numeric(Decimal("2.5"), Decimal("0.1"), "mg"), rationale="By calculation."
)
TRUE_FALSE = item(
    "truth",
    Kind.TRUE_FALSE,
    choices=(ChoiceItem("true", "True", True, "It is."), ChoiceItem("false", "False", False, "It is not.")),
)
ALL = (SINGLE, MULTIPLE, MATCHING, ORDERING, NUMERIC, TRUE_FALSE)
WRONG = {
    "single": "b",
    "multiple": "b d",
    "matching": "s1=c s2=c",
    "ordering": "a=1 b=2 c=3",
    "numeric": "9",
    "truth": "false",
}
"""Complete answers that give no point."""
RIGHT = {
    "single": "a",
    "multiple": "a c",
    "matching": "s1=b s2=a",
    "ordering": "a=3 b=1 c=2",
    "numeric": "2.45",
    "truth": "true",
}
BLUEPRINT = (
    BlueprintLine("Of one point", ("one",), 4, tags=("small",)),
    BlueprintLine("Of two points", ("one",), 2, tags=("large",), points=2),
)
POINTS = 8


def tagged(items: tuple[Item, ...] = ALL) -> list[Item]:
    """The items with the tags by which BLUEPRINT draws them."""
    return [replace(one, tags=("small",) if one.points == 1 else ("large",)) for one in items]


def make_module_of_kinds(
    session: Session,
    *,
    now: datetime,
    pass_points: int = 6,
    delivery: DeliveryRules = TODAY,
    vignettes: dict[str, str] | None = None,
    items: list[Item] | None = None,
) -> Module:
    """A module whose published quiz asks one item of every kind."""
    module = make_module(session, now=now, questions=POINTS, pass_points=pass_points, bank=POINTS)
    session.execute(update(QuizVersion).where(QuizVersion.id == module.version_id).values(state="retired"))
    version_id = add_draft(
        session,
        module.quiz_id,
        2,
        blueprint=BLUEPRINT,
        topics=(TOPIC,),
        items=items or tagged(),
        delivery=delivery,
        vignettes=vignettes,
        editor=None,
        now=now,
    )
    session.execute(update(QuizVersion).where(QuizVersion.id == version_id).values(state="published", published_at=now))
    return replace(module, version_id=version_id, questions=len(items or ALL))
