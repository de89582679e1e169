"""Packs are real here: a module and metadata in a folder on the path, found as any installed pack is."""

import sys
import textwrap

import pytest

from tacit.catalogue import find_producer, name_in_pack, producer_packs
from tacit.errors import InputError, MissingExtra, UnknownName

WHOLE = """
    NAMES = {names!r}

    def open_producer(name, settings, *, seed, state=None):
        return ("opened", {pack!r}, name, settings, seed)

    def knows(name):
        return name in NAMES

    def known_names():
        return NAMES
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Return a function that installs a pack; nothing else is installed."""
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    made = []

    def make(pack, *names, body=WHOLE, distribution=None):
        module, distribution = f"pack_of_{distribution or pack}", distribution or f"tacit-{pack}"
        made.append(module)
        (tmp_path / f"{module}.py").write_text(textwrap.dedent(body).format(names=names, pack=pack))
        metadata = tmp_path / f"{distribution.replace('-', '_')}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(f"[tacit.producers]\n{pack} = {module}:open_producer\n")

    yield make
    for module in made:
        sys.modules.pop(module, None)


def opened(name):
    pack, open_producer = find_producer(name)
    return pack, open_producer(name_in_pack(name), {}, seed=0)[1:3]


def test_a_name_alone_finds_the_pack_that_knows_it(install):
    install("alpha", "Pole-v1")
    install("beta", "Swim-v2")
    assert opened("Swim-v2") == ("beta", ("beta", "Swim-v2"))
    assert producer_packs() == ("alpha", "beta")


def test_a_pack_may_be_named(install):
    install("alpha", "Pole-v1")
    install("beta", "Pole-v1")
    assert opened("beta:Pole-v1") == ("beta", ("beta", "Pole-v1"))


def test_of_two_packs_that_know_a_name_the_first_by_name_is_taken(install):
    install("beta", "Pole-v1")
    install("alpha", "Pole-v1")
    assert opened("Pole-v1")[0] == "alpha"


def test_a_name_with_a_colon_of_its_own_is_left_alone(install):
    install("alpha", "module:Pole-v1")
    assert opened("module:Pole-v1") == ("alpha", ("alpha", "module:Pole-v1"))
    assert opened("alpha:module:Pole-v1") == ("alpha", ("alpha", "module:Pole-v1"))


def test_finding_loads_no_pack_but_those_that_are_tried(install):
    install("alpha", "Pole-v1")
    install("beta", "Swim-v2")
    opened("beta:Swim-v2")
    assert "pack_of_alpha" not in sys.modules


# ---- refuses


def test_an_unknown_name_suggests_the_nearest_of_all_packs(install):
    install("alpha", "Pole-v1")
    install("beta", "Swim-v2")
    with pytest.raises(UnknownName) as caught:
        find_producer("Swum-v2")
    assert str(caught.value) == (
        "environment (pack alpha, beta): got 'Swum-v2', expected one of Swim-v2. Did you mean 'Swim-v2'?"
    )


def test_a_named_pack_does_not_suggest_what_another_knows(install):
    install("alpha", "Pole-v1")
    install("beta", "Swim-v2")
    with pytest.raises(UnknownName, match=r"environment \(pack alpha\): got 'Swim-v2', expected one of Pole-v1"):
        find_producer("alpha:Swim-v2")


def test_without_any_pack_the_line_that_installs_one_is_named(install):
    with pytest.raises(MissingExtra, match="Run: pip install 'tacit-control'"):
        find_producer("CartPole-v1")


def test_a_pack_that_lacks_a_package_says_which(install):
    install("alpha", body="import absent_package\n" + textwrap.dedent(WHOLE))
    with pytest.raises(MissingExtra, match=r"pack 'alpha': got no module 'absent_package'.*pip install 'tacit-alpha'"):
        find_producer("Pole-v1")


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("from math import no_such_name\n", "got ImportError: cannot import name 'no_such_name'"),
        ("x = 1\n", "got AttributeError: .*open_producer"),
        ("def open_producer(): pass\n", "got AttributeError: .*knows"),
    ],
)
def test_a_broken_pack_is_named_and_never_not_found(install, body, complaint):
    install("alpha", body=body)
    with pytest.raises(InputError, match=f"pack 'alpha': {complaint}.*installed but broken") as caught:
        find_producer("Pole-v1")
    assert not isinstance(caught.value, UnknownName)


def test_a_broken_pack_does_not_stand_in_the_way_of_another(install):
    install("alpha", body="from math import no_such_name\n")
    install("beta", "Pole-v1")
    assert opened("Pole-v1")[0] == "beta"


def test_a_bug_in_a_pack_keeps_its_traceback_and_names_the_pack(install):
    install("alpha", body="1 / 0\n")
    with pytest.raises(ZeroDivisionError) as caught:
        find_producer("Pole-v1")
    assert caught.value.__notes__ == ["while loading pack 'alpha' (pack_of_alpha:open_producer) of tacit-alpha"]


def test_two_distributions_cannot_share_a_packs_name(install):
    install("alpha", "Pole-v1")
    install("alpha", "Swim-v2", distribution="other")
    with pytest.raises(InputError, match=r"pack 'alpha': got .*pack_of_alpha.*expected one. Uninstall one of the two"):
        find_producer("Pole-v1")
