/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model_label: the name under which calls of one model are counted together.
 *
 * A call that failed knows only the name it asked for ("gpt-4o-mini"), one that was answered the
 * dated one that answered ("gpt-4o-mini-2024-07-18"). The label is the name asked for when the
 * answer's only says more ("house-7b" for "house-7b-r12"), else the one that answered; without its
 * date and without "-latest". So both stand in one row, and the exact name is kept beside it. What
 * else a name says (provider, region, size, "-preview") stays: there price or behaviour differ.
 */
#pragma once

#include "base/str.h"

/* A leading part of `answered`, never empty unless it is. `asked` may be empty. */
struct str model_label(struct str asked, struct str answered);
