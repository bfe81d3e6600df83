// SPDX-License-Identifier: MIT
// A handler allocates in the middle of OpenSSL's hand-written assembler: the frames that it
// interrupts are as their authors say. (What interrupts a hook of a lock is not recorded.)
// EXPECT: 20 < site("on_tick")["allocations"] <= int(stdout)
// EXPECT: int(stdout) <= site("on_tick")["allocations"] + health["dropped"]["nested"]
// EXPECT: all(s["stack"][1]["function"] == "[signal]" for s in sites("on_tick"))
// EXPECT: sum(s["allocations"] for s in sites("on_tick") if s["stack"][-1].get("function") == "_start") > 0.9 * int(stdout)
// EXPECT: health["dropped"]["nested"] < 0.1 * int(stdout)
// EXPECT: not any(n for why, n in health["dropped"].items() if why != "nested")
// OUTPUT: varies
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

static volatile sig_atomic_t is_allocating, ticks;

static void *allocate(size_t bytes, const char *file, int line)
{
    (void)file;
    (void)line;
    is_allocating = is_allocating + 1;
    void *block = malloc(bytes);
    is_allocating = is_allocating - 1;
    return block;
}

static void *reallocate(void *block, size_t bytes, const char *file, int line)
{
    (void)file;
    (void)line;
    is_allocating = is_allocating + 1;
    block = realloc(block, bytes);
    is_allocating = is_allocating - 1;
    return block;
}

static void give_back(void *block, const char *file, int line)
{
    (void)file;
    (void)line;
    is_allocating = is_allocating + 1;
    free(block);
    is_allocating = is_allocating - 1;
}

void on_tick(int signal)
{
    (void)signal;
    if (is_allocating)
        return;
    free(malloc(5));
    ticks = ticks + 1;
}

static void digest(const char *name, const unsigned char *data, size_t bytes)
{
    unsigned char result[EVP_MAX_MD_SIZE];

    EVP_Digest(data, bytes, result, NULL, EVP_get_digestbyname(name), NULL);
}

static void encrypt(const EVP_CIPHER *cipher, unsigned char *data, int bytes)
{
    static const unsigned char key[64] = "key";
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();

    EVP_EncryptInit_ex(context, cipher, NULL, key, key);
    EVP_EncryptUpdate(context, data, &bytes, data, bytes);
    EVP_CIPHER_CTX_free(context);
}

static void power(BN_CTX *context)
{
    BIGNUM *base = NULL, *exponent = NULL, *modulus = NULL, *result = BN_new();

    BN_hex2bn(&base, "123456789abcdef0123456789abcdef0123456789abcdef012345678");
    BN_hex2bn(&exponent, "fedcba9876543210fedcba9876543210fedcba9876543210fedcba987");
    BN_set_word(result, 1);
    modulus = BN_dup(exponent);
    BN_lshift(modulus, modulus, 1800);
    BN_add_word(modulus, 1);
    BN_mod_exp(result, base, exponent, modulus, context);
    BN_free(base);
    BN_free(exponent);
    BN_free(modulus);
    BN_free(result);
}

static void work(void)
{
    static unsigned char data[200000];
    BN_CTX *context = BN_CTX_new();

    digest("SHA1", data, sizeof(data));
    digest("SHA256", data, sizeof(data));
    digest("SHA512", data, sizeof(data));
    digest("SHA3-256", data, sizeof(data));
    digest("MD5", data, sizeof(data));
    encrypt(EVP_aes_128_cbc(), data, sizeof(data));
    encrypt(EVP_aes_256_gcm(), data, sizeof(data));
    encrypt(EVP_aes_128_ctr(), data, sizeof(data));
    encrypt(EVP_chacha20_poly1305(), data, sizeof(data));
    encrypt(EVP_camellia_128_cbc(), data, sizeof(data));
    for (int i = 0; i < 5; i++)
        power(context);
    BN_CTX_free(context);
}

int main(void)
{
    struct itimerval often = {{0, 1000}, {0, 1000}}, never = {};

    setvbuf(stdout, NULL, _IONBF, 0);
    CRYPTO_set_mem_functions(allocate, reallocate, give_back);
    work();
    signal(SIGALRM, on_tick);
    setitimer(ITIMER_REAL, &often, NULL);
    for (int i = 0; ticks < 300 && i < 1000; i++)
        work();
    setitimer(ITIMER_REAL, &never, NULL);
    printf("%d", ticks);
    return 0;
}
