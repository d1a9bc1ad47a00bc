/* SPDX-License-Identifier: Apache-2.0 */
/* progress: one line on standard error that is redrawn while a person watches; nothing when nobody
 * does. */
#pragma once

#include <stdint.h>

struct progress {
    const char *what;
    int64_t started_ns, drawn_ns;
    int is_watched;
};

struct progress progress_start(const char *what);
/* Redraws at most ten times a second. `all` 0: unknown. */
void progress_show(struct progress *progress, uint64_t done_bytes, uint64_t all_bytes);
void progress_end(struct progress *progress); /* wipes the line */
