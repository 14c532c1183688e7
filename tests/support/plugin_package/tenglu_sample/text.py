from tenglu import Document
from tenglu.export import Exporter


def render(document: Document) -> dict[str, bytes]:
    """Write the text of each cell on a line of its own."""
    lines = [cell.text for table in document.tables for cell in table.cells]
    return {".txt": "\n".join(lines).encode()}


EXPORTER = Exporter(".txt", render)
