/* SPDX-License-Identifier: Apache-2.0 */
/* query_ask: the question as the person typed it, and the asking, once or again and again. */
#pragma once

#include "base/str.h"

enum query_format { QUERY_TABLE, QUERY_JSON, QUERY_NDJSON, QUERY_CSV };

struct asking {
    const char *url, *key, *project;
    struct str query;
    const char *source, *from, *to; /* NULL: not given */
    int64_t since_ns, every_ns;     /* 0: not given */
    int64_t limit;                  /* 0: not given */
    const char *list;               /* instead of asking: "fields", "functions" or "commands" */
    enum query_format format;
    bool follow, width_given;
    size_t width; /* 0: nothing is cut */
};

int asking_run(const struct asking *asking); /* the exit code */
