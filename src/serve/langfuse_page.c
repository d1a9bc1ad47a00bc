/* SPDX-License-Identifier: Apache-2.0 */
/*
 * langfuse_page: what the rows of a page need from the index besides themselves, asked for at once:
 * a question a row would make a page of fifty as slow as hundreds of questions.
 */
#include "serve/langfuse_private.h"

struct known_name {
    enum alias_kind kind;
    struct alias_key key;
    struct str text; /* ptr NULL: senders used our own id */
};

struct langfuse_page_facts {
    struct known_name *names;
    size_t count, capacity;
    struct trace_head *heads;
    size_t head_count, head_capacity;
    bool has_logs, knows_logs;
};

static struct langfuse_page_facts *facts_of(struct call *call)
{
    if (!call->page_facts)
        call->page_facts = arena_new(&call->request->arena, struct langfuse_page_facts);
    return call->page_facts;
}

/* --- senders' ids ------------------------------------------------------------------------------
 */

static bool is_same(struct alias_key a, struct alias_key b)
{
    return a.hi == b.hi && a.lo == b.lo;
}

bool langfuse__known_name(const struct call *call, enum alias_kind kind, struct alias_key key,
                          struct str *out_text)
{
    const struct langfuse_page_facts *facts = call->page_facts;
    for (size_t i = 0; facts && i < facts->count; i++)
        if (facts->names[i].kind == kind && is_same(facts->names[i].key, key)) {
            *out_text = facts->names[i].text;
            return true;
        }
    return false;
}

/* At most ALIASES_MAX of them. What could not be learnt is asked for row by row. */
static void learn_names(struct call *call, enum alias_kind kind, const struct alias_key *keys,
                        size_t count)
{
    struct str texts[ALIASES_MAX];
    struct langfuse_page_facts *facts = facts_of(call);
    struct arena *arena = &call->request->arena;
    struct error ignored;
    if (!facts || count == 0 ||
        query_aliases(call->query, call->request->project_id, kind, keys, count, arena, texts,
                      &ignored) != STATUS_OK)
        return;
    for (size_t i = 0; i < count; i++) {
        if (!arena_grow(arena, &facts->names, facts->count, &facts->capacity))
            return;
        facts->names[facts->count++] = (struct known_name){kind, keys[i], texts[i]};
    }
}

/* --- traces ------------------------------------------------------------------------------------
 */

const struct trace_head *langfuse__known_head(const struct call *call, struct trace_key trace)
{
    const struct langfuse_page_facts *facts = call->page_facts;
    for (size_t i = 0; facts && i < facts->head_count; i++)
        if (facts->heads[i].trace.hi == trace.hi && facts->heads[i].trace.lo == trace.lo)
            return &facts->heads[i];
    return NULL;
}

/* Of traces whose names were just gathered. */
static void learn_heads(struct call *call, const struct alias_key *keys, size_t count)
{
    struct trace_key traces[ALIASES_MAX];
    struct trace_head heads[ALIASES_MAX];
    struct langfuse_page_facts *facts = facts_of(call);
    struct arena *arena = &call->request->arena;
    struct error ignored;
    if (!facts || count == 0)
        return;
    for (size_t i = 0; i < count; i++)
        traces[i] = (struct trace_key){keys[i].hi, keys[i].lo};
    if (query_trace_heads(call->query, call->request->project_id, traces, count, arena, heads,
                          &ignored) != STATUS_OK)
        return;
    for (size_t i = 0; i < count; i++) {
        if (!arena_grow(arena, &facts->heads, facts->head_count, &facts->head_capacity))
            return;
        facts->heads[facts->head_count++] = heads[i];
    }
}

struct gathered {
    struct call *call;
    enum alias_kind kind;
    struct alias_key keys[ALIASES_MAX];
    size_t count;
    bool with_heads; /* of traces: what query_trace_heads() tells, too */
};

static void flush(struct gathered *gathered)
{
    if (gathered->with_heads)
        learn_heads(gathered->call, gathered->keys, gathered->count);
    learn_names(gathered->call, gathered->kind, gathered->keys, gathered->count);
    gathered->count = 0;
}

static void gather(struct gathered *gathered, struct alias_key key)
{
    struct str ignored;
    if (!key.hi && !key.lo)
        return;
    for (size_t i = 0; i < gathered->count; i++)
        if (is_same(gathered->keys[i], key))
            return;
    if (langfuse__known_name(gathered->call, gathered->kind, key, &ignored))
        return;
    gathered->keys[gathered->count++] = key;
    if (gathered->count == ALIASES_MAX)
        flush(gathered);
}

void langfuse__learn_keys(struct call *call, const struct langfuse_key *keys, size_t count)
{
    struct gathered traces = {.call = call, .kind = ALIAS_TRACE, .with_heads = true};
    struct gathered spans = {.call = call, .kind = ALIAS_SPAN};
    for (size_t i = 0; i < count; i++) {
        gather(&traces, (struct alias_key){keys[i].trace.hi, keys[i].trace.lo});
        gather(&spans, (struct alias_key){0, keys[i].span_id});
        gather(&spans, (struct alias_key){0, keys[i].parent_id});
    }
    flush(&traces);
    flush(&spans);
}

void langfuse__learn_scores(struct call *call, const struct score_list *scores)
{
    struct gathered traces = {.call = call, .kind = ALIAS_TRACE, .with_heads = true};
    struct gathered spans = {.call = call, .kind = ALIAS_SPAN};
    for (size_t i = 0; i < scores->count; i++) {
        gather(&traces, (struct alias_key){scores->items[i].trace.hi, scores->items[i].trace.lo});
        gather(&spans, (struct alias_key){0, scores->items[i].span_id});
    }
    flush(&traces);
    flush(&spans);
}

/* --- spans -------------------------------------------------------------------------------------
 */

bool langfuse__read_span(struct call *call, const struct langfuse_key *key,
                         struct span_view *out_view)
{
    struct journal_location logs[VIEW_LOGS_MAX];
    struct langfuse_page_facts *facts = facts_of(call);
    struct arena *arena = &call->request->arena;
    uint32_t project = call->request->project_id;
    size_t count = 0;
    struct error ignored;
    if (facts && !facts->knows_logs) {
        facts->has_logs = query_has_span_logs(call->query, project);
        facts->knows_logs = true;
    }
    if ((!facts || facts->has_logs) &&
        query_span_logs(call->query, project, key->trace, key->span_id, logs, &count, &ignored) !=
            STATUS_OK)
        return false;
    if (query_span_at(call->query, key->location, logs, count, arena, out_view, &ignored) !=
        STATUS_OK)
        return false;
    out_view->arrival_ns = key->arrival_ns;
    return true;
}
