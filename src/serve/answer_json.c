/* SPDX-License-Identifier: Apache-2.0 */
/* answer_json: one object: columns, rows as arrays, where each row leads, and how it went. */
#include "serve/answer.h"

static enum status write_head(struct answer *answer, struct error *error)
{
    struct json_out *out = &answer->out;
    const struct ask_head *head = &answer->head;
    (void)error;
    json_out_object(out, NULL);
    json_out_array(out, "columns");
    for (size_t i = 0; i < head->column_count; i++) {
        json_out_object(out, NULL);
        json_out_str(out, "name", head->columns[i].name);
        json_out_text(out, "type", ask_type_name(head->columns[i].type));
        json_out_end_object(out);
    }
    json_out_end_array(out);
    json_out_array(out, "rows");
    if (head->has_pointers)
        json_out_array(&answer->pointers_out, NULL);
    return STATUS_OK;
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

static enum status write_row(struct answer *answer, const struct ask_cell *cells,
                             const struct ask_pointer *pointer, struct error *error)
{
    struct json_out *out = &answer->out;
    (void)error;
    json_out_array(out, NULL);
    for (size_t i = 0; i < answer->head.column_count; i++)
        answer_cell(out, NULL, answer->head.columns[i].type, &cells[i]);
    json_out_end_array(out);
    if (answer->head.has_pointers)
        write_pointer(&answer->pointers_out, pointer);
    return STATUS_OK;
}

static enum status write_end(struct answer *answer, const struct ask_reply *reply,
                             struct error *error)
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
    return answer->pointers.failed ? fail(error, STATUS_TOO_LARGE, "no memory for the answer")
                                   : STATUS_OK;
}

const struct answer_format answer_json = {
    .name = "json",
    .content_type = "application/json",
    .head = write_head,
    .row = write_row,
    .end = write_end,
};
