/* SPDX-License-Identifier: Apache-2.0 */
/* agent_walk: what is beyond its limits is left out, trace by trace, and said. */
#define _GNU_SOURCE
#include "store_fixture.h"

#include "query/agent_walk.h"

#define BASE INT64_C(1790000000000000000)

enum { COMMIT_EVERY = 20000 };

struct visited {
    size_t traces, steps;
    int64_t trace, first_ns, last_ns;
};

static bool note(void *context, const struct agent_trace *trace)
{
    struct visited *visited = context;
    visited->traces++;
    visited->trace = trace->key.lo;
    visited->steps = trace->step_count;
    visited->first_ns = trace->steps[0].start_ns;
    visited->last_ns = trace->steps[trace->step_count - 1].start_ns;
    for (size_t i = 1; i < trace->step_count; i++)
        assert_true(trace->steps[i - 1].start_ns <= trace->steps[i].start_ns);
    assert_int_equal(trace->run_count, 1);
    return true;
}

static bool walk_all(struct visited *out_visited)
{
    const struct filters none = {0};
    const struct query query = {.store = store};
    const struct agent_question question = {
        .project_id = 1, .range = {BASE, BASE + 3600 * NS_PER_SEC}, .filters = &none};
    struct agent_walk *walk = NULL;
    *out_visited = (struct visited){0};
    assert_ok(agent_walk_open(&query, &question, &walk, &error));
    bool complete = agent_walk_visit(walk, note, out_visited);
    agent_walk_close(walk);
    return complete;
}

/* The first one by start is the run's own. */
static void add_step(uint64_t trace, uint64_t place)
{
    uint64_t first = trace << 32;
    int64_t start_ns = BASE + (int64_t)trace * NS_PER_SEC + (int64_t)place * 1000;
    add((struct sent){.trace = trace,
                      .span = first + place + 1,
                      .parent = place ? first + 1 : 0,
                      .kind = place ? KIND_LLM : KIND_AGENT,
                      .start_ns = start_ns,
                      .end_ns = start_ns + 500});
}

static void beyond_the_limit_only_the_newest_traces_are_visited_and_whole(void **unused)
{
    (void)unused;
    const uint64_t each = AGENT_SPANS_MAX / 2 + 20000;
    struct visited visited;
    open_store();
    /* Told in turns, so that spans of what is left out come to the end. */
    for (uint64_t place = 0; place < each; place++) {
        add_step(1, place);
        add_step(2, place);
        if (place % COMMIT_EVERY == 0)
            commit();
    }
    commit();
    assert_false(walk_all(&visited));
    assert_int_equal(visited.traces, 1);
    assert_int_equal(visited.trace, 2);
    assert_int_equal(visited.steps, each);
}

static void of_one_trace_beyond_the_limit_the_first_spans_are_kept(void **unused)
{
    (void)unused;
    const uint64_t count = AGENT_SPANS_MAX + AGENT_SPANS_MAX / 3;
    struct visited visited;
    open_store();
    /* The last come first. */
    for (uint64_t place = count; place-- > 0;) {
        add_step(1, place);
        if (place % COMMIT_EVERY == 0)
            commit();
    }
    assert_false(walk_all(&visited));
    assert_int_equal(visited.traces, 1);
    assert_int_equal(visited.steps, AGENT_SPANS_MAX);
    assert_int_equal(visited.first_ns, BASE + NS_PER_SEC);
    assert_int_equal(visited.last_ns, BASE + NS_PER_SEC + (AGENT_SPANS_MAX - 1) * INT64_C(1000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(beyond_the_limit_only_the_newest_traces_are_visited_and_whole),
        STORE_TEST(of_one_trace_beyond_the_limit_the_first_spans_are_kept),
    };
    (void)reopen_store;
    (void)number;
    (void)take_away;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
