/* SPDX-License-Identifier: Apache-2.0 */
/* answer: see answer.h. */
#include "serve/answer.h"

#include <math.h>

void answer_begin(struct answer *answer, enum answer_format format, struct buf *body)
{
    *answer = (struct answer){.format = format, .body = body, .out = json_out(body)};
    answer->pointers_out = json_out(&answer->pointers);
}

void answer_done(struct answer *answer)
{
    buf_done(&answer->pointers);
}

/* --- JSON ----------------------------------------------------------------------------------- */

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

static void write_cell(struct json_out *out, const char *key, enum ask_type type,
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

static void write_columns(struct json_out *out, const struct ask_head *head)
{
    json_out_array(out, "columns");
    for (size_t i = 0; i < head->column_count; i++) {
        json_out_object(out, NULL);
        json_out_str(out, "name", head->columns[i].name);
        json_out_text(out, "type", ask_type_name(head->columns[i].type));
        json_out_end_object(out);
    }
    json_out_end_array(out);
}

static void write_pointer(struct json_out *out, const struct ask_pointer *pointer)
{
    uint8_t bytes[TRACE_ID_BYTES + SPAN_ID_BYTES];
    char hex[2 * TRACE_ID_BYTES + 1 + 2 * SPAN_ID_BYTES + 1];
    if (!pointer || !pointer->has_trace) {
        json_out_null(out, NULL);
        return;
    }
    id_bytes(pointer->trace.hi, bytes);
    id_bytes(pointer->trace.lo, bytes + 8);
    str_hex_encode(bytes, TRACE_ID_BYTES, hex);
    if (pointer->span) {
        id_bytes(pointer->span, bytes);
        hex[2 * TRACE_ID_BYTES] = '/';
        str_hex_encode(bytes, SPAN_ID_BYTES, hex + 2 * TRACE_ID_BYTES + 1);
    }
    json_out_text(out, NULL, hex);
}

static enum status take_head(void *context, const struct ask_head *head, struct error *error)
{
    struct answer *answer = context;
    (void)error;
    answer->head = *head;
    answer->has_head = true;
    json_out_object(&answer->out, NULL);
    write_columns(&answer->out, head);
    json_out_array(&answer->out, "rows");
    if (head->has_pointers)
        json_out_array(&answer->pointers_out, NULL);
    return STATUS_OK;
}

static enum status take_row(void *context, const struct ask_cell *cells,
                            const struct ask_pointer *pointer, struct error *error)
{
    struct answer *answer = context;
    struct json_out *out = &answer->out;
    json_out_array(out, NULL);
    for (size_t i = 0; i < answer->head.column_count; i++)
        write_cell(out, NULL, answer->head.columns[i].type, &cells[i]);
    json_out_end_array(out);
    if (answer->head.has_pointers)
        write_pointer(&answer->pointers_out, pointer);
    return answer->body->failed ? fail(error, STATUS_TOO_LARGE, "the reply is too large")
                                : STATUS_OK;
}

struct ask_sink answer_sink(struct answer *answer)
{
    return (struct ask_sink){.head = take_head, .row = take_row, .context = answer};
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

enum status answer_end(struct answer *answer, const struct ask_reply *reply, struct error *error)
{
    struct json_out *out = &answer->out;
    json_out_end_array(out);
    if (answer->head.has_pointers) {
        json_out_end_array(&answer->pointers_out);
        json_out_raw(out, "pointers", buf_str(&answer->pointers));
    }
    json_out_text(out, "shape", ask_shape_name(answer->head.shape));
    json_out_str(out, "source", answer->head.source);
    json_out_int_text(out, "from", answer->head.range.from_ns);
    json_out_int_text(out, "to", answer->head.range.to_ns);
    answer_statistics(out, "statistics", reply);
    json_out_bool(out, "truncated", reply->truncated);
    json_out_array(out, "warnings");
    for (size_t i = 0; i < reply->warning_count; i++)
        json_out_str(out, NULL, reply->warnings[i]);
    json_out_end_array(out);
    json_out_end_object(out);
    return answer->body->failed || answer->pointers.failed
               ? fail(error, STATUS_TOO_LARGE, "the reply is too large")
               : STATUS_OK;
}

/* --- errors --------------------------------------------------------------------------------- */

void answer_error(struct call *call, enum status status, const struct ask_reply *reply)
{
    if (!reply->has_position && !reply->expected.len && !reply->suggestion.len) {
        call_end(call, status);
        return;
    }
    struct buf body = {0};
    struct json_out out = json_out(&body);
    json_out_object(&out, NULL);
    json_out_object(&out, "error");
    json_out_text(&out, "status", status_name(status));
    json_out_text(&out, "message", call->error.text);
    if (reply->has_position) {
        json_out_object(&out, "position");
        json_out_int(&out, "offset", (int64_t)reply->offset);
        json_out_int(&out, "line", (int64_t)reply->line);
        json_out_int(&out, "column", (int64_t)reply->column);
        json_out_int(&out, "length", (int64_t)reply->length);
        json_out_end_object(&out);
    }
    if (reply->expected.len)
        json_out_str(&out, "expected", reply->expected);
    if (reply->suggestion.len)
        json_out_str(&out, "suggestion", reply->suggestion);
    json_out_end_object(&out);
    json_out_end_object(&out);
    buf_done(&call->response.body);
    call->response.body = body;
    call->response.http_status = status_http(status);
    call_end(call, STATUS_OK);
}
