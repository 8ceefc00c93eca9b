"""What is stamped: the places of a design that differ from learner to learner, and what stands in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from certificates.measuring import CREDENTIALS_SIZE, NAME_ROOM, SetName, set_name
from certificates.rules.document import DEMONSTRATION, document_title, is_demonstration, words
from certificates.rules.names import direction

NAME, LETTERS, AMOUNT, COMPLETED, ISSUED, CODE, QR = "name", "letters", "amount", "completed", "issued", "code", "qr"
ALL = (NAME, LETTERS, AMOUNT, COMPLETED, ISSUED, CODE, QR)
SCHEME = "slot:"
VERIFY_LINK = f"{SCHEME}verify"


@dataclass(frozen=True, slots=True)
class Piece:
    """Text in one size: points, or None for the size that the design gives the slot."""

    text: str
    size: float | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """What one slot says: lines of pieces."""

    lines: tuple[tuple[Piece, ...], ...]
    whole: str = ""
    """As it reads in one line, where lines are not simply parted by spaces: a name may be broken after a hyphen."""

    @property
    def plain(self) -> str:
        """The whole in logical order, for readers and extraction."""
        return self.whole or " ".join(map(_said, self.lines))

    @property
    def broken(self) -> bool:
        """Whether a line ends inside a word, so that reading line by line would tell another name."""
        return len(self.lines) > 1 and "" in self.gaps[:-1]

    @property
    def gaps(self) -> list[str]:
        """What stands between each line and the next, nothing after the last: a space, or nothing where a line was
        broken without one.
        """
        rest, found = self.plain, list[str]()
        for line in self.lines:
            rest = rest.removeprefix(_said(line))
            found.append(" " if rest.startswith(" ") else "")
            rest = rest.removeprefix(found[-1])
        return found


@dataclass(frozen=True, slots=True)
class Filling:
    """Everything of one certificate that the compiled page does not hold."""

    texts: Mapping[str, Text]
    address: str
    title: str
    author: str
    subject: str
    issued_at: str
    name: SetName
    name_direction: str
    han: str = ""
    """Whose forms of Han the name takes: SC, JP or KR."""


def filling(snapshot: Mapping[str, Any], verify_url: str) -> Filling:
    """What is stamped on the certificate of this snapshot."""
    given = dict(snapshot)
    side = direction(given["name"])
    apart = side == "rtl"  # letters after a right-to-left name stand below it: a comma between would change sides
    credentials = given["credentials"]
    name = set_name(given["name"], "" if apart else credentials, NAME_ROOM)
    said = words(given)
    tail = (Piece(f", {credentials}", round(name.size * CREDENTIALS_SIZE, 2)),) if credentials and not apart else ()
    lines = tuple((Piece(line, name.size),) for line in name.lines)
    texts = {
        NAME: Text((*lines[:-1], (*lines[-1], *tail)), given["name"] + "".join(piece.text for piece in tail)),
        AMOUNT: _simple(said.figures[0].value),
        COMPLETED: _simple(said.figures[1].value),
        ISSUED: _simple(said.small_print[0]),
        CODE: _simple(given["code"]),
    }
    if credentials and apart:
        texts[LETTERS] = _simple(credentials)
    return Filling(
        texts=texts,
        address=verify_url,
        title=document_title(given),
        author=given["provider_name"],
        subject=_subject(given, said.heading),
        issued_at=given["issued_at"],
        name=name,
        name_direction=side,
        han=given.get("han", ""),  # certificates from before there were such typefaces have none
    )


def _said(line: tuple[Piece, ...]) -> str:
    return "".join(piece.text for piece in line)


def _simple(text: str) -> Text:
    return Text(((Piece(text),),))


def _subject(snapshot: dict[str, Any], heading: str) -> str:
    demonstration = f"{DEMONSTRATION}. " if is_demonstration(snapshot) else ""
    return f"{demonstration}{heading}: {snapshot['title']}. Certificate {snapshot['number']}, code {snapshot['code']}."
