"""Models behind the interfaces of OpenAI and Anthropic: their official clients against a server that speaks both."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import polars as pl
import pytest

from tacit.errors import BadQuestion, BadValue, InputError, NotAllowed, NotSignedIn
from tacit.judging import Item, ItemKind, Question, check_labeler, check_producer, questions_table
from tacit_language.data import Dialogue, Message
from tacit_language.models import GPT, ByteTokenizer, GPTConfig, save_model
from tacit_language.remote import ChatProducer, LocalChat, ModelJudge, RemoteModel, open_chat
from tacit_language.remote.chat import asked

SOON = {"retry-after-ms": "1"}  # both clients wait as long as the server says
REASONS = {429: "rate_limit_error", 401: "authentication_error", 403: "permission_error", 404: "not_found_error"}


class Server(ThreadingHTTPServer):
    """Speaks enough of both interfaces; `faults` holds what it does with the next requests instead of answering."""

    def __init__(self, answer):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer, self.faults, self.seen, self.stop_hanging = answer, [], [], threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Say nothing."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.seen.append((self.path, body, dict(self.headers)))
        fault = self.server.faults.pop(0) if self.server.faults else None
        if fault == "hang":
            self.server.stop_hanging.wait()
            self.close_connection = True
            return
        if isinstance(fault, int):
            error = {"type": "error", "error": {"type": REASONS.get(fault, "api_error"), "message": "the reason"}}
            self.send(fault, error)
            return
        text = fault if isinstance(fault, str) else self.server.answer(body)
        if self.path.endswith("/chat/completions"):
            choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
            self.send(200, {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]})
        else:
            block = {"type": "text", "text": text}
            usage = {"input_tokens": 1, "output_tokens": 1}
            known = {"id": "1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn"}
            self.send(200, known | {"content": [block] if text else [], "usage": usage})

    def send(self, status, value):
        content = json.dumps(value).encode()
        self.send_response(status)
        for name, said in {"content-type": "application/json", "content-length": len(content), **SOON}.items():
            self.send_header(name, str(said))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def server(monkeypatch):
    """Return a server that repeats what it was told last."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server(lambda body: f"You said: {body['messages'][-1]['content']}") as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.stop_hanging.set()
        server.shutdown()
        thread.join()


@pytest.fixture(params=["openai", "anthropic"])
def remote(request, server):
    base = f"{server.url}/v1" if request.param == "openai" else server.url
    with RemoteModel(request.param, "m", base_url=base, api_key="k", retries=2, timeout_s=120) as remote:
        yield remote


HELLO = asked("Hello?", system="Be brief.")


def test_a_dialogue_goes_over_as_each_interface_has_it(remote, server):
    assert remote.reply(HELLO, max_tokens=7, temperature=0.5, seed=3) == "You said: Hello?"
    ((path, body, headers),) = server.seen
    user = {"role": "user", "content": "Hello?"}
    assert body["model"] == "m"
    assert (body["max_tokens"], body["temperature"]) == (7, 0.5)
    assert {"k", "Bearer k"} & set(headers.values())
    if remote.provider == "openai":
        assert path == "/v1/chat/completions"
        assert body["messages"] == [{"role": "system", "content": "Be brief."}, user]
        assert body["seed"] == 3
    else:
        assert path == "/v1/messages"
        assert (body["system"], body["messages"]) == ("Be brief.", [user])


@pytest.mark.parametrize("faults", [[429, 429], [500, 503], ["", " "]], ids=["rate", "fault", "empty"])
def test_a_passing_trouble_is_waited_out(remote, server, faults):
    server.faults = list(faults)
    assert remote.reply(HELLO, max_tokens=7) == "You said: Hello?"
    assert len(server.seen) == 3


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        ([429] * 3, r"got a limit of rate, 3 times: .*the reason.*Ask for less at once"),
        ([500] * 3, r"got .*the reason"),
        ([""] * 3, r"got an empty answer, 3 times, expected words\. Raise max_tokens"),
        ([404], r"got no such model at http.*the reason"),
        ([400], r"got .*the reason"),
    ],
    ids=["rate", "fault", "empty", "absent", "refused"],
)
def test_a_lasting_trouble_is_told(remote, server, faults, said):
    server.faults = list(faults)
    with pytest.raises(InputError, match=rf"{remote.name}: {said}"):
        remote.reply(HELLO, max_tokens=7)
    assert len(server.seen) == len(faults)


def test_a_wrong_key_and_one_that_does_not_reach_the_model_are_told_apart(remote, server):
    server.faults = [401, 403]
    with pytest.raises(NotSignedIn, match="expected a key that the server knows"):
        remote.reply(HELLO, max_tokens=7)
    with pytest.raises(NotAllowed, match="expected a key that reaches this model"):
        remote.reply(HELLO, max_tokens=7)


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_a_model_that_never_answers_and_one_that_is_not_there_are_told(provider, server):
    server.faults = ["hang"]
    base = f"{server.url}/v1" if provider == "openai" else server.url
    said = r"got no answer within 0\.2 s, 1 times.*Raise timeout_s"
    with (
        RemoteModel(provider, "m", base_url=base, api_key="k", retries=0, timeout_s=0.2) as remote,
        pytest.raises(InputError, match=said),
    ):
        remote.reply(HELLO, max_tokens=7)
    with (
        RemoteModel(provider, "m", base_url="http://127.0.0.1:9", api_key="k", retries=0) as remote,
        pytest.raises(InputError, match=r"got no connection to http://127\.0\.0\.1:9"),
    ):
        remote.reply(HELLO, max_tokens=7)


def test_without_a_key_it_says_which_variable_to_set(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(NotSignedIn, match="Set the environment variable OPENAI_API_KEY"):
        RemoteModel("openai", "m")
    with pytest.raises(BadValue, match="provider: got 'someone', expected openai or anthropic"):
        RemoteModel("someone", "m")
    with pytest.raises(BadValue, match="expected openai:NAME"):
        open_chat("openai:")


# ---- as a judge

TEXTS = ("short", "a longer text", "mid text", "a longer text!")
ITEMS = {item.item_id: item for item in (Item(ItemKind.TEXT, text.encode(), "text/plain") for text in TEXTS)}
QUESTIONS = questions_table([Question("comparison", pair, text="Which is longer?") for pair in pairwise(ITEMS)])


def longer(body):
    """Prefer the longer of the two, but call a difference of one character for the text shown first."""
    asked_ = body["messages"][-1]["content"]
    first, second = (len(asked_.partition(f"[{side}]\n")[2].partition(f"\n[/{side}]")[0]) for side in "AB")
    return "A" if first >= second - 1 else "B."


def test_a_model_judges_in_both_orders_and_a_favoured_side_is_a_tie(remote, server):
    server.answer = longer
    check_labeler(lambda: ModelJudge(remote, ITEMS.__getitem__), QUESTIONS)
    judge = ModelJudge(remote, ITEMS.__getitem__)
    pairs = [("short", "a longer text"), ("a longer text", "a longer text!"), ("a longer text!", "mid text")]
    ids = {item.content.decode(): item_id for item_id, item in ITEMS.items()}
    questions = [Question("comparison", (ids[a], ids[b])) for a, b in pairs]
    judge.ask(questions_table(questions))
    found = judge.collect().sort(
        pl.col("question_id").replace_strict({q.question_id: i for i, q in enumerate(questions)})
    )
    assert found["outcome"].to_list() == ["answered", "tie", "answered"]
    assert found["comparison"].to_list() == [1, None, 0]
    assert found["labeler_id"].unique().to_list() == [f"model:{remote.name}"]


def test_an_answer_without_a_letter_is_cant_tell_and_other_questions_are_refused(remote, server):
    server.answer = lambda _: "I would rather not say."
    judge = ModelJudge(remote, ITEMS.__getitem__)
    judge.ask(QUESTIONS[0])
    assert judge.collect()["outcome"].to_list() == ["cant_tell"]
    with pytest.raises(BadQuestion, match="got a question of kind rating, expected a comparison"):
        judge.ask(questions_table([Question("rating", (next(iter(ITEMS)),), settings={"low": 0, "high": 1})]))


# ---- as a producer


def test_a_model_produces_dialogues(server):
    server.answer = lambda body: hashlib.sha256(json.dumps(body).encode()).hexdigest()
    with RemoteModel("openai", "m", base_url=f"{server.url}/v1", api_key="k") as remote:
        prompts = ["Hello?", Dialogue((Message("user", "a"), Message("assistant", "b"), Message("user", "c")))]
        check_producer(lambda: ChatProducer(remote, prompts))
        candidates = ChatProducer(remote, prompts, replies=3).produce(6, seed=1)
    sizes = {len(Dialogue.of_item(candidates.item(i)).messages) for i in range(6)}
    assert sizes == {2, 4}
    assert sorted(candidates.group.tolist()) == [0, 0, 0, 1, 1, 1]
    with pytest.raises(BadValue, match="got no prompt"):
        ChatProducer(remote, [])


def test_a_model_of_this_machine_answers_as_one_elsewhere(tmp_path):
    save_model(tmp_path / "tiny", GPT(GPTConfig(64, 16, 1, 2, 257), seed=1), ByteTokenizer())
    chat = open_chat(str(tmp_path / "tiny"))
    assert isinstance(chat, LocalChat)
    assert chat.name == "tiny"
    assert chat.reply(HELLO, max_tokens=9, seed=3) == chat.reply(HELLO, max_tokens=9, seed=3)
