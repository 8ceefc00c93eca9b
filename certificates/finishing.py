"""What makes a laid-out page a document: metadata for PDF/A-3a and PDF/UA-1, the attachment, the signature field."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Protocol
from xml.sax.saxutils import escape

from certificates import writing
from certificates.compiled import Compiled
from certificates.slots import Filling
from certificates.writing import Writer

PRODUCER = f"WeasyPrint {version('weasyprint')}, pikepdf {version('pikepdf')}"
CREATOR = "Open CME"
FIELD = "certification"
HOLE = b"\0"
# Ten digits each: wide enough for any file, and written over in place when the positions are known.
RANGE = b"[0 9999999999 9999999999 9999999999]"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" pdfaid:part="3" pdfaid:conformance="A"/>
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{subject}</rdf:li></rdf:Alt></dc:description>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
<xmp:CreateDate>{date}</xmp:CreateDate><xmp:ModifyDate>{date}</xmp:ModifyDate>
<xmp:CreatorTool>{creator}</xmp:CreatorTool><pdf:Producer>{producer}</pdf:Producer>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 to which the document conforms</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
</rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that travels inside the certificate."""

    body: bytes
    name: str = "credential.json"
    kind: str = "application/vc"
    description: str = "The same credit as a verifiable credential (Open Badges 3.0)"


class Validation(Protocol):
    """Certificates and lists of withdrawn ones (DER) for signer and time-stamping service."""

    @property
    def certificates(self) -> tuple[bytes, ...]: ...

    @property
    def lists(self) -> tuple[bytes, ...]: ...

    def covers(self, token: bytes) -> bool:
        """Whether whoever has made this time stamp is among them."""
        ...


def describe(writer: Writer, page: Compiled, filled: Filling, at: datetime) -> int:
    """Title, author, subject and dates, twice: for old readers, whose object's number this gives, and as XMP."""
    date = writing.text(pdf_date(at))
    texts = {"title": filled.title, "author": filled.author, "subject": filled.subject}
    texts = {key: _NOT_XML.sub("", text) for key, text in texts.items()}
    xmp = _XMP.format(
        **{key: escape(text) for key, text in texts.items()},
        date=at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        creator=CREATOR,
        producer=PRODUCER,
    )
    kind = {b"Type": b"/Metadata", b"Subtype": b"/XML"}
    writer.put(page.opened["metadata"].number, writing.stream(xmp.encode(), kind, compress=False))
    return writer.add(
        writing.dictionary(
            {
                b"Title": writing.text(texts["title"]),
                b"Author": writing.text(texts["author"]),
                b"Subject": writing.text(texts["subject"]),
                b"Creator": writing.text(CREATOR),
                b"Producer": writing.text(PRODUCER),
                b"CreationDate": date,
                b"ModDate": date,
            }
        )
    )


def close(
    writer: Writer, page: Compiled, attachment: Attachment | None, at: datetime, validation: Validation | None = None
) -> int:
    """Write the catalog, whose number this gives, with the file that travels along and what verifiers will need."""
    catalog = page.opened["catalog"]
    more = b"" if attachment is None else _attached(writer, attachment, at)
    more += b"" if validation is None else _security(writer, validation)
    writer.put(catalog.number, b"%s%s >>" % (catalog.source, more))
    return catalog.number


def _attached(writer: Writer, attachment: Attachment, at: datetime) -> bytes:
    """The file as an associated file of the document, dated with the issue and so always the same."""
    date = writing.text(pdf_date(at))
    digest = hashlib.md5(attachment.body, usedforsecurity=False).digest()
    facts = {
        b"Size": b"%d" % len(attachment.body),
        b"CheckSum": writing.hexadecimal(digest),
        b"CreationDate": date,
        b"ModDate": date,
    }
    kinds = {
        b"Type": b"/EmbeddedFile",
        b"Subtype": writing.name(attachment.kind),
        b"Params": writing.dictionary(facts),
    }
    file = writing.reference(writer.add(writing.stream(attachment.body, kinds)))
    name = writing.text(attachment.name)
    entry = {
        b"Type": b"/Filespec",
        b"F": name,
        b"UF": name,
        b"Desc": writing.text(attachment.description),
        b"AFRelationship": b"/Data",
        b"EF": writing.dictionary({b"F": file, b"UF": file}),
    }
    number = writer.add(writing.dictionary(entry))
    return b" /Names << /EmbeddedFiles << /Names [%s %d 0 R] >> >> /AF [%d 0 R]" % (name, number, number)


def _security(writer: Writer, validation: Validation) -> bytes:
    """The document security store (PAdES): inside the signed bytes, because nothing may be added behind them."""

    def stored(bodies: Sequence[bytes]) -> bytes:
        return b"[%s]" % b" ".join(writing.reference(writer.add(writing.stream(one, {}))) for one in bodies)

    entries = {b"Type": b"/DSS", b"Certs": stored(validation.certificates), b"CRLs": stored(validation.lists)}
    store = writing.reference(writer.add(writing.dictionary(entries)))
    return b" /DSS %s /Extensions << /ESIC << /BaseVersion /1.7 /ExtensionLevel 1 >> >>" % store


def open_signature(writer: Writer, page: Compiled, at: datetime, room: int) -> None:
    """An invisible field for a certification that allows no change, with a hole of `room` bytes for the signature."""
    signature, field = page.opened["signature"].number, page.opened["field"].number
    limits = b"<< /Type /TransformParams /P 1 /V /1.2 >>"
    entries = {
        b"Type": b"/Sig",
        b"Filter": b"/Adobe.PPKLite",
        b"SubFilter": b"/ETSI.CAdES.detached",
        b"ByteRange": RANGE,
        b"Contents": writing.hexadecimal(HOLE * room),
        b"M": writing.text(pdf_date(at)),
        b"Reference": b"[<< /Type /SigRef /TransformMethod /DocMDP /TransformParams %s >>]" % limits,
    }
    writer.put(signature, writing.dictionary(entries))
    widget = {
        b"Type": b"/Annot",
        b"Subtype": b"/Widget",
        b"FT": b"/Sig",
        b"T": writing.text(FIELD),
        b"TU": writing.text("Digital signature of the issuer"),
        b"Rect": b"[0 0 0 0]",
        b"F": b"132",  # printed, locked: PDF/A forbids hidden ones, and nothing is to be seen of it
        b"P": writing.reference(page.opened["page"].number),
        b"V": writing.reference(signature),
    }
    writer.put(field, writing.dictionary(widget))
    writer.put(page.opened["page"].number, page.opened["page"].source + b" >>")


def pdf_date(at: datetime) -> str:
    """A date as PDF writes it, in UTC."""
    return at.astimezone(UTC).strftime("D:%Y%m%d%H%M%SZ")
