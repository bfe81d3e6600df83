// SPDX-License-Identifier: MIT
//
// profile_mutator.c - libFuzzer's mutations for profiles: most of a profile is a header of zeros,
// and changes of single bytes seldom mean anything. So it changes what is said in the header, whole
// words (to ids, limits, and other words of the file), records and chunks, and the choices.
#include "tests/fuzz/profile_input.h"

#include <string.h>

#define HEADER_SAID_BYTES offsetof(struct profile_header, reserved)
#define CHUNKS_MAX 256
#define RECORD_BYTES 64

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

struct input {
    uint8_t *data;
    size_t size, max_size;
    uint64_t random;
    size_t starts[CHUNKS_MAX + 1]; // of the chunks, and the end of the last
    size_t count;
};

static uint64_t next(struct input *input) // splitmix64
{
    uint64_t z = input->random += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static size_t below(struct input *input, size_t bound)
{
    return bound ? (size_t)(next(input) % bound) : 0;
}

static void find_chunks(struct input *input)
{
    size_t at = PROFILE_HEADER_BYTES, end = input->size - CHOICE_COUNT;
    struct profile_chunk chunk;
    while (input->count < CHUNKS_MAX && end - at >= sizeof(chunk)) {
        memcpy(&chunk, input->data + at, sizeof(chunk));
        if (chunk.length_bytes < sizeof(chunk) || chunk.length_bytes > end - at)
            break;
        input->starts[input->count++] = at;
        at += chunk.length_bytes;
    }
    input->starts[input->count] = at;
}

static uint64_t interesting(struct input *input)
{
    size_t other = below(input, input->size / 8) * 8;
    uint64_t word = 0;
    switch (below(input, 5)) {
    case 0:
        return below(input, 16);
    case 1:
        return UINT64_C(1) << below(input, 64);
    case 2:
        return UINT64_MAX - below(input, 2);
    case 3:
        return next(input) >> below(input, 64);
    default:
        memcpy(&word, input->data + other, sizeof(word));
        return word + below(input, 3) - 1;
    }
}

// A word of 4 or 8 bytes, behind the header or, seldom, in it.
static size_t change_word(struct input *input)
{
    size_t bytes = below(input, 2) ? 4 : 8;
    size_t first = below(input, 8) ? PROFILE_HEADER_BYTES : sizeof(uint64_t);
    size_t past = first == PROFILE_HEADER_BYTES ? input->size : HEADER_SAID_BYTES;
    uint64_t word = interesting(input);
    if (past - first >= bytes)
        memcpy(input->data + first + below(input, (past - first) / bytes) * bytes, &word, bytes);
    return input->size;
}

static size_t change_choice(struct input *input)
{
    input->data[input->size - 1 - below(input, CHOICE_COUNT)] = (uint8_t)next(input);
    return input->size;
}

static size_t copy_record(struct input *input)
{
    size_t count = (input->size - PROFILE_HEADER_BYTES) / RECORD_BYTES;
    uint8_t *first = input->data + PROFILE_HEADER_BYTES;
    if (count)
        memmove(first + below(input, count) * RECORD_BYTES,
                first + below(input, count) * RECORD_BYTES, RECORD_BYTES);
    return input->size;
}

static size_t resized(struct input *input, size_t more)
{
    struct profile_header *header = (void *)input->data;
    header->used_bytes += more; // wraps where it is less
    return input->size + more;
}

static size_t remove_chunk(struct input *input)
{
    size_t number = below(input, input->count);
    size_t start = input->starts[number], end = input->starts[number + 1];
    memmove(input->data + start, input->data + end, input->size - end);
    return resized(input, start - end);
}

static size_t repeat_chunk(struct input *input)
{
    size_t number = below(input, input->count), where = input->starts[below(input, input->count)];
    size_t start = input->starts[number], bytes = input->starts[number + 1] - start;
    if (bytes > input->max_size - input->size)
        return change_word(input);
    memmove(input->data + where + bytes, input->data + where, input->size - where);
    memmove(input->data + where, input->data + start + (start >= where ? bytes : 0), bytes);
    return resized(input, bytes);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    struct input input = {.data = data, .size = size, .max_size = max_size, .random = seed};
    if (size < PROFILE_HEADER_BYTES + CHOICE_COUNT)
        return LLVMFuzzerMutate(data, size, max_size);
    find_chunks(&input);
    switch (below(&input, input.count ? 12 : 5)) {
    case 0:
        return LLVMFuzzerMutate(data, size, max_size);
    case 1:
        LLVMFuzzerMutate(data, HEADER_SAID_BYTES, HEADER_SAID_BYTES);
        return size;
    case 2:
        return change_choice(&input);
    case 5:
        return copy_record(&input);
    case 6:
        return remove_chunk(&input);
    case 7:
        return repeat_chunk(&input);
    default:
        return change_word(&input);
    }
}
