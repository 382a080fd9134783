"""The shapes of HTTP that the doors share: form bodies, downloads, and the address the service is known by."""
