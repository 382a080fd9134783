"""Reads the list of goals that the centre sends: it has checked them, but nothing is taken on trust. Pure.

What cannot be used is left out and told; the rest of the list counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dragoman.core.edge import KeptGoal, PluginSpec
from dragoman.core.rules import Action, Condition, Rule, RuleFault, compile_condition, read_rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A rule of a goal, ready to be looked at."""

    goal: str
    job: str
    rule: Rule
    condition: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeGoal:
    """A job's share of this node."""

    alias: str
    job: str
    name: str
    plugins: Mapping[str, PluginSpec]
    tasks: Sequence[Task]
    faults: Sequence[str]
    """What of it cannot be used, and why."""


def kept_goals(body: Any) -> list[KeptGoal]:
    """The goals of a list as it was sent: none of those that have no id, and the last of those that share one."""
    found = [_kept(goal) for goal in body or () if isinstance(goal, dict)] if isinstance(body, list | None) else []
    return list({goal.alias: goal for goal in found if goal.alias}.values())


def _kept(goal: Mapping[str, Any]) -> KeptGoal:
    alias, job = _text(goal.get("id")), _text(goal.get("job_id"))
    return KeptGoal(alias=alias, job=job or alias, name=_text(goal.get("name")), body=goal)


def read_goal(kept: KeptGoal, vsn: str) -> EdgeGoal:
    """What a goal asks of the node with this name."""
    faults: list[str] = []
    plugins: dict[str, PluginSpec] = {}
    tasks: list[Task] = []
    for part in _parts(kept.body, vsn):
        plugins |= {spec.name: spec for spec in map(read_plugin, _dicts(part.get("plugins"))) if spec.name}
        for text in _rules(part):
            try:
                rule = read_rule(text)
                task = Task(goal=kept.alias, job=kept.job, rule=rule, condition=compile_condition(rule.condition))
            except RuleFault as fault:
                faults.append(f"{text[:200]}: {fault}")
                continue
            tasks.append(task)
    unknown = [task for task in tasks if task.rule.action is Action.SCHEDULE and task.rule.object not in plugins]
    faults += [f"{task.rule.text[:200]}: there is no plugin {task.rule.object}" for task in unknown]
    known = [task for task in tasks if task not in unknown]
    return EdgeGoal(alias=kept.alias, job=kept.job, name=kept.name, plugins=plugins, tasks=known, faults=faults)


def read_plugin_images(kept: KeptGoal, vsn: str) -> set[str]:
    """The images that a goal names for the node with this name."""
    plugins = (plugin for part in _parts(kept.body, vsn) for plugin in _dicts(part.get("plugins")))
    return {read_plugin(plugin).image for plugin in plugins}


def read_plugin(plugin: Mapping[str, Any]) -> PluginSpec:
    """A plugin of a goal."""
    spec = _dict(plugin.get("plugin_spec", plugin.get("pluginSpec")))
    args = spec.get("args")
    return PluginSpec(
        name=_text(plugin.get("name")),
        image=_text(spec.get("image")),
        args=tuple(map(_text, args)) if isinstance(args, list) else (),
        entrypoint=_text(spec.get("entrypoint")),
        env=_texts(spec.get("env")),
        selector=_texts(spec.get("selector")),
        resource=_texts(spec.get("resource")),
        volume=_texts(spec.get("volume")),
        privileged=spec.get("privileged") is True,
        develop=spec.get("develop") is True,
        node=_text(spec.get("node")),
    )


def _parts(goal: Mapping[str, Any], vsn: str) -> list[Mapping[str, Any]]:
    parts = _dicts(goal.get("sub_goals"))
    return [part for part in parts if _text(part.get("name")).lower() == vsn.lower()]


def _rules(part: Mapping[str, Any]) -> list[str]:
    """Rules are objects, and plain texts from older services."""
    rules = part.get("science_rules")
    found = [rule.get("rule") if isinstance(rule, dict) else rule for rule in rules] if isinstance(rules, list) else []
    return [_text(rule) for rule in found if isinstance(rule, str) and rule]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    # Half a character can stand in JSON, but in no file and no database.
    return str(value).encode(errors="replace").decode() if isinstance(value, str | int | float) else ""


def _texts(value: Any) -> dict[str, str]:
    return {_text(key): _text(item) for key, item in value.items()} if isinstance(value, dict) else {}


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
