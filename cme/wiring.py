"""The ground floor's part."""

from cme.part import Part

PART = Part(name="cme")
