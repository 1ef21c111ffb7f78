/*
 * The module "desktop/certificates": what OpenSSL thinks of a broker's certificates, a second opinion beside the one of
 * xs-mqtt. Knows X.509 as OpenSSL does. Must not know connections.
 */
#include "host.h"

#ifdef HOST_TLS

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

enum { longestName = 256 };

/* One behind the other in DER; NULL when there is anything else. */
static STACK_OF(X509)* readAll(const unsigned char* bytes, size_t count)
{
	const unsigned char* end = bytes + count;
	STACK_OF(X509)* all = sk_X509_new_null();
	while (all && bytes < end) {
		X509* certificate = d2i_X509(NULL, &bytes, (long)(end - bytes));
		if (!certificate || !sk_X509_push(all, certificate)) {
			X509_free(certificate);
			sk_X509_pop_free(all, X509_free);
			return NULL;
		}
	}
	return all;
}

static bool isVouchedFor(STACK_OF(X509)* chain, STACK_OF(X509)* authorities, const char* name, double seconds)
{
	X509_STORE* store = X509_STORE_new();
	X509_STORE_CTX* context = X509_STORE_CTX_new();
	bool good = store && context;
	for (int i = 0; good && i < sk_X509_num(authorities); i++)
		good = X509_STORE_add_cert(store, sk_X509_value(authorities, i));
	good = good && X509_STORE_CTX_init(context, store, sk_X509_value(chain, 0), chain);
	if (good) {
		X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context);
		X509_VERIFY_PARAM_set_time(parameters, (time_t)seconds);
		X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN); /* an authority need not be its own issuer */
		good = X509_VERIFY_PARAM_set1_ip_asc(parameters, name) || X509_VERIFY_PARAM_set1_host(parameters, name, 0);
	}
	good = good && X509_verify_cert(context) == 1;
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	return good;
}

/* (chain, authorities, name, seconds since 1970) */
static void certificatesVerify(xsMachine* the)
{
	char name[longestName];
	void *chainBytes, *authorityBytes;
	xsUnsignedValue chainCount, authorityCount;
	xsmcToStringBuffer(xsArg(2), name, sizeof(name));
	double seconds = xsmcToNumber(xsArg(3));
	xsmcGetBufferReadable(xsArg(0), &chainBytes, &chainCount);
	xsmcGetBufferReadable(xsArg(1), &authorityBytes, &authorityCount);
	STACK_OF(X509)* chain = readAll(chainBytes, chainCount);
	STACK_OF(X509)* authorities = readAll(authorityBytes, authorityCount);
	bool good = name[0] && chain && authorities && sk_X509_num(chain) > 0 &&
		isVouchedFor(chain, authorities, name, seconds);
	sk_X509_pop_free(chain, X509_free);
	sk_X509_pop_free(authorities, X509_free);
	ERR_clear_error();
	xsmcSetBoolean(xsResult, good);
}

#else

static void certificatesVerify(xsMachine* the)
{
	xsUnknownError("the desktop host was built without OpenSSL");
}

#endif

const NativeModule gCertificatesModule = {
	"desktop/certificates",
	"export function verify(chain, authorities, name, seconds) @ 'verify'\n",
	(const NativeFunction[]) {
		{ "verify", certificatesVerify },
		{ NULL, NULL },
	},
};
