/* SPDX-License-Identifier: Apache-2.0 */
/* answer: see answer.h. */
#define _GNU_SOURCE
#include "serve/answer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

static const struct answer_format *const formats[] = {
#define FORMAT(name) &answer_##name,
#include "serve/answer_formats.def"
#undef FORMAT
};
enum { FORMATS = sizeof formats / sizeof *formats };

static const struct answer_format *find_format(struct str name)
{
    for (size_t i = 0; i < (size_t)FORMATS; i++)
        if (str_equal_nocase(name, str_from(formats[i]->name)))
            return formats[i];
    return NULL;
}

/* The first media type of the Accept header that is one of ours. */
static const struct answer_format *accepted(struct str header)
{
    struct str item, type;
    while (header.len && str_take(&header, ',', &item)) {
        if (!str_take(&item, ';', &type))
            continue;
        type = str_trim(type);
        for (size_t i = 0; i < (size_t)FORMATS; i++) {
            struct str ours = str_from(formats[i]->content_type);
            ours = str_sub(ours, 0, str_find_byte(ours, ';'));
            if (str_equal_nocase(type, ours))
                return formats[i];
        }
        if (str_equal(type, STR("*/*")))
            break;
    }
    return formats[0];
}

enum status answer_choose(struct call *call, const struct json *body,
                          struct answer_choice *out_choice)
{
    struct str name;
    const struct json *raw = json_get(body, STR("raw"));
    enum status status = body_text(call, body, "format", false, &name);
    if (status != STATUS_OK)
        return status;
    if (raw && raw->type != JSON_BOOL && raw->type != JSON_NULL)
        return fail(&call->error, STATUS_INVALID, "raw: expected true or false");
    out_choice->as_it_is = raw && raw->type == JSON_BOOL && raw->boolean;
    out_choice->format =
        name.len ? find_format(name) : accepted(request_header(call->request, STR("accept")));
    return out_choice->format
               ? STATUS_OK
               : fail(&call->error, STATUS_INVALID,
                      "format: expected json, ndjson, csv, parquet or arrow, got '%.*s'",
                      (int)(name.len > 40 ? 40 : name.len), name.ptr);
}

void answer_begin(struct answer *answer, const struct answer_choice *choice, struct arena *arena,
                  const char *directory)
{
    *answer =
        (struct answer){.format = choice->format, .arena = arena, .as_it_is = choice->as_it_is};
    spool_init(&answer->spool, directory);
    answer->out = json_out(&answer->spool.buf);
    answer->pointers_out = json_out(&answer->pointers);
}

void answer_stream_to(struct answer *answer, struct call *call)
{
    if (answer->format->say_error)
        answer->call = call;
}

void answer_done(struct answer *answer)
{
    if (answer->format->done)
        answer->format->done(answer);
    buf_done(&answer->pointers);
    spool_done(&answer->spool);
}

/* Names that came before get a number: name, name_2. */
static bool make_names(struct answer *answer)
{
    size_t count = answer->head.column_count;
    answer->names = arena_array(answer->arena, struct str, count);
    for (size_t i = 0; answer->names && i < count; i++) {
        struct str name = answer->head.columns[i].name;
        for (size_t k = 0, number = 1; k < i; k++) {
            if (!str_equal(answer->names[k], name))
                continue;
            name = arena_printf(answer->arena, "%.*s_%zu", STR_ARGS(answer->head.columns[i].name),
                                ++number);
            if (!name.ptr)
                return false;
            k = (size_t)-1; /* the new one may have come before, too */
        }
        answer->names[i] = name;
    }
    return answer->names != NULL;
}

static enum status take_head(void *context, const struct ask_head *head, struct error *error)
{
    struct answer *answer = context;
    answer->head = *head;
    answer->has_head = true;
    if (!make_names(answer))
        return fail(error, STATUS_TOO_LARGE, "no memory for the columns");
    return answer->format->head(answer, error);
}

static enum status take_row(void *context, const struct ask_cell *cells,
                            const struct ask_pointer *pointer, struct error *error)
{
    struct answer *answer = context;
    enum status status = answer->format->row(answer, cells, pointer, error);
    return status == STATUS_OK ? answer_flush(answer, error) : status;
}

struct ask_sink answer_sink(struct answer *answer)
{
    return (struct ask_sink){.head = take_head, .row = take_row, .context = answer};
}

enum status answer_end(struct answer *answer, const struct ask_reply *reply, struct error *error)
{
    enum status status = answer->format->end(answer, reply, error);
    return status == STATUS_OK ? answer_flush(answer, error) : status;
}

enum status answer_give(struct answer *answer, struct call *call, const struct ask_reply *reply)
{
    enum status status = spool_give(&answer->spool, &call->response, &call->error);
    call->response.content_type = answer->format->content_type;
    if (status != STATUS_OK || answer->format == &answer_json)
        return status;
    response_header(&call->response, STR("x-vitrine-rows"),
                    arena_printf(&call->request->arena, "%lld", (long long)reply->rows));
    response_header(&call->response, STR("x-vitrine-truncated"),
                    reply->truncated ? STR("true") : STR("false"));
    return STATUS_OK;
}

/* --- pieces --------------------------------------------------------------------------------- */

struct str answer_time(int64_t time_ns, char *room)
{
    int64_t seconds = time_ns / NS_PER_SEC, rest = time_ns % NS_PER_SEC;
    if (rest < 0) {
        seconds--;
        rest += NS_PER_SEC;
    }
    time_t whole = (time_t)seconds;
    struct tm parts;
    gmtime_r(&whole, &parts);
    size_t len = strftime(room, 24, "%Y-%m-%dT%H:%M:%S", &parts);
    if (rest) {
        len += (size_t)snprintf(room + len, 12, ".%09lld", (long long)rest);
        while (room[len - 1] == '0')
            len--;
    }
    room[len++] = 'Z';
    return (struct str){room, len};
}

static void write_integer(struct json_out *out, const char *key, int64_t number)
{
    const int64_t most = INT64_C(1) << 53;
    if (number >= -most && number <= most)
        json_out_int(out, key, number);
    else
        json_out_int_text(out, key, number);
}

static void write_number(struct json_out *out, const char *key, double number)
{
    if (isfinite(number) && number == floor(number) && fabs(number) < 9e15)
        json_out_int(out, key, (int64_t)number);
    else
        json_out_double(out, key, number);
}

void answer_cell(struct json_out *out, const char *key, enum ask_type type,
                 const struct ask_cell *cell)
{
    switch (cell->kind) {
    case CELL_INTEGER:
        if (type == ASK_TIME)
            json_out_int_text(out, key, cell->integer);
        else
            write_integer(out, key, cell->integer);
        break;
    case CELL_BOOLEAN:
        json_out_int(out, key, cell->integer != 0);
        break;
    case CELL_NUMBER:
        write_number(out, key, cell->number);
        break;
    case CELL_TEXT:
        json_out_str(out, key, cell->text.ptr ? cell->text : STR(""));
        break;
    case CELL_JSON:
        json_out_raw(out, key, cell->text);
        break;
    default:
        json_out_null(out, key);
    }
}

void answer_statistics(struct json_out *out, const char *key, const struct ask_reply *reply)
{
    json_out_object(out, key);
    json_out_int(out, "rows", reply->rows);
    json_out_int(out, "rows_matched", reply->rows_matched);
    json_out_int(out, "rows_scanned", reply->rows_scanned);
    json_out_int(out, "bytes_scanned", reply->bytes_scanned);
    json_out_double(out, "elapsed_ms", reply->elapsed_ms);
    json_out_text(out, "used", ask_used_name(reply->used));
    json_out_end_object(out);
}

/* --- errors --------------------------------------------------------------------------------- */

void answer_write_error(struct json_out *out, const char *key, enum status status,
                        const struct error *error, const struct ask_reply *reply)
{
    json_out_object(out, key);
    json_out_text(out, "status", status_name(status));
    json_out_text(out, "message", error->text);
    if (reply->has_position) {
        json_out_object(out, "position");
        json_out_int(out, "offset", (int64_t)reply->offset);
        json_out_int(out, "line", (int64_t)reply->line);
        json_out_int(out, "column", (int64_t)reply->column);
        json_out_int(out, "length", (int64_t)reply->length);
        json_out_end_object(out);
    }
    if (reply->expected.len)
        json_out_str(out, "expected", reply->expected);
    if (reply->suggestion.len)
        json_out_str(out, "suggestion", reply->suggestion);
    json_out_end_object(out);
}

void answer_error(struct call *call, enum status status, const struct ask_reply *reply)
{
    if (!reply->has_position && !reply->expected.len && !reply->suggestion.len) {
        call_end(call, status);
        return;
    }
    struct buf body = {0};
    struct json_out out = json_out(&body);
    json_out_object(&out, NULL);
    answer_write_error(&out, "error", status, &call->error, reply);
    json_out_end_object(&out);
    buf_done(&call->response.body);
    call->response.body = body;
    call->response.content_type = NULL;
    call->response.http_status = status_http(status);
    call_end(call, STATUS_OK);
}
