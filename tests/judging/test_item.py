import numpy as np

from tacit.judging import Candidates, Item, ItemKind, Media, content_hash


def test_the_hash_is_sha256_as_the_standard_prints_it():
    # FIPS 180-4, the example of "abc"
    assert content_hash(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_two_items_with_the_same_content_are_the_same_item():
    one, other = (Item(ItemKind.TEXT, b"hello", "text/plain") for _ in range(2))
    assert one == other
    assert one.item_id == other.item_id == content_hash(b"hello")
    assert Media(b"hello", "text/plain").media_id == one.item_id


def test_a_candidate_becomes_an_item_only_when_asked_for():
    made = []

    def content(index):
        made.append(index)
        return f"line {index}".encode()

    candidates = Candidates(ItemKind.TEXT, "text/plain", np.zeros((5, 2), np.float32), content)
    assert (len(candidates), made) == (5, [])
    assert candidates.item(3) == Item(ItemKind.TEXT, b"line 3", "text/plain")
    assert made == [3]
