"""The two spellings of QTI: 3.0 writes qti-simple-choice, 2.x writes simpleChoice; readers see one."""

import re
from dataclasses import dataclass
from functools import lru_cache

from quizzes.interchange.xml_file import Element, etree, local

_CAPITAL = re.compile(r"(?<=[a-z0-9])([A-Z])")


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the standard as files name it."""

    key: str
    number: str
    namespace: str
    schema: str
    manifest: str
    item_type: str
    test_type: str
    kebab: bool


V3 = Version(
    "qti3", "3.0.1", "http://www.imsglobal.org/xsd/imsqtiasi_v3p0",
    "https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd/imsqti_asiv3p0p1_v1p0.xsd",
    "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1", "imsqti_item_xmlv3p0", "imsqti_test_xmlv3p0",
    kebab=True,
)  # fmt: skip
V22 = Version(
    "qti22", "2.2", "http://www.imsglobal.org/xsd/imsqti_v2p2",
    "http://www.imsglobal.org/xsd/qti/qtiv2p2/imsqti_v2p2.xsd", "http://www.imsglobal.org/xsd/imscp_v1p1",
    "imsqti_item_xmlv2p2", "imsqti_test_xmlv2p2", kebab=False,
)  # fmt: skip
V21 = Version(
    "qti21", "2.1", "http://www.imsglobal.org/xsd/imsqti_v2p1",
    "http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd", "http://www.imsglobal.org/xsd/imscp_v1p1",
    "imsqti_item_xmlv2p1", "imsqti_test_xmlv2p1", kebab=False,
)  # fmt: skip
XSI = "http://www.w3.org/2001/XMLSchema-instance"


@lru_cache(maxsize=4096)
def _common(name: str) -> str:
    return _CAPITAL.sub(r"-\1", name).lower().removeprefix("qti-")


def name(element: Element) -> str:
    """ "simple-choice" for either spelling; HTML keeps its names."""
    return _common(local(element)) if isinstance(element.tag, str) else ""


def attribute(element: Element, key: str) -> str:
    """The attribute written "response-identifier" or "responseIdentifier"."""
    value = element.get(key)
    if value is None and "-" in key:
        value = element.get(_camel(key))
    return str(value or "").strip()


def below(element: Element, *names: str) -> list[Element]:
    """All elements of these common names below."""
    return [one for one in element.iterdescendants() if name(one) in names]


@lru_cache(maxsize=4096)
def _camel(key: str) -> str:
    head, *rest = key.split("-")
    return head + "".join(part.capitalize() for part in rest)


class Maker:
    """Builds elements in one version's spelling."""

    def __init__(self, version: Version) -> None:
        self.version = version

    def tag(self, common: str) -> str:
        """The qualified name of a QTI element."""
        spelled = f"qti-{common}" if self.version.kebab else _camel(common)
        return f"{{{self.version.namespace}}}{spelled}"

    def attributes(self, values: dict[str, str]) -> dict[str, str]:
        """Attribute names in this version's spelling."""
        return dict(values) if self.version.kebab else {_camel(key): value for key, value in values.items()}

    def root(self, common: str, values: dict[str, str]) -> Element:
        """A root element with its schema."""
        location = {f"{{{XSI}}}schemaLocation": f"{self.version.namespace} {self.version.schema}"}
        nsmap = {None: self.version.namespace, "xsi": XSI}
        return etree.Element(self.tag(common), self.attributes(values) | location, nsmap=nsmap)

    def add(self, parent: Element, common: str, text: str | None = None, **values: str) -> Element:
        """A QTI element; write attribute names with underscores for hyphens."""
        hyphened = {key.rstrip("_").replace("_", "-"): value for key, value in values.items()}
        found = etree.SubElement(parent, self.tag(common), self.attributes(hyphened))
        found.text = text
        return found

    def html(self, parent: Element, markup: str, tag: str = "div") -> Element:
        """HTML as elements of the QTI namespace."""
        found = etree.fromstring(f'<{tag} xmlns="{self.version.namespace}">{markup}</{tag}>')
        parent.append(found)
        return found

    def content(self, parent: Element, markup: str) -> None:
        """HTML directly inside an element, without another around it."""
        block = etree.fromstring(f'<div xmlns="{self.version.namespace}">{markup}</div>')
        parent.text = block.text
        for one in list(block):
            parent.append(one)
