/* SPDX-License-Identifier: Apache-2.0 */
/*
 * series: which metric series the index has. A series stays in `unwritten` until a commit that
 * holds it succeeded, so a failed commit loses none.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "store/store_private.h"
#include "wire/utf8.h"

enum { ATTRIBUTES_BYTES_MAX = 16384 };

COUNTER(series_refused, "vitrine_series_refused_total", "",
        "Datapoints left out of the index because there are too many series");

/* JSON that is too long or broken is left out whole: half of it could not be read. */
static struct str keep_attributes(struct str json)
{
    if (!json.ptr || json.len > ATTRIBUTES_BYTES_MAX || !utf8_valid(json))
        return STR_NONE;
    char *copy = malloc(json.len + 1);
    if (!copy)
        return STR_NONE;
    memcpy(copy, json.ptr, json.len);
    return (struct str){copy, json.len};
}

static enum status add(struct store *store, const struct store_point *point, struct error *error)
{
    struct series *series = &store->series;
    if (series->unwritten_count == series->capacity) {
        size_t capacity = series->capacity ? series->capacity * 2 : 64;
        void *rows = realloc(series->unwritten, capacity * sizeof *series->unwritten);
        if (!rows)
            return fail(error, STATUS_INTERNAL, "no memory for metric series");
        series->unwritten = rows;
        series->capacity = capacity;
    }
    series->unwritten[series->unwritten_count++] = (struct series_row){
        .hash = (int64_t)point->series_hash,
        .project = (int32_t)point->place.project_id,
        .metric = names_id(&store->names, point->metric->name),
        .unit = names_id(&store->names, point->metric->unit),
        .type = (uint8_t)point->metric->type,
        .temporality = (uint8_t)point->metric->temporality,
        .monotonic = point->metric->monotonic,
        .service = names_id(&store->names, point->service),
        .environment = names_id(&store->names, point->environment),
        .host = names_id(&store->names, point->host),
        .attributes = keep_attributes(point->attributes_json),
    };
    series->count++;
    return STATUS_OK;
}

enum status store__series(struct store *store, const struct store_point *point, struct error *error)
{
    bool is_new;
    uint32_t unused;
    if (key_map_get(&store->series.known, point->series_hash, &unused))
        return STATUS_OK;
    if (store->series.count >= SERIES_MAX) {
        counter_add(&series_refused, 1);
        return STATUS_TOO_LARGE;
    }
    if (!key_map_at(&store->series.known, point->series_hash, 0, &is_new))
        return fail(error, STATUS_INTERNAL, "no memory for metric series");
    return add(store, point, error);
}

void store__series_written(struct series *series)
{
    for (size_t i = 0; i < series->unwritten_count; i++)
        free((char *)series->unwritten[i].attributes.ptr);
    series->unwritten_count = 0;
}

void store__series_done(struct series *series)
{
    store__series_written(series);
    free(series->unwritten);
    key_map_done(&series->known);
    *series = (struct series){0};
}
