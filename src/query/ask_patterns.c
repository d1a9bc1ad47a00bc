/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask_patterns: the pattern command. Texts are clustered on their way, not kept; a diff behind it
 * clusters those of an earlier time in the same way. What is found is rows in memory.
 */
#include "base/clock.h"
#include "query/ask_private.h"
#include "query/pattern.h"

struct clustering {
    struct patterns *patterns;
    bool earlier;
};

static enum status no_head(void *context, const struct ask_head *head, struct error *error)
{
    (void)context, (void)head, (void)error;
    return STATUS_OK;
}

static enum status add_text(void *context, const struct ask_cell *cells,
                            const struct ask_pointer *pointer, struct error *error)
{
    const struct clustering *clustering = context;
    (void)pointer, (void)error;
    if (cells[0].kind == CELL_TEXT)
        patterns_add(clustering->patterns, cells[0].text, clustering->earlier);
    return STATUS_OK;
}

static enum status cluster(const struct run *run, struct plan *plan, struct patterns *patterns,
                           bool earlier)
{
    struct run inner = *run;
    struct clustering clustering = {patterns, earlier};
    const struct ask_sink sink = {no_head, add_text, &clustering};
    inner.sink = &sink;
    enum status status = ask_run_plan(&inner, plan);
    run->reply->rows = 0;
    return status;
}

static struct time_range earlier_range(struct time_range range, enum diff_period period)
{
    static const int64_t days[] = {
        [DIFF_PREVIOUS_DAY] = 1, [DIFF_PREVIOUS_WEEK] = 7, [DIFF_PREVIOUS_MONTH] = 30};
    int64_t by_ns =
        period == DIFF_PREVIOUS ? range.to_ns - range.from_ns : days[period] * 86400 * NS_PER_SEC;
    return range.from_ns < INT64_MIN / 2
               ? range
               : (struct time_range){range.from_ns - by_ns, range.to_ns - by_ns};
}

/* The texts of the time before, planned and read in the same way. */
static enum status cluster_earlier(const struct run *run, struct plan_question question,
                                   enum diff_period period, struct patterns *patterns)
{
    struct plan plan;
    struct language_error problem = {0};
    struct ask_reply now = *run->reply;
    question.range = earlier_range(question.range, period);
    if (plan_make(&question, run->arena, &plan, &problem) != STATUS_OK)
        return ask_refuse(run, &problem);
    enum status status = cluster(run, &plan, patterns, true);
    run->reply->rows_matched = now.rows_matched;
    run->reply->rows_scanned += now.rows_scanned;
    return status;
}

/* --- rows ------------------------------------------------------------------------------------ */

static struct ask_cell cell_of(const struct pattern_row *row, size_t column)
{
    switch (column) {
    case 0:
        return cell_of_text(row->text);
    case 1:
        return cell_of_number(row->ratio);
    case 2:
        return cell_of_integer(row->count);
    case 3:
        return cell_of_text(row->severity);
    case 4:
        return cell_of_integer(row->before);
    default:
        return cell_of_integer(row->count - row->before);
    }
}

static bool keep_patterns(struct patterns *patterns, bool diff, struct rowset *out)
{
    static const struct {
        const char *name;
        enum ask_type type;
    } columns[] = {{"@pattern", ASK_TEXT},
                   {"@ratio", ASK_NUMBER},
                   {"@sampleCount", ASK_INTEGER},
                   {"@severityLabel", ASK_TEXT},
                   {"@previousSampleCount", ASK_INTEGER},
                   {"@difference", ASK_INTEGER}};
    size_t count, width = diff ? 6 : 4;
    const struct pattern_row *rows = patterns_rows(patterns, &count);
    out->shape = ASK_PATTERN;
    for (size_t c = 0; c < width; c++)
        if (!rows || !rowset_put(out, str_from(columns[c].name), columns[c].type))
            return false;
    for (size_t i = 0; i < count; i++) {
        if (!rowset_add_row(out))
            return false;
        for (size_t c = 0; c < width; c++)
            out->columns[c].cells[i] = cell_of(&rows[i], c);
    }
    return true;
}

enum status ask_patterns(const struct run *run, const struct plan_question *question,
                         struct plan *plan, struct rowset *out)
{
    const struct language_query *tree = question->tree;
    size_t next = plan->next_command;
    bool diff = next < tree->command_count && tree->commands[next].id == COMMAND_DIFF;
    struct patterns *patterns = patterns_new(&out->arena);
    if (!patterns)
        return fail(run->error, STATUS_TOO_LARGE, "the query is too large");
    enum status status = cluster(run, plan, patterns, false);
    if (status == STATUS_OK && diff)
        status = cluster_earlier(run, *question, tree->commands[next].diff, patterns);
    plan->next_command += diff;
    if (status == STATUS_OK && !keep_patterns(patterns, diff, out))
        status = rowset_full(STR("pattern"), run->error);
    return status;
}
