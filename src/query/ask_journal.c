/* SPDX-License-Identifier: Apache-2.0 */
/* ask_journal: the rows of a running question -> values out of their records. A record that
 * retention has dropped has no values. */
#include "query/ask_private.h"

enum {
    SCRATCH_BYTES = 256 << 20,
    SCRATCH_KEEP = 1 << 20,
};

static const struct plan_block *block_of(const struct plan *plan, int set)
{
    const struct plan_block *block = plan->top;
    while (block && block->number != set)
        block = block->below;
    return block;
}

static enum signal signal_of(const struct plan *plan)
{
    return plan->source == SOURCE_LOGS ? SIGNAL_LOGS : SIGNAL_SPANS;
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

/* Where the values of a vector of rows go. */
struct filling {
    struct ask_journal *journal;
    const struct plan_block *block;
    struct str *values;
    struct arena *arena;
};

static enum status fill_row(void *context, const struct walked_record *walked, size_t row,
                            struct error *error)
{
    const struct filling *filling = context;
    struct arena *arena = filling->arena;
    struct ask_record record = {.batch = walked->batch, .span = walked->span, .log = walked->log};
    read_values(filling->journal, &record, filling->block,
                filling->values + row * filling->block->paths.count, arena);
    return arena->used_bytes >= arena->limit_bytes - (arena->limit_bytes >> 4)
               ? fail(error, STATUS_TOO_LARGE,
                      "the records are too large to look into at once: narrow the question")
               : STATUS_OK;
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
    struct filling filling = {journal, block, values, arena};
    if (!block)
        return fail(error, STATUS_INTERNAL, "the question has no such block");
    bool records = fill_found(journal, block, rows, count, values);
    for (size_t i = 0; i < count && !journal->used; i++)
        journal->used = !rows[i].absent;
    journal->used = journal->used || !records;
    enum status status =
        records ? record_walk(&journal->walk, rows, count, fill_row, &filling, error) : STATUS_OK;
    arena_done(&journal->scratch);
    return status;
}

void ask_journal_init(struct ask_journal *journal, const struct query *query,
                      const struct plan *plan, const _Atomic bool *cancelled,
                      struct store_lookup *out_lookup)
{
    *journal = (struct ask_journal){
        .walk = {.query = query, .signal = signal_of(plan), .cancelled = cancelled},
        .plan = plan,
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
    record_walk_done(&journal->walk);
    arena_done(&journal->scratch);
}
