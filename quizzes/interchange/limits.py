"""How much a file may hold before it is turned away; checked before anything is unpacked or parsed."""

MEGABYTE = 1024 * 1024

MOST_BYTES = 50 * MEGABYTE
"""A package with pictures."""
MOST_TEXT_BYTES = 20 * MEGABYTE
"""A single file of text, XML or a spreadsheet."""
MOST_ELEMENTS = 600_000
"""Elements of one XML file: each costs memory many times its length."""
MOST_MEMBERS = 12_000
MOST_UNPACKED = 100 * MEGABYTE
MOST_MEMBER = 40 * MEGABYTE
MOST_RATIO = 200
"""Times a member may grow when unpacked, once it is larger than `RATIO_FROM`."""
RATIO_FROM = 64 * 1024
MOST_ITEMS = 5_000
MOST_HTML = 200_000
"""Characters of one text with markup."""
MOST_HTML_DEPTH = 60
MOST_CHOICES = 60
MOST_STEMS = 40
MOST_MEDIA_BYTES = 10 * MEGABYTE
MOST_CELLS = 1_000_000
MOST_COLUMNS = 300
