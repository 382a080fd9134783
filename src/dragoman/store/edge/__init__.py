"""What a node in the field keeps beside jobs and runs: goals, rules, firings, readings, and the outbox to the centre.

These tables exist only in the database of a node.
"""
