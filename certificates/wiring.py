"""The certificate wing's part."""

from cme.part import Part

PART = Part(name="certificates")
