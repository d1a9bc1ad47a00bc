/* SPDX-License-Identifier: Apache-2.0 */
/* lookup_tables: uploads, lists and gives back the tables of the command `lookup`. */
#include "control/lookup_tables.h"

#include <string.h>

#include "query/lookup_table.h"
#include "serve/serve_private.h"
#include "wire/utf8.h"

static void write_table(struct json_out *out, const struct lookup_table_row *table)
{
    json_out_object(out, NULL);
    json_out_str(out, "name", table->name);
    json_out_raw(out, "columns", table->columns);
    json_out_int(out, "rows", table->rows);
    json_out_int(out, "bytes", table->bytes);
    out_time(out, "created", table->created_ns);
    out_time(out, "updated", table->updated_ns);
    json_out_end_object(out);
}

void serve__lookup_tables(struct request *request, void *context)
{
    struct call call;
    struct lookup_table_row *tables;
    size_t count;
    call_begin_plain(&call, request, context);
    enum status status = control_lookup_table_list(call.options->control, request->project_id,
                                                   &request->arena, &tables, &count, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "tables");
        for (size_t i = 0; i < count; i++)
            write_table(&call.out, &tables[i]);
        json_out_end_array(&call.out);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

/* As CloudWatch: letters, digits, hyphens and underscores. */
static bool is_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && !(c && strchr("-_", c)))
            return false;
    }
    return name.len > 0 && name.len <= LOOKUP_NAME_BYTES_MAX;
}

static struct str names_of(const struct lookup_table *table, struct arena *arena)
{
    struct buf text = {0};
    struct json_out out = json_out(&text);
    json_out_array(&out, NULL);
    for (size_t i = 0; i < table->column_count; i++)
        json_out_str(&out, NULL, table->columns[i]);
    json_out_end_array(&out);
    struct str copy = arena_copy(arena, buf_str(&text));
    buf_done(&text);
    return copy;
}

static enum status check_table(struct call *call, struct lookup_table_row *out)
{
    struct lookup_table table;
    struct str csv = call->request->body;
    if (!is_name(out->name))
        return fail(&call->error, STATUS_INVALID,
                    "name: expected at most %d letters, digits, hyphens and underscores",
                    LOOKUP_NAME_BYTES_MAX);
    if (!utf8_valid(csv))
        return fail(&call->error, STATUS_INVALID, "the table is not UTF-8");
    enum status status = lookup_table_parse(csv, &call->request->arena, &table, &call->error);
    if (status != STATUS_OK)
        return status;
    out->rows = (int64_t)table.row_count;
    out->columns = names_of(&table, &call->request->arena);
    return out->columns.ptr ? STATUS_OK
                            : fail(&call->error, STATUS_TOO_LARGE, "the table is too large");
}

void serve__lookup_table_put(struct request *request, void *context)
{
    struct call call;
    bool created;
    struct lookup_table_row table = {.name = request_path_part(request, STR("name"))};
    call_begin_plain(&call, request, context);
    enum status status = check_table(&call, &table);
    if (status == STATUS_OK)
        status = control_lookup_table_put(call.options->control, request->project_id, &table,
                                          request->body, &created, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_str(&call.out, "name", table.name);
        json_out_raw(&call.out, "columns", table.columns);
        json_out_int(&call.out, "rows", table.rows);
        json_out_int(&call.out, "bytes", (int64_t)request->body.len);
        json_out_end_object(&call.out);
        call.response.http_status = created ? 201 : 200;
    }
    call_end(&call, status);
}

void serve__lookup_table(struct request *request, void *context)
{
    struct call call;
    struct str csv;
    call_begin_plain(&call, request, context);
    enum status status = control_lookup_table_read(call.options->control, request->project_id,
                                                   request_path_part(request, STR("name")),
                                                   &request->arena, &csv, &call.error);
    if (status == STATUS_OK) {
        buf_add_str(&call.response.body, csv);
        call.response.content_type = "text/csv; charset=utf-8";
    }
    call_end(&call, status);
}

void serve__lookup_table_delete(struct request *request, void *context)
{
    struct call call;
    call_begin_plain(&call, request, context);
    enum status status =
        control_lookup_table_delete(call.options->control, request->project_id,
                                    request_path_part(request, STR("name")), &call.error);
    if (status == STATUS_OK)
        call.response.http_status = 204;
    call_end(&call, status);
}
