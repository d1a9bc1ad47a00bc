/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox: the process in which the server runs one SQL statement; nothing for people to start. */
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/cli.h"
#include "store/sandbox.h"

enum { SOCKET = 3 };

int cli_sandbox(int argc, char **argv)
{
    int type;
    socklen_t size = sizeof type;
    (void)argv;
    if (argc != 1 || getsockopt(SOCKET, SOL_SOCKET, SO_TYPE, &type, &size) != 0) {
        fprintf(stderr, "vitrine sandbox: started by the server itself, for one SQL statement\n");
        return 2;
    }
    /* What the engine left behind goes with the process. */
    _exit(store_sandbox_serve(SOCKET));
}
