"""Compiles a condition to closures: Python's own syntax, of which only what is listed here has a meaning.

There are no attributes but the methods of arrays, no names but those of functions, no loops and no way to anything
outside. A tree is walked once, when the rule is read; what is refused is refused then.
"""

import ast
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from dragoman.core.rules.arrays import ARITHMETIC, COMPARISONS, Array, apply, negative, truth
from dragoman.core.rules.fault import RuleFault
from dragoman.core.rules.functions import FUNCTIONS, METHODS, Function
from dragoman.core.rules.lookup import Lookup
from dragoman.core.rules.scene import Scene
from dragoman.core.rules.spans import read_span
from dragoman.core.rules.ticks import check_schedule

MOST_CHARACTERS = 1000
MOST_DEPTH = 40

Code = Callable[[Scene], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of an evaluation."""

    holds: bool
    tick: int | None
    """The tick of a schedule that it holds for; whoever fires the rule remembers it (``Lookup.served``)."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition, ready to be evaluated as often as one likes, from any thread."""

    text: str
    _code: Code
    measured: tuple[str, ...] = ()
    """The measurements that it names, sorted."""

    def evaluate(self, lookup: Lookup) -> Verdict:
        """Whether it holds at this moment. Raises RuleFault when there is no answer."""
        scene = Scene(lookup)
        result = self._code(scene)
        if not isinstance(result, bool):
            raise RuleFault(f"rule produced not True/False: {result}"[:1000])
        return Verdict(holds=result, tick=scene.tick if result else None)


@lru_cache(2048)
def compile_condition(text: str) -> Condition:
    """The condition that a text stands for. Raises RuleFault with what is wrong."""
    if len(text) > MOST_CHARACTERS:
        raise RuleFault(f"a condition may have at most {MOST_CHARACTERS:,} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise RuleFault(error.msg if isinstance(error, SyntaxError) else str(error) or "invalid syntax") from error
    return Condition(text, _compile(tree.body, 0), tuple(sorted(set(_measured(tree)))))


def _measured(tree: ast.Expression) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("v", "rate"):
            named = [*node.args[:1], *(one.value for one in node.keywords if one.arg == "name")]
            yield from (one.value for one in named if isinstance(one, ast.Constant) and isinstance(one.value, str))


def _compile(node: ast.expr, depth: int) -> Code:
    if depth > MOST_DEPTH:
        raise RuleFault(f"a condition may be nested at most {MOST_DEPTH} deep")
    compiler = _COMPILERS.get(type(node))
    if compiler is None:
        raise RuleFault(f"{_WORDS.get(type(node), type(node).__name__)} cannot be used in a condition")
    return _counted(compiler(node, depth + 1))


def _counted(code: Code) -> Code:
    def run(scene: Scene) -> Any:
        scene.spend(1)
        found = code(scene)
        if isinstance(found, Array):
            scene.spend(len(found))
        return found

    return run


def _constant(node: ast.Constant, _: int) -> Code:
    value = node.value
    if not isinstance(value, str | int | float | bool | None):
        raise RuleFault(f"{value!r} cannot be used in a condition"[:200])
    return lambda _: value


def _name(node: ast.Name, _: int) -> Code:
    raise RuleFault(f"{node.id} is a function: call it" if node.id in FUNCTIONS else f"name '{node.id}' is not defined")


def _junction(node: ast.BoolOp, depth: int) -> Code:
    parts = [_compile(value, depth) for value in node.values]
    goes_on = isinstance(node.op, ast.And)

    def run(scene: Scene) -> Any:
        found: Any = None
        for number, part in enumerate(parts, 1):
            found = part(scene)
            if number < len(parts) and truth(found) is not goes_on:
                return found
        return found

    return run


def _unary(node: ast.UnaryOp, depth: int) -> Code:
    operand = _compile(node.operand, depth)
    if isinstance(node.op, ast.Not):
        return lambda scene: not truth(operand(scene))
    if isinstance(node.op, ast.USub):
        return lambda scene: negative(operand(scene))
    if isinstance(node.op, ast.UAdd):
        return operand
    raise RuleFault("~ cannot be used in a condition: write not")


def _binary(node: ast.BinOp, depth: int) -> Code:
    fn = ARITHMETIC.get(type(node.op).__name__)
    if fn is None:
        raise RuleFault(f"the operator {type(node.op).__name__} cannot be used in a condition")
    left, right = _compile(node.left, depth), _compile(node.right, depth)
    return lambda scene: apply(fn, left(scene), right(scene))


def _compare(node: ast.Compare, depth: int) -> Code:
    first = _compile(node.left, depth)
    rest = [(_comparison(op), _compile(other, depth)) for op, other in zip(node.ops, node.comparators, strict=True)]

    def run(scene: Scene) -> Any:
        left, found = first(scene), True
        for number, (fn, code) in enumerate(rest, 1):
            right = code(scene)
            found = fn(left, right)
            if number < len(rest) and not truth(found):
                return found
            left = right
        return found

    return run


def _comparison(op: ast.cmpop) -> Callable[[Any, Any], Any]:
    fn = COMPARISONS.get(type(op).__name__)
    if fn is not None:
        return partial(apply, fn)
    if isinstance(op, ast.In | ast.NotIn):
        return lambda item, group: _is_in(item, group) is isinstance(op, ast.In)
    raise RuleFault("is cannot be used in a condition: write ==")


def _is_in(item: Any, group: Any) -> bool:
    if isinstance(group, str):
        if not isinstance(item, str):
            raise RuleFault("only text can be in a text")
        return item in group
    if not isinstance(group, Array | list | tuple):
        raise RuleFault("in is for lists, the values of a measurement, and text")
    return any(truth(apply(COMPARISONS["Eq"], item, one)) for one in group)


def _sequence(node: ast.List | ast.Tuple, depth: int) -> Code:
    parts = [_compile(item, depth) for item in node.elts]
    return lambda scene: [part(scene) for part in parts]


def _subscript(node: ast.Subscript, depth: int) -> Code:
    whole = _compile(node.value, depth)
    if isinstance(node.slice, ast.Slice):
        bounds = (node.slice.lower, node.slice.upper, node.slice.step)
        ends = [_compile(bound, depth) if bound is not None else None for bound in bounds]
        return lambda scene: _part(whole(scene), slice(*(end and _place(end(scene)) for end in ends)))
    place = _compile(node.slice, depth)
    return lambda scene: _part(whole(scene), _place(place(scene)))


def _place(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value.bit_length() > 31:
        raise RuleFault("a place in a list is a whole number")
    return value


def _part(whole: Any, place: int | slice) -> Any:
    if not isinstance(whole, Array | list):
        raise RuleFault("only the values of a measurement and lists have places")
    try:
        found = whole.items[place] if isinstance(whole, Array) else whole[place]
    except (IndexError, ValueError) as error:
        raise RuleFault(f"place {place} is out of bounds for {len(whole)} values") from error
    return Array(tuple(found)) if isinstance(whole, Array) and isinstance(place, slice) else found


def _call(node: ast.Call, depth: int) -> Code:
    if isinstance(node.func, ast.Attribute):
        fn = METHODS.get(node.func.attr)
        if fn is None:
            raise RuleFault(f"there is no .{node.func.attr}() in conditions, only {', '.join(sorted(METHODS))}")
        given = [_compile(node.func.value, depth)]
    elif isinstance(node.func, ast.Name):
        fn, given = FUNCTIONS.get(node.func.id), []
        if fn is None:
            raise RuleFault(f"name '{node.func.id}' is not defined")
    else:
        raise RuleFault("only functions can be called")
    given += [_compile(item, depth) for item in node.args]
    named = {_keyword(item): _compile(item.value, depth) for item in node.keywords}
    _check_call(node, fn, len(given), named)
    return lambda scene: fn(
        scene, *[code(scene) for code in given], **{key: code(scene) for key, code in named.items()}
    )


def _keyword(node: ast.keyword) -> str:
    if node.arg is None or node.arg == "scene":
        raise RuleFault("an argument has a name: key=value")
    return node.arg


def _check_call(node: ast.Call, fn: Function, given: int, named: Mapping[str, Code]) -> None:
    """Refuse now what could never be called."""
    word = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    try:
        bound = inspect.signature(fn).bind(None, *[None] * given, **dict.fromkeys(named))
    except TypeError as error:
        raise RuleFault(f"{word}(): {error}") from error
    for place, item in enumerate(node.args, 1):
        _check_constant(word, list(bound.signature.parameters)[place] if word in _CHECKED else "", item)
    for keyword in node.keywords:
        _check_constant(word, keyword.arg or "", keyword.value)


_CHECKED: Mapping[str, Mapping[str, Callable[[Any], Any]]] = {
    "cronjob": {"expr": check_schedule},
    "v": {"since": read_span},
    "rate": {"since": read_span, "window": read_span, "unit": read_span},
}
"""Arguments that, where they are constants, are known to be wrong before anything is evaluated."""


def _check_constant(word: str, parameter: str, node: ast.expr) -> None:
    check = _CHECKED.get(word, {}).get(parameter)
    if check is None or not isinstance(node, ast.Constant):
        return
    if not isinstance(node.value, str) or check(node.value) is None:
        raise RuleFault(f"{parameter} of {word}() cannot be {node.value!r}"[:200])


_COMPILERS: Mapping[type[ast.expr], Callable[[Any, int], Code]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.BoolOp: _junction,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.Compare: _compare,
    ast.List: _sequence,
    ast.Tuple: _sequence,
    ast.Subscript: _subscript,
    ast.Call: _call,
}
"""All that a condition may hold."""

_WORDS: Mapping[type[ast.expr], str] = {
    ast.Attribute: "a dot",
    ast.Lambda: "lambda",
    ast.IfExp: "if",
    ast.JoinedStr: "an f-string",
    ast.ListComp: "a loop",
    ast.SetComp: "a loop",
    ast.DictComp: "a loop",
    ast.GeneratorExp: "a loop",
    ast.NamedExpr: ":=",
    ast.Starred: "*",
    ast.Dict: "a dictionary",
    ast.Set: "a set",
}
"""What else there is in Python, as people know it."""
