/* SPDX-License-Identifier: Apache-2.0 */
/*
 * langfuse_media: files beside traces. A client announces one by its hash, is told an address to
 * put it to, and later asks for an address to read it from. Both addresses are their own
 * permission: sealed, for one file, one verb and one hour.
 *
 * What a browser gets is a picture, a sound or a film by a type we know, in a sandbox; anything
 * else is a download without a type.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "media/media.h"
#include "serve/langfuse_private.h"

enum { ADDRESS_SECONDS = 3600 };

/* --- sealed addresses ------------------------------------------------------------------------- */

static struct str sealed_text(struct call *call, const char *verb, struct str id,
                              int64_t expires_seconds)
{
    return arena_printf(&call->request->arena, "%s\n%u\n%.*s\n%lld", verb,
                        (unsigned)call->request->project_id, STR_ARGS(id),
                        (long long)expires_seconds);
}

static struct str make_address(struct call *call, const char *verb, struct str id,
                               int64_t expires_seconds)
{
    uint8_t seal[SEAL_BYTES];
    char hex[2 * SEAL_BYTES + 1];
    control_seal(call->options->control, sealed_text(call, verb, id, expires_seconds), seal);
    str_hex_encode(seal, sizeof seal, hex);
    return arena_printf(&call->request->arena,
                        "%.*s/api/public/media/%.*s/content?project=%.*s&expires=%lld&seal=%s",
                        STR_ARGS(langfuse__base_url(call)), STR_ARGS(id),
                        STR_ARGS(langfuse__project(call)), (long long)expires_seconds, hex);
}

static enum status check_address(struct call *call, const char *verb, struct str id)
{
    int64_t expires = 0;
    uint8_t seal[SEAL_BYTES];
    struct str text = request_param(call->request, STR("expires"));
    if (!str_to_i64(text, &expires) ||
        !str_hex_decode(request_param(call->request, STR("seal")), seal, sizeof seal) ||
        !control_seal_fits(call->options->control, sealed_text(call, verb, id, expires), seal))
        return fail(&call->error, STATUS_FORBIDDEN, "seal: this address was not made here");
    if (expires < clock_now_ns() / NS_PER_SEC)
        return fail(&call->error, STATUS_FORBIDDEN, "expires: this address is no longer good");
    return STATUS_OK;
}

/* --- announcing ------------------------------------------------------------------------------- */

static enum status read_type(struct call *call, const struct json *body, struct media_item *item)
{
    enum status status = body_text(call, body, "contentType", true, &item->content_type);
    bool fine = item->content_type.len > 0 && item->content_type.len <= MEDIA_TYPE_BYTES_MAX;
    for (size_t i = 0; fine && i < item->content_type.len; i++)
        fine = item->content_type.ptr[i] >= ' ' && item->content_type.ptr[i] < 127;
    if (status == STATUS_OK && !fine)
        status = fail(&call->error, STATUS_INVALID, "contentType: expected a media type");
    return status;
}

static enum status read_length(struct call *call, const struct json *body, struct media_item *item)
{
    enum status status =
        body_int(call, body, "contentLength", 0, 1, INT64_C(1000000000), &item->length_bytes);
    if (status == STATUS_OK && item->length_bytes == 0)
        status = fail(&call->error, STATUS_INVALID, "contentLength: is missing");
    if (status == STATUS_OK && (size_t)item->length_bytes > call->request->limit_bytes)
        status = fail(&call->error, STATUS_TOO_LARGE,
                      "contentLength: this server takes at most %zu bytes (body_max_mb)",
                      call->request->limit_bytes);
    return status;
}

static enum status read_item(struct call *call, const struct json *body, struct media_item *item)
{
    struct str hash;
    *item = (struct media_item){0};
    enum status status = read_type(call, body, item);
    if (status == STATUS_OK)
        status = read_length(call, body, item);
    if (status == STATUS_OK)
        status = body_text(call, body, "sha256Hash", true, &hash);
    if (status == STATUS_OK && !media_hash_parse(hash, item->hash))
        status =
            fail(&call->error, STATUS_INVALID,
                 "sha256Hash: expected a SHA-256 in base64, %d characters", MEDIA_HASH_TEXT_BYTES);
    media_id(item->hash, item->id);
    return status;
}

/* Traces are known by our hex, whatever their senders call them. */
static enum status read_use(struct call *call, const struct json *body, struct media_use *use)
{
    static const char *const fields[] = {"input", "output", "metadata", "expectedOutput"};
    struct str trace;
    uint8_t id[TRACE_ID_BYTES];
    char hex[2 * TRACE_ID_BYTES + 1];
    bool known = false;
    *use = (struct media_use){0};
    enum status status = body_text(call, body, "field", true, &use->field);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        known = known || str_equal(use->field, str_from(fields[i]));
    if (status == STATUS_OK && !known)
        status = fail(&call->error, STATUS_INVALID,
                      "field: expected input, output, metadata or expectedOutput");
    if (status == STATUS_OK)
        status = body_text(call, body, "traceId", false, &trace);
    if (status == STATUS_OK)
        status = body_text(call, body, "observationId", false, &use->observation);
    if (status == STATUS_OK)
        status = body_text(call, body, "datasetItemId", false, &use->dataset_item);
    if (status != STATUS_OK)
        return status;
    if (!trace.len == !use->dataset_item.len)
        return fail(&call->error, STATUS_INVALID,
                    "traceId: expected either traceId or datasetItemId");
    const struct {
        const char *name;
        struct str id;
    } ids[] = {{"traceId", trace},
               {"observationId", use->observation},
               {"datasetItemId", use->dataset_item}};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (ids[i].id.len > FOREIGN_ID_BYTES_MAX)
            return fail(&call->error, STATUS_INVALID, "%s: expected at most %d bytes", ids[i].name,
                        FOREIGN_ID_BYTES_MAX);
    if (trace.len) {
        foreign_trace_id(trace, id);
        str_hex_encode(id, sizeof id, hex);
        use->trace = arena_copy(&call->request->arena, str_from(hex));
    }
    return STATUS_OK;
}

void serve__langfuse_media_announce(struct request *request, void *context)
{
    struct call call;
    struct json body;
    struct media_item item;
    struct media_use use;
    bool uploaded = false;
    call_begin_plain(&call, request, context);
    enum status status = body_read(&call, &body);
    if (status == STATUS_OK)
        status = read_item(&call, &body, &item);
    if (status == STATUS_OK)
        status = read_use(&call, &body, &use);
    if (status == STATUS_OK)
        status = control_media_announce(call.options->control, request->project_id, &item, &use,
                                        &uploaded, &call.error);
    if (status == STATUS_OK) {
        int64_t expires = clock_now_ns() / NS_PER_SEC + ADDRESS_SECONDS;
        json_out_object(&call.out, NULL);
        json_out_text(&call.out, "mediaId", item.id);
        json_out_str(&call.out, "uploadUrl",
                     uploaded ? STR_NONE : make_address(&call, "PUT", str_from(item.id), expires));
        json_out_end_object(&call.out);
        call.response.http_status = 201;
    }
    call_end(&call, status);
}

/* --- bytes in --------------------------------------------------------------------------------- */

static enum status find(struct call *call, struct media_item *item)
{
    return control_media_find(call->options->control, call->request->project_id,
                              request_path_part(call->request, STR("id")), &call->request->arena,
                              item, &call->error);
}

void serve__langfuse_media_upload(struct request *request, void *context)
{
    struct call call;
    struct media_item item;
    struct serve_status server;
    call_begin_plain(&call, request, context);
    enum status status = check_address(&call, "PUT", request_path_part(request, STR("id")));
    call.options->get_status(call.options->context, &server);
    if (status == STATUS_OK && !server.accepting)
        status = fail(&call.error, STATUS_FULL, "%s", server.reason);
    if (status == STATUS_OK)
        status = find(&call, &item);
    if (status == STATUS_OK)
        status =
            media_keep(call.options->media, request->project_id, &item, request->body, &call.error);
    call_end(&call, status);
}

/* Clients tell how their upload went; whether the bytes are there is known better here. */
void serve__langfuse_media_report(struct request *request, void *context)
{
    struct call call;
    struct media_item item;
    struct json body;
    call_begin_plain(&call, request, context);
    enum status status = body_read(&call, &body);
    if (status == STATUS_OK)
        status = find(&call, &item);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

/* --- bytes out -------------------------------------------------------------------------------- */

void langfuse__media_members(struct call *call, const struct media_item *item)
{
    int64_t expires = clock_now_ns() / NS_PER_SEC + ADDRESS_SECONDS;
    char hash[MEDIA_HASH_TEXT_BYTES + 1];
    media_hash_text(item->hash, hash);
    json_out_text(&call->out, "mediaId", item->id);
    json_out_str(&call->out, "contentType", item->content_type);
    json_out_int(&call->out, "contentLength", item->length_bytes);
    json_out_text(&call->out, "sha256Hash", hash);
    langfuse__time(&call->out, "uploadedAt", item->uploaded_ns);
    json_out_str(&call->out, "url", make_address(call, "GET", str_from(item->id), expires));
    langfuse__time(&call->out, "urlExpiry", expires * NS_PER_SEC);
}

void serve__langfuse_media(struct request *request, void *context)
{
    struct call call;
    struct media_item item;
    call_begin_plain(&call, request, context);
    enum status status = find(&call, &item);
    if (status == STATUS_OK && item.uploaded_ns == 0)
        status = fail(&call.error, STATUS_NOT_FOUND, "id: this media is not uploaded yet");
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        langfuse__media_members(&call, &item);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

struct shown_type {
    const char *type, *ending;
};

/* NULL: browsers get it as a download. Parameters of the type are looked away from. */
static const struct shown_type *shown_as(struct str content_type)
{
    static const struct shown_type types[] = {
#define MEDIA_TYPE(type, ending) {type, ending},
#include "serve/media_types.def"
#undef MEDIA_TYPE
    };
    struct str plain = str_trim(str_sub(content_type, 0, str_find_byte(content_type, ';')));
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_equal_nocase(plain, str_from(types[i].type)))
            return &types[i];
    return NULL;
}

static enum status send_file(struct call *call)
{
    struct media_item item;
    struct response *response = &call->response;
    enum status status = find(call, &item);
    if (status == STATUS_OK)
        status = media_read(call->options->media, &item, &response->file, &call->error);
    if (status != STATUS_OK)
        return status;
    const struct shown_type *shown = shown_as(item.content_type);
    response->file_bytes = item.length_bytes;
    response->content_type = shown ? shown->type : "application/octet-stream";
    response_header(response, STR("content-disposition"),
                    arena_printf(&call->request->arena, "%s; filename=\"%s.%s\"",
                                 shown ? "inline" : "attachment", item.id,
                                 shown ? shown->ending : "bin"));
    response_header(response, STR("x-content-type-options"), STR("nosniff"));
    response_header(response, STR("content-security-policy"),
                    STR("default-src 'none'; media-src 'self'; img-src 'self'; sandbox"));
    return STATUS_OK;
}

/* By the address a reply gave. */
void serve__langfuse_media_content(struct request *request, void *context)
{
    struct call call;
    call_begin_plain(&call, request, context);
    enum status status = check_address(&call, "GET", request_path_part(request, STR("id")));
    call_end(&call, status == STATUS_OK ? send_file(&call) : status);
}

/* By whoever may read the project: the screens. */
void serve__media(struct request *request, void *context)
{
    struct call call;
    call_begin_plain(&call, request, context);
    call_end(&call, send_file(&call));
}
