/* SPDX-License-Identifier: Apache-2.0 */
/* import: what a running Langfuse has, page by page through its public API, into a server of ours.
 * Everything keeps its id, so what was copied before changes nothing. */
#pragma once

#include "base/arena.h"
#include "base/map.h"
#include "cli/client.h"
#include "wire/json.h"

struct import {
    struct client *source, *target;
    const char
        *target_project; /* for requests that write, on a server that asks for no key; or NULL */
    struct error *error;
    uint64_t copied;    /* of the stage */
    uint64_t left_out;  /* of all; each was told */
    uint64_t files;     /* copied, of all */
    bool only_newest;   /* the source has but its newest lists: import_newest.c */
    bool must_not_wait; /* nothing else comes that a thing may be waiting for */
    uint64_t waiting;   /* of the stage: what needs something that is not there yet */
    uint64_t advanced;  /* of the stage: what was made in this walk over it */
    struct map media;   /* ids of files that were looked at */
    struct map prompts; /* a version's id at the source -> at the target */
    bool prompts_known; /* all of them are in `prompts` */
    bool settled;       /* the target's index has what was sent */
};

enum import_source { IMPORT_ANY, IMPORT_OLDER, IMPORT_NEWEST };

/* One kind of thing. */
struct import_stage {
    const char *name;
    const char *path; /* of the list, with its parameters: "/api/public/traces?limit=50" */
    /* Copies one page of it. */
    enum status (*copy)(struct import *import, const struct json *items, struct arena *arena);
    enum import_source
        source; /* OLDER: by page; a 404 there means only_newest; NEWEST: by cursor */
};
extern const struct import_stage import_stages[];
extern const size_t import_stage_count;
