"""Find links of a built site that lead nowhere."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The targets that a page offers and those that it asks for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.asked: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.anchors |= {given[key] for key in ("id", "name") if given.get(key)}
        key = "href" if tag in ("a", "link") else "src"
        if given.get(key):
            self.asked.append(given[key])


def broken(folder: Path) -> list[str]:
    """``page: link`` for every internal link without a file or an anchor."""
    # The theme leaves templates of its own among what it copies.
    files = sorted(f for f in folder.rglob("*.html") if "_static" not in f.parts)
    pages = {file: Page(file.read_text(encoding="utf-8")) for file in files}
    faults = []
    for file, page in pages.items():
        for link in page.asked:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            anchor = unquote(parts.fragment)
            known = pages[target].anchors if target in pages else set()
            if not target.exists() or (anchor and anchor not in known):
                faults.append(f"{file.relative_to(folder)}: {link}")
    return faults
