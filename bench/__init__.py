"""Measures the service beside the raw limits of the machine it runs on, in the same run. Asserts nothing."""
