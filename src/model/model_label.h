/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model_label: the name under which calls of one model are counted together.
 *
 * A call that failed knows only the name it asked for ("gpt-4o-mini"), one that was answered the
 * dated one that answered ("gpt-4o-mini-2024-07-18"). The label is the name without its date, and
 * without "-latest", so both stand in one row; the exact name is kept beside it. What else a name
 * says (provider, region, size, "-0613", "-preview") stays: there price or behaviour differ.
 */
#pragma once

#include "base/str.h"

/* A leading part of `model`, never empty unless it is. */
struct str model_label(struct str model);
