/* SPDX-License-Identifier: Apache-2.0 */
/* demo_support: what customers ask a shop, and what its assistant does about it. */
#pragma once

#include <stddef.h>

/* tool NULL: answered without looking anything up. {slots} are filled in. */
struct support_turn {
    const char *user, *tool, *arguments, *result, *answer;
};

enum { SUPPORT_TURNS = 4 };
struct support_case {
    const char *topic, *more; /* what version 8 of the prompt makes it add */
    struct support_turn turns[SUPPORT_TURNS];
};

extern const struct support_case demo_support_cases[];
extern const size_t demo_support_case_count;
extern const char demo_support_system[], demo_support_system_v8[], demo_support_tools[];
