"""Instructions as the lead writes them, in Markdown, made into HTML that can do nothing but be read.

The parser knows no raw HTML and no images, so that nothing is loaded from elsewhere; what it makes then goes through an
allow-list, so that a fault of the parser is not a hole.
"""

from __future__ import annotations

from functools import cache

import nh3
from markdown_it import MarkdownIt

TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code"),
    *("em", "strong", "s", "a", "table", "thead", "tbody", "tr", "th", "td"),
}
LONGEST_CHARACTERS = 100_000


def safe_html(text: str) -> str:
    r"""Return Markdown as HTML of a few tags, without script, style, images or forms.

    >>> safe_html("**Look** at <script>alert(1)</script>")
    '<p><strong>Look</strong> at &lt;script&gt;alert(1)&lt;/script&gt;</p>\n'
    >>> safe_html("[a](javascript:alert(1))")
    '<p>[a](javascript:alert(1))</p>\n'
    """
    made = _parser().render(text)
    return nh3.clean(
        made,
        tags=TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


@cache
def _parser() -> MarkdownIt:
    return (
        MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"]).disable("image")
    )
