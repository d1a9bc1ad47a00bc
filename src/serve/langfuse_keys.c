/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse_keys: the key pairs of the project that asks, as Langfuse's SDKs list, make and revoke
 * them. A pair's id is its public key; of a secret nothing is kept that could be shown. */
#include "base/clock.h"
#include "serve/langfuse_private.h"

static void write_key(struct call *call, struct str public_key, struct str note, int64_t created_ns,
                      const char *secret)
{
    struct json_out *out = &call->out;
    json_out_object(out, NULL);
    json_out_str(out, "id", public_key);
    langfuse__time(out, "createdAt", created_ns);
    json_out_str(out, "publicKey", public_key);
    if (secret)
        json_out_text(out, "secretKey", secret);
    json_out_text(out, "displaySecretKey", "sk-lf-...");
    out_name(out, "note", note);
    json_out_end_object(out);
}

/* A key manages its own project's keys only. */
static enum status own_project(struct call *call)
{
    struct str id = request_path_part(call->request, STR("project"));
    return str_equal(id, langfuse__project(call))
               ? STATUS_OK
               : fail(&call->error, STATUS_FORBIDDEN,
                      "projectId: this key is of another project than '%.*s'",
                      STR_ARGS(str_sub(id, 0, 60)));
}

void serve__langfuse_keys(struct request *request, void *context)
{
    struct call call;
    struct key_item *keys;
    size_t count = 0;
    call_begin_plain(&call, request, context);
    enum status status = own_project(&call);
    if (status == STATUS_OK)
        status = control_key_list(call.options->control, request->project_id, &request->arena,
                                  &keys, &count, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "apiKeys");
        for (size_t i = 0; i < count; i++)
            write_key(&call, keys[i].public_key, keys[i].note, keys[i].created_ns, NULL);
        json_out_end_array(&call.out);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

static enum status refuse_pair(struct call *call, const struct json *body)
{
    static const char *const names[] = {"publicKey", "secretKey"};
    for (size_t i = 0; i < 2; i++) {
        const struct json *value = json_get(body, str_from(names[i]));
        if (value && value->type != JSON_NULL)
            return fail(&call->error, STATUS_INVALID,
                        "%s: expected none: the server makes the pair", names[i]);
    }
    return STATUS_OK;
}

void serve__langfuse_key_create(struct request *request, void *context)
{
    struct call call;
    struct json body;
    struct str note;
    struct key_pair pair;
    call_begin_plain(&call, request, context);
    enum status status = own_project(&call);
    if (status == STATUS_OK)
        status = body_read(&call, &body);
    if (status == STATUS_OK)
        status = body_text(&call, &body, "note", false, &note);
    if (status == STATUS_OK)
        status = refuse_pair(&call, &body);
    if (status == STATUS_OK)
        status = control_key_create(call.options->control, request->project_id, note, &pair,
                                    &call.error);
    if (status == STATUS_OK)
        write_key(&call, str_from(pair.public_key), note, clock_now_ns(), pair.secret_key);
    call_end(&call, status);
}

void serve__langfuse_key_delete(struct request *request, void *context)
{
    struct call call;
    call_begin_plain(&call, request, context);
    enum status status = own_project(&call);
    if (status == STATUS_OK)
        status = control_key_delete(call.options->control, request->project_id,
                                    request_path_part(request, STR("key")), &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_bool(&call.out, "success", true);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}
