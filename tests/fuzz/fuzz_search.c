/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_search: what people type into the search box, and files of the text index.
 *
 * Input that begins with the magic of a part is read as one, its checksums made right first, so
 * that what is behind them is reached. All else is an expression, and the text it is looked for in.
 */
#define _GNU_SOURCE
#include "fuzz/driver.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "search/match.h"
#include "search/part.h"
#include "search/part_file.h"
#include "search/shape.h"
#include "wire/utf8.h"

/* What the text holds has the shape that is asked for. */
static void check_shapes(const struct search_expression *expression, struct str text,
                         uint32_t found)
{
    static struct shape_collector collector;
    struct buf grams = {0}, packed = {0}, folded = {0};
    struct search_reading reading = {0};
    uint8_t longest[1][SHAPE_RUNS];
    must(collector.seen || search_shape_init(&collector));
    while (search_reading_next(&reading, text, READINGS_MAX)) {
        buf_clear(&folded);
        search_fold(reading.text, &folded);
        search_shape_add(&collector, reading.text);
        search_shape_add(&collector, buf_str(&folded));
    }
    search_shape_take(&collector, &grams, longest[0]);
    struct shape_writer writer = {.out = &packed};
    for (size_t at = 0; at < grams.len; at += sizeof(uint32_t)) {
        uint32_t gram;
        memcpy(&gram, grams.ptr + at, sizeof gram);
        search_shape_put(&writer, gram, 1);
    }
    const struct shape_grams in = {buf_str(&packed), longest, 1};
    for (size_t i = 0; i < expression->term_count; i++)
        if (found >> i & 1 && expression->terms[i].shape)
            must(search_shape_ask(expression->terms[i].shape, &in) & 1);
    search_reading_done(&reading);
    buf_done(&grams);
    buf_done(&packed);
    buf_done(&folded);
}

static void look(const struct search_expression *expression, struct str text)
{
    struct search_matcher matcher = {.expression = expression};
    uint32_t all =
        expression->term_count == 32 ? UINT32_MAX : (UINT32_C(1) << expression->term_count) - 1;
    uint32_t found = search_find(&matcher, text, all);
    must((found & ~all) == 0);
    must((found & ~search_find_loosely(&matcher, text, all)) == 0);
    must(!search_holds(expression, found) || search_may_hold(expression, found));
    check_shapes(expression, text, found);
    if (found & expression->wanted) {
        struct search_snippet snippet;
        struct arena arena;
        arena_init(&arena, 1 << 16);
        must(search_make_snippet(&matcher, text, found & expression->wanted, &arena, &snippet));
        must(snippet.text.len <= SNIPPET_BYTES + 6);
        for (size_t i = 0; i < snippet.highlight_count; i++)
            must(snippet.highlights[i].from < snippet.highlights[i].to &&
                 snippet.highlights[i].to <= snippet.text.len);
        arena_done(&arena);
    }
    search_matcher_done(&matcher);
}

static void fuzz_expression(struct str text)
{
    struct search_expression *expression = NULL;
    struct error error = {0};
    if (search_parse(text, &expression, &error) != STATUS_OK) {
        must(error.text[0]);
        return;
    }
    look(expression, text);
    look(expression, STR("The order A-1042 was \\u0645 sent {\"a\": [\"x\\ny\"]} to Zürich 🚀"));
    search_expression_free(expression);
}

static void fuzz_part(struct str input)
{
    struct search_part *part;
    struct part_head head;
    struct buf file = {0};
    buf_add_str(&file, input);
    if (file.len < PART_HEADER_BYTES)
        return buf_done(&file);
    memcpy(&head.segment, file.ptr + 8, 4);
    memcpy(&head.first_chunk, file.ptr + 12, 4);
    memcpy(&head.chunk_count, file.ptr + 16, 4);
    memcpy(&head.token_count, file.ptr + 20, 4);
    head.token_count &= 0xfffff;
    head.unbounded = file.ptr[24] & 1;
    memcpy(&head.created_ns, file.ptr + 28, 8);
    search_head_put(&head, buf_str(&file), (uint8_t *)file.ptr);
    if (search_part_read(buf_str(&file), &part, NULL) == STATUS_OK) {
        struct search_expression *expression;
        must(search_parse(STR("order /a.*1042/ /[a-z]\\d{3}7\\b/ \"上海 x\" 42 a1b2"), &expression,
                          NULL) == STATUS_OK);
        for (size_t i = 0; i < expression->term_count; i++) {
            struct part_places places;
            search_part_find(part, &expression->terms[i], &places);
        }
        for (uint32_t i = 0; i < part->chunk_count; i++) {
            struct ref_list list;
            struct ref_record record;
            struct ref_reader reader = search_refs_read(
                (struct str){part->refs + part->chunks[i].refs_at, part->chunks[i].refs_bytes},
                &part->chunks[i].chunk);
            while (search_refs_next_list(&reader, &list))
                for (uint32_t n = 0; n < list.count && !reader.bad; n++)
                    search_refs_next_link(&reader, &list);
            while (search_refs_next_record(&reader, &record))
                for (uint32_t n = 0; n < record.count && !reader.bad; n++)
                    search_refs_next_ref(&reader);
        }
        search_expression_free(expression);
        search_part_free(part);
    }
    buf_done(&file);
}

static int fuzz_one(const uint8_t *data, size_t size)
{
    struct str input = {(const char *)data, size};
    if (str_starts(input, STR("VTRSRCH")))
        fuzz_part(input);
    else
        fuzz_expression(input);
    return 0;
}

static void fuzz_seeds(void)
{
    static const char *const texts[] = {
        "order (courier OR pirate) NOT input:\"late delivery\" -error:timeout",
        "/\\b\\d{3}-\\d{2}|[a-z]{9,}@(x|y.z)+/ OR /order\\d{4}7\\b/",
        "/order a-\\d{4}/ OR /(?i)^[[:alpha:]]+$/ /\\Qa.b\\E/",
        "output:(x OR \"y\\\"z\") /a\\/b/ tool:/api/v1/",
        "مُحَمَّد 上海的天气 🚀 ZÜRICH Straße",
        "((((((((a))))))))",
        "\"\\\\u00e9 {\\\"a\\\":1}\"",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        fuzz_seed(texts[i], strlen(texts[i]));
    struct part_builder *builder = search_builder_new(1, 0, 1);
    struct buf file = {0};
    must(builder && search_builder_write(builder, &file, NULL) == STATUS_OK);
    fuzz_seed(file.ptr, file.len);
    buf_done(&file);
    search_builder_free(builder);
}
