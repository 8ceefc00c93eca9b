"""What an uploaded design may hold: words, files, elements and sizes; pure limits that everybody can read."""

PLACEHOLDER = r"\{\{\s*([a-z_]+)\s*\}\}"
TEXTS = frozenset(
    {
        *("heading", "demonstration", "provider", "certifies", "did", "title", "contact", "others"),
        *("amount_label", "amount_note", "completed_label", "completed_note"),
        *("maximum_label", "maximum", "maximum_note", "term", "released", "address"),
    }
)
BLOCKS = frozenset({"statements"})
SLOTS = frozenset({"name", "letters", "amount", "completed", "issued", "code", "qr"})
WORDS = TEXTS | BLOCKS | SLOTS
NEEDED = WORDS - {"contact", "certifies", "term", "released", "completed_label", "maximum_label"}
"""Without these a document would be incomplete, or a demonstration could pass for more."""

MOST_TEMPLATE = 200 * 1024
MOST_ASSETS = 2 * 1024 * 1024
MOST_UPLOAD = 3 * 1024 * 1024
MOST_FILES = 40
MOST_NESTING = 50
MOST_ELEMENTS = 1500
MOST_PAGES = 4
MOST_PIXELS = 4_000_000
MOST_SPAN = 20
SUFFIXES = frozenset({".html", ".css", ".svg", ".png", ".jpg", ".jpeg", ".ttf", ".otf"})
TEMPLATE = "certificate.html"

ELEMENTS = frozenset(
    {
        *("div", "p", "h1", "h2", "h3", "span", "em", "strong", "b", "i", "small", "sub", "sup", "br", "hr", "img"),
        *("ul", "ol", "li", "table", "thead", "tbody", "tfoot", "tr", "th", "td", "section", "header", "footer", "a"),
    }
)
ATTRIBUTES = frozenset({"class", "id", "lang", "dir", "alt", "src", "colspan", "rowspan", "scope", "href"})
VERIFY = "verify"
"""The one address that a link of a design leads to: that of the certificate's verification."""
AT_RULES = frozenset({"page", "font-face"})
FUNCTIONS = frozenset({"rgb", "rgba", "hsl", "hsla", "calc", "url", "linear-gradient", "radial-gradient", "translate",
                       "translatex", "translatey", "rotate", "scale", "min", "max", "clamp"})  # fmt: skip
PROPERTIES_REFUSED = frozenset({"content", "string-set", "position-anchor", "bookmark-label", "bookmark-level", "size"})
"""What could put words on the page that nobody reads in the template, or change the paper."""
