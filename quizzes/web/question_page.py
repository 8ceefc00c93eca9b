"""The page of one question: what beside its form follows from what is typed."""

from dataclasses import dataclass

from markupsafe import Markup
from wtforms.fields.choices import SelectChoice  # pyright: ignore[reportAttributeAccessIssue] - newer than the stubs

from cme.store.session import Session
from quizzes.queries.editing import DeskQuestion, lineages_among
from quizzes.queries.media import media_of
from quizzes.queries.modules import DeskModule, Served, served
from quizzes.rules.editing import item_obstacles, points_obstacles
from quizzes.rules.item import Item, Kind
from quizzes.rules.linting import POLICIES
from quizzes.rules.picking import Entry, Picked, pick
from quizzes.services.wording import ItemWords, block, shows_media, words_of
from quizzes.web.forms import QuestionForm, names
from quizzes.web.notes import ShownNote, lettered, notes_on, obstacles_beside, summary_of
from quizzes.web.shelves import shelf


@dataclass(frozen=True, slots=True)
class Beside:
    """The learner's view, the notes and what the searches found; it changes while an editor types."""

    item: Item
    words: ItemWords
    case: Markup | None
    notes: list[ShownNote]
    obstacles: list[tuple[str, str]]
    passages: Picked
    references: Picked

    @property
    def summary(self) -> str:
        return summary_of(self.notes, self.obstacles)

    @property
    def order(self) -> list[str]:
        """The choices as written: a learner may meet them shuffled."""
        return [choice.key for choice in self.item.choices]


def beside(
    session: Session,
    question: DeskQuestion,
    item: Item,
    form: QuestionForm,
    around: Served,
    sought: dict[str, str],
) -> Beside:
    """Everything that is shown beside the form for this text of the question. `sought` are the words of the pickers."""
    case, module = question.vignettes.get(item.vignette, ""), around.module
    notes = notes_on(item, form.rows, in_form=question.is_draft, policy=POLICIES[around.policy])
    media = media_of(session, question.quiz_id) if shows_media(item) or "![" in case else {}
    shown = item if item.kind is Kind.TRUE_FALSE else lettered(item, form.rows)  # its two keys are asked about
    found = [
        *item_obstacles(
            shown,
            frozenset(topic.key for topic in question.topics),
            lineages_among(session, question.version_id, item.apart),
            modules=[module.facts] if module else [],
            vignettes=question.vignettes,
            media=media,
        ),
        *points_obstacles(question.blueprint, item),
    ]
    return Beside(
        item=item,
        words=words_of(item, media),
        case=block(case, media) if case else None,
        notes=notes,
        obstacles=obstacles_beside(notes, found),
        passages=pick(_passages(module), names(form.passages.data), sought.get("passages", "")),
        references=pick(_references(module), names(form.references.data), sought.get("references", "")),
    )


def form_for(session: Session, question: DeskQuestion) -> tuple[QuestionForm, Served]:
    """The form with the topics of the version and the objectives of its module, and what the item says beside them."""
    form, item = QuestionForm(), question.item
    around = served(session, question.quiz_id, shelf().modules)
    module = around.module
    topics = {topic.key: topic.label for topic in question.topics}
    objectives = {one.key: one.text for one in module.objectives} if module else {}
    topics.setdefault(item.topic, item.topic)
    form.topic.choices = [SelectChoice(key, label) for key, label in topics.items()]
    known = {**({} if item.objective in objectives else {item.objective: item.objective or "Choose one"}), **objectives}
    form.objective.choices = [SelectChoice(key, text) for key, text in known.items()]
    return form, around


def problems_of(form: QuestionForm) -> list[tuple[str, str]]:
    """(where to go, what is wrong) for the summary above the form."""
    found: list[tuple[str, str]] = []
    for field in form:
        if field.name in {"choices", "stems"}:
            for entry in form.choices if field.name == "choices" else form.stems:
                found += [(one.id, f"{one.label.text}: {error}") for one in entry.form for error in one.errors]
            found += [(f"{field.name}-0-text", error) for error in field.errors if isinstance(error, str)]
        elif field.name == "correct":
            found += [("choices-0-text", str(error)) for error in field.errors]
        else:
            found += [(field.id, f"{field.label.text}: {error}") for error in field.errors]
    return found


def _passages(module: DeskModule | None) -> list[Entry]:
    return [Entry(one.anchor, one.section, one.text) for one in module.passages] if module else []


def _references(module: DeskModule | None) -> list[Entry]:
    return [Entry(one.key, f"Reference {one.number}", one.text) for one in module.references] if module else []
