/* SPDX-License-Identifier: Apache-2.0 */
/*
 * duckdb_rows: records into the rows of the open batch: texts become names, what is absent becomes
 * null, what is out of range is clamped, bad UTF-8 is mended. The same record twice in one batch
 * stays one row.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/must.h"
#include "model/model_label.h"
#include "store/store_private.h"
#include "wire/utf8.h"

#define COST_NANO_MAX INT64_C(1000000000000000) /* a million dollars for one span */

int64_t store__id_half(const uint8_t *bytes)
{
    uint64_t number = 0;
    for (int i = 0; i < 8; i++)
        number = number << 8 | bytes[i];
    return (int64_t)number;
}

enum status store__no_memory(struct error *error)
{
    return fail(error, STATUS_INTERNAL, "index: no memory for the open batch");
}

void *store__pending_push(struct pending *pending, size_t row_size)
{
    if (pending->count == pending->capacity) {
        size_t capacity = pending->capacity ? pending->capacity * 2 : 256;
        void *rows = realloc(pending->rows, capacity * row_size);
        if (!rows)
            return NULL;
        pending->rows = rows;
        pending->capacity = capacity;
    }
    return pending->rows + pending->count++ * row_size;
}

/* The engine turns a text that is not UTF-8 into NULL without a word. */
struct str store__keep_text(struct store *store, struct str text, size_t most)
{
    if (!text.ptr || text.len == 0)
        return STR_NONE;
    text = utf8_clip(text, most);
    return utf8_valid(text) ? arena_copy(&store->batch_texts, text)
                            : utf8_repair(text, &store->batch_texts);
}

/* Neighbouring spans mostly say the same. */
static int32_t name_of(struct store *store, enum span_name column, struct str text)
{
    if (text.len == 0)
        return NAME_NONE;
    int32_t last = store->last_name_ids[column];
    struct str known = names_text(&store->names, (uint32_t)last);
    if (known.len == text.len && memcmp(known.ptr, text.ptr, text.len) == 0)
        return last;
    int32_t id = names_id(&store->names, text);
    store->last_name_ids[column] = id;
    return id;
}

static int32_t tokens_of(int64_t tokens)
{
    return tokens < 0 ? NULL_I32 : tokens > INT32_MAX ? INT32_MAX : (int32_t)tokens;
}

static int32_t weight_of(const struct span *span, uint32_t revision)
{
    if (revision)
        return MERGED_WEIGHT + (int32_t)(revision < MERGED_WEIGHT ? revision : MERGED_WEIGHT);
    size_t weight = span->attributes.count + span->event_count + span->link_count;
    return weight > INT32_MAX ? INT32_MAX : (int32_t)weight;
}

/* Some name a step by an id of its own, which says nothing and would fill the dictionary. */
static struct str graph_name(struct str text)
{
    size_t digits = 0;
    for (size_t i = 0; i < text.len; i++)
        digits += isxdigit((unsigned char)text.ptr[i]) || text.ptr[i] == '-';
    return text.len >= 16 && digits == text.len ? STR_NONE : text;
}

static int64_t hash_of(struct str text)
{
    return text.len ? (int64_t)(XXH3_64bits(text.ptr, text.len) & INT64_MAX) : NULL_I64;
}

/* What graphs and loops are found by; `linked` is a span of the same trace. */
static void set_relations(struct span_row *row, const struct store_span *span)
{
    const struct observation *seen = span->observation;
    row->arguments = hash_of(seen->arguments);
    row->tool_call = hash_of(seen->tool_call_id);
    row->linked = NULL_I64;
    for (size_t i = 0; i < span->span->link_count && row->linked == NULL_I64; i++) {
        const struct span_link *link = &span->span->links[i];
        if (memcmp(link->trace_id, span->span->trace_id, TRACE_ID_BYTES) == 0)
            row->linked = store__id_half(link->span_id);
    }
}

static void set_names(struct store *store, struct span_row *row, const struct observation *seen)
{
    const struct str texts[SPAN_NAMES] = {
        [SPAN_NAME] = seen->name,
        [SPAN_OP] = seen->op,
        [SPAN_SERVICE] = seen->service,
        [SPAN_ENVIRONMENT] = seen->environment,
        [SPAN_PROVIDER] = seen->provider,
        [SPAN_MODEL] = model_label(seen->model_request, seen->model),
        [SPAN_MODEL_VERSION] = seen->model,
        [SPAN_GRAPH_NODE] = graph_name(seen->graph_node),
        [SPAN_GRAPH_PARENT] = graph_name(seen->graph_parent),
        [SPAN_AGENT] = seen->agent,
        [SPAN_TOOL] = seen->tool,
        [SPAN_PROMPT] = seen->prompt,
        [SPAN_PROMPT_VERSION] = seen->prompt_version,
        [SPAN_RELEASE] = seen->release,
        [SPAN_ERROR_TYPE] = seen->error_type,
        [SPAN_FINISH] = seen->finish,
        [SPAN_VOCABULARY] = seen->vocabulary,
        [SPAN_TENANT] = seen->tenant,
        [SPAN_TRACE_NAME] = seen->trace_name,
        [SPAN_VERSION] = seen->version,
        [SPAN_LEVEL] = seen->level,
    };
    for (int i = 0; i < SPAN_NAMES; i++)
        row->names[i] = name_of(store, (enum span_name)i, texts[i]);
}

static int64_t money_of(int64_t nano)
{
    return nano < 0 ? NULL_I64 : nano > COST_NANO_MAX ? COST_NANO_MAX : nano;
}

static void set_numbers(struct span_row *row, const struct store_span *span)
{
    const struct observation *seen = span->observation;
    const struct token_usage *usage = &seen->usage;
    int64_t start = seen->start_ns < 0 ? 0 : seen->start_ns;
    int64_t end = seen->end_ns < start ? start : seen->end_ns;
    row->start_ns = start;
    row->duration_ns = end - start;
    row->arrival_ns = span->place.arrival_ns;
    row->cost = money_of(span->cost_nano);
    row->input_cost = money_of(span->cost_input_nano);
    row->output_cost = money_of(span->cost_output_nano);
    row->ttft = seen->ttft_ns < 0 ? NULL_I64 : seen->ttft_ns;
    row->tokens[TOKENS_INPUT] = tokens_of(usage->input_total);
    row->tokens[TOKENS_OUTPUT] = tokens_of(usage->output_total);
    row->tokens[TOKENS_CACHE_READ] = tokens_of(usage->cache_read);
    row->tokens[TOKENS_CACHE_WRITE] = tokens_of(usage->cache_write);
    row->tokens[TOKENS_REASONING] = tokens_of(usage->reasoning);
    row->tokens[TOKENS_TOTAL] = tokens_of(usage->total);
    row->flags = (uint16_t)(seen->flags & ~(uint32_t)OBSERVATION_PARENT_UNSEEN);
    row->kind = (uint8_t)seen->kind;
    row->status = (uint8_t)(seen->is_error ? SPAN_ERROR : span->span->status);
    row->error_kind = (uint8_t)seen->error_kind;
    row->cost_source = (uint8_t)span->cost_source;
    row->weight = weight_of(span->span, span->revision);
}

static bool set_texts(struct store *store, struct span_row *row, const struct observation *seen)
{
    row->session = store__keep_text(store, seen->session, TEXT_BYTES_MAX);
    row->user_id = store__keep_text(store, seen->user, TEXT_BYTES_MAX);
    row->input = row->output = STR_NONE;
    if (row->flags & OBSERVATION_ROOT || observation_kind_is_model_call(seen->kind)) {
        row->input = store__keep_text(store, seen->input_preview, PREVIEW_BYTES_MAX);
        row->output = store__keep_text(store, seen->output_preview, PREVIEW_BYTES_MAX);
    }
    return (row->session.ptr || !seen->session.len) && (row->user_id.ptr || !seen->user.len);
}

static void set_place(struct span_row *row, const struct store_span *span)
{
    row->project = (int32_t)span->place.project_id;
    row->segment = (int32_t)span->place.segment;
    row->record = (int32_t)span->place.record;
    row->frame = (int64_t)span->place.frame;
    row->trace_hi = store__id_half(span->span->trace_id);
    row->trace_lo = store__id_half(span->span->trace_id + 8);
    row->span_id = store__id_half(span->span->span_id);
    row->parent_id = store__id_half(span->span->parent_id);
    row->hash = store__span_hash(row);
}

enum status store__ready(struct store *store, struct pending *pending, struct error *error)
{
    if (store->broken) {
        enum status status = store__engine_reopen(store, error);
        if (status != STATUS_OK)
            return status;
        /* What the caller read so far is gone: it goes back to the progress. */
        return fail(error, STATUS_IO, "index: the engine was opened again");
    }
    store->compaction.shrunk = false;
    return pending->seen.loaded ? STATUS_OK : store__load_seen(store, pending, error);
}

/* The same span twice in one batch: the better version stays, in the place of the first. */
static enum status add_row(struct store *store, const struct span_row *row, struct error *error)
{
    struct pending *spans = &store->spans;
    bool is_new;
    uint32_t *at = key_map_at(&spans->at, row->hash, (uint32_t)spans->count, &is_new);
    if (!at)
        return store__no_memory(error);
    if (!is_new) {
        struct span_row *old = (struct span_row *)spans->rows + *at;
        if (old->span_id == row->span_id && old->trace_lo == row->trace_lo &&
            old->trace_hi == row->trace_hi && old->project == row->project) {
            if (old->dropped) { /* deleted since it came */
                *old = *row;
                old->maybe_known = seen_maybe(&spans->seen, row->hash);
                return STATUS_OK;
            }
            bool replaces = store__replaces(row, old);
            spans->superseded += replaces;
            spans->duplicates += !replaces;
            if (replaces)
                *old = *row;
            return STATUS_OK;
        }
    }
    struct span_row *to = store__pending_push(spans, sizeof *to);
    if (!to)
        return store__no_memory(error);
    *to = *row;
    return STATUS_OK;
}

enum status store_add_span(struct store *store, const struct store_span *span, struct error *error)
{
    must(span->span && span->observation);
    enum status status = store__ready(store, &store->spans, error);
    if (status != STATUS_OK)
        return status;
    struct span_row row = {0};
    set_place(&row, span);
    set_numbers(&row, span);
    set_names(store, &row, span->observation);
    set_relations(&row, span);
    if (!set_texts(store, &row, span->observation))
        return store__no_memory(error);
    return add_row(store, &row, error);
}

/* A key that came in this batch already: the first one stays. False when it did not. */
static bool in_batch(struct pending *pending, uint64_t hash, bool *out_failed)
{
    bool is_new = false;
    *out_failed = !key_map_at(&pending->at, hash, (uint32_t)pending->count, &is_new);
    if (*out_failed || is_new)
        return false;
    pending->duplicates++;
    return true;
}

/* The place of one that came in this batch already and was deleted since; else NULL. */
static struct log_row *deleted_log(struct pending *logs, uint64_t hash)
{
    uint32_t at;
    struct log_row *rows = (struct log_row *)logs->rows;
    return key_map_get(&logs->at, hash, &at) && rows[at].dropped ? &rows[at] : NULL;
}

enum status store_add_log(struct store *store, const struct store_log *log, struct error *error)
{
    bool failed = false;
    enum status status = store__ready(store, &store->logs, error);
    struct log_row *row = deleted_log(&store->logs, log->hash);
    if (status != STATUS_OK || (!row && in_batch(&store->logs, log->hash, &failed)))
        return status;
    if (!row && !failed)
        row = store__pending_push(&store->logs, sizeof *row);
    if (!row)
        return store__no_memory(error);
    uint64_t time = log->log->time_ns ? log->log->time_ns : log->log->observed_ns;
    *row = (struct log_row){
        .time_ns = time && time <= INT64_MAX ? (int64_t)time : log->place.arrival_ns,
        .arrival_ns = log->place.arrival_ns,
        .trace_hi = store__id_half(log->log->trace_id),
        .trace_lo = store__id_half(log->log->trace_id + 8),
        .span_id = store__id_half(log->log->span_id),
        .hash = (int64_t)log->hash,
        .frame = (int64_t)log->place.frame,
        .body = store__keep_text(store, log->body_text, TEXT_BYTES_MAX),
        .project = (int32_t)log->place.project_id,
        .service = names_id(&store->names, log->service),
        .environment = names_id(&store->names, log->environment),
        .event = names_id(&store->names, log->event_name),
        .severity = log->log->severity,
        .segment = (int32_t)log->place.segment,
        .record = (int32_t)log->place.record,
        .maybe_known = seen_maybe(&store->logs.seen, log->hash),
    };
    return STATUS_OK;
}

static void set_point_values(struct point_row *row, const struct metric *metric,
                             const struct metric_point *point)
{
    row->value = row->sum = row->min = row->max = NAN;
    row->count = NULL_I64;
    if (point->flags & 1) /* no recorded value */
        return;
    if (metric->type == METRIC_GAUGE || metric->type == METRIC_SUM) {
        row->value = point->is_int ? (double)point->integer : point->number;
        return;
    }
    row->count = point->count > INT64_MAX ? INT64_MAX : (int64_t)point->count;
    if (point->has_sum)
        row->sum = point->sum;
    if (point->has_min)
        row->min = point->min;
    if (point->has_max)
        row->max = point->max;
}

enum status store_add_point(struct store *store, const struct store_point *point,
                            struct error *error)
{
    bool failed;
    uint64_t hash = store__number_hash(point->series_hash, point->point->time_ns);
    enum status status = store__ready(store, &store->points, error);
    if (status != STATUS_OK || in_batch(&store->points, hash, &failed))
        return status;
    status = failed ? store__no_memory(error) : store__series(store, point, error);
    if (status == STATUS_TOO_LARGE)
        return STATUS_OK; /* counted; the journal keeps it */
    if (status != STATUS_OK)
        return status;
    struct point_row *row = store__pending_push(&store->points, sizeof *row);
    if (!row)
        return store__no_memory(error);
    const struct metric_point *sent = point->point;
    *row = (struct point_row){
        .series = (int64_t)point->series_hash,
        .time_ns = sent->time_ns && sent->time_ns <= INT64_MAX ? (int64_t)sent->time_ns
                                                               : point->place.arrival_ns,
        .start_ns = sent->start_ns <= INT64_MAX ? (int64_t)sent->start_ns : 0,
        .arrival_ns = point->place.arrival_ns,
        .hash = (int64_t)hash,
        .frame = (int64_t)point->place.frame,
        .project = (int32_t)point->place.project_id,
        .segment = (int32_t)point->place.segment,
        .record = (int32_t)point->place.record,
        .maybe_known = seen_maybe(&store->points.seen, hash),
    };
    set_point_values(row, point->metric, sent);
    return STATUS_OK;
}

size_t store_pending(const struct store *store)
{
    return store->spans.count + store->logs.count + store->points.count + store->scores.count +
           store->deletions.open.count;
}
