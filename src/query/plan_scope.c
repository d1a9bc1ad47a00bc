/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_scope: what a name means, and how a value gets from the block it was named in to the block
 * it is used in.
 *
 * A value travels as its parts: what is computed of columns is computed where it is used, above the
 * limits, and a journal path that nobody looked at below is read only for the rows that are left.
 */
#include <string.h>

#include "query/plan_private.h"

bool exprs_add(struct planner *planner, struct plan_exprs *list, struct plan_expr *expr)
{
    if (planner_failed(planner) ||
        !arena_grow(planner->arena, &list->items, list->count, &list->capacity))
        return false;
    list->items[list->count++] = expr;
    return true;
}

bool sorts_add(struct planner *planner, struct plan_sorts *list, struct plan_expr *expr,
               bool descending)
{
    if (planner_failed(planner) ||
        !arena_grow(planner->arena, &list->items, list->count, &list->capacity))
        return false;
    list->items[list->count++] = (struct plan_sort){expr, descending};
    return true;
}

struct plan_block *scope_block(struct planner *planner)
{
    struct plan_block *block = arena_new(planner->arena, struct plan_block);
    static _Thread_local struct plan_block nowhere;
    if (!block || planner->block_count == PLAN_BLOCKS_MAX) {
        planner_fail(planner, (struct place){0, 0}, NULL, NULL, "the query has too many steps");
        nowhere = (struct plan_block){.limit = -1};
        return planner->block ? planner->block : &nowhere;
    }
    *block = (struct plan_block){.below = planner->block,
                                 .from = planner->block ? FROM_BLOCK : FROM_SOURCE,
                                 .number = (int)planner->block_count,
                                 .limit = -1};
    planner->blocks[planner->block_count++] = block;
    planner->block = block;
    return block;
}

void scope_bind(struct planner *planner, struct str name, struct plan_expr *expr)
{
    if (!arena_grow(planner->arena, &planner->bindings, planner->binding_count,
                    &planner->binding_capacity))
        return;
    planner->bindings[planner->binding_count++] = (struct binding){name, expr, planner->block};
}

/* --- travelling ---------------------------------------------------------------------------- */

static bool is_leaf(const struct plan_expr *expr)
{
    return expr->op == OP_FIELD || expr->op == OP_RAW || expr->op == OP_COLUMN ||
           expr->op == OP_JOURNAL || expr->op == OP_ITEM || expr->op == OP_ITEM_NUMBER ||
           expr->op == OP_ROW_ITEM || expr->op == OP_ROW_NUMBER;
}

static bool same(const struct plan_expr *a, const struct plan_expr *b)
{
    if (a == b)
        return true;
    if (a->op != b->op || a->form != b->form)
        return false;
    if (a->op == OP_NAME_VALUE)
        return same(a->args[0], b->args[0]);
    return is_leaf(a) && a->field == b->field && a->integer == b->integer &&
           str_equal(a->text, b->text);
}

static bool find_column(const struct plan_block *block, const struct plan_expr *expr,
                        size_t *out_column)
{
    for (size_t i = 0; i < block->columns.count; i++) {
        if (!same(block->columns.items[i], expr))
            continue;
        *out_column = i;
        return true;
    }
    return false;
}

static size_t scope_column(struct planner *planner, struct plan_block *block,
                           struct plan_expr *expr)
{
    size_t column;
    if (find_column(block, expr, &column))
        return column;
    if (block->columns.count == PLAN_COLUMNS_MAX)
        planner_fail(planner, (struct place){0, 0}, NULL, NULL, "the query has too many columns");
    scope_use(planner, block, expr);
    exprs_add(planner, &block->columns, expr);
    return block->columns.count - 1;
}

static struct plan_expr *column_of(struct planner *planner, const struct plan_expr *expr,
                                   size_t column)
{
    struct plan_expr *made = expr_leaf(planner, OP_COLUMN, expr->type);
    if (planner_failed(planner))
        return made;
    made->form = expr->form;
    made->field = expr->field;
    made->integer = (int64_t)column;
    return made;
}

static bool reads(const struct plan_block *block, const struct plan_expr *path)
{
    for (size_t i = 0; i < block->paths.count; i++)
        if (same(block->paths.items[i], path))
            return true;
    return false;
}

/* One block up. */
static struct plan_expr *rise(struct planner *planner, struct plan_block *block,
                              struct plan_expr *expr)
{
    size_t column;
    if (expr->constant || planner_failed(planner))
        return expr;
    if (find_column(block, expr, &column))
        return column_of(planner, expr, column);
    if (expr->op == OP_JOURNAL && !reads(block, expr))
        return expr;
    if (is_leaf(expr) || expr->arg_count == 0 || expr->aggregate) {
        expr = as_value(planner, expr);
        return column_of(planner, expr, scope_column(planner, block, expr));
    }
    struct plan_expr **args = arena_array(planner->arena, struct plan_expr *, expr->arg_count);
    if (!args)
        return expr;
    for (uint32_t i = 0; i < expr->arg_count; i++)
        args[i] = rise(planner, block, expr->args[i]);
    /* A name's number that was carried up is null already when there is none. */
    if (expr->op == OP_NAME_VALUE)
        return args[0];
    enum plan_op op = expr->op == OP_NAME_PRESENT ? OP_PRESENT : expr->op;
    struct plan_expr *made = expr_make(planner, op, expr->type, args, expr->arg_count);
    made->form = expr->form;
    made->text = expr->text;
    made->integer = expr->integer;
    made->second = expr->second;
    made->field = expr->field;
    return made;
}

struct plan_expr *scope_lift(struct planner *planner, struct plan_expr *expr,
                             struct plan_block *from, struct plan_block *to)
{
    for (struct plan_block *block = from; block != to && !planner_failed(planner);
         block = planner->blocks[block->number + 1])
        expr = rise(planner, block, expr);
    return expr;
}

struct plan_expr *scope_raw(struct planner *planner, const char *sql, struct plan_block *to)
{
    struct plan_expr *raw = expr_leaf(planner, OP_RAW, ASK_INTEGER);
    if (planner_failed(planner))
        return raw;
    raw->text = str_from(sql);
    return scope_lift(planner, raw, planner->blocks[0], to);
}

static void read_path(struct planner *planner, struct plan_block *block, struct plan_expr *path)
{
    static const char *const places[] = {"segment", "frame", "record"};
    if (reads(block, path))
        return;
    if (block->paths.count == PLAN_PATHS_MAX)
        planner_fail(planner, (struct place){0, 0}, NULL, NULL,
                     "the query reads more than %d fields that the index does not hold",
                     PLAN_PATHS_MAX);
    if (block->number >= STORE_LOOKUP_SETS)
        planner_fail(planner, (struct place){0, 0}, NULL, NULL,
                     "the query reads records in too many steps");
    exprs_add(planner, &block->paths, path);
    for (size_t i = 0; !block->place[2] && i < 3 && !planner_failed(planner); i++)
        block->place[i] = scope_raw(planner, places[i], block);
}

void scope_use(struct planner *planner, struct plan_block *block, struct plan_expr *expr)
{
    if (!expr->journal || planner_failed(planner))
        return;
    if (expr->op == OP_JOURNAL)
        read_path(planner, block, expr);
    for (uint32_t i = 0; i < expr->arg_count; i++)
        scope_use(planner, block, expr->args[i]);
}

/* --- names --------------------------------------------------------------------------------- */

static struct plan_expr *from_source(struct planner *planner, struct plan_expr *expr)
{
    return scope_lift(planner, expr, planner->blocks[0], planner->block);
}

static void count_bytes(struct planner *planner, const struct query_field *field)
{
    for (size_t i = 0; i < planner->counted_count; i++)
        if (planner->counted[i] == field)
            return;
    if (planner->counted_count < sizeof planner->counted / sizeof planner->counted[0])
        planner->counted[planner->counted_count++] = field;
    planner->plan->bytes += field->bytes;
}

static struct plan_expr *field_of_source(struct planner *planner, const struct query_field *field)
{
    count_bytes(planner, field);
    return from_source(planner, expr_field(planner, field));
}

static const char *nearest_field(struct planner *planner, struct str name)
{
    const char *names[200];
    size_t count = 0;
    const struct query_field *field;
    while (count < 200 && (field = query_field_at(planner->plan->source, count)) != NULL)
        names[count++] = field->name;
    return language_nearest(name, names, count);
}

static const char *did_you_mean(struct planner *planner, const char *name)
{
    if (!name)
        return NULL;
    return arena_printf(planner->arena, "did you mean %s?", name).ptr;
}

/* An attribute of a metric's series: the index keeps all of them as JSON. */
static struct plan_expr *attribute_of_series(struct planner *planner, struct str name)
{
    if (str_starts(name, STR("attributes.")))
        name = str_sub(name, 11, name.len);
    const struct query_field *field = query_field_find(SOURCE_METRICS, STR("attributes"));
    return EXPR(planner, OP_GET, ASK_ANY, field_of_source(planner, field),
                expr_text(planner, name));
}

static struct plan_expr *path_of(struct planner *planner, struct str name, int64_t where)
{
    struct plan_expr *path = expr_leaf(planner, OP_JOURNAL, ASK_ANY);
    if (!planner_failed(planner)) {
        path->text = name;
        path->integer = where;
    }
    return from_source(planner, path);
}

static struct plan_expr *discovered(struct planner *planner, struct str name, struct place at)
{
    enum source_id source = planner->plan->source;
    const char *near = nearest_field(planner, name);
    if (source == SOURCE_METRICS)
        return attribute_of_series(planner, name);
    if (source != SOURCE_SPANS && source != SOURCE_LOGS)
        return planner_fail(planner, at, "a field of the source", did_you_mean(planner, near),
                            "%s have no field '%.*s'", source_name(source),
                            (int)(name.len > 80 ? 80 : name.len), name.ptr);
    if (near && str_find_byte(name, '.') == name.len)
        planner_warn(planner,
                     "there is no field %.*s: it is looked for in every record; did you "
                     "mean %s?",
                     (int)(name.len > 80 ? 80 : name.len), name.ptr, near);
    return path_of(planner, name, PATH_OF_RECORD);
}

static struct plan_expr *gone(struct planner *planner, struct str name, struct place at)
{
    const char *names[64];
    size_t count = 0;
    for (size_t i = 0; i < planner->binding_count && count < 64; i++) {
        struct str copy = arena_copy(planner->arena, planner->bindings[i].name);
        if (copy.ptr)
            names[count++] = copy.ptr;
    }
    return planner_fail(planner, at, "a column of the stats command before",
                        did_you_mean(planner, language_nearest(name, names, count)),
                        "there is no field '%.*s' behind stats",
                        (int)(name.len > 80 ? 80 : name.len), name.ptr);
}

static const struct binding *find_binding(const struct binding *bindings, size_t count,
                                          struct str name)
{
    for (size_t i = count; i-- > 0;)
        if (str_equal(bindings[i].name, name))
            return &bindings[i];
    return NULL;
}

/* `json.items.0` where `json` is a name given before: a path into its value. */
static struct plan_expr *path_into_binding(struct planner *planner, struct str name)
{
    for (size_t end = name.len; end-- > 1;) {
        if (name.ptr[end] != '.')
            continue;
        const struct binding *found =
            find_binding(planner->bindings, planner->binding_count, str_sub(name, 0, end));
        if (!found || found->expr->type != ASK_ANY)
            continue;
        struct plan_expr *value = scope_lift(planner, found->expr, found->block, planner->block);
        struct plan_expr *inner = EXPR(planner, OP_GET, ASK_ANY, value,
                                       expr_text(planner, str_sub(name, end + 1, name.len)));
        /* A record's own path may begin with what a name happens to stand for. */
        if (planner->closed || found->expr->op != OP_JOURNAL)
            return inner;
        return EXPR(planner, OP_COALESCE, ASK_ANY, path_of(planner, name, PATH_OF_RECORD), inner);
    }
    return NULL;
}

/* Outside of an aggregate, stats knows its keys and the items before. */
static struct plan_expr *find_output(struct planner *planner, struct str name, struct place at)
{
    const struct binding *found = find_binding(planner->outputs, planner->output_count, name);
    if (found)
        return found->expr;
    return planner_fail(planner, at, "an aggregate such as max(…), or a key of `by`", NULL,
                        "'%.*s' stands outside of an aggregate",
                        (int)(name.len > 80 ? 80 : name.len), name.ptr);
}

static struct plan_expr *indexed_body(struct planner *planner)
{
    struct plan_expr *body = scope_raw(planner, "body", planner->block);
    body->type = ASK_TEXT;
    return body;
}

/* The index holds the first bytes of a log record's body: all of a short one. */
static struct plan_expr *of_body(struct planner *planner, struct plan_expr *if_short,
                                 struct plan_expr *if_long)
{
    struct plan_expr *size = EXPR(planner, OP_BYTES, ASK_INTEGER, indexed_body(planner));
    return EXPR(planner, OP_CASE, if_long->type,
                EXPR(planner, OP_LESS, ASK_BOOLEAN, size, expr_integer(planner, BODY_BYTES_SURE)),
                if_short, if_long);
}

static struct plan_expr *whole_body(struct planner *planner)
{
    struct plan_expr *path = path_of(planner, STR("@message"), PATH_OF_BODY);
    return of_body(planner, indexed_body(planner), EXPR(planner, OP_ANY_STRING, ASK_TEXT, path));
}

static struct plan_expr *in_body(struct planner *planner, struct str name)
{
    struct plan_expr *body = EXPR(planner, OP_TEXT_ANY, ASK_ANY, indexed_body(planner));
    return of_body(planner, EXPR(planner, OP_GET, ASK_ANY, body, expr_text(planner, name)),
                   path_of(planner, name, PATH_OF_BODY));
}

bool scope_is_bound(const struct planner *planner, struct str name)
{
    return find_binding(planner->bindings, planner->binding_count, name) != NULL;
}

struct plan_expr *scope_find(struct planner *planner, struct str name, struct place at)
{
    if (planner->in_stats && !planner->in_aggregate)
        return find_output(planner, name, at);
    const struct binding *found = find_binding(planner->bindings, planner->binding_count, name);
    if (found)
        return scope_lift(planner, found->expr, found->block, planner->block);
    struct plan_expr *inner = path_into_binding(planner, name);
    if (inner)
        return inner;
    if (planner->closed)
        return gone(planner, name, at);
    const struct query_field *field = query_field_find(planner->plan->source, name);
    if (!field)
        return discovered(planner, name, at);
    if (planner->plan->source != SOURCE_LOGS)
        return field_of_source(planner, field);
    struct plan_expr *value =
        field->form == FORM_JOURNAL ? whole_body(planner) : field_of_source(planner, field);
    /* What a log record's body says itself comes before what is known about the record. */
    return name.ptr[0] == '@' ? value
                              : EXPR(planner, OP_COALESCE, ASK_ANY, in_body(planner, name),
                                     as_any(planner, value));
}
