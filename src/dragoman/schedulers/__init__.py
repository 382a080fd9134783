"""Schedulers: start, look and stop on one host, each behind the same port.

``forkserver`` and ``wrapper``, with what they load, also run on their own, outside the service: they need nothing but
Python's standard library and find each other beside themselves.
"""
