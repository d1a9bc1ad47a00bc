/* SPDX-License-Identifier: Apache-2.0 */
/* Search: a walk gives every span that matches, newest first, whatever of it the index knows and
 * whichever terms it does not look for. */
#include "journal_testing.h"

#include <dirent.h>

#include "base/clock.h"
#include "search/match.h"
#include "search/walk.h"

enum { SPANS = 900, TEXT_BYTES = 9000, RARE_WORDS = 6 };

static uint64_t seed = 11;
static uint32_t below(uint32_t limit)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % limit;
}

/* Three words that stand everywhere, each in two spans of three, and some that nearly none has. */
static const char *const words[] = {"alpha", "beta",   "gamma",  "rareone", "raretwo",
                                    "rare3", "rare44", "rare55", "rare66"};
enum { WORDS = sizeof words / sizeof *words, FREQUENT_WORDS = WORDS - RARE_WORDS };

struct store {
    const char *path, *index_path;
    struct journal *journal;
    struct search_index *index;
    uint32_t holds[SPANS]; /* bits of words, in the order of the journal */
};

static void put_text(struct buf *out, uint32_t holds)
{
    buf_clear(out);
    while (out->len < TEXT_BYTES)
        buf_printf(out, "filler%u ", below(5000));
    for (uint32_t left = holds; left; left &= left - 1)
        buf_printf(out, "%s ", words[__builtin_ctz(left)]);
}

static uint32_t random_words(void)
{
    uint32_t holds = 0;
    for (uint32_t word = 0; word < WORDS; word++)
        holds |= (uint32_t)(word < FREQUENT_WORDS ? below(3) > 0 : below(SPANS / 3) == 0) << word;
    return holds;
}

/* An array, with a text that stands elsewhere in the journal from a span on. */
enum { LENGTH_EVERY = 50, APART_FROM = SPANS - 60 };
static bool is_apart(uint32_t span)
{
    return span >= APART_FROM && span % LENGTH_EVERY == 0;
}

static struct value reasons(struct batch *batch, uint32_t span)
{
    static char long_text[400];
    struct value array = {.type = VALUE_ARRAY};
    memset(long_text, 'w', sizeof long_text - 1);
    array.array.items = arena_array(&batch->arena, struct value, 2);
    array.array.count = 1 + (span % LENGTH_EVERY == 0);
    array.array.items[0] = value_string(STR("stop"));
    array.array.items[1] = value_string(span >= APART_FROM ? str_from(long_text) : STR("length"));
    return array;
}

static struct batch *new_batch(void)
{
    struct batch *batch = batch_new((size_t)64 << 20);
    batch_add_resource(batch);
    batch_add_scope(batch);
    batch->receiver = STR("test");
    batch->project_id = 1;
    return batch;
}

static void append_spans(struct store *store, uint32_t first, uint32_t count)
{
    struct batch *batch = new_batch();
    struct buf text = {0};
    for (uint32_t i = first; i < first + count; i++) {
        struct span *span = batch_add_span(batch);
        store->holds[i] = random_words();
        put_text(&text, store->holds[i]);
        span->name = STR("span");
        span->start_ns = i;
        span->attributes.items = arena_array(&batch->arena, struct attribute, 2);
        span->attributes.items[0] = (struct attribute){
            STR("text"), value_string(arena_copy(&batch->arena, buf_str(&text)))};
        span->attributes.items[1] = (struct attribute){STR("reasons"), reasons(batch, i)};
        span->attributes.count = 2;
    }
    append(store->journal, batch);
    batch_free(batch);
    buf_done(&text);
}

static void wait_for_index(struct store *store)
{
    struct search_index_stats stats = {0};
    for (int64_t until = clock_mono_ns() + 60 * NS_PER_SEC; !stats.caught_up || !stats.chunks;) {
        assert_true(clock_mono_ns() < until);
        search_index_hurry(store->index);
        usleep(20000);
        search_index_get_stats(store->index, &stats);
    }
}

static int open_store(void **state)
{
    static struct store store;
    enum { BATCH = 50 };
    store.path = test_directory();
    store.index_path = test_directory();
    store.journal = open_journal(store.path);
    for (uint32_t first = 0; first < SPANS; first += BATCH)
        append_spans(&store, first, BATCH);
    const struct search_index_options options = {
        .directory = store.index_path, .journal = store.journal, .quiet_ms = 1};
    assert_int_equal(search_index_open(&options, &store.index, NULL), STATUS_OK);
    wait_for_index(&store);
    *state = &store;
    return 0;
}

static int close_store(void **state)
{
    struct store *store = *state;
    search_index_close(store->index);
    journal_close(store->journal);
    remove_directory(store->path);
    remove_directory(store->index_path);
    return 0;
}

/* Marks the spans that the walk gives, which come newest first and once; gives what it read. */
static struct search_walk_stats walk(const struct store *store,
                                     const struct search_expression *expression, bool with_index,
                                     bool given[SPANS])
{
    struct search_walk_stats stats = {0};
    const struct search_walk_options options = {.journal = store->journal,
                                                .index = with_index ? store->index : NULL,
                                                .expression = expression,
                                                .project_id = 1,
                                                .segment = 1,
                                                .frame_most = UINT64_MAX,
                                                .deadline_ns = INT64_MAX};
    struct search_walk *walk;
    struct journal_location place;
    uint64_t last = SPANS;
    bool found;
    memset(given, 0, SPANS * sizeof *given);
    assert_int_equal(search_walk_open(&options, &walk, NULL), STATUS_OK);
    while (search_walk_next(walk, &found, &place, NULL) == STATUS_OK && found) {
        struct batch *batch;
        assert_int_equal(journal_read_record(store->journal, place, &batch, NULL), STATUS_OK);
        uint64_t number = batch->spans[0].start_ns;
        batch_free(batch);
        assert_true(number < last);
        given[number] = true;
        last = number;
    }
    search_walk_close(walk, &stats);
    return stats;
}

/* Which terms of the expression a span has. */
static uint32_t terms_of(const struct search_expression *expression, uint32_t holds)
{
    uint32_t terms = 0;
    for (size_t i = 0; i < expression->term_count; i++)
        for (int word = 0; word < WORDS; word++)
            if (holds >> word & 1 && str_equal(expression->terms[i].folded, str_from(words[word])))
                terms |= UINT32_C(1) << i;
    return terms;
}

static struct search_expression *parsed(const char *text)
{
    struct search_expression *expression = NULL;
    assert_int_equal(search_parse(str_from(text), &expression, NULL), STATUS_OK);
    return expression;
}

/* How many spans match, all of which the walk must give; how many it gives goes to *out_given. */
static size_t check(const struct store *store, const char *text, bool with_index, size_t *out_given)
{
    struct search_expression *expression = parsed(text);
    bool given[SPANS];
    size_t matching = 0;
    walk(store, expression, with_index, given);
    *out_given = 0;
    for (int i = 0; i < SPANS; i++) {
        bool matches = search_holds(expression, terms_of(expression, store->holds[i]));
        if (matches && !given[i])
            STOP("%s: span %d is left out", text, i);
        matching += matches;
        *out_given += given[i];
    }
    search_expression_free(expression);
    return matching;
}

static void random_expression(struct buf *out, int depth)
{
    static const char *const joints[] = {" ", " AND ", " OR ", " -"};
    uint32_t kind = depth ? below(3) : 0;
    if (kind == 0) {
        buf_printf(out, "%s", words[below(WORDS)]);
        return;
    }
    buf_printf(out, "%s(", below(6) ? "" : "NOT ");
    random_expression(out, depth - 1);
    buf_printf(out, "%s", joints[below(4)]);
    random_expression(out, depth - 1);
    buf_printf(out, ")");
}

static void test_no_match_is_left_out(void **state)
{
    const struct store *store = *state;
    size_t matching = 0, given;
    for (int round = 0; round < 60; round++) {
        struct buf text = {0};
        random_expression(&text, 3);
        buf_add_byte(&text, 0);
        matching += check(store, text.ptr, round % 10 > 0, &given);
        buf_done(&text);
    }
    assert_true(matching > SPANS);
}

static void test_frequent_words_beside_rare_ones_are_not_looked_for(void **state)
{
    const struct store *store = *state;
    static const char *const alike[][2] = {{"rareone", "rareone alpha"},
                                           {"rare3 OR rare44", "(rare3 OR rare44) beta gamma"},
                                           {"rare55", "rare55 -alpha"}};
    for (size_t i = 0; i < sizeof alike / sizeof *alike; i++) {
        size_t rare, both;
        struct search_expression *expression = parsed(alike[i][1]);
        bool given[SPANS];
        assert_true(check(store, alike[i][0], true, &rare) > 0);
        check(store, alike[i][1], true, &both);
        assert_int_equal(rare, both); /* whoever asks looks at them more closely */
        uint64_t scanned = walk(store, expression, true, given).bytes_scanned;
        assert_true(scanned * 2 < walk(store, expression, false, given).bytes_scanned);
        search_expression_free(expression);
    }
}

static void test_frequent_words_alone_are_looked_for(void **state)
{
    static const char *const texts[] = {"alpha beta", "alpha OR rareone", "NOT alpha"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t given, matching = check(*state, texts[i], true, &given);
        assert_true(matching > 0);
        if (i < 2) /* nothing is certain under a NOT */
            assert_int_equal(matching, given);
    }
}

/* Chunks that are read for an expression that stands nowhere. */
static uint64_t chunks_read_in_vain(const struct store *store)
{
    struct search_expression *expression = parsed("/gamma.{3}q\\W/");
    bool given[SPANS];
    struct search_walk_stats stats = walk(store, expression, true, given);
    search_expression_free(expression);
    for (uint32_t i = 0; i < SPANS; i++)
        assert_true(!given[i] || is_apart(i)); /* that one has to be looked at */
    return stats.chunks - stats.chunks_skipped;
}

/* What no index narrows is given as it is without one. */
static void check_alike(const struct store *store)
{
    static const char *const texts[] = {
        "\"alpha beta gamma\"",
        "\"alpha gamma\"",
        "/beta.{3}?mma rare[^3]/",
        "\"gamma rareone\" OR \"gamma rare3\" OR \"gamma rare55\"",
        "/(al|be).{3,4}gamma\\W/ -rare3",
        "/filler\\d{1,3} beta/",
        "/(\\d).g.{3}a (raretwo|$)/",
        "/\"stop\",\\W?leng\\w+.\\]/", /* across the elements of an array */
        "/\"stop\",\\W?w{300,}\"\\]/", /* with one that is long */
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct search_expression *expression = parsed(texts[i]);
        bool plainly[SPANS], given[SPANS], any = false;
        walk(store, expression, false, plainly);
        walk(store, expression, true, given);
        for (int span = 0; span < SPANS; span++) {
            if (plainly[span] != given[span])
                STOP("%s: span %d is %s", texts[i], span, given[span] ? "given" : "left out");
            any |= given[span];
        }
        if (!any)
            STOP("%s: no span is given", texts[i]);
        search_expression_free(expression);
    }
}

static void damage_transcript(const struct store *store, uint32_t number)
{
    char path[300];
    snprintf(path, sizeof path, "%s/0000000001-%06u.transcript", store->index_path, number);
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, 200, SEEK_SET), 0);
    assert_int_equal(fwrite("damage", 1, 6, file), 6);
    fclose(file);
}

static void test_what_no_index_narrows_is_found_with_transcripts(void **state)
{
    struct store *store = *state;
    struct search_index_stats stats;
    uint64_t without = chunks_read_in_vain(store);
    search_index_want_transcripts(store->index);
    wait_for_index(store);
    search_index_get_stats(store->index, &stats);
    assert_true(stats.transcripts > 1 && stats.transcript_bytes > 0);
    assert_true(chunks_read_in_vain(store) < without / 2);
    check_alike(store);
}

/* With room for half of them, one of which is damaged, after the index was opened again. */
static void test_transcripts_are_kept_to_their_limit(void **state)
{
    struct store *store = *state;
    struct search_index_stats all, left;
    search_index_get_stats(store->index, &all);
    search_index_close(store->index);
    const struct search_index_options options = {.directory = store->index_path,
                                                 .journal = store->journal,
                                                 .transcript_bytes = all.transcript_bytes / 2,
                                                 .quiet_ms = 1};
    damage_transcript(store, (uint32_t)all.transcripts - 1); /* the newest */
    assert_int_equal(search_index_open(&options, &store->index, NULL), STATUS_OK);
    wait_for_index(store);
    check_alike(store);
    wait_for_index(store);
    search_index_get_stats(store->index, &left);
    assert_true(left.transcripts > 0 && left.transcripts < all.transcripts);
    assert_true(left.transcript_bytes <= options.transcript_bytes);
}

/* Files of words that transcripts share; `last` gets the path of one. */
static size_t words_files(const struct store *store, char last[600])
{
    DIR *directory = opendir(store->index_path);
    struct dirent *entry;
    size_t count = 0;
    assert_non_null(directory);
    while ((entry = readdir(directory)) != NULL) {
        if (!str_ends(str_from(entry->d_name), STR(".words")))
            continue;
        snprintf(last, 600, "%s/%s", store->index_path, entry->d_name);
        count++;
    }
    closedir(directory);
    return count;
}

static void test_damaged_words_are_chosen_again(void **state)
{
    struct store *store = *state;
    char path[600];
    uint64_t before = chunks_read_in_vain(store);
    assert_int_equal(words_files(store, path), 1);
    assert_int_equal(truncate(path, 100), 0);
    assert_true(chunks_read_in_vain(store) > before); /* its transcripts went with it */
    check_alike(store);
    wait_for_index(store);
    assert_int_equal(chunks_read_in_vain(store), before);
    assert_int_equal(words_files(store, path), 1);
}

static void append_other_words(struct store *store, size_t bytes)
{
    struct batch *batch = new_batch();
    struct buf text = {0};
    while (text.len < bytes)
        buf_printf(&text, "%c%c%c%c ", 'k' + below(12), 'k' + below(12), 'k' + below(12),
                   'k' + below(12));
    struct span *span = batch_add_span(batch);
    span->name = STR("span");
    span->attributes.items = arena_array(&batch->arena, struct attribute, 1);
    span->attributes.items[0] = (struct attribute){STR("text"), value_string(buf_str(&text))};
    span->attributes.count = 1;
    append(store->journal, batch);
    batch_free(batch);
    buf_done(&text);
}

/* Texts that begin to be about something else get words of their own to share. */
static void test_words_are_chosen_anew_for_other_texts(void **state)
{
    enum { CHUNKS = 6, CHUNK_BYTES = 2200000 };
    struct store store = {.path = test_directory(), .index_path = test_directory()};
    char path[600];
    (void)state;
    store.journal = open_journal(store.path);
    const struct search_index_options options = {
        .directory = store.index_path, .journal = store.journal, .quiet_ms = 1};
    append_spans(&store, 0, SPANS / 3);
    append_other_words(&store, CHUNK_BYTES); /* its chunk is another's, which is complete now */
    assert_int_equal(search_index_open(&options, &store.index, NULL), STATUS_OK);
    search_index_want_transcripts(store.index);
    wait_for_index(&store);
    assert_int_equal(words_files(&store, path), 1);
    for (int i = 0; i < CHUNKS; i++)
        append_other_words(&store, CHUNK_BYTES);
    wait_for_index(&store);
    assert_int_equal(words_files(&store, path), 2);
    assert_true(chunks_read_in_vain(&store) < CHUNKS / 2); /* a search reads with both */
    assert_int_equal(words_files(&store, path), 2);
    search_index_close(store.index);
    journal_close(store.journal);
    remove_directory(store.path);
    remove_directory(store.index_path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_match_is_left_out),
        cmocka_unit_test(test_frequent_words_beside_rare_ones_are_not_looked_for),
        cmocka_unit_test(test_frequent_words_alone_are_looked_for),
        cmocka_unit_test(test_what_no_index_narrows_is_found_with_transcripts),
        cmocka_unit_test(test_damaged_words_are_chosen_again), /* of the test before */
        cmocka_unit_test(test_words_are_chosen_anew_for_other_texts),
        cmocka_unit_test(test_transcripts_are_kept_to_their_limit), /* of the test before */
    };
    return cmocka_run_group_tests(tests, open_store, close_store);
}
