/* SPDX-License-Identifier: Apache-2.0 */
/* import: what a running Langfuse has, page by page through its public API, into a server of ours.
 * Everything keeps its id, so what was copied before changes nothing. */
#pragma once

#include "base/arena.h"
#include "cli/client.h"
#include "wire/json.h"

struct import {
    struct client *source, *target;
    const char
        *target_project; /* for requests that write, on a server that asks for no key; or NULL */
    struct error *error;
    uint64_t copied; /* of the stage */
};

/* One kind of thing. `page` counts from 1. */
struct import_stage {
    const char *name;
    const char *path; /* of the list, with its parameters: "/api/public/traces?limit=50" */
    /* Copies one page of it. */
    enum status (*copy)(struct import *import, const struct json *items, struct arena *arena);
};
extern const struct import_stage import_stages[];
extern const size_t import_stage_count;
