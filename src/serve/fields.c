/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fields: what can be asked in the query language: the fields of a source and, unless they are not
 * wanted, the attributes its newest records have, the functions, the commands; or the values of one
 * field.
 */
#include "query/seen.h"
#include "serve/answer.h"

static const char *result_name(enum result_kind kind)
{
    static const char *const names[] = {
        [RESULT_NUMBER] = "number", [RESULT_INTEGER] = "integer", [RESULT_TEXT] = "text",
        [RESULT_TIME] = "time",     [RESULT_BOOLEAN] = "boolean", [RESULT_LIST] = "any",
        [RESULT_ANY] = "any",
    };
    return names[kind];
}

static void write_field(struct json_out *out, struct str name, enum ask_type type, const char *unit,
                        const char *description, const char *aliases, const char *from)
{
    struct str rest = str_from(aliases), alias;
    json_out_object(out, NULL);
    json_out_str(out, "name", name);
    json_out_text(out, "type", ask_type_name(type));
    json_out_text(out, "unit", unit[0] ? unit : NULL);
    json_out_text(out, "description", description);
    json_out_array(out, "aliases");
    while (rest.len && str_take(&rest, ' ', &alias))
        if (alias.len)
            json_out_str(out, NULL, alias);
    json_out_end_array(out);
    json_out_text(out, "from", from);
    json_out_end_object(out);
}

/* A name or another name of it begins as asked. */
static bool fits(const struct query_field *field, struct str prefix)
{
    struct str rest = str_from(field->aliases), alias;
    if (str_starts_nocase(str_from(field->name), prefix))
        return true;
    while (rest.len && str_take(&rest, ' ', &alias))
        if (str_starts_nocase(alias, prefix))
            return true;
    return false;
}

static enum status write_fields(struct call *call, const struct seen_question *question)
{
    struct json_out *out = &call->out;
    const struct query_field *field;
    struct seen_name *names = NULL;
    size_t count = 0;
    enum status status = STATUS_OK;
    if (!str_equal(request_param(call->request, STR("attributes")), STR("0")))
        status = query_seen_names(call->query, question, &call->request->arena, &names, &count,
                                  &call->error);
    /* The catalogue is there even when a sample of the records is not to be had. */
    if (status != STATUS_OK && status != STATUS_CANCELLED)
        count = 0;
    json_out_array(out, "fields");
    for (size_t n = 0; (field = query_field_at(question->source, n)); n++)
        if (fits(field, question->prefix))
            write_field(out, str_from(field->name), field->type, field->unit, field->description,
                        field->aliases, "index");
    for (size_t i = 0; i < count; i++)
        if (!query_field_find(question->source, names[i].name))
            write_field(out, names[i].name, names[i].type, "", NULL, "", "attribute");
    json_out_end_array(out);
    return status == STATUS_CANCELLED ? status : STATUS_OK;
}

static void write_words(struct json_out *out)
{
    json_out_array(out, "functions");
    for (int i = 0; i < FUNCTION_END; i++) {
        json_out_object(out, NULL);
        json_out_text(out, "name", function_words[i].name);
        json_out_text(out, "signature", function_words[i].signature);
        json_out_text(out, "description", function_words[i].description);
        json_out_bool(out, "aggregate", function_words[i].aggregate);
        json_out_text(out, "type", result_name(function_words[i].result));
        json_out_end_object(out);
    }
    json_out_end_array(out);
    json_out_array(out, "commands");
    for (int i = 0; i < COMMAND_END; i++) {
        json_out_object(out, NULL);
        json_out_text(out, "name", command_words[i].name);
        json_out_text(out, "syntax", command_words[i].syntax);
        json_out_text(out, "description", command_words[i].description);
        json_out_end_object(out);
    }
    json_out_end_array(out);
}

static enum status write_values(struct call *call, const struct seen_question *question,
                                struct str field)
{
    struct json_out *out = &call->out;
    struct seen_value *values;
    size_t count = 0;
    enum ask_type type = ASK_ANY;
    int64_t limit;
    enum status status = param_int(call, STR("limit"), 50, 1, SEEN_VALUES_MAX, &limit);
    if (status == STATUS_OK)
        status = query_seen_values(call->query, question, field, limit, &call->request->arena,
                                   &values, &count, &type, &call->error);
    if (status != STATUS_OK)
        return status;
    json_out_text(out, "type", ask_type_name(type));
    json_out_array(out, "values");
    for (size_t i = 0; i < count; i++) {
        json_out_object(out, NULL);
        answer_cell(out, "value", type, &values[i].cell);
        json_out_int(out, "count", values[i].count);
        json_out_end_object(out);
    }
    json_out_end_array(out);
    return STATUS_OK;
}

static enum status read_question(struct call *call, struct seen_question *out_question)
{
    struct str source = request_param(call->request, STR("source"));
    *out_question = (struct seen_question){
        .project_id = call->request->project_id,
        .source = SOURCE_SPANS,
        .prefix = request_param(call->request, STR("prefix")),
        .cancelled = &call->request->cancelled,
    };
    if (source.len &&
        (!source_find(source, &out_question->source) || out_question->source == SOURCE_GROUPS ||
         out_question->source == SOURCE_UNSAID))
        return fail(&call->error, STATUS_INVALID,
                    "source: expected spans, traces, logs, metrics or scores, got '%.*s'",
                    (int)(source.len > 40 ? 40 : source.len), source.ptr);
    return param_range(call, &out_question->range);
}

static void answer_fields(struct request *request, void *context)
{
    struct call call;
    struct seen_question question;
    if (!call_begin(&call, request, context))
        return;
    enum status status = read_question(&call, &question);
    struct str field = request_param(request, STR("values_of"));
    json_out_object(&call.out, NULL);
    if (status == STATUS_OK && field.len) {
        status = write_values(&call, &question, field);
    } else if (status == STATUS_OK) {
        status = write_fields(&call, &question);
        write_words(&call.out);
    }
    json_out_end_object(&call.out);
    call_end(&call, status);
}

void serve__fields(struct request *request, void *context)
{
    call_later(request, context, answer_fields);
}
