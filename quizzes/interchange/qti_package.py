"""QTI 2.x and 3.0 packages: the manifest, the items and their cases, and what only this platform knows beside them."""

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import unquote

from cme.kernel.refusal import Invalid
from quizzes.interchange import html_in, own
from quizzes.interchange.archive import Archive, is_zip, pack, shown_path
from quizzes.interchange.entry import Entry, Vignette
from quizzes.interchange.lineage import digest, vignette_key
from quizzes.interchange.media import MediaBag, files_of, may_be_media, sources_of
from quizzes.interchange.plain import with_media
from quizzes.interchange.qti_markup import inner_html
from quizzes.interchange.qti_names import XSI, Maker, Version, attribute, name
from quizzes.interchange.qti_read import read_item
from quizzes.interchange.qti_write import as_bytes, item_element, item_identifier, stimulus_element
from quizzes.interchange.reasons import Losses
from quizzes.interchange.report import Gathering, Report
from quizzes.interchange.xml_file import Element, descendants, etree, line_of, native_digest, parse_xml

MANIFEST = "imsmanifest.xml"
TEST = "test.xml"
_XML = (".xml",)


def read_package(data: bytes, file: str, format_key: str) -> Report:
    """A package, or a single item as a bare file."""
    gathering = Gathering(format_key)
    if not is_zip(data):
        root = parse_xml(data, file)
        if name(root) != "assessment-item":
            raise Invalid("import_qti", f"{file} holds no QTI item (its first element is “{name(root)[:40]}”).")
        _take(gathering, _Member(file, root, None, None), MediaBag(), scope="")
        return gathering.report()
    package = _Package(Archive(data))
    gathering.title = package.title
    for code, sentence in package.notes():
        gathering.note(code, sentence)
    for place, code, sentence in package.broken:
        gathering.refuse(place, code, sentence)
    for member in package.items:
        _take(gathering, member, package.media, scope=package.scope)
    return gathering.report(package.media.taken)


class _Member:
    """One item with its place, our own fields and its case."""

    def __init__(self, path: str, root: Element, own_fields: tuple[str, str] | None, case: Element | None) -> None:
        self.path = path
        self.root = root
        self.own_fields = own_fields
        self.case = case


def _take(gathering: Gathering, member: _Member, media: MediaBag, *, scope: str) -> None:
    identifier = attribute(member.root, "identifier")
    place = f"{shown_path(member.path)}, line {line_of(member.root)}"

    def build(losses: Losses) -> Entry:
        return _entry(member, media, losses)

    label = attribute(member.root, "title")[:80]
    gathering.take(place, build, source=f"{scope}\n{identifier}" if identifier and scope else "", label=label)


def _entry(member: _Member, media: MediaBag, losses: Losses) -> Entry:
    base = posixpath.dirname(member.path)
    parts = [member.root] if member.case is None else [member.root, member.case]
    now = native_digest(*parts) if member.own_fields else ""
    entry, unchanged = own.restore(member.own_fields, now, losses)
    if entry is not None and unchanged:
        for picture in entry.media:
            media.name_of(f"../pictures/{picture}", losses, base=base)
        return entry

    def look_up(source: str, lost: Losses) -> str | None:
        return media.name_of(source, lost, base=base)

    case = _case(member.case, losses, look_up)
    native = read_item(member.root, losses, look_up, case)
    if native.vignette and not native.vignette.key:
        native = replace(native, vignette=Vignette(vignette_key(native.vignette.text), native.vignette.text))
    return with_media(own.merge(native, entry, losses))


def _case(root: Element | None, losses: Losses, picture: html_in.Picture) -> Vignette | None:
    body = next((one for one in root if name(one) == "stimulus-body"), None) if root is not None else None
    if body is None:
        return None
    text = html_in.to_markdown(inner_html(body), losses, picture)
    return Vignette(vignette_key(text), text) if text else None


class _Package:
    """Finds the items of a package through its manifest, else by looking at every XML file."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.media = MediaBag(sources_of(iter(archive.names), archive.read))
        self.title = ""
        self.scope = "package"
        self.items: list[_Member] = []
        self.broken: list[tuple[str, str, str]] = []
        self._stimuli: dict[str, Element | None] = {}
        self._read: set[str] = set()
        manifests = [one for one in archive.names if posixpath.basename(one) == MANIFEST]
        if manifests:
            self._by_manifest(min(manifests, key=len))
        if not self.items and not self.broken:
            for path in archive.names:
                if path.endswith(_XML) and path not in self._read:
                    self._item(path, None)

    def _by_manifest(self, path: str) -> None:
        root = parse_xml(self.archive.read(path), path)
        self._read.add(path)
        base = posixpath.dirname(path)
        self.scope = f"package\n{attribute(root, 'identifier')}"
        seen: set[str] = set()
        for resource in descendants(root, "resource"):
            kind = attribute(resource, "type").lower()
            href = posixpath.normpath(posixpath.join(base, unquote(attribute(resource, "href"))))
            if "imsqti_item" in kind and href not in seen:
                seen.add(href)
                self._item(href, own.metadata_of(resource))
            elif "imsqti_test" in kind and not self.title and href in self.archive:
                self._title(href)

    def _title(self, path: str) -> None:
        try:
            root = parse_xml(self.archive.read(path), path)
        except Invalid:
            return
        if name(root) == "assessment-test":
            self._read.add(path)
            self.title = attribute(root, "title")[:200]
            self.scope += f"\n{self.title}"

    def _item(self, path: str, own_fields: tuple[str, str] | None) -> None:
        if path not in self.archive:
            self.broken.append(
                (shown_path(path), "file_missing", "The manifest names this file, but it is not in the package.")
            )
            return
        self._read.add(path)
        try:
            root = parse_xml(self.archive.read(path), path)
        except Invalid as error:
            if error.code in {"import_doctype", "import_zip_bomb", "import_zip"}:
                raise
            self.broken.append((shown_path(path), error.code, error.sentence))
            return
        if name(root) == "assessment-item":
            self.items.append(_Member(path, root, own_fields, self._stimulus(root, path)))

    def _stimulus(self, root: Element, path: str) -> Element | None:
        reference = next((one for one in root if name(one) == "assessment-stimulus-ref"), None)
        if reference is None:
            return None
        href = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(attribute(reference, "href"))))
        if href not in self._stimuli:
            self._stimuli[href] = parse_xml(self.archive.read(href), href) if href in self.archive else None
            self._read.add(href)
        return self._stimuli[href]

    def notes(self) -> list[tuple[str, str]]:
        """Files of the package that nothing was taken from."""
        left = [
            one
            for one in self.archive.names
            if one not in self._read and not one.lower().endswith(".xsd") and not may_be_media(one)
        ]
        if not left:
            return []
        shown = ", ".join(posixpath.basename(one) for one in left[:5])
        return [("files_not_taken", f"{len(left)} other files of the package were not taken: {shown}.")]


def write_package(
    entries: Sequence[Entry], title: str, version: Version, media: Mapping[str, bytes] | None = None
) -> bytes:
    """A package with one file per item, a test that holds them all, and pictures."""
    return pack(_Writer(version, title, media or {}).members(entries))


class _Writer:
    def __init__(self, version: Version, title: str, media: Mapping[str, bytes]) -> None:
        self.version = version
        self.title = title or "Questions"
        self.media = media
        self.files: dict[str, bytes] = {}
        self.manifest = etree.Element(
            f"{{{version.manifest}}}manifest", {"identifier": "questions"}, nsmap={None: version.manifest, "xsi": XSI}
        )
        head = self._sub(self.manifest, "metadata")
        self._sub(head, "schema").text = "QTI Package" if version.kebab else f"QTIv{version.number} Package"
        self._sub(head, "schemaversion").text = version.number if version.kebab else "1.0.0"
        self._sub(self.manifest, "organizations")
        self.resources = self._sub(self.manifest, "resources")

    def _sub(self, parent: Element, tag: str, **values: str) -> Element:
        return etree.SubElement(parent, f"{{{self.version.manifest}}}{tag}", values)

    def members(self, entries: Sequence[Entry]) -> dict[str, bytes]:
        cases: dict[Vignette, str] = {}
        test = self._sub(self.resources, "resource", identifier="test", type=self.version.test_type, href=TEST)
        self._sub(test, "file", href=TEST)
        self.manifest.set("identifier", f"questions-{digest(*(entry.lineage for entry in entries))}")
        for entry in entries:
            self._item(entry, cases)
            self._sub(test, "dependency", identifierref=item_identifier(entry))
        for name_, data in files_of((name_ for entry in entries for name_ in entry.media), self.media).items():
            path = f"pictures/{name_}"
            self.files[path] = data
            resource = self._sub(self.resources, "resource", identifier=f"p-{name_}", type="webcontent", href=path)
            self._sub(resource, "file", href=path)
        manifest = etree.tostring(self.manifest, xml_declaration=True, encoding="UTF-8")
        return {MANIFEST: manifest, TEST: as_bytes(self._test(entries)), **self.files}

    def _item(self, entry: Entry, cases: dict[Vignette, str]) -> None:
        stimulus: Element | None = None
        address: tuple[str, str] | None = None
        if entry.vignette and self.version.kebab:
            identifier = cases.setdefault(entry.vignette, f"case-{len(cases) + 1}")
            stimulus = stimulus_element(entry, self.version, identifier)
            address = (identifier, f"../cases/{identifier}.xml")
            if f"cases/{identifier}.xml" not in self.files:
                self._resource(identifier, "imsqti_stimulus_xmlv3p0", f"cases/{identifier}.xml", as_bytes(stimulus))
        root = item_element(entry, self.version, stimulus=address)
        path = f"items/{entry.lineage}.xml"
        resource = self._resource(item_identifier(entry), self.version.item_type, path, as_bytes(root))
        parts = [root] if stimulus is None else [root, stimulus]
        metadata = etree.Element(f"{{{self.version.manifest}}}metadata")
        metadata.append(own.element(entry, native_digest(*parts)))
        resource.insert(0, metadata)
        if address:
            self._sub(resource, "dependency", identifierref=address[0])
        for picture in files_of(entry.media, self.media):
            self._sub(resource, "dependency", identifierref=f"p-{picture}")

    def _resource(self, identifier: str, kind: str, path: str, data: bytes) -> Element:
        self.files[path] = data
        resource = self._sub(self.resources, "resource", identifier=identifier, type=kind, href=path)
        self._sub(resource, "file", href=path)
        return resource

    def _test(self, entries: Sequence[Entry]) -> Element:
        make = Maker(self.version)
        root = make.root("assessment-test", {"identifier": "test", "title": self.title})
        part = make.add(
            root, "test-part", identifier="part-1", navigation_mode="nonlinear", submission_mode="individual"
        )
        section = make.add(part, "assessment-section", identifier="section-1", title=self.title, visible="true")
        for entry in entries:
            make.add(
                section, "assessment-item-ref", identifier=item_identifier(entry), href=f"items/{entry.lineage}.xml"
            )
        return root
