"""Pictures and videos brought by an import, kept, exported again; nothing hostile, nothing twice."""

import zipfile
from dataclasses import replace
from datetime import datetime
from io import BytesIO

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from cme.kernel.refusal import Invalid
from quizzes.interchange.convert import from_item
from quizzes.interchange.entry import Choice, Entry, Kind
from quizzes.interchange.formats import FORMATS, read_any
from quizzes.interchange.plain import with_media
from quizzes.interchange.planning import State
from quizzes.queries.media import media_of
from quizzes.queries.versions import version_facts
from quizzes.services import authoring, importing, media, uploads
from quizzes.services.media import Upload
from tests.factories.media import CAPTIONS, SVG, MemoryFiles, mp4, picture
from tests.factories.modules import make_module
from tests.factories.people import make_person
from tests.rules.interchange_samples import MEDIA, SAMPLES
from tests.rules.test_quiz_picture_metadata import TALKING, TOLD

LOSSLESS = ("qti3", "moodle", "yaml", "qti22", "qti12")


class Draft:
    """A draft of a quiz, and where its files go."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now, self.files = session, now, MemoryFiles()
        self.editor = make_person(session, now=now, roles=("editor",)).id
        module = make_module(session, now=now, questions=2, bank=2)
        self.quiz_id = module.quiz_id
        self.version_id = authoring.open_draft(session, module.quiz_id, editor=self.editor, now=now)

    def take(self, data: bytes) -> importing.Taken:
        report = read_any(data, "file")
        return importing.take_in(
            self.session, self.version_id, report, files=self.files, editor=self.editor, now=self.now
        )

    def add(self, name: str, data: bytes, captions: bytes | None = None) -> str:
        upload = Upload(name, data, "A calf", captions)
        return media.add(self.session, self.quiz_id, upload, files=self.files, by=self.editor, now=self.now)[0].name

    def entries(self) -> list[Entry]:
        facts = version_facts(self.session, self.version_id)
        assert facts is not None
        return [from_item(item, facts.vignettes) for item in facts.items.values()]

    def bytes(self, names: set[str]) -> dict[str, bytes]:
        return media.bytes_of(media_of(self.session, self.quiz_id), names, self.files)


@pytest.fixture
def draft(session: Session, now: datetime) -> Draft:
    return Draft(session, now)


@pytest.mark.parametrize("key", LOSSLESS)
def test_a_bank_with_media_goes_out_and_comes_back_identical(draft: Draft, key: str) -> None:
    """Out of one quiz, into another, and out again: questions and bytes are the same."""
    wanted = tuple(one for one in SAMPLES if one.media)
    taken = draft.take(FORMATS[key].write(wanted, "A bank", MEDIA))
    assert set(taken.media) == {"calf.png", "leg.svg", "stretch.mp4"}
    found = [one for one in draft.entries() if one.media]
    assert found == list(wanted)
    names = {name for one in found for name in one.media}
    assert draft.bytes(names) == MEDIA
    again = FORMATS[key].write(found, "A bank", draft.bytes(names))
    assert again == FORMATS[key].write(wanted, "A bank", MEDIA)
    once_more = draft.take(again)
    assert (once_more.added, once_more.changed, once_more.media) == ((), (), ())


@pytest.mark.parametrize("key", ["qti3", "moodle", "yaml"])
def test_a_name_that_means_another_file_here_is_changed_in_the_texts_too(draft: Draft, key: str) -> None:
    draft.add("calf.png", picture(colour="red"))
    wanted = tuple(one for one in SAMPLES if "calf.png" in one.media)
    data = FORMATS[key].write(wanted, "A bank", MEDIA)
    (name,) = draft.take(data).media
    assert name.startswith("calf-")
    (entry,) = [one for one in draft.entries() if one.media]
    assert entry.media == (name,)
    assert f"]({name})" in entry.stem
    assert draft.bytes({name}) == {name: MEDIA["calf.png"]}
    again = draft.take(data)
    assert (again.added, again.changed, again.media) == ((), (), ())


def test_the_report_says_the_same_as_taking_does(draft: Draft) -> None:
    draft.add("calf.png", picture(colour="red"))
    wanted = tuple(one for one in SAMPLES if "calf.png" in one.media)
    data = FORMATS["yaml"].write(wanted, "A bank", MEDIA)
    draft.take(data)
    _facts, lines = uploads.look_ahead(draft.session, draft.quiz_id, read_any(data, "file"))
    assert [line.state for line in lines] == [State.SAME]


@pytest.mark.parametrize("key", LOSSLESS)
def test_what_a_picture_says_beside_itself_is_taken_in_by_no_way(draft: Draft, key: str) -> None:
    """Stored without it, and exported as it is stored: what comes back is the same bytes."""
    telling = TALKING["png_exif"]
    wanted = tuple(one for one in SAMPLES if one.media)
    draft.take(FORMATS[key].write(wanted, "A bank", {**MEDIA, "calf.png": telling}))
    kept = draft.bytes({"calf.png"})["calf.png"]
    assert TOLD in telling
    assert not [data for data in draft.files.kept.values() if TOLD in data]
    found = [one for one in draft.entries() if one.media]
    again = FORMATS[key].write(found, "A bank", draft.bytes({name for one in found for name in one.media}))
    once_more = draft.take(again)
    assert (once_more.added, once_more.changed, once_more.media) == ((), (), ())
    assert draft.add("the-same-from-the-camera.png", telling) == "calf.png"
    assert draft.bytes({"calf.png"}) == {"calf.png": kept}


@pytest.mark.parametrize("key", LOSSLESS)
def test_the_language_of_captions_goes_with_them(draft: Draft, key: str) -> None:
    """Chosen by hand, exported, and known again in another quiz; captions that name none are in English."""
    words = (shown,) = [one for one in SAMPLES if "stretch.mp4" in one.media]
    upload = Upload("stretch.mp4", MEDIA["stretch.mp4"], "A calf", CAPTIONS, "de")
    media.add(draft.session, draft.quiz_id, upload, files=draft.files, by=draft.editor, now=draft.now)
    assert media_of(draft.session, draft.quiz_id)["stretch.mp4"].language == "de"
    other = Draft(draft.session, draft.now)
    other.take(FORMATS[key].write(words, "A bank", {**MEDIA, **draft.bytes({"stretch.mp4"})}))
    (name,) = [name for name in media_of(draft.session, other.quiz_id) if name == shown.media[0]]
    assert media_of(draft.session, other.quiz_id)[name].language == "de"
    assert other.bytes({name}) == draft.bytes({name})
    third = Draft(draft.session, draft.now)
    third.take(FORMATS[key].write(words, "A bank", MEDIA))
    assert media_of(draft.session, third.quiz_id)[name].language == "en"


def zipped(members: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, data in members.items():
            file.writestr(name, data)
    return out.getvalue()


def yaml_of(name: str) -> bytes:
    entry = with_media(
        Entry(
            Kind.SINGLE, "shown", f"![A calf]({name})\n\nWhat is it?",
            (Choice("a", "This", True), Choice("b", "That")), topic="one",
        )
    )  # fmt: skip
    return FORMATS["yaml"].write([entry], "A bank")


@pytest.mark.parametrize(
    ("name", "members", "code"),
    [
        ("calf.svg", {"pictures/calf.svg": SVG.replace(b"<rect", b"<script>x</script><rect")}, "media_svg"),
        ("calf.png", {"pictures/calf.png": picture() + b"PK\x03\x04evil"}, "media_behind"),
        ("calf.png", {"pictures/calf.png": b"%PDF-1.7"}, "picture_unknown"),
        ("calf.gif", {"pictures/calf.gif": picture("GIF", frames=3)}, "media_moves"),
        ("calf.png", {"pictures/calf.png": picture(size=(8001, 1))}, "media_dimensions"),
        ("clip.mp4", {"pictures/clip.mp4": mp4()}, "captions_missing"),
        ("clip.mp4", {"pictures/clip.mp4": mp4(), "pictures/clip.vtt": b"no captions"}, "captions_kind"),
        ("calf.png", {}, "picture_missing"),
    ],
)
def test_hostile_and_missing_media_are_left_out_with_a_sentence(
    draft: Draft, name: str, members: dict[str, bytes], code: str
) -> None:
    data = zipped({"quiz.yaml": yaml_of(name), **members})
    report = read_any(data, "file.zip")
    assert code in [reason.code for finding in report.findings for reason in finding.reasons]
    assert dict(report.media) == {}
    assert draft.take(data).media == ()
    assert draft.files.kept == {}


@pytest.mark.parametrize("name", ["../calf.png", "/etc/calf.png", "a\\..\\calf.png", "C:calf.png"])
def test_a_package_with_names_that_lead_outside_is_refused_whole(draft: Draft, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        draft.take(zipped({"quiz.yaml": yaml_of("calf.png"), name: picture()}))
    assert refused.value.code == "import_zip_name"
    assert draft.files.kept == {}


def test_another_kind_than_the_name_says_is_known_by_its_bytes(draft: Draft) -> None:
    """A JPEG called .png: the text keeps its name, so the picture does not match it and is missed, not guessed."""
    report = read_any(zipped({"quiz.yaml": yaml_of("calf.png"), "pictures/calf.png": picture("JPEG")}), "file.zip")
    assert [reason.code for reason in report.findings[0].reasons] == ["picture_missing"]


def test_a_quiz_keeps_its_media_for_ever(draft: Draft) -> None:
    draft.add("clip.mp4", mp4(), CAPTIONS)
    for statement in ("UPDATE quiz_media SET name = 'x.mp4'", "DELETE FROM quiz_media"):
        with pytest.raises(DatabaseError), draft.session.begin_nested():
            draft.session.execute(text(statement))


def test_media_of_one_quiz_are_not_those_of_another(draft: Draft) -> None:
    other = Draft(draft.session, draft.now)
    draft.add("calf.png", picture())
    assert media_of(draft.session, other.quiz_id) == {}
    assert replace(media_of(draft.session, draft.quiz_id)["calf.png"], quiz_id=0).name == "calf.png"
