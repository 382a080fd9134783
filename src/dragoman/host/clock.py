"""The host's clock."""

import time


class HostClock:
    """Tells the host's time."""

    def now(self) -> int:
        """Microseconds since 1970, UTC."""
        return time.time_ns() // 1000
