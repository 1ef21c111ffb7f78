/*
 * The module "desktop/crypt": what judging certificates and SCRAM need. Knows OpenSSL's numbers and digests and XS's public
 * interface. Must not know certificates. Big-endian throughout; nothing that is given is changed but results.
 */
#include "host.h"

#ifdef HOST_TLS

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <stdlib.h>
#include <string.h>

enum { longestNumber = 2048 /* bytes: RSA with 16384 bits */ };

typedef struct {
	const unsigned char* bytes;
	int count;
} Bytes;

/* Good until the engine allocates. */
static Bytes bytesOf(xsMachine* the, int index)
{
	void* bytes;
	xsUnsignedValue count;
	xsmcGetBufferReadable(xsArg(index), &bytes, &count);
	if (count > INT32_MAX)
		xsRangeError("too long");
	return (Bytes) { bytes, (int)count };
}

static Bytes numberOf(xsMachine* the, int index)
{
	Bytes number = bytesOf(the, index);
	if (number.count > longestNumber)
		xsRangeError("a number of %d bytes", number.count);
	return number;
}

/* (name, bytes) */
static void cryptDigest(xsMachine* the)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	const EVP_MD* type = EVP_get_digestbyname(xsmcToString(xsArg(0)));
	Bytes bytes = bytesOf(the, 1);
	if (!type || !EVP_Digest(bytes.bytes, (size_t)bytes.count, digest, &length, type, NULL)) {
		ERR_clear_error();
		xsUnknownError("no such digest");
	}
	xsmcSetArrayBuffer(xsResult, digest, (xsIntegerValue)length);
}

/* A keyed HMAC (RFC 2104): the state of the inner and of the outer digest behind the key's block, and one to work in. */
typedef struct {
	EVP_MD_CTX *inner, *outer, *work;
	unsigned size; /* of the digest */
} Hmac;

static void deleteHmac(void* data)
{
	Hmac* hmac = data;
	if (!hmac)
		return;
	EVP_MD_CTX_free(hmac->inner);
	EVP_MD_CTX_free(hmac->outer);
	EVP_MD_CTX_free(hmac->work);
	free(hmac);
}

static const xsHostHooks gHmacHooks = { deleteHmac, NULL, NULL };

static bool absorb(EVP_MD_CTX* context, const EVP_MD* type, const unsigned char* key, unsigned char pad)
{
	unsigned char block[EVP_MAX_MD_SIZE * 2];
	int size = EVP_MD_get_block_size(type);
	for (int i = 0; i < size; i++)
		block[i] = key[i] ^ pad;
	bool done = context && EVP_DigestInit_ex(context, type, NULL) && EVP_DigestUpdate(context, block, (size_t)size);
	OPENSSL_cleanse(block, sizeof(block));
	return done;
}

/* (name, key) */
static void hmacConstructor(xsMachine* the)
{
	unsigned char key[EVP_MAX_MD_SIZE * 2] = { 0 };
	const EVP_MD* type = EVP_get_digestbyname(xsmcToString(xsArg(0)));
	if (!type || EVP_MD_get_block_size(type) > (int)sizeof(key))
		xsUnknownError("no such digest");
	Hmac* hmac = calloc(1, sizeof(Hmac));
	if (!hmac)
		xsUnknownError("no memory");
	xsmcSetHostData(xsThis, hmac); /* what is thrown from here on leaves it to the collector */
	xsSetHostHooks(xsThis, &gHmacHooks);
	hmac->size = (unsigned)EVP_MD_get_size(type);
	hmac->inner = EVP_MD_CTX_new();
	hmac->outer = EVP_MD_CTX_new();
	hmac->work = EVP_MD_CTX_new();
	Bytes bytes = bytesOf(the, 1);
	bool done = true;
	if (bytes.count <= EVP_MD_get_block_size(type))
		memcpy(key, bytes.bytes, (size_t)bytes.count);
	else
		done = EVP_Digest(bytes.bytes, (size_t)bytes.count, key, NULL, type, NULL);
	done = done && hmac->work && absorb(hmac->inner, type, key, 0x36) && absorb(hmac->outer, type, key, 0x5c);
	OPENSSL_cleanse(key, sizeof(key));
	ERR_clear_error();
	if (!done)
		xsUnknownError("no such digest");
}

static Hmac* hmacOf(xsMachine* the)
{
	Hmac* hmac = hostDataIf(the, &xsThis, &gHmacHooks);
	if (!hmac)
		xsTypeError("invalid host data");
	return hmac;
}

/* Good until the engine allocates. */
static unsigned char* resultOf(xsMachine* the, int index, const Hmac* hmac)
{
	void* bytes;
	xsUnsignedValue count;
	xsmcGetBufferWritable(xsArg(index), &bytes, &count);
	if (count != hmac->size)
		xsRangeError("%u bytes in place of %u", (unsigned)count, hmac->size);
	return bytes;
}

static void sign(xsMachine* the, const Hmac* hmac, const unsigned char* bytes, size_t count, unsigned char* result)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	if (!EVP_MD_CTX_copy_ex(hmac->work, hmac->inner) || !EVP_DigestUpdate(hmac->work, bytes, count) ||
		!EVP_DigestFinal_ex(hmac->work, digest, NULL) || !EVP_MD_CTX_copy_ex(hmac->work, hmac->outer) ||
		!EVP_DigestUpdate(hmac->work, digest, hmac->size) || !EVP_DigestFinal_ex(hmac->work, result, NULL)) {
		ERR_clear_error();
		xsUnknownError("no HMAC");
	}
}

/* (bytes, result) */
static void hmacSign(xsMachine* the)
{
	Hmac* hmac = hmacOf(the);
	Bytes bytes = bytesOf(the, 0);
	sign(the, hmac, bytes.bytes, (size_t)bytes.count, resultOf(the, 1, hmac));
}

/* (link, sum, count): count times link becomes its own HMAC, and sum is XORed with it. */
static void hmacIterate(xsMachine* the)
{
	Hmac* hmac = hmacOf(the);
	xsIntegerValue count = xsmcToInteger(xsArg(2));
	unsigned char *link = resultOf(the, 0, hmac), *sum = resultOf(the, 1, hmac);
	for (; count > 0; count--) {
		sign(the, hmac, link, hmac->size, link);
		for (unsigned i = 0; i < hmac->size; i++)
			sum[i] ^= link[i];
	}
}

/* (modulus, exponent, signature): the result is as long as the modulus. */
static void cryptRsa(xsMachine* the)
{
	unsigned char result[longestNumber];
	Bytes m = numberOf(the, 0), e = numberOf(the, 1), s = numberOf(the, 2);
	BN_CTX* context = BN_CTX_new();
	BIGNUM* modulus = BN_bin2bn(m.bytes, m.count, NULL);
	BIGNUM* exponent = BN_bin2bn(e.bytes, e.count, NULL);
	BIGNUM* signature = BN_bin2bn(s.bytes, s.count, NULL);
	bool done = context && modulus && exponent && signature && !BN_is_zero(modulus) &&
		BN_mod_exp(signature, signature, exponent, modulus, context) && BN_bn2binpad(signature, result, m.count) == m.count;
	BN_free(signature);
	BN_free(exponent);
	BN_free(modulus);
	BN_CTX_free(context);
	ERR_clear_error();
	if (!done)
		xsUnknownError("no such number");
	xsmcSetArrayBuffer(xsResult, result, m.count);
}

/* Its own struct in DER, which OpenSSL frees. NULL: not to be had. */
static unsigned char* signatureOf(Bytes r, Bytes s, int* length)
{
	unsigned char* der = NULL;
	ECDSA_SIG* signature = ECDSA_SIG_new();
	BIGNUM* first = BN_bin2bn(r.bytes, r.count, NULL);
	BIGNUM* second = BN_bin2bn(s.bytes, s.count, NULL);
	*length = 0;
	if (signature && first && second && ECDSA_SIG_set0(signature, first, second))
		*length = i2d_ECDSA_SIG(signature, &der);
	else {
		BN_free(first);
		BN_free(second);
	}
	ECDSA_SIG_free(signature);
	if (*length > 0)
		return der;
	OPENSSL_free(der);
	return NULL;
}

/* NULL: no point of the curve. */
static EVP_PKEY* keyOf(const char* curve, Bytes point)
{
	EVP_PKEY* key = NULL;
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char*)curve, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void*)point.bytes, (size_t)point.count),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	if (context && EVP_PKEY_fromdata_init(context) == 1)
		EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters);
	EVP_PKEY_CTX_free(context);
	return key;
}

static bool verify(EVP_PKEY* key, Bytes digest, Bytes r, Bytes s)
{
	int length;
	unsigned char* signature = signatureOf(r, s, &length);
	EVP_PKEY_CTX* context = EVP_PKEY_CTX_new(key, NULL);
	bool good = signature && context && EVP_PKEY_verify_init(context) == 1 &&
		EVP_PKEY_verify(context, signature, (size_t)length, digest.bytes, (size_t)digest.count) == 1;
	EVP_PKEY_CTX_free(context);
	OPENSSL_free(signature);
	return good;
}

/* (curve, uncompressed point, digest, r, s) */
static void cryptEcdsa(xsMachine* the)
{
	static const struct {
		const char *name, *group;
	} curves[] = { { "secp256r1", "P-256" }, { "secp384r1", "P-384" }, { "secp521r1", "P-521" } };
	char name[16];
	const char* group = NULL;
	xsmcToStringBuffer(xsArg(0), name, sizeof(name));
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (!strcmp(name, curves[i].name))
			group = curves[i].group;
	if (!group)
		xsUnknownError("no such curve");
	Bytes point = numberOf(the, 1), digest = numberOf(the, 2), r = numberOf(the, 3), s = numberOf(the, 4);
	EVP_PKEY* key = point.count && point.bytes[0] == 4 ? keyOf(group, point) : NULL;
	bool good = key && verify(key, digest, r, s);
	EVP_PKEY_free(key);
	ERR_clear_error();
	xsmcSetBoolean(xsResult, good);
}

#else

static void missing(xsMachine* the)
{
	xsUnknownError("the desktop host was built without OpenSSL");
}

#define cryptDigest missing
#define hmacConstructor missing
#define hmacSign missing
#define hmacIterate missing
#define cryptRsa missing
#define cryptEcdsa missing

#endif

const NativeModule gCryptModule = {
	"desktop/crypt",
	"export function digest(name, bytes) @ 'digest'\n"
	"export function rsa(modulus, exponent, signature) @ 'rsa'\n"
	"export function ecdsa(curve, point, digest, r, s) @ 'ecdsa'\n"
	"export class Hmac @ 'host' {\n"
	"constructor(name, key) @ 'constructor'\n"
	"sign(bytes, result) @ 'sign'\n"
	"iterate(link, sum, count) @ 'iterate'\n"
	"}\n",
	(const NativeFunction[]) {
		{ "digest", cryptDigest },
		{ "rsa", cryptRsa },
		{ "ecdsa", cryptEcdsa },
		{ "constructor", hmacConstructor },
		{ "sign", hmacSign },
		{ "iterate", hmacIterate },
		{ NULL, NULL },
	},
};
