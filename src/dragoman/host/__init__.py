"""What this machine is to a program that keeps things on it: its clock, a data directory, a lock on that."""
