"""Pictures, videos and captions by their bytes: what is taken, what is refused and in which words."""

import pytest

from quizzes.rules.films import MOST_CUES, MOST_SECONDS, in_language, told_language
from quizzes.rules.media import (
    MOST_CAPTIONS,
    MOST_PICTURE,
    NAME,
    free_name,
    judge,
    judge_captions,
    plain_name,
    renamed,
    shown_in,
)
from quizzes.rules.pictures import MOST_SIDE, MediaError
from tests.factories.media import CAPTIONS, SVG, box, mp4, picture, png_of, webm

PNG, JPEG = picture("PNG"), picture("JPEG")


@pytest.mark.parametrize(
    ("data", "kind", "size"),
    [
        (PNG, "png", (24, 16)),
        (JPEG, "jpg", (24, 16)),
        (picture("GIF"), "gif", (24, 16)),
        (picture("WEBP"), "webp", (24, 16)),
        (SVG, "svg", (40, 20)),
        (b'<?xml version="1.0"?>\n' + SVG, "svg", (40, 20)),
        (mp4(), "mp4", (64, 48)),
        (webm(), "webm", (64, 48)),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_the_kind_is_what_the_bytes_say(data: bytes, kind: str, size: tuple[int, int]) -> None:
    seen = judge(data)
    assert (seen.kind, (seen.width, seen.height)) == (kind, size)
    assert kind == "svg" or seen.data == data


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "media_kind"),
        (b"%PDF-1.7", "media_kind"),
        (b"MZ" + PNG, "media_kind"),
        (b"<html><svg></svg></html>", "media_kind"),
        (PNG[:-4], "media_broken"),
        (PNG[:20] + b"x" + PNG[21:], "media_broken"),
        (JPEG[: len(JPEG) // 8], "media_broken"),
        (picture("GIF")[:-1], "media_broken"),
        (picture("WEBP")[:-9], "media_broken"),
        (mp4()[:-5], "media_broken"),
        (webm()[:-5], "media_broken"),
        (PNG + b"PK\x03\x04", "media_behind"),
        (JPEG + b"<script>alert(1)</script>", "media_behind"),
        (picture("GIF") + b"\0", "media_behind"),
        (picture("WEBP") + b"PK\x03\x04", "media_behind"),
        (mp4() + box(b"PK\x03\x04", b"1"), "media_behind"),
        (webm() + b"\xec\x81\0", "media_behind"),
        (picture("GIF", frames=3), "media_moves"),
        (picture("PNG", frames=3), "media_moves"),
        (picture("WEBP", frames=3), "media_moves"),
        (png_of(MOST_SIDE + 1, 10), "media_dimensions"),
        (png_of(7000, 7000), "media_dimensions"),
        (png_of(0, 10), "media_broken"),
        (mp4(width=5000), "media_dimensions"),
        (mp4(seconds=MOST_SECONDS + 1), "media_long"),
        (webm(seconds=MOST_SECONDS + 0.5), "media_long"),
        (webm(seconds=float("nan")), "media_long"),
        (mp4(codec=b"mp4a"), "media_codec"),
        (webm(kind=b"matroska"), "media_kind"),
        (SVG.replace(b"<rect", b"<script>alert(1)</script><rect"), "media_svg"),
        (SVG.replace(b"<rect", b'<rect onload="x()"'), "media_svg"),
        (SVG.replace(b"<rect", b'<image href="http://elsewhere/x.png"/><rect'), "media_svg"),
        (b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "b">]>' + SVG, "media_svg"),
        (SVG.replace(b"0 0 40 20", b"0 0 99999 20"), "media_dimensions"),
        (b"\0" * (MOST_PICTURE + 1), "media_large"),
    ],
)
def test_what_is_not_taken_is_refused_with_a_sentence(data: bytes, code: str) -> None:
    with pytest.raises(MediaError) as refused:
        judge(data)
    assert refused.value.code == code
    assert refused.value.sentence.endswith(".")


@pytest.mark.parametrize("data", [png_of(MOST_SIDE, 10), mp4(width=4096), mp4(seconds=MOST_SECONDS), webm(seconds=0.0)])
def test_the_last_that_is_taken(data: bytes) -> None:
    assert judge(data).data == data


@pytest.mark.parametrize("at", range(0, 400, 7))
def test_no_cut_file_raises_anything_else(at: int) -> None:
    for whole in (PNG, JPEG, picture("GIF"), picture("WEBP"), mp4(), webm(), SVG):
        try:
            judge(whole[:at])
        except MediaError:
            continue
        assert at >= len(whole)


@pytest.mark.parametrize(
    "data",
    [
        CAPTIONS,
        b"\xef\xbb\xbf" + CAPTIONS,
        CAPTIONS.replace(b"\n", b"\r\n"),
        b"WEBVTT - Title\n\n01:00:00.000 --> 01:00:01.000 line:0\nx",
    ],
)
def test_captions_are_taken_with_plain_line_ends(data: bytes) -> None:
    assert judge_captions(data).startswith(b"WEBVTT")
    assert b"\r" not in judge_captions(data)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "captions_kind"),
        (b"WEBVTTX\n\n00:00.000 --> 00:01.000\nx", "captions_kind"),
        (b"1\n00:00:00,000 --> 00:00:01,000\nx", "captions_kind"),
        (b"WEBVTT\n\n", "captions_empty"),
        (b"WEBVTT\n\n0:00 --> 0:01\nx", "captions_time"),
        (b"WEBVTT\n\n00:02.000 --> 00:01.000\nx", "captions_time"),
        (b"WEBVTT\n\n00:01.000 --> 00:01.000\nx", "captions_time"),
        ("WEBVTT\n\n00:00.000 --> 00:01.000\nä".encode("latin-1"), "captions_encoding"),
        (b"WEBVTT\n\n" + b"00:00.000 --> 00:01.000\nx\n\n" * (MOST_CUES + 1), "captions_many"),
        (b"WEBVTT\n\n" + b"x" * MOST_CAPTIONS, "captions_large"),
    ],
)
def test_captions_that_are_not_taken(data: bytes, code: str) -> None:
    with pytest.raises(MediaError) as refused:
        judge_captions(data)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("Calf Stretch (final).PNG", "calf-stretch-final.png"),
        ("../../etc/passwd", "passwd.png"),
        ("C:\\pictures\\Calf.png", "calf.png"),
        ("…", "picture.png"),
        ("x" * 300 + ".png", "x" * 60 + ".png"),
        ("a.svg", "a.png"),
    ],
)
def test_names_are_plain_and_end_as_the_bytes_say(wanted: str, name: str) -> None:
    assert plain_name(wanted, "png") == name
    assert NAME.fullmatch(name)


def test_a_name_never_means_two_files() -> None:
    assert free_name("a.png", "11", {}) == "a.png"
    assert free_name("a.png", "11", {"a.png": "11"}) == "a.png"
    assert free_name("a.png", "ab" * 32, {"a.png": "11"}) == "a-abababab.png"


def test_what_texts_show_and_under_which_names() -> None:
    text = r"![A calf](a.png) and ![ ](b.png), ![](b.png) ![x](http://c.png) [a link](d.png) ![e](e.exe)"
    assert shown_in([text]) == {"a.png": True, "b.png": False}
    assert renamed(text, {"a.png": "a-2.png"}).startswith("![A calf](a-2.png) and ![ ](b.png)")


@pytest.mark.parametrize(
    ("head", "language"),
    [
        ("WEBVTT", ""),
        ("WEBVTT\nLanguage: de", "de"),
        ("WEBVTT - Title\nKind: captions\nLanguage: pt-BR", "pt-BR"),
        ("WEBVTT\nLanguage:fr ", "fr"),
        ("WEBVTT\nLanguage: whatever it is", ""),
        ("WEBVTT\nLanguage: <b>", ""),
        ("WEBVTT\n\nNOTE\nLanguage: de", ""),
        ("WEBVTT\n00:00.000 --> 00:01.000\nLanguage: de", ""),
    ],
)
def test_captions_may_name_their_language(head: str, language: str) -> None:
    words = judge_captions(f"{head}\n\n00:00.000 --> 00:02.000\nLanguage: it\n".encode())
    assert told_language(words) == language


@pytest.mark.parametrize("head", ["WEBVTT", "WEBVTT - Title\nKind: captions\nLanguage: fr", "WEBVTT\nLanguage: en"])
@pytest.mark.parametrize("gap", ["\n\n", "\n"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_a_language_that_is_chosen_goes_with_the_captions(head: str, gap: str, language: str) -> None:
    body = f"{gap}00:00.000 --> 00:02.000\nLanguage: it ä\n"
    words = in_language(judge_captions(f"{head}{body}".encode()), language)
    assert (told_language(words) or "en") == language
    assert words.decode().endswith(body)
    assert words.decode().startswith(head.partition("\n")[0])
    assert judge_captions(in_language(words, language)) == words
