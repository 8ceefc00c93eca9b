"""GIFT: Moodle's text format, read block by block with the line of each; texts are written as Markdown."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from quizzes.interchange.carrying import EVERYTHING, Capacity
from quizzes.interchange.entry import Choice, Entry, Kind, Numeric, Scoring, Stem, letter, truth_choices, with_keys
from quizzes.interchange.escaping import plain_to_markdown
from quizzes.interchange.gift_write import HEADER, write_file
from quizzes.interchange.html_in import is_markup, note_formulas, note_markup, to_markdown
from quizzes.interchange.lineage import category_words, name_list, note_category
from quizzes.interchange.media import MediaBag
from quizzes.interchange.numbers_in import answer_of
from quizzes.interchange.plain import with_media
from quizzes.interchange.reasons import Losses, refuse
from quizzes.interchange.rekeying import check_count
from quizzes.interchange.report import Gathering, Report
from quizzes.interchange.shares import weighted, weights_from
from quizzes.interchange.text_file import decode, tidy
from quizzes.rules.limits import NAME

_CARRIED = {"topic", "tags", "rationale", "choice_rationale", "weight", "lineage", "markup", "scoring"}
_HIDDEN = {char: chr(0xE000 + index) for index, char in enumerate(":#={}~n\\")}
_SHOWN = {hidden: "\n" if char == "n" else char for char, hidden in _HIDDEN.items()}
_ESCAPED = re.compile(r"\\([:#={}~n\\])")
_PLACEHOLDER = re.compile("[\ue000-\ue007]")
_TITLE = re.compile(r"\s*::(.*?)::", re.DOTALL)
_FORMAT = re.compile(r"\s*\[(html|moodle|plain|markdown)\]", re.IGNORECASE)
_TRUTH = re.compile(r"(T|TRUE|F|FALSE)\s*(?=#|$)", re.IGNORECASE)
_WEIGHT = re.compile(r"\s*%(-?\d{1,3}(?:[.,]\d{1,7})?)%")
_MARK = re.compile(r"\[(id|tag):((?:[^\]\\]|\\.){0,200})\]")


MOST_COMMENT = 10_000
MOST_LABEL = 1_000


def _settle(entry: Entry) -> Entry:
    """Options come back in the order in which they are first needed; several right ones always share the point."""
    if entry.kind is Kind.MATCHING:
        needed = [stem.answer for stem in entry.stems]
        first = {key: needed.index(key) if key in needed else len(needed) for key in (c.key for c in entry.choices)}
        moved = sorted(entry.choices, key=lambda choice: first[choice.key])
        bare = tuple(replace(choice, rationale="") for choice in moved)
        entry = replace(entry, choices=bare, scoring=Scoring.PARTIAL)
        return with_keys(
            entry, {c.key: letter(i) for i, c in enumerate(entry.choices)}, {s.key: s.key for s in entry.stems}
        )
    if entry.kind is Kind.MULTIPLE:
        return replace(entry, scoring=Scoring.PARTIAL)
    return entry


CAPACITY = Capacity(kinds=frozenset(Kind) - {Kind.ORDERING}, parts=EVERYTHING & _CARRIED, settle=_settle)


def write(entries: Sequence[Entry], title: str, media: Mapping[str, bytes] | None = None) -> bytes:
    """One text file; what GIFT cannot hold is left out, see `carrying`."""
    del media
    return write_file(entries, title, CAPACITY)


@dataclass(slots=True)
class _Block:
    line: int
    text: str
    comments: str

    @property
    def label(self) -> str:
        """How the question begins."""
        title = _TITLE.match(self.text)
        words = self.text[title.end() if title else 0 :][:MOST_LABEL]
        return " ".join(words.partition("{")[0].split())[:80]


def read(data: bytes, name: str) -> Report:
    """A file of questions parted by blank lines."""
    del name
    text = decode(data)
    gathering = Gathering("gift")
    trusted = text.startswith(HEADER)
    topic, category, bag = "", "", MediaBag()
    for block in _blocks(text):
        if block.text.startswith("$CATEGORY:"):
            category = block.text.removeprefix("$CATEGORY:").strip()
            topic, title = category_words(category)
            note_category(gathering, category, topic)
            gathering.title = gathering.title or title
            continue
        reader = _Reader(block, topic, bag, trusted=trusted)
        source = f"{category}\n{reader.identifier}" if reader.identifier and not trusted else ""
        gathering.take(f"line {block.line}", reader.entry, source=source, label=block.label)
    return gathering.report()


def _blocks(text: str) -> list[_Block]:
    """Runs of lines; comments are kept apart for the marks they may hold."""
    found: list[_Block] = []
    lines: list[str] = []
    comments: list[str] = []
    start = 0

    def close() -> None:
        if lines:
            found.append(_Block(start, "\n".join(lines).strip(), "\n".join(comments)))
        lines.clear()

    for number, line in enumerate(text.split("\n"), 1):
        bare = line.strip()
        if bare.startswith("//"):
            comments.append(bare)
        elif not bare:
            close()
            comments.clear()
        elif bare.startswith("$CATEGORY:") and not lines:
            found.append(_Block(number, bare, ""))
            comments.clear()
        else:
            if not lines:
                start = number
            lines.append(line)
    close()
    return found


class _Reader:
    def __init__(self, block: _Block, topic: str, bag: MediaBag, *, trusted: bool) -> None:
        self.block = block
        self.topic = topic
        self.bag = bag
        self.trusted = trusted
        marks = _MARK.findall(block.comments[:MOST_COMMENT])
        self.identifier = next((re.sub(r"\\(.)", r"\1", value) for kind, value in marks if kind == "id"), "")
        self.tag_words = [re.sub(r"\\(.)", r"\1", value) for kind, value in marks if kind == "tag"]
        self.format = "moodle"
        self.losses = Losses()

    def entry(self, losses: Losses) -> Entry:
        self.losses = losses
        raw = _PLACEHOLDER.sub("", self.block.text)
        text = _ESCAPED.sub(lambda found: _HIDDEN[found.group(1)], raw)
        title = _TITLE.match(text)
        if title:
            text = text[title.end() :]
        start, end = text.find("{"), text.rfind("}")
        if start >= 0 and end < start:
            raise refuse(
                "no_question", "The brace { before the answers is never closed; perhaps a blank line stands inside."
            )
        if start < 0:
            raise refuse("no_question", "There is no answer in braces { }: a description, not a question.")
        head, body, tail = text[:start], text[start + 1 : end], text[end + 1 :]
        if set(body + tail) & {"{", "}"}:
            raise refuse(
                "braces",
                "There is a brace { or } without a backslash before it among the answers; "
                "perhaps the blank line before the next question is missing.",
            )
        stem = self._stem(head, tail)
        body, told = self._general(body.strip())
        entry = self._answers(body)
        tags, lost = name_list(self.tag_words)
        for tag in lost:
            losses.add("tag", f"The tag “{tag[:60]}” cannot be a name here and was left out.")
        lineage = self.identifier if self.trusted and NAME.fullmatch(self.identifier) else ""
        found = replace(entry, lineage=lineage, stem=stem, topic=self.topic, tags=tags)
        return with_media(replace(found, rationale="\n\n".join(part for part in (told, entry.rationale) if part)))

    # -- texts

    def _stem(self, head: str, tail: str) -> str:
        shape = _FORMAT.match(head)
        if shape:
            self.format = shape.group(1).lower()
        if not tail.strip():
            return self.text(head)
        blank = "\\_\\_\\_\\_\\_" if self.format == "markdown" else "_____"
        return self.text(f"{head.rstrip(' ')} {blank} {tail.lstrip(' ')}" if head.strip() else f"{blank}{tail}")

    def text(self, raw: str) -> str:
        """A text in its own format or the question's."""
        shape = _FORMAT.match(raw)
        name = shape.group(1).lower() if shape else self.format
        words = _PLACEHOLDER.sub(lambda found: _SHOWN[found.group()], raw[shape.end() :] if shape else raw).strip()
        if name == "markdown":
            note_markup(words, self.losses)
            return tidy(words)
        if name == "html" or (name == "moodle" and is_markup(words)):
            return tidy(
                to_markdown(words if name == "html" else words.replace("\n", "<br>"), self.losses, self._picture)
            )
        note_formulas(words, self.losses)
        return tidy(plain_to_markdown(words))

    def _picture(self, source: str, losses: Losses) -> str | None:
        return self.bag.name_of(source, losses)

    def _general(self, body: str) -> tuple[str, str]:
        head, mark, told = body.rpartition("####")
        return (head.strip(), self.text(told)) if mark else (body, "")

    def _told(self, raw: str) -> tuple[str, str]:
        words, _, told = raw.partition("#")
        return words, self.text(told)

    # -- kinds

    def _answers(self, body: str) -> Entry:
        if not body:
            raise refuse("kind_unknown", "Questions that ask for free text (essay) are not taken.")
        if body.startswith("#"):
            return self._numeric(body[1:])
        if body.startswith(">"):
            raise refuse("kind_unknown", "Ordering questions in GIFT are not taken; use Moodle XML.")
        if _TRUTH.match(body):
            return self._truth(body)
        parts = _parts(body)
        if not parts:
            raise refuse("no_choices", "The answers begin neither with = nor with ~.")
        check_count(len(parts))
        marks = {mark for mark, _ in parts}
        if marks == {"="} and all("->" in text for _, text in parts):
            return self._matching([text for _, text in parts])
        if "~" not in marks:
            raise refuse("kind_unknown", "Questions that ask for words to be typed are not taken.")
        return self._choice(parts, several="=" not in marks)

    def _choice(self, parts: list[tuple[str, str]], *, several: bool) -> Entry:
        choices: list[Choice] = []
        shares: list[Decimal] = []
        for index, (mark, raw) in enumerate(parts):
            weight = _WEIGHT.match(raw)
            share = Decimal(weight.group(1).replace(",", ".")) if weight else Decimal(100 if mark == "=" else 0)
            words, told = self._told(raw[weight.end() :] if weight else raw)
            shares.append(share)
            right = share > 0 if several else mark == "=" and share == 100
            choices.append(Choice(letter(index), self.text(words), right, told))
        kind = Kind.MULTIPLE if several else Kind.SINGLE
        scoring = Scoring.PARTIAL if several else Scoring.ALL_OR_NOTHING
        return Entry(kind, "", "", weighted(choices, weights_from(shares, several=several)), scoring=scoring)

    def _truth(self, body: str) -> Entry:
        right = body[0] in "tT"
        _, *told = body.split("#")
        wrong_told, right_told = self.text(told[0]) if told else "", self.text(told[1]) if len(told) > 1 else ""
        if_true, if_false = (right_told, wrong_told) if right else (wrong_told, right_told)
        return Entry(Kind.TRUE_FALSE, "", "", truth_choices(right, if_true=if_true, if_false=if_false))

    def _matching(self, parts: list[str]) -> Entry:
        pairs: list[tuple[str, str]] = []
        for part in parts:
            stem, _, option = part.partition("->")
            words, told = self._told(option)
            if told:
                self.losses.add("feedback", "Feedback inside matching pairs was not taken.")
            pairs.append((self.text(stem), self.text(words)))
        options = list(dict.fromkeys(option for _, option in pairs if option))
        keys = {option: letter(index) for index, option in enumerate(options)}
        stems = tuple(
            Stem(str(index), stem, keys.get(option, ""))
            for index, (stem, option) in enumerate(((s, o) for s, o in pairs if s), 1)
        )
        choices = tuple(Choice(key, option) for option, key in keys.items())
        return Entry(Kind.MATCHING, "", "", choices, stems=stems, scoring=Scoring.PARTIAL)

    def _numeric(self, body: str) -> Entry:
        body = body.strip()
        parts = [text for mark, text in _parts(body) if mark == "="] if body.startswith("=") else [body]
        full = [
            part for part in parts if not (w := _WEIGHT.match(part)) or Decimal(w.group(1).replace(",", ".")) == 100
        ]
        if not full:
            raise refuse("no_number", "No answer counts in full.")
        if len(parts) > 1 or len(_parts(body)) > len(parts):
            self.losses.add(
                "several_numbers", "Of several accepted numbers only the first that counts in full was taken."
            )
        weight = _WEIGHT.match(full[0])
        words, told = self._told(full[0][weight.end() :] if weight else full[0])
        words = _PLACEHOLDER.sub(lambda found: _SHOWN[found.group()], words).strip()
        if ".." in words:
            low, high = (_number(part) for part in words.split("..", 1))
            value, spread = (low + high) / 2, abs(high - low) / 2
        else:
            number, _, tolerance = words.partition(":")
            value, spread = _number(number), abs(_number(tolerance)) if tolerance.strip() else Decimal(0)
        return Entry(Kind.NUMERIC, "", "", numeric=Numeric(value, spread), rationale=told)


def _parts(body: str) -> list[tuple[str, str]]:
    """Answers with the mark before each."""
    found = re.split(r"([=~])", body)
    if found[0].strip():
        return []
    return [(mark, text) for mark, text in zip(found[1::2], found[2::2], strict=True)]


def _number(text: str) -> Decimal:
    value = answer_of(text)
    if value is None:
        raise refuse("no_number", f"“{text.strip()[:40]}” is not a number.")
    return value
