"""Editing: what keeps a version from being published, and what two versions differ in."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from quizzes.rules.delivery import TODAY, DeliveryRules
from quizzes.rules.delivery_words import delivery_changes
from quizzes.rules.drawing import DrawError, candidate_of, draw
from quizzes.rules.item import BlueprintLine, Item, Topic, points_of
from quizzes.rules.media import Medium, shown_in
from quizzes.rules.reviewing import Standing, review_obstacles
from quizzes.rules.shapes import Obstacle, kind_problems

MOST_POINTS = 200


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    """The points a release promises, and what its module offers to point at; None is not asked about."""

    total_points: int
    pass_points: int
    anchors: frozenset[str] | None = None
    references: frozenset[str] | None = None
    objectives: frozenset[str] | None = None


def obstacles(
    blueprint: Sequence[BlueprintLine],
    topics: Sequence[Topic],
    items: Sequence[Item],
    *,
    modules: Sequence[ModuleFacts] = (),
    vignettes: Mapping[str, str] | None = None,
    media: Mapping[str, Medium] | None = None,
    review: Standing | None = None,
    own: Iterable[Obstacle] | None = None,
    drawing: Callable[[], Iterable[Obstacle]] | None = None,
) -> list[Obstacle]:
    """Everything that must be mended before publishing; empty means it may be published.

    `review` is where a draft stands with its reviewers; None asks for no approval. Whoever kept what `own_obstacles` of
    the drawn items and `draw_obstacles` said hands that over; else both are asked here.
    """
    found = [*_blueprint_obstacles(blueprint, topics, modules)]
    known_topics = frozenset(topic.key for topic in topics)
    lineages = Counter(item.lineage for item in items)
    found += [
        Obstacle("This name is used by more than one question.", name) for name, times in lineages.items() if times > 1
    ]
    drawn = [item for item in items if item.is_drawn]
    if own is None:
        of_each = (own_obstacles(one, known_topics, modules=modules, vignettes=vignettes, media=media) for one in drawn)
        own = (one for found_in_item in of_each for one in found_in_item)
    found += own
    for item in drawn:
        if item.apart:
            found += _apart_obstacles(item, lineages.keys())
    if media is not None:
        for key, text in (vignettes or {}).items():
            found += media_obstacles((("", text),), media, case=key)
    if not found:
        found += drawing() if drawing is not None else draw_obstacles(blueprint, drawn)
    if review is not None:
        found += review_obstacles(review)
    return list(dict.fromkeys(found))


def _blueprint_obstacles(
    blueprint: Sequence[BlueprintLine], topics: Sequence[Topic], modules: Sequence[ModuleFacts]
) -> Iterator[Obstacle]:
    if not blueprint:
        yield Obstacle("The blueprint is empty: say how many questions to draw from which topics.", field="blueprint")
    known = {topic.key for topic in topics}
    for line in blueprint:
        if line.draw < 1:
            yield Obstacle(f"The blueprint line “{line.label}” draws nothing.", field="blueprint")
        if not line.topics:
            yield Obstacle(f"The blueprint line “{line.label}” names no topic.", field="blueprint")
        for topic in line.topics:
            if topic not in known:
                yield Obstacle(
                    f"The blueprint line “{line.label}” names the unknown topic “{topic}”.", field="blueprint"
                )
    points = points_of(tuple(blueprint))
    if points > MOST_POINTS:
        yield Obstacle(f"The blueprint draws {points} points; at most {MOST_POINTS} are possible.", field="blueprint")
    for module in modules:
        if points != module.total_points:
            yield Obstacle(
                f"The blueprint draws {points} points, but the release promises {module.total_points}.",
                field="blueprint",
            )


def item_obstacles(
    item: Item,
    topics: frozenset[str],
    lineages: frozenset[str],
    *,
    modules: Sequence[ModuleFacts] = (),
    vignettes: Mapping[str, str] | None = None,
    media: Mapping[str, Medium] | None = None,
) -> Iterator[Obstacle]:
    """What must be mended in one item; of `lineages` only those that it is kept apart from are asked for.

    `media` are the pictures and videos of the quiz; None is not asked about.
    """
    yield from own_obstacles(item, topics, modules=modules, vignettes=vignettes, media=media)
    yield from _apart_obstacles(item, lineages)


def own_obstacles(
    item: Item,
    topics: frozenset[str],
    *,
    modules: Sequence[ModuleFacts] = (),
    vignettes: Mapping[str, str] | None = None,
    media: Mapping[str, Medium] | None = None,
) -> Iterator[Obstacle]:
    """The same, whatever other questions there are."""
    yield from _text_obstacles(item, topics)
    if item.vignette and not (vignettes or {}).get(item.vignette, "").strip():
        yield Obstacle(f"The case “{item.vignette}” has no text.", item.lineage, "vignette")
    for module in modules:
        yield from _pointer_obstacles(item, module)
    if media is not None:
        fields = [("stem", item.stem), ("rationale", item.rationale)]
        fields += [("choices", text) for one in item.choices for text in (one.text, one.rationale)]
        fields += [("stems", text) for one in item.stems for text in (one.text, one.rationale)]
        yield from media_obstacles(fields, media, lineage=item.lineage)
        films = {name for one in (*item.choices, *item.stems) for name in shown_in([one.text])}
        for name in sorted(name for name in films if name in media and media[name].is_film):
            sentence = f"A video ({name}) cannot stand in a choice or a part: put it into the stem."
            yield Obstacle(sentence, item.lineage, "choices")


def media_obstacles(
    texts: Iterable[tuple[str, str]], media: Mapping[str, Medium], *, lineage: str | None = None, case: str = ""
) -> Iterator[Obstacle]:
    """What is wrong with the pictures and videos that these texts (by field) show."""
    where = f"In the case “{case}”: " if case else ""
    for field, text in texts:
        for name, has_words in shown_in([text]).items():
            if name not in media:
                sentence = f"{where}this quiz has no picture or video “{name}”: add it or mend the name."
                yield Obstacle(sentence[:1].upper() + sentence[1:], lineage, field or None)
            elif not has_words and not media[name].alt:
                sentence = f"{where}say in words what “{name}” shows: ![words]({name})."
                yield Obstacle(sentence[:1].upper() + sentence[1:], lineage, field or None)


def points_obstacles(blueprint: Sequence[BlueprintLine], item: Item) -> Iterator[Obstacle]:
    """Lines of the blueprint that count other points for the item than it gives."""
    for line in blueprint:
        if line.takes(item.topic, item.tags) and item.points != line.points:
            sentence = f"It gives {item.points} points, but the blueprint line “{line.label}” counts {line.points}."
            yield Obstacle(sentence, item.lineage, "points")


def _text_obstacles(item: Item, topics: frozenset[str]) -> Iterator[Obstacle]:
    name = item.lineage
    if not item.stem.strip():
        yield Obstacle("The stem is empty.", name, "stem")
    if item.topic not in topics:
        yield Obstacle(f"The topic “{item.topic}” is not one of this quiz.", name, "topic")
    if not item.objective.strip():
        yield Obstacle("No learning objective is named.", name, "objective")
    if not item.passages:
        yield Obstacle("No passage of the article is named that proves the key.", name, "passages")
    if not item.references:
        yield Obstacle("No reference is named.", name, "references")
    yield from kind_problems(item)


def _apart_obstacles(item: Item, lineages: Collection[str]) -> Iterator[Obstacle]:
    for other in item.apart:
        if other == item.lineage:
            yield Obstacle("The question is kept apart from itself.", item.lineage, "apart")
        elif other not in lineages:
            yield Obstacle(f"It is kept apart from “{other}”, which is not in this quiz.", item.lineage, "apart")


def _pointer_obstacles(item: Item, module: ModuleFacts) -> Iterator[Obstacle]:
    for anchor in item.passages:
        if module.anchors is not None and anchor not in module.anchors:
            yield Obstacle(f"The article has no passage “{anchor}”.", item.lineage, "passages")
    for key in item.references:
        if module.references is not None and key not in module.references:
            yield Obstacle(f"The reference list has no “{key}”.", item.lineage, "references")
    if item.objective and module.objectives is not None and item.objective not in module.objectives:
        yield Obstacle(f"The module has no learning objective “{item.objective}”.", item.lineage, "objective")


def draw_obstacles(blueprint: Sequence[BlueprintLine], items: Sequence[Item]) -> Iterator[Obstacle]:
    """Why no attempt can be drawn from the items that are ready; their words are not asked for."""
    for line, of_line in zip(blueprint, items_by_line(blueprint, items), strict=True):
        at_hand = len(of_line)
        for item in of_line:
            if item.points != line.points:
                yield from points_obstacles([line], item)
        if at_hand < line.draw:
            fitting = "topics and tags" if line.tags else "topics"
            sentence = (
                f"The blueprint line “{line.label}” draws {line.draw}, but only {at_hand} questions have its {fitting}."
            )
            yield Obstacle(sentence, field="blueprint")
            return
    try:
        draw(blueprint, [candidate_of(item) for item in items], seen={}, seed="preflight")
    except DrawError:
        yield Obstacle(
            "No set of questions satisfies the blueprint: too many of them are kept apart from each other.",
            field="blueprint",
        )


def items_by_line(blueprint: Sequence[BlueprintLine], items: Iterable[Item]) -> list[list[Item]]:
    """What each line of the blueprint may draw; a bank is walked once, however many lines there are."""
    by_topic: dict[str, list[Item]] = {}
    for item in items:
        by_topic.setdefault(item.topic, []).append(item)
    return [
        [
            item
            for topic in dict.fromkeys(line.topics)
            for item in by_topic.get(topic, ())
            if not line.tags or line.takes(item.topic, item.tags)
        ]
        for line in blueprint
    ]


def changed_places(places: Mapping[int, int], order: Sequence[int]) -> dict[int, int]:
    """Positions to write so that the questions stand in this order: only those that differ, with the same positions
    shared out anew unless two questions had the same one."""
    positions = sorted(places.values())
    if len(set(positions)) < len(positions):
        positions = list(range(1, len(positions) + 1))
    return {one: place for one, place in zip(order, positions, strict=True) if places[one] != place}


@dataclass(frozen=True, slots=True)
class Difference:
    """What one version changed against another; names are lineages."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[tuple[str, tuple[str, ...]], ...]
    """(lineage, names of the parts that differ)."""
    reordered: bool
    blueprint: bool
    delivery: bool = False
    vignettes: tuple[str, ...] = ()
    """Keys of the cases whose text differs."""
    rules: tuple[str, ...] = ()
    """Each delivery rule that differs, in words."""

    @property
    def is_empty(self) -> bool:
        same_rules = not (self.blueprint or self.delivery or self.vignettes)
        return same_rules and not (self.added or self.removed or self.changed or self.reordered)

    def changed_parts(self, lineage: str) -> tuple[str, ...]:
        """Names of the parts of this item that differ."""
        return dict(self.changed).get(lineage, ())


PARTS = (
    "kind", "stem", "vignette", "stems", "numeric", "points", "partial",
    "topic", "objective", "ordered", "tags", "apart", "passages", "references", "status",
)  # fmt: skip


def changes_of(before: Item, after: Item) -> tuple[str, ...]:
    """Names of the parts that differ: texts, choices, key, rationale and the rest apart."""
    found = [part for part in PARTS if getattr(before, part) != getattr(after, part)]
    if [(choice.key, choice.text) for choice in before.choices] != [
        (choice.key, choice.text) for choice in after.choices
    ]:
        found.append("choices")
    if (before.correct_keys, before.order) != (after.correct_keys, after.order):
        found.append("key")
    if _rationales(before) != _rationales(after):
        found.append("rationale")
    return tuple(found)


def _rationales(item: Item) -> tuple[str, dict[str, str]]:
    return item.rationale, {choice.key: choice.rationale for choice in item.choices}


def difference(
    before: Sequence[Item],
    after: Sequence[Item],
    *,
    blueprints: tuple[Sequence[BlueprintLine], Sequence[BlueprintLine]] = ((), ()),
    deliveries: tuple[DeliveryRules, DeliveryRules] = (TODAY, TODAY),
    vignettes: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {}),
) -> Difference:
    """What publishing `after` in place of `before` would change."""
    old = {item.lineage: item for item in before}
    new = {item.lineage: item for item in after}
    changed = tuple(
        (lineage, parts)
        for lineage, item in new.items()
        if lineage in old
        and old[lineage] is not item
        and old[lineage] != item
        and (parts := changes_of(old[lineage], item))
    )
    return Difference(
        added=tuple(lineage for lineage in new if lineage not in old),
        removed=tuple(lineage for lineage in old if lineage not in new),
        changed=changed,
        reordered=[one for one in old if one in new] != [one for one in new if one in old],
        blueprint=tuple(blueprints[0]) != tuple(blueprints[1]),
        delivery=deliveries[0] != deliveries[1],
        rules=delivery_changes(*deliveries),
        vignettes=tuple(
            sorted(key for key in {**vignettes[0], **vignettes[1]} if vignettes[0].get(key) != vignettes[1].get(key))
        ),
    )
