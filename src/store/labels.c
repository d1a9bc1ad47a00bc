/* SPDX-License-Identifier: Apache-2.0 */
/*
 * labels: combinations of what rollups are kept by. When there are too many, a new one becomes its
 * project's "(other)" with the same kind, error kind and root, so requests and errors stay right.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/must.h"
#include "store/store_private.h"

COUNTER(labels_refused, "vitrine_labels_other_total", "",
        "Spans counted under (other) because there are too many label combinations");
GAUGE(labels_held, "vitrine_labels", "", "Label combinations of the rollups");

_Static_assert((int)NAME_OTHER == (int)STORE_NAME_OTHER, "others know it by that");

static uint64_t label_hash(const struct label_row *label)
{
    const int32_t key[] = {
        label->project,     label->service,
        label->environment, label->provider,
        label->model,       label->op,
        label->prompt,      label->kind << 16 | label->error_kind << 8 | label->root};
    return XXH3_64bits(key, sizeof key);
}

static bool same(const struct label_row *a, const struct label_row *b)
{
    return a->project == b->project && a->service == b->service &&
           a->environment == b->environment && a->provider == b->provider && a->model == b->model &&
           a->op == b->op && a->prompt == b->prompt && a->kind == b->kind &&
           a->error_kind == b->error_kind && a->root == b->root;
}

static int32_t add(struct labels *labels, const struct label_row *label, uint64_t hash)
{
    bool is_new;
    if (labels->count == labels->capacity) {
        uint32_t capacity = labels->capacity ? labels->capacity * 2 : 256;
        void *rows = realloc(labels->rows, capacity * sizeof *labels->rows);
        if (!rows)
            return -1;
        labels->rows = rows;
        labels->capacity = capacity;
    }
    uint32_t *id = key_map_at(&labels->at, hash, labels->count + 1, &is_new);
    if (!id)
        return -1;
    labels->rows[labels->count++] = *label;
    labels->rows[labels->count - 1].id = (int32_t)labels->count;
    counter_set(&labels_held, labels->count);
    return (int32_t)labels->count;
}

static int32_t find(const struct labels *labels, const struct label_row *label, uint64_t hash)
{
    uint32_t id;
    if (!key_map_get(&labels->at, hash, &id) || !same(&labels->rows[id - 1], label))
        return 0;
    return (int32_t)id;
}

static struct label_row label_of(const struct span_row *span)
{
    return (struct label_row){
        .project = span->project,
        .service = span->names[SPAN_SERVICE],
        .environment = span->names[SPAN_ENVIRONMENT],
        .provider = span->names[SPAN_PROVIDER],
        .model = span->names[SPAN_MODEL],
        .op = span->names[SPAN_OP],
        .prompt = span->names[SPAN_PROMPT],
        .kind = span->kind,
        .error_kind = span->error_kind,
        .root = (span->flags & OBSERVATION_ROOT) != 0,
    };
}

int32_t store__label(struct labels *labels, const struct span_row *span)
{
    struct label_row label = label_of(span);
    if (labels->last.id && same(&labels->last, &label))
        return labels->last.id;
    uint64_t hash = label_hash(&label);
    int32_t id = find(labels, &label, hash);
    if (id == 0 && labels->count >= labels->limit) {
        counter_add(&labels_refused, 1);
        label.service = label.environment = label.provider = label.model = label.op = label.prompt =
            NAME_OTHER;
        hash = label_hash(&label);
        id = find(labels, &label, hash);
    }
    if (id == 0)
        id = add(labels, &label, hash);
    label.id = id;
    if (id > 0)
        labels->last = labels->rows[id - 1];
    return id;
}

bool store__label_restore(struct labels *labels, const struct label_row *row)
{
    return row->id == (int32_t)labels->count + 1 && add(labels, row, label_hash(row)) == row->id;
}

void store__labels_done(struct labels *labels)
{
    free(labels->rows);
    key_map_done(&labels->at);
    *labels = (struct labels){0};
}
