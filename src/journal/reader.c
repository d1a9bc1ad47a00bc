/* SPDX-License-Identifier: Apache-2.0 */
/* reader: positions -> frames, locations -> records, references -> text. */
#include "journal/journal_private.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/counter.h"

COUNTER(corrupt_total, "vitrine_journal_corrupt_frames_total", "",
        "Reads that met a damaged frame");

/* Number of the first frame at or after the offset. */
static size_t frame_at(const struct segment *segment, uint64_t offset)
{
    size_t low = 0, high = segment->frame_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (segment->frames[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Says where in the journal it happened. */
static enum status at_frame(enum status status, struct journal_position at, struct error *error)
{
    if (status == STATUS_CORRUPT)
        counter_add(&corrupt_total, 1);
    if (status != STATUS_OK && error) {
        struct error why = *error;
        fail(error, status, "segment %" PRIu32 " at %" PRIu64 ": %.400s", at.segment, at.offset,
             why.text);
    }
    return status;
}

/* --- following */

struct found {
    struct segment *segment; /* NULL: none yet */
    size_t frame;
};

/* With the lock held. On failure *out_next is behind what cannot be read. */
static enum status find_frame(struct journal *journal, struct journal_position from,
                              struct found *out, struct journal_position *out_next,
                              struct error *error)
{
    *out = (struct found){0};
    for (size_t i = journal__segments_find(journal, from.segment); i < journal->segment_count;
         i++) {
        struct segment *segment;
        enum status status = journal__segments_load(journal, i, &segment, error);
        if (status != STATUS_OK) {
            *out_next =
                (struct journal_position){journal->segments[i]->id + 1, SEGMENT_HEADER_BYTES};
            return status;
        }
        size_t frame = segment->id == from.segment ? frame_at(segment, from.offset) : 0;
        if (frame < segment->frame_count) {
            *out = (struct found){segment, frame};
            return STATUS_OK;
        }
    }
    return STATUS_OK;
}

static enum status wait_for_frame(struct journal *journal, struct journal_position from,
                                  int timeout_ms, struct found *out,
                                  struct journal_position *out_next, struct error *error)
{
    int64_t until = clock_mono_ns() + (timeout_ms > 0 ? timeout_ms : 0) * NS_PER_MS;
    uint64_t wakes = journal->wakes;
    for (;;) {
        enum status status = find_frame(journal, from, out, out_next, error);
        if (status != STATUS_OK || out->segment)
            return status;
        if (journal->cancelled || journal->wakes != wakes)
            return fail(error, STATUS_CANCELLED, "reading the journal was cancelled");
        struct timespec then = {.tv_sec = until / NS_PER_SEC, .tv_nsec = until % NS_PER_SEC};
        if (clock_mono_ns() >= until)
            return fail(error, STATUS_TIMEOUT, "no frame was written in time");
        pthread_cond_timedwait(&journal->frame_written, &journal->lock, &then);
    }
}

enum status journal_read(struct journal *journal, struct journal_position from, int timeout_ms,
                         struct journal_frame *out_frame, struct error *error)
{
    struct found found;
    struct chunk_view view = {0};
    *out_frame = (struct journal_frame){.position = from, .next = from};
    pthread_mutex_lock(&journal->lock);
    enum status status = wait_for_frame(journal, from, timeout_ms, &found, &out_frame->next, error);
    uint32_t segment = 0;
    if (status == STATUS_OK) {
        segment = found.segment->id;
        const struct frame_info *frame = &found.segment->frames[found.frame];
        out_frame->position = (struct journal_position){segment, frame->offset};
        /* What is between this frame and the next, if anything, is no frame. */
        out_frame->next = (struct journal_position){
            segment,
            found.frame + 1 < found.segment->frame_count ? frame[1].offset : found.segment->end};
        status = at_frame(journal__chunk_get(journal, found.segment, found.frame, &view, error),
                          out_frame->position, error);
    }
    pthread_mutex_unlock(&journal->lock);
    if (status != STATUS_OK)
        return status;
    struct decode_frame in = {view.frames, view.frame, segment};
    out_frame->memory = view.chunk;
    status = at_frame(journal__decode_frame(&in, out_frame, error), out_frame->position, error);
    if (status != STATUS_OK) {
        struct journal_position position = out_frame->position, next = out_frame->next;
        journal_frame_done(out_frame);
        *out_frame = (struct journal_frame){.position = position, .next = next};
    }
    return status;
}

void journal_frame_done(struct journal_frame *frame)
{
    for (size_t i = 0; i < frame->batch_count; i++)
        batch_free(frame->batches[i]);
    free(frame->batches);
    free(frame->first_record);
    journal__chunk_unref(frame->memory);
    *frame = (struct journal_frame){0};
}

void journal_wake(struct journal *journal)
{
    pthread_mutex_lock(&journal->lock);
    journal->wakes++;
    pthread_cond_broadcast(&journal->frame_written);
    pthread_mutex_unlock(&journal->lock);
}

/* A segment with no frames has nothing to read: the end is where the last frame ends. */
struct journal_position journal_end(struct journal *journal)
{
    pthread_mutex_lock(&journal->lock);
    struct journal_position end = {journal->next_segment, SEGMENT_HEADER_BYTES};
    for (size_t i = journal->segment_count; i-- > 0;) {
        const struct segment *segment = journal->segments[i];
        end = (struct journal_position){segment->id, segment->end};
        if (segment->end > SEGMENT_HEADER_BYTES)
            break;
    }
    pthread_mutex_unlock(&journal->lock);
    return end;
}

/* --- one record */

enum status journal_read_record(struct journal *journal, struct journal_location location,
                                struct batch **out_batch, struct error *error)
{
    struct segment *segment;
    struct chunk_view view = {0};
    pthread_mutex_lock(&journal->lock);
    enum status status = journal__segments_exact(journal, location.frame.segment, &segment, error);
    if (status == STATUS_OK) {
        size_t frame = frame_at(segment, location.frame.offset);
        if (frame == segment->frame_count || segment->frames[frame].offset != location.frame.offset)
            status = fail(error, STATUS_NOT_FOUND, "no frame begins there");
        else
            status = journal__chunk_get(journal, segment, frame, &view, error);
    }
    pthread_mutex_unlock(&journal->lock);
    if (status == STATUS_OK) {
        struct decode_frame in = {view.frames, view.frame, location.frame.segment};
        status = journal__decode_record(&in, location.signal, location.record, out_batch, error);
    }
    journal__chunk_unref(view.chunk);
    return at_frame(status, location.frame, error);
}

/* --- content */

/* One view for lists and one for texts: a list's record stays while its texts are looked up. */
struct lookup {
    struct journal *journal;
    uint32_t segment;
    struct chunk_view views[2];
};

static size_t frame_of_content(const struct segment *segment, uint32_t ordinal)
{
    size_t low = 0, high = segment->frame_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (segment->frames[middle].first_content + segment->frames[middle].content_count <=
            ordinal)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum status find_chunk(struct lookup *lookup, uint32_t ordinal, struct chunk_view *out_view,
                              struct error *error)
{
    struct segment *segment;
    struct journal *journal = lookup->journal;
    pthread_mutex_lock(&journal->lock);
    enum status status = journal__segments_exact(journal, lookup->segment, &segment, error);
    if (status == STATUS_OK) {
        size_t frame = frame_of_content(segment, ordinal);
        if (frame == segment->frame_count || segment->frames[frame].first_content > ordinal)
            status =
                fail(error, STATUS_CORRUPT, "the frame with content %" PRIu32 " is lost", ordinal);
        else
            status = journal__chunk_get(journal, segment, frame, out_view, error);
    }
    pthread_mutex_unlock(&journal->lock);
    return status;
}

static enum status find_record(void *context, uint32_t ordinal, enum content_kind *out_kind,
                               struct str *out_record, struct error *error)
{
    struct lookup *lookup = context;
    for (int i = 0; i < 2; i++) {
        const struct chunk_view *view = &lookup->views[i];
        if (view->chunk &&
            journal__chunk_content(view->frames, view->count, ordinal, out_kind, out_record) &&
            (*out_kind == CONTENT_LIST) == (i == 0))
            return STATUS_OK;
    }
    struct chunk_view view;
    enum status status = find_chunk(lookup, ordinal, &view, error);
    if (status != STATUS_OK)
        return status;
    if (!journal__chunk_content(view.frames, view.count, ordinal, out_kind, out_record)) {
        journal__chunk_unref(view.chunk);
        return fail(error, STATUS_CORRUPT, "content %" PRIu32 " is not where the segment says",
                    ordinal);
    }
    struct chunk_view *kept = &lookup->views[*out_kind == CONTENT_LIST ? 0 : 1];
    journal__chunk_unref(kept->chunk);
    *kept = view;
    return STATUS_OK;
}

static enum status read_content(const struct content_finder *finder, uint32_t ordinal,
                                size_t offset, size_t length, struct arena *arena,
                                struct str *out_text, struct error *error)
{
    uint64_t size;
    enum status status = journal__content_size(finder, ordinal, &size, error);
    if (status != STATUS_OK)
        return status;
    if (offset > size)
        offset = (size_t)size;
    if (length > size - offset)
        length = (size_t)(size - offset);
    /* A forged list may claim any size; an arena's limit is the caller's. */
    char *text = length < JOURNAL_CHUNK_BYTES_MAX ? arena_alloc(arena, length + 1) : NULL;
    if (!text)
        return fail(error, STATUS_TOO_LARGE, "the content has %zu bytes, more than is allowed here",
                    length);
    text[length] = 0;
    status =
        length ? journal__content_copy(finder, ordinal, offset, length, text, error) : STATUS_OK;
    if (status == STATUS_OK)
        *out_text = (struct str){text, length};
    return status;
}

enum status journal_read_content(struct journal *journal, struct content_ref ref, size_t offset,
                                 size_t length, struct arena *arena, struct str *out_text,
                                 struct error *error)
{
    struct lookup lookup = {.journal = journal, .segment = ref.segment};
    struct content_finder finder = {find_record, &lookup};
    enum status status = read_content(&finder, ref.ordinal, offset, length, arena, out_text, error);
    journal__chunk_unref(lookup.views[0].chunk);
    journal__chunk_unref(lookup.views[1].chunk);
    if (status == STATUS_CORRUPT)
        counter_add(&corrupt_total, 1);
    return status;
}

static enum status read_end(void *context, struct content_ref ref, size_t bytes,
                            struct arena *arena, struct str *out_text, struct error *error)
{
    struct lookup lookup = {.journal = context, .segment = ref.segment};
    struct content_finder finder = {find_record, &lookup};
    enum content_kind kind;
    struct str record;
    size_t offset = ref.size_bytes > bytes ? (size_t)(ref.size_bytes - bytes) : 0;
    enum status status = find_record(&lookup, ref.ordinal, &kind, &record, error);
    if (status == STATUS_OK)
        status = kind == CONTENT_LIST
                     ? read_content(&finder, ref.ordinal, offset, bytes, arena, out_text, error)
                     : fail(error, STATUS_NOT_FOUND, "the content is in one piece");
    journal__chunk_unref(lookup.views[0].chunk);
    journal__chunk_unref(lookup.views[1].chunk);
    return status;
}

static enum status read_whole(void *context, struct content_ref ref, struct arena *arena,
                              struct str *out_text, struct error *error)
{
    return journal_read_content(context, ref, 0, SIZE_MAX, arena, out_text, error);
}

struct content_source journal_content_source(struct journal *journal)
{
    return (struct content_source){read_whole, read_end, journal};
}
