"""An HTML page as its readers see it."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """Text of the page outside of style and plots, its cells, and what its attributes refer to."""

    def __init__(self, page):
        super().__init__()
        self.text, self.cells, self.links, self.tags = "", [], [], []
        self._skipped = 0
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.links += [value for name, value in attributes if name in ("src", "href", "xlink:href", "srcset", "action")]
        self._skipped += tag in ("style", "svg")
        if tag == "td":
            self.cells.append("")

    def handle_endtag(self, tag):
        self._skipped -= tag in ("style", "svg")

    def handle_data(self, data):
        if not self._skipped:
            self.text += data
            if self.cells and self.tags[-1] == "td":
                self.cells[-1] += data
