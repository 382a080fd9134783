"""The pure parts of the Rescale door: reading, writing, words, pages, errors. No service is started."""
