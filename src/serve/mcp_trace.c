/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mcp_trace: a trace as a skeleton that fits a budget.
 *
 * Spans are ranked: roots, failures, model calls, agents and tools, then whatever took long. The
 * best are shown, each with all its ancestors, until six tenths of the budget are used; what is
 * left out is counted beneath its parent. The rest of the budget goes to the first words of the
 * spans that rank best.
 */
#include <stdlib.h>
#include <string.h>

#include "query/span_view.h"
#include "serve/mcp.h"

enum {
    LINE_BYTES = 110, /* about what a span's line takes */
    WORDS_BYTES = 160,
    WORDS_SPANS_MAX = 60, /* spans that are read from the journal */
    INDENT_MAX = 24,
    NAMES_SHOWN = 4, /* kinds of spans named when some are left out */
};

struct node {
    int32_t parent, first_child, next_sibling; /* -1: none */
    int32_t depth;
    int64_t rank;
    bool shown, wants_words, reached;
};

struct skeleton {
    struct mcp_call *mcp;
    const struct trace_summary *trace;
    const struct trace_shape *shape;
    struct node *nodes;
    int32_t *order; /* by rank */
    struct str *words;
    uint64_t told[2 * WORDS_SPANS_MAX]; /* texts that stand there already, as hashes */
    size_t told_count;
};

/* --- the tree ------------------------------------------------------------------------------- */

struct place {
    int64_t span_id;
    int32_t index;
};

static int by_span_id(const void *a, const void *b)
{
    const struct place *left = a, *right = b;
    return (left->span_id > right->span_id) - (left->span_id < right->span_id);
}

static int32_t find_place(const struct place *places, size_t count, int64_t span_id)
{
    const struct place key = {.span_id = span_id};
    const struct place *found = bsearch(&key, places, count, sizeof key, by_span_id);
    return found ? found->index : -1;
}

/* Children in order of start: the shape is, so each goes to the front, last first. */
static void link_children(struct skeleton *skeleton)
{
    for (size_t n = skeleton->shape->count; n-- > 0;) {
        struct node *node = &skeleton->nodes[n];
        if (node->parent < 0)
            continue;
        node->next_sibling = skeleton->nodes[node->parent].first_child;
        skeleton->nodes[node->parent].first_child = (int32_t)n;
    }
}

/* Parents that go round in a circle hang on nothing: the first of them becomes a root. */
static void break_circles(struct skeleton *skeleton)
{
    size_t count = skeleton->shape->count;
    for (size_t i = 0; i < count; i++) {
        size_t steps = 0;
        int32_t at = (int32_t)i;
        while (at >= 0 && !skeleton->nodes[at].reached && steps++ <= count)
            at = skeleton->nodes[at].parent;
        if (steps > count)
            skeleton->nodes[i].parent = -1;
        for (at = (int32_t)i; at >= 0 && !skeleton->nodes[at].reached;
             at = skeleton->nodes[at].parent)
            skeleton->nodes[at].reached = true;
    }
}

static bool build_tree(struct skeleton *skeleton)
{
    size_t count = skeleton->shape->count;
    struct arena *arena = skeleton->mcp->arena;
    struct place *places = arena_array(arena, struct place, count + 1);
    skeleton->nodes = arena_array(arena, struct node, count + 1);
    skeleton->order = arena_array(arena, int32_t, count + 1);
    skeleton->words = arena_array(arena, struct str, count + 1);
    if (!places || !skeleton->nodes || !skeleton->order || !skeleton->words)
        return false;
    for (size_t i = 0; i < count; i++)
        places[i] = (struct place){skeleton->shape->spans[i].span_id, (int32_t)i};
    qsort(places, count, sizeof *places, by_span_id);
    for (size_t i = 0; i < count; i++) {
        int64_t parent = skeleton->shape->spans[i].parent_id;
        int32_t at = parent ? find_place(places, count, parent) : -1;
        skeleton->nodes[i] = (struct node){
            .parent = at == (int32_t)i ? -1 : at, .first_child = -1, .next_sibling = -1};
        skeleton->order[i] = (int32_t)i;
    }
    break_circles(skeleton);
    link_children(skeleton);
    return true;
}

/* --- what is shown -------------------------------------------------------------------------- */

static int64_t rank_of(const struct skeleton *skeleton, size_t index)
{
    static const int64_t kinds[KIND_COUNT] = {
        [KIND_LLM] = 300,       [KIND_AGENT] = 200,     [KIND_TOOL] = 180,
        [KIND_GUARDRAIL] = 170, [KIND_RETRIEVER] = 150, [KIND_EVALUATOR] = 140,
        [KIND_EMBEDDING] = 100, [KIND_RERANKER] = 100,  [KIND_WORKFLOW] = 90,
        [KIND_TASK] = 80,       [KIND_CHAIN] = 60,
    };
    const struct span_shape *span = &skeleton->shape->spans[index];
    int64_t whole = skeleton->trace->end_ns - skeleton->trace->start_ns;
    int64_t rank = skeleton->nodes[index].parent < 0 ? 100000 : 0;
    rank += span->status == SPAN_ERROR ? 2000 : 0;
    rank += span->kind < KIND_COUNT ? kinds[span->kind] : 0;
    /* The slowest weigh as much as a model call. */
    return rank + (whole > 0 ? (int64_t)(300.0 * (double)span->duration_ns / (double)whole) : 0);
}

static _Thread_local const struct skeleton *sorting; /* qsort has no context */

static int by_rank(const void *a, const void *b)
{
    int32_t left = *(const int32_t *)a, right = *(const int32_t *)b;
    int64_t one = sorting->nodes[left].rank, other = sorting->nodes[right].rank;
    if (one != other)
        return one > other ? -1 : 1;
    return left - right;
}

static void choose(struct skeleton *skeleton)
{
    size_t count = skeleton->shape->count, used = 0;
    size_t room = skeleton->mcp->budget_bytes * 6 / 10;
    for (size_t i = 0; i < count; i++)
        skeleton->nodes[i].rank = rank_of(skeleton, i);
    sorting = skeleton;
    qsort(skeleton->order, count, sizeof *skeleton->order, by_rank);
    for (size_t i = 0; i < count && used < room; i++) {
        size_t cost = 0;
        for (int32_t at = skeleton->order[i]; at >= 0 && !skeleton->nodes[at].shown;
             at = skeleton->nodes[at].parent)
            cost += LINE_BYTES;
        if (i > 0 && used + cost > room)
            continue;
        used += cost;
        for (int32_t at = skeleton->order[i]; at >= 0 && !skeleton->nodes[at].shown;
             at = skeleton->nodes[at].parent)
            skeleton->nodes[at].shown = true;
    }
}

/* --- first words ---------------------------------------------------------------------------- */

/* An agent's every call repeats the question: it is told once. */
static void add_words(struct skeleton *skeleton, struct buf *out, size_t indent, const char *what,
                      struct str text)
{
    uint64_t hash = str_hash(text);
    if (text.len == 0)
        return;
    for (size_t i = 0; i < skeleton->told_count; i++)
        if (skeleton->told[i] == hash)
            return;
    if (skeleton->told_count < sizeof skeleton->told / sizeof *skeleton->told)
        skeleton->told[skeleton->told_count++] = hash;
    buf_printf(out, "%*s%s ", (int)indent, "", what);
    mcp_add_snippet(out, text, WORDS_BYTES);
    buf_add_byte(out, '\n');
}

static struct str words_of(struct skeleton *skeleton, size_t index, size_t indent)
{
    struct arena scratch;
    struct span_view view;
    struct buf out = {0};
    struct mcp_call *mcp = skeleton->mcp;
    struct str words = STR_NONE;
    arena_init(&scratch, (size_t)64 << 20);
    if (query_span(mcp->call->query, mcp->call->request->project_id, skeleton->trace->key,
                   skeleton->shape->spans[index].span_id, &scratch, &view, NULL) == STATUS_OK) {
        const struct observation *seen = &view.observation;
        if (seen->is_error)
            add_words(skeleton, &out, indent, "error", seen->error_message);
        add_words(skeleton, &out, indent, "in", seen->input_preview);
        add_words(skeleton, &out, indent, "out", seen->output_preview);
        span_view_done(&view);
        if (out.len)
            words = arena_copy(mcp->arena, buf_str(&out));
    }
    buf_done(&out);
    arena_done(&scratch);
    return words;
}

static size_t indent_of(int32_t depth)
{
    return 2 * (size_t)(depth < INDENT_MAX ? depth : INDENT_MAX);
}

static void read_words(struct skeleton *skeleton, size_t skeleton_bytes)
{
    size_t count = skeleton->shape->count, used = skeleton_bytes;
    for (size_t i = 0, read = 0; i < count && read < WORDS_SPANS_MAX; i++) {
        int32_t at = skeleton->order[i];
        const struct node *node = &skeleton->nodes[at];
        if (!node->shown || used >= skeleton->mcp->budget_bytes)
            continue;
        if (skeleton->mcp->call->request->cancelled)
            return;
        struct str words = words_of(skeleton, (size_t)at, indent_of(node->depth) + 4);
        read++;
        if (used + words.len > skeleton->mcp->budget_bytes)
            continue;
        used += words.len;
        skeleton->words[at] = words;
    }
}

/* --- writing -------------------------------------------------------------------------------- */

static struct str name_of(const struct skeleton *skeleton, int32_t id)
{
    struct str name = id > 0 ? store_name(skeleton->mcp->call->query->store, id) : STR_NONE;
    return str_sub(name, 0, 80);
}

static void write_span(struct skeleton *skeleton, size_t index, struct buf *out)
{
    const struct span_shape *span = &skeleton->shape->spans[index];
    const struct node *node = &skeleton->nodes[index];
    struct str name = name_of(skeleton, span->name), model = name_of(skeleton, span->model);
    struct str tool = name_of(skeleton, span->tool);
    buf_printf(out, "%*s- [", (int)indent_of(node->depth), "");
    mcp_add_span_id(out, span->span_id);
    buf_printf(out, "] %s %.*s", observation_kind_name((enum observation_kind)span->kind),
               STR_ARGS(name));
    if (model.len && !str_contains(name, model))
        buf_printf(out, " (%.*s)", STR_ARGS(model));
    if (tool.len && !str_contains(name, tool))
        buf_printf(out, " (%.*s)", STR_ARGS(tool));
    buf_add_str(out, STR(" · "));
    mcp_add_duration(out, span->duration_ns);
    if (span->input_tokens >= 0 || span->output_tokens >= 0)
        buf_printf(out, " · %d→%d tok", span->input_tokens < 0 ? 0 : span->input_tokens,
                   span->output_tokens < 0 ? 0 : span->output_tokens);
    if (span->cost > 0) {
        buf_add_str(out, STR(" · "));
        mcp_add_money(out, span->cost);
    }
    if (span->status == SPAN_ERROR)
        buf_printf(out, " · ERROR%s%s", span->error_kind ? " " : "",
                   span->error_kind ? error_kind_name((enum error_kind)span->error_kind) : "");
    if (node->parent < 0 && span->parent_id)
        buf_add_str(out, STR(" · parent not seen"));
    buf_add_byte(out, '\n');
}

/* Of the children that are not shown: how many, and of what kind; with everything beneath them. */
struct left_out {
    int64_t count, errors, kinds[KIND_COUNT];
};

static void count_subtree(const struct skeleton *skeleton, int32_t top, struct left_out *left)
{
    int32_t at = top;
    while (at >= 0) {
        const struct span_shape *span = &skeleton->shape->spans[at];
        left->count++;
        left->errors += span->status == SPAN_ERROR;
        left->kinds[span->kind < KIND_COUNT ? span->kind : KIND_SPAN]++;
        if (skeleton->nodes[at].first_child >= 0) {
            at = skeleton->nodes[at].first_child;
            continue;
        }
        while (at != top && skeleton->nodes[at].next_sibling < 0)
            at = skeleton->nodes[at].parent;
        at = at == top ? -1 : skeleton->nodes[at].next_sibling;
    }
}

static void write_left_out(const struct left_out *left, size_t indent, struct buf *out)
{
    int named = 0;
    buf_printf(out, "%*s… %lld more (", (int)indent, "", (long long)left->count);
    for (int kind = 0; kind < KIND_COUNT && named < NAMES_SHOWN; kind++)
        if (left->kinds[kind])
            buf_printf(out, "%s%s %lld", named++ ? ", " : "",
                       observation_kind_name((enum observation_kind)kind),
                       (long long)left->kinds[kind]);
    if (left->errors)
        buf_printf(out, "; %lld failed", (long long)left->errors);
    buf_add_str(out, STR(")\n"));
}

static void write_children_left_out(struct skeleton *skeleton, int32_t parent, struct buf *out)
{
    struct left_out left = {0};
    int32_t child = skeleton->nodes[parent].first_child;
    for (; child >= 0; child = skeleton->nodes[child].next_sibling)
        if (!skeleton->nodes[child].shown)
            count_subtree(skeleton, child, &left);
    if (left.count)
        write_left_out(&left, indent_of(skeleton->nodes[parent].depth + 1), out);
}

/* One root and what is shown beneath it, in order; parents are shown when their children are. */
static void write_tree(struct skeleton *skeleton, int32_t root, struct buf *out)
{
    int32_t at = root;
    skeleton->nodes[root].depth = 0;
    while (at >= 0) {
        struct node *node = &skeleton->nodes[at];
        if (node->shown) {
            write_span(skeleton, (size_t)at, out);
            buf_add_str(out, skeleton->words[at]);
            write_children_left_out(skeleton, at, out);
        }
        if (node->shown && node->first_child >= 0) {
            skeleton->nodes[node->first_child].depth = node->depth + 1;
            at = node->first_child;
            continue;
        }
        while (at != root && skeleton->nodes[at].next_sibling < 0)
            at = skeleton->nodes[at].parent;
        if (at == root)
            return;
        skeleton->nodes[skeleton->nodes[at].next_sibling].depth = skeleton->nodes[at].depth;
        at = skeleton->nodes[at].next_sibling;
    }
}

static void write_trees(struct skeleton *skeleton, struct buf *out)
{
    struct left_out left = {0};
    for (size_t i = 0; i < skeleton->shape->count; i++) {
        if (skeleton->nodes[i].parent >= 0)
            continue;
        if (skeleton->nodes[i].shown)
            write_tree(skeleton, (int32_t)i, out);
        else
            count_subtree(skeleton, (int32_t)i, &left);
    }
    if (left.count)
        write_left_out(&left, 0, out);
}

static void write_summary(struct mcp_call *mcp, const struct trace_summary *trace)
{
    struct buf *out = &mcp->text;
    const struct {
        const char *name;
        struct str text;
    } texts[] = {{"service", trace->service}, {"environment", trace->environment},
                 {"session", trace->session}, {"user", trace->user},
                 {"tenant", trace->tenant},   {"release", trace->release}};
    buf_add_str(out, STR("trace "));
    mcp_add_trace_id(out, trace->key);
    buf_printf(out, " %.*s · %s · started ", STR_ARGS(trace->name),
               trace->is_error ? "ERROR" : "ok");
    mcp_add_time(out, trace->start_ns);
    buf_add_str(out, STR(" · "));
    mcp_add_duration(out, trace->end_ns - trace->start_ns);
    buf_printf(out,
               "\n%lld spans, %lld failed, %lld model calls, %lld tool calls · %lld tokens in, "
               "%lld out · ",
               (long long)trace->spans, (long long)trace->errors, (long long)trace->llm_calls,
               (long long)trace->tool_calls, (long long)trace->input_tokens,
               (long long)trace->output_tokens);
    mcp_add_money(out, trace->cost);
    buf_printf(out, "%s\n", trace->complete ? "" : " · the root has not been seen (yet)");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].text.len)
            buf_printf(out, "%s %.*s  ", texts[i].name,
                       (int)(texts[i].text.len > 100 ? 100 : texts[i].text.len), texts[i].text.ptr);
    buf_add_byte(out, '\n');
}

enum status mcp__get_trace(struct mcp_call *mcp)
{
    struct trace_key key;
    struct trace_summary trace;
    struct trace_shape shape;
    struct call *call = mcp->call;
    enum status status = mcp_trace_id(mcp, &key);
    if (status == STATUS_OK)
        status = query_trace(call->query, call->request->project_id, key, mcp->arena, &trace,
                             &call->error);
    if (status == STATUS_OK)
        status = query_trace_shape(call->query, call->request->project_id, &trace, mcp->arena,
                                   &call->request->cancelled, &shape, &call->error);
    if (status != STATUS_OK)
        return status;
    struct skeleton skeleton = {.mcp = mcp, .trace = &trace, .shape = &shape};
    if (!build_tree(&skeleton))
        return fail(&call->error, STATUS_TOO_LARGE, "the trace is too large");
    choose(&skeleton);
    write_summary(mcp, &trace);
    /* Once without words: how much room they have, and how deep each span stands. */
    struct buf draft = {0};
    write_trees(&skeleton, &draft);
    read_words(&skeleton, mcp->text.len + draft.len);
    buf_done(&draft);
    write_trees(&skeleton, &mcp->text);
    if (shape.truncated)
        buf_add_str(&mcp->text, STR("… the trace has more spans than can be looked at at once\n"));
    return STATUS_OK;
}
