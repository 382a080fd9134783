"""Everything that is done with files: one list of the routes of its parts."""

from dragoman.dialects.tapis3 import file_content, file_linux, file_ops, file_perms, postits, transfers
from dragoman.dialects.tapis3.door import Route

ROUTES: tuple[Route, ...] = (
    *transfers.ROUTES,
    *postits.ROUTES,
    *file_ops.ROUTES,
    *file_linux.ROUTES,
    *file_content.ROUTES,
    *file_perms.ROUTES,
)
