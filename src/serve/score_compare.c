/* SPDX-License-Identifier: Apache-2.0 */
/* score_compare: two scores of the same things, and the pairs behind a number. */
#include <stdio.h>

#include "query/score_compare.h"
#include "serve/serve_private.h"

enum { PAIRS_DEFAULT = 50, PAIRS_MAX = 500 };

/* --- the question ------------------------------------------------------------------------------
 */

/* Parameters of one side: NAME, NAME_type, NAME_source, and of a list NAME_min, NAME_below,
 * NAME_value. */
static enum status read_side(struct call *call, const char *name, struct score_side *side)
{
    char type[16], source[16], least[16], below[16], value[16];
    snprintf(type, sizeof type, "%s_type", name);
    snprintf(source, sizeof source, "%s_source", name);
    snprintf(least, sizeof least, "%s_min", name);
    snprintf(below, sizeof below, "%s_below", name);
    snprintf(value, sizeof value, "%s_value", name);
    *side = (struct score_side){
        .name = request_param(call->request, str_from(name)),
        .cell = {.label = request_param(call->request, str_from(value))},
    };
    if (!side->name.len)
        return fail(&call->error, STATUS_INVALID, "%s: expected the name of a score", name);
    enum status status = param_score_type(call, type, &side->type);
    if (status == STATUS_OK)
        status = param_score_source(call, source, &side->source);
    if (status == STATUS_OK)
        status = param_number(call, least, &side->cell.has_least, &side->cell.least);
    if (status == STATUS_OK)
        status = param_number(call, below, &side->cell.has_below, &side->cell.below);
    return status;
}

static enum status read_question(struct call *call, struct score_pairs_question *question)
{
    struct request *request = call->request;
    struct str on = request_param(request, STR("on"));
    *question = (struct score_pairs_question){
        .project_id = request->project_id,
        .environment = request_param(request, STR("environment")),
        .by_trace = str_equal(on, STR("trace")),
        .cancelled = &request->cancelled,
    };
    if (on.len && !question->by_trace && !str_equal(on, STR("subject")))
        return fail(&call->error, STATUS_INVALID, "on: expected subject or trace");
    enum status status = param_range(call, &question->range);
    for (int i = 0; i < 2 && status == STATUS_OK; i++)
        status = read_side(call, i ? "b" : "a", &question->sides[i]);
    if (status != STATUS_OK)
        return status;
    const struct score_side *a = &question->sides[0], *b = &question->sides[1];
    bool same_type = a->type == b->type || a->type < 0 || b->type < 0;
    bool same_source = a->source == b->source || a->source < 0 || b->source < 0;
    if (str_equal(a->name, b->name) && same_type && same_source)
        return fail(&call->error, STATUS_INVALID,
                    "b: expected another score than a, or another source: a_source and b_source");
    return STATUS_OK;
}

/* --- the comparison ----------------------------------------------------------------------------
 */

static void write_sides(struct json_out *out, const struct score_pairs_question *question)
{
    for (int i = 0; i < 2; i++) {
        const struct score_side *side = &question->sides[i];
        json_out_object(out, i ? "b" : "a");
        json_out_str(out, "name", side->name);
        json_out_text(out, "type",
                      side->type < 0 ? NULL : score_type_name((enum score_type)side->type));
        json_out_text(out, "source",
                      side->source < 0 ? NULL : score_source_name((enum score_source)side->source));
        json_out_int(out, "count", side->count);
        json_out_end_object(out);
    }
}

static void write_numbers(struct json_out *out, const struct score_comparison *comparison)
{
    const struct number_agreement *numbers = &comparison->numbers;
    const struct {
        const char *key;
        double number;
    } members[] = {
        {"mean_a", numbers->mean_a},     {"mean_b", numbers->mean_b},
        {"pearson", numbers->pearson},   {"pearson_low", numbers->pearson_low},
        {"spearman", numbers->spearman}, {"pearson_high", numbers->pearson_high},
        {"mae", numbers->mae},           {"rmse", numbers->rmse},
    };
    json_out_object(out, "numbers");
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        json_out_double(out, members[i].key, members[i].number);
    bool any = comparison->used > 0;
    out_numbers(out, "a_edges", comparison->edges[0], any ? comparison->cells[0] + 1 : 0);
    out_numbers(out, "b_edges", comparison->edges[1], any ? comparison->cells[1] + 1 : 0);
    json_out_array(out, "grid");
    for (size_t i = 0; any && i < comparison->cells[0]; i++)
        out_ints(out, NULL, comparison->grid[i], comparison->cells[1]);
    json_out_end_array(out);
    json_out_end_object(out);
}

static void write_labels(struct json_out *out, const struct score_comparison *comparison)
{
    const struct labels_agreement *agreement = &comparison->agreement;
    size_t count = comparison->label_count;
    json_out_object(out, "labels");
    json_out_double(out, "agreement", agreement->observed);
    json_out_double(out, "by_chance", agreement->expected);
    json_out_double(out, "kappa", agreement->kappa);
    json_out_double(out, "f1_macro", agreement->f1_macro);
    json_out_double(out, "f1_weighted", agreement->f1_weighted);
    json_out_array(out, "each");
    for (size_t i = 0; i < count; i++) {
        const struct label_agreement *label = &comparison->each[i];
        json_out_object(out, NULL);
        json_out_str(out, "value", comparison->labels[i]);
        json_out_int(out, "in_a", label->in_a);
        json_out_int(out, "in_b", label->in_b);
        json_out_int(out, "in_both", label->in_both);
        json_out_double(out, "precision", label->precision);
        json_out_double(out, "recall", label->recall);
        json_out_double(out, "f1", label->f1);
        json_out_end_object(out);
    }
    json_out_end_array(out);
    json_out_array(out, "matrix");
    for (size_t i = 0; i < count; i++)
        out_ints(out, NULL, &comparison->matrix[i * count], count);
    json_out_end_array(out);
    json_out_end_object(out);
}

static void write_groups(struct json_out *out, const struct score_comparison *comparison)
{
    json_out_array(out, "groups");
    for (size_t i = 0; i < comparison->group_count; i++) {
        const struct score_group *group = &comparison->groups[i];
        json_out_object(out, NULL);
        json_out_str(out, "value", group->label);
        json_out_int(out, "count", group->count);
        json_out_double(out, "mean", group->mean);
        json_out_double(out, "median", group->median);
        json_out_double(out, "min", group->least);
        json_out_double(out, "max", group->most);
        json_out_end_object(out);
    }
    json_out_end_array(out);
}

static void write_comparison(struct json_out *out, const struct score_pairs_question *question,
                             const struct score_comparison *comparison)
{
    static const char *const kinships[] = {
        [SCORES_UNPAIRED] = "none",
        [SCORES_NUMBERS] = "numbers",
        [SCORES_LABELS] = "labels",
        [SCORES_NUMBER_BY_LABEL] = "groups",
    };
    json_out_object(out, NULL);
    write_sides(out, question);
    json_out_text(out, "on", question->by_trace ? "trace" : "subject");
    json_out_text(out, "kind", kinships[comparison->kinship]);
    json_out_int(out, "pairs", comparison->pairs);
    json_out_int(out, "used", comparison->used);
    if (comparison->kinship == SCORES_NUMBERS)
        write_numbers(out, comparison);
    else if (comparison->kinship == SCORES_LABELS)
        write_labels(out, comparison);
    else if (comparison->kinship == SCORES_NUMBER_BY_LABEL)
        write_groups(out, comparison);
    json_out_end_object(out);
}

void serve__score_comparison(struct request *request, void *context)
{
    struct call call;
    struct score_pairs_question question;
    struct score_comparison *comparison = NULL;
    if (!call_begin(&call, request, context))
        return;
    enum status status = read_question(&call, &question);
    if (status == STATUS_OK && !(comparison = arena_new(&request->arena, struct score_comparison)))
        status = fail(&call.error, STATUS_TOO_LARGE, "no memory to compare scores");
    if (status == STATUS_OK)
        status =
            query_score_comparison(call.query, &question, &request->arena, comparison, &call.error);
    if (status == STATUS_OK)
        write_comparison(&call.out, &question, comparison);
    call_end(&call, status);
}

/* --- the pairs ---------------------------------------------------------------------------------
 */

static void write_said(struct json_out *out, const char *key, const struct score_pair *pair,
                       int side)
{
    if (pair->labels[side].ptr)
        json_out_str(out, key, pair->labels[side]);
    else
        json_out_double(out, key, pair->values[side]);
}

static void write_pair(struct json_out *out, const struct score_pair *pair)
{
    json_out_object(out, NULL);
    out_trace_id(out, "trace_id", pair->trace);
    out_span_id(out, "span_id", pair->span_id);
    out_name(out, "session", pair->session);
    out_name(out, "dataset_run", pair->dataset_run);
    json_out_int_text(out, "time", pair->time_ns);
    write_said(out, "a", pair, 0);
    write_said(out, "b", pair, 1);
    json_out_end_object(out);
}

void serve__score_pairs(struct request *request, void *context)
{
    struct call call;
    struct score_pairs_question question;
    struct score_pair_list list;
    int64_t limit = 0;
    if (!call_begin(&call, request, context))
        return;
    struct str sort = request_param(request, STR("sort"));
    bool by_difference = str_equal(sort, STR("difference"));
    enum status status = read_question(&call, &question);
    if (status == STATUS_OK && sort.len && !by_difference && !str_equal(sort, STR("time")))
        status = fail(&call.error, STATUS_INVALID, "sort: expected time or difference");
    if (status == STATUS_OK)
        status = param_int(&call, STR("limit"), PAIRS_DEFAULT, 1, PAIRS_MAX, &limit);
    if (status == STATUS_OK)
        status = query_score_pairs(call.query, &question, by_difference, (size_t)limit,
                                   &request->arena, &list, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        write_sides(&call.out, &question);
        json_out_array(&call.out, "pairs");
        for (size_t i = 0; i < list.count; i++)
            write_pair(&call.out, &list.items[i]);
        json_out_end_array(&call.out);
        json_out_bool(&call.out, "more", list.more);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}
