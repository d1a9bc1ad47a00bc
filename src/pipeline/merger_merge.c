/* SPDX-License-Identifier: Apache-2.0 */
/* merger_merge: the parts that wait, read from the journal, merged, and appended to it as spans. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/counter.h"
#include "journal/coding.h"
#include "merge/merge.h"
#include "model/part.h"
#include "pipeline/merger_private.h"

enum {
    RETRY_MS = 1000, /* after the journal refused */
    BATCH_SPANS = 500,
    BATCH_BYTES = 256 << 20,
};

COUNTER(merged_spans, "vitrine_merged_spans_total", "", "Spans made of parts");

struct appending {
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool is_done;
    enum status status;
    struct error error;
};

static void on_done(void *context, enum status status, const struct error *error)
{
    struct appending *appending = context;
    pthread_mutex_lock(&appending->lock);
    appending->status = status;
    if (error)
        appending->error = *error;
    appending->is_done = true;
    pthread_cond_signal(&appending->done);
    pthread_mutex_unlock(&appending->lock);
}

static enum status append(struct merger *merger, const struct batch *batch, struct error *error)
{
    struct appending appending = {.lock = PTHREAD_MUTEX_INITIALIZER,
                                  .done = PTHREAD_COND_INITIALIZER};
    enum status status = journal_append(merger->journal, batch, on_done, &appending, error);
    if (status != STATUS_OK)
        return status;
    pthread_mutex_lock(&appending.lock);
    while (!appending.is_done)
        pthread_cond_wait(&appending.done, &appending.lock);
    pthread_mutex_unlock(&appending.lock);
    if (appending.status != STATUS_OK)
        *error = appending.error;
    return appending.status;
}

static int by_place(const void *a, const void *b)
{
    const struct part_ref *left = a, *right = b;
    int order = journal_position_compare(left->frame, right->frame);
    return order ? order : (left->record > right->record) - (left->record < right->record);
}

/* --- reading parts --- */

static void drop_frames(struct merger *merger)
{
    for (size_t i = 0; i < merger->held_count; i++)
        journal_frame_done(&merger->held[i]);
    merger->held_count = 0;
}

/* Parts that have just come mostly stand in one frame: it is decoded once for all of them. */
static const struct journal_frame *hold_frame(struct merger *merger, const struct part_ref *ref)
{
    for (size_t i = 0; i < merger->held_count; i++)
        if (journal_position_compare(merger->held[i].position, ref->frame) == 0)
            return &merger->held[i];
    if (!ref->is_fresh || merger->held_count == MERGER_FRAMES_HELD)
        return NULL;
    struct journal_frame *frame = &merger->held[merger->held_count];
    if (journal_read(merger->journal, ref->frame, 0, frame, NULL) != STATUS_OK)
        return NULL;
    merger->held_count++;
    return journal_position_compare(frame->position, ref->frame) == 0 ? frame : NULL;
}

/* A batch with only this part, in the arena; what it says stays the frame's. */
static struct batch *part_of_frame(const struct journal_frame *frame, uint32_t record,
                                   struct arena *arena)
{
    for (size_t i = 0; i < frame->batch_count; i++) {
        const struct batch *batch = frame->batches[i];
        uint32_t first = frame->first_record[i][SIGNAL_SPANS];
        if (record < first || record - first >= batch->span_count)
            continue;
        struct batch *one = arena_new(arena, struct batch);
        if (!one)
            return NULL;
        *one = *batch;
        one->spans = &batch->spans[record - first];
        one->span_count = 1;
        return one;
    }
    return NULL;
}

/* What was read of one span; `owned` are freed with it. */
struct parts_read {
    const struct batch **items;
    struct batch **owned;
    size_t count, owned_count;
};

/* All parts that can still be read, as they arrived: retention may have taken the first ones. */
static void read_parts(struct merger *merger, const struct known *known, struct batch *out,
                       struct parts_read *read)
{
    struct part_ref *refs = arena_array(&out->arena, struct part_ref, known->count);
    read->items = arena_zero_array(&out->arena, known->count, sizeof *read->items);
    read->owned = arena_zero_array(&out->arena, known->count, sizeof *read->owned);
    if (!refs || !read->items || !read->owned)
        return;
    memcpy(refs, known->parts, known->count * sizeof *refs);
    for (uint32_t i = 0; i < known->count; i++)
        refs[i].is_fresh = i >= known->covered;
    qsort(refs, known->count, sizeof *refs, by_place);
    for (uint32_t i = 0; i < known->count; i++) {
        const struct journal_location location = {
            .frame = refs[i].frame, .signal = SIGNAL_SPANS, .record = refs[i].record};
        const struct journal_frame *frame = hold_frame(merger, &refs[i]);
        struct batch *batch = frame ? part_of_frame(frame, refs[i].record, &out->arena) : NULL;
        if (!batch) {
            if (journal_read_record(merger->journal, location, &batch, NULL) != STATUS_OK)
                continue;
            read->owned[read->owned_count++] = batch;
        }
        if (batch->arrival_ns > out->arrival_ns)
            out->arrival_ns = batch->arrival_ns;
        read->items[read->count++] = batch;
    }
}

static struct str list_parts(const struct known *known, struct arena *arena)
{
    size_t size = (size_t)known->count * PART_REF_BYTES;
    uint8_t *bytes = arena_alloc(arena, size);
    for (uint32_t i = 0; bytes && i < known->count; i++) {
        uint8_t *at = bytes + (size_t)i * PART_REF_BYTES;
        store_u32(at, known->parts[i].frame.segment);
        store_u32(at + 4, known->parts[i].record);
        store_u64(at + 8, known->parts[i].frame.offset);
        store_u64(at + 16, known->parts[i].event_hash);
    }
    return (struct str){(const char *)bytes, bytes ? size : 0};
}

/* What only the next merge and the index read of a merged span. */
static bool put_history(struct batch *out, struct known *known)
{
    enum { OWN_ATTRIBUTES = 2 };
    struct span *span = &out->spans[out->span_count - 1];
    struct attributes *attributes = &span->attributes;
    struct str list = list_parts(known, &out->arena);
    struct str placed = {(const char *)known->placed, TRACE_ID_BYTES};
    struct attribute *items =
        arena_array(&out->arena, struct attribute, attributes->count + OWN_ATTRIBUTES);
    memcpy(known->made, span->trace_id, TRACE_ID_BYTES);
    if (!list.len || !items)
        return false;
    if (attributes->count)
        memcpy(items, attributes->items, attributes->count * sizeof *items);
    items[attributes->count++] =
        (struct attribute){PARTS_KEY, {.type = VALUE_BYTES, .string = list}};
    if (!id_is_zero(known->placed, TRACE_ID_BYTES) &&
        memcmp(known->placed, known->made, TRACE_ID_BYTES) != 0)
        items[attributes->count++] = (struct attribute){
            PART_MOVED_KEY, {.type = VALUE_BYTES, .string = arena_copy(&out->arena, placed)}};
    attributes->items = items;
    return true;
}

static enum status merge_one(struct merger *merger, struct known *known, struct batch *out,
                             struct error *error)
{
    struct content_source contents = journal_content_source(merger->journal);
    struct parts_read read = {0};
    bool made = false;
    const uint8_t *placed = id_is_zero(known->placed, TRACE_ID_BYTES) ? NULL : known->placed;
    if (merger->held_count == MERGER_FRAMES_HELD)
        drop_frames(merger);
    read_parts(merger, known, out, &read);
    if (!read.owned)
        return merger__no_memory(error);
    enum status status = merge_parts(read.items, read.count, placed, &contents, out, &made, error);
    if (status == STATUS_OK && made && !put_history(out, known))
        status = merger__no_memory(error);
    for (size_t i = 0; i < read.owned_count; i++)
        batch_free(read.owned[i]);
    known->is_vague = status == STATUS_OK && !made;
    return status;
}

static bool is_due(const struct known *known, int64_t now_ns)
{
    return known->wait == WAITS ||
           (known->wait == WAITS_ADRIFT && known->adrift_until_ns <= now_ns);
}

/* Up to BATCH_SPANS spans of one project, from items[*at] on. */
static enum status merge_some(struct merger *merger, size_t *at, int64_t now_ns,
                              struct error *error)
{
    struct batch *out = batch_new(BATCH_BYTES);
    size_t first = *at, end = first;
    enum status status = out ? STATUS_OK : merger__no_memory(error);
    for (; status == STATUS_OK && end < merger->count; end++) {
        struct known *known = merger->items[end];
        if (!is_due(known, now_ns))
            continue;
        if (out->span_count == BATCH_SPANS || out->arena.used_bytes > BATCH_BYTES / 4 ||
            (out->project_id && out->project_id != known->project))
            break;
        out->project_id = known->project;
        status = merge_one(merger, known, out, error);
    }
    if (status == STATUS_OK && out->span_count) {
        out->receiver = STR("langfuse");
        status = append(merger, out, error);
    }
    for (size_t i = first; status == STATUS_OK && i < end; i++) {
        struct known *known = merger->items[i];
        if (!is_due(known, now_ns))
            continue;
        if (!known->is_vague) {
            known->covered = known->count;
            memcpy(known->placed, known->made, TRACE_ID_BYTES);
        }
        merger__set_wait(merger, known, WAITS_NOT);
    }
    if (status == STATUS_OK && out->span_count)
        counter_add(&merged_spans, (int64_t)out->span_count);
    batch_free(out);
    *at = end;
    return status;
}

static void find_next_adrift(struct merger *merger)
{
    merger->adrift_until_ns = INT64_MAX;
    for (size_t i = 0; i < merger->count && merger->adrift; i++)
        if (merger->items[i]->wait == WAITS_ADRIFT &&
            merger->items[i]->adrift_until_ns < merger->adrift_until_ns)
            merger->adrift_until_ns = merger->items[i]->adrift_until_ns;
}

enum status merger_flush(struct merger *merger, bool all, struct error *error)
{
    enum status status = STATUS_OK;
    int64_t now_ns = all ? INT64_MAX : clock_mono_ns();
    for (size_t at = 0; status == STATUS_OK && at < merger->count && merger->waiting;)
        status = merge_some(merger, &at, now_ns, error);
    drop_frames(merger);
    find_next_adrift(merger);
    if (status != STATUS_OK)
        merger->retry_at_ns = clock_mono_ns() + RETRY_MS * NS_PER_MS;
    return status;
}
