"""The settings of a node in the field, and of what the service knows of such nodes and their jobs."""

from dataclasses import dataclass
from typing import Literal

from dragoman.config.settings.fields import GIB, MIB, listed, secret, within


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """What nodes in the field measure and upload."""

    days: float = within(0, 0.0)
    """Days after which a measurement is forgotten; 0 keeps all of them."""
    trailing_comma: Literal["accept", "refuse"] = "accept"
    """What becomes of a query with a comma behind its last field, as a well-known example has it: it is no JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Jobs on nodes in the field, and what clients that know of them are told."""

    profile: Literal["0.16.7", "0.18.0", "0.28.0"] = "0.18.0"
    """The version of the scheduler that clients are shown; words and layout of answers are those of that version."""
    name: str = ""
    """What the scheduler calls itself; empty: the usual name."""
    criteria: Literal["enforce", "ignore"] = "enforce"
    """What becomes of success criteria: `enforce` completes a job that meets them, `ignore` serves it for ever."""
    reading: Literal["public", "private"] = "public"
    """Who may read jobs of the field, goals, manifests, measurements and uploads: everybody, or only those with a token
    (of measurements and uploads, those of nodes whose files they may read)."""
    management_port: int = within(0, 0, 65535)
    """Port on the loopback address for the scheduler's management routes (metrics among them), which ask nobody for a
    token; 0: none. The usual one is 19770."""
    images: tuple[str, ...] = listed("patterns")
    """Images that nodes may run though no app of the catalogue has them: regular expressions that are looked for in the
    image's name."""
    upload_days: float = within(0, 0.0)
    """Days after which a file that a node uploaded is deleted here, with the record that tells of it; one that is older
    when it comes is not kept. 0 keeps all of them."""
    log_days: float = within(0, 30.0)
    """Days after which what a plugin wrote on a node is deleted here; 0 keeps all of it."""
    job_bytes: int = within(1024, MIB)
    """The largest job file, in bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node in the field (`dragoman node run`): what it has, how it runs plugins, and what it keeps while cut off."""

    token: str = secret("")
    """The node's token, when it is not given on the command line."""
    policy: Literal["gpuaware", "default", "roundrobin"] = "gpuaware"
    """Which plugins that wait may begin: `default` all that there is room for, `gpuaware` of those that want an
    accelerator one at a time, `roundrobin` one plugin at a time."""
    tick_seconds: float = within(0.2, 10.0, 60)
    """Seconds between two looks at the rules; counted from the full minute."""
    cpus: float = within(0, 0.0)
    """Processors that plugins may be promised; 0 means all of this host."""
    memory_bytes: int = within(0, 0)
    """Memory that plugins may be promised; 0 means all of this host."""
    gpus: int = within(0, 0, 64)
    """NVIDIA GPUs of this host that plugins may be given, from the first one on; with none, a plugin that asks for one
    is refused."""
    runtime: Literal["auto", "docker", "podman", "apptainer", "charliecloud", "none"] = "auto"
    """What runs plugins that are images: `auto` takes the first of these that works; `apptainer` may also be called
    singularity. Without one, only plugins with a plain command in the catalogue can run. Where there is such a command,
    `auto` and `none` prefer it."""
    privileged: Literal["refuse", "allow"] = "refuse"
    """Whether plugins may ask for a privileged container: one owns the host."""
    volumes: tuple[str, ...] = ()
    """Absolute paths of the host that plugins may ask for, with all below them."""
    channel: Literal["amqp", "log"] = "amqp"
    """How plugins without a container hand over what they publish: to the node's own AMQP endpoint, or into files."""
    amqp_port: int = within(0, 0, 65535)
    """Port of the AMQP endpoint on the loopback address; 0 takes a free one and stays with it."""
    rabbitmq: str = secret("")
    """A RabbitMQ that plugins publish to in place of the node's own AMQP endpoint, with the agent's login:
    `amqp://USER:PASSWORD@HOST:5672/`. Empty: none."""
    plugin_login: str = secret("plugin:plugin")
    """User and password with which plugins log in."""
    outbox_bytes: int = within(MIB, 512 * MIB)
    """Records that wait for the centre: of more, the oldest measurements are dropped, but never what
    happened to jobs."""
    upload_bytes: int = within(MIB, 10 * GIB)
    """Files that wait for the centre: of more, the oldest are dropped."""
    image_bytes: int = within(0, 10 * GIB)
    """Images that were fetched for Apptainer or Charliecloud: of more, those are deleted that no goal needs any longer,
    first the one that lay unused longest."""
    keep_days: float = within(0.01, 30.0)
    """Days after which measurements and files that wait for the centre are dropped."""
    reading_hours: float = within(0.1, 24.0)
    """Hours for which rules can look back."""
