/* SPDX-License-Identifier: Apache-2.0 */
/* demo_research: what the buyers ask the research agent, and the steps it takes to find out. */
#pragma once

#include <stddef.h>

struct research_step {
    const char *thought, *tool, *arguments, *result;
};

enum { RESEARCH_STEPS = 7 };
struct research_task {
    const char *question;
    struct research_step steps[RESEARCH_STEPS];
    const char *report;
};

extern const struct research_task demo_research_tasks[];
extern const size_t demo_research_task_count;
extern const char demo_research_system[], demo_research_tools[];
