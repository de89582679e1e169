"""Markdown of the items themselves, such as replies of language models, made into HTML that cannot act or fetch.

What strangers and models write is shown to judges, so nothing of it may be more than words: no link can be followed
and stands beside its words as an address, no image is loaded, HTML stays text, and characters that turn the direction
of reading round are spelt out. The source is what was judged; this is only a way of looking at it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tacit.errors import BadValue, UnknownName
from tacit.judging import Item, ItemKind
from tacit.store import Store
from tacit.web.api.calling import Call, json_answer
from tacit.web.asking import actor_of
from tacit.web.authorize import authorize

TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code"),
    *("em", "strong", "s", "table", "thead", "tbody", "tr", "th", "td"),
}
"""All that comes out, without any attribute but the number at which a list starts."""

LONGEST_CHARACTERS = 64 * 1024
LONGEST_ADDRESS = 200
DEEPEST = 20
SPEAKER = re.compile(r"^(human|user|assistant|system|model|person|bot)\s*:\s*", re.IGNORECASE)
TURNING = {code: f"⟦U+{code:04X}⟧" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
"""Unicode's embeddings, overrides and isolates: a sentence can read backwards by them, so they are made visible.

Source: Boucher and Anderson 2021, Trojan Source: invisible vulnerabilities, arXiv:2111.00169.
"""


def markdown_routes() -> list[BaseRoute]:
    """Return the route of rendered items."""
    return [Route("/markdown/{item_id}", Call(give_rendered), methods=["GET"], name="give_rendered")]


async def give_rendered(request: Request) -> Response:
    """Give a text or the turns of a dialogue as safe HTML; an item never changes, so that a browser asks once."""
    authorize(await actor_of(request), "media.read")
    item_id = request.path_params["item_id"][:100]
    store: Store = request.app.state.store
    shown = await run_in_threadpool(_rendered, store, item_id)
    answer = json_answer(shown)
    answer.headers["Cache-Control"] = "private, max-age=86400"
    return answer


def inert_html(text: str) -> str:
    r"""Return Markdown as HTML of `TAGS`: nothing in it can be followed, loaded or run.

    Raises:
        BadValue: longer than `LONGEST_CHARACTERS`, or lists and quotations deeper in each other than `DEEPEST`.

    >>> inert_html("**Look** at [this](https://example.org/x) ![cat](c.png)")
    '<p><strong>Look</strong> at this (<code>https://example.org/x</code>) [image: cat] (<code>c.png</code>)</p>\n'
    >>> inert_html("<b onclick=x>a</b>")
    '<p>&lt;b onclick=x&gt;a&lt;/b&gt;</p>\n'
    """
    if len(text) > LONGEST_CHARACTERS:
        got, do = f"{len(text):,} characters", "Look at it as it is written"
        raise BadValue("text", got=got, expected=f"at most {LONGEST_CHARACTERS:,}", do=do)
    parser = _parser()
    tokens = parser.parse(text)
    for token in tokens:
        if token.level >= DEEPEST:  # the parser would leave out what is deeper still
            raise BadValue(
                "text", got=f"more than {DEEPEST} levels", expected="fewer", do="Look at it as it is written"
            )
        if token.children:
            token.children = _inert(token.children)
    made = str(parser.renderer.render(tokens, parser.options, {}))
    return nh3.clean(made, tags=TAGS, attributes={"ol": {"start"}}, link_rel=None).translate(TURNING)


def shown_in_turns(item: Item) -> dict[str, Any]:
    """Return an item as the page gets it: `html` of a text, or `turns`, each with its role and `html`.

    Raises:
        BadValue: no text or dialogue, or too long.
    """
    if item.kind not in (ItemKind.TEXT, ItemKind.DIALOGUE):
        raise BadValue("item", got=f"the kind {item.kind}", expected="a text or a dialogue")
    text = item.content.decode("utf-8", errors="replace")
    if item.kind is ItemKind.TEXT:
        return {"html": inert_html(text)}
    turns = dialogue_turns(text)
    if sum(len(words) for _, words in turns) > LONGEST_CHARACTERS:
        raise BadValue("dialogue", got="a long one", expected=f"at most {LONGEST_CHARACTERS:,} characters")
    return {"turns": [{"role": role.translate(TURNING), "html": inert_html(words)} for role, words in turns]}


@lru_cache(maxsize=256)
def _known(item: tuple[str, str, bytes]) -> dict[str, Any]:
    kind, media_type, content = item
    return shown_in_turns(Item(ItemKind(kind), content, media_type))


def _rendered(store: Store, item_id: str) -> dict[str, Any]:
    item = store.item(item_id)
    if len(item.content) > 4 * LONGEST_CHARACTERS:
        raise UnknownName("short text", item_id, (), do="Look at it as it is written")
    return _known((str(item.kind), item.media_type, item.content))


def dialogue_turns(text: str) -> list[tuple[str, str]]:
    r"""Return (role, words) of a dialogue: JSON, or lines of which some begin with who speaks.

    >>> dialogue_turns('[{"role": "user", "text": "Hi"}]'), dialogue_turns("Human: a\nb\n\nAssistant: c")
    ([('user', 'Hi')], [('Human', 'a\nb'), ('Assistant', 'c')])
    """
    try:
        listed = json.loads(text)
        listed = listed if isinstance(listed, list) else listed.get("turns", listed.get("messages"))
        return [(_first(turn, "role", "from"), _first(turn, "text", "content", "value")) for turn in listed]
    except (ValueError, TypeError, AttributeError, RecursionError):
        found: list[tuple[str, str]] = []
    for line in text.split("\n"):
        speaker = SPEAKER.match(line)
        if speaker:
            found.append((speaker[1], line[speaker.end() :]))
        elif found:
            found[-1] = (found[-1][0], f"{found[-1][1]}\n{line}")
        elif line.strip():
            found.append(("", line))
    return [(role, words.strip()) for role, words in found]


def _first(turn: dict[str, Any], *names: str) -> str:
    return next((str(turn[name]) for name in names if turn.get(name) is not None), "")


def _inert(children: Sequence[Token]) -> list[Token]:
    """Return the tokens of one paragraph with links and images spelt out."""
    made: list[Token] = []
    opened: list[tuple[int, str, str]] = []
    for token in children:
        if token.type == "link_open":
            opened.append((len(made), str(token.attrGet("href") or ""), _title(token)))
        elif token.type == "link_close":
            start, address, title = opened.pop()
            words = "".join(one.content for one in made[start:])
            bare = not title and words.strip() in (address, address.removeprefix("mailto:"))
            spelt = [_text(" ("), _code(address), _text(f"{title})")]
            made[start:] = [_code(address)] if bare else [*made[start:], *spelt]
        elif token.type == "image":
            address = str(token.attrGet("src") or "")
            made += [_text(f"[image: {token.content}] ("), _code(address), _text(f"{_title(token)})")]
        else:
            made.append(token)
    return made


def _title(token: Token) -> str:
    title = token.attrGet("title")
    return f" “{title}”" if title else ""


def _text(words: str) -> Token:
    return Token("text", "", 0, content=words)


def _code(address: str) -> Token:
    shown = address if len(address) <= LONGEST_ADDRESS else address[:LONGEST_ADDRESS] + "…"
    return Token("code_inline", "code", 0, content=shown)


@cache
def _parser() -> MarkdownIt:
    options = {"html": False, "breaks": True, "linkify": False, "maxNesting": DEEPEST + 2}
    # Without references: their definitions are not shown, and nothing that was written may be hidden from the judge.
    return MarkdownIt("commonmark", options).enable(["table", "strikethrough"]).disable("reference")
