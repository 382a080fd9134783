"""Job files: every spelling, what scalars mean, and what is refused before anything is stored."""

import json

import pytest

from dragoman.dialects.sage.document import Document
from dragoman.dialects.sage.fields import BadDocument
from dragoman.dialects.sage.read_job import read_document
from dragoman.dialects.sage.yaml_tree import BadYaml
from tests.sage.scheduler import SEED


def read(text: str) -> Document:
    return read_document(text.encode())


def test_the_keys_of_a_job_have_many_spellings() -> None:
    """Camel, snake and lower case mean the same, in YAML and in JSON."""
    camel = {
        "name": "n",
        "nodeTags": ["t"],
        "nodes": {"W023": None},
        "scienceRules": ["r"],
        "successCriteria": ["c"],
        "notificationOn": ["Running"],
        "plugins": [{"name": "p", "pluginSpec": {"image": "i", "args": ["a"]}}],
    }
    snake = {
        "name": "n",
        "node_tags": ["t"],
        "nodes": {"W023": None},
        "science_rules": ["r"],
        "success_criteria": ["c"],
        "notification_on": ["Running"],
        "plugins": [{"name": "p", "plugin_spec": {"image": "i", "args": ["a"]}}],
    }
    lower = {key.replace("_", ""): value for key, value in snake.items()}
    lower["plugins"] = [{"name": "p", "pluginspec": {"image": "i", "args": ["a"]}}]
    wanted = read(json.dumps(camel))
    assert ("n", ["t"], ["r"], ["c"]) == (wanted.name, wanted.node_tags, wanted.rules, wanted.criteria)
    assert wanted == read(json.dumps(snake)) == read(json.dumps(lower))


def test_the_seed_is_read() -> None:
    """A node without a value, a rule in quotes, criteria in lower case."""
    document = read(SEED)
    assert {"W023": None} == document.nodes
    assert ["schedule(image-sampler): cronjob('image-sampler', '* * * * *')"] == document.rules
    assert ["WallClock(1d)"] == document.criteria


def test_scalars_become_text_as_they_were_written() -> None:
    """Numbers and truths too; a truth may be any of YAML's words for it."""
    text = (
        "plugins: [{name: 1.10, pluginSpec: {image: i, args: [1, 0x1F, 1e3, yes, 'no', 2024-01-01, ~], "
        "selector: {resource.gpu: true}, privileged: yes, develop: off}}]"
    )
    (plugin,) = read(text).plugins
    assert "1.10" == plugin.name
    assert ["1", "0x1F", "1e3", "yes", "no", "2024-01-01", ""] == plugin.spec["args"]
    assert ({"resource.gpu": "true"}, True, False) == (
        plugin.spec["selector"],
        plugin.spec["privileged"],
        "develop" in plugin.spec,
    )


def test_values_of_nodes_are_kept_and_mean_nothing() -> None:
    """Old files have lists there."""
    assert {"W1": None, "W2": True, "W3": ["a"], "W4": "x"} == read("nodes: {W1: , W2: true, W3: [a], W4: x}").nodes


def test_the_last_of_two_equal_keys_counts() -> None:
    """As in the parser that the original uses; merges are understood."""
    assert "b" == read("name: a\nname: b\n").name
    assert "a" == read("base: &base {name: a}\n<<: *base\n").name


def test_unknown_keys_are_passed_over() -> None:
    """And remembered."""
    assert ["testname"] == list(read("name: a\ntestname: b\njobID: 7\n").unknown)


def test_the_first_document_counts() -> None:
    """What follows is another."""
    assert "a" == read("---\nname: a\n---\nname: b\n").name


WRONG = "yaml: unmarshal errors:\n  line "
NO_LIST = "cannot unmarshal !!int `5` into []string"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("just text", "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str `just text` into datatype.Job"),
        ("nodes: [W023]", "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into map[string]interface {}"),
        ("\nscienceRules: abc", "yaml: unmarshal errors:\n  line 2: cannot unmarshal !!str `abc` into []string"),
        ("plugins: {a: b}", "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!map into []*datatype.Plugin"),
        ("name: [a]", "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into string"),
        (
            "plugins: [{pluginSpec: {privileged: perhaps maybe}}]",
            "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str `perhaps...` into bool",
        ),
        ("name: [a]\nnodeTags: 5\n", f"{WRONG}1: cannot unmarshal !!seq into string\n  line 2: {NO_LIST}"),
        ("nodes: {W023: {a: 1}}", f"{WRONG}1: cannot unmarshal !!int `1` into datatype.PluginSpec"),
    ],
)
def test_wrong_types_are_told_together(text: str, told: str) -> None:
    """In the words of the original's parser, with lines."""
    with pytest.raises(BadDocument) as caught:
        read(text)
    assert told == str(caught.value)


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(8)
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "---\n",
        "~",
        "{",
        "a: b: c",
        "a: *none",
        "\tname: a",
        "name: 'a",
        "? [a]\n: b",
        'name: "\\0"',
        "name: \x07",
        BOMB,
        "[" * 200 + "]" * 200,
        "a: [" * 100_000,
        "[" + "x," * 200_000 + "]",
        "name: " + "n" * 2000,
        'name: "two\\nlines"',
        "nodes: {W023: {p: {image: other}}}",
        "nodes: {W023: {p: {colour: red}}}",
        "<<: text",
    ],
)
def test_what_is_no_job_file_is_refused(text: str) -> None:
    """Empty, broken, too deep, too much: before anything is stored."""
    with pytest.raises((BadYaml, BadDocument)):
        read(text)


def test_bytes_that_are_no_text_are_refused() -> None:
    """Whatever they are."""
    for body in (b"\xff\xfe\x00", b"name: \xff", b"\x00" * 10, b"\x80"):
        with pytest.raises((BadYaml, BadDocument)):
            read_document(body)
