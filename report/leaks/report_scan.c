// SPDX-License-Identifier: MIT
//
// report_scan.c - see report_scan.h.
#include "report/leaks/report_scan.h"

#include "report/commands/command.h"
#include "report/model/profile_reader.h"
#include "report/model/units.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define INTERVAL_MAX_S 1e7

bool report_scans_parse_interval(const char *text, int64_t *ret_ns)
{
    char *end;
    double seconds = strtod(text, &end);
    if (end == text || *end || !(seconds >= 0.001) || seconds > INTERVAL_MAX_S)
        return false;
    *ret_ns = (int64_t)(seconds * 1e9);
    return true;
}

static void wait_for(int64_t ns)
{
    struct timespec left = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

// The process has published more since: a mapping shows what the file was when it was made. Not by
// its path, which may be gone with the process.
static bool try_open_again(struct profile_file *file, const char **ret_why)
{
    char link[64];
    struct profile_file again;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", file->fd);
    if (profile_file_open(&again, link, ret_why) != 0)
        return false;
    profile_file_close(file);
    *file = again;
    return true;
}

static int open_again(struct profile_file *file, const char *path)
{
    const char *why;
    return try_open_again(file, &why) ? 0 : command_error(path, "%s", why);
}

static bool header_of(const struct profile_file *file, struct profile_header *ret_header)
{
    struct profile_reader reader;
    const char *why;
    if (profile_reader_open(&reader, file->bytes, file->length_bytes, &why) != 0)
        return false;
    *ret_header = reader.header;
    return true;
}

// Else the model has better words for why there are none.
static bool can_be_scanned(const struct profile_header *header)
{
    return header->version >= 4 && header->heap_mode == PROFILE_HEAP_EXACT &&
           !header->heap_bypassed;
}

static int scan(struct report_scans *scans, struct leak_scan *ret_scan,
                const struct profile_file *file, pid_t pid, bool is_ending)
{
    if (leak_scan_make(ret_scan, &scans->region, file, pid, is_ending) != 0)
        return command_error("leaks", "not enough memory");
    return 0;
}

// --- a process that runs

static pid_t running_process(const struct report_request *request, const struct profile_file *file,
                             const struct profile_header *header)
{
    pid_t pid = request->pid ? request->pid : (pid_t)header->pid;
    return profile_file_is_mapped_by(file, pid) ? pid : 0;
}

static int scan_running(struct report_scans *scans, const struct report_request *request,
                        const struct profile_file *file, pid_t pid)
{
    int status = 0;
    if (request->interval_ns) {
        status = scan(scans, &scans->earlier, file, pid, false);
        if (status)
            return status;
        scans->has_earlier = true;
        if (isatty(STDERR_FILENO))
            fprintf(stderr, "gaiaprof: scanned; again in %s\n", unit_ns(request->interval_ns).text);
        wait_for(request->interval_ns);
    }
    status = scan(scans, &scans->now, file, pid, false);
    scans->has_now = !status;
    return status;
}

// --- one that ends

static int scan_ending(struct report_scans *scans, struct profile_file *file,
                       const struct profile_header *header, const char *path)
{
    if (!header->leaks_on)
        return 0;
    int status = scan(scans, &scans->now, file, (pid_t)header->pid, true);
    if (status)
        return status;
    scans->has_now = true;
    int error = leak_scan_append(&scans->now, path);
    const char *why;
    if (error)
        scans->not_appended = strerror(-error);
    else
        try_open_again(file, &why); // without /proc the report is of what was there before
    return 0;
}

// --- one before

static int load_earlier(struct report_scans *scans, const struct profile_header *header,
                        const struct profile_file *file, const char *path)
{
    struct profile_reader reader;
    const char *why;
    if (profile_reader_open(&reader, file->bytes, file->length_bytes, &why) != 0)
        return command_error(path, "%s", why);
    if (reader.header.pid != header->pid ||
        reader.header.start_realtime_ns != header->start_realtime_ns)
        return command_error(path, "of another process (pid %u)", reader.header.pid);
    int error = leak_scan_load(&scans->earlier, &scans->region, &reader);
    if (profile_file_check(file, &why) != 0)
        return command_error(path, "%s", why);
    if (error == -ENOENT)
        return command_error(path, "has no scan for leaks: gaiaprof report --save makes one");
    if (error)
        return command_error(path, "not enough memory");
    if (!scans->earlier.head.is_classified)
        return command_error(path, "its leaks are unclassified: %s", scans->earlier.why);
    scans->has_earlier = true;
    return 0;
}

static int open_earlier(struct report_scans *scans, const struct profile_header *header,
                        const char *path)
{
    struct profile_file file;
    const char *why;
    if (profile_file_open(&file, path, &why) != 0)
        return command_error(path, "%s", why);
    int status = load_earlier(scans, header, &file, path);
    profile_file_close(&file);
    return status;
}

// --- all of it

static bool wants_scan(const struct report_request *request)
{
    bool whole = strcmp(request->options.view->name, "all") == 0;
    return request->leaks || request->interval_ns || request->save || request->since ||
           request->generate || (!whole && (request->options.view->tables & TABLES_LEAKS));
}

static int make(struct report_scans *scans, const struct report_request *request,
                struct profile_file *file, const char *path)
{
    struct profile_header header;
    if (request->deadlock || !header_of(file, &header))
        return 0; // whoever loads it says why
    if (request->at_exit)
        return can_be_scanned(&header) ? scan_ending(scans, file, &header, path) : 0;
    if (!wants_scan(request))
        return 0;
    int status = request->since ? open_earlier(scans, &header, request->since) : 0;
    pid_t pid = status ? 0 : running_process(request, file, &header);
    if (!pid && !status && (request->interval_ns || request->save))
        return command_error(path, "no process runs that writes it: nothing to scan");
    if (!pid || !can_be_scanned(&header))
        return status;
    status = scan_running(scans, request, file, pid);
    return status ? status : open_again(file, path);
}

int report_scans_make(struct report_scans *scans, const struct report_request *request,
                      struct profile_file *file, const char *path)
{
    *scans = (struct report_scans){0};
    int status = make(scans, request, file, path);
    if (status)
        report_scans_release(scans);
    return status;
}

void report_scans_release(struct report_scans *scans)
{
    region_release(&scans->region);
    *scans = (struct report_scans){0};
}

// --- saving

static bool write_all(int fd, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length) {
        ssize_t written = write(fd, at, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        at += written;
        length -= (size_t)written;
    }
    return true;
}

// What was published when its header was copied.
static bool copy_profile(int fd, const struct profile_file *file)
{
    struct profile_reader reader;
    const char *why;
    if (profile_reader_open(&reader, file->bytes, file->length_bytes, &why) != 0)
        return false;
    struct profile_header header;
    memcpy(&header, file->bytes, sizeof(header));
    header.used_bytes = reader.limit_bytes;
    return write_all(fd, &header, sizeof(header)) &&
           write_all(fd, (const char *)file->bytes + sizeof(header),
                     reader.limit_bytes - sizeof(header));
}

// Of a file that must not be there; O_EXCL says nothing of what is.
static int open_error(const char *path)
{
    int error = errno;
    struct stat status;
    bool is_directory = stat(path, &status) == 0 && S_ISDIR(status.st_mode);
    return is_directory ? EISDIR : error;
}

int report_scans_save(const struct report_scans *scans, const struct profile_file *file,
                      const char *path)
{
    if (!scans->has_now)
        return command_error(path, "not written: there was no scan for leaks to save");
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return command_error(path, "can't be written: %s", strerror(open_error(path)));
    fchmod(fd, 0600); // it is opened again, whatever the umask
    errno = 0;
    int error = copy_profile(fd, file) ? 0 : errno ? errno : EIO;
    if (close(fd) != 0 && !error)
        error = errno;
    if (!error)
        error = -leak_scan_append(&scans->now, path);
    if (!error)
        return 0;
    unlink(path);
    return command_error(path, "can't be written: %s", strerror(error));
}
