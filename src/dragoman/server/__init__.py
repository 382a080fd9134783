"""The service: wires the adapters, opens the data directory, and answers all doors on one port."""
