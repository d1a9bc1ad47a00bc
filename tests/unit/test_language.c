/* SPDX-License-Identifier: Apache-2.0 */
/* language: what every piece of a query becomes, what is refused, where and with which words. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/language_dump.c"

#include <cmocka.h> /* last: it has a macro named fail */
#undef fail

struct pair {
    const char *query, *expected;
};

static enum status parse(const char *query, struct arena *arena, struct language_query **out,
                         struct language_error *error)
{
    arena_init(arena, 64 << 20);
    return language_parse(str_from(query), arena, out, error);
}

/* Query -> tree; the whole table, so that one run shows every difference. */
static void check_trees(const struct pair *pairs, size_t count)
{
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        struct arena arena;
        struct language_query *query;
        struct language_error error;
        struct buf dump = {0};
        if (parse(pairs[i].query, &arena, &query, &error) == STATUS_OK)
            dump_query(&dump, query);
        else
            buf_printf(&dump, "error at %u: %s", error.offset, error.message);
        if (!str_equal(buf_str(&dump), str_from(pairs[i].expected))) {
            print_error("%s\n  expected %s\n  got      %.*s\n", pairs[i].query, pairs[i].expected,
                        STR_ARGS(buf_str(&dump)));
            wrong++;
        }
        buf_done(&dump);
        arena_done(&arena);
    }
    assert_int_equal(wrong, 0);
}

#define CHECK_TREES(pairs) check_trees(pairs, sizeof(pairs) / sizeof *(pairs))

static void operators_bind_as_documented(void **state)
{
    static const struct pair pairs[] = {
        {"filter not a = 1 and not ispresent(b) or c = 2",
         "filter (or (and (not (= a 1)) (not (ispresent b))) (= c 2))"},
        {"filter a or b and c or d", "filter (or a (and b c) d)"},
        {"filter (a or b) or c", "filter (or (or a b) c)"},
        {"filter !(a = 1)", "filter (not (= a 1))"},
        {"filter !isPresent(a)", "filter (not (ispresent a))"},
        {"filter a + 1 > b * 2", "filter (> (+ a 1) (* b 2))"},
        {"filter a = b + 1 and c", "filter (and (= a (+ b 1)) c)"},
        {"fields 1-2-3", "fields (- (- 1 2) 3)"},
        {"fields a/b/c*d%e", "fields (% (* (/ (/ a b) c) d) e)"},
        {"fields 2^3^2", "fields (^ 2 (^ 3 2))"},
        {"fields -2^2", "fields (^ -2 2)"},
        {"fields 2^-1", "fields (^ 2 -1)"},
        {"fields a*-b", "fields (* a (- b))"},
        {"fields a -1", "fields (- a 1)"},
        {"fields --1", "fields 1"},
        {"fields (a = 1) = 0", "fields (= (= a 1) 0)"},
        {"fields a<=1 , a>=1 , a!=1 , a<1 , a>1",
         "fields (<= a 1), (>= a 1), (!= a 1), (< a 1), (> a 1)"},
        {"filter a like \"x\" and b not like /y/ and c =~ /z/ and d !~ /w/",
         "filter (and (like a 'x') (not like b /y/) (like c /z/) (not like d /w/))"},
        {"filter a in [1,'b'] and c not in [2.5] and d in []",
         "filter (and (in a (list 1 'b')) (not in c (list 2.5)) (in d (list)))"},
        {"stats sum(a = \"x\" or a = \"y\") as n", "stats (sum (or (= a 'x') (= a 'y'))) as n"},
        {"stats sum(code >= 400 and code < 500)", "stats (sum (and (>= code 400) (< code 500)))"},
    };
    (void)state;
    CHECK_TREES(pairs);
}

static void values_are_read_in_every_spelling(void **state)
{
    static const struct pair pairs[] = {
        {"fields 1, 1.5, .5, 1e3, 1.5E-3, 007", "fields 1, 1.5, 0.5, 1000, 0.0015, 7"},
        {"fields 9223372036854775807", "fields 9223372036854775807"},
        {"fields 99999999999999999999", "fields 1e+20"},
        {"fields 'it\\'s', \"a \\\"b\\\" \\\\ \\n\", '\\d+'",
         "fields 'it's', 'a \"b\" \\ \n', '\\d+'"},
        {"fields ''", "fields ''"},
        {"fields true, FALSE", "fields true, false"},
        {"filter duration > 2s and ttft < 1.5s and x >= -3m",
         "filter (and (> duration 2s) (< ttft 1.5s) (>= x -3m))"},
        {"filter x > 5ns or x > 5us or x > 5\xC2\xB5s",
         "filter (or (> x 5ns) (> x 5us) (> x 5us))"},
        {"filter a like /a\\/b[/]c\\d/", "filter (like a /a/b[/]c\\d/)"},
        {"filter a like /two\nlines/", "filter (like a /two\nlines/)"},
        {"filter a like /[]/]x/", "filter (like a /[]/]x/)"},
        {"filter referrer= http://34.250.27.141/ and m= \"GET\"",
         "filter (and (= referrer 'http://34.250.27.141/') (= m 'GET'))"},
        {"filter (u = https://a.b/c?d=e)", "filter (= u 'https://a.b/c?d=e')"},
        {"filter a = \"\xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\x98\x80\"",
         "filter (= a '\xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\x98\x80')"},
        {"fields [1, \"x\"] as l", "fields (list 1 'x') as l"},
    };
    (void)state;
    CHECK_TREES(pairs);
}

static void names_are_dotted_paths(void **state)
{
    static const struct pair pairs[] = {
        {"fields @timestamp, a_b, a.b.0.c, `detail-type`, `a.b`",
         "fields @timestamp, a_b, a.b.0.c, detail-type, a.b"},
        {"fields a.`b c`.d, `x`.y, items[0].z, items[0][1]",
         "fields a.b c.d, x.y, items.0.z, items.0.1"},
        {"fields items[i], items[i + 1].b", "fields (at items i), (. 'b' (at items (+ i 1)))"},
        {"fields jsonParse(@message).a.b[0].c as x, split(a, ',')[1]",
         "fields (. 'c' (at (. 'a.b' (jsonParse @message)) 0)) as x, (at (split a ',') 1)"},
        {"fields event-name", "fields (- event name)"},
        {"fields count, limit, source, pattern, type",
         "fields count, limit, source, pattern, type"},
        {"fields \xE5\x90\x8D\xE5\x89\x8D as `a b`", "fields \xE5\x90\x8D\xE5\x89\x8D as a b"},
        {"stats count(*) as 5xx by b", "stats (count *) as 5xx by b"},
        {"fields a as count, b as by", "fields a as count, b as by"},
        {"fields `a\\`b`", "fields a`b"},
    };
    (void)state;
    CHECK_TREES(pairs);
}

static void commands_are_read_in_every_form(void **state)
{
    static const struct pair pairs[] = {
        {"FIELDS a AS b, c\n| WHERE d\n|DISPLAY e", "fields a as b, c | filter d | display e"},
        {"| fields a", "fields a"},
        {"fields a # the first\n# all of it\n| limit 1 # end", "fields a | limit 1"},
        {"fields a \\n | limit 1", "fields a | limit 1"},
        {"stats count(*), SUM(a) as s, s / 2 by b as c, bin(5m) as t",
         "stats (count *), (sum a) as s, (/ s 2) by b as c, (bin 5m) as t"},
        {"stats count(*) by bin(5m) offset 1h", "stats (count *) by (bin 5m) offset 1h"},
        {"stats count(*) by bin(@timestamp, 1h) as hour, model offset 30m",
         "stats (count *) by (bin @timestamp 1h) as hour offset 30m, model"},
        {"stats count(*) by bin(300seconds), bin(2 hrs)",
         "error at 41: expected `,` or `)`, found `hrs`"},
        {"stats count(*) by bin(1MIN), bin(1mins), bin(2hr), bin(3mon), bin(1q), bin(1yr), "
         "bin(9ms)",
         "stats (count *) by (bin 1m), (bin 1m), (bin 2h), (bin 3mo), (bin 1q), (bin 1y), (bin "
         "9ms)"},
        {"sort a desc, b, c asc", "sort a desc, b, c asc"},
        {"limit 5 | head 3 | tail 2 | limit any 4", "limit 5 | limit 3 | tail 2 | limit any 4"},
        {"parse \"a * b\" as x", "parse glob a * b -> x"},
        {"parse a.b 'x*y\\'*' as @p, q", "parse a.b glob x*y'* -> @p, q"},
        {"parse @message /a (?P<n>\\d+) (?<m_2>x)(?:y)(?<=z)\\(?<no>/",
         "parse @message regex a (?P<n>\\d+) (?<m_2>x)(?:y)(?<=z)\\(?<no> -> n, m_2"},
        {"sort @timestamp | dedup a, b.c | limit 2", "sort @timestamp | dedup a, b.c | limit 2"},
        {"unnest a.b into c | unnest jsonParse(x) into y",
         "unnest a.b -> c | unnest (jsonParse x) -> y"},
        {"pattern @message | diff", "pattern @message | diff"},
        {"diff previousweek", "diff previousWeek"},
        {"pattern @message | anomaly", "pattern @message | anomaly"},
        {"fields unmask(@message)", "fields (unmask @message)"},
        {"filterIndex a in [1]", "filterIndex (in a (list 1))"},
        {"filter search(\"refund AND \\\"gold plan\\\"\")",
         "filter (search 'refund AND \"gold plan\"')"},
        {"filter a in (SOURCE logs | filter b = 1 | fields a) | limit 2",
         "filter (in a (query SOURCE logs | filter (= b 1) | fields a)) | limit 2"},
    };
    (void)state;
    CHECK_TREES(pairs);
}

static void sources_are_read_in_every_form(void **state)
{
    static const struct pair pairs[] = {
        {"SOURCE spans", "SOURCE spans"},
        {"source Traces | fields a", "SOURCE traces | fields a"},
        {"SOURCE 'scores' | fields a", "SOURCE scores | fields a"},
        {"SOURCE 'aws/spans' START=-3600s END=0s | SOURCE \"b\" | fields a",
         "SOURCE log groups -> aws/spans, b start=-3600000 ago end=0 ago | fields a"},
        {"SOURCE 'a' START=1700000000000 END=1700000600000 | limit 1",
         "SOURCE log groups -> a start=1700000000000 end=1700000600000 | limit 1"},
        {"SOURCE logGroups(namePrefix: ['a','b'], class: ['STANDARD'], accountIdentifiers:['1']) "
         "| fields c",
         "SOURCE log groups -> a, b | fields c"},
        {"SOURCE logGroups() | fields c", "SOURCE log groups | fields c"},
        {"SOURCE dataSource(['amazon_vpc.flow']) | limit 3",
         "SOURCE log groups -> amazon_vpc.flow | limit 3"},
        {"fields a | SOURCE logs", "error at 11: SOURCE must come before every other command"},
        {"SOURCE spans | SOURCE logs",
         "error at 22: a query reads one source, and this is another"},
        {"SOURCE span", "error at 7: expected spans, traces, logs, metrics, scores or a log group "
                        "in quotes, found `span`"},
    };
    (void)state;
    CHECK_TREES(pairs);
}

static void helpers_are_understood(void **state)
{
    static const struct pair pairs[] = {
        {"lookup users id as userId OUTPUT name, mail AS m",
         "lookup <users> id as userId -> name, mail as m"},
        {"cidrlookup nets srcAddr OUTPUT region", "cidrlookup <nets> srcAddr -> region"},
        {"join type=left left=a right=b where a.id = b.id (SOURCE 'x' | fields id)",
         "join type=left left=a right=b a.id -> b.id (SOURCE log groups -> x | fields id)"},
        {"appendcols override=true (SOURCE 'x' | stats avg(l) as m by s)",
         "appendcols override=true (SOURCE log groups -> x | stats (avg l) as m by s)"},
        {"fillmissing with 0 for a, 1 for b", "fillmissing 0 as a, 1 as b"},
        {"fillmissing", "fillmissing"},
        {"filldown host cpu*", "filldown host, cpu*"},
        {"filldown", "filldown"},
        {"accum bytes AS total", "accum bytes -> total"},
        {"autoregress bytes as b p=1-4", "autoregress p=(- 1 4) bytes -> b"},
        {"outlier action=remove param=3.0 mark=true cpu memory",
         "outlier action=remove param=3 mark=true cpu, memory"},
        {"sessionize user, device maxspan 1h as s", "sessionize maxspan=1h user, device -> s"},
        {"relevantfields a, b where time > 400", "relevantfields a, b (> time 400)"},
        {"estimate", "estimate"},
        {"logcompare", "pattern @message | diff"},
        {"logcompare timeshift 7d", "pattern @message | diff 7d"},
    };
    (void)state;
    CHECK_TREES(pairs);
}

/* Short words for what other commands say too. */
static void some_words_become_others(void **state)
{
    static const struct pair pairs[] = {
        {"count_frequent method, a.`b c`",
         "stats (count *) as _approxcount by method as method, a.b c as a.b c | sort "
         "_approxcount desc, method, a.b c"},
        {"filter x | stats topk(3, model) | display model",
         "filter x | filter (ispresent model) | stats (count *) as count by model as model | sort "
         "count desc, model | limit 3 | display model"},
        {"stats topk(2, concat(a, 'x')) as `best one`",
         "filter (ispresent (concat a 'x')) | stats (count *) as count by (concat a 'x') as best "
         "one | sort count desc, best one | limit 2"},
        {"stats countOverTime(a) as n, count_over_time(), 2 * sumOverTime(b) by bin(1h)",
         "stats (count a) as n, (count), (* 2 (sum b)) by (bin 1h)"},
        {"expand a.`b c`", "unnest a.b c -> a.b c"},
        {"expand", "error at 6: the query ends where a field was expected"},
        {"expand a b", "error at 9: expand takes one field"},
        {"addtotals a, b",
         "fields (+ (coalesce (toNumber a) 0) (coalesce (toNumber b) 0)) as Total"},
        {"addtotals col=false fieldname=Sum a", "fields (coalesce (toNumber a) 0) as Sum"},
        {"addtotals col=true a", "addtotals col=true a"},
        {"addtotals", "addtotals"},
        {"stats rate(a.b, 1m) as r, histogram(c, 5) by d",
         "stats (/ (* (- (latest a.b) (earliest a.b)) 60000) (- (max (case (ispresent a.b) "
         "(toMillis @timestamp))) (min (case (ispresent a.b) (toMillis @timestamp))))) as r, "
         "(histogram c 5) by d"},
        {"stats histogram(c, 1001)", "error at 19: histogram cannot have so many ranges"},
        {"countFrequent", "error at 13: the query ends where a field was expected"},
        {"countFrequent a by b", "error at 0: countFrequent does not take all of this"},
    };
    (void)state;
    CHECK_TREES(pairs);
}

static void log_groups_stand_for_a_source(void **state)
{
    static const struct {
        const char *query;
        enum source_id source;
    } rows[] = {
        {"SOURCE 'aws/spans' | limit 1", SOURCE_SPANS},
        {"SOURCE '/aws/lambda/x' | SOURCE 'bedrock-model-invocation-logging'", SOURCE_SPANS},
        {"SOURCE logGroups(namePrefix:['/aws/bedrock/modelInvocations'])", SOURCE_SPANS},
        {"SOURCE '/aws/lambda/x'", SOURCE_LOGS},
        {"SOURCE logGroups(class:['STANDARD'])", SOURCE_SCORES},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena;
        struct language_query *query;
        assert_int_equal(parse(rows[i].query, &arena, &query, NULL), STATUS_OK);
        assert_int_equal(source_of_groups(query, SOURCE_SCORES), rows[i].source);
        arena_done(&arena);
    }
}

/* A call spelled as an unnamed column of the stats before is that column. */
static void calls_behind_stats_can_be_columns(void **state)
{
    static const struct pair pairs[] = {
        {"stats count(*) by model, bin(1h) | sort COUNT( * ) desc, bin(1h)",
         "stats (count *) by model, (bin 1h) | sort count(*) desc, bin(1h)"},
        {"stats count(*) by a | filter count(*) > 3 | display count(*) / 2",
         "stats (count *) by a | filter (> count(*) 3) | display (/ count(*) 2)"},
        {"stats count(*) by a, b | stats max(count(*)), count(*) by a",
         "stats (count *) by a, b | stats (max count(*)), (count *) by a"},
        {"stats count(*) as n by a | sort count(*)",
         "error at 32: count is an aggregate, and those stand only in stats"},
        {"stats count() by a | sort count desc", "stats (count) by a | sort count() desc"},
        {"stats count(*), avg(b), avg(c) by a | sort avg, Count",
         "stats (count *), (avg b), (avg c) by a | sort avg, count(*)"},
        {"stats count(*) by count | sort count", "stats (count *) by count | sort count"},
        {"stats count(*) by a | fields 1 as count | sort count",
         "stats (count *) by a | fields 1 as count | sort count"},
        {"stats max(b) by a | unnest a into max | filter max > 1",
         "stats (max b) by a | unnest a -> max | filter (> max 1)"},
        {"stats count(*) by bin(1m) | sort @timestamp desc",
         "stats (count *) by (bin 1m) | sort bin(1m) desc"},
        {"stats count(*) by bin(1m) as t, a | filter @timestamp > 1 | sort a, @timestamp",
         "stats (count *) by (bin 1m) as t, a | filter (> @timestamp 1) | sort a, t"},
        {"stats max(@timestamp) as @timestamp by bin(1m) | sort @timestamp",
         "stats (max @timestamp) as @timestamp by (bin 1m) | sort @timestamp"},
        {"sort count | stats count(*)", "sort count | stats (count *)"},
        {"stats sum(a) + sum(b) by c | sort sum(a)+sum(b)",
         "stats (+ (sum a) (sum b)) by c | sort sum(a) + sum(b)"},
    };
    (void)state;
    CHECK_TREES(pairs);
}

/* --- what is refused ------------------------------------------------------------------------- */

static const struct refusal {
    const char *query;
    uint32_t offset, length;
    const char *message, *suggestion; /* suggestion "": none */
} refusals[] = {
    {"", 0, 0, "the query ends where a command was expected", ""},
    {" # only this", 12, 0, "the query ends where a command was expected", ""},
    {"fields a |", 10, 0, "the query ends where a command was expected", ""},
    {"stat count(*)", 0, 4, "no command `stat`", "did you mean `stats`?"},
    {"select a", 0, 6, "no command `select`", "did you mean `fields`?"},
    {"xyzzy a", 0, 5, "no command `xyzzy`", ""},
    {"42", 0, 2, "expected a command, found `42`", ""},
    {"fields a stats count(*)", 9, 5, "expected `|` or the end of the query, found `stats`",
     "put a | in front of `stats`"},
    {"fields a b", 9, 1, "expected `|` or the end of the query, found `b`",
     "is a comma missing, or `as` in front of a name?"},
    {"fields a)", 8, 1, "expected `|` or the end of the query, found `)`", ""},
    {"fields a,", 9, 0, "the query ends where a value was expected", ""},
    {"fields (a", 9, 0, "the query ends where `)` was expected", ""},
    {"fields as", 7, 2, "expected a value, found `as`",
     "a field with the name of a keyword needs backticks"},
    {"fields a as", 11, 0, "the query ends where a name behind `as` was expected", ""},
    {"fields a as 'x'", 12, 3, "expected a name behind `as`, found `'x'`",
     "names stand in backticks: `name`"},
    {"fields ``", 7, 2, "there is no name between the backticks", ""},
    {"fields a*", 9, 0, "the query ends where a value was expected", ""},
    {"fields *", 7, 1, "expected a value, found `*`", "`*` stands only in count(*)"},
    {"fields a[1.5]", 9, 3, "1.5 is no place in a list", ""},
    {"fields a[-1]", 9, 2, "-1 is no place in a list", ""},
    {"fields a[1", 10, 0, "the query ends where `]` was expected", ""},
    {"fields a; limit 1", 8, 1, "`;` has no meaning here", "commands are separated by |"},
    {"fields $a", 7, 1, "`$` has no meaning here", "a name with it needs backticks"},
    {"fields \x01", 7, 1, "a control character (code 1) cannot stand here", ""},
    {"filter a == 1", 9, 2, "expected an operator, found `==`", "did you mean `=`?"},
    {"filter a <> 1", 9, 2, "expected an operator, found `<>`", "did you mean `!=`?"},
    {"filter a && b", 9, 2, "expected an operator, found `&&`", "did you mean `and`?"},
    {"filter a is null", 9, 2, "expected an operator, found `is`", "write `ispresent(field)`"},
    {"filter a != null", 12, 4, "nothing compares with null", "write `ispresent(field)`"},
    {"filter a between 1 and 2", 9, 7, "expected an operator, found `between`",
     "write `field >= a and field <= b`"},
    {"filter a = 1 = 2", 13, 1, "comparisons cannot be chained",
     "put parentheses around the first comparison"},
    {"filter a not 1", 13, 1, "expected `like` or `in` behind `not`, found `1`", ""},
    {"filter a like b", 14, 1, "`like` takes what is written out",
     "for two fields there is strcontains(field, part)"},
    {"filter a in b", 12, 1, "expected a list like [1, 2] or a query in parentheses, found `b`",
     ""},
    {"filter a in (1, 2)", 12, 1, "expected a list like [1, 2], found `(`",
     "a list stands in brackets"},
    {"filter a in [1 2]", 15, 1, "expected `,` or `]`, found `2`", ""},
    {"filter a = \"x", 11, 2, "this string is not closed", ""},
    {"filter a = `x", 11, 2, "this name is not closed", ""},
    {"filter a like /x", 14, 2, "this regular expression is not closed", ""},
    {"filter a = /x/", 11, 3, "a regular expression stands only behind `like` or `=~`",
     "write `field like /\xE2\x80\xA6/`"},
    {"filter a = \xE2\x80\x9Cx\xE2\x80\x9D", 11, 3, "`\xE2\x80\x9C` is a typographic character",
     "use the straight quotes ' and \""},
    {"filter a = 10.0.0.1", 11, 8, "10.0.0.1 is neither a number nor a period",
     "put quotes around it: \"10.0.0.1\""},
    {"filter a > 2sx", 11, 3, "2sx is neither a number nor a period",
     "a name that starts with a digit needs backticks: `2sx`"},
    {"filter a > 1e999", 11, 5, "1e999 is too large for a number", ""},
    {"filter cuont(a)", 7, 5, "no function `cuont`", "did you mean `count`?"},
    {"stats p95(duration)", 6, 3, "no function `p95`", "did you mean `pct(field, 95)`?"},
    {"stats average(a)", 6, 7, "no function `average`", "did you mean `avg`?"},
    {"fields if(a, 1)", 7, 8, "if takes 3 arguments, not 2", ""},
    {"fields coalesce()", 7, 10, "coalesce takes at least 1 argument, not 0", ""},
    {"fields abs()", 7, 5, "abs takes 1 argument, not 0", ""},
    {"fields abs(1,)", 13, 1, "expected an argument, found `)`", ""},
    {"fields abs(/x/)", 11, 3, "argument 1 of abs must be a value: abs(number)", ""},
    {"fields strlen(2s)", 14, 2, "argument 1 of strlen must be one value: strlen(text)", ""},
    {"fields abs(*)", 11, 1, "argument 1 of abs must be a field: abs(number)", ""},
    {"fields datefloor(@timestamp, 5)", 29, 1,
     "argument 2 of datefloor must be a period like 5m: datefloor(time, period)", ""},
    {"filter search(a)", 14, 1, "argument 1 of search must be a string: search(\"words\")", ""},
    {"filter count(*) > 1", 7, 8, "count is an aggregate, and those stand only in stats",
     "put it in a stats"},
    {"stats count(*) by max(a)", 18, 6, "max is an aggregate, and those stand only in stats",
     "put it in a stats"},
    {"stats sum(avg(a))", 10, 6, "avg stands inside another aggregate", "use a second stats"},
    {"stats sum(a) + b", 15, 1, "`b` has many values in each row of stats",
     "put it behind `by`, or in an aggregate like max()"},
    {"stats h, sum(a) as h", 6, 1, "`h` has many values in each row of stats",
     "put it behind `by`, or in an aggregate like max()"},
    {"stats 1 by a", 6, 1, "1 counts nothing", ""},
    {"stats bin(5m)", 6, 7, "bin(5m) counts nothing", ""},
    {"stats pct(a, 101)", 13, 3, "there is no percentile 101", ""},
    {"stats pct(a, b)", 13, 1, "argument 2 of pct must be a number: pct(number, percent)", ""},
    {"stats count(*) by bin(0m)", 22, 2, "bin cannot count in periods of 0m", ""},
    {"stats count(*) by a offset 1h", 20, 6, "there is no bin() to shift", ""},
    {"stats topk(3, a), count(*)", 6, 10, "topk stands alone in its stats, without by",
     "use count(*) by the field, sort and limit"},
    {"stats topk(0, a)", 11, 1, "topk cannot give so many", ""},
    {"stats count(*) by a | limit 3 | stats count(*)", 22, 5,
     "limit must come after the last stats", "move it to the end"},
    {"dedup a | sort a", 10, 4, "only limit can follow dedup", ""},
    {"dedup abs(a)", 6, 6, "dedup takes fields only",
     "give it a name with `fields \xE2\x80\xA6 as name` first"},
    {"sort a | pattern b", 0, 4, "pattern cannot follow sort", "sort behind it"},
    {"diff | diff", 7, 4, "a query has at most one diff", ""},
    {"anomaly", 0, 7, "anomaly looks at patterns", "put `pattern @message |` in front of it"},
    {"diff yesterday", 5, 9,
     "expected previousDay, previousWeek, previousMonth or nothing, found `yesterday`", ""},
    {"limit 0", 6, 1, "0 rows cannot be asked for", ""},
    {"limit 100001", 6, 6, "100001 rows cannot be asked for", ""},
    {"limit ten", 6, 3, "expected a whole number, found `ten`", ""},
    {"limit 1.5", 6, 3, "expected a whole number, found `1.5`", ""},
    {"parse @message \"x\" as a", 15, 3, "the pattern has no `*`, so there is nothing to take", ""},
    {"parse @message \"* *\" as a", 15, 5, "the pattern has 2 `*`, but 1 name stands behind `as`",
     ""},
    {"parse @message \"*\"", 18, 0,
     "the query ends where `as` and a name for each `*` was expected", ""},
    {"parse /(.*)/", 6, 6, "the regular expression names nothing to take", ""},
    {"parse a", 7, 0,
     "the query ends where a \"glob with *\" or a /regular expression/ was expected", ""},
    {"unnest x", 8, 0, "the query ends where `into` and a name was expected", ""},
    {"pattern abs(x)", 8, 6, "pattern takes one field", ""},
    {"lookup t k", 10, 0, "the query ends where `OUTPUT` and columns of the table was expected",
     ""},
    {"filter a in (filter b in (fields c))", 25, 1, "a subquery cannot hold another one", ""},
    {"filter a in (fields b", 21, 0, "the query ends where `)` was expected", ""},
};

static void a_refusal_says_where_and_what(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct refusal *want = &refusals[i];
        struct arena arena;
        struct language_query *query;
        struct language_error error = {0};
        enum status status = parse(want->query, &arena, &query, &error);
        bool right = status == STATUS_INVALID && error.status == status && error.has_position &&
                     error.offset == want->offset && error.length == want->length &&
                     !strcmp(error.message, want->message) &&
                     !strcmp(error.suggestion, want->suggestion);
        if (!right) {
            print_error("%s\n  expected %u+%u %s (%s)\n  got      %u+%u %s (%s)\n", want->query,
                        want->offset, want->length, want->message, want->suggestion, error.offset,
                        error.length, error.message, error.suggestion);
            wrong++;
        }
        arena_done(&arena);
    }
    assert_int_equal(wrong, 0);
}

static void lines_and_columns_count_characters(void **state)
{
    (void)state;
    struct arena arena;
    struct language_query *query;
    struct language_error error;
    assert_int_equal(
        parse("fields a\n| filter b = \"\xC3\xBC\xF0\x9F\x98\x80\" == 1", &arena, &query, &error),
        STATUS_INVALID);
    assert_int_equal(error.line, 2);
    assert_int_equal(error.column, 19);
    assert_int_equal(error.offset, 31);
    assert_string_equal(error.expected, "`|` or the end of the query");
    arena_done(&arena);
}

/* --- bounds ---------------------------------------------------------------------------------- */

static char *repeat(const char *head, const char *piece, size_t times, const char *tail)
{
    size_t size = strlen(head) + strlen(piece) * times + strlen(tail) + 1;
    char *text = malloc(size), *end = text;
    assert_non_null(text);
    end = stpcpy(end, head);
    for (size_t i = 0; i < times; i++)
        end = stpcpy(end, piece);
    strcpy(end, tail);
    return text;
}

static void what_is_too_much_is_refused(void **state)
{
    static const struct {
        const char *head, *piece;
        size_t times;
        const char *tail, *message;
    } rows[] = {
        {"filter ", "(", 9000, "a", "the expression is nested deeper than 200 levels"},
        {"fields ", "-", 9000, "1", "the expression is nested deeper than 200 levels"},
        {"filter ", "not ", 2400, "a", "the expression is nested deeper than 200 levels"},
        {"filter ", "!", 9000, "a", "the expression is nested deeper than 200 levels"},
        {"fields ", "2^", 4000, "2", "the expression is nested deeper than 200 levels"},
        {"fields ", "1+", 4000, "1", "the expression is nested deeper than 200 levels"},
        {"fields ", "abs(", 2000, "1", "the expression is nested deeper than 200 levels"},
        {"fields ", "a[", 4000, "1", "the expression is nested deeper than 200 levels"},
        {"fields ", "[", 9000, "1", "the expression is nested deeper than 200 levels"},
        {"fields jsonParse(a)", "[1]", 300, "", "the expression is nested deeper than 200 levels"},
        {"fields a", "[1]", 300, "", "a name has at most 500 bytes"},
        {"fields a", ".bcdef", 90, "", "a name has at most 500 bytes"},
        {"fields 1 as ", "a", 501, "", "a name has at most 500 bytes"},
        {"fields a", ",a", 200, "", "a command has at most 200 items in its list"},
        {"filter a in [1", ",1", 1000, "]", "a list has at most 1000 items"},
        {"fields coalesce(1", ",1", 100, ")", "a call has at most 100 arguments"},
        {"fields a", "|fields a", 100, "", "a query has at most 100 commands"},
        {"stats count(*)", "|stats count(*)", 10, "", "a query has at most 10 stats"},
        {"SOURCE 'a'", "|SOURCE 'a'", 50, "", "a query names at most 50 log groups"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = repeat(rows[i].head, rows[i].piece, rows[i].times, rows[i].tail);
        struct arena arena;
        struct language_query *query;
        struct language_error error = {0};
        assert_int_equal(parse(text, &arena, &query, &error), STATUS_INVALID);
        assert_string_equal(error.message, rows[i].message);
        assert_true(error.has_position);
        arena_done(&arena);
        free(text);
    }
}

static void what_is_just_enough_is_taken(void **state)
{
    static const struct {
        const char *head, *piece;
        size_t times;
        const char *tail;
    } rows[] = {
        {"filter a = 1", " or a = 2", 900, ""},
        {"filter a", " and a", 1500, ""},
        {"filter a in [1", ",1", 999, "]"},
        {"fields a", ",a", 199, ""},
        {"fields a", "|fields a", 99, ""},
        {"stats count(*)", "|stats count(*)", 9, ""},
        {"fields 1", "+1", 198, ""},
        {"filter ", "(", 0, "a"},
        {"fields a # ", "x", 9989, ""},
        {"fields ", "-", 198, "a"},
        {"fields a as ", "\xF0\x9F\x98\x80", 125, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = repeat(rows[i].head, rows[i].piece, rows[i].times, rows[i].tail);
        struct arena arena;
        struct language_query *query;
        struct language_error error = {0};
        if (parse(text, &arena, &query, &error) != STATUS_OK)
            print_error("row %zu: %s\n", i, error.message);
        assert_int_equal(error.status, STATUS_OK);
        arena_done(&arena);
        free(text);
    }
}

static void check_whole_text(struct str text, const char *message, bool has_position)
{
    struct arena arena;
    struct language_query *query;
    struct language_error error = {0};
    arena_init(&arena, 64 << 20);
    assert_int_equal(language_parse(text, &arena, &query, &error), STATUS_INVALID);
    assert_string_equal(error.message, message);
    assert_int_equal(error.has_position, has_position);
    assert_int_equal(language_parse(text, &arena, &query, NULL), STATUS_INVALID);
    arena_done(&arena);
}

static void texts_that_are_no_query_at_all(void **state)
{
    (void)state;
    char *large = repeat("fields ", "a", 1 << 20, "");
    check_whole_text(str_from(large),
                     "a query has at most 10,000 characters, and this one has 1048583", false);
    free(large);
    check_whole_text(STR("fields \xFF"), "these bytes are not UTF-8", true);
    check_whole_text(STR("fields 'a\0b'"), "a query cannot hold a zero byte", true);
}

static void a_full_arena_is_an_error(void **state)
{
    (void)state;
    char *text = repeat("filter a = 1", " or b in ['x', 2, 3s] and f like /x/", 200, "");
    struct language_query *query;
    struct language_error error;
    enum status status = STATUS_INVALID;
    size_t limit;
    for (limit = 0; status != STATUS_OK && limit < (8 << 20); limit += 5000) {
        struct arena arena;
        arena_init(&arena, limit);
        status = language_parse(str_from(text), &arena, &query, &error);
        assert_true(status == STATUS_OK || status == STATUS_TOO_LARGE);
        arena_done(&arena);
    }
    assert_int_equal(status, STATUS_OK);
    assert_true(limit > 100000);
    free(text);
}

/* --- the whole ------------------------------------------------------------------------------- */

static void every_published_query_is_understood(void **state)
{
    (void)state;
    FILE *file = fopen("tests/cases/language/published.txt", "r");
    char line[8192];
    size_t count = 0, wrong = 0;
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        struct str text = str_trim(str_from(line));
        struct arena arena;
        struct language_query *query;
        struct language_error error;
        if (!text.len || line[0] == '#')
            continue;
        arena_init(&arena, 64 << 20);
        if (language_parse(text, &arena, &query, &error) != STATUS_OK) {
            print_error("%.*s\n  at %u: %s\n", STR_ARGS(text), error.offset, error.message);
            wrong++;
        }
        count++;
        arena_done(&arena);
    }
    fclose(file);
    assert_int_equal(wrong, 0);
    assert_true(count >= 42);
}

static void columns_are_named_by_their_text(void **state)
{
    static const char text[] =
        "stats count(*), sum( a )/ 2 # half\n * 1, pct(b,\n  95) as p, (max(c)) "
        "by `d e`, f.g, bin( 5m ), f[0].h";
    static const char *const names[] = {"count(*)", "sum( a )/ 2 * 1", "p", "(max(c))"};
    static const char *const keys[] = {"d e", "f.g", "bin( 5m )", "f.0.h"};
    struct arena arena;
    struct language_query *query;
    (void)state;
    assert_int_equal(parse(text, &arena, &query, NULL), STATUS_OK);
    const struct command *stats = &query->commands[0];
    assert_int_equal(stats->items.count, 4);
    assert_int_equal(stats->by.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_true(str_equal(stats->items.list[i].name, str_from(names[i])));
        assert_true(str_equal(stats->by.list[i].name, str_from(keys[i])));
    }
    assert_true(stats->items.list[1].expression->has_aggregate);
    assert_false(stats->by.list[2].expression->has_aggregate);
    arena_done(&arena);
}

static void every_node_knows_its_place(void **state)
{
    static const char text[] = "fields a | filter  (b + 1) >= len  and c like /x/";
    struct arena arena;
    struct language_query *query;
    (void)state;
    assert_int_equal(parse(text, &arena, &query, NULL), STATUS_OK);
    const struct command *filter = &query->commands[1];
    const struct expression *both = filter->expression, *first = both->arguments[0];
    assert_int_equal(filter->word_at.offset, 11);
    assert_int_equal(filter->at.offset, 11);
    assert_int_equal(filter->at.length, 38);
    assert_int_equal(both->at.offset, 19);
    assert_int_equal(both->at.length, 30);
    assert_int_equal(both->word_at.offset, 35);
    assert_int_equal(first->word_at.offset, 27);
    assert_int_equal(first->word_at.length, 2);
    assert_int_equal(first->arguments[0]->at.length, 7);
    assert_int_equal(first->arguments[1]->at.offset, 30);
    assert_int_equal(first->depth, 3);
    arena_done(&arena);
}

static void words_are_found_in_any_case_and_with_underscores(void **state)
{
    (void)state;
    enum function_id function;
    enum command_id command;
    static const char *const spellings[] = {"count_distinct", "countDistinct", "COUNT_DISTINCT",
                                            "countdistinct"};
    for (size_t i = 0; i < 4; i++) {
        assert_true(language_find_function(str_from(spellings[i]), &function));
        assert_int_equal(function, FUNCTION_COUNT_DISTINCT);
    }
    assert_true(language_find_function(STR("COLLECT_VALUES"), &function));
    assert_int_equal(function, FUNCTION_COLLECT_VALUES);
    assert_false(language_find_function(STR(""), &function));
    assert_true(language_find_command(STR("WHERE"), &command));
    assert_int_equal(command, COMMAND_FILTER);
    assert_false(language_find_command(STR("_"), &command));
}

static void the_nearest_name_is_a_near_one(void **state)
{
    static const char *const names[] = {"model", "usage.input_tokens", "duration", "cost"};
    (void)state;
    assert_string_equal(language_nearest(STR("Model"), names, 4), "model");
    assert_string_equal(language_nearest(STR("mdoel"), names, 4), "model");
    assert_string_equal(language_nearest(STR("usage.input_token"), names, 4), "usage.input_tokens");
    assert_string_equal(language_nearest(STR("csot"), names, 4), "cost");
    assert_null(language_nearest(STR("temperature"), names, 4));
    assert_null(language_nearest(STR("x"), names, 4));
    assert_null(language_nearest(STR(""), names, 4));
}

/* Two rows with the same word would make one of them unreachable. */
static void every_word_finds_its_own_row(void **state)
{
    (void)state;
    for (int i = 0; i < FUNCTION_END; i++) {
        enum function_id id;
        assert_true(language_find_function(str_from(function_words[i].name), &id));
        assert_int_equal(id, i);
        assert_true(function_words[i].min <= function_words[i].max);
        assert_true(strlen(function_words[i].kinds) > 0 || function_words[i].max == 0);
    }
    for (int i = 0; i < COMMAND_END; i++) {
        enum command_id id;
        assert_true(language_find_command(str_from(command_words[i].name), &id));
        assert_int_equal(id, i);
    }
}

/* --- the documentation ----------------------------------------------------------------------- */

/* In a table of Markdown a bar needs a backslash. */
static void add_cell(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            buf_add_byte(out, '\\');
        buf_add_byte(out, (uint8_t)*text);
    }
}

static void add_row(struct buf *out, const char *code, const char *other_names, const char *text)
{
    struct str rest = str_from(other_names), other;
    buf_printf(out, "| `");
    add_cell(out, code);
    buf_printf(out, "` | ");
    add_cell(out, text);
    while (str_take(&rest, ' ', &other))
        if (other.len)
            buf_printf(out, "; also `%.*s`", STR_ARGS(other));
    buf_printf(out, " |\n");
}

static void add_command_table(struct buf *out)
{
    buf_printf(out, "<!-- commands -->\n| | |\n|---|---|\n");
    for (int i = 0; i < COMMAND_END; i++)
        add_row(out, command_words[i].syntax, command_words[i].other_names,
                command_words[i].description);
    buf_printf(out, "<!-- end -->\n");
}

static void add_function_table(struct buf *out, bool aggregates)
{
    for (int i = 0; i < FUNCTION_END; i++)
        if (function_words[i].aggregate == aggregates)
            add_row(out, function_words[i].signature, function_words[i].other_names,
                    function_words[i].description);
}

static void add_function_tables(struct buf *out)
{
    buf_printf(out, "<!-- functions -->\nFor the rows of a group, in `stats`:\n\n| | "
                    "|\n|---|---|\n");
    add_function_table(out, true);
    buf_printf(out, "\nFor one row:\n\n| | |\n|---|---|\n");
    add_function_table(out, false);
    buf_printf(out, "<!-- end -->\n");
}

/* The tables in docs/query-language.md are those of the .def files; what they must be is printed
 * when they are not. */
static void the_documentation_has_the_same_tables(void **state)
{
    (void)state;
    static char text[200000];
    FILE *file = fopen("docs/query-language.md", "r");
    assert_non_null(file);
    struct str page = {text, fread(text, 1, sizeof text, file)};
    struct buf commands = {0}, functions = {0};
    fclose(file);
    assert_true(page.len < sizeof text);
    add_command_table(&commands);
    add_function_tables(&functions);
    bool same = str_contains(page, buf_str(&commands)) && str_contains(page, buf_str(&functions));
    if (!same)
        printf("%.*s\n%.*s\n", STR_ARGS(buf_str(&commands)), STR_ARGS(buf_str(&functions)));
    assert_true(same);
    buf_done(&commands);
    buf_done(&functions);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators_bind_as_documented),
        cmocka_unit_test(values_are_read_in_every_spelling),
        cmocka_unit_test(names_are_dotted_paths),
        cmocka_unit_test(commands_are_read_in_every_form),
        cmocka_unit_test(sources_are_read_in_every_form),
        cmocka_unit_test(helpers_are_understood),
        cmocka_unit_test(some_words_become_others),
        cmocka_unit_test(log_groups_stand_for_a_source),
        cmocka_unit_test(calls_behind_stats_can_be_columns),
        cmocka_unit_test(a_refusal_says_where_and_what),
        cmocka_unit_test(lines_and_columns_count_characters),
        cmocka_unit_test(what_is_too_much_is_refused),
        cmocka_unit_test(what_is_just_enough_is_taken),
        cmocka_unit_test(texts_that_are_no_query_at_all),
        cmocka_unit_test(a_full_arena_is_an_error),
        cmocka_unit_test(every_published_query_is_understood),
        cmocka_unit_test(columns_are_named_by_their_text),
        cmocka_unit_test(every_node_knows_its_place),
        cmocka_unit_test(words_are_found_in_any_case_and_with_underscores),
        cmocka_unit_test(the_nearest_name_is_a_near_one),
        cmocka_unit_test(every_word_finds_its_own_row),
        cmocka_unit_test(the_documentation_has_the_same_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
