/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode: a raw frame -> batches. The frame may be damaged or forged: every length is checked
 * against what is left, every index against its table, and nothing is allocated for more items than
 * there are bytes. Strings point into the chunk, which whoever reads the frame keeps.
 */
#include "journal/journal_private.h"

#include <stdlib.h>

/* --- an entry */

static void get_refs(struct decoder *decoder)
{
    const struct chunk_frame *frame = &decoder->frame->frames[decoder->frame->frame];
    uint32_t end = frame->first_content + frame->content_count;
    size_t count = get_count(&decoder->in, 2);
    decoder->refs = journal__get_array(decoder, count, sizeof *decoder->refs);
    decoder->ref_count = decoder->refs ? count : 0;
    for (size_t i = 0; i < decoder->ref_count; i++) {
        uint32_t distance = get_u32(&decoder->in);
        uint64_t size = get_varint(&decoder->in);
        if (distance == 0 || distance > end)
            cursor_fail(&decoder->in);
        decoder->refs[i] = (struct content_ref){decoder->frame->segment, end - distance, size};
    }
}

/* Counts are as claimed; the tables they are for are bounded where they are read. */
static void get_batch_head(struct decoder *decoder, struct entry_head *out)
{
    struct batch *batch = decoder->batch;
    for (int i = 0; i < HEAD_SIGNALS; i++)
        out->counts[i] = get_count(&decoder->in, 1);
    out->resource_count = get_count(&decoder->in, 2);
    out->scope_count = get_count(&decoder->in, 2);
    out->metric_count = get_count(&decoder->in, 2);
    decoder->plain = true;
    batch->project_id = get_u32(&decoder->in);
    batch->receiver = journal__get_str(decoder);
    batch->arrival_ns = get_signed(&decoder->in);
    batch->rejected_count = (size_t)get_varint(&decoder->in);
    uint64_t status = get_varint(&decoder->in);
    struct str reason = get_bytes(&decoder->in, get_varint(&decoder->in) >> 1);
    if (status >= STATUS_COUNT || reason.len >= sizeof batch->rejected.text)
        cursor_fail(&decoder->in);
    batch->rejected.status = decoder->in.bad ? STATUS_OK : (enum status)status;
    if (!decoder->in.bad)
        memcpy(batch->rejected.text, reason.ptr, reason.len);
    batch->repaired_texts = (size_t)get_varint(&decoder->in);
}

/* The bytes of the next block, which stand here or in an earlier record of the chunk. */
static struct str get_block(struct decoder *decoder)
{
    uint64_t number = get_varint(&decoder->in);
    if (number == 0)
        return get_bytes(&decoder->in, get_varint(&decoder->in));
    enum content_kind kind;
    struct str block = {"", 0};
    const struct decode_frame *in = decoder->frame;
    if (number > decoder->ref_count ||
        !journal__chunk_content(in->frames, in->frame + 1, decoder->refs[number - 1].ordinal, &kind,
                                &block) ||
        kind != CONTENT_BLOCK)
        cursor_fail(&decoder->in);
    return block;
}

static struct str *get_blocks(struct decoder *decoder, size_t count)
{
    struct str *blocks = journal__get_array(decoder, count, sizeof *blocks);
    for (size_t i = 0; blocks && i < count && !decoder->in.bad; i++)
        blocks[i] = get_block(decoder);
    return blocks;
}

/* Everything of an entry up to its records. */
void journal__get_head(struct decoder *decoder, struct entry_head *out)
{
    get_refs(decoder);
    get_batch_head(decoder, out);
    out->resources = get_blocks(decoder, out->resource_count);
    out->scopes = get_blocks(decoder, out->scope_count);
    out->metrics = get_blocks(decoder, out->metric_count);
    decoder->head = out;
}

void journal__get_tail(struct decoder *decoder, struct entry_head *out)
{
    if (decoder->in.bad || cursor_left(&decoder->in) == 0)
        return;
    unsigned flags = get_byte(&decoder->in);
    if (flags & ~(unsigned)TAIL_IS_PARTIAL)
        cursor_fail(&decoder->in);
    decoder->batch->is_partial = (flags & TAIL_IS_PARTIAL) != 0;
    out->counts[SIGNAL_SCORES] = get_count(&decoder->in, 1);
}

/* An index of 0 into an empty table means: none. */
static void check_source(struct decoder *decoder, uint32_t resource, uint32_t scope)
{
    const struct entry_head *head = decoder->head;
    if (resource >= head->resource_count + (head->resource_count == 0) ||
        scope >= head->scope_count + (head->scope_count == 0))
        cursor_fail(&decoder->in);
}

/* Decodes one block to its last byte and goes on behind it. */
#define DEFINE_GET_BLOCK(noun, ...)                                                                \
    void journal__get_##noun##_block(struct decoder *decoder, struct str block, struct noun *out)  \
    {                                                                                              \
        struct cursor outer = decoder->in;                                                         \
        decoder->in = cursor_of(block);                                                            \
        decoder->plain = true;                                                                     \
        journal__get_##noun(decoder, out);                                                         \
        __VA_ARGS__;                                                                               \
        if (outer.bad || decoder->in.bad || cursor_left(&decoder->in))                             \
            cursor_fail(&outer);                                                                   \
        decoder->in = outer;                                                                       \
    }
DEFINE_GET_BLOCK(resource, (void)0)
DEFINE_GET_BLOCK(scope, (void)0)
DEFINE_GET_BLOCK(metric, check_source(decoder, out->resource, out->scope))
#undef DEFINE_GET_BLOCK

static void get_tables(struct decoder *decoder, const struct entry_head *head)
{
    struct batch *batch = decoder->batch;
    if (decoder->in.bad)
        return;
    batch->resources = journal__get_array(decoder, head->resource_count, sizeof *batch->resources);
    batch->scopes = journal__get_array(decoder, head->scope_count, sizeof *batch->scopes);
    batch->metrics = journal__get_array(decoder, head->metric_count, sizeof *batch->metrics);
    if (decoder->in.bad)
        return;
    batch->resource_count = batch->resource_capacity = head->resource_count;
    batch->scope_count = batch->scope_capacity = head->scope_count;
    batch->metric_count = batch->metric_capacity = head->metric_count;
    for (size_t i = 0; i < head->resource_count; i++)
        journal__get_resource_block(decoder, head->resources[i], &batch->resources[i]);
    for (size_t i = 0; i < head->scope_count; i++)
        journal__get_scope_block(decoder, head->scopes[i], &batch->scopes[i]);
    for (size_t i = 0; i < head->metric_count; i++)
        journal__get_metric_block(decoder, head->metrics[i], &batch->metrics[i]);
}

/* --- records */

/* `before` is the record before in its group, or NULL. */
void journal__get_record(struct decoder *decoder, enum signal signal, void *out, const void *before)
{
    if (signal == SIGNAL_SPANS) {
        struct span *span = out;
        journal__get_span(decoder, span, before);
        check_source(decoder, span->resource, span->scope);
    } else if (signal == SIGNAL_LOGS) {
        struct log_record *log = out;
        journal__get_log(decoder, log, before);
        check_source(decoder, log->resource, log->scope);
    } else if (signal == SIGNAL_SCORES) {
        journal__get_score(decoder, out);
    } else {
        struct metric_point *point = out;
        journal__get_point(decoder, point, before);
        if (point->metric >= decoder->head->metric_count)
            cursor_fail(&decoder->in);
    }
}

const size_t journal__record_bytes[SIGNAL_COUNT] = {sizeof(struct span), sizeof(struct log_record),
                                                    sizeof(struct metric_point),
                                                    sizeof(struct score)};

static void *get_records(struct decoder *decoder, enum signal signal, size_t count)
{
    size_t size = journal__record_bytes[signal];
    char *records = journal__get_array(decoder, count, size);
    struct cursor outer = decoder->in;
    for (size_t i = 0; records && i < count && !decoder->in.bad; i++) {
        bool starts = i % GROUP_RECORDS == 0;
        if (starts) {
            if (i && cursor_left(&decoder->in))
                cursor_fail(&outer);
            decoder->in = cursor_of(get_bytes(&outer, get_varint(&outer)));
            decoder->in.bad |= outer.bad;
            decoder->string_count = 0;
        }
        journal__get_record(decoder, signal, records + i * size,
                            starts ? NULL : records + (i - 1) * size);
    }
    if (count && (decoder->in.bad || cursor_left(&decoder->in)))
        cursor_fail(&outer);
    decoder->in = outer;
    return records;
}

static void get_records_all(struct decoder *decoder, struct entry_head *head)
{
    struct batch *batch = decoder->batch;
    if (decoder->in.bad)
        return;
    decoder->plain = false;
    batch->spans = get_records(decoder, SIGNAL_SPANS, head->counts[SIGNAL_SPANS]);
    batch->logs = get_records(decoder, SIGNAL_LOGS, head->counts[SIGNAL_LOGS]);
    batch->points = get_records(decoder, SIGNAL_POINTS, head->counts[SIGNAL_POINTS]);
    journal__get_tail(decoder, head);
    batch->scores = get_records(decoder, SIGNAL_SCORES, head->counts[SIGNAL_SCORES]);
    if (decoder->in.bad)
        return;
    batch->span_count = batch->span_capacity = head->counts[SIGNAL_SPANS];
    batch->log_count = batch->log_capacity = head->counts[SIGNAL_LOGS];
    batch->point_count = batch->point_capacity = head->counts[SIGNAL_POINTS];
    batch->score_count = batch->score_capacity = head->counts[SIGNAL_SCORES];
}

/* What an entry of that many bytes can become at most; its texts are not copied. */
size_t journal__arena_limit(size_t bytes)
{
    return bytes * 512 + (1 << 16);
}

enum status journal__bad_entry(const struct decoder *decoder, struct error *error)
{
    if (decoder->full)
        return fail(error, STATUS_TOO_LARGE, "no memory to decode a batch of the journal");
    return fail(error, STATUS_CORRUPT, "a batch of the journal does not decode");
}

static enum status decode_entry(const struct decode_frame *in, struct str entry,
                                struct str *strings, bool lazy, struct batch **out_batch,
                                struct error *error)
{
    struct batch *batch = batch_new(journal__arena_limit(entry.len));
    if (!batch)
        return fail(error, STATUS_BUSY, "no memory to decode a batch of the journal");
    struct decoder decoder = {.in = cursor_of(entry),
                              .frame = in,
                              .batch = batch,
                              .arena = &batch->arena,
                              .strings = strings,
                              .lazy = lazy};
    struct entry_head head = {0};
    journal__get_head(&decoder, &head);
    get_tables(&decoder, &head);
    get_records_all(&decoder, &head);
    if (decoder.in.bad || cursor_left(&decoder.in)) {
        batch_free(batch);
        return journal__bad_entry(&decoder, error);
    }
    *out_batch = batch;
    return STATUS_OK;
}

/* --- frames */

struct cursor journal__entries(const struct decode_frame *in)
{
    const struct chunk_frame *frame = &in->frames[in->frame];
    return cursor_of(str_sub(frame->raw, frame->entries_at, frame->raw.len));
}

static size_t count_entries(const struct decode_frame *in)
{
    size_t count = 0;
    for (struct cursor entries = journal__entries(in); cursor_left(&entries); count++)
        get_bytes(&entries, get_varint(&entries));
    return count;
}

static void number_records(struct journal_frame *frame)
{
    uint32_t next[SIGNAL_COUNT] = {0};
    for (size_t i = 0; i < frame->batch_count; i++) {
        const struct batch *batch = frame->batches[i];
        memcpy(frame->first_record[i], next, sizeof next);
        next[SIGNAL_SPANS] += (uint32_t)batch->span_count;
        next[SIGNAL_LOGS] += (uint32_t)batch->log_count;
        next[SIGNAL_POINTS] += (uint32_t)batch->point_count;
        next[SIGNAL_SCORES] += (uint32_t)batch->score_count;
    }
}

static enum status decode(const struct decode_frame *in, bool lazy, struct journal_frame *out,
                          struct error *error)
{
    size_t count = count_entries(in);
    struct str *strings = malloc(DICTIONARY_MAX * sizeof *strings);
    out->batches = calloc(count + 1, sizeof *out->batches);
    out->first_record = calloc(count + 1, sizeof *out->first_record);
    out->batch_count = 0;
    struct cursor entries = journal__entries(in);
    enum status status = STATUS_OK;
    if (!strings || !out->batches || !out->first_record)
        status = fail(error, STATUS_BUSY, "no memory to decode a frame of the journal");
    while (status == STATUS_OK && cursor_left(&entries)) {
        struct str entry = get_bytes(&entries, get_varint(&entries));
        status =
            entries.bad
                ? fail(error, STATUS_CORRUPT, "a frame of the journal ends within a batch")
                : decode_entry(in, entry, strings, lazy, &out->batches[out->batch_count], error);
        if (status == STATUS_OK)
            out->batch_count++;
    }
    free(strings);
    if (status == STATUS_OK)
        number_records(out);
    return status;
}

enum status journal__decode_frame(const struct decode_frame *in, struct journal_frame *out,
                                  struct error *error)
{
    return decode(in, false, out, error);
}

enum status journal__decode_lazily(const struct decode_frame *in, struct journal_frame *out,
                                   struct error *error)
{
    return decode(in, true, out, error);
}
