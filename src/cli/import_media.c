/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import_media: files that texts refer to. Each is read once from where the source says it lies,
 * without our key, must be what its id says (the beginning of its SHA-256), and is announced to the
 * target for everything that uses it. What cannot be had is told once and costs nothing else.
 */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "cli/import_private.h"
#include "media/media.h"

enum { STATE_HERE = 1, STATE_MISSING = 2, REFERENCES_MAX = 10000 /* of one text */ };

/* A file at the target, or to be. */
struct file {
    struct str id, type;
    int64_t length;
    struct str hash;  /* base64 */
    struct buf bytes; /* of a file that the target has not got yet */
};

/* --- what a text refers to -------------------------------------------------------------------- */

static bool is_id(struct str id)
{
    bool fine = id.len == MEDIA_ID_BYTES;
    for (size_t i = 0; fine && i < id.len; i++)
        fine = (id.ptr[i] >= 'a' && id.ptr[i] <= 'z') || (id.ptr[i] >= 'A' && id.ptr[i] <= 'Z') ||
               (id.ptr[i] >= '0' && id.ptr[i] <= '9') || id.ptr[i] == '-' || id.ptr[i] == '_';
    return fine;
}

/* The next "@@@langfuseMedia:type=…|id=…|source=…@@@". */
static bool take_reference(struct str *rest, struct str *out_id)
{
    static const struct str begin = STR_INIT("@@@langfuseMedia:"), end = STR_INIT("@@@");
    for (;;) {
        size_t at = str_find(*rest, begin);
        if (at >= rest->len)
            return false;
        *rest = str_sub(*rest, at + begin.len, rest->len);
        struct str inside = str_sub(*rest, 0, str_find(*rest, end));
        inside = str_sub(inside, 0, 500);
        size_t id = str_find(inside, STR("|id="));
        *out_id = str_sub(inside, id + 4, MEDIA_ID_BYTES);
        if (id < inside.len && is_id(*out_id))
            return true;
    }
}

/* --- the file --------------------------------------------------------------------------------- */

static enum status ask_source(struct import *import, struct file *file, struct str *out_address,
                              struct arena *arena)
{
    struct json reply;
    enum status status = import__get(
        import->source, arena_printf(arena, "/api/public/media/%.*s", STR_ARGS(file->id)), arena,
        &reply, import->error);
    if (status != STATUS_OK)
        return status;
    file->type = json_string(json_get(&reply, STR("contentType")));
    struct str url = json_string(json_get(&reply, STR("url")));
    *out_address = arena_printf(arena, "%.*s", STR_ARGS(url));
    if (!json_int(json_get(&reply, STR("contentLength")), &file->length) || file->length < 1 ||
        file->length > IMPORT_ANSWER_BYTES_MAX)
        return fail(import->error, STATUS_TOO_LARGE, "contentLength: expected 1 to %d",
                    IMPORT_ANSWER_BYTES_MAX);
    if (!str_starts(url, STR("http://")) && !str_starts(url, STR("https://")))
        return fail(import->error, STATUS_INVALID, "url: expected http:// or https://");
    return STATUS_OK;
}

static enum status read_bytes(struct import *import, struct file *file, struct arena *arena)
{
    uint8_t hash[MEDIA_HASH_BYTES];
    char id[MEDIA_ID_BYTES + 1], text[MEDIA_HASH_TEXT_BYTES + 1];
    struct str address = STR_NONE;
    enum status status = ask_source(import, file, &address, arena);
    if (status == STATUS_OK)
        status = client_ask(import->source, "GET", address.ptr, NULL, STR_NONE, &file->bytes,
                            import->error);
    if (status != STATUS_OK)
        return status;
    crypto_hash_sha256(hash, (const unsigned char *)file->bytes.ptr, file->bytes.len);
    media_id(hash, id);
    if ((int64_t)file->bytes.len != file->length || !str_equal(str_from(id), file->id))
        return fail(import->error, STATUS_INVALID, "its %zu bytes are not those its id tells of",
                    file->bytes.len);
    media_hash_text(hash, text);
    file->hash = arena_copy(arena, str_from(text));
    return STATUS_OK;
}

/* From the target, when it has it. */
static bool find_here(struct import *import, struct file *file, struct arena *arena)
{
    struct json there;
    if (!import__is_there(import, "/api/public/media", file->id, arena, &there))
        return false;
    file->type = json_string(json_get(&there, STR("contentType")));
    file->hash = json_string(json_get(&there, STR("sha256Hash")));
    return json_int(json_get(&there, STR("contentLength")), &file->length) && file->hash.len;
}

/* --- to the target ---------------------------------------------------------------------------- */

static enum status upload(struct import *import, const struct file *file, struct str address,
                          struct arena *arena)
{
    size_t host = str_find(address, STR("://")) + 3;
    struct str below = str_sub(address, host, address.len);
    below = str_sub(below, str_find_byte(below, '/'), below.len);
    struct str path = arena_printf(arena, "%.*s", STR_ARGS(below));
    struct str type = arena_printf(arena, "%.*s", STR_ARGS(file->type));
    if (!path.ptr || !type.ptr || !file->bytes.len)
        return fail(import->error, STATUS_INVALID, "the server here lost its bytes meanwhile");
    enum status status = client_ask(import->target, "PUT", path.ptr, type.ptr,
                                    buf_str(&file->bytes), NULL, import->error);
    import->files += status == STATUS_OK;
    return status;
}

static enum status announce(struct import *import, const struct file *file,
                            const struct import_use *use, const char *field, struct arena *arena)
{
    struct buf body = {0}, reply = {0};
    struct json said;
    struct json_out out = json_out(&body);
    json_out_object(&out, NULL);
    json_out_str(&out, "contentType", file->type);
    json_out_int(&out, "contentLength", file->length);
    json_out_str(&out, "sha256Hash", file->hash);
    json_out_text(&out, "field", field);
    if (use->trace.len)
        json_out_str(&out, "traceId", use->trace);
    if (use->observation.len)
        json_out_str(&out, "observationId", use->observation);
    if (use->dataset_item.len)
        json_out_str(&out, "datasetItemId", use->dataset_item);
    json_out_end_object(&out);
    enum status status = import__write(import, "POST", "/api/public/media", &body, &reply);
    if (status == STATUS_OK)
        status = json_parse(arena_copy(arena, buf_str(&reply)), arena, &said, import->error);
    buf_done(&reply);
    if (status != STATUS_OK)
        return status;
    struct str address = json_string(json_get(&said, STR("uploadUrl")));
    return address.len ? upload(import, file, address, arena) : STATUS_OK;
}

static enum status copy_file(struct import *import, struct str id, const struct import_use *use,
                             const char *field, struct arena *arena)
{
    struct file file = {.id = id};
    uint64_t state = 0;
    if (map_get(&import->media, id, &state) && state == STATE_MISSING)
        return STATUS_OK;
    enum status status =
        find_here(import, &file, arena) ? STATUS_OK : read_bytes(import, &file, arena);
    if (status == STATUS_OK)
        status = announce(import, &file, use, field, arena);
    buf_done(&file.bytes);
    if (!map_put(&import->media, id, status == STATUS_OK ? STATE_HERE : STATE_MISSING))
        return fail(import->error, STATUS_TOO_LARGE, "no memory to know the files");
    if (status == STATUS_IO || status == STATUS_TIMEOUT) { /* of its storage, or it is not there */
        import__leave_out(import, "file", id, import->error->text);
        return STATUS_OK;
    }
    return import__unless_refused(import, status, "file", id);
}

enum status import__media(struct import *import, const struct json *item,
                          const struct import_use *use, struct arena *arena)
{
    static const char *const fields[] = {"input", "output", "expectedOutput", "metadata"};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const struct json *value = json_get(item, str_from(fields[i]));
        struct str rest = value && value->type == JSON_STRING  ? value->string
                          : value && value->type >= JSON_ARRAY ? value->raw
                                                               : STR_NONE;
        struct str id;
        for (int n = 0; status == STATUS_OK && n < REFERENCES_MAX && take_reference(&rest, &id);
             n++)
            status = copy_file(import, id, use, fields[i], arena);
    }
    return status;
}
