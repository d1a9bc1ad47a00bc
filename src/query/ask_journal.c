/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask_journal: the rows of a running question -> values out of their records.
 *
 * Rows come a vector at a time and mostly in the order they were written; each frame is decoded
 * once, a lone record by itself. A record that retention has dropped has no values.
 */
#include <stdlib.h>
#include <string.h>

#include "query/ask_private.h"

enum {
    ALONE = 3, /* so many records of a frame are read one by one */
    SCRATCH_BYTES = 256 << 20,
    SCRATCH_KEEP = 1 << 20,
};

struct wanted {
    const struct store_lookup_row *row;
    size_t number;
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

static const struct plan_block *block_of(const struct plan *plan, int set)
{
    const struct plan_block *block = plan->top;
    while (block && block->number != set)
        block = block->below;
    return block;
}

static void drop_frame(struct ask_journal *journal)
{
    if (journal->has_frame)
        journal_frame_done(&journal->frame);
    journal->has_frame = false;
}

/* STATUS_NOT_FOUND: no frame begins there any more. */
static enum status want_frame(struct ask_journal *journal, struct journal_position position,
                              struct error *error)
{
    if (journal->has_frame && journal_position_compare(journal->frame.position, position) == 0)
        return STATUS_OK;
    drop_frame(journal);
    enum status status = journal_read(journal->query->journal, position, 0, &journal->frame, error);
    if (status == STATUS_TIMEOUT)
        return STATUS_NOT_FOUND;
    if (status != STATUS_OK)
        return status;
    journal->has_frame = true;
    for (size_t i = 0; i < journal->frame.batch_count; i++)
        journal->bytes += (int64_t)journal->frame.batches[i]->arena.used_bytes;
    return journal_position_compare(journal->frame.position, position) == 0 ? STATUS_OK
                                                                            : STATUS_NOT_FOUND;
}

static enum signal signal_of(const struct plan *plan)
{
    return plan->source == SOURCE_LOGS ? SIGNAL_LOGS : SIGNAL_SPANS;
}

static bool record_in(const struct ask_journal *journal, uint32_t number,
                      struct ask_record *out_record)
{
    const struct journal_frame *frame = &journal->frame;
    enum signal signal = signal_of(journal->plan);
    for (size_t i = 0; i < frame->batch_count; i++) {
        const struct batch *batch = frame->batches[i];
        uint32_t first = frame->first_record[i][signal];
        size_t count = signal == SIGNAL_LOGS ? batch->log_count : batch->span_count;
        if (number < first || number - first >= count)
            continue;
        out_record->batch = batch;
        if (signal == SIGNAL_LOGS)
            out_record->log = &batch->logs[number - first];
        else
            out_record->span = &batch->spans[number - first];
        return true;
    }
    return false;
}

static void read_values(struct ask_journal *journal, struct ask_record *record,
                        const struct plan_block *block, struct str *values, struct arena *arena)
{
    record->contents = &journal->contents;
    record->scratch = &journal->scratch;
    for (size_t i = 0; i < block->paths.count; i++)
        if (block->paths.items[i]->integer <= 0)
            values[i] = ask_record_value(record, block->paths.items[i], arena);
    if (journal->scratch.used_bytes > SCRATCH_KEEP)
        arena_done(&journal->scratch);
}

/* A few records of a frame that is not at hand. */
static enum status read_alone(struct ask_journal *journal, const struct wanted *wanted,
                              const struct plan_block *block, struct str *values,
                              struct arena *arena, struct error *error)
{
    struct batch *batch;
    const struct journal_location location = {
        .frame = {wanted->row->segment, wanted->row->frame},
        .signal = signal_of(journal->plan),
        .record = wanted->row->record,
    };
    enum status status = journal_read_record(journal->query->journal, location, &batch, error);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    struct ask_record record = {.batch = batch};
    if (location.signal == SIGNAL_LOGS)
        record.log = &batch->logs[0];
    else
        record.span = &batch->spans[0];
    journal->bytes += (int64_t)batch->arena.used_bytes;
    read_values(journal, &record, block, values, arena);
    arena_done(&journal->scratch);
    batch_free(batch);
    return STATUS_OK;
}

static enum status read_group(struct ask_journal *journal, const struct wanted *wanted,
                              size_t count, const struct plan_block *block, struct str *values,
                              struct arena *arena, struct error *error)
{
    const struct journal_position position = {wanted->row->segment, wanted->row->frame};
    size_t width = block->paths.count;
    bool at_hand =
        journal->has_frame && journal_position_compare(journal->frame.position, position) == 0;
    enum status status = STATUS_OK;
    if (count <= ALONE && !at_hand) {
        for (size_t i = 0; i < count && status == STATUS_OK; i++)
            status = read_alone(journal, &wanted[i], block, values + wanted[i].number * width,
                                arena, error);
        return status;
    }
    status = want_frame(journal, position, error);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct ask_record record = {0};
        if (record_in(journal, wanted[i].row->record, &record))
            read_values(journal, &record, block, values + wanted[i].number * width, arena);
        /* Texts of the frame may be borrowed by what is in the scratch arena, not the reverse. */
    }
    arena_done(&journal->scratch);
    return status;
}

/* What a search found needs no record. True: some path does. */
static bool fill_found(const struct ask_journal *journal, const struct plan_block *block,
                       const struct store_lookup_row *rows, size_t count, struct str *values)
{
    static const char yes[] = {STORE_ANY_BOOLEAN, 't', 'r', 'u', 'e'};
    bool records = false;
    for (size_t p = 0; p < block->paths.count; p++) {
        int64_t search = block->paths.items[p]->integer;
        records = records || search <= 0;
        for (size_t i = 0; search > 0 && i < count; i++)
            if (!rows[i].absent && ask_found(&journal->searches[search - 1], &rows[i]))
                values[i * block->paths.count + p] = (struct str){yes, sizeof yes};
    }
    return records;
}

static enum status fill(void *context, int set, const struct store_lookup_row *rows, size_t count,
                        struct str *values, struct arena *arena, struct error *error)
{
    struct ask_journal *journal = context;
    const struct plan_block *block = block_of(journal->plan, set);
    struct wanted *wanted = calloc(count + 1, sizeof *wanted);
    size_t total = 0;
    enum status status = STATUS_OK;
    if (!block || !wanted) {
        free(wanted);
        return fail(error, STATUS_INTERNAL, "no memory to read records");
    }
    bool records = fill_found(journal, block, rows, count, values);
    for (size_t i = 0; i < count && records; i++)
        if (!rows[i].absent)
            wanted[total++] = (struct wanted){&rows[i], i};
    journal->used = journal->used || total > 0 || !records;
    qsort(wanted, total, sizeof *wanted, by_place);
    for (size_t i = 0, end; i < total && status == STATUS_OK; i = end) {
        for (end = i + 1; end < total && wanted[end].row->segment == wanted[i].row->segment &&
                          wanted[end].row->frame == wanted[i].row->frame;)
            end++;
        if (journal->cancelled && *journal->cancelled)
            status = fail(error, STATUS_CANCELLED, "the question was cancelled");
        else
            status = read_group(journal, wanted + i, end - i, block, values, arena, error);
        if (arena->used_bytes >= arena->limit_bytes - (arena->limit_bytes >> 4))
            status = fail(error, STATUS_TOO_LARGE,
                          "the records are too large to look into at once: narrow the question");
    }
    free(wanted);
    return status;
}

void ask_journal_init(struct ask_journal *journal, const struct query *query,
                      const struct plan *plan, const _Atomic bool *cancelled,
                      struct store_lookup *out_lookup)
{
    *journal = (struct ask_journal){
        .query = query,
        .plan = plan,
        .cancelled = cancelled,
        .contents = journal_content_source(query->journal),
    };
    arena_init(&journal->scratch, SCRATCH_BYTES);
    *out_lookup = (struct store_lookup){.fill = fill, .context = journal};
    for (const struct plan_block *block = plan->top; block; block = block->below)
        if (block->number < STORE_LOOKUP_SETS)
            out_lookup->widths[block->number] = block->paths.count;
}

void ask_journal_done(struct ask_journal *journal)
{
    drop_frame(journal);
    arena_done(&journal->scratch);
}
