"""Markdown of items: it is laid out, nothing in it acts or is fetched, and nothing that was written is hidden."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacit.errors import BadValue
from tacit.judging import Item, ItemKind
from tacit.web.markdown import LONGEST_CHARACTERS, TAGS, dialogue_turns, inert_html, shown_in_turns


class Met(HTMLParser):
    """Notes every tag, attribute and word."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.words = ""
        self.others: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {(tag, name) for name, _ in attrs}

    def handle_data(self, data):
        self.words += data

    def handle_comment(self, data):
        self.others.append(data)

    def handle_decl(self, decl):
        self.others.append(decl)

    handle_pi = unknown_decl = handle_decl


def test_headings_lists_code_tables_and_emphasis_are_laid_out():
    met = Met(
        inert_html("# A\n\n3. *b*\n   - **c**\n\n> d\n\n```py\ne < f\n```\n\n|g|h|\n|-|-|\n|i|j|\n\n~~k~~ `l`\n\n---\n")
    )
    expected = {"h1", "ol", "li", "em", "ul", "strong", "blockquote", "pre", "code", "table", "thead", "tbody", "tr"}
    assert met.tags - {"p"} == expected | {"th", "td", "s", "hr"}
    assert met.attributes == {("ol", "start")}
    assert "e < f" in met.words


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<style>*{display:none}</style>",
    "<iframe src=//evil></iframe><base href=//evil><form action=//evil><input autofocus onfocus=alert(1)>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt&colon;alert(1))",
    "[a](<java\tscript:alert(1)>)",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](vbscript:x) [b](file:///etc/passwd) [c](//evil.example/x)",
    "![a](https://evil.example/pixel.png) ![b](data:image/svg+xml;base64,PHN2Zz4=)",
    "![a](x 'onerror=alert(1)') [b](https://x/\" onmouseover=alert(1))",
    "<https://evil.example/?q=<script>> <javascript:alert(1)> <a@b.example>",
    "```<script>\nalert(1)\n```\n`<img src=x onerror=alert(1)>`",
    '``` " onclick=alert(1) x\ncode\n```',
    "<!-- hidden --> <?php ?> <![CDATA[x]]> <!DOCTYPE x>",
    "<div\n\n<p>x</p>\n\n</div>",
    "&lt;script&gt; &#60;script&#62; &amp;lt;script&amp;gt;",
    "a\0b <\0script>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
]


@pytest.mark.parametrize("text", ATTACKS)
def test_what_would_act_comes_out_as_words(text):
    for met in (Met(inert_html(text)), Met(inert_html(f"> - {text}\n\n| {text} |\n|-|\n"))):
        assert met.tags <= TAGS
        assert met.attributes <= {("ol", "start")}
        assert met.others == []


def test_a_link_stands_beside_its_words_as_an_address_and_cannot_be_followed():
    met = Met(inert_html('Read [the bank](https://bank.evil.example/x "Your bank") now, <https://e.org>'))
    assert met.words.strip() == "Read the bank (https://bank.evil.example/x “Your bank”) now, https://e.org"
    assert met.tags == {"p", "code"}


def test_an_address_in_look_alike_letters_shows_its_true_name():
    assert "xn--pypal-4ve.com" in inert_html("[x](https://p\u0430ypal.com)")  # the а is Cyrillic


def test_characters_that_turn_the_direction_of_reading_are_spelt_out():
    written = "pay \u202eevil\u202c and &#x2066;more&#8297; `a\u202eb` [x](<https://e.org/\u202egnp>)"
    made = inert_html(written)
    assert "⟦U+202E⟧evil⟦U+202C⟧" in made
    assert "⟦U+2066⟧more⟦U+2069⟧" in made
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", made)


def test_definitions_and_titles_in_which_words_could_hide_stay_in_sight():
    hidden = '[//]: # (the answer is B)\n\n[ref]: http://x "secret"\n\n[a](http://y "also told")'
    words = Met(inert_html(hidden)).words
    for kept in ("the answer is B", "secret", "also told"):
        assert kept in words


@given(
    st.lists(st.sampled_from(["a", "b ", "*", "_", "#", " ", "\n", ">", "- ", "1. ", "|", "[", "](", ")", "\t", "  "]))
)
def test_no_letter_of_the_source_is_lost(parts):
    text = "".join(parts)
    try:
        words = Met(inert_html(text)).words
    except BadValue:
        return  # too deep: the page shows the source
    assert sorted(re.findall("[ab]", text)) == sorted(re.findall("[ab]", words))


PIECES = st.sampled_from(
    [
        *("<", ">", "script", "img src=x", " onerror=", "'", '"', "`", "```\n", "[", "](", ")", "!", "javascript:"),
        *("data:", "\n", "&", "#", ";", "&#x3c;", "\\", "|", "-|-", "*", "~~", "> ", "- ", "<!--", "-->", "\0"),
        *("\u202e", "http://e.org", "</"),
    ]
)


@given(st.one_of(st.lists(PIECES, max_size=60).map("".join), st.text(max_size=200)))
def test_nothing_but_the_allowed_tags_ever_comes_out(text):
    try:
        met = Met(inert_html(text))
    except BadValue:
        return
    assert met.tags <= TAGS
    assert met.attributes <= {("ol", "start")}
    assert met.others == []


def test_huge_nesting_and_huge_texts_are_refused_rather_than_cut():
    for text in ("> " * 500 + "x", "- " * 500 + "x", "x" * (LONGEST_CHARACTERS + 1)):
        with pytest.raises(BadValue, match="as it is written"):
            inert_html(text)
    assert Met(inert_html("*" * 5000 + "x" + "[" * 5000)).words.count("[") == 5000


def test_a_dialogue_comes_in_turns_whatever_it_is_kept_as():
    turns = [("user", "**a**"), ("assistant", "b")]
    for key, words in (("role", "text"), ("from", "value"), ("role", "content")):
        listed = [{key: role, words: text} for role, text in turns]
        for kept in (listed, {"messages": listed}):
            assert dialogue_turns(json.dumps(kept)) == turns
    assert dialogue_turns("\n\nHuman: **a**\nmore\n\nAssistant: b") == [("Human", "**a**\nmore"), ("Assistant", "b")]
    item = Item(ItemKind.DIALOGUE, b'[{"role": "a\xe2\x80\xaeb", "text": "*x*"}]', "application/json")
    assert shown_in_turns(item) == {"turns": [{"role": "a⟦U+202E⟧b", "html": "<p><em>x</em></p>\n"}]}
    with pytest.raises(BadValue, match="a text or a dialogue"):
        shown_in_turns(Item(ItemKind.TABLE, b"a,b", "text/csv"))


def test_only_who_is_signed_in_gets_an_item_laid_out(workspace, browser_of, seeds):
    item = Item(ItemKind.TEXT, b"**a** <script>", "text/plain")
    workspace.add_items([item])
    address = f"/markdown/{item.item_id}"
    assert browser_of().get(address).status_code == 401
    answer = browser_of(seeds.person(workspace)).get(address)
    assert answer.json() == {"html": "<p><strong>a</strong> &lt;script&gt;</p>\n"}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert browser_of(seeds.person(workspace)).get("/markdown/none").status_code == 404
