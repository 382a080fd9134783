"""Compiles a condition to closures: Python's own syntax, of which only what is listed here has a meaning.

There are no attributes but the methods of arrays, no names but those of functions, no loops and no way to anything
outside. A tree is walked once, when the rule is read; what is refused is refused then.
"""

import ast
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from dragoman.core.rules.arrays import ARITHMETIC, COMPARISONS, Array, apply, negative, truth
from dragoman.core.rules.calls import argument_name, check_call
from dragoman.core.rules.fault import RuleFault
from dragoman.core.rules.functions import FUNCTIONS, METHODS
from dragoman.core.rules.scene import Scene

MOST_DEPTH = 40

Code = Callable[[Scene], Any]


def compile_tree(node: ast.expr, depth: int) -> Code:
    """What computes the value of this part of a condition. Raises RuleFault for what has no meaning there."""
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
    parts = [compile_tree(value, depth) for value in node.values]
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
    operand = compile_tree(node.operand, depth)
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
    left, right = compile_tree(node.left, depth), compile_tree(node.right, depth)
    return lambda scene: apply(fn, left(scene), right(scene))


def _compare(node: ast.Compare, depth: int) -> Code:
    first = compile_tree(node.left, depth)
    rest = [(_comparison(op), compile_tree(other, depth)) for op, other in zip(node.ops, node.comparators, strict=True)]

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
    parts = [compile_tree(item, depth) for item in node.elts]
    return lambda scene: [part(scene) for part in parts]


def _subscript(node: ast.Subscript, depth: int) -> Code:
    whole = compile_tree(node.value, depth)
    if isinstance(node.slice, ast.Slice):
        bounds = (node.slice.lower, node.slice.upper, node.slice.step)
        ends = [compile_tree(bound, depth) if bound is not None else None for bound in bounds]
        return lambda scene: _part(whole(scene), slice(*(end and _place(end(scene)) for end in ends)))
    place = compile_tree(node.slice, depth)
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
        given = [compile_tree(node.func.value, depth)]
    elif isinstance(node.func, ast.Name):
        fn, given = FUNCTIONS.get(node.func.id), []
        if fn is None:
            raise RuleFault(f"name '{node.func.id}' is not defined")
    else:
        raise RuleFault("only functions can be called")
    given += [compile_tree(item, depth) for item in node.args]
    named = {argument_name(item): compile_tree(item.value, depth) for item in node.keywords}
    check_call(node, fn, len(given), named)
    return lambda scene: fn(
        scene, *[code(scene) for code in given], **{key: code(scene) for key, code in named.items()}
    )


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
