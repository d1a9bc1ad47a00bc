/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys: the key pairs of the project that asks. Whoever has one of them, or sits at the server's
 * own machine where none is asked for, may make and revoke them; a secret is told once.
 */
#include "serve/serve_private.h"

void serve__keys(struct request *request, void *context)
{
    struct call call;
    struct key_item *keys;
    size_t count;
    call_begin_plain(&call, request, context);
    enum status status = control_key_list(call.options->control, request->project_id,
                                          &request->arena, &keys, &count, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "keys");
        for (size_t i = 0; i < count; i++) {
            json_out_object(&call.out, NULL);
            json_out_str(&call.out, "public_key", keys[i].public_key);
            json_out_str(&call.out, "note", keys[i].note);
            out_time(&call.out, "created", keys[i].created_ns);
            json_out_end_object(&call.out);
        }
        json_out_end_array(&call.out);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

void serve__key_create(struct request *request, void *context)
{
    struct call call;
    struct json body;
    struct str note;
    struct key_pair pair;
    call_begin_plain(&call, request, context);
    enum status status = body_read(&call, &body);
    if (status == STATUS_OK)
        status = body_text(&call, &body, "note", false, &note);
    if (status == STATUS_OK)
        status = control_key_create(call.options->control, request->project_id, note, &pair,
                                    &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_text(&call.out, "public_key", pair.public_key);
        json_out_text(&call.out, "secret_key", pair.secret_key);
        json_out_str(&call.out, "note", note);
        json_out_end_object(&call.out);
        call.response.http_status = 201;
    }
    call_end(&call, status);
}

void serve__key_delete(struct request *request, void *context)
{
    struct call call;
    call_begin_plain(&call, request, context);
    enum status status =
        control_key_delete(call.options->control, request->project_id,
                           request_path_part(request, STR("public_key")), &call.error);
    if (status == STATUS_OK)
        call.response.http_status = 204;
    call_end(&call, status);
}
