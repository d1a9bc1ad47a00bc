/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names: texts that repeat, as numbers. 0 is no text, 1 is "(other)" for what no longer fits.
 *
 * A name made for a batch whose commit fails keeps its number and is written with the next commit:
 * names are written in order, and `written` says how far.
 *
 * Threads  names_id() and names_written() from the index thread; the rest from any. Others see a
 * name only after the commit that wrote it. Limits   1,000,000 names, 64 MiB of text, 1,024 bytes
 * each (longer ones are cut).
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"

enum {
    NAME_NONE,
    NAME_OTHER,
    NAMES_MAX = 1000000,
    NAMES_BYTES_MAX = 64 << 20,
    NAME_BYTES_MAX = 1024,
    NAMES_CHUNK = 4096,
    NAMES_CHUNKS = NAMES_MAX / NAMES_CHUNK + 2,
};

struct name_slot {
    uint32_t hash, id; /* id 0: free */
};

struct names {
    struct arena texts;
    struct str *_Atomic chunks[NAMES_CHUNKS]; /* text by id; a chunk never moves */
    struct name_slot *slots;
    size_t capacity, limit;
    uint32_t count, written;  /* the highest id known, and known to be in the table */
    _Atomic uint32_t visible; /* what other threads may know */
    pthread_rwlock_t lock;    /* over slots, for readers beside the index thread */
};

bool names_init(struct names *names);
void names_done(struct names *names);
/* The number of a text, a new one when needed; NAME_OTHER when there is no room (counted). Mends
 * bad UTF-8. */
int32_t names_id(struct names *names, struct str text);
bool names_restore(struct names *names, uint32_t id, struct str text); /* a row read at open */
/* Around a commit: shown just before it, so that no reader meets a number without a text; written,
 * or shown only up to what was written before, when it is over. */
void names_show(struct names *names, uint32_t upto);
void names_written(struct names *names, uint32_t upto);
struct str names_text(const struct names *names, uint32_t id); /* also of names not yet visible */
struct str names_visible_text(const struct names *names, int32_t id);
int32_t names_find(struct names *names, struct str text); /* -1: none */
