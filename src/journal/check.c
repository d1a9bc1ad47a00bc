/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check: every byte of a journal that nobody has open: headers and checksums, every chunk
 * decompressed, every batch decoded, every reference followed one step, footers compared with the
 * frames. Changes nothing.
 */
#define _GNU_SOURCE
#include "journal/journal_private.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

/* What is known of each content of the segment being walked. */
struct content_seen {
    bool seen;
    uint8_t kind;
    uint64_t size, prefix;
};

struct walk {
    struct journal_check *result;
    struct segment *segment;
    struct content_seen *contents;
    size_t content_capacity;
    uint64_t done_bytes, all_bytes;
    void (*progress)(void *context, uint64_t done_bytes, uint64_t all_bytes);
    void *context;
};

static void problem(struct walk *walk, const struct frame_info *frame, const char *what)
{
    struct journal_check *result = walk->result;
    result->corrupt_frames++;
    if (result->first_problem.status == STATUS_OK)
        fail(&result->first_problem, STATUS_CORRUPT, "segment %" PRIu32 " at %" PRIu64 ": %s",
             walk->segment->id, frame ? frame->offset : 0, what);
}

static bool make_room(struct walk *walk, uint32_t ordinal)
{
    if (ordinal < walk->content_capacity)
        return true;
    size_t capacity = walk->content_capacity ? walk->content_capacity * 2 : 1024;
    while (capacity <= ordinal)
        capacity *= 2;
    struct content_seen *wider = realloc(walk->contents, capacity * sizeof *wider);
    if (!wider)
        return false;
    memset(wider + walk->content_capacity, 0, (capacity - walk->content_capacity) * sizeof *wider);
    walk->contents = wider;
    walk->content_capacity = capacity;
    return true;
}

static const struct content_seen *seen(const struct walk *walk, uint32_t ordinal)
{
    if (ordinal >= walk->content_capacity || !walk->contents[ordinal].seen)
        return NULL;
    return &walk->contents[ordinal];
}

static bool visit_item(void *context, uint32_t ordinal, uint64_t size, bool is_parent)
{
    const struct content_seen *item = seen(context, ordinal);
    if (!item || item->kind != (is_parent ? CONTENT_LIST : CONTENT_TEXT))
        return false;
    return size == (is_parent ? item->prefix : item->size);
}

/* Notes the frame's contents; NULL or what is wrong. */
static const char *check_contents(struct walk *walk, const struct chunk_frame *frame)
{
    for (uint32_t i = 0; i < frame->content_count; i++) {
        uint32_t ordinal = frame->first_content + i;
        enum content_kind kind;
        struct str record;
        if (!make_room(walk, ordinal))
            return "no memory to follow its contents";
        if (!journal__chunk_content(frame, 1, ordinal, &kind, &record))
            return "a content is not where it must be";
        struct list_sizes sizes = {0, record.len};
        if (kind == CONTENT_LIST && !journal__list_visit(ordinal, record, visit_item, walk, &sizes))
            return "a list refers to what is not there";
        walk->contents[ordinal] =
            (struct content_seen){true, (uint8_t)kind, sizes.size_bytes, sizes.prefix_bytes};
        walk->result->contents++;
    }
    return NULL;
}

static const char *check_refs(const struct walk *walk, const struct decode_frame *in)
{
    const struct chunk_frame *frame = &in->frames[in->frame];
    uint32_t end = frame->first_content + frame->content_count;
    for (struct cursor entries = journal__entries(in); cursor_left(&entries);) {
        struct cursor entry = cursor_of(get_bytes(&entries, get_varint(&entries)));
        for (uint64_t count = get_varint(&entry); count > 0 && !entry.bad; count--) {
            uint32_t distance = get_u32(&entry);
            uint64_t size = get_varint(&entry);
            const struct content_seen *content = distance > end ? NULL : seen(walk, end - distance);
            if (!entry.bad && (!content || content->size != size))
                return "a batch refers to content that is not there";
        }
    }
    return NULL;
}

static const char *check_frame(struct walk *walk, const struct decode_frame *in)
{
    struct journal_frame frame = {0};
    const char *wrong = check_contents(walk, &in->frames[in->frame]);
    if (!wrong)
        wrong = check_refs(walk, in);
    if (!wrong && journal__decode_frame(in, &frame, NULL) != STATUS_OK)
        wrong = "a batch does not decode";
    for (size_t i = 0; i < frame.batch_count; i++)
        walk->result->records += batch_record_count(frame.batches[i]);
    walk->result->batches += frame.batch_count;
    journal_frame_done(&frame);
    return wrong;
}

/* The frames [first, first + count) are one chunk. */
static void check_chunk(struct walk *walk, uint32_t first, size_t count)
{
    const struct frame_info *frames = walk->segment->frames + first;
    struct chunk *chunk = NULL;
    struct error why = {0};
    enum status status = journal__chunk_load(walk->segment, first, frames, count, &chunk, &why);
    for (size_t i = 0; i < count; i++) {
        walk->result->frames++;
        const char *wrong = status == STATUS_OK ? "the frame is damaged" : why.text;
        if (chunk && i < chunk->frame_count) {
            struct decode_frame in = {chunk->frames, i, walk->segment->id};
            wrong = check_frame(walk, &in);
        }
        if (wrong)
            problem(walk, &frames[i], wrong);
    }
    journal__chunk_unref(chunk);
    const struct frame_info *last = &frames[count - 1];
    if (walk->progress)
        walk->progress(walk->context, walk->done_bytes + last->offset + last->payload_bytes,
                       walk->all_bytes);
}

/* A sealed segment's footer must say what the frames say. */
static void check_footer(struct walk *walk, int directory)
{
    struct segment *footer;
    const struct segment *frames = walk->segment;
    if (journal__segment_open(directory, frames->id, false, &footer, NULL) != STATUS_OK)
        return;
    bool same = journal__segment_load(footer, NULL) == STATUS_OK &&
                footer->frame_count == frames->frame_count && footer->end == frames->end &&
                footer->content_count == frames->content_count;
    for (size_t i = 0; same && i < frames->frame_count; i++) {
        const struct frame_info *a = &footer->frames[i], *b = &frames->frames[i];
        same = a->offset == b->offset && a->payload_bytes == b->payload_bytes &&
               a->raw_bytes == b->raw_bytes && a->first_content == b->first_content &&
               a->content_count == b->content_count && a->chunk == b->chunk;
    }
    if (!same)
        problem(walk, NULL, "the footer and the frames differ");
    journal__segment_free(footer);
}

static uint64_t size_of(int directory, uint32_t id)
{
    char name[SEGMENT_PATH_BYTES];
    journal__segment_name(id, name);
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
    off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
    if (fd >= 0)
        close(fd);
    return size > 0 ? (uint64_t)size : 0;
}

static void check_segment(struct walk *walk, int directory, uint32_t id, bool last)
{
    struct error why = {0};
    struct segment *segment = NULL;
    struct segment unreadable = {.id = id};
    walk->segment = &unreadable;
    if (last && size_of(directory, id) < SEGMENT_HEADER_BYTES) {
        walk->result->torn_bytes = size_of(directory, id); /* a crash while it was being created */
        return;
    }
    if (journal__segment_open(directory, id, false, &segment, &why) != STATUS_OK) {
        problem(walk, NULL, why.text);
        return;
    }
    walk->segment = segment;
    uint64_t limit = segment->sealed ? segment->end : segment->file_bytes;
    if (journal__segment_scan(segment, limit, &why) != STATUS_OK)
        problem(walk, NULL, why.text);
    if (walk->content_capacity)
        memset(walk->contents, 0, walk->content_capacity * sizeof *walk->contents);
    for (size_t i = 0, count; i < segment->frame_count; i += count) {
        for (count = 1; i + count < segment->frame_count && segment->frames[i + count].chunk == i;)
            count++;
        check_chunk(walk, (uint32_t)i, count);
    }
    if (segment->sealed && segment->torn_bytes)
        problem(walk, NULL, "the last frames of a sealed segment are damaged");
    else if (segment->sealed)
        check_footer(walk, directory);
    else if (last)
        walk->result->torn_bytes = segment->torn_bytes;
    walk->result->segments++;
    walk->result->bytes += segment->file_bytes;
    walk->done_bytes += segment->file_bytes;
    journal__segment_free(segment);
}

static uint64_t size_of_all(int directory, const uint32_t *ids, size_t count)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += size_of(directory, ids[i]);
    return bytes;
}

enum status journal_check(const char *path,
                          void (*progress)(void *context, uint64_t done_bytes, uint64_t all_bytes),
                          void *context, struct journal_check *out_check, struct error *error)
{
    struct journal_check result = {0};
    struct walk walk = {.result = &result, .progress = progress, .context = context};
    uint32_t *ids = NULL;
    size_t count = 0;
    int lock = -1, directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return fail(error, STATUS_IO, "%s: %s", path, strerror(errno));
    enum status status = journal__lock_directory(directory, path, &lock, error);
    if (status == STATUS_OK)
        status = journal__list_segments(directory, &ids, &count, error);
    walk.all_bytes = size_of_all(directory, ids, count);
    for (size_t i = 0; i < count; i++)
        check_segment(&walk, directory, ids[i], i + 1 == count);
    free(ids);
    free(walk.contents);
    if (lock >= 0)
        close(lock);
    close(directory);
    if (status == STATUS_OK)
        *out_check = result;
    return status;
}
