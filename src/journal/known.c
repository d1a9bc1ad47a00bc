/* SPDX-License-Identifier: Apache-2.0 */
/*
 * known: what the segment being written holds already: 96 bits of hash -> ordinal, 16 bytes a slot,
 * linear probing. Forgetting is always safe, it only costs space on disk; so a failed allocation
 * forgets everything.
 */
#include "journal/journal_private.h"

#include <stdlib.h>

enum { SLOTS_MIN = 1024 };

static struct known_slot *place(struct known_slot *slots, size_t mask, uint64_t low, uint32_t high)
{
    for (size_t at = low & mask;; at = (at + 1) & mask) {
        struct known_slot *slot = &slots[at];
        if (slot->ordinal == 0 || (slot->low == low && slot->high == high))
            return slot;
    }
}

bool journal__known_get(const struct known *known, struct hash hash, uint32_t *out_ordinal)
{
    if (!known->slots)
        return false;
    const struct known_slot *slot = place(known->slots, known->mask, hash.low, (uint32_t)hash.high);
    if (slot->ordinal == 0)
        return false;
    *out_ordinal = slot->ordinal - 1;
    return true;
}

/* Moves what is below `ordinal_limit` into a table of `slots` slots. */
static void rebuild(struct known *known, size_t slots, uint32_t ordinal_limit)
{
    struct known fresh = {.slots = calloc(slots, sizeof *fresh.slots), .mask = slots - 1};
    if (fresh.slots && known->slots)
        for (size_t i = 0; i <= known->mask; i++) {
            struct known_slot *from = &known->slots[i];
            if (from->ordinal == 0 || from->ordinal > ordinal_limit)
                continue;
            *place(fresh.slots, fresh.mask, from->low, from->high) = *from;
            fresh.count++;
        }
    free(known->slots);
    *known = fresh;
}

void journal__known_put(struct known *known, struct hash hash, uint32_t ordinal)
{
    if (!known->slots || known->count * 4 > known->mask * 3)
        rebuild(known, known->slots ? (known->mask + 1) * 2 : SLOTS_MIN, UINT32_MAX);
    if (!known->slots)
        return;
    struct known_slot *slot = place(known->slots, known->mask, hash.low, (uint32_t)hash.high);
    if (slot->ordinal == 0)
        known->count++;
    *slot = (struct known_slot){hash.low, (uint32_t)hash.high, ordinal + 1};
}

void journal__known_drop_from(struct known *known, uint32_t ordinal)
{
    if (known->slots)
        rebuild(known, known->mask + 1, ordinal);
}

void journal__known_done(struct known *known)
{
    free(known->slots);
    *known = (struct known){0};
}
