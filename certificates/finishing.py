"""What makes a laid-out page a document: metadata for PDF/A-3a and PDF/UA-1, the attachment, the signature field."""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from xml.sax.saxutils import escape

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String

from certificates.slots import Filling

PRODUCER = f"WeasyPrint {version('weasyprint')}, pikepdf {version('pikepdf')}"
CREATOR = "Open CME"
FIELD = "certification"
HOLE = b"\0"
# Ten digits each: wide enough for any file, and written over in place when the positions are known.
RANGE = (0, 9_999_999_999, 9_999_999_999, 9_999_999_999)
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


def describe(pdf: pikepdf.Pdf, filled: Filling) -> None:
    """Title, author, subject and dates, twice: for old readers and as XMP, the same in both."""
    at = datetime.fromisoformat(filled.issued_at).astimezone(UTC)
    date = pdf_date(at)
    pdf.trailer.Info = pdf.make_indirect(
        Dictionary(
            Title=String(filled.title),
            Author=String(filled.author),
            Subject=String(filled.subject),
            Creator=String(CREATOR),
            Producer=String(PRODUCER),
            CreationDate=String(date),
            ModDate=String(date),
        )
    )
    texts = {"title": filled.title, "author": filled.author, "subject": filled.subject}
    xmp = _XMP.format(
        **{key: escape(_NOT_XML.sub("", text)) for key, text in texts.items()},
        date=at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        creator=CREATOR,
        producer=PRODUCER,
    )
    metadata = Stream(pdf, xmp.encode(), Type=Name.Metadata, Subtype=Name.XML)
    pdf.Root.Metadata = pdf.make_indirect(metadata)
    pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)


def attach(pdf: pikepdf.Pdf, attachment: Attachment, at: datetime) -> None:
    """The file as an associated file of the document, dated with the issue and so always the same."""
    date = String(pdf_date(at))
    file = Stream(
        pdf,
        attachment.body,
        Type=Name.EmbeddedFile,
        Subtype=Name("/" + attachment.kind),
        Params=Dictionary(
            Size=len(attachment.body),
            CheckSum=String(hashlib.md5(attachment.body, usedforsecurity=False).digest()),
            CreationDate=date,
            ModDate=date,
        ),
    )
    stored = pdf.make_indirect(file)
    name = String(attachment.name)
    entry = pdf.make_indirect(
        Dictionary(
            Type=Name.Filespec,
            F=name,
            UF=name,
            Desc=String(attachment.description),
            AFRelationship=Name.Data,
            EF=Dictionary(F=stored, UF=stored),
        )
    )
    names = Dictionary(Names=Array([name, entry]))
    pdf.Root.Names = Dictionary(EmbeddedFiles=pdf.make_indirect(names))
    pdf.Root.AF = Array([entry])


def open_signature(pdf: pikepdf.Pdf, page: pikepdf.Object, at: datetime, room: int) -> None:
    """An invisible field for a certification that allows no change, with a hole of `room` bytes for the signature."""
    limits = Dictionary(Type=Name.TransformParams, P=1, V=Name("/1.2"))
    reference = Dictionary(Type=Name.SigRef, TransformMethod=Name.DocMDP, TransformParams=limits)
    signature = pdf.make_indirect(
        Dictionary(
            Type=Name.Sig,
            Filter=Name("/Adobe.PPKLite"),
            SubFilter=Name("/ETSI.CAdES.detached"),
            ByteRange=Array(RANGE),
            Contents=String(HOLE * room),
            M=String(pdf_date(at)),
            Reference=Array([reference]),
        )
    )
    field = pdf.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Sig,
            T=String(FIELD),
            TU=String("Digital signature of the issuer"),
            Rect=Array([0, 0, 0, 0]),
            F=132,  # printed, locked: PDF/A forbids hidden ones, and nothing is to be seen of it
            P=page,
            V=signature,
        )
    )
    annotations = page.get("/Annots", Array())
    annotations.append(field)
    page.Annots = annotations
    pdf.Root.AcroForm = Dictionary(SigFlags=3, Fields=Array([field]))
    pdf.Root.Perms = Dictionary(DocMDP=signature)


def pdf_date(at: datetime) -> str:
    """A date as PDF writes it, in UTC."""
    return at.astimezone(UTC).strftime("D:%Y%m%d%H%M%SZ")
