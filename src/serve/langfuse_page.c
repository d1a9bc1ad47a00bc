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
    struct langfuse_trace *traces;
    size_t trace_count, trace_capacity;
    int64_t *logged_spans; /* those whose log records are known */
    size_t logged_count, logged_capacity;
    struct span_log *logs; /* those of a span one behind the other */
    size_t log_count;
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
    struct langfuse_page_facts *facts = facts_of(call);
    struct arena *arena = &call->request->arena;
    struct str *texts = arena_array(arena, struct str, count + 1);
    struct error ignored;
    if (!facts || !texts || count == 0 ||
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

static struct langfuse_trace *known_trace(const struct call *call, struct trace_key key)
{
    struct langfuse_page_facts *facts = call->page_facts;
    for (size_t i = 0; facts && i < facts->trace_count; i++)
        if (facts->traces[i].summary.key.hi == key.hi && facts->traces[i].summary.key.lo == key.lo)
            return &facts->traces[i];
    return NULL;
}

/* At most ALIASES_MAX, none of them known. */
static void learn_traces(struct call *call, const struct trace_key *keys, size_t count)
{
    struct trace_list list;
    struct langfuse_page_facts *facts = facts_of(call);
    struct arena *arena = &call->request->arena;
    struct str *tags = arena_array(arena, struct str, count + 1);
    struct error ignored;
    uint32_t project = call->request->project_id;
    if (!facts || !tags || count == 0 ||
        query_traces_of(call->query, project, keys, count, &call->request->cancelled, arena, &list,
                        &ignored) != STATUS_OK ||
        query_tags(call->query, project, keys, count, arena, tags, &ignored) != STATUS_OK)
        return;
    for (size_t i = 0, found = 0; i < count; i++) {
        if (!arena_grow(arena, &facts->traces, facts->trace_count, &facts->trace_capacity))
            return;
        struct langfuse_trace trace = {.summary.key = keys[i], .tags = tags[i]};
        trace.found = found < list.count && list.items[found].key.hi == keys[i].hi &&
                      list.items[found].key.lo == keys[i].lo;
        if (trace.found)
            trace.summary = list.items[found++];
        facts->traces[facts->trace_count++] = trace;
    }
}

const struct langfuse_trace *langfuse__trace(struct call *call, struct trace_key key)
{
    if (!known_trace(call, key))
        learn_traces(call, &key, 1);
    return known_trace(call, key);
}

enum status langfuse__learn_members(struct call *call, const struct trace_key *keys, size_t count,
                                    unsigned parts)
{
    struct arena *arena = &call->request->arena;
    uint32_t project = call->request->project_id;
    struct id_list *observations = arena_array(arena, struct id_list, count + 1);
    struct id_list *scores = arena_array(arena, struct id_list, count + 1);
    enum status status = STATUS_OK;
    if (!observations || !scores)
        return fail(&call->error, STATUS_TOO_LARGE, "limit: too many traces for one reply");
    if (count && parts & LANGFUSE_TRACE_OBSERVATIONS)
        status = query_observation_ids(call->query, project, keys, count, arena, observations,
                                       &call->error);
    if (count && status == STATUS_OK && parts & LANGFUSE_TRACE_SCORES)
        status = query_score_ids(call->query, project, keys, count, arena, scores, &call->error);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct langfuse_trace *trace = known_trace(call, keys[i]);
        if (!trace)
            continue;
        trace->observations = observations[i];
        trace->scores = scores[i];
    }
    return status;
}

/* --- what stands in the rows of a page ----------------------------------------------------------
 */

struct gathered {
    struct call *call;
    enum alias_kind kind;
    struct alias_key *keys; /* ALIASES_MAX */
    size_t count;
};

static void flush(struct gathered *gathered)
{
    struct trace_key *traces =
        arena_array(&gathered->call->request->arena, struct trace_key, gathered->count + 1);
    for (size_t i = 0; traces && i < gathered->count; i++)
        traces[i] = (struct trace_key){gathered->keys[i].hi, gathered->keys[i].lo};
    if (traces && gathered->kind == ALIAS_TRACE)
        learn_traces(gathered->call, traces, gathered->count);
    learn_names(gathered->call, gathered->kind, gathered->keys, gathered->count);
    gathered->count = 0;
}

static void gather(struct gathered *gathered, struct alias_key key)
{
    struct str ignored;
    if ((!key.hi && !key.lo) || !gathered->keys)
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

static struct gathered gathering(struct call *call, enum alias_kind kind)
{
    return (struct gathered){.call = call,
                             .kind = kind,
                             .keys =
                                 arena_array(&call->request->arena, struct alias_key, ALIASES_MAX)};
}

void langfuse__learn_logs(struct call *call, const struct langfuse_key *keys, size_t count)
{
    struct langfuse_page_facts *facts = facts_of(call);
    struct arena *arena = &call->request->arena;
    struct error ignored;
    if (!facts || facts->logged_count)
        return;
    int64_t *spans = arena_array(arena, int64_t, count + 1);
    size_t wanted = 0;
    for (size_t i = 0; spans && i < count; i++)
        if (keys[i].span_id)
            spans[wanted++] = keys[i].span_id;
    if (wanted && query_spans_logs(call->query, call->request->project_id, spans, wanted, arena,
                                   &facts->logs, &facts->log_count, &ignored) == STATUS_OK) {
        facts->logged_spans = spans;
        facts->logged_count = wanted;
    }
}

void langfuse__learn_keys(struct call *call, const struct langfuse_key *keys, size_t count)
{
    struct gathered traces = gathering(call, ALIAS_TRACE), spans = gathering(call, ALIAS_SPAN);
    for (size_t i = 0; i < count; i++) {
        gather(&traces, (struct alias_key){keys[i].trace.hi, keys[i].trace.lo});
        gather(&spans, (struct alias_key){0, keys[i].span_id});
        gather(&spans, (struct alias_key){0, keys[i].parent_id});
    }
    flush(&traces);
    flush(&spans);
    langfuse__learn_logs(call, keys, count);
}

void langfuse__learn_scores(struct call *call, const struct score_list *scores)
{
    struct gathered traces = gathering(call, ALIAS_TRACE), spans = gathering(call, ALIAS_SPAN);
    for (size_t i = 0; i < scores->count; i++) {
        gather(&traces, (struct alias_key){scores->items[i].trace.hi, scores->items[i].trace.lo});
        gather(&spans, (struct alias_key){0, scores->items[i].span_id});
    }
    flush(&traces);
    flush(&spans);
}

/* --- spans -------------------------------------------------------------------------------------
 */

/* False: they were not learnt. */
static bool known_logs(const struct call *call, const struct langfuse_key *key,
                       struct journal_location *out_logs, size_t *out_count)
{
    const struct langfuse_page_facts *facts = call->page_facts;
    bool known = false;
    *out_count = 0;
    for (size_t i = 0; facts && i < facts->logged_count && !known; i++)
        known = facts->logged_spans[i] == key->span_id;
    for (size_t i = 0; known && i < facts->log_count && *out_count < VIEW_LOGS_MAX; i++)
        if (facts->logs[i].span_id == key->span_id && facts->logs[i].trace.lo == key->trace.lo &&
            facts->logs[i].trace.hi == key->trace.hi)
            out_logs[(*out_count)++] = facts->logs[i].location;
    return known;
}

bool langfuse__read_span(struct call *call, const struct langfuse_key *key,
                         struct span_view *out_view)
{
    struct journal_location logs[VIEW_LOGS_MAX];
    struct arena *arena = &call->request->arena;
    size_t count;
    struct error ignored;
    if (!known_logs(call, key, logs, &count) &&
        query_span_logs(call->query, call->request->project_id, key->trace, key->span_id, logs,
                        &count, &ignored) != STATUS_OK)
        return false;
    if (query_span_at(call->query, key->location, logs, count, arena, out_view, &ignored) !=
        STATUS_OK)
        return false;
    out_view->arrival_ns = key->arrival_ns;
    return true;
}
