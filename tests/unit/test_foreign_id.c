/* SPDX-License-Identifier: Apache-2.0 */
/* Ids that are not ours: the mapping is for ever, so some of it is written down here (computed
 * elsewhere). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#undef fail

#include "model/foreign_id.h"

static void expect_trace(const char *text, bool exact, const char *hex)
{
    uint8_t id[16];
    char got[33];
    assert_int_equal(foreign_trace_id(str_from(text), id), exact);
    str_hex_encode(id, 16, got);
    assert_string_equal(got, hex);
}

static void expect_span(const char *text, bool exact, const char *hex)
{
    uint8_t id[8];
    char got[17];
    assert_int_equal(foreign_span_id(str_from(text), id), exact);
    str_hex_encode(id, 8, got);
    assert_string_equal(got, hex);
}

static void traces(void **state)
{
    (void)state;
    expect_trace("0af7651916cd43dd8448eb211c80319c", true, "0af7651916cd43dd8448eb211c80319c");
    expect_trace("0AF7651916cd43dd8448eb211c80319c", false, "0af7651916cd43dd8448eb211c80319c");
    expect_trace("0f8fad5b-d9cb-469f-a165-70867728950e", false, "0f8fad5bd9cb469fa16570867728950e");
    expect_trace("my trace", false, "d1448fbd8a3a0862a116b8667bdc7932");
    expect_trace("00000000000000000000000000000000", false, "93a58c90c194c061bee5537eb94db007");
    expect_trace("0f8fad5b-d9cb-469f-a165-70867728950", false, "8306f725aab42010a3c03e41cc8c1568");
}

static void spans(void **state)
{
    uint8_t trace[16], id[8];
    char got[17];
    (void)state;
    expect_span("b7ad6b7169203331", true, "b7ad6b7169203331");
    expect_span("step 1", false, "c1867c53981ecc5c");
    for (int i = 0; i < 16; i++)
        trace[i] = (uint8_t)i;
    foreign_root_id(trace, id);
    str_hex_encode(id, 8, got);
    assert_string_equal(got, "021eb15501201135");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(traces), cmocka_unit_test(spans)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
