/*
 * The module "desktop/crypt": what judging certificates needs. Knows OpenSSL's numbers and digests and XS's public
 * interface. Must not know certificates. Big-endian throughout; nothing that is given is changed.
 */
#include "host.h"

#ifdef HOST_TLS

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

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
#define cryptRsa missing
#define cryptEcdsa missing

#endif

const NativeModule gCryptModule = {
	"desktop/crypt",
	"export function digest(name, bytes) @ 'digest'\n"
	"export function rsa(modulus, exponent, signature) @ 'rsa'\n"
	"export function ecdsa(curve, point, digest, r, s) @ 'ecdsa'\n",
	(const NativeFunction[]) {
		{ "digest", cryptDigest },
		{ "rsa", cryptRsa },
		{ "ecdsa", cryptEcdsa },
		{ NULL, NULL },
	},
};
