// SPDX-License-Identifier: MIT
//
// Requests that allocate a body and a reply each, and free both a moment later.
// What a profile shows: most bytes of the program, nearly all of them temporary.
// What helps: a pool of buffers, or one buffer per thread.
#include "workload/subsystem.h"

#define REQUEST_MIN_BYTES 256
#define REQUEST_SPREAD_BYTES 3840
#define REPLY_BYTES 512

struct request {
    size_t body_bytes;
    unsigned char *body;
};

static struct request request_receive(struct work_random *random)
{
    struct request request;
    request.body_bytes = REQUEST_MIN_BYTES + work_random_below(random, REQUEST_SPREAD_BYTES);
    request.body = work_malloc(request.body_bytes);
    work_fill(request.body, request.body_bytes, work_random_next(random));
    return request;
}

static unsigned char *request_answer(const struct request *request)
{
    unsigned char *reply = work_malloc(REPLY_BYTES);
    work_fill(reply, REPLY_BYTES, work_digest(request->body, request->body_bytes));
    return reply;
}

static uint64_t requests_operate(struct work_random *random)
{
    struct request request = request_receive(random);
    unsigned char *reply = request_answer(&request);
    uint64_t digest = work_digest(reply, REPLY_BYTES);
    free(reply);
    free(request.body);
    return digest;
}

const struct subsystem requests_subsystem = {
    .name = "requests",
    .summary = "a body and a reply are allocated for every request",
    .operations = 45000,
    .operate = requests_operate,
};
