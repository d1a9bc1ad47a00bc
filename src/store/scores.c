/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scores: the newest record of each score, and the texts behind ids that were not ours.
 *
 * A score is found by a hash of its project and id; that the id is the same is then looked at, for
 * such hashes can be made to collide. A later record replaces the row and keeps when the first one
 * came; a tombstone takes the row away and leaves none.
 */
#define _GNU_SOURCE
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/must.h"
#include "store/store_private.h"

enum { ALIASES_REMEMBERED = 65536 };

static uint64_t score_hash(uint32_t project, struct str id)
{
    return XXH3_64bits_withSeed(id.ptr, id.len, project);
}

static bool set_texts(struct store *store, struct score_row *row, const struct store_score *from)
{
    const struct score *score = from->score;
    const struct {
        struct str *to, text;
        size_t most;
    } texts[] = {
        {&row->id, score->id, SCORE_ID_BYTES_MAX},
        {&row->text, score->text, TEXT_BYTES_MAX},
        {&row->session, score->session, TEXT_BYTES_MAX},
        {&row->dataset_run, score->dataset_run, TEXT_BYTES_MAX},
        {&row->config_id, score->config_id, TEXT_BYTES_MAX},
        {&row->queue_id, from->queue_id, TEXT_BYTES_MAX},
        {&row->author, score->author, TEXT_BYTES_MAX},
        {&row->comment, from->comment, TEXT_BYTES_MAX},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        *texts[i].to = store__keep_text(store, texts[i].text, texts[i].most);
        if (texts[i].text.len && !texts[i].to->ptr)
            return false;
    }
    return true;
}

static void set_rest(struct store *store, struct score_row *row, const struct store_score *from)
{
    const struct score *score = from->score;
    bool plausible = score->time_ns && score->time_ns <= INT64_MAX;
    row->time_ns = plausible ? (int64_t)score->time_ns : from->place.arrival_ns;
    row->arrival_ns = row->created_ns = from->place.arrival_ns;
    row->trace_hi = store__id_half(score->trace_id);
    row->trace_lo = store__id_half(score->trace_id + 8);
    row->span_id = store__id_half(score->span_id);
    row->value = isfinite(score->number) ? score->number : (double)NAN;
    row->type = (uint8_t)score->type;
    row->source = (uint8_t)score->source;
    row->name = names_id(&store->names, score->name);
    row->environment = names_id(&store->names, score->environment);
    row->project = (int32_t)from->place.project_id;
    row->segment = (int32_t)from->place.segment;
    row->record = (int32_t)from->place.record;
    row->frame = (int64_t)from->place.frame;
    row->hash = (int64_t)score_hash(from->place.project_id, score->id);
    row->dropped = score->deleted;
}

/* The same score twice in one batch: the later record stays, in the place of the first. */
enum status store_add_score(struct store *store, const struct store_score *score,
                            struct error *error)
{
    struct pending *scores = &store->scores;
    enum status status = store__ready(store, scores, error);
    if (status != STATUS_OK)
        return status;
    struct score_row row = {0};
    set_rest(store, &row, score);
    scored_traces_add(&store->scored_traces, score->place.project_id, row.trace_hi, row.trace_lo);
    if (!set_texts(store, &row, score))
        return store__no_memory(error);
    bool is_new;
    uint32_t *at = key_map_at(&scores->at, (uint64_t)row.hash, (uint32_t)scores->count, &is_new);
    if (!at)
        return store__no_memory(error);
    struct score_row *old = is_new ? NULL : (struct score_row *)scores->rows + *at;
    if (old && old->project == row.project && str_equal(old->id, row.id)) {
        if (!old->dropped)
            row.created_ns = old->created_ns;
        row.maybe_known = old->maybe_known;
        *old = row;
        scores->superseded++;
        return STATUS_OK;
    }
    struct score_row *to = store__pending_push(scores, sizeof *to);
    if (!to)
        return store__no_memory(error);
    row.maybe_known = seen_maybe(&scores->seen, (uint64_t)row.hash);
    *to = row;
    return STATUS_OK;
}

/* --- which traces have any ------------------------------------------------------------------ */

static enum status take_scored(void *context, const struct store_rows *row, struct error *error)
{
    (void)error;
    scored_traces_add(context, (uint32_t)store_rows_int(row, 0), store_rows_int(row, 1),
                      store_rows_int(row, 2));
    return STATUS_OK;
}

bool store_trace_maybe_scored(struct store *store, uint32_t project, int64_t trace_hi,
                              int64_t trace_lo)
{
    static const struct store_question all = {.sql =
                                                  "SELECT project, trace_hi, trace_lo FROM scores"};
    struct error ignored;
    if (!store->scored_loaded) {
        pthread_mutex_lock(&store->scored_lock);
        /* What is added meanwhile is marked before it is committed. */
        if (!store->scored_loaded)
            store->scored_loaded = store_stream(store, &all, take_scored, &store->scored_traces,
                                                &ignored) == STATUS_OK;
        pthread_mutex_unlock(&store->scored_lock);
    }
    return !store->scored_loaded ||
           scored_traces_maybe(&store->scored_traces, project, trace_hi, trace_lo);
}

/* --- what the index has already ------------------------------------------------------------- */

/* Columns: the number in the batch, the row's number, when it first came, its id. */
static enum status take_known(struct store *store, duckdb_data_chunk chunk, struct error *error)
{
    const int32_t *numbers = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
    const int64_t *row_ids = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 1));
    const int64_t *created = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 2));
    duckdb_string_t *ids = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 3));
    for (size_t i = 0; i < duckdb_data_chunk_get_size(chunk); i++) {
        struct score_row *row = (struct score_row *)store->scores.rows + numbers[i];
        struct str id = {duckdb_string_t_data(&ids[i]), duckdb_string_t_length(ids[i])};
        if (!str_equal(id, row->id))
            continue;
        if (created[i] < row->created_ns)
            row->created_ns = created[i];
        store->scores.superseded++;
        struct doomed_row *doomed = store__pending_push(&store->doomed_scores, sizeof *doomed);
        if (!doomed)
            return store__no_memory(error);
        doomed->row = row_ids[i];
    }
    return STATUS_OK;
}

enum status store__settle_scores(struct store *store, struct error *error)
{
    const struct score_row *rows = (const struct score_row *)store->scores.rows;
    size_t count = 0;
    if (store->scores.count == 0)
        return STATUS_OK;
    struct probe_row *probes =
        arena_array(&store->batch_texts, struct probe_row, store->scores.count);
    if (!probes)
        return store__no_memory(error);
    for (size_t i = 0; i < store->scores.count; i++)
        if (rows[i].maybe_known)
            probes[count++] = (struct probe_row){
                .a = rows[i].hash, .project = rows[i].project, .number = (int32_t)i};
    if (count == 0)
        return STATUS_OK;
    duckdb_result result;
    enum status status = store__temp_table(store, TABLE_PROBE, error);
    if (status == STATUS_OK)
        status = store__append(store, TABLE_PROBE, probes, count, error);
    if (status == STATUS_OK)
        status = store__ask(store, &result, error,
                            "SELECT p.number, s.rowid, s.created_ns, s.id FROM scores s "
                            "JOIN probe p ON s.hash = p.a AND s.project = p.project");
    if (status == STATUS_OK)
        status = store__each_chunk(store, &result, take_known, error);
    if (status != STATUS_OK || store->doomed_scores.count == 0)
        return status;
    status = store__temp_table(store, TABLE_DOOMED, error);
    if (status == STATUS_OK)
        status = store__append(store, TABLE_DOOMED, store->doomed_scores.rows,
                               store->doomed_scores.count, error);
    if (status == STATUS_OK)
        status = store__run(store, error,
                            "DELETE FROM scores WHERE rowid IN (SELECT \"row\" FROM doomed)");
    return status;
}

/* --- aliases -------------------------------------------------------------------------------- */

enum status store_add_alias(struct store *store, const struct store_alias *alias,
                            struct error *error)
{
    bool is_new;
    enum status status = store__ready(store, &store->scores, error);
    if (status != STATUS_OK)
        return status;
    int64_t key[4] = {alias->place.project_id, alias->kind, alias->hi, alias->lo};
    if (store->known_aliases.count >= ALIASES_REMEMBERED)
        key_map_clear(&store->known_aliases);
    uint64_t hash = XXH3_64bits_withSeed(alias->text.ptr, alias->text.len,
                                         XXH3_64bits(key, sizeof key) ^ alias->place.segment);
    if (!key_map_at(&store->known_aliases, hash, 0, &is_new))
        return store__no_memory(error);
    if (!is_new)
        return STATUS_OK;
    struct alias_row *row = store__pending_push(&store->aliases, sizeof *row);
    if (!row)
        return store__no_memory(error);
    *row = (struct alias_row){
        .project = (int32_t)alias->place.project_id,
        .segment = (int32_t)alias->place.segment,
        .kind = (uint8_t)alias->kind,
        .hi = alias->hi,
        .lo = alias->lo,
        .text = store__keep_text(store, alias->text, TEXT_BYTES_MAX),
    };
    return row->text.ptr || !alias->text.len ? STATUS_OK : store__no_memory(error);
}
