"""QTI 1.2: packages of Canvas and Blackboard and bare files; one XML file holds many items."""

import posixpath
from collections.abc import Mapping, Sequence
from decimal import Decimal

from cme.kernel.refusal import Invalid
from quizzes.interchange.archive import Archive, is_zip, shown_path
from quizzes.interchange.carrying import Capacity
from quizzes.interchange.entry import Entry, Vignette
from quizzes.interchange.html_in import Picture
from quizzes.interchange.lineage import digest
from quizzes.interchange.media import MediaBag, may_be_media, sources_of
from quizzes.interchange.numbers_in import number_of
from quizzes.interchange.qti1_read import ItemReader, fields_of, material_text, question_type
from quizzes.interchange.qti1_write import elsewhere, write_package
from quizzes.interchange.reasons import Losses
from quizzes.interchange.report import Gathering, Report
from quizzes.interchange.text_file import tidy
from quizzes.interchange.xml_file import Element, child, descendants, line_of, local, parse_xml, text_of

CAPACITY = Capacity(elsewhere=elsewhere)
_ENDINGS = (".xml", ".qti", ".dat")
_BESIDE = ("imsmanifest.xml", "assessment_meta.xml", ".bb-package-info", ".bb-package-sig")


def write(entries: Sequence[Entry], title: str, media: Mapping[str, bytes] | None = None) -> bytes:
    """A package that Canvas imports."""
    return write_package(entries, title, media or {})


def read(data: bytes, name: str) -> Report:
    """A package or a bare file."""
    gathering = Gathering("qti12")
    if not is_zip(data):
        root = parse_xml(data, name)
        if local(root) != "questestinterop":
            raise Invalid("import_qti", f"{name} is not QTI 1.2: its first element is “{local(root)[:40]}”.")
        _File(gathering, root, name, MediaBag()).take()
        return gathering.report()
    archive = Archive(data)
    bag = MediaBag(sources_of(iter(archive.names), archive.read))
    left: list[str] = []
    for path in archive.names:
        if path.endswith(_ENDINGS) and b"questestinterop" in archive.head(path):
            _File(gathering, parse_xml(archive.read(path), path), path, bag).take()
        elif posixpath.basename(path) not in _BESIDE and not may_be_media(path):
            left.append(posixpath.basename(path))
    if left:
        gathering.note("files_not_taken", f"{len(left)} other files were not taken: {', '.join(left[:5])[:200]}.")
    return gathering.report(bag.taken)


class _File:
    """One questestinterop file: assessments, sections, pools."""

    def __init__(self, gathering: Gathering, root: Element, path: str, bag: MediaBag) -> None:
        self.gathering = gathering
        self.root = root
        self.path = path
        self.bag = bag
        holder = next(descendants(root, "assessment", "objectbank"), root)
        fields = fields_of(holder)
        self.title = str(holder.get("title") or fields.get("bank_title") or "")[:200]
        self.scope = f"{holder.get('ident') or ''}\n{self.title}"

    def take(self) -> None:
        """Every item of the file, in order."""
        self.gathering.title = self.gathering.title or self.title
        items = list(descendants(self.root, "item"))
        shared = self._shared(items)
        if any(True for _ in descendants(self.root, "selection_ordering", "sourcebank_ref")):
            self.gathering.note("drawing", "Rules for drawing questions and links to other banks were not taken.")
        if any(_points(item) not in {None, 1} for item in items):
            self.gathering.note("points", "Points per question are not taken: here every question counts one point.")
        for number, item in enumerate(items, 1):
            if str(item.get("ident")) in shared:
                continue
            self._item(item, number, shared)

    def _shared(self, items: list[Element]) -> dict[str, Element]:
        """Texts that stand before several questions."""
        wanted = {fields_of(item).get("parent_stimulus_item_ident") for item in items} - {None, ""}
        return {str(item.get("ident")): item for item in items if item.get("ident") in wanted}

    def _item(self, item: Element, number: int, shared: dict[str, Element]) -> None:
        fields = fields_of(item)

        def picture(source: str, losses: Losses) -> str | None:
            return self.bag.name_of(source, losses, base=posixpath.dirname(self.path))

        def build(losses: Losses) -> Entry:
            case = shared.get(fields.get("parent_stimulus_item_ident", ""))
            vignette = None if case is None else self._vignette(case, losses, picture)
            return ItemReader(item, fields, losses, picture).entry(vignette)

        ident = str(item.get("ident") or text_of(child(item, "itemmetadata", "bbmd_asi_object_id")))
        source = f"{self.scope}\n{ident}" if ident else ""
        label = str(item.get("title") or question_type(item, fields) or "")[:80]
        self.gathering.take(
            f"{shown_path(self.path)}, line {line_of(item)}, item {number}", build, source=source, label=label
        )

    def _vignette(self, item: Element, losses: Losses, picture: Picture) -> Vignette | None:
        presentation = child(item, "presentation")
        text = tidy(material_text(presentation, losses, picture)) if presentation is not None else ""
        ident = str(item.get("ident"))
        return Vignette(f"case-{digest(self.scope, ident)}", text) if text else None


def _points(item: Element) -> Decimal | None:
    metadata = child(item, "itemmetadata")
    return number_of(fields_of(item).get("points_possible") or text_of(child(metadata, "qmd_absolutescore_max")))
