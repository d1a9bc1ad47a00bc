/* SPDX-License-Identifier: Apache-2.0 */
/* names: an open-addressed table of numbers, and texts by number in chunks that never move. */
#define _GNU_SOURCE
#include "store/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/counter.h"
#include "base/must.h"
#include "wire/utf8.h"

COUNTER(names_refused, "vitrine_names_other_total", "",
        "Texts indexed as (other) because the dictionary is full");
GAUGE(names_held, "vitrine_names", "", "Distinct names in the index");

enum { CAPACITY_FIRST = 1 << 12 };

bool names_init(struct names *names)
{
    memset(names, 0, sizeof *names);
    arena_init(&names->texts, NAMES_BYTES_MAX);
    pthread_rwlock_init(&names->lock, NULL);
    names->limit = NAMES_MAX;
    return names_id(names, STR("(other)")) == NAME_OTHER;
}

void names_done(struct names *names)
{
    for (size_t i = 0; i < NAMES_CHUNKS; i++)
        free(names->chunks[i]);
    free(names->slots);
    arena_done(&names->texts);
    pthread_rwlock_destroy(&names->lock);
    memset(names, 0, sizeof *names);
}

struct str names_text(const struct names *names, uint32_t id)
{
    if (id == NAME_NONE || id >= NAMES_CHUNKS * NAMES_CHUNK)
        return STR_NONE;
    const struct str *chunk = names->chunks[id / NAMES_CHUNK];
    return chunk ? chunk[id % NAMES_CHUNK] : STR_NONE;
}

struct str names_visible_text(const struct names *names, int32_t id)
{
    uint32_t visible = atomic_load_explicit(&names->visible, memory_order_acquire);
    return id > 0 && (uint32_t)id <= visible ? names_text(names, (uint32_t)id) : STR_NONE;
}

static struct name_slot *find(const struct names *names, struct name_slot *slots, size_t capacity,
                              struct str text, uint32_t hash)
{
    for (size_t at = hash & (capacity - 1);; at = (at + 1) & (capacity - 1)) {
        struct name_slot *slot = &slots[at];
        if (!slot->id || (slot->hash == hash && str_equal(names_text(names, slot->id), text)))
            return slot;
    }
}

static bool widen(struct names *names)
{
    size_t capacity = names->capacity ? names->capacity * 2 : CAPACITY_FIRST;
    struct name_slot *slots = calloc(capacity, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < names->capacity; i++) {
        struct name_slot slot = names->slots[i];
        if (slot.id)
            *find(names, slots, capacity, names_text(names, slot.id), slot.hash) = slot;
    }
    free(names->slots);
    names->slots = slots;
    names->capacity = capacity;
    return true;
}

static bool put_text(struct names *names, uint32_t id, struct str text)
{
    struct str *chunk = names->chunks[id / NAMES_CHUNK];
    if (!chunk) {
        chunk = calloc(NAMES_CHUNK, sizeof *chunk);
        if (!chunk)
            return false;
        names->chunks[id / NAMES_CHUNK] = chunk;
    }
    struct str copy = arena_copy(&names->texts, text);
    if (!copy.ptr)
        return false;
    chunk[id % NAMES_CHUNK] = copy;
    return true;
}

static bool insert(struct names *names, uint32_t id, struct str text, uint32_t hash)
{
    pthread_rwlock_wrlock(&names->lock);
    bool done = ((size_t)id * 2 < names->capacity || widen(names)) && put_text(names, id, text);
    if (done) {
        *find(names, names->slots, names->capacity, text, hash) = (struct name_slot){hash, id};
        names->count = id;
    }
    pthread_rwlock_unlock(&names->lock);
    counter_set(&names_held, names->count);
    return done;
}

static int32_t add_new(struct names *names, struct str text)
{
    if (names->count < names->limit) {
        uint32_t id = names->count + 1;
        if (insert(names, id, text, (uint32_t)str_hash(text)))
            return (int32_t)id;
    }
    counter_add(&names_refused, 1);
    return NAME_OTHER;
}

/* Only texts that are new are validated: what is in the table is valid. */
static int32_t add_mended(struct names *names, struct str text)
{
    struct arena scratch;
    arena_init(&scratch, 16 * NAME_BYTES_MAX);
    struct str mended = utf8_clip(utf8_repair(text, &scratch), NAME_BYTES_MAX);
    int32_t id = mended.ptr ? names_id(names, mended) : NAME_OTHER;
    arena_done(&scratch);
    return id;
}

int32_t names_id(struct names *names, struct str text)
{
    if (text.len == 0)
        return NAME_NONE;
    text = utf8_clip(text, NAME_BYTES_MAX);
    if (names->capacity) {
        const struct name_slot *slot =
            find(names, names->slots, names->capacity, text, (uint32_t)str_hash(text));
        if (slot->id)
            return (int32_t)slot->id;
    }
    return utf8_valid(text) ? add_new(names, text) : add_mended(names, text);
}

bool names_restore(struct names *names, uint32_t id, struct str text)
{
    if (id <= names->count)
        return id == NAME_OTHER;
    return id == names->count + 1 && id <= NAMES_MAX && text.len > 0 &&
           insert(names, id, text, (uint32_t)str_hash(text));
}

void names_show(struct names *names, uint32_t upto)
{
    must(upto <= names->count);
    atomic_store_explicit(&names->visible, upto, memory_order_release);
}

void names_written(struct names *names, uint32_t upto)
{
    names_show(names, upto);
    names->written = upto;
}

int32_t names_find(struct names *names, struct str text)
{
    text = utf8_clip(text, NAME_BYTES_MAX);
    if (text.len == 0)
        return -1;
    pthread_rwlock_rdlock(&names->lock);
    uint32_t id = find(names, names->slots, names->capacity, text, (uint32_t)str_hash(text))->id;
    pthread_rwlock_unlock(&names->lock);
    return id && id <= atomic_load_explicit(&names->visible, memory_order_acquire) ? (int32_t)id
                                                                                   : -1;
}
