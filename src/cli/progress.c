/* SPDX-License-Identifier: Apache-2.0 */
/* progress: bar, share, rate and time left. */
#define _GNU_SOURCE
#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

enum { BAR_WIDTH = 30 };

struct progress progress_start(const char *what)
{
    return (struct progress){
        .what = what, .started_ns = clock_mono_ns(), .is_watched = isatty(STDERR_FILENO)};
}

void progress_show(struct progress *progress, uint64_t done_bytes, uint64_t all_bytes)
{
    int64_t now = clock_mono_ns();
    if (!progress->is_watched || now - progress->drawn_ns < 100 * NS_PER_MS)
        return;
    progress->drawn_ns = now;
    double seconds = (double)(now - progress->started_ns) / (double)NS_PER_SEC;
    double share = all_bytes ? (double)done_bytes / (double)all_bytes : 0;
    if (share > 1)
        share = 1;
    char bar[BAR_WIDTH + 1];
    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < share * BAR_WIDTH ? '#' : '.';
    bar[BAR_WIDTH] = 0;
    double rate = seconds > 0 ? (double)done_bytes / seconds : 0;
    double left = rate > 0 ? ((double)all_bytes - (double)done_bytes) / rate : 0;
    fprintf(stderr, "\r\033[K%s [%s] %3.0f %%  %.0f MB/s  %.0f s left", progress->what, bar,
            share * 100, rate / 1e6, left < 0 ? 0 : left);
    fflush(stderr);
}

void progress_end(struct progress *progress)
{
    if (progress->is_watched && progress->drawn_ns)
        fprintf(stderr, "\r\033[K");
}
