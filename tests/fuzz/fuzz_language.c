/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_language: any bytes as a query. What is refused has a message, and a place inside of the
 * text; what is taken can be walked, every node lies inside of its parent, and the text of an
 * expression alone is the same expression again.
 */
#define _GNU_SOURCE
#include "fuzz/driver.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "support/language_dump.c"
#include "wire/utf8.h"

static void check_error(struct str text, const struct language_error *error)
{
    struct str message = str_from(error->message);
    must(error->status != STATUS_OK && message.len > 0);
    must(utf8_valid(message) && utf8_valid(str_from(error->suggestion)));
    must(utf8_valid(str_from(error->expected)));
    if (!error->has_position)
        return;
    must(error->offset <= text.len && error->length <= text.len - error->offset);
    must(error->line >= 1 && error->column >= 1);
}

static void check_node(struct str text, const struct expression *node, uint32_t above)
{
    must(node->depth >= 1 && node->depth < above);
    must(node->at.length > 0 && node->at.offset + node->at.length <= text.len);
    must(node->source_text.len > 0);
    must(node->kind != EXPRESSION_CALL || node->function < FUNCTION_END);
    for (size_t i = 0; i < node->argument_count; i++) {
        const struct place *inner = &node->arguments[i]->at;
        must(inner->offset >= node->at.offset);
        must(inner->offset + inner->length <= node->at.offset + node->at.length);
        check_node(text, node->arguments[i], node->depth);
    }
}

static void check_items(struct str text, const struct items *items)
{
    for (size_t i = 0; i < items->count; i++) {
        must(items->list[i].name.len > 0 || items->list[i].expression->kind == EXPRESSION_STRING);
        check_node(text, items->list[i].expression, LANGUAGE_DEPTH_MAX + 1);
    }
}

/* One condition is parsed again from its own text: names, escapes and blanks must survive. */
static void check_again(struct arena *arena, const struct expression *node)
{
    struct str text = arena_printf(arena, "filter %.*s", STR_ARGS(node->source_text));
    struct buf first = {0}, second = {0};
    struct language_query *query;
    dump_expression(&first, node);
    must(language_parse(text, arena, &query, NULL) == STATUS_OK);
    dump_expression(&second, query->commands[0].expression);
    must(str_equal(buf_str(&first), buf_str(&second)));
    buf_done(&first);
    buf_done(&second);
}

static int fuzz_one(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    struct language_error error = {0};
    struct language_query *query;
    struct arena arena;
    struct buf dump = {0};
    arena_init(&arena, 64 << 20);
    if (language_parse(text, &arena, &query, &error) != STATUS_OK) {
        check_error(text, &error);
    } else {
        must(utf8_valid(text));
        dump_query(&dump, query);
        bool behind_stats = false;
        for (size_t i = 0; i < query->command_count; i++) {
            const struct command *command = &query->commands[i];
            check_items(query->text, &command->items);
            check_items(query->text, &command->by);
            if (command->expression)
                check_node(query->text, command->expression, LANGUAGE_DEPTH_MAX + 1);
            behind_stats = behind_stats || command->id == COMMAND_STATS;
            if (command->id == COMMAND_FILTER && !behind_stats)
                check_again(&arena, command->expression);
        }
    }
    buf_done(&dump);
    arena_done(&arena);
    return 0;
}

static void fuzz_seeds(void)
{
    static const char *const more[] = {
        "fields a.`b c`[0].d, jsonParse(x).y[i+1] as z # c\n| display -1.5e3, .5, [1,'x']",
        "filter not a = 1 and !(b != 'x\\'') or c in (SOURCE logs | fields a)",
        "filter a like /x[/\\/]y/ and b !~ \"z\" and d > 2s and e < 1.5us and f % 2 ^ -3 >= 1",
        "stats count(*), sum(a) / 2 as s, s + 1 by bin(5m) as t, `b` offset 1h | sort count(*) "
        "desc",
        "SOURCE logGroups(namePrefix: ['a'], class: ['b']) START=-1h END=0s | limit any 5",
        "parse a \"x*y\" as b | parse /(?<n>.)(?P<m>x)/ | dedup n, m | head 3",
        "pattern @message | diff previousDay",
        "stats topk(3, a) as `b` | countFrequent a, `b c` | stats countOverTime(c)",
        "unnest jsonParse(a) into b | sort a desc, b asc | tail 1",
        "lookup t k as f OUTPUT c, d as e | join type=left left=a right=b where a.x = b.x (fields "
        "y)",
        "fillmissing with 0 for a, 1 for b | autoregress x as y p=1-4 | filldown cpu* host",
        "filter referrer= http://1.2.3.4/ and search(\"a AND b\") | filterIndex x = true\\n",
        "filter \xE5\x90\x8D = \"\xF0\x9F\x98\x80\" or case(a, 1, if(b, 2, 3)) = 5",
    };
    char line[8192];
    FILE *file = fopen("tests/cases/language/published.txt", "r");
    while (file && fgets(line, sizeof line, file))
        if (line[0] != '#')
            fuzz_seed(line, strlen(line));
    if (file)
        fclose(file);
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        fuzz_seed(more[i], strlen(more[i]));
}
