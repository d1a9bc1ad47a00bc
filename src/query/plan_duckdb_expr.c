/* SPDX-License-Identifier: Apache-2.0 */
/* plan_duckdb_expr: expressions of a plan as SQL for DuckDB. */
#include "query/plan_duckdb.h"

static const char *const templates[OP_END] = {
#define OP(id, duckdb) [OP_##id] = duckdb,
#include "query/plan_ops.def"
#undef OP
};

static void print_list(struct printer *printer, const struct plan_expr *expr, uint32_t from,
                       const char *between)
{
    for (uint32_t i = from; i < expr->arg_count; i++) {
        sql_add(printer->sql, "%s", i > from ? between : "");
        printer_expr(printer, expr->args[i]);
    }
}

static void print_template(struct printer *printer, const struct plan_expr *expr)
{
    for (const char *at = templates[expr->op]; *at; at++) {
        if (*at != '$') {
            buf_add_byte(&printer->sql->text, (uint8_t)*at);
            continue;
        }
        at++;
        if (*at == '*')
            print_list(printer, expr, 0, ", ");
        else if ((uint32_t)(*at - '1') < expr->arg_count)
            printer_expr(printer, expr->args[*at - '1']);
        else
            printer->sql->failed = true;
    }
}

static void print_words(struct printer *printer, const struct plan_expr *expr)
{
    enum field_form form = expr->args[0]->form;
    sql_add(printer->sql, "list_extract([");
    for (size_t i = 0; i < form_words(form); i++) {
        const char *word = form_word(form, (int64_t)i);
        sql_add(printer->sql, word ? "%s'%s'" : "%sNULL%s", i ? ", " : "", word ? word : "");
    }
    sql_add(printer->sql, "], CAST(");
    printer_expr(printer, expr->args[0]);
    sql_add(printer->sql, " AS INTEGER) + 1)");
}

static void print_shown(struct printer *printer, const struct plan_expr *expr)
{
    enum field_form form = expr->args[0]->form;
    if (form_words(form)) {
        print_words(printer, expr);
        return;
    }
    sql_add(printer->sql, form == FORM_NAME       ? "name_text("
                          : form == FORM_TRACE_ID ? "trace_text("
                                                  : "span_text(");
    printer_expr(printer, expr->args[0]);
    sql_add(printer->sql, ")");
}

static void print_case(struct printer *printer, const struct plan_expr *expr)
{
    sql_add(printer->sql, "(CASE");
    for (uint32_t i = 0; i + 1 < expr->arg_count; i += 2) {
        sql_add(printer->sql, " WHEN ");
        printer_expr(printer, expr->args[i]);
        sql_add(printer->sql, " THEN ");
        printer_expr(printer, expr->args[i + 1]);
    }
    sql_add(printer->sql, " ELSE ");
    printer_expr(printer, expr->args[expr->arg_count - 1]);
    sql_add(printer->sql, " END)");
}

static void print_journal(struct printer *printer, const struct plan_expr *expr)
{
    for (size_t i = 0; i < printer->block->paths.count; i++) {
        const struct plan_expr *path = printer->block->paths.items[i];
        if (path->integer != expr->integer || !str_equal(path->text, expr->text))
            continue;
        sql_add(printer->sql, "s.j[%zu]", i + 1);
        return;
    }
    printer->sql->failed = true;
}

static void print_trace(struct printer *printer, const struct plan_expr *expr)
{
    sql_add(printer->sql, "(CAST(CAST(");
    sql_value_int(printer->sql, expr->integer);
    sql_add(printer->sql, " AS BIGINT) AS HUGEINT) * 18446744073709551616 + CAST(CAST(");
    sql_value_int(printer->sql, expr->second);
    sql_add(printer->sql, " AS BIGINT) AS HUGEINT)%s)",
            expr->second < 0 ? " + 18446744073709551616" : "");
}

/* The halves one by one, so that the engine can pass over what cannot match. */
static bool print_trace_equal(struct printer *printer, const struct plan_expr *expr)
{
    if (expr->op != OP_EQUAL || expr->args[0]->op != OP_FIELD || expr->args[1]->op != OP_TRACE)
        return false;
    sql_add(printer->sql, "(s.trace_lo = ");
    sql_value_int(printer->sql, expr->args[1]->second);
    sql_add(printer->sql, " AND s.trace_hi = ");
    sql_value_int(printer->sql, expr->args[1]->integer);
    sql_add(printer->sql, ")");
    return true;
}

static void print_joined(struct printer *printer, const struct plan_expr *expr, const char *between)
{
    sql_add(printer->sql, "(");
    print_list(printer, expr, 0, between);
    sql_add(printer->sql, ")");
}

static void print_own(struct printer *printer, const struct plan_expr *expr)
{
    struct sql *sql = printer->sql;
    switch (expr->op) {
    case OP_INTEGER:
        sql_add(sql, "CAST(");
        sql_value_int(sql, expr->integer);
        sql_add(sql, " AS BIGINT)");
        break;
    case OP_NUMBER:
        sql_add(sql, "CAST(");
        sql_double(sql, expr->number);
        sql_add(sql, " AS DOUBLE)");
        break;
    case OP_TEXT:
        sql_add(sql, "CAST(");
        sql_text(sql, expr->text);
        sql_add(sql, " AS VARCHAR)");
        break;
    case OP_FIELD:
        buf_add_str(&sql->text, str_from(expr->field->sql));
        break;
    case OP_RAW:
        sql_add(sql, "s.%.*s", STR_ARGS(expr->text));
        break;
    case OP_COLUMN:
        sql_add(sql, "s.c%lld", (long long)expr->integer);
        break;
    case OP_ROW_ITEM:
        sql_add(sql, "s.j[%lld]", (long long)expr->integer);
        break;
    case OP_LOOKUP:
        sql_add(sql, "asker_lookup(%lld, %lld, ", (long long)expr->integer,
                (long long)expr->second);
        sql_asker(sql);
        sql_add(sql, ", ");
        printer_expr(printer, expr->args[0]);
        sql_add(sql, ")");
        break;
    case OP_JOURNAL:
        print_journal(printer, expr);
        break;
    case OP_TRACE:
        print_trace(printer, expr);
        break;
    case OP_SHOW:
        print_shown(printer, expr);
        break;
    case OP_CASE:
        print_case(printer, expr);
        break;
    case OP_AND:
        print_joined(printer, expr, " AND ");
        break;
    case OP_OR:
        print_joined(printer, expr, " OR ");
        break;
    case OP_IN:
        sql_add(sql, "(");
        printer_expr(printer, expr->args[0]);
        sql_add(sql, " IN (");
        print_list(printer, expr, 1, ", ");
        sql_add(sql, "))");
        break;
    default:
        sql->failed = true;
    }
}

/* Fields shown in milliseconds or dollars are whole numbers of smaller ones in the index,
 * `(s.duration_ns / 1e6)`: gives the column and the divisor. */
static bool is_scaled(const struct plan_expr *expr, struct str *out_column, struct str *out_divisor)
{
    if (expr->op == OP_TO_DOUBLE)
        expr = expr->args[0];
    struct str rest = expr->op == OP_FIELD ? str_from(expr->field->sql) : STR("");
    size_t between = str_find(rest, STR(" / 1e"));
    if (between == rest.len || !str_starts(rest, STR("(s.")))
        return false;
    *out_column = str_sub(rest, 1, between - 1);
    *out_divisor = str_sub(rest, between + 3, rest.len - between - 4);
    return true;
}

/* Added up and compared as the whole numbers they are, which is exact in any order and quicker. */
static bool print_scaled(struct printer *printer, const struct plan_expr *expr)
{
    const char *name = expr->op == OP_SUM       ? "sum"
                       : expr->op == OP_AVERAGE ? "avg"
                       : expr->op == OP_MINIMUM ? "min"
                       : expr->op == OP_MAXIMUM ? "max"
                                                : NULL;
    struct str column, divisor;
    if (!name || !is_scaled(expr->args[0], &column, &divisor))
        return false;
    sql_add(printer->sql, "(%s(%.*s) / %.*s)", name, STR_ARGS(column), STR_ARGS(divisor));
    return true;
}

void printer_order(struct printer *printer, const struct plan_expr *expr)
{
    struct str column, divisor;
    if (is_scaled(expr, &column, &divisor))
        buf_add_str(&printer->sql->text, column);
    else
        printer_expr(printer, expr);
}

/* --- percentiles ----------------------------------------------------------------------------- */

enum { SHARES_MAX = 16 };

struct shares {
    const struct query_field *field; /* of which percentiles are looked for */
    double items[SHARES_MAX];
    size_t count;
};

/* The field a percentile is of; NULL: of something else. */
static const struct query_field *quantile_field(const struct plan_expr *quantile)
{
    const struct plan_expr *of = quantile->args[0];
    if (of->op == OP_TO_DOUBLE)
        of = of->args[0];
    return of->op == OP_FIELD ? of->field : NULL;
}

static size_t share_place(const struct shares *shares, double share)
{
    size_t at = 0;
    while (at < shares->count && shares->items[at] != share)
        at++;
    return at;
}

static void find_shares(const struct plan_expr *expr, struct shares *shares)
{
    if (expr->op == OP_QUANTILE && quantile_field(expr) == shares->field &&
        shares->count < SHARES_MAX && share_place(shares, expr->args[1]->number) == shares->count)
        shares->items[shares->count++] = expr->args[1]->number;
    for (uint32_t i = 0; i < expr->arg_count; i++)
        if (expr->aggregate)
            find_shares(expr->args[i], shares);
}

/* The engine keeps all values for an aggregate. Percentiles of one field are one aggregate, a list
 * printed the same each time, of the whole numbers that the index holds. Shares are no parameters:
 * with these it would plan twice. */
static bool print_quantile(struct printer *printer, const struct plan_expr *expr)
{
    struct sql *sql = printer->sql;
    struct shares shares = {0};
    struct str column, divisor = STR("");
    if (expr->op != OP_QUANTILE || !(shares.field = quantile_field(expr)))
        return false;
    for (size_t i = 0; i < printer->block->columns.count; i++)
        find_shares(printer->block->columns.items[i], &shares);
    size_t place = share_place(&shares, expr->args[1]->number);
    if (place == shares.count)
        return false;
    if (!is_scaled(expr->args[0], &column, &divisor))
        column = str_from(shares.field->sql);
    sql_add(sql, "(quantile_cont(%.*s, [", STR_ARGS(column));
    for (size_t i = 0; i < shares.count; i++)
        sql_add(sql, "%s%.17e", i ? ", " : "", shares.items[i]);
    sql_add(sql, "])[%zu]%s%.*s)", place + 1, divisor.len ? " / " : "", STR_ARGS(divisor));
    return true;
}

/* A row of the rollups stands for `n` spans. */
static bool print_weighted(struct printer *printer, const struct plan_expr *expr)
{
    struct sql *sql = printer->sql;
    const struct plan_expr *of = expr->arg_count ? expr->args[0] : NULL;
    switch (expr->op) {
    case OP_COUNT_ROWS:
        sql_add(sql, "CAST(coalesce(sum(s.n), 0) AS BIGINT)");
        return true;
    case OP_COUNT:
        sql_add(sql, "CAST(coalesce(sum(s.n) FILTER (WHERE ");
        printer_expr(printer, of);
        sql_add(sql, " IS NOT NULL), 0) AS BIGINT)");
        return true;
    case OP_SUM:
    case OP_AVERAGE:
        sql_add(sql, "%ssum(CAST(", expr->op == OP_SUM ? "" : "(CAST(");
        printer_expr(printer, of);
        sql_add(sql, " AS HUGEINT) * s.n)");
        if (expr->op == OP_SUM)
            return true;
        sql_add(sql, " AS DOUBLE) / sum(s.n) FILTER (WHERE ");
        printer_expr(printer, of);
        sql_add(sql, " IS NOT NULL))");
        return true;
    default:
        return false;
    }
}

void printer_expr(struct printer *printer, const struct plan_expr *expr)
{
    bool rolled_up =
        printer->plan->rollup.resolution_s && printer->block && printer->block->from == FROM_SOURCE;
    if (print_trace_equal(printer, expr) || (rolled_up && print_weighted(printer, expr)) ||
        print_scaled(printer, expr) || print_quantile(printer, expr))
        return;
    if (templates[expr->op]) {
        print_template(printer, expr);
    } else {
        print_own(printer, expr);
    }
}
