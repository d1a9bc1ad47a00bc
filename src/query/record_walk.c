/* SPDX-License-Identifier: Apache-2.0 */
/* record_walk: see record_walk.h. */
#include "query/record_walk.h"

#include <stdlib.h>

enum { ALONE = 3 /* so many records of a frame are read one by one */ };

struct wanted {
    const struct store_lookup_row *row;
    size_t number;
};

/* A walk under way. */
struct visitor {
    struct record_walk *walk;
    enum status (*visit)(void *context, const struct walked_record *record, size_t row,
                         struct error *error);
    void *context;
    struct error *error;
};

static int by_place(const void *a, const void *b)
{
    const struct store_lookup_row *left = ((const struct wanted *)a)->row;
    const struct store_lookup_row *right = ((const struct wanted *)b)->row;
    if (left->segment != right->segment)
        return left->segment < right->segment ? -1 : 1;
    if (left->frame != right->frame)
        return left->frame < right->frame ? -1 : 1;
    return (left->record > right->record) - (left->record < right->record);
}

void record_walk_done(struct record_walk *walk)
{
    if (walk->has_frame)
        journal_frame_done(&walk->frame);
    walk->has_frame = false;
}

static bool is_at_hand(const struct record_walk *walk, struct journal_position position)
{
    return walk->has_frame && journal_position_compare(walk->frame.position, position) == 0;
}

/* STATUS_NOT_FOUND: no frame begins there any more. */
static enum status want_frame(struct record_walk *walk, struct journal_position position,
                              struct error *error)
{
    if (is_at_hand(walk, position))
        return STATUS_OK;
    record_walk_done(walk);
    enum status status = journal_read(walk->query->journal, position, 0, &walk->frame, error);
    if (status == STATUS_TIMEOUT)
        return STATUS_NOT_FOUND;
    if (status != STATUS_OK)
        return status;
    walk->has_frame = true;
    for (size_t i = 0; i < walk->frame.batch_count; i++)
        walk->bytes += (int64_t)walk->frame.batches[i]->arena.used_bytes;
    return is_at_hand(walk, position) ? STATUS_OK : STATUS_NOT_FOUND;
}

static struct walked_record record_of(enum signal signal, const struct batch *batch, uint32_t at)
{
    struct walked_record record = {.batch = batch};
    if (signal == SIGNAL_LOGS)
        record.log = &batch->logs[at];
    else if (signal == SIGNAL_SCORES)
        record.score = &batch->scores[at];
    else
        record.span = &batch->spans[at];
    return record;
}

static size_t count_in(enum signal signal, const struct batch *batch)
{
    return signal == SIGNAL_LOGS     ? batch->log_count
           : signal == SIGNAL_SCORES ? batch->score_count
                                     : batch->span_count;
}

static enum status visit_in_frame(const struct visitor *visitor, const struct wanted *wanted)
{
    const struct journal_frame *frame = &visitor->walk->frame;
    enum signal signal = visitor->walk->signal;
    for (size_t i = 0; i < frame->batch_count; i++) {
        uint32_t first = frame->first_record[i][signal], number = wanted->row->record;
        if (number < first || number - first >= count_in(signal, frame->batches[i]))
            continue;
        struct walked_record record = record_of(signal, frame->batches[i], number - first);
        return visitor->visit(visitor->context, &record, wanted->number, visitor->error);
    }
    return STATUS_OK;
}

/* One of a few records of a frame that is not at hand. */
static enum status visit_alone(const struct visitor *visitor, const struct wanted *wanted)
{
    struct batch *batch;
    struct record_walk *walk = visitor->walk;
    const struct journal_location location = {
        .frame = {wanted->row->segment, wanted->row->frame},
        .signal = walk->signal,
        .record = wanted->row->record,
    };
    enum status status =
        journal_read_record(walk->query->journal, location, &batch, visitor->error);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    struct walked_record record = record_of(walk->signal, batch, 0);
    walk->bytes += (int64_t)batch->arena.used_bytes;
    status = visitor->visit(visitor->context, &record, wanted->number, visitor->error);
    batch_free(batch);
    return status;
}

static enum status visit_group(const struct visitor *visitor, const struct wanted *wanted,
                               size_t count)
{
    const struct journal_position position = {wanted->row->segment, wanted->row->frame};
    bool alone = count <= ALONE && !is_at_hand(visitor->walk, position);
    enum status status = alone ? STATUS_OK : want_frame(visitor->walk, position, visitor->error);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = alone ? visit_alone(visitor, &wanted[i]) : visit_in_frame(visitor, &wanted[i]);
    return status;
}

enum status record_walk(struct record_walk *walk, const struct store_lookup_row *rows, size_t count,
                        enum status (*visit)(void *context, const struct walked_record *record,
                                             size_t row, struct error *error),
                        void *context, struct error *error)
{
    const struct visitor visitor = {walk, visit, context, error};
    struct wanted *wanted = calloc(count + 1, sizeof *wanted);
    size_t total = 0;
    enum status status = STATUS_OK;
    if (!wanted)
        return fail(error, STATUS_INTERNAL, "no memory to read records");
    for (size_t i = 0; i < count; i++)
        if (!rows[i].absent)
            wanted[total++] = (struct wanted){&rows[i], i};
    qsort(wanted, total, sizeof *wanted, by_place);
    for (size_t i = 0, end; i < total && status == STATUS_OK; i = end) {
        for (end = i + 1; end < total && wanted[end].row->segment == wanted[i].row->segment &&
                          wanted[end].row->frame == wanted[i].row->frame;)
            end++;
        if (walk->cancelled && *walk->cancelled)
            status = fail(error, STATUS_CANCELLED, "the question was cancelled");
        else
            status = visit_group(&visitor, wanted + i, end - i);
    }
    free(wanted);
    return status;
}
