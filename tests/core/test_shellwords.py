"""Words reach a program as they were meant, and a shell gets nothing else to do: checked against bash itself."""

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.core.shellwords import Unsafe, always_quote, double_quote, quote, read_prefix, read_words

TRICKY = st.text(st.sampled_from(" \"'\\$*?[]{}~#!&|;<>()=-a1é_./%^"), max_size=14)
VALUES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)


def received(shell_text: str) -> list[str]:
    """What a program gets for its arguments when bash reads this text."""
    told = subprocess.run(
        ["/bin/bash", "-c", f"printf '%s\\0' x {shell_text}"], capture_output=True, check=True, cwd="/", timeout=120
    )
    return told.stdout.decode().split("\0")[1:-1]


@settings(max_examples=300)
@given(st.lists(TRICKY, max_size=4).map(" ".join))
def test_bash_reads_what_was_read_here(text: str) -> None:
    """Whatever is let through becomes exactly the words that were read, whoever wrote it."""
    try:
        read = read_words(text)
    except Unsafe:
        return
    assert list(read.words) == received(read.text)


@settings(max_examples=60)
@given(st.lists(st.tuples(VALUES, VALUES, VALUES), max_size=4))
def test_every_value_survives_every_kind_of_quotes(values: list[tuple[str, str, str]]) -> None:
    """A quoted value is one word that is the value itself: nothing in it is expanded."""
    text = " ".join(f"{quote(a)} {always_quote(b)} {double_quote(c)}" for a, b, c in values)
    assert [one for three in values for one in three] == received(text)


def test_plain_text_stays_as_it_was_written() -> None:
    """People find their own quotes again in the script."""
    read = read_words("--image_file 'https://example.org/dog.jpg?a=1&b=2' \"two words\" a\\ b")
    assert ("--image_file", "https://example.org/dog.jpg?a=1&b=2", "two words", "a b") == read.words
    assert "--image_file 'https://example.org/dog.jpg?a=1&b=2' \"two words\" a\\ b" == read.text


@pytest.mark.parametrize(
    ("text", "words", "written"),
    [
        ("\\ ", (" ",), "\\ "),
        ("  a\\   ", ("a ",), "a\\ "),
        (" a b  ", ("a", "b"), "a b"),
        ("a\\  $b", ("a ", "$b"), "a\\  '$b'"),
    ],
)
def test_an_escaped_blank_at_the_end_belongs_to_its_word(text: str, words: tuple[str, ...], written: str) -> None:
    """Only the blanks around the words go."""
    read = read_words(text)
    assert (words, written) == (read.words, read.text)
    assert list(words) == received(read.text)


def test_only_the_words_that_would_be_expanded_are_quoted_anew() -> None:
    """A dollar, a star, a tilde, braces and a hash are themselves."""
    assert "-f '*.txt' '$HOME' \"kept\" '~' '{a,b}' '#no'" == read_words('-f *.txt "$HOME" "kept" ~ {a,b} #no').text


@pytest.mark.parametrize(
    "text",
    ["a&b", "a & b", "a|b", "a;b", "a<b", "a>b", "(a)", "`a`", "'`a`'", "$(a)", '"$(a)"', "a\nb", "'a\tb'", "'a", '"a']
    + ["a\\", "$'a'", '$"a"', "a\x7f"],
)
def test_what_could_be_a_command_is_refused(text: str) -> None:
    """Separators must be quoted; substitutions and line breaks never pass."""
    with pytest.raises(Unsafe):
        read_words(text)


@pytest.mark.parametrize("text", ["mpirun -n $SLURM_NTASKS ", "A=${B} x", " a\\ "])
def test_a_prefix_may_name_variables(text: str) -> None:
    """Variables of the host are all that is expanded in front of a command; it stays as it was written."""
    assert text == read_prefix(text)


@pytest.mark.parametrize("text", ["a;b", "a*", "${a:=b}", "$((1))", "$1", "$$", "~", "${a@P}", "'"])
def test_a_prefix_holds_nothing_else(text: str) -> None:
    """Every other expansion is refused."""
    with pytest.raises(Unsafe):
        read_prefix(text)
