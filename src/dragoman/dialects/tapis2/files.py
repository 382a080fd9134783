"""All routes of files."""

from dragoman.dialects.tapis2 import file_content, file_ops, file_pems, postits
from dragoman.dialects.tapis2.door import Route

ROUTES: tuple[Route, ...] = (*file_content.ROUTES, *file_ops.ROUTES, *file_pems.ROUTES, *postits.ROUTES)
