/* SPDX-License-Identifier: Apache-2.0 */
/* merger_private: what is known of spans (merger.c), from which merger_merge.c makes them. */
#pragma once

#include "model/batch.h"
#include "pipeline/merger.h"
#include "store/key_map.h"

enum { MERGER_FRAMES_HELD = 8 };

struct part_ref {
    struct journal_position frame;
    uint32_t record;
    uint64_t event_hash;
    bool is_fresh; /* while merging: came since the last merge */
};

enum wait { WAITS_NOT, WAITS, WAITS_ADRIFT }; /* adrift: until adrift_until_ns for its trace */

/* What is known of one span. Trace ids are all zero while there is none. */
struct known {
    uint64_t key;
    uint32_t project;
    uint8_t span_id[SPAN_ID_BYTES];
    uint8_t trace_id[TRACE_ID_BYTES]; /* that a part names */
    uint8_t placed[TRACE_ID_BYTES];   /* of its merged span in the journal */
    uint8_t made[TRACE_ID_BYTES];     /* of the one that is being appended */
    struct part_ref *parts;
    uint32_t count, capacity;
    uint32_t covered; /* how many of them a merged span in the journal holds */
    enum wait wait;
    int64_t adrift_until_ns; /* monotonic */
    bool is_vague;           /* its parts do not tell of a span yet */
    uint64_t used;           /* in commits */
};

struct merger {
    struct journal *journal;
    struct store *store;
    struct journal_position live_from;
    struct known **items;
    size_t count, capacity;
    struct key_map at;                                      /* key -> place in items */
    size_t waiting, adrift;                                 /* `waiting` counts those adrift, too */
    int64_t waiting_since_ns, adrift_until_ns, retry_at_ns; /* monotonic */
    uint64_t commits;
    struct journal_frame held[MERGER_FRAMES_HELD]; /* while merging */
    size_t held_count;
};

void merger__set_wait(struct merger *merger, struct known *known, enum wait wait);
enum status merger__no_memory(struct error *error);
