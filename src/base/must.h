/* SPDX-License-Identifier: Apache-2.0 */
/*
 * must: assertions for our own faults. On in release builds: a broken invariant
 * ends the process before it can write a wrong byte. Never for input from outside.
 */
#pragma once

#define must(cond) ((cond) ? (void)0 : must__failed(#cond, __FILE__, __LINE__))

_Noreturn void must__failed(const char *condition, const char *file, int line);
