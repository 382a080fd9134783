"""The tests of this door."""
