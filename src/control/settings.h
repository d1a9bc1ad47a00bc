/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings: what a project is held against: how fast it should answer, what a month may cost, and
 * which score says that a task succeeded. None of them has to be set.
 */
#pragma once

#include "control/control.h"

#define SETTINGS_LATENCY_NS_MIN INT64_C(1000000)            /* 1 ms */
#define SETTINGS_LATENCY_NS_MAX INT64_C(86400000000000)     /* a day */
#define SETTINGS_BUDGET_MAX     INT64_C(100000000000000000) /* 100 million dollars, in nano */
enum { SETTINGS_SCORE_BYTES_MAX = 500 };

struct settings {
    int64_t latency_target_ns; /* of 95 % of requests; 0: not set */
    int64_t monthly_budget;    /* nano-dollars; 0: not set */
    struct str success_score;  /* name of the score; empty: not set */
    double success_least;      /* a task whose score is at least this succeeded */
    int64_t updated_ns;        /* 0: never */
};

/* A project without settings has none of them set. Texts live in the arena. */
enum status control_settings_get(struct control *control, uint32_t project_id, struct arena *arena,
                                 struct settings *out_settings, struct error *error);
/* Replaces all of them; updated_ns is set by the call. */
enum status control_settings_put(struct control *control, uint32_t project_id,
                                 const struct settings *settings, struct error *error);
