/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_langfuse: any text as a batch of events and as scores, then the parts it makes merged:
 * forward and backward, which must give the same span when no two were said at the same moment. The
 * first byte chooses the door.
 */
#define _GNU_SOURCE
#include "fuzz/driver.h"
#include "fuzz/fuzz_receive.h"

#include "merge/merge.h"

extern const struct receiver receiver_langfuse;

enum { PARTS_TRIED = 64 };

static void dump_merged(const struct batch *const *parts, size_t count, struct buf *out)
{
    static const struct content_source none = {0};
    struct batch *merged = batch_new(16 << 20);
    struct error error;
    bool made = false;
    must(merged);
    if (merge_parts(parts, count, NULL, &none, merged, &made, &error) == STATUS_OK && made) {
        must(merged->span_count == 1);
        must(!id_is_zero(merged->spans[0].trace_id, TRACE_ID_BYTES));
        must(!id_is_zero(merged->spans[0].span_id, SPAN_ID_BYTES));
        merged->resource_count = merged->scope_count = 0; /* the last part's, which is another */
        merged->spans[0].resource = merged->spans[0].scope = 0;
        batch_dump(merged, out);
    }
    must(utf8_valid(buf_str(out)));
    batch_free(merged);
}

/* All parts of the first one's span. */
static void merge_both_ways(const struct batch *batch)
{
    static struct batch ones[PARTS_TRIED];
    const struct batch *forward[PARTS_TRIED], *backward[PARTS_TRIED];
    size_t count = 0;
    bool distinct = true;
    for (size_t i = 0; i < batch->span_count && count < PARTS_TRIED; i++) {
        struct span *span = &batch->spans[i];
        if (memcmp(span->span_id, batch->spans[0].span_id, SPAN_ID_BYTES) != 0)
            continue;
        for (size_t before = 0; before < count; before++)
            distinct = distinct && ones[before].spans[0].start_ns != span->start_ns;
        ones[count] = *batch;
        ones[count].spans = span;
        ones[count].span_count = 1;
        forward[count] = &ones[count];
        count++;
    }
    for (size_t i = 0; i < count; i++)
        backward[i] = forward[count - 1 - i];
    struct buf first = {0}, second = {0};
    dump_merged(forward, count, &first);
    dump_merged(backward, count, &second);
    must(!distinct || str_equal(buf_str(&first), buf_str(&second)));
    buf_done(&first);
    buf_done(&second);
}

static void ingest(struct str body)
{
    struct batch *batch = batch_new(16 << 20);
    struct error error = {0};
    struct request request = {.method = STR("POST"),
                              .path = STR("/api/public/ingestion"),
                              .body = body,
                              .project_id = 7,
                              .arrival_ns = 1};
    must(batch);
    arena_init(&request.arena, ARENA_NO_LIMIT);
    if (receiver_langfuse.decode(&request, batch, &error) == STATUS_OK && batch->span_count)
        merge_both_ways(batch);
    arena_done(&request.arena);
    batch_free(batch);
}

static void one_request(const char *path, struct str body)
{
    static const struct header header = {STR_INIT("content-type"), STR_INIT("application/json")};
    static const struct receive_limits limits = {.batch_bytes = 8 << 20};
    struct receive_result result;
    receive_run(PROTOCOL_HTTP1, str_from(path), &header, 1, body, &limits, &result);
    must(result.replies == 1);
    must(result.http_status < 500);
    must(result.http_status < 400 || result.kept == 0);
    must(utf8_valid(buf_str(&result.dump)));
    if (result.body.len)
        fuzz_check_json(buf_str(&result.body));
    receive_result_done(&result);
}

static int fuzz_one(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct str body = {(const char *)data + 1, size - 1};
    switch (data[0] % 4) {
    case 0:
        ingest(body);
        break;
    case 1:
        one_request("/api/public/ingestion", body);
        break;
    case 2:
        one_request("/api/public/scores", body);
        break;
    default:
        one_request("/api/v1/scores", body);
    }
    return 0;
}

static void seed_events(const void *bytes, size_t size)
{
    static uint8_t seed[1 << 16];
    must(size <= sizeof seed);
    memcpy(seed, bytes, size);
    for (uint8_t door = 0; door < 4; door++) {
        seed[0] = door;
        fuzz_seed(seed, size);
    }
}

static const char story[] =
    " {\"batch\":[{\"id\":\"1\",\"type\":\"generation-create\",\"timestamp\":\"2026-01-01T00:00:"
    "00Z\","
    "\"body\":{\"id\":\"g\",\"traceId\":\"t\",\"name\":\"a\",\"startTime\":\"2026-01-01T00:00:"
    "00Z\","
    "\"input\":[1,{\"a\":null}],\"metadata\":{\"a\":{\"b\":1}},\"modelParameters\":{\"t\":0.5}}},"
    "{\"id\":\"2\",\"type\":\"generation-update\",\"timestamp\":\"2026-01-01T00:00:01Z\",\"body\":"
    "{\"id\":\"g\",\"endTime\":\"2026-01-01T00:00:02Z\",\"output\":\"x\",\"metadata\":{\"a\":{"
    "\"c\":2}},"
    "\"usage\":{\"input\":1,\"output\":2,\"unit\":\"TOKENS\",\"totalCost\":0.1},\"level\":"
    "\"ERROR\","
    "\"usageDetails\":{\"prompt_tokens\":5,\"completion_tokens\":1,\"total_tokens\":6,"
    "\"prompt_tokens_details\":{\"cached_tokens\":2}}}}]}";
static const char labels[] =
    " {\"batch\":[{\"id\":\"1\",\"type\":\"trace-create\",\"timestamp\":\"2026-01-01T00:00:00Z\","
    "\"body\":{\"id\":\"t\",\"tags\":[\"b\",\"a\"],\"metadata\":\"text\",\"public\":true}},"
    "{\"id\":\"2\",\"type\":\"trace-create\",\"timestamp\":\"2026-01-01T00:00:01Z\",\"body\":"
    "{\"id\":\"t\",\"tags\":[\"c\"],\"metadata\":{\"x\":[]},\"name\":\"n\",\"output\":{}}}]}";

static void fuzz_seeds(void)
{
    fuzz_case_file("tests/cases/receive/langfuse/events.case", true, seed_events);
    fuzz_case_file("tests/cases/receive/scores/json.case", true, seed_events);
    seed_events(story, sizeof story - 1);
    seed_events(labels, sizeof labels - 1);
}
