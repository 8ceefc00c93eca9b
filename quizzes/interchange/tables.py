"""HTML tables as Markdown tables: one line per row, words in the cells; what does not fit is said."""

from typing import Protocol

from quizzes.interchange.reasons import Losses
from quizzes.interchange.xml_file import Element

MOST_SPAN = 20


class Writer(Protocol):
    """What a table needs of the one who writes the text around it."""

    losses: Losses

    def blocks(self, element: Element) -> list[str]: ...


class Table:
    """Writes one table."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer

    def markdown(self, element: Element) -> list[str]:
        """The caption as a paragraph, then the table; nothing for an empty one."""
        blocks: list[str] = []
        rows: list[list[str]] = []
        head = False
        for row in element.iter("tr"):
            cells = [self._cell(cell) for cell in row if cell.tag in {"td", "th"} for cell in self._spread(cell)]
            if any(cells):
                if not rows:
                    head = all(cell.tag == "th" for cell in row if cell.tag in {"td", "th"})
                rows.append(cells)
        for caption in element.iter("caption"):
            blocks += self.writer.blocks(caption)
        if not rows:
            return blocks
        if not head:
            self.writer.losses.add("table_head", "A table without a heading row got its first row as one.")
        width = max(len(row) for row in rows)
        lines = [f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in rows]
        lines.insert(1, f"|{' --- |' * width}")
        return [*blocks, "\n".join(lines)]

    def _spread(self, cell: Element) -> list[Element | None]:
        spans = [str(cell.get(name) or "1") for name in ("colspan", "rowspan")]
        if spans != ["1", "1"]:
            self.writer.losses.add(
                "table_span", "Table cells that reach over several places were taken as single ones."
            )
        wide = int(spans[0]) if spans[0].isascii() and spans[0].isdigit() and len(spans[0]) < 4 else 1
        return [cell, *[None] * (min(wide, MOST_SPAN) - 1)]

    def _cell(self, cell: Element | None) -> str:
        if cell is None:
            return ""
        blocks = self.writer.blocks(cell)
        text = " ".join(blocks)
        if len(blocks) > 1 or "\n" in text:
            self.writer.losses.add("table_lines", "Line ends and lists inside table cells became spaces.")
        return " ".join(text.replace("\\\n", " ").split())
