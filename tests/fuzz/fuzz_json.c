/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_json: any text as JSON, and as an OTLP request in JSON. The first byte chooses the signal.
 */
#define _GNU_SOURCE
#include "fuzz/driver.h"
#include "fuzz/fuzz_receive.h"

/* Every container's bytes must be JSON of the same kind and size, every text UTF-8. */
static void check_tree(const struct json *json, struct str text, int depth)
{
    if (json->type == JSON_STRING)
        must(utf8_valid(json->string));
    if (json->type != JSON_ARRAY && json->type != JSON_OBJECT)
        return;
    must(json->raw.ptr >= text.ptr && json->raw.ptr + json->raw.len <= text.ptr + text.len);
    must(json->raw.ptr[0] == (json->type == JSON_ARRAY ? '[' : '{'));
    must(json->raw.ptr[json->raw.len - 1] == (json->type == JSON_ARRAY ? ']' : '}'));
    if (depth < 3) {
        struct arena arena;
        struct json again;
        arena_init(&arena, ARENA_NO_LIMIT);
        must(json_parse(json->raw, &arena, &again, NULL) == STATUS_OK);
        must(again.type == json->type && again.count == json->count);
        arena_done(&arena);
    }
    for (uint32_t i = 0; i < json->count; i++) {
        if (json->type == JSON_OBJECT)
            must(utf8_valid(json->members[i].key));
        check_tree(json->type == JSON_ARRAY ? &json->items[i] : &json->members[i].value, text,
                   depth + 1);
    }
}

static int fuzz_one(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct str text = {(const char *)data + 1, size - 1};
    struct arena arena;
    struct json json;
    struct error error;
    arena_init(&arena, ARENA_NO_LIMIT);
    if (json_parse(text, &arena, &json, &error) == STATUS_OK)
        check_tree(&json, text, 0);
    else
        must(error.text[0] && utf8_valid(str_from(error.text)));
    arena_done(&arena);
    fuzz_request(data[0], true, text);
    return 0;
}

static void fuzz_seeds(void)
{
    static const char *const texts[] = {
        "0[1,-2.5e3,\"\\ud83d\\ude00\\n\",{\"a\":[]},null,true]",
        "1[123456789012345678901234567890,-123456789012345678901,\"\\ud83d\",18446744073709551616]",
        "2{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"gauge\":{}}]}]}]}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        fuzz_seed(texts[i], strlen(texts[i]));
    fuzz_case_files(true, fuzz_seed);
}
