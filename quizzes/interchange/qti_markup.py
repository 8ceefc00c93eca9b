"""HTML inside QTI items as a text, with pictures as HTML writes them today; elements taken out without their tails."""

from quizzes.interchange.media import may_be_media
from quizzes.interchange.xml_file import Element, etree, text_of


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;") if "&" in text or "<" in text else text


def inner_html(element: Element) -> str:
    """The markup inside, with its namespaces gone, and with pictures as HTML writes them today."""
    for one in element.iter():
        if isinstance(one.tag, str) and one.tag.startswith("{"):
            one.tag = one.tag.rpartition("}")[2]
    for one in list(element.iter("object")):
        _as_media(one)
    etree.cleanup_namespaces(element)
    parts = [escaped(element.text or "")]
    parts += [etree.tostring(one, encoding="unicode", method="html", with_tail=True) for one in element]
    return "".join(parts)


def _as_media(element: Element) -> None:
    """An object that is a picture or a video, which QTI 2 prefers to the elements of their own."""
    kind, address = str(element.get("type") or "").lower(), str(element.get("data") or "")
    tag = "img" if kind.startswith("image/") else "video" if kind.startswith("video/") else ""
    if not tag and not kind and may_be_media(address):
        tag = "img"
    if tag and address:
        words = " ".join(text_of(element).split())
        tail = element.tail
        element.clear()
        element.tag, element.tail = tag, tail
        element.set("src", address)
        element.set("alt" if tag == "img" else "title", words)


def remove(element: Element) -> None:
    """Take an element out, keeping the words after it."""
    parent, before = element.getparent(), element.getprevious()
    if parent is None:
        return
    if element.tail:
        if before is not None:
            before.tail = (before.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    parent.remove(element)
