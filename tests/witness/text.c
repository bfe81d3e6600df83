// SPDX-License-Identifier: MIT
//
// text.c - see text.h.
#include "tests/witness/text.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define TEXT_BYTES (256u << 10)
#define FILE_BYTES (128u << 10)

static char text[TEXT_BYTES];
static size_t text_length;
static char file[FILE_BYTES];

static void put_byte(char byte)
{
    if (text_length < sizeof(text))
        text[text_length++] = byte;
}

void put(const char *string)
{
    while (*string)
        put_byte(*string++);
}

void put_bytes(const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put_byte(bytes[i]);
}

static void put_unsigned(unsigned long long number, unsigned base)
{
    char digits[24];
    size_t start = sizeof(digits);

    do
        digits[--start] = "0123456789abcdef"[number % base];
    while ((number /= base));
    while (start < sizeof(digits))
        put_byte(digits[start++]);
}

void put_number(long long number)
{
    if (number < 0)
        put_byte('-');
    put_unsigned(number < 0 ? -(unsigned long long)number : (unsigned long long)number, 10);
}

void put_hex(unsigned long long number)
{
    put("0x");
    put_unsigned(number, 16);
}

void put_line(const char *string, ...)
{
    va_list strings;

    va_start(strings, string);
    for (; string; string = va_arg(strings, const char *))
        put(string);
    va_end(strings);
    put_byte('\n');
}

void put_escaped(const char *string)
{
    for (; *string; string++) {
        bool is_plain = *string >= ' ' && *string <= '~' && *string != '\\';

        if (is_plain) {
            put_byte(*string);
        } else {
            put("\\x");
            put_byte("0123456789abcdef"[(unsigned char)*string >> 4]);
            put_byte("0123456789abcdef"[*string & 15]);
        }
    }
}

static struct rlimit raise_limit(int resource)
{
    struct rlimit was = {0, 0};
    struct rlimit raised;

    getrlimit(resource, &was);
    raised = (struct rlimit){was.rlim_max, was.rlim_max};
    setrlimit(resource, &raised);
    return was;
}

int open_past_limit(const char *path, int flags, int mode)
{
    struct rlimit was = raise_limit(RLIMIT_NOFILE);
    int fd = open(path, flags, mode);

    setrlimit(RLIMIT_NOFILE, &was);
    return fd;
}

// Signals are blocked: the one for a file that is too large would come later.
static void forget_size_signal(void)
{
    const struct timespec now = {0, 0};
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGXFSZ);
    sigtimedwait(&set, NULL, &now);
}

void text_write(int fd)
{
    struct rlimit was = raise_limit(RLIMIT_FSIZE);
    size_t done = 0;

    while (done < text_length) {
        ssize_t written = write(fd, text + done, text_length - done);

        if (written <= 0) {
            forget_size_signal();
            break;
        }
        done += (size_t)written;
    }
    setrlimit(RLIMIT_FSIZE, &was);
    text_length = 0;
}

const char *read_file(const char *path)
{
    int fd = open_past_limit(path, O_RDONLY | O_CLOEXEC, 0);
    size_t length = 0;
    ssize_t got = 1;

    if (fd < 0)
        return NULL;
    while (got > 0 && length < sizeof(file) - 1) {
        got = read(fd, file + length, sizeof(file) - 1 - length);
        length += got > 0 ? (size_t)got : 0;
    }
    close(fd);
    file[length] = '\0';
    return file;
}
