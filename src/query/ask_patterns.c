/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask_patterns: the pattern command, and diff and anomaly behind it. Texts are clustered on their
 * way, not kept; those of other times are planned and read in the same way. What is found is rows
 * in memory.
 */
#include "base/clock.h"
#include "query/anomaly.h"
#include "query/ask_private.h"

enum { DAY_S = 86400 };

struct clustering {
    struct patterns *patterns;
    int window;
};

enum status ask_no_head(void *context, const struct ask_head *head, struct error *error)
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
        patterns_add(clustering->patterns, cells[0].text, clustering->window);
    return STATUS_OK;
}

static enum status cluster(const struct run *run, struct plan *plan, struct patterns *patterns,
                           int window)
{
    struct run inner = *run;
    struct clustering clustering = {patterns, window};
    const struct ask_sink sink = {ask_no_head, add_text, &clustering};
    inner.sink = &sink;
    enum status status = ask_run_plan(&inner, plan);
    run->reply->rows = 0;
    return status;
}

/* --- other times ----------------------------------------------------------------------------- */

static struct time_range earlier(struct time_range range, int64_t by_ns)
{
    struct time_range moved;
    if (__builtin_sub_overflow(range.from_ns, by_ns, &moved.from_ns) ||
        __builtin_sub_overflow(range.to_ns, by_ns, &moved.to_ns))
        return (struct time_range){0, 0};
    return moved;
}

/* INT64_MAX: the range has no length that fits. */
static int64_t length_of(struct time_range range)
{
    int64_t length;
    return __builtin_sub_overflow(range.to_ns, range.from_ns, &length) ? INT64_MAX : length;
}

static int64_t diff_shift(const struct command *diff, struct time_range range)
{
    static const int64_t days[] = {
        [DIFF_PREVIOUS_DAY] = 1, [DIFF_PREVIOUS_WEEK] = 7, [DIFF_PREVIOUS_MONTH] = 30};
    const struct expression *period = diff->expression;
    if (period)
        return (int64_t)(period->number * (double)period_unit_ns(period->unit));
    return diff->diff == DIFF_PREVIOUS ? length_of(range) : days[diff->diff] * DAY_S * NS_PER_SEC;
}

static enum status cluster_earlier(const struct run *run, struct plan_question question,
                                   int64_t by_ns, struct patterns *patterns, int window)
{
    struct plan plan;
    struct language_error problem = {0};
    struct ask_reply now = *run->reply;
    question.range = earlier(question.range, by_ns);
    enum status status = plan_make(&question, run->arena, &plan, &problem);
    status =
        status == STATUS_OK ? cluster(run, &plan, patterns, window) : ask_refuse(run, &problem);
    plan_done(&plan);
    run->reply->rows_matched = now.rows_matched;
    run->reply->rows_scanned += now.rows_scanned;
    return status;
}

/* What is usual: the same hours of the seven days before or, of more than a day, the four times
 * before that are as long. */
static enum status cluster_usual(const struct run *run, const struct plan_question *question,
                                 struct patterns *patterns)
{
    int64_t length_ns = length_of(question->range), day_ns = DAY_S * NS_PER_SEC;
    bool daily = length_ns <= day_ns;
    enum status status = STATUS_OK;
    patterns_sample(patterns);
    for (int i = 0; status == STATUS_OK && i < (daily ? 7 : 4); i++)
        status = cluster_earlier(run, *question,
                                 (i + 1) * (daily              ? day_ns
                                            : length_ns < 1e18 ? length_ns
                                                               : (int64_t)1e18),
                                 patterns, PATTERN_USUAL + i);
    return status;
}

/* --- rows ------------------------------------------------------------------------------------ */

static struct ask_cell cell_of(const struct pattern_row *row, const struct anomaly *anomaly,
                               size_t column)
{
    int64_t now = row->counts[PATTERN_NOW], before = row->counts[PATTERN_BEFORE];
    switch (column) {
    case 0:
        return cell_of_text(row->text);
    case 1:
        return cell_of_number(row->ratio);
    case 2:
        return cell_of_integer(now);
    case 3:
        return cell_of_text(row->severity);
    case 4:
        return cell_of_integer(before);
    case 5:
        return cell_of_integer(now - before);
    case 6:
        return cell_of_integer(anomaly->is_anomaly);
    case 7:
        return cell_of_text(anomaly->types);
    case 8:
        return cell_of_number(anomaly->score);
    default:
        return cell_of_text(anomaly->description);
    }
}

static const struct {
    const char *name;
    enum ask_type type;
    bool of_diff, of_anomaly;
} columns[] = {{"@pattern", ASK_TEXT, false, false},
               {"@ratio", ASK_NUMBER, false, false},
               {"@sampleCount", ASK_INTEGER, false, false},
               {"@severityLabel", ASK_TEXT, false, false},
               {"@previousSampleCount", ASK_INTEGER, true, false},
               {"@difference", ASK_INTEGER, true, false},
               {"@anomaly", ASK_INTEGER, false, true},
               {"@anomalyType", ASK_TEXT, false, true},
               {"@anomalyScore", ASK_NUMBER, false, true},
               {"@anomalyDescription", ASK_TEXT, false, true}};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

static bool keep_patterns(struct patterns *patterns, bool diff, bool anomaly, struct rowset *out)
{
    size_t count, at[COLUMNS], width = 0;
    const struct pattern_row *rows = patterns_rows(patterns, &count);
    out->shape = ASK_PATTERN;
    for (size_t c = 0; c < COLUMNS; c++) {
        if ((columns[c].of_diff && !diff) || (columns[c].of_anomaly && !anomaly))
            continue;
        if (!rows || !rowset_put(out, str_from(columns[c].name), columns[c].type))
            return false;
        at[width++] = c;
    }
    for (size_t i = 0; i < count; i++) {
        struct anomaly found = {0};
        if (anomaly)
            anomaly_judge(rows, count, i, &out->arena, &found);
        /* Patterns of another time only say something when somebody asked for that time. */
        if (!rows[i].counts[PATTERN_NOW] && !(diff && rows[i].counts[PATTERN_BEFORE]) &&
            !found.is_anomaly)
            continue;
        if (!rowset_add_row(out))
            return false;
        for (size_t c = 0; c < width; c++)
            out->columns[c].cells[out->row_count - 1] = cell_of(&rows[i], &found, at[c]);
    }
    return true;
}

/* diff and anomaly stand directly behind, in any order. */
static const struct command *behind(const struct language_query *tree, size_t from,
                                    enum command_id id, size_t *inout_next)
{
    for (size_t i = from; i < tree->command_count && i < from + 2; i++) {
        enum command_id other = tree->commands[i].id;
        if (other != COMMAND_DIFF && other != COMMAND_ANOMALY)
            return NULL;
        if (other != id)
            continue;
        *inout_next += 1;
        return &tree->commands[i];
    }
    return NULL;
}

enum status ask_patterns(const struct run *run, const struct plan_question *question,
                         struct plan *plan, struct rowset *out)
{
    const struct language_query *tree = question->tree;
    size_t from = plan->next_command;
    const struct command *diff = behind(tree, from, COMMAND_DIFF, &plan->next_command);
    bool anomaly = behind(tree, from, COMMAND_ANOMALY, &plan->next_command) != NULL;
    struct patterns *patterns = patterns_new(&out->arena);
    enum status status = STATUS_OK;
    if (!patterns)
        return fail(run->error, STATUS_TOO_LARGE, "the query is too large");
    if (anomaly)
        status = cluster_usual(run, question, patterns);
    if (status == STATUS_OK)
        status = cluster(run, plan, patterns, PATTERN_NOW);
    if (status == STATUS_OK && diff)
        status = cluster_earlier(run, *question, diff_shift(diff, question->range), patterns,
                                 PATTERN_BEFORE);
    if (status == STATUS_OK && !keep_patterns(patterns, diff != NULL, anomaly, out))
        status = rowset_full(STR("pattern"), run->error);
    return status;
}
