/* SPDX-License-Identifier: Apache-2.0 */
/* test_plan: what a query becomes: typed, over the right columns, with every value bound; and every
 * function of the language runs. */
#define _GNU_SOURCE
#include "store_fixture.h"

#include "query/ask.h"
#include "query/pattern.h"
#include "query/plan.h"
#include "query/query_fields.h"

#define NOON INT64_C(1700000000000000000)

static struct query query;
static struct arena arena;
static struct plan plan;
static struct language_error problem;
static struct sql printed;

static int set_up(void **state)
{
    if (make_directory(state) != 0)
        return -1;
    open_store();
    for (int i = 0; i < 6; i++) {
        const struct sent sent = {.trace = 7,
                                  .span = (uint64_t)i + 1,
                                  .start_ns = NOON + i * NS_PER_SEC,
                                  .end_ns = NOON + i * NS_PER_SEC + 1500 * NS_PER_MS,
                                  .arrival_ns = NOON,
                                  .kind = KIND_LLM,
                                  .flags = OBSERVATION_BILLED,
                                  .name = i % 2 ? "chat" : "ask",
                                  .model = i < 4 ? "m-1" : "m-2",
                                  .input_tokens = 10 * (i + 1),
                                  .is_error = i == 5,
                                  .project = 1};
        assert_ok(try_span(&sent, &error));
    }
    commit();
    query = (struct query){.store = store};
    arena_init(&arena, ARENA_NO_LIMIT);
    return 0;
}

static int tear_down(void **state)
{
    sql_done(&printed);
    arena_done(&arena);
    return remove_directory(state);
}

static enum status try_plan(const char *text)
{
    struct language_query *tree;
    memset(&problem, 0, sizeof problem);
    enum status status = language_parse(str_from(text), &arena, &tree, &problem);
    if (status != STATUS_OK)
        return status;
    const struct plan_question question = {.query = &query,
                                           .tree = tree,
                                           .source = tree->source == SOURCE_UNSAID ? SOURCE_SPANS
                                                                                   : tree->source,
                                           .range = {NOON - NS_PER_SEC, NOON + 3600 * NS_PER_SEC},
                                           .now_ns = NOON};
    return plan_make(&question, &arena, &plan, &problem);
}

/* The SQL of a query. */
static const char *sql_of(const char *text)
{
    enum status status = try_plan(text);
    if (status != STATUS_OK)
        print_error("%s: %s\n", text, problem.message);
    assert_int_equal(status, STATUS_OK);
    sql_done(&printed);
    memset(&printed, 0, sizeof printed);
    plan_print_duckdb(&plan, 1, &printed);
    assert_false(printed.failed);
    buf_add_byte(&printed.text, 0);
    return printed.text.ptr;
}

static bool has(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

static size_t times(const char *text, const char *part)
{
    size_t count = 0;
    while ((text = strstr(text, part)) != NULL) {
        count++;
        text += strlen(part);
    }
    return count;
}

/* --- rows, as one text: cells with a comma between, rows with a slash --------------------------
 */

struct heard {
    struct buf text;
    size_t columns, rows;
};

static enum status hear_head(void *context, const struct ask_head *head, struct error *error)
{
    (void)error;
    ((struct heard *)context)->columns = head->column_count;
    return STATUS_OK;
}

static enum status hear_row(void *context, const struct ask_cell *cells,
                            const struct ask_pointer *pointer, struct error *error)
{
    struct heard *heard = context;
    (void)pointer, (void)error;
    if (heard->rows++)
        buf_add_byte(&heard->text, '/');
    for (size_t i = 0; i < heard->columns; i++) {
        if (i)
            buf_add_byte(&heard->text, ',');
        switch (cells[i].kind) {
        case CELL_NULL:
            buf_add_str(&heard->text, STR("null"));
            break;
        case CELL_INTEGER:
        case CELL_BOOLEAN:
            buf_add_int(&heard->text, cells[i].integer);
            break;
        case CELL_NUMBER:
            buf_printf(&heard->text, "%g", cells[i].number);
            break;
        default:
            buf_add_str(&heard->text, cells[i].text);
        }
    }
    return STATUS_OK;
}

static struct ask_reply reply;

static enum status try_ask(const char *text, struct heard *heard, struct error *error)
{
    const struct ask question = {.project_id = 1,
                                 .text = str_from(text),
                                 .range = {NOON - NS_PER_SEC, NOON + 3600 * NS_PER_SEC}};
    const struct ask_sink sink = {hear_head, hear_row, heard};
    *heard = (struct heard){0};
    return query_ask(&query, &question, &arena, &sink, &reply, error);
}

static void assert_answer(const char *text, const char *expected)
{
    struct heard heard;
    assert_ok(try_ask(text, &heard, &error));
    buf_add_byte(&heard.text, 0);
    assert_string_equal(heard.text.ptr, expected);
    buf_done(&heard.text);
}

/* --- tests --------------------------------------------------------------------------------- */

static void no_value_stands_in_the_sql(void **state)
{
    (void)state;
    static const char *const queries[] = {
        "filter name = \"'; DROP TABLE spans; --\"",
        "filter user like \"'; DROP TABLE spans; --\" | fields concat(user, \"'; DROP TABLE x\")",
        "filter session in [\"'; DROP TABLE spans; --\", 'b']",
        "fields `'; DROP TABLE spans; --` as `\"; DROP TABLE spans`",
        "parse name \"'; DROP TABLE * spans\" as a | stats count(*) by a",
        "stats count(*) as `'; DROP TABLE spans`",
        "filter name like /'; DROP TABLE/ | fields regexReplace(name, /DROP TABLE/, 'DROP TABLE')",
    };
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++)
        assert_false(has(sql_of(queries[i]), "DROP TABLE"));
}

static void names_are_compared_and_grouped_by_number(void **state)
{
    (void)state;
    const char *sql = sql_of("filter model = 'm-1' | stats count(*) as n by name | sort n");
    assert_true(has(sql, "s.model = "));
    assert_true(has(sql, "nullif(s.name, 0) AS c0"));
    assert_int_equal(times(sql, "name_text("), 1);
    /* Shown by the block on top, not for every span. */
    assert_true(strstr(sql, "name_text(") < strstr(sql, "GROUP BY"));
    sql = sql_of("filter model like /m-[12]/ | stats count(*)");
    assert_true(has(sql, "s.model IN (SELECT id FROM names WHERE regexp_matches(text, "));
    assert_answer("filter model = 'm-1' | stats count(*) by name | sort name", "ask,2/chat,2");
}

static void every_question_is_of_one_project_and_range(void **state)
{
    (void)state;
    static const char *const sources[] = {"spans", "traces", "logs", "metrics", "scores"};
    for (size_t i = 0; i < 5; i++) {
        char text[64];
        snprintf(text, sizeof text, "SOURCE %s | stats count(*)", sources[i]);
        assert_true(has(sql_of(text), "project = "));
    }
    const struct ask other = {
        .project_id = 2, .text = STR("stats count(*)"), .range = {0, INT64_MAX}};
    struct heard heard = {0};
    const struct ask_sink sink = {hear_head, hear_row, &heard};
    assert_ok(query_ask(&query, &other, &arena, &sink, &reply, &error));
    assert_true(str_equal(buf_str(&heard.text), STR("0")));
    assert_int_equal(reply.rows_scanned, 0);
    buf_done(&heard.text);
}

static void records_are_read_for_the_rows_that_are_left(void **state)
{
    (void)state;
    const char *sql = sql_of("fields @timestamp, @message | sort @timestamp desc | limit 20");
    /* The function stands outside of the block with the limit. */
    assert_int_equal(times(sql, "asker_values("), 1);
    assert_true(strstr(sql, "asker_values(1") < strstr(sql, "LIMIT 20"));
    sql = sql_of("filter model = 'm-1' and attributes.a = 'x' | stats count(*) by attributes.b");
    assert_int_equal(times(sql, "asker_values(0"), 1);
    assert_true(strstr(sql, "s.model = ") > strstr(sql, "asker_values(0"));
}

static void a_path_is_read_once(void **state)
{
    (void)state;
    sql_of(
        "filter attributes.a = 'x' or attributes.a = 'y' | fields attributes.a, attributes.a as b "
        "| sort attributes.a");
    size_t paths = 0;
    for (const struct plan_block *block = plan.top; block; block = block->below)
        paths += block->paths.count;
    assert_int_equal(paths, 1);
}

static void answers_are_right(void **state)
{
    (void)state;
    assert_answer("stats count(*), sum(input_tokens), max(duration) by model | sort model",
                  "m-1,4,100,1500/m-2,2,110,1500");
    assert_answer(
        "fields input_tokens as t | filter t > 20 and t <= 40 | sort t | fields t + 1 as u",
        "30,31/40,41");
    assert_answer("stats count(*) as n by bin(2s) as t | filter n > 0 | stats sum(n), count(t)",
                  "6,3");
    assert_answer("filter duration > 1s and duration < 2s | stats count(*)", "6");
    assert_answer("fields input_tokens | sort @timestamp | dedup model", "10/50");
    assert_answer(
        "fields split(name, 'a') as parts | sort input_tokens | limit 2 | unnest parts into "
        "p | display p",
        "/sk/ch/t");
    assert_answer("stats sum(status = 'error') as bad, sum(model = 'm-2' and is_error) as both",
                  "1,1");
    assert_answer(
        "filter model in (SOURCE spans | filter is_error | fields model) | stats count(*)", "2");
    assert_answer("pattern name | fields @pattern, @sampleCount", "ask,0.5,3,null/chat,0.5,3,null");
}

static void assert_wrong(const char *text, const char *at, const char *says)
{
    assert_int_equal(try_plan(text), STATUS_INVALID);
    assert_true(has(problem.message, says));
    assert_true(problem.has_position);
    assert_int_equal(problem.offset, strstr(text, at) - text);
}

static void errors_have_a_place(void **state)
{
    (void)state;
    assert_wrong("stats count(*) by model | filter duration > 1", "duration", "behind stats");
    assert_wrong("stats count(*) as n by model | stats avg(n) by bin(5m)", "bin", "@timestamp");
    assert_wrong("SOURCE traces | fields nme", "nme", "have no field");
    assert_string_equal(problem.suggestion, "did you mean name?");
    assert_wrong("filter name like /(/", "/(/", "regular expression");
    assert_wrong("filter @timestamp > 'yesterday'", "'yesterday'", "not a time");
    assert_wrong("stats pct(duration, 101)", "101", "percentile");
}

static void names_cannot_stand_for_huge_expressions(void **state)
{
    (void)state;
    struct buf text = {0};
    buf_add_str(&text, STR("fields duration as a0"));
    for (int i = 0; i < 90; i++)
        buf_printf(&text, ", a%d + a%d as a%d", i, i, i + 1);
    buf_add_byte(&text, 0);
    assert_int_equal(try_plan(text.ptr), STATUS_TOO_LARGE);
    buf_done(&text);
}

static void write_argument(struct buf *text, char kind)
{
    const char *argument = kind == 'n'   ? "duration"
                           : kind == 's' ? "name"
                           : kind == 't' ? "@timestamp"
                           : kind == 'p' ? "5m"
                           : kind == 'N' ? "50"
                           : kind == 'S' ? "\"UTC\""
                           : kind == 'R' ? "/a(b)/"
                           : kind == '*' ? "*"
                           : kind == 'c' ? "name = 'chat'"
                                         : "model";
    buf_add_str(text, str_from(argument));
}

/* One call with as few, and one with as many arguments as it takes. */
static void every_function_runs(void **state)
{
    (void)state;
    for (int id = 0; id < FUNCTION_END; id++) {
        const struct function_word *word = &function_words[id];
        if (id == FUNCTION_SEARCH) /* wants a journal */
            continue;
        size_t most = word->max > 5 ? word->min + 2u : word->max;
        for (size_t count = word->min; count <= most; count++) {
            struct buf text = {0};
            struct heard heard;
            buf_printf(&text, "%s %s(", word->aggregate ? "stats" : "fields", word->name);
            for (size_t i = 0; i < count; i++) {
                size_t known = strlen(word->kinds), skip = id == FUNCTION_BIN && count == 1;
                buf_add_str(&text, i ? STR(", ") : STR(""));
                write_argument(&text, word->kinds[i + skip < known ? i + skip : known - 1]);
            }
            buf_add_str(&text, STR(") as x"));
            buf_add_byte(&text, 0);
            struct error error = {0};
            enum status status = try_ask(text.ptr, &heard, &error);
            if (status != STATUS_OK)
                print_error("%s: %s\n", text.ptr, error.text);
            assert_int_equal(status, STATUS_OK);
            buf_done(&heard.text);
            buf_done(&text);
        }
    }
}

static void every_field_can_be_asked(void **state)
{
    (void)state;
    for (enum source_id source = SOURCE_SPANS; source <= SOURCE_SCORES; source++) {
        const struct query_field *field;
        for (size_t i = 0; (field = query_field_at(source, i)) != NULL; i++) {
            struct buf text = {0};
            struct heard heard;
            if (field->form == FORM_JOURNAL)
                continue;
            buf_printf(
                &text,
                "SOURCE %s | filter ispresent(`%s`) or `%s` = \"x\" | stats count(*) by `%s` "
                "| sort `%s` desc",
                source_name(source), field->name, field->name, field->name, field->name);
            buf_add_byte(&text, 0);
            /* A time is compared with times. */
            if (field->type != ASK_TIME)
                assert_ok(try_ask(text.ptr, &heard, &error));
            else
                heard = (struct heard){0};
            buf_done(&heard.text);
            buf_done(&text);
        }
    }
}

static void patterns_are_told_apart(void **state)
{
    (void)state;
    size_t count;
    struct patterns *patterns = patterns_new(&arena);
    for (int i = 0; i < 20; i++)
        patterns_add(patterns,
                     arena_printf(&arena, "user %d asked from 10.0.0.%d, took %dms", i, i, i * 7),
                     PATTERN_NOW);
    for (int i = 0; i < 5; i++)
        patterns_add(patterns, STR("ERROR disk full"), i > 2 ? PATTERN_BEFORE : PATTERN_NOW);
    const struct pattern_row *rows = patterns_rows(patterns, &count);
    assert_int_equal(count, 2);
    assert_true(str_equal(rows[0].text, STR("user <Number-1> asked from <IP-2>, took <Number-3>")));
    assert_int_equal(rows[0].counts[PATTERN_NOW], 20);
    assert_true(str_equal(rows[1].severity, STR("ERROR")));
    assert_int_equal(rows[1].counts[PATTERN_NOW], 3);
    assert_int_equal(rows[1].counts[PATTERN_BEFORE], 2);
}

static void very_many_patterns_end_as_others(void **state)
{
    (void)state;
    size_t count;
    struct patterns *patterns = patterns_new(&arena);
    for (int i = 0; i < PATTERNS_MAX + 50; i++) {
        char word[8] = {0};
        for (int at = 0, rest = i; at < 4; at++, rest /= 26)
            word[at] = (char)('a' + rest % 26);
        patterns_add(patterns, arena_printf(&arena, "%s happened", word), PATTERN_NOW);
    }
    const struct pattern_row *rows = patterns_rows(patterns, &count);
    assert_int_equal(count, PATTERNS_MAX + 1);
    assert_int_equal(rows[0].counts[PATTERN_NOW], 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_value_stands_in_the_sql, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_are_compared_and_grouped_by_number, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(every_question_is_of_one_project_and_range, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(records_are_read_for_the_rows_that_are_left, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_path_is_read_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(answers_are_right, set_up, tear_down),
        cmocka_unit_test_setup_teardown(errors_have_a_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_cannot_stand_for_huge_expressions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_function_runs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_field_can_be_asked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(patterns_are_told_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(very_many_patterns_end_as_others, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
