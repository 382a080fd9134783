"""Listens to what the node is to do, and comes back by itself whenever the line was cut."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from dragoman.agent.centre import Centre
from dragoman.agent.duties import Duties
from dragoman.agent.patience import Patience
from dragoman.core.errors import Problem

log = logging.getLogger(__name__)


async def listen(centre: Centre, duties: Duties, patience: Patience, *, back: Callable[[], Awaitable[None]]) -> None:
    """Take every list of goals, until cancelled; ``back`` is done first whenever the centre is heard again."""
    is_cut, last = True, ""
    while True:
        try:
            await centre.greet()
            async for body in centre.goals():
                if is_cut:
                    log.info("the centre at %s tells what is to be done", centre.url)
                    is_cut, last = False, ""
                    patience.calm()
                    await back()
                await duties.take(body)
            problem = "it has ended the stream of goals"
        except Problem as error:
            problem = str(error)
        except Exception as error:  # whatever it was, the node must go on
            log.exception("a list of goals cannot be taken")
            problem = str(error)
        if problem != last:
            log.warning("working on alone: %s", problem)
        is_cut, last = True, problem
        await asyncio.sleep(patience.seconds())
