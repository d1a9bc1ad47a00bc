/* SPDX-License-Identifier: Apache-2.0 */
/* merger: see merger.h. Here: which parts there are of which spans, and which of them wait. */
#define _GNU_SOURCE
#include "pipeline/merger_private.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/clock.h"
#include "base/counter.h"
#include "base/log.h"
#include "journal/coding.h"
#include "merge/merge.h"
#include "model/part.h"

enum {
    MERGE_AFTER_MS = 30, /* parts that come together are merged once */
    ADRIFT_MS = 2000,    /* what names no trace waits so long for a part that does */
    WAITING_MAX = 2000,  /* spans: more are merged at once */
    KNOWN_MAX = 50000,   /* spans remembered, as far as they may be forgotten */
};

COUNTER(parts_left_out, "vitrine_parts_left_out_total", "",
        "Parts beyond the most one span is made of");

struct merger *merger_new(struct journal *journal, struct store *store,
                          struct journal_position live_from)
{
    struct merger *merger = calloc(1, sizeof *merger);
    if (merger)
        *merger = (struct merger){.journal = journal, .store = store, .live_from = live_from};
    return merger;
}

void merger_reset(struct merger *merger)
{
    for (size_t i = 0; i < merger->count; i++) {
        free(merger->items[i]->parts);
        free(merger->items[i]);
    }
    merger->count = merger->waiting = merger->adrift = 0;
    key_map_clear(&merger->at);
}

void merger_free(struct merger *merger)
{
    if (!merger)
        return;
    merger_reset(merger);
    key_map_done(&merger->at);
    free(merger->items);
    free(merger);
}

enum status merger__no_memory(struct error *error)
{
    return fail(error, STATUS_INTERNAL, "no memory to merge parts of spans");
}

/* --- what is known of a span
 * ---------------------------------------------------------------------- */

static uint64_t key_of(uint32_t project, const uint8_t *span_id)
{
    return XXH3_64bits_withSeed(span_id, SPAN_ID_BYTES, project);
}

static bool add_ref(struct known *known, const struct part_ref *ref)
{
    for (uint32_t i = 0; i < known->count; i++)
        if (known->parts[i].event_hash == ref->event_hash)
            return true;
    if (known->count == PARTS_MAX) {
        counter_add(&parts_left_out, 1);
        return true;
    }
    if (known->count == known->capacity) {
        uint32_t capacity = known->capacity ? known->capacity * 2 : 4;
        struct part_ref *parts = realloc(known->parts, capacity * sizeof *parts);
        if (!parts)
            return false;
        known->parts = parts;
        known->capacity = capacity;
    }
    known->parts[known->count++] = *ref;
    return true;
}

static struct str parts_list(const struct span *span)
{
    const struct value *list = attributes_get(&span->attributes, PARTS_KEY);
    return list && list->type == VALUE_BYTES ? list->string : STR_NONE;
}

static bool is_deleted(const struct merger *merger, uint32_t project, const uint8_t *trace_id,
                       const struct part_ref *part)
{
    const struct store_place place = {
        .segment = part->frame.segment, .frame = part->frame.offset, .record = part->record};
    return store_deleted_since(merger->store, project, trace_id, &place);
}

/* The list in a merged span: all of it is covered. Parts of a trace that was deleted since are
 * left out. False: no memory. */
static bool take_list(struct merger *merger, struct known *known, const struct span *span)
{
    struct str bytes = parts_list(span);
    for (size_t at = 0; at + PART_REF_BYTES <= bytes.len; at += PART_REF_BYTES) {
        const uint8_t *ref = (const uint8_t *)bytes.ptr + at;
        const struct part_ref part = {.frame = {load_u32(ref), load_u64(ref + 8)},
                                      .record = load_u32(ref + 4),
                                      .event_hash = load_u64(ref + 16)};
        if (!is_deleted(merger, known->project, span->trace_id, &part) && !add_ref(known, &part))
            return false;
    }
    return true;
}

/* Where the merged span stands that an earlier life of this process, or a long time ago, made: in
 * the trace that is named, or in its own, or, when none is named, in any. */
static enum status locate(struct merger *merger, const struct known *known, const uint8_t *own,
                          struct store_place *out_place, bool *out_found, struct error *error)
{
    static const uint8_t any[TRACE_ID_BYTES];
    bool is_named = !id_is_zero(known->trace_id, TRACE_ID_BYTES);
    const uint8_t *const traces[] = {is_named ? known->trace_id : own, is_named ? own : any};
    enum status status = STATUS_OK;
    *out_found = false;
    for (size_t i = 0; i < 2 && status == STATUS_OK && !*out_found; i++)
        status = store_locate_span(merger->store, known->project, traces[i], known->span_id,
                                   out_place, out_found, error);
    return status;
}

static enum status load(struct merger *merger, struct known *known, const uint8_t *own,
                        struct error *error)
{
    struct store_place place;
    bool found;
    struct batch *batch;
    enum status status = locate(merger, known, own, &place, &found, error);
    if (status != STATUS_OK || !found)
        return status;
    const struct journal_location location = {
        .frame = {place.segment, place.frame}, .signal = SIGNAL_SPANS, .record = place.record};
    struct error why;
    if (journal_read_record(merger->journal, location, &batch, &why) != STATUS_OK) {
        log_warn("merge", "a merged span cannot be read; its earlier parts are left out",
                 "reason=\"%s\"", why.text);
        return STATUS_OK;
    }
    const struct span *span = &batch->spans[0];
    bool fine = take_list(merger, known, span);
    if (known->count)
        memcpy(known->placed, span->trace_id, TRACE_ID_BYTES);
    known->covered = known->count;
    batch_free(batch);
    return fine ? STATUS_OK : merger__no_memory(error);
}

static struct known *add_known(struct merger *merger, uint64_t key)
{
    if (merger->count == merger->capacity) {
        size_t capacity = merger->capacity ? merger->capacity * 2 : 256;
        struct known **items = realloc(merger->items, capacity * sizeof *items);
        if (!items)
            return NULL;
        merger->items = items;
        merger->capacity = capacity;
    }
    struct known *known = calloc(1, sizeof *known);
    bool is_new;
    if (!known || !key_map_at(&merger->at, key, (uint32_t)merger->count, &is_new)) {
        free(known);
        return NULL;
    }
    known->key = key;
    merger->items[merger->count++] = known;
    return known;
}

/* NULL: no memory. */
static struct known *find(struct merger *merger, uint32_t project, const struct span *span,
                          bool *out_is_new)
{
    uint64_t key = key_of(project, span->span_id);
    uint32_t at;
    struct known *known;
    *out_is_new = !key_map_get(&merger->at, key, &at);
    known = *out_is_new ? add_known(merger, key) : merger->items[at];
    if (!known)
        return NULL;
    if (*out_is_new) {
        known->project = project;
        memcpy(known->span_id, span->span_id, SPAN_ID_BYTES);
    }
    known->used = merger->commits;
    return known;
}

void merger__set_wait(struct merger *merger, struct known *known, enum wait wait)
{
    int64_t now = clock_mono_ns();
    if (known->wait == wait)
        return;
    merger->waiting -= known->wait != WAITS_NOT;
    merger->adrift -= known->wait == WAITS_ADRIFT;
    if (wait == WAITS && merger->waiting == merger->adrift)
        merger->waiting_since_ns = now;
    if (wait == WAITS_ADRIFT) {
        known->adrift_until_ns = now + ADRIFT_MS * NS_PER_MS;
        if (merger->adrift == 0)
            merger->adrift_until_ns = known->adrift_until_ns;
    }
    merger->waiting += wait != WAITS_NOT;
    merger->adrift += wait == WAITS_ADRIFT;
    known->wait = wait;
}

/* --- reading
 * -------------------------------------------------------------------------------------- */

static bool belongs_somewhere(const struct known *known)
{
    return !id_is_zero(known->trace_id, TRACE_ID_BYTES) ||
           !id_is_zero(known->placed, TRACE_ID_BYTES);
}

static enum status find_for_part(struct merger *merger, uint32_t project, const struct span *part,
                                 struct arena *scratch, struct known **out_known,
                                 struct error *error)
{
    struct content_source contents = journal_content_source(merger->journal);
    uint8_t own[TRACE_ID_BYTES];
    bool is_new;
    struct known *known = find(merger, project, part, &is_new);
    if (!known)
        return merger__no_memory(error);
    if (id_is_zero(known->trace_id, TRACE_ID_BYTES))
        memcpy(known->trace_id, part->trace_id, TRACE_ID_BYTES);
    *out_known = known;
    if (!is_new)
        return STATUS_OK;
    (void)merge_own_trace(part, &contents, scratch, own);
    return load(merger, known, own, error);
}

static enum status note_part(struct merger *merger, const struct batch *batch,
                             const struct span *span, struct journal_position frame,
                             uint32_t record, struct error *error)
{
    struct known *known = NULL;
    const struct value *id = attributes_get(&span->attributes, PART_ID_KEY);
    struct content_source contents = journal_content_source(merger->journal);
    struct arena scratch;
    arena_init(&scratch, 1 << 20);
    enum status status = find_for_part(merger, batch->project_id, span, &scratch, &known, error);
    struct str text = id ? value_text(id, &contents, &scratch) : STR_NONE;
    const struct part_ref ref = {
        .frame = frame, .record = record, .event_hash = XXH3_64bits(text.ptr, text.len)};
    arena_done(&scratch);
    if (status != STATUS_OK)
        return status;
    uint32_t before = known->count;
    if (!add_ref(known, &ref))
        return merger__no_memory(error);
    if (known->count != before) {
        known->is_vague = false;
        merger__set_wait(merger, known, belongs_somewhere(known) ? WAITS : WAITS_ADRIFT);
    }
    return STATUS_OK;
}

/* Parts that stand in the merged span before those it does not know. */
static void cover(struct known *known, struct str list)
{
    uint32_t covered = 0;
    for (uint32_t i = 0; i < known->count; i++)
        for (size_t at = 0; at + PART_REF_BYTES <= list.len; at += PART_REF_BYTES)
            if (load_u64((const uint8_t *)list.ptr + at + 16) == known->parts[i].event_hash) {
                struct part_ref held = known->parts[covered];
                known->parts[covered++] = known->parts[i];
                known->parts[i] = held;
                break;
            }
    if (covered > known->covered)
        known->covered = covered;
}

static enum status note_merged(struct merger *merger, const struct batch *batch,
                               const struct span *span, struct error *error)
{
    bool is_new;
    struct str list = parts_list(span);
    if (!list.len)
        return STATUS_OK;
    struct known *known = find(merger, batch->project_id, span, &is_new);
    if (!known || !take_list(merger, known, span))
        return merger__no_memory(error);
    if (known->count == 0)
        return STATUS_OK;
    memcpy(known->placed, span->trace_id, TRACE_ID_BYTES);
    cover(known, list);
    if (known->covered == known->count)
        merger__set_wait(merger, known, WAITS_NOT);
    return STATUS_OK;
}

/* The parts of the trace's spans count no more; whatever comes from here on does. */
static void forget_trace(struct merger *merger, uint32_t project, const uint8_t *trace_id)
{
    for (size_t i = 0; i < merger->count; i++) {
        struct known *known = merger->items[i];
        if (known->project != project || (memcmp(known->trace_id, trace_id, TRACE_ID_BYTES) != 0 &&
                                          memcmp(known->placed, trace_id, TRACE_ID_BYTES) != 0))
            continue;
        known->count = known->covered = 0;
        memset(known->trace_id, 0, TRACE_ID_BYTES);
        memset(known->placed, 0, TRACE_ID_BYTES);
        merger__set_wait(merger, known, WAITS_NOT);
    }
}

enum status merger_note(struct merger *merger, const struct batch *batch,
                        struct journal_position frame, uint32_t first_span, struct error *error)
{
    enum status status = STATUS_OK;
    if (!batch->is_partial && !str_equal(batch->receiver, STR("langfuse")))
        return STATUS_OK;
    for (size_t i = 0; i < batch->span_count && status == STATUS_OK; i++) {
        const struct span *span = &batch->spans[i];
        if (!batch->is_partial)
            status = note_merged(merger, batch, span, error);
        else if (str_equal(span->name, PART_DELETES_TRACE))
            forget_trace(merger, batch->project_id, span->trace_id);
        else
            status = note_part(merger, batch, span, frame, first_span + (uint32_t)i, error);
    }
    return status;
}

size_t merger_waiting(const struct merger *merger)
{
    return merger->waiting;
}

struct journal_position merger_oldest(const struct merger *merger)
{
    struct journal_position oldest = {UINT32_MAX, UINT64_MAX};
    for (size_t i = 0; i < merger->count; i++) {
        const struct known *known = merger->items[i];
        for (uint32_t part = known->covered; known->wait && part < known->count; part++)
            if (journal_position_compare(known->parts[part].frame, oldest) < 0)
                oldest = known->parts[part].frame;
    }
    return oldest;
}

int merger_due_ms(const struct merger *merger, struct journal_position at)
{
    if (!merger->waiting || journal_position_compare(at, merger->live_from) < 0)
        return -1;
    int64_t now = clock_mono_ns(), due = INT64_MAX;
    if (merger->waiting > merger->adrift)
        due = merger->waiting >= WAITING_MAX
                  ? now
                  : merger->waiting_since_ns + MERGE_AFTER_MS * NS_PER_MS;
    if (merger->adrift && merger->adrift_until_ns < due)
        due = merger->adrift_until_ns;
    if (due < merger->retry_at_ns)
        due = merger->retry_at_ns;
    return due <= now ? 0 : (int)((due - now) / NS_PER_MS) + 1;
}

void merger_committed(struct merger *merger)
{
    size_t kept = 0;
    merger->commits++;
    if (merger->count <= KNOWN_MAX)
        return;
    key_map_clear(&merger->at);
    for (size_t i = 0; i < merger->count; i++) {
        struct known *known = merger->items[i];
        bool is_new, pinned = known->wait || known->used + 2 >= merger->commits;
        if (pinned && key_map_at(&merger->at, known->key, (uint32_t)kept, &is_new)) {
            merger->items[kept++] = known;
            continue;
        }
        free(known->parts);
        free(known);
    }
    merger->count = kept;
}
