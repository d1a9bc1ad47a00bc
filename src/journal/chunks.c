/* SPDX-License-Identifier: Apache-2.0 */
/* chunks: each distinct text once, and what refers to it, for whoever derives something from them.
 */
#include <stdlib.h>

#include "journal/journal_private.h"

static void describe(const struct segment *segment, size_t first, size_t end,
                     struct journal_chunk *out)
{
    const struct frame_info *frames = segment->frames, *last = &frames[end - 1];
    *out = (struct journal_chunk){
        .segment = segment->id,
        .first_frame = (uint32_t)first,
        .frame_count = (uint32_t)(end - first),
        .first_content = frames[first].first_content,
        .content_count = last->first_content + last->content_count - frames[first].first_content,
        .start = frames[first].offset,
        .end = last->offset + FRAME_HEADER_BYTES + last->payload_bytes,
        .complete = segment->sealed || end < segment->frame_count,
    };
}

static enum status list(const struct segment *segment, struct journal_chunks *out,
                        struct error *error)
{
    size_t count = 0;
    for (size_t i = 0; i < segment->frame_count; i++)
        count += segment->frames[i].chunk == i;
    *out = (struct journal_chunks){.items = calloc(count + 1, sizeof *out->items),
                                   .created_ns = segment->created_ns,
                                   .content_count = segment->content_count};
    if (!out->items)
        return fail(error, STATUS_BUSY, "no memory for a list of %zu chunks", count);
    for (size_t first = 0, end; first < segment->frame_count; first = end) {
        for (end = first + 1; end < segment->frame_count && segment->frames[end].chunk != end;)
            end++;
        if (out->count < count)
            describe(segment, first, end, &out->items[out->count++]);
    }
    return STATUS_OK;
}

enum status journal_list_chunks(struct journal *journal, uint32_t id,
                                struct journal_chunks *out_chunks, struct error *error)
{
    struct segment *segment;
    pthread_mutex_lock(&journal->lock);
    enum status status = journal__segments_exact(journal, id, &segment, error);
    if (status == STATUS_OK)
        status = list(segment, out_chunks, error);
    pthread_mutex_unlock(&journal->lock);
    return status;
}

/* --- visiting */

static bool visit_link(void *context, uint32_t list, uint32_t ordinal)
{
    const struct journal_visitor *visitor = context;
    if (visitor->link && ordinal < list)
        visitor->link(visitor->context, list, ordinal);
    return true;
}

struct list_visit {
    const struct journal_visitor *visitor;
    uint32_t list;
};

static bool visit_item(void *context, uint32_t ordinal, uint64_t size, bool is_parent)
{
    const struct list_visit *visit = context;
    (void)size, (void)is_parent;
    return visit_link((void *)visit->visitor, visit->list, ordinal);
}

static void visit_contents(const struct chunk_frame *frame, const struct journal_visitor *visitor)
{
    for (uint32_t i = 0; i < frame->content_count; i++) {
        enum content_kind kind;
        struct str record;
        struct list_sizes sizes;
        uint32_t ordinal = frame->first_content + i;
        if (!journal__chunk_content(frame, 1, ordinal, &kind, &record))
            continue;
        struct list_visit visit = {visitor, ordinal};
        if (kind == CONTENT_TEXT && visitor->text)
            visitor->text(visitor->context, ordinal, record);
        if (kind == CONTENT_LIST && visitor->link)
            journal__list_visit(ordinal, record, visit_item, &visit, &sizes);
        if (kind == CONTENT_LIST && visitor->text)
            journal__list_literals(ordinal, record, visitor->text, visitor->context);
    }
}

static void visit_records(const struct journal_frame *frame, const struct journal_visitor *visitor)
{
    for (size_t i = 0; i < frame->batch_count; i++) {
        const struct batch *batch = frame->batches[i];
        const size_t counts[SIGNAL_COUNT] = {batch->span_count, batch->log_count,
                                             batch->point_count};
        for (int signal = 0; signal < SIGNAL_COUNT; signal++)
            for (size_t n = 0; n < counts[signal]; n++)
                visitor->record(
                    visitor->context,
                    (struct journal_location){frame->position, (enum signal)signal,
                                              frame->first_record[i][signal] + (uint32_t)n},
                    batch, n);
    }
}

static enum status visit_frame(const struct chunk_view *view, size_t number,
                               struct journal_position position,
                               const struct journal_visitor *visitor, struct error *error)
{
    visit_contents(&view->frames[number], visitor);
    if (!visitor->record)
        return STATUS_OK;
    struct journal_frame frame = {.position = position};
    const struct decode_frame in = {view->frames, number, position.segment};
    enum status status = journal__decode_lazily(&in, &frame, error);
    if (status == STATUS_OK)
        visit_records(&frame, visitor);
    journal_frame_done(&frame);
    return status;
}

/* The chunk, and where its frames stand: as many as chunk->frame_count and the file have. */
static enum status open_chunk(struct journal *journal, const struct journal_chunk *chunk,
                              struct chunk_view *out_view, uint64_t *offsets, struct error *error)
{
    struct segment *segment;
    pthread_mutex_lock(&journal->lock);
    enum status status = journal__segments_exact(journal, chunk->segment, &segment, error);
    if (status == STATUS_OK &&
        (uint64_t)chunk->first_frame + chunk->frame_count > segment->frame_count)
        status = fail(error, STATUS_NOT_FOUND, "the segment has no such chunk");
    if (status == STATUS_OK) {
        for (size_t i = 0; i < chunk->frame_count; i++)
            offsets[i] = segment->frames[chunk->first_frame + i].offset;
        status = journal__chunk_peek(journal, segment, chunk->first_frame, chunk->frame_count,
                                     out_view, error);
    }
    pthread_mutex_unlock(&journal->lock);
    return status;
}

enum status journal_visit_chunk(struct journal *journal, const struct journal_chunk *chunk,
                                const struct journal_visitor *visitor, struct error *error)
{
    struct chunk_view view;
    uint64_t *offsets = calloc((size_t)chunk->frame_count + 1, sizeof *offsets);
    if (!offsets)
        return fail(error, STATUS_BUSY, "no memory for a chunk of %u frames", chunk->frame_count);
    enum status status = open_chunk(journal, chunk, &view, offsets, error);
    if (status == STATUS_OK) {
        size_t count = view.count < chunk->frame_count ? view.count : chunk->frame_count;
        for (size_t i = 0; i < count && status == STATUS_OK; i++) {
            if (visitor->frame)
                visitor->frame(visitor->context, (uint32_t)i);
            status = visit_frame(&view, i, (struct journal_position){chunk->segment, offsets[i]},
                                 visitor, error);
        }
        if (visitor->keep && visitor->keep(visitor->context))
            journal__chunk_keep(journal, view.chunk);
        journal__chunk_unref(view.chunk);
    }
    free(offsets);
    return status;
}
