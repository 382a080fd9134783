"""Dragoman: one self-hosted job service for science that speaks the languages scientists' tools already speak."""

__version__ = "0.1.0"
