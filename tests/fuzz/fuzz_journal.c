/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_journal: what a damaged or forged journal can do to its readers. The first byte of an input
 * chooses the door: a raw frame, a compressed one (checksums made right, or nothing would get
 * behind them), a segment's footer, or a text that must come back after being split, shared and
 * read again.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/must.h"
#include "fuzz/driver.h"
#include "journal/journal_private.h"

enum { DOOR_RAW, DOOR_PAYLOAD, DOOR_FOOTER, DOOR_TEXT, DOORS };

/* --- reading all of a frame */

static enum status find_in_frame(void *context, uint32_t ordinal, enum content_kind *out_kind,
                                 struct str *out_record, struct error *error)
{
    if (journal__chunk_content(context, 1, ordinal, out_kind, out_record))
        return STATUS_OK;
    return fail(error, STATUS_CORRUPT, "not in this frame");
}

static bool any_ref(void *context, uint32_t ordinal, uint64_t size, bool is_parent)
{
    (void)context, (void)ordinal, (void)size, (void)is_parent;
    return true;
}

static void read_contents(const struct chunk_frame *frame)
{
    struct content_finder finder = {find_in_frame, (void *)(uintptr_t)frame};
    for (uint32_t i = 0; i < frame->content_count && i < 200; i++) {
        enum content_kind kind;
        struct str record;
        struct list_sizes sizes;
        uint64_t size;
        uint32_t ordinal = frame->first_content + i;
        must(journal__chunk_content(frame, 1, ordinal, &kind, &record));
        if (kind == CONTENT_LIST)
            journal__list_visit(ordinal, record, any_ref, NULL, &sizes);
        if (journal__content_size(&finder, ordinal, &size, NULL) != STATUS_OK || size > 1 << 20)
            continue;
        char *text = malloc(size + 1);
        journal__content_copy(&finder, ordinal, 0, (size_t)size, text, NULL);
        if (size > 2)
            journal__content_copy(&finder, ordinal, size / 2, 2, text, NULL);
        free(text);
    }
}

static void read_frame(const struct chunk_frame *frame)
{
    struct decode_frame in = {frame, 0, 1};
    struct journal_frame out = {0};
    uint32_t records[SIGNAL_COUNT] = {3, 3, 3, 3}; /* also where there may be none */
    if (journal__decode_frame(&in, &out, NULL) == STATUS_OK)
        for (size_t i = 0; i < out.batch_count; i++) {
            records[SIGNAL_SPANS] += (uint32_t)out.batches[i]->span_count;
            records[SIGNAL_LOGS] += (uint32_t)out.batches[i]->log_count;
            records[SIGNAL_POINTS] += (uint32_t)out.batches[i]->point_count;
            records[SIGNAL_SCORES] += (uint32_t)out.batches[i]->score_count;
        }
    journal_frame_done(&out);
    for (int signal = 0; signal < SIGNAL_COUNT; signal++)
        for (uint32_t record = 0; record < records[signal] && record < 300;
             record += 1 + record / 8) {
            struct batch *batch = NULL;
            if (journal__decode_record(&in, (enum signal)signal, record, &batch, NULL) == STATUS_OK)
                must(batch_record_count(batch) == 1);
            batch_free(batch);
        }
    read_contents(frame);
}

/* Two bytes: how many contents are claimed. */
static void raw_door(const uint8_t *data, size_t size)
{
    struct chunk_frame frame;
    if (size < 2)
        return;
    struct str raw = {(const char *)data + 2, size - 2};
    if (!journal__frame_index(raw, 10, data[0] | (uint32_t)data[1] << 8, &frame))
        return;
    read_frame(&frame);
    free(frame.content_at);
}

/* --- files */

static int file_of(const uint8_t *bytes, size_t size)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    must(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
    return fd;
}

/* Four bytes: raw size and number of contents, as the header claims. */
static void payload_door(const uint8_t *data, size_t size)
{
    if (size < 4)
        return;
    size_t payload = size - 4;
    uint8_t *file = calloc(1, SEGMENT_HEADER_BYTES + FRAME_HEADER_BYTES + payload);
    uint8_t *at = file + SEGMENT_HEADER_BYTES;
    struct frame_header header = {.starts_chunk = true,
                                  .payload_bytes = (uint32_t)payload,
                                  .raw_bytes = data[0] | (uint32_t)data[1] << 8,
                                  .first_content = 10,
                                  .content_count = data[2] | (uint32_t)data[3] << 8,
                                  .checksum = journal__checksum(0, data + 4, payload)};
    journal__header_put(&header, (struct journal_position){1, SEGMENT_HEADER_BYTES}, at);
    memcpy(at + FRAME_HEADER_BYTES, data + 4, payload);
    size_t bytes = SEGMENT_HEADER_BYTES + FRAME_HEADER_BYTES + payload;
    struct segment segment = {.id = 1, .fd = file_of(file, bytes), .file_bytes = bytes, .refs = 1};
    struct chunk *chunk = NULL;
    must(journal__segment_scan(&segment, bytes, NULL) == STATUS_OK && segment.frame_count == 1);
    if (journal__chunk_load(&segment, 0, segment.frames, 1, &chunk, NULL) == STATUS_OK)
        read_frame(&chunk->frames[0]);
    journal__chunk_unref(chunk);
    journal__segment_unload(&segment);
    free(file);
}

/* The table of frames in clear; compressed and sealed here. */
static void footer_door(const uint8_t *data, size_t size)
{
    enum { FRAMES_AT = SEGMENT_HEADER_BYTES + 4000 };
    size_t bound = FRAMES_AT + ZSTD_compressBound(size) + SEAL_BYTES;
    uint8_t *file = calloc(1, bound);
    size_t compressed =
        ZSTD_compress(file + FRAMES_AT, bound - FRAMES_AT, data + 1, size ? size - 1 : 0, 1);
    must(!ZSTD_isError(compressed));
    struct seal seal = {.frame_count = size ? data[0] : 0,
                        .content_count = 100,
                        .footer_bytes = (uint32_t)compressed,
                        .end = FRAMES_AT,
                        .footer_checksum = journal__checksum(1, file + FRAMES_AT, compressed)};
    journal__seal_put(1, &seal, file + FRAMES_AT + compressed);
    struct segment segment = {.id = 1,
                              .fd = file_of(file, FRAMES_AT + compressed + SEAL_BYTES),
                              .file_bytes = FRAMES_AT + compressed + SEAL_BYTES,
                              .sealed = true,
                              .end = FRAMES_AT,
                              .refs = 1};
    if (journal__segment_load(&segment, NULL) == STATUS_OK)
        for (size_t i = 0; i < segment.frame_count; i++)
            must(segment.frames[i].chunk <= i && segment.frames[i].offset <= segment.file_bytes);
    journal__segment_unload(&segment);
    free(file);
}

/* --- texts that come back */

static const uint8_t secret[SECRET_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

static void must_come_back(struct frame_builder *builder, const struct entry *entry,
                           const struct batch *batch)
{
    struct chunk_frame frame;
    struct str raw = buf_str(&builder->raw);
    must(journal__frame_index(raw, builder->first_content, builder->content_count, &frame));
    struct decode_frame in = {&frame, 0, 1};
    struct journal_frame out = {0};
    struct content_finder finder = {find_in_frame, &frame};
    must(journal__decode_frame(&in, &out, NULL) == STATUS_OK && out.batch_count == 1);
    must(entry->content_count <= batch->span_count + batch->resource_count);
    for (size_t i = 0; i < batch->span_count; i++) {
        struct str text = batch->spans[i].attributes.items[0].value.string;
        const struct value *got = &out.batches[0]->spans[i].attributes.items[0].value;
        if (got->type == VALUE_STRING) {
            must(str_equal(got->string, text));
            continue;
        }
        must(got->type == VALUE_CONTENT && got->content.size_bytes == text.len);
        uint64_t size;
        char *copy = malloc(text.len + 1);
        must(journal__content_size(&finder, got->content.ordinal, &size, NULL) == STATUS_OK &&
             size == text.len);
        must(journal__content_copy(&finder, got->content.ordinal, 0, text.len, copy, NULL) ==
             STATUS_OK);
        must(memcmp(copy, text.ptr, text.len) == 0);
        size_t from = text.len / 3, half = text.len / 2;
        must(journal__content_copy(&finder, got->content.ordinal, from, half, copy, NULL) ==
             STATUS_OK);
        must(memcmp(copy, text.ptr + from, half) == 0);
        free(copy);
    }
    journal_frame_done(&out);
    free(frame.content_at);
}

/* The text, its beginnings and its end, so that lists find parents and known pieces. */
static void text_door(const uint8_t *data, size_t size)
{
    enum { TEXTS = 5 };
    struct str whole = {(const char *)data, size};
    const struct str texts[TEXTS] = {str_sub(whole, 0, size / 2), whole,
                                     str_sub(whole, 0, size - size / 4),
                                     str_sub(whole, size / 3, size), whole};
    struct batch *batch = batch_new(ARENA_NO_LIMIT);
    for (size_t i = 0; i < TEXTS; i++) {
        struct span *span = batch_add_span(batch);
        span->attributes.items = arena_array(&batch->arena, struct attribute, 1);
        span->attributes.count = 1;
        span->attributes.items[0] = (struct attribute){STR("text"), value_string(texts[i])};
    }
    struct entry *entry = journal__entry_new();
    must(journal__encode(secret, batch, entry, NULL) == STATUS_OK);
    struct frame_builder builder = {.secret = secret};
    journal__builder_start(&builder, 0);
    journal__builder_add_contents(&builder, entry);
    journal__builder_end_contents(&builder);
    journal__builder_add_entry(&builder, entry);
    must(!builder.failed);
    must_come_back(&builder, entry, batch);
    journal__builder_done(&builder);
    journal__entry_free(entry);
    batch_free(batch);
}

static int fuzz_one(const uint8_t *data, size_t size)
{
    static void (*const doors[DOORS])(const uint8_t *, size_t) = {raw_door, payload_door,
                                                                  footer_door, text_door};
    if (size > 0)
        doors[data[0] % DOORS](data + 1, size - 1);
    return 0;
}

/* --- seeds: a frame with something of everything in it */

static const char chat[] = "[{\"role\": \"system\", \"content\": \"You are a patient agent of an "
                           "airline, and you answer in short sentences, "
                           "with care, and never more than was asked for, in the language of the "
                           "customer.\"}, {\"role\": \"user\", "
                           "\"content\": \"I \\\"must\\\" be in Seattle on the 20th. What is "
                           "there, what does it cost, and what of my bags?\"}, "
                           "{\"role\": \"assistant\", \"tool_calls\": [{\"id\": 1, \"arguments\": "
                           "\"{\\\"to\\\": [\\\"SEA\\\"]}\"}]}, [1, 2, 3]]";

static void fill(struct batch *batch)
{
    struct attribute *items = arena_array(&batch->arena, struct attribute, 6);
    const struct attributes attributes = {items, 6};
    items[0] = (struct attribute){STR("chat"), value_string(str_from(chat))};
    items[1] = (struct attribute){STR("long"), value_string(str_sub(str_from(chat), 20, 300))};
    items[2] = (struct attribute){STR("tokens"), value_int(-1234567)};
    items[3] = (struct attribute){STR("temperature"), value_double(0.7)};
    items[4] = (struct attribute){STR("raw"), {.type = VALUE_BYTES, .string = STR("\x00\xff")}};
    items[5] = (struct attribute){STR("map"), {.type = VALUE_MAP, .map = {items + 2, 3}}};
    batch->receiver = STR("otlp");
    batch->arrival_ns = 1700000000;
    batch_add_resource(batch)->attributes = attributes;
    batch_add_scope(batch)->name =
        STR("a scope with a name that is long enough to be a block of its own");
    for (int i = 0; i < 3; i++) {
        struct span *span = batch_add_span(batch);
        span->span_id[0] = (uint8_t)i;
        span->name = STR("chat");
        span->attributes = attributes;
        span->events = arena_new(&batch->arena, struct span_event);
        span->links = arena_new(&batch->arena, struct span_link);
        span->event_count = span->link_count = 1;
        span->flags = 1;
    }
    struct log_record *log = batch_add_log(batch);
    log->body = items[5].value;
    log->trace_id[0] = 1;
    batch_add_metric(batch)->name = STR("gen_ai.client.token.usage");
    struct metric_point *point = batch_add_point(batch);
    point->bounds = arena_array(&batch->arena, double, 2);
    point->buckets = arena_array(&batch->arena, uint64_t, 3);
    point->bound_count = 2;
    point->bucket_count = 3;
    point->scale = 2;
    point->exemplars = arena_new(&batch->arena, struct exemplar);
    point->exemplar_count = 1;
    for (int i = 0; i < 2; i++) {
        struct score *score = batch_add_score(batch);
        score->id = STR("score-1");
        score->name = STR("correctness");
        score->number = 0.5;
        score->trace_id[0] = 1;
        score->session = STR("session");
        score->author = STR("ada");
        score->comment = items[5].value;
        score->attributes = attributes;
    }
    batch->is_partial = true;
}

static void seed_door(uint8_t door, const void *head, size_t head_size, const void *bytes,
                      size_t size)
{
    uint8_t *seed = malloc(1 + head_size + size);
    seed[0] = door;
    memcpy(seed + 1, head, head_size);
    memcpy(seed + 1 + head_size, bytes, size);
    fuzz_seed(seed, 1 + head_size + size);
    free(seed);
}

/* Flushed, not ended, as frames are. */
static size_t compress_open(char *out, size_t room, const char *bytes, size_t size)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_inBuffer input = {bytes, size, 0};
    ZSTD_outBuffer output = {out, room, 0};
    must(ZSTD_compressStream2(context, &output, &input, ZSTD_e_flush) == 0);
    ZSTD_freeCCtx(context);
    return output.pos;
}

static void seed_frame(void)
{
    struct batch *batch = batch_new(ARENA_NO_LIMIT);
    struct entry *entry = journal__entry_new();
    struct frame_builder builder = {.secret = secret};
    fill(batch);
    must(journal__encode(secret, batch, entry, NULL) == STATUS_OK);
    journal__builder_start(&builder, 10);
    journal__builder_add_contents(&builder, entry);
    journal__builder_end_contents(&builder);
    journal__builder_add_entry(&builder, entry);
    uint8_t head[4] = {(uint8_t)builder.content_count, 0, (uint8_t)builder.content_count, 0};
    seed_door(DOOR_RAW, head, 2, builder.raw.ptr, builder.raw.len);
    char payload[1 << 14];
    size_t size = compress_open(payload, sizeof payload, builder.raw.ptr, builder.raw.len);
    head[0] = (uint8_t)builder.raw.len;
    head[1] = (uint8_t)(builder.raw.len >> 8);
    seed_door(DOOR_PAYLOAD, head, 4, payload, size);
    journal__builder_done(&builder);
    journal__entry_free(entry);
    batch_free(batch);
}

static void fuzz_seeds(void)
{
    static const uint8_t footer[] = {1,   0,  200, 1, 250, 1, 0,  3,  0, 0,
                                     100, 50, 0,   1, 1,   0, 90, 99, 0, 0};
    seed_frame();
    seed_door(DOOR_FOOTER, "\x03", 1, footer, sizeof footer);
    seed_door(DOOR_TEXT, "", 0, chat, sizeof chat - 1);
    seed_door(DOOR_TEXT, "{\"messages\": [", 14, chat, sizeof chat - 1);
}
