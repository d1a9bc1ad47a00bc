/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode_one: one record of a raw frame -> a batch with only it. Entries and groups before it are
 * skipped by their length; of its own group, at most GROUP_RECORDS are decoded, because strings
 * refer back to each other.
 */
#include "journal/journal_private.h"

#include <stdlib.h>

/* Skips `count` runs of bytes with their lengths before them. */
static void skip_runs(struct cursor *in, size_t count)
{
    for (size_t i = 0; i < count && !in->bad; i++)
        get_bytes(in, get_varint(in));
}

static size_t groups_of(size_t records)
{
    return (records + GROUP_RECORDS - 1) / GROUP_RECORDS;
}

/* The record as it stands in the arena, strings copied; NULL when it does not decode. */
static void *get_one(struct decoder *decoder, enum signal signal, size_t index)
{
    for (int other = 0; other < HEAD_SIGNALS && other < (int)signal; other++)
        skip_runs(&decoder->in, groups_of(decoder->head->counts[other]));
    if (signal == SIGNAL_SCORES) {
        struct entry_head tail = {0};
        journal__get_tail(decoder, &tail);
    }
    skip_runs(&decoder->in, index / GROUP_RECORDS);
    struct str group = get_bytes(&decoder->in, get_varint(&decoder->in));
    if (decoder->in.bad)
        return NULL;
    decoder->in = cursor_of(group);
    decoder->plain = false;
    size_t size = journal__record_bytes[signal], last = index % GROUP_RECORDS;
    char *records = journal__get_array(decoder, last + 1, size);
    struct arena *arena = decoder->arena, scratch;
    for (size_t i = 0; records && i <= last && !decoder->in.bad; i++) {
        arena_init(&scratch, arena->limit_bytes);
        decoder->arena = i == last ? arena : &scratch;
        decoder->copy = i == last;
        journal__get_record(decoder, signal, records + i * size,
                            i ? records + (i - 1) * size : NULL);
        arena_done(&scratch);
    }
    decoder->arena = arena;
    return decoder->in.bad ? NULL : records + last * size;
}

#define DEFINE_TAKE(noun)                                                                          \
    static void take_##noun(struct decoder *decoder, uint32_t *index)                              \
    {                                                                                              \
        struct batch *batch = decoder->batch;                                                      \
        if (*index < decoder->head->noun##_count && !decoder->in.bad) {                            \
            batch->noun##s = journal__get_array(decoder, 1, sizeof *batch->noun##s);               \
            batch->noun##_count = batch->noun##_capacity = batch->noun##s ? 1 : 0;                 \
            if (batch->noun##s)                                                                    \
                journal__get_##noun##_block(decoder, decoder->head->noun##s[*index],               \
                                            batch->noun##s);                                       \
        }                                                                                          \
        *index = 0;                                                                                \
    }
DEFINE_TAKE(resource)
DEFINE_TAKE(scope)
DEFINE_TAKE(metric)
#undef DEFINE_TAKE

/* Puts the record into the batch, and what it belongs to, each as number 0. */
static void place(struct decoder *decoder, enum signal signal, void *record)
{
    struct batch *batch = decoder->batch;
    if (signal == SIGNAL_SPANS) {
        struct span *span = batch->spans = record;
        batch->span_count = batch->span_capacity = 1;
        take_resource(decoder, &span->resource);
        take_scope(decoder, &span->scope);
    } else if (signal == SIGNAL_LOGS) {
        struct log_record *log = batch->logs = record;
        batch->log_count = batch->log_capacity = 1;
        take_resource(decoder, &log->resource);
        take_scope(decoder, &log->scope);
    } else if (signal == SIGNAL_SCORES) {
        batch->scores = record;
        batch->score_count = batch->score_capacity = 1;
    } else {
        struct metric_point *point = batch->points = record;
        batch->point_count = batch->point_capacity = 1;
        take_metric(decoder, &point->metric);
        if (batch->metrics) {
            take_resource(decoder, &batch->metrics->resource);
            take_scope(decoder, &batch->metrics->scope);
        }
    }
}

static void skip_varints(struct cursor *in, uint64_t count)
{
    for (uint64_t i = 0; i < count && !in->bad; i++)
        get_varint(in);
}

/* Blocks stand here, or are a number. */
static void skip_blocks(struct cursor *in, uint64_t count)
{
    for (uint64_t i = 0; i < count && !in->bad; i++)
        if (get_varint(in) == 0)
            get_bytes(in, get_varint(in));
}

static bool count_records(struct str entry, enum signal signal, uint64_t *out_count)
{
    enum { TABLES = 3 };
    struct cursor at = cursor_of(entry);
    uint64_t counts[HEAD_SIGNALS], blocks = 0, refs = get_varint(&at);
    skip_varints(&at, refs > cursor_left(&at) ? UINT64_MAX : 2 * refs);
    for (int i = 0; i < HEAD_SIGNALS; i++)
        counts[i] = get_count(&at, 1);
    if ((int)signal < HEAD_SIGNALS) {
        *out_count = counts[signal];
        return !at.bad;
    }
    for (int i = 0; i < TABLES; i++)
        blocks += get_count(&at, 1);
    get_varint(&at); /* project */
    get_bytes(&at, get_varint(&at) >> 1);
    skip_varints(&at, 3); /* arrival, refused, why */
    get_bytes(&at, get_varint(&at) >> 1);
    get_varint(&at); /* repaired */
    skip_blocks(&at, blocks);
    for (int i = 0; i < HEAD_SIGNALS; i++)
        skip_runs(&at, groups_of(counts[i]));
    *out_count = 0;
    if (!at.bad && cursor_left(&at)) {
        get_byte(&at); /* flags */
        *out_count = get_varint(&at);
    }
    return !at.bad;
}

/* The entry that holds the record, and which it is in there; false when the frame has no such
 * record. */
static bool find_entry(const struct decode_frame *in, enum signal signal, uint32_t record,
                       struct str *out_entry, size_t *out_index)
{
    size_t index = record;
    for (struct cursor entries = journal__entries(in); cursor_left(&entries);) {
        struct str entry = get_bytes(&entries, get_varint(&entries));
        uint64_t count = 0;
        if (!count_records(entry, signal, &count))
            return false;
        if (index < count) {
            *out_entry = entry;
            *out_index = index;
            return true;
        }
        index -= count;
    }
    return false;
}

enum status journal__decode_record(const struct decode_frame *in, enum signal signal,
                                   uint32_t record, struct batch **out_batch, struct error *error)
{
    struct str entry;
    size_t index;
    if (!find_entry(in, signal, record, &entry, &index))
        return fail(error, STATUS_NOT_FOUND, "the frame of the journal has no such record");
    struct batch *batch = batch_new(journal__arena_limit(entry.len));
    struct str *strings = malloc(DICTIONARY_MAX * sizeof *strings);
    if (!batch || !strings) {
        batch_free(batch);
        free(strings);
        return fail(error, STATUS_BUSY, "no memory to decode a record of the journal");
    }
    struct decoder decoder = {.in = cursor_of(entry),
                              .frame = in,
                              .batch = batch,
                              .arena = &batch->arena,
                              .strings = strings,
                              .copy = true,
                              .lazy = true};
    struct entry_head head = {0};
    journal__get_head(&decoder, &head);
    void *one = decoder.in.bad ? NULL : get_one(&decoder, signal, index);
    if (one)
        place(&decoder, signal, one);
    free(strings);
    if (decoder.in.bad) {
        batch_free(batch);
        return journal__bad_entry(&decoder, error);
    }
    *out_batch = batch;
    return STATUS_OK;
}
