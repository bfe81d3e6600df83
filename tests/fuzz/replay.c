// SPDX-License-Identifier: MIT
//
// replay.c - a main for fuzz targets where the compiler has no fuzzer: runs them on files, and on
// all files of directories. No input of this size needs REPLAY_MAX_MB.
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t replayed;

// Exactly as large as the file is, so that a sanitizer sees what is read behind it.
static int replay_file(const char *path, FILE *file)
{
    long size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    uint8_t *data = size >= 0 ? malloc(size ? (size_t)size : 1) : NULL;
    rewind(file);
    int failed = !data || fread(data, 1, (size_t)size, file) != (size_t)size;
    if (failed)
        perror(path);
    else
        LLVMFuzzerTestOneInput(data, (size_t)size);
    replayed += !failed;
    free(data);
    return failed;
}

static int replay(const char *path);

static int replay_directory(const char *path, DIR *directory)
{
    int failed = 0;
    for (struct dirent *entry; (entry = readdir(directory));) {
        char *name;
        if (entry->d_name[0] == '.')
            continue;
        if (asprintf(&name, "%s/%s", path, entry->d_name) < 0)
            abort();
        failed |= replay(name);
        free(name);
    }
    return failed;
}

static int replay(const char *path)
{
    DIR *directory = opendir(path);
    FILE *file = directory ? NULL : fopen(path, "r");
    int failed = 1;
    if (directory)
        failed = replay_directory(path, directory);
    else if (file)
        failed = replay_file(path, file);
    else
        perror(path);
    if (directory)
        closedir(directory);
    if (file)
        fclose(file);
    return failed;
}

// Nothing replayed is a failure: a test that looks in the wrong place would pass.
int main(int argc, char **argv)
{
    struct rusage usage = {0};
    int failed = 0;
    for (int i = 1; i < argc; i++)
        failed |= replay(argv[i]);
    getrusage(RUSAGE_SELF, &usage);
    printf("%zu inputs, %ld MB\n", replayed, usage.ru_maxrss / 1024);
    return failed || replayed == 0 || usage.ru_maxrss / 1024 > REPLAY_MAX_MB;
}
