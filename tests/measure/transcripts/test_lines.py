import pytest

from tacit.errors import BadFile, BadValue
from tacit.measure.transcripts import read_lines
from tacit.measure.transcripts.lines import file_lines


@pytest.fixture
def files(tmp_path):
    """Return a function that writes a reference and a hypothesis."""

    def write(reference, hypothesis):
        paths = tmp_path / "ref.txt", tmp_path / "hyp.txt"
        for path, content in zip(paths, (reference, hypothesis), strict=True):
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return paths

    return write


# ---- worked by hand


def test_the_first_line_of_one_stands_beside_the_first_of_the_other(files):
    got = read_lines(*files("a b\n\nc\n", "a\nx\n\n"))
    assert got.references == ("a b", "", "c")
    assert got.hypotheses == ("a", "x", "")
    assert (got.ids, got.speakers, got.marked_up) == (("line 1", "line 2", "line 3"), ("", "", ""), False)


def test_a_missing_last_line_feed_a_carriage_return_and_a_byte_order_mark_do_not_matter(files):
    got = read_lines(*files(b"\xef\xbb\xbfa\r\nb\r\n", "a\nb"))
    assert got.references == got.hypotheses == ("a", "b")


def test_other_separators_do_not_end_a_line(files):
    assert read_lines(*files("a\u2028b\x0cc\n", "a b c\n")).references == ("a\u2028b\x0cc",)


def test_another_encoding_is_read_when_it_is_named(files):
    paths = files("今天\n".encode("gb18030"), "今天\n".encode("gb18030"))
    assert read_lines(*paths, encoding="gb18030").references == ("今天",)


# ---- refuses


def test_unequal_numbers_of_lines_name_the_first_line_without_a_partner(files):
    with pytest.raises(BadValue, match=r"ref.txt, line 3: got 'gamma', with no line 3 in the other file \(3 lines in "):
        read_lines(*files("alpha\nbeta\ngamma\n", "alpha\nbeta\n"))
    with pytest.raises(BadValue, match=r"hyp.txt, line 2: got 'b', with no line 2.*needs an empty line"):
        read_lines(*files("a\n", "b\nb\n"))


def test_the_line_that_is_not_in_the_encoding_is_named(files):
    with pytest.raises(BadFile, match=r"ref.txt, line 2: got byte 0xe9, expected text in utf-8\. Name its encoding"):
        read_lines(*files(b"ok\ncaf\xe9\n", "ok\ncafe\n"))


def test_what_is_no_text_file_is_refused(tmp_path, files):
    with pytest.raises(BadFile, match="got No such file or directory"):
        file_lines(tmp_path / "none.txt")
    with pytest.raises(BadFile, match="got a folder"):
        file_lines(tmp_path)
    with pytest.raises(BadValue, match="encoding: got 'utf-9'"):
        file_lines(files("a", "a")[0], "utf-9")
    with pytest.raises(BadValue, match=r"ref.txt: got no lines, expected a line an utterance"):
        read_lines(*files("", ""))
