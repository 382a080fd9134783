"""The node agent: keeps a node's goals, fires its rules, runs its plugins, and hands on what they measure.

A node works alone: everything it is to do and everything it has to tell lies in its own database.
"""
