"""Every path this door answers, and by which handler: under both prefixes, with and without the last slash."""

from collections.abc import Mapping

from dragoman.dialects.rescale import catalogue, files, jobs, life, runs, social
from dragoman.dialects.rescale.door import Methods

ROUTES: Mapping[str, Methods] = {
    "jobs/": {"GET": jobs.listing, "POST": jobs.create},
    "jobs/{job}/": {"GET": jobs.find, "PUT": jobs.change, "PATCH": jobs.change, "DELETE": jobs.remove},
    "jobs/{job}/submit/": {"POST": life.submit},
    "jobs/{job}/statuses/": {"GET": life.statuses},
    "jobs/{job}/cluster_statuses/": {"GET": life.cluster_statuses},
    "jobs/{job}/stop/": {"POST": life.stop},
    "jobs/{job}/force_stop/": {"POST": life.force_stop},
    "jobs/{job}/shutdown/": {"POST": life.force_stop},
    "jobs/{job}/instances/": {"GET": life.instances},
    "jobs/{job}/files/": {"GET": jobs.outputs},
    "jobs/{job}/runs/": {"GET": runs.listing},
    "jobs/{job}/runs/{number}/": {"GET": runs.find},
    "jobs/{job}/runs/{number}/stop/": {"POST": runs.stop},
    "jobs/{job}/runs/{number}/files/": {"GET": runs.outputs},
    "jobs/{job}/runs/{number}/directory-contents/": {"GET": runs.directory_contents},
    "jobs/{job}/runs/{number}/tail/{path:path}/": {"GET": runs.tail},
    "jobs/{job}/share/": {"POST": social.share},
    "jobs/{job}/tags/": {"GET": social.tags, "POST": social.add_tag, "DELETE": social.remove_tag},
    "jobs/{job}/custom-fields/": {"GET": social.custom_fields},
    "jobs/{job}/storage-devices/": {"POST": social.attach_storage},
    "files/": {"GET": files.listing},
    "files/contents/": {"POST": files.upload, "PUT": files.upload},
    "files/{file}/": {"GET": files.find, "PATCH": files.change, "DELETE": files.remove},
    "files/{file}/contents/": {"GET": files.contents},
    "files/{file}/lines/": {"GET": files.lines},
    "coretypes/": {"GET": catalogue.core_types},
    "analyses/": {"GET": catalogue.analyses},
    "analyses/{code}/": {"GET": catalogue.analysis},
    "billing/computeprices/": {"GET": catalogue.prices},
    "users/me/": {"GET": catalogue.me},
    "users/me/projects/": {"GET": catalogue.projects},
    "": {"GET": catalogue.root},
}
"""The first path that fits counts."""
