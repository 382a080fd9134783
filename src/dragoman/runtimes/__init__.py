"""Runtimes: turn a step into the argument list that runs it, each behind the same port."""
