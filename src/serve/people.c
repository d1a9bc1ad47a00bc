/* SPDX-License-Identifier: Apache-2.0 */
/* people: the lists of sessions and users. A cursor is the sort value and the name of the last row.
 */
#include "query/people.h"

#include "serve/serve_private.h"

static enum status read_question(struct call *call, struct filters *filters,
                                 struct people_question *question)
{
    int64_t limit = 0;
    int sort = 0;
    question->traces = (struct trace_list_question){.project_id = call->request->project_id,
                                                    .filters = filters,
                                                    .cancelled = &call->request->cancelled};
    enum status status = param_range(call, &question->traces.range);
    if (status == STATUS_OK)
        status = param_filters(call, filters);
    if (status == STATUS_OK)
        status = param_int(call, STR("limit"), 50, 1, PEOPLE_MAX, &limit);
    if (status == STATUS_OK)
        status = param_sort(call, people_sorts, PEOPLE_SORTS, &sort, &question->ascending);
    if (status == STATUS_OK)
        status = param_cursor(call, &question->has_cursor, &question->cursor_value,
                              &question->cursor_name);
    question->sort = (enum people_sort)sort;
    question->limit = (size_t)limit;
    return status;
}

static void write_row(struct json_out *out, enum people_of of, const struct people_row *row)
{
    bool is_session = of == PEOPLE_SESSIONS;
    json_out_object(out, NULL);
    json_out_str(out, is_session ? "session" : "user", row->name);
    out_name(out, is_session ? "user" : "last_session", row->other);
    json_out_int(out, is_session ? "users" : "sessions", row->others);
    out_time(out, "first", row->first_ns);
    out_time(out, "last", row->last_ns);
    json_out_int(out, "duration", row->last_ns - row->first_ns);
    const struct {
        const char *key;
        int64_t number;
    } numbers[] = {{"busy", row->busy_ns},
                   {"traces", row->traces},
                   {"failed", row->failed},
                   {"spans", row->spans},
                   {"errors", row->errors},
                   {"llm_calls", row->llm_calls},
                   {"tool_calls", row->tool_calls},
                   {"unpriced", row->unpriced},
                   {"input_tokens", row->input_tokens},
                   {"output_tokens", row->output_tokens},
                   {"total_tokens", row->total_tokens},
                   {"cost", row->cost}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        json_out_int(out, numbers[i].key, numbers[i].number);
    out_name(out, "input", row->input);
    json_out_end_object(out);
}

static void write_next(struct call *call, const struct people_list *list)
{
    if (!list->more || list->count == 0) {
        json_out_null(&call->out, "next");
        return;
    }
    const struct people_row *last = &list->items[list->count - 1];
    out_cursor(&call->out, last->sort_value, last->name);
}

static void serve_people(struct request *request, void *context, enum people_of of)
{
    struct call call;
    struct filters filters;
    struct people_question question = {.of = of};
    struct people_list list;
    if (!call_begin(&call, request, context))
        return;
    enum status status = read_question(&call, &filters, &question);
    if (status == STATUS_OK)
        status = query_people(call.query, &question, &request->arena, &list, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, of == PEOPLE_SESSIONS ? "sessions" : "users");
        for (size_t i = 0; i < list.count; i++)
            write_row(&call.out, of, &list.items[i]);
        json_out_end_array(&call.out);
        write_next(&call, &list);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

void serve__sessions(struct request *request, void *context)
{
    serve_people(request, context, PEOPLE_SESSIONS);
}

void serve__users(struct request *request, void *context)
{
    serve_people(request, context, PEOPLE_USERS);
}
