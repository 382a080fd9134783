"""Plugins that come with the node: ordinary programs on pywaggle, each run in a process of its own."""
